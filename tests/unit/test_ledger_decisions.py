"""What becomes of a batch, entry after entry: booked, booked before, refused, linked, reversed?"""

from datetime import timedelta

import pytest

from tael.foundation.money import MAX_MINOR
from tael.ledger.decisions import Sheet, accounts_of
from tael.ledger.errors import (
    AlreadyReversed,
    BalanceTooLarge,
    EntryIdReused,
    EntryMalformed,
    LimitPassed,
    NoSuchAccount,
    NoSuchEntry,
    NotReversible,
    PeriodClosed,
)
from tael.ledger.model import Booked, JournalEntry, Line, Phase
from tests.unit.ledger_desk import (
    BANK,
    FIRST,
    NOW,
    SHOP,
    Desk,
    booked,
    decided,
    end,
    entry,
    later,
    lines,
    linked,
    names,
    pending,
    refused,
    reversal,
)

SALE = (("bank", 5), ("shop", -5))


def test_each_line_carries_the_balance_after_it_and_the_next_entry_sees_it() -> None:
    desk = Desk(bank=100)

    first, second = desk.put(entry(("bank", 30), ("bank", 20), ("shop", -50)), entry(*SALE, id="e2"))

    assert decided(first).lines == [Line(BANK, 30, 130), Line(BANK, 20, 150), Line(SHOP, -50, -50)]
    assert decided(second).lines == [Line(BANK, 5, 155), Line(SHOP, -5, -55)]
    assert (decided(first).no, decided(second).no) == (FIRST, FIRST + 1)
    assert (decided(first).held, decided(first).regards_no, decided(first).dated_after) == ((), None, ())
    assert desk.amounts("bank") == (155, 0, 0, 0)


def test_numbers_follow_the_places_of_the_batch_whatever_was_refused() -> None:
    desk = Desk()
    batch = [entry(id="e1"), *linked(entry(*SALE, id="e2"), entry(*SALE, id="e3")), entry(*SALE, id="e4")]

    verdicts = desk.put(*batch)

    assert names(verdicts) == ["EntryMalformed", "Decided", "Decided", "Decided"]
    assert [decided(each).no for each in verdicts[1:]] == [FIRST + 1, FIRST + 2, FIRST + 3]


def test_a_refused_entry_leaves_everything_as_it_was() -> None:
    desk = Desk(shop=-10)
    before = desk.everything()

    for wrong in (
        entry(("bank", -11), ("shop", 11)),
        entry(*SALE, ("nowhere", 1), ("bank", -1)),
        entry(("bank", MAX_MINOR), ("bank", 1), ("costs", -MAX_MINOR), ("costs", -1)),
        pending(("bank", -11), ("shop", 11)),
        entry(("shop", 11), ("bank", -11), effective_at=NOW),
    ):
        desk.one(wrong)
        assert desk.everything() == before
        assert desk.sheet.known == {}


def test_an_account_that_is_not_open_is_named_with_its_currency() -> None:
    refusal = refused(
        Desk().one(entry(("shop", 1), ("shop/EUR", 1), ("nowhere", -1), ("nowhere/EUR", -1))),
        NoSuchAccount,
        field="postings.code",
        account="shop",
        currency="EUR",
    )

    assert refusal.message == "No account shop is open in EUR."


# ── The same id ───────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_that_is_in_the_books_gets_its_receipt_and_moves_nothing() -> None:
    desk = Desk()
    desk.remember(entry(*SALE), no=7)

    assert booked(desk.one(entry(*SALE))) == Booked(7, "e1")
    assert desk.amounts("bank") == (0, 0, 0, 0)


def test_an_entry_that_comes_twice_in_a_batch_is_booked_once() -> None:
    desk = Desk()

    verdicts = desk.put(entry(*SALE), entry(*SALE), entry(("bank", 6), ("shop", -6)))

    assert names(verdicts) == ["Decided", "Booked", "EntryIdReused"]
    assert booked(verdicts[1]) == Booked(FIRST, "e1")
    refused(verdicts[2], EntryIdReused, field="postings")
    assert desk.amounts("bank") == (5, 0, 0, 0)


def test_a_repeat_may_say_the_moment_that_the_first_left_to_the_ledger() -> None:
    desk = Desk()

    verdicts = desk.put(
        entry(*SALE),
        entry(*SALE, effective_at=NOW),
        entry(*SALE, effective_at=NOW + timedelta(microseconds=1)),
    )

    assert names(verdicts) == ["Decided", "Booked", "EntryIdReused"]


def test_an_id_whose_entry_was_refused_is_free() -> None:
    desk = Desk()

    verdicts = desk.put(entry(("shop", 5), ("bank", -5)), entry(*SALE))

    assert names(verdicts) == ["LimitPassed", "Decided"]


# ── Closed periods ────────────────────────────────────────────────────────────────────────────────────


def test_nothing_counts_in_a_period_whose_books_are_closed() -> None:
    desk = Desk()
    desk.sheet = Sheet(desk.standings, closed_until=NOW)
    early = entry(*SALE, effective_at=later(microseconds=-1))

    refusal = refused(desk.one(early), PeriodClosed, field="effective_at")

    assert refusal.message == (
        "The books are closed until 2026-03-01T12:00:00+00:00;"
        " this entry counts on 2026-03-01T11:59:59.999999+00:00."
    )
    assert names(desk.put(entry(*SALE, effective_at=NOW), entry(*SALE, id="e2"))) == ["Decided", "Decided"]


def test_a_repeat_of_what_was_booked_before_the_closing_gets_its_receipt() -> None:
    desk = Desk()
    early = entry(*SALE, effective_at=later(days=-1))
    desk.remember(early)
    desk.sheet.closed_until = NOW

    assert booked(desk.one(early)).no == 7


def test_what_counts_at_a_time_of_its_own_is_summed_apart() -> None:
    desk = Desk(bank=100)

    one, _, other = desk.put(
        entry(*SALE, effective_at=later(days=-1)),
        entry(*SALE, id="e2"),
        entry(("bank", 1), ("bank", 2), ("shop", -3), id="e3", effective_at=later(days=-2)),
    )

    assert decided(one).dated_after == [5, -5]
    assert decided(other).dated_after == [6, 8, -8]
    assert desk.amounts("bank") == (113, 0, 0, 8)
    assert desk.amounts("shop") == (-13, 0, 0, -8)


# ── Too large ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sign", [1, -1])
def test_a_balance_fills_63_bits_and_not_one_more(sign: int) -> None:
    desk = Desk()
    desk.book(entry(("bank", sign * MAX_MINOR), ("costs", -sign * MAX_MINOR)))

    verdict = desk.one(entry(("costs", -sign), ("bank", sign), id="e2"))

    refusal = refused(
        verdict,
        BalanceTooLarge,
        field="postings",
        account="costs",
        limit_minor=MAX_MINOR,
        currency="CNY",
    )
    assert refusal.message == "The balance of costs would not fit into the books."
    assert desk.amounts("bank") == (sign * MAX_MINOR, 0, 0, 0)


def test_a_balance_may_not_even_leave_63_bits_between_two_lines() -> None:
    desk = Desk(bank=1)

    assert names([desk.one(entry(("bank", MAX_MINOR), ("bank", -MAX_MINOR)))]) == ["BalanceTooLarge"]


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_held_has_to_fit_by_itself_and_with_the_balance(sign: int) -> None:
    full = (("bank", sign * MAX_MINOR), ("costs", -sign * MAX_MINOR))
    one_more = (("bank", sign), ("costs", -sign))
    desk = Desk()
    desk.book(pending(*full))
    assert names([desk.one(pending(*one_more, id="p2"))]) == ["BalanceTooLarge"]
    assert names([desk.one(entry(*one_more))]) == ["BalanceTooLarge"]
    assert names([desk.one(entry(("bank", -sign), ("costs", sign)))]) == ["Decided"]
    assert names([desk.one(pending(*one_more, id="p2"))]) == ["BalanceTooLarge"], "held is a number, too"


@pytest.mark.parametrize("sign", [1, -1])
def test_what_counts_at_times_of_its_own_has_to_fit_by_itself(sign: int) -> None:
    full = (("bank", sign * MAX_MINOR), ("costs", -sign * MAX_MINOR))
    back = (("bank", -sign * MAX_MINOR), ("costs", sign * MAX_MINOR))
    one_more = (("bank", sign), ("costs", -sign))
    desk = Desk()
    desk.book(entry(*full, effective_at=later(days=-1)), entry(*back, id="e2"))

    assert names([desk.one(entry(*one_more, id="e3", effective_at=NOW))]) == ["BalanceTooLarge"]
    assert names([desk.one(entry(*one_more, id="e3"))]) == ["Decided"]


# ── Reversals ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_reversal_moves_the_same_lines_with_the_sides_changed() -> None:
    desk = Desk()
    desk.book(entry(*SALE), first_no=FIRST - 9)

    verdict = decided(desk.one(reversal()))

    assert verdict.lines == [Line(BANK, -5, 0), Line(SHOP, 5, 0)]
    assert verdict.regards_no == FIRST - 9
    assert verdict.no == FIRST
    assert verdict.entry.postings == lines(("bank", -5), ("shop", 5)), "written out"
    assert desk.sheet.taken_back == {"e1": "x1"}


def test_a_reversal_may_say_its_lines_if_they_are_the_right_ones() -> None:
    desk = Desk()
    desk.book(entry(*SALE))

    refusal = refused(desk.one(reversal(("bank", -4), ("shop", 4))), EntryMalformed, field="postings")
    assert refusal.message == "The postings are not those of entry e1 with the sides changed."
    assert refusal.hint == "Leave them out: they follow from the entry that is reversed."
    assert names([desk.one(reversal(("bank", -5), ("shop", 5)))]) == ["Decided"]


def test_an_entry_is_reversed_once() -> None:
    desk = Desk()
    desk.book(entry(*SALE))

    one, other = desk.put(reversal(), reversal(id="x2"))

    decided(one)
    refusal = refused(other, AlreadyReversed, field="reverses", by="x1")
    assert refusal.message == "Entry e1 was taken back before, by x1."


def test_only_what_moved_money_can_be_reversed() -> None:
    desk = Desk()
    desk.book(pending(*SALE), pending(*SALE, id="p2"), end(Phase.VOID, id="v1", ends="p2"))

    for target in ("p1", "v1"):
        refusal = refused(desk.one(reversal(reverses=target)), NotReversible, field="reverses")
        assert refusal.message == f"Entry {target} moved nothing that could be taken back."
        assert refusal.hint == "Void a pending entry to release what it holds."
    refusal = refused(desk.one(reversal(reverses="nobody")), NoSuchEntry, field="reverses")
    assert refusal.message == "No entry nobody is in the books."


def test_a_post_and_a_reversal_can_be_reversed_in_their_turn() -> None:
    desk = Desk()
    desk.book(pending(*SALE), end(Phase.POST, id="s1"), reversal(id="x1", reverses="s1"))

    assert decided(desk.one(reversal(id="x2", reverses="x1"))).lines == [Line(BANK, 5, 5), Line(SHOP, -5, -5)]


def test_a_reversal_is_refused_by_limits_like_any_entry_and_may_be_tried_again() -> None:
    desk = Desk()
    desk.book(entry(*SALE), entry(("shop", 5), ("bank", -5), id="e2"))

    assert names([desk.one(reversal())]) == ["LimitPassed"]
    assert desk.sheet.taken_back == {}
    desk.book(entry(*SALE, id="e3"))
    assert names([desk.one(reversal())]) == ["Decided"]


def test_a_reversal_with_a_time_of_its_own_is_summed_apart() -> None:
    desk = Desk()
    desk.book(entry(*SALE))

    assert decided(desk.one(reversal(effective_at=later(days=-1)))).dated_after == [-5, 5]


# ── The order of reasons ──────────────────────────────────────────────────────────────────────────────


def test_the_first_reason_in_the_documented_order_is_told() -> None:
    desk = Desk()
    desk.sheet.closed_until = NOW
    desk.remember(entry(*SALE, id="known"))
    early = later(days=-1)
    cases: list[tuple[type[Exception], JournalEntry]] = [
        (EntryMalformed, entry(("shop", 4), ("nowhere", -5), id="known", effective_at=early)),
        (EntryIdReused, entry(("shop", 5), ("nowhere", -5), id="known", effective_at=early)),
        (PeriodClosed, reversal(id="x1", reverses="nobody", effective_at=early)),
        (NoSuchEntry, reversal(("shop", 5), ("nowhere", -5), id="x1", reverses="nobody")),
        (NoSuchAccount, entry(("shop", 500), ("nowhere", -500))),
        (
            LimitPassed,
            entry(("bank", MAX_MINOR), ("bank", 1), ("shop", 1), ("costs", -MAX_MINOR), ("costs", -2)),
        ),
    ]
    for code, given in cases:
        assert type(desk.one(given)) is code


def test_the_accounts_of_a_batch_are_named_once_and_only_if_they_can_be_names() -> None:
    batch = [entry(*SALE), entry(("bank", 1), ("bank/USD", 1)), entry(("a\x00", 1), ("shop/\x01", 1))]

    assert accounts_of(batch) == [("bank", "CNY"), ("shop", "CNY"), ("bank", "USD")]
