"""Do linked entries stand or fall together, and is a fall undone to the last amount?"""

import msgspec
import pytest

from tael.ledger.errors import EntryMalformed, LinkedRefused
from tael.ledger.model import Booked, Phase
from tests.unit.ledger_desk import (
    FIRST,
    NOW,
    Desk,
    booked,
    decided,
    end,
    entry,
    linked,
    names,
    pending,
    refused,
    reversal,
)

SALE = (("bank", 5), ("shop", -5))


def test_linked_entries_are_booked_together() -> None:
    desk = Desk()

    verdicts = desk.put(*linked(entry(*SALE), entry(("shop", 5), ("bank", -5), id="e2")))

    assert names(verdicts) == ["Decided", "Decided"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_refusal_refuses_all_that_are_linked_and_nobody_else(place: int) -> None:
    desk = Desk()
    chain = [entry(*SALE, id=f"e{number}") for number in range(3)]
    chain[place] = entry(("shop", 500), ("bank", -500), id=f"e{place}")

    verdicts = desk.put(entry(*SALE, id="before"), *linked(*chain), entry(*SALE, id="after"))

    expected = ["LinkedRefused"] * 3
    expected[place] = "LimitPassed"
    assert names(verdicts) == ["Decided", *expected, "Decided"]
    other = verdicts[2] if place == 0 else verdicts[1]
    refusal = refused(other, LinkedRefused, field=None, entry=f"e{place}")
    assert refusal.message == f"It is linked to entry e{place}, which was refused."
    assert desk.amounts("bank") == (10, 0, 0, 0)
    assert set(desk.sheet.known) == {"before", "after"}


def test_an_endless_id_is_told_in_part() -> None:
    verdicts = Desk().put(*linked(entry(*SALE, id="e1"), entry(*SALE, id="x" * 300)))

    refused(verdicts[0], LinkedRefused, field=None, entry="x" * 200)
    assert isinstance(verdicts[0], LinkedRefused)
    assert "x" * 201 not in verdicts[0].message


def test_the_last_entry_of_a_batch_can_be_linked_to_nothing() -> None:
    desk = Desk()
    desk.remember(entry(*SALE, id="e0"))
    batch = [entry(*SALE, id="e0"), entry(*SALE, id="e1"), entry(*SALE, id="e2")]

    verdicts = desk.put(*[msgspec.structs.replace(each, linked=True) for each in batch])

    assert names(verdicts) == ["Booked", "LinkedRefused", "EntryMalformed"]
    refusal = refused(verdicts[2], EntryMalformed, field="linked")
    assert refusal.message == "The last entry of a batch has no next one to be linked to."
    refused(verdicts[1], LinkedRefused, field=None, entry="e2")
    assert desk.amounts("bank") == (0, 0, 0, 0)


def test_a_single_entry_that_is_linked_to_nothing_is_malformed() -> None:
    assert names(Desk().put(entry(*SALE, linked=True))) == ["EntryMalformed"]


def test_two_chains_in_a_row_do_not_touch_each_other() -> None:
    bad = linked(entry(*SALE, id="a1"), entry(("shop", 500), ("bank", -500), id="a2"))
    good = linked(entry(*SALE, id="b1"), entry(*SALE, id="b2"))

    assert names(Desk().put(*bad, *good)) == ["LinkedRefused", "LimitPassed", "Decided", "Decided"]


def test_what_was_in_the_books_stays_there_whatever_it_is_linked_to() -> None:
    desk = Desk()
    desk.remember(entry(*SALE, id="e0"), no=7)
    desk.remember(entry(*SALE, id="e2"), no=9)
    desk.remember(entry(*SALE, id="e3"), no=11)
    differs = entry(("bank", 6), ("shop", -6), id="e3")

    verdicts = desk.put(
        *linked(entry(*SALE, id="e0"), entry(("shop", 5), ("bank", -5)), entry(*SALE, id="e2"), differs)
    )

    assert names(verdicts) == ["Booked", "LimitPassed", "Booked", "LinkedRefused"]
    assert [booked(verdicts[0]), booked(verdicts[2])] == [Booked(7, "e0"), Booked(9, "e2")]


def test_a_repeat_in_a_refused_chain_may_say_when_the_first_was_booked() -> None:
    desk = Desk()
    desk.remember(entry(*SALE, id="e0"), no=FIRST)

    verdicts = desk.put(*linked(entry(*SALE, id="e0", effective_at=NOW), entry(("shop", 5), ("bank", -5))))

    assert names(verdicts) == ["Booked", "LimitPassed"]


def test_an_entry_that_comes_twice_in_a_refused_chain_gets_no_receipt() -> None:
    desk = Desk()

    verdicts = desk.put(*linked(entry(*SALE), entry(*SALE), entry(("shop", 500), ("bank", -500), id="e2")))

    assert names(verdicts) == ["LinkedRefused", "LinkedRefused", "LimitPassed"]
    assert desk.sheet.known == {}


def test_a_refused_chain_gives_back_what_it_has_ended_and_reversed() -> None:
    desk = Desk()
    desk.book(pending(*SALE), entry(*SALE))
    before = desk.everything()
    bad = entry(("shop", 500), ("bank", -500), id="bad")

    refused_chain = desk.put(*linked(end(Phase.POST), reversal(id="x2"), bad))
    again = desk.put(end(Phase.POST), reversal(id="x2"))

    assert names(refused_chain) == ["LinkedRefused", "LinkedRefused", "LimitPassed"]
    assert names(again) == ["Decided", "Decided"]
    assert before[("bank", "CNY")] == (5, 5, 0, 0)
    assert desk.amounts("bank") == (5, 0, 0, 0)


def test_a_chain_can_hold_and_post_what_it_holds() -> None:
    desk = Desk()

    verdicts = desk.put(*linked(pending(*SALE), end(Phase.POST)))

    assert names(verdicts) == ["Decided", "Decided"]
    assert decided(verdicts[1]).regards_no == FIRST
    assert desk.amounts("bank") == (5, 0, 0, 0)


def test_a_refused_chain_takes_back_what_it_held_itself() -> None:
    desk = Desk()

    desk.put(*linked(pending(*SALE), end(Phase.POST), entry(("shop", 500), ("bank", -500), id="bad")))

    assert set(desk.everything().values()) == {(0, 0, 0, 0)}
    assert desk.sheet.ended == {}
    assert names([desk.one(end(Phase.VOID))]) == ["NoSuchEntry"]
