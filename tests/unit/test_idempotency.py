"""Does a fingerprint tell whether a request is the same, and a refusal what differs?"""

from datetime import UTC, datetime

import msgspec

from tael.foundation.idempotency import KnownCall, fingerprint, key_reused, still_running


class Order(msgspec.Struct, frozen=True):
    amount_minor: int
    currency: str
    note: str = ""


class Maybe(msgspec.Struct, frozen=True):
    note: str | None


class About(msgspec.Struct, frozen=True):
    """A request together with the object it is about."""

    order_id: str
    request: msgspec.Struct


class LaterOrder(msgspec.Struct, frozen=True):
    """`Order` as a later version of the program knows it."""

    amount_minor: int
    currency: str
    note: str = ""
    urgent: bool = False
    tags: list[str] = msgspec.field(default_factory=list)


def known(order: msgspec.Struct, *, action: str = "orders.create") -> KnownCall:
    return KnownCall(
        owner="mer_1",
        key="k",
        action=action,
        fingerprint=fingerprint(action, order),
        object_id="ord_1",
        status=201,
        body=b"{}",
        leased_until=None,
        leased_by=None,
        called_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC),
    )


def test_the_same_request_has_the_same_fingerprint_for_ever() -> None:
    order = Order(1280, "CNY", "tea")

    assert fingerprint("orders.create", order) == fingerprint("orders.create", Order(1280, "CNY", "tea"))
    assert fingerprint("orders.create", order).hex() == (
        "5ac4b4839ceac227f66e9b45f29a46f3950a515b94b49a70c514db9d0334dd30"
    ), "keys in the books were written with it: it may never change"


def test_every_field_and_the_action_count() -> None:
    prints = {
        fingerprint("orders.create", Order(1280, "CNY", "tea")),
        fingerprint("orders.close", Order(1280, "CNY", "tea")),
        fingerprint("orders.create", Order(1281, "CNY", "tea")),
        fingerprint("orders.create", Order(1280, "USD", "tea")),
        fingerprint("orders.create", Order(1280, "CNY", "Tea")),
        fingerprint("orders.create", Order(1280, "CNY")),
    }

    assert len(prints) == 6


def test_a_field_that_a_later_version_adds_changes_no_old_fingerprint() -> None:
    for note in ("", "tea"):
        old = fingerprint("orders.create", Order(1280, "CNY", note))
        assert fingerprint("orders.create", LaterOrder(1280, "CNY", note)) == old
        assert fingerprint("orders.create", LaterOrder(1280, "CNY", note, urgent=True)) != old


def test_a_reused_key_names_every_field_that_differs() -> None:
    again = Order(1281, "CNY", "coffee")

    refusal = key_reused(known(Order(1280, "CNY", "tea")), fingerprint("orders.create", again), again)

    assert "with another amount_minor, note (ord_1) at 2026-03-01 04:00:00 UTC" in refusal.message
    assert refusal.field == "Idempotency-Key"
    assert refusal.status == 409


def test_a_field_that_one_side_left_out_differs_by_name_too() -> None:
    with_tags = LaterOrder(1280, "CNY", tags=["gift"])
    bare = LaterOrder(1280, "CNY")

    for first, again in ((with_tags, bare), (bare, with_tags)):
        refusal = key_reused(known(first), fingerprint("orders.create", again), again)
        assert "with another tags (" in refusal.message


def test_a_request_within_a_request_is_told_apart_field_by_field() -> None:
    first, again = About("ord_1", Order(1280, "CNY")), About("ord_1", Order(1281, "CNY"))

    refusal = key_reused(known(first), fingerprint("orders.create", again), again)

    assert "with another amount_minor (" in refusal.message
    later = About("ord_1", LaterOrder(1280, "CNY"))
    assert fingerprint("orders.create", later) == fingerprint("orders.create", first)


def test_nothing_and_the_word_for_nothing_differ() -> None:
    assert fingerprint("notes.add", Maybe(None)) != fingerprint("notes.add", Maybe("null"))


def test_a_key_reused_for_another_verb_names_the_first_verb() -> None:
    order = Order(1280, "CNY")

    refusal = key_reused(known(order, action="orders.close"), fingerprint("orders.create", order), order)

    assert "first used for orders.close" in refusal.message


def test_a_repeat_during_the_first_call_is_told_when_to_come_back() -> None:
    refusal = still_running(known(Order(1280, "CNY")))

    assert refusal.status == 409
    assert refusal.retry_after_seconds == 1


def test_under_a_key_nobody_finds_out_what_was_said_and_a_repeat_is_known_again() -> None:
    order, secret = Order(1280, "CNY", "+8613812341234"), b"k" * 32
    print_ = fingerprint("orders.create", order, key=secret)
    assert print_ == fingerprint("orders.create", order, key=secret)
    plain = fingerprint("orders.create", order)
    assert not {plain[place : place + 8] for place in range(0, len(plain), 8)} & {
        print_[place : place + 8] for place in range(0, len(print_), 8)
    }
    again = Order(1280, "CNY", "+8613812341235")
    first = msgspec.structs.replace(known(order), fingerprint=print_)
    given = fingerprint("orders.create", again, key=secret)
    assert "with another note" in key_reused(first, given, again, key=secret).message
