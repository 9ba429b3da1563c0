"""What becomes of a hold? Posted in full or in part, voided, expired: each ends once."""

import msgspec
import pytest

from tael.ledger.errors import HoldEnded, HoldExceeded, HoldExpired, NoSuchEntry, NotEndable
from tael.ledger.model import Frozen, Line, Phase, Posting
from tests.unit.ledger_desk import (
    BANK,
    FIRST,
    NOW,
    SHOP,
    Desk,
    decided,
    end,
    entry,
    later,
    lines,
    names,
    pending,
    refused,
)

SALE = (("bank", 5), ("shop", -5))


def test_a_pending_entry_holds_and_moves_nothing() -> None:
    desk = Desk(bank=100)

    verdict = decided(desk.one(pending(*SALE)))

    assert verdict.lines == ()
    assert verdict.held == [Line(BANK, 5, 100), Line(SHOP, -5, 0)]
    assert (verdict.no, verdict.regards_no, verdict.dated_after) == (FIRST, None, ())
    assert desk.amounts("bank") == (100, 5, 0, 0)
    assert desk.amounts("shop") == (0, 0, 5, 0)


def test_an_account_may_be_held_on_both_sides() -> None:
    desk = Desk()

    desk.book(pending(("bank", 7), ("costs", -7)), pending(("bank", -3), ("costs", 3), id="p2"))

    assert desk.amounts("bank") == (0, 7, 3, 0)
    assert desk.amounts("costs") == (0, 3, 7, 0)


@pytest.mark.parametrize("minor", [1, -1, 7])
def test_holds_on_an_account_add_up_and_are_released_one_by_one(minor: int) -> None:
    desk = Desk()
    lines_of_it = (("bank", minor), ("costs", -minor))
    desk.book(pending(*lines_of_it), pending(*lines_of_it, id="p2"))
    both = (2 * max(minor, 0), 2 * max(-minor, 0))
    assert desk.amounts("bank")[1:3] == both

    decided(desk.one(end(Phase.POST, *lines_of_it)))
    assert desk.amounts("bank")[1:3] == (both[0] // 2, both[1] // 2)
    decided(desk.one(end(Phase.VOID, id="x2", ends="p2")))
    assert desk.amounts("bank") == (minor, 0, 0, 0)


def test_a_post_moves_all_that_was_held() -> None:
    desk = Desk()
    desk.book(pending(*SALE), first_no=FIRST - 9)

    verdict = decided(desk.one(end(Phase.POST)))

    assert verdict.lines == [Line(BANK, 5, 5), Line(SHOP, -5, -5)]
    assert verdict.held == ()
    assert verdict.regards_no == FIRST - 9
    assert verdict.no == FIRST
    assert verdict.entry.postings == lines(*SALE), "written out"
    assert desk.amounts("bank") == (5, 0, 0, 0)
    assert desk.amounts("shop") == (-5, 0, 0, 0)
    assert desk.sheet.ended == {"p1": Phase.POST}


def test_a_post_in_part_moves_that_part_and_releases_the_rest() -> None:
    desk = Desk()
    desk.book(pending(*SALE))

    verdict = decided(desk.one(end(Phase.POST, ("bank", 2), ("shop", -2))))

    assert verdict.lines == [Line(BANK, 2, 2), Line(SHOP, -2, -2)]
    assert desk.amounts("bank") == (2, 0, 0, 0)
    assert desk.amounts("shop") == (-2, 0, 0, 0)


def test_a_post_with_a_time_of_its_own_is_summed_apart() -> None:
    desk = Desk()
    desk.book(pending(*SALE))

    verdict = decided(desk.one(end(Phase.POST, effective_at=later(days=-1))))

    assert verdict.dated_after == [5, -5]
    assert desk.amounts("bank") == (5, 0, 0, 5)


@pytest.mark.parametrize("phase", [Phase.VOID, Phase.EXPIRY])
def test_a_void_or_an_expiry_releases_all_and_moves_nothing(phase: Phase) -> None:
    desk = Desk()
    desk.book(pending(*SALE, expires_at=NOW))

    id = "p1:expiry" if phase is Phase.EXPIRY else "x1"
    verdict = decided(desk.one(end(phase, id=id, effective_at=NOW)))

    assert (verdict.lines, verdict.held, verdict.dated_after) == ([], (), ())
    assert verdict.entry.postings == ()
    assert verdict.regards_no == FIRST - 1_000
    assert set(desk.everything().values()) == {(0, 0, 0, 0)}
    assert desk.sheet.ended == {"p1": phase}


@pytest.mark.parametrize(
    ("first", "says"),
    [(Phase.POST, "a post"), (Phase.VOID, "a void"), (Phase.EXPIRY, "its expiry")],
)
def test_a_hold_ends_once_and_the_second_hears_how(first: Phase, says: str) -> None:
    desk = Desk()
    desk.book(pending(*SALE, expires_at=NOW))
    id = "p1:expiry" if first is Phase.EXPIRY else "x1"
    no = FIRST - 1 if first is Phase.POST else FIRST
    decided(desk.one(end(first, id=id), no=no))

    for second in (end(Phase.POST, id="x2"), end(Phase.VOID, id="x2")):
        refusal = refused(desk.one(second), HoldEnded, field="ends", ended_as=first.value)
        assert refusal.message == f"The pending entry p1 has ended before, by {says}."


def test_what_is_not_in_the_books_or_not_pending_cannot_end() -> None:
    desk = Desk()
    desk.book(entry(*SALE), pending(*SALE), end(Phase.POST, id="s1"))

    for phase in (Phase.POST, Phase.VOID):
        refusal = refused(desk.one(end(phase, ends="nobody")), NoSuchEntry, field="ends")
        assert refusal.message == "No entry nobody is in the books."
        for target in ("e1", "s1"):
            refusal = refused(desk.one(end(phase, ends=target)), NotEndable, field="ends")
            assert refusal.message == f"Entry {target} is not a pending one."


def test_a_hold_can_be_posted_until_its_time_and_from_then_on_expires() -> None:
    desk = Desk()
    desk.book(pending(*SALE, expires_at=NOW))
    expiry = end(Phase.EXPIRY, id="p1:expiry")

    refusal = refused(desk.one(expiry, no=FIRST - 1), NotEndable, field="ends")
    assert refusal.message == "The time of the pending entry p1 is not over."
    refusal = refused(desk.one(end(Phase.POST), no=FIRST), HoldExpired, field="ends")
    assert refusal.message == "The pending entry p1 expired at 2026-03-01 12:00:00+00:00."
    decided(desk.one(end(Phase.POST), no=FIRST - 1))


def test_a_hold_without_a_time_never_expires() -> None:
    desk = Desk()
    desk.book(pending(*SALE))

    assert names([desk.one(end(Phase.EXPIRY, id="p1:expiry"))]) == ["NotEndable"]
    assert names([desk.one(end(Phase.VOID), no=FIRST * 2)]) == ["Decided"]


def test_a_pending_entry_cannot_expire_when_it_is_booked_or_before() -> None:
    desk = Desk()

    for moment in (NOW, later(microseconds=-1)):
        refusal = refused(desk.one(pending(*SALE, expires_at=moment)), HoldExpired, field="expires_at")
        assert refusal.message == "A pending entry cannot expire in the past."
    assert names([desk.one(pending(*SALE, expires_at=later(microseconds=1)))]) == ["Decided"]


def test_the_repeat_of_a_pending_entry_that_has_expired_gets_its_receipt() -> None:
    desk = Desk()
    short = pending(*SALE, expires_at=NOW)
    desk.book(short)

    assert names([desk.one(short, no=FIRST + 10)]) == ["Booked"]


def test_more_than_is_held_cannot_be_posted_and_the_hold_stays() -> None:
    desk = Desk()
    desk.book(pending(*SALE))

    refused(
        desk.one(end(Phase.POST, ("bank", 6), ("shop", -6))),
        HoldExceeded,
        field="postings",
        account="bank",
        missing_minor=1,
        currency="CNY",
    )
    assert desk.amounts("bank") == (0, 5, 0, 0)
    assert names([desk.one(end(Phase.POST))]) == ["Decided"]


def test_a_post_that_an_account_refuses_leaves_the_hold() -> None:
    desk = Desk()
    desk.book(pending(*SALE))
    shop = desk.standing("shop")
    shop.account = msgspec.structs.replace(shop.account, frozen=Frozen.IN)

    assert names([desk.one(end(Phase.POST))]) == ["AccountFrozen"]
    assert desk.amounts("bank") == (0, 5, 0, 0)
    assert desk.amounts("shop") == (0, 0, 5, 0)
    assert desk.sheet.ended == {}
    assert names([desk.one(end(Phase.VOID))]) == ["Decided"]


def test_the_first_reason_against_an_end_is_told() -> None:
    desk = Desk()
    desk.book(pending(*SALE, expires_at=NOW), first_no=FIRST - 10)
    much = end(Phase.POST, ("bank", 6), ("shop", -6))

    assert names([desk.one(much, no=FIRST)]) == ["HoldExpired"], "before it is too much"
    decided(desk.one(end(Phase.VOID, id="v1"), no=FIRST))
    assert names([desk.one(much, no=FIRST)]) == ["HoldEnded"], "before it is late"
    assert names([desk.one(end(Phase.EXPIRY, id="p1:expiry"), no=FIRST - 5)]) == ["HoldEnded"]


def test_a_hold_on_an_account_that_is_not_open_is_refused() -> None:
    desk = Desk()

    assert names([desk.one(pending(("bank", 5), ("nowhere", -5)))]) == ["NoSuchAccount"]
    assert desk.amounts("bank") == (0, 0, 0, 0)


def test_a_hold_in_two_lines_on_one_account_is_posted_line_by_line() -> None:
    desk = Desk()
    desk.book(pending(("bank", 2), ("bank", 3), ("shop", -5)))

    verdict = decided(desk.one(end(Phase.POST)))

    assert verdict.lines == [Line(BANK, 2, 2), Line(BANK, 3, 5), Line(SHOP, -5, -5)]
    assert verdict.entry.postings[0] == Posting("bank", "CNY", 2)
