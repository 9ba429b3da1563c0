"""What makes an entry, and what may be opened? The rules that look at one thing by itself."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from tael.foundation.errors import Refusal
from tael.foundation.money import MAX_MINOR, Money
from tael.ledger import rules
from tael.ledger.errors import AccountMalformed, EntryIdReused, EntryMalformed, HoldExceeded
from tael.ledger.model import (
    ALWAYS,
    AccountClass,
    AccountSpec,
    JournalEntry,
    Phase,
    Posting,
    credit,
    debit,
    expiry_id,
)
from tests.unit.ledger_desk import FIRST, NAIVE, NOW, end, entry, later, lines, pending, reversal

GOOD = (("bank", 5), ("shop", -5))
LONG = {"id": 200, "kind": 64, "reference": 200}


def malformed(given: JournalEntry) -> EntryMalformed:
    refusal = rules.why_malformed(given)
    assert type(refusal) is EntryMalformed, refusal
    return refusal


@pytest.mark.parametrize(
    "good",
    [
        entry(*GOOD),
        entry(*GOOD, metadata={"a": "b"}, effective_at=NOW),
        entry(("bank", MAX_MINOR), ("shop", -MAX_MINOR)),
        entry(("bank", 5), ("shop", -5), ("bank/USD", 3), ("fx/USD", -3)),
        entry(("bank", 5), ("bank", -5)),
        pending(*GOOD),
        pending(*GOOD, expires_at=NOW),
        end(Phase.POST),
        end(Phase.POST, *GOOD),
        end(Phase.VOID),
        end(Phase.EXPIRY, id="p1:expiry"),
        reversal(),
        reversal(*GOOD),
    ],
)
def test_a_balanced_entry_is_well_formed_in_every_phase(good: JournalEntry) -> None:
    assert rules.why_malformed(good) is None


@pytest.mark.parametrize(
    ("field", "says", "wrong"),
    [
        ("postings", "An entry needs postings.", entry()),
        ("postings", "An entry needs postings.", pending()),
        ("postings.amount_minor", "A posting on bank is zero.", entry(("bank", 0))),
        (
            "postings.amount_minor",
            "A posting on shop is zero.",
            entry(("bank", 5), ("shop", 0), ("shop", -5)),
        ),
        ("postings", "Debits and credits in CNY differ by 5 minor units.", entry(("bank", 5))),
        ("postings", "Debits and credits in CNY differ by 1 minor units.", entry(("bank", -5), ("shop", 4))),
        (
            "postings",
            "Debits and credits in CNY differ by 5 minor units.",
            entry(("bank", 5), ("bank/USD", -5)),
        ),
        ("postings", "Debits and credits in USD differ by 1 minor units.", entry(*GOOD, ("bank/USD", 1))),
        (
            "postings.amount_minor",
            f"A posting on bank is beyond {MAX_MINOR} minor units.",
            entry(("bank", MAX_MINOR + 1), ("shop", -MAX_MINOR - 1)),
        ),
        (
            "postings.amount_minor",
            f"A posting on shop is beyond {MAX_MINOR} minor units.",
            entry(("shop", -MAX_MINOR - 1), ("bank", MAX_MINOR + 1)),
        ),
        (
            "ends",
            "A post or a void says which entry it `ends`; no other does.",
            entry(*GOOD, phase=Phase.POST),
        ),
        ("ends", "A post or a void says which entry it `ends`; no other does.", entry(*GOOD, ends="p1")),
        ("ends", "A post or a void says which entry it `ends`; no other does.", pending(*GOOD, ends="p1")),
        (
            "reverses",
            "Only an entry that moves money at once can reverse another.",
            pending(*GOOD, reverses="e1"),
        ),
        (
            "reverses",
            "Only an entry that moves money at once can reverse another.",
            end(Phase.POST, reverses="e1"),
        ),
        ("expires_at", "Only a pending entry expires.", entry(*GOOD, expires_at=NOW)),
        ("expires_at", "Only a pending entry expires.", end(Phase.POST, expires_at=NOW)),
        ("postings", "A void releases everything: it has no postings.", end(Phase.VOID, *GOOD)),
        (
            "postings",
            "A void releases everything: it has no postings.",
            end(Phase.EXPIRY, *GOOD, id="p1:expiry"),
        ),
        ("postings", "Debits and credits in CNY differ by 5 minor units.", end(Phase.POST, ("bank", 5))),
        ("id", "Ids that end in :expiry are the ledger's own.", entry(*GOOD, id="p1:expiry")),
        ("id", "Ids that end in :expiry are the ledger's own.", end(Phase.VOID, id="p1:expiry")),
    ],
)
def test_what_cannot_be_an_entry_is_malformed_and_says_why(
    field: str, says: str, wrong: JournalEntry
) -> None:
    refusal = malformed(wrong)

    assert refusal.field == field
    assert refusal.message == says


@pytest.mark.parametrize("field", LONG)
@pytest.mark.parametrize("wrong", ["", "a\nb", "\x00", "x" * 201, "\ud800"])
def test_texts_are_printable_and_bounded(field: str, wrong: str) -> None:
    refusal = malformed(msgspec.structs.replace(entry(*GOOD), **{field: wrong}))

    assert refusal.field == field
    assert refusal.message == f"An entry's {field} has 1 to {LONG[field]} printable characters."


@pytest.mark.parametrize(("field", "longest"), LONG.items())
def test_texts_are_as_long_as_they_may_be_and_no_longer(field: str, longest: int) -> None:
    assert rules.why_malformed(entry(*GOOD, **{field: "贰" * longest})) is None
    assert malformed(entry(*GOOD, **{field: "贰" * (longest + 1)})).field == field
    assert rules.why_malformed(entry(*GOOD, **{field: "x"})) is None


def test_the_expiry_of_the_longest_id_can_be_written() -> None:
    longest = "x" * 200

    assert expiry_id("p1") == "p1:expiry"
    assert rules.why_malformed(end(Phase.EXPIRY, id=expiry_id(longest), ends=longest)) is None
    assert malformed(end(Phase.EXPIRY, id=expiry_id("y" * 200), ends=longest)).field == "id"
    unnamed = end(Phase.EXPIRY, id=expiry_id(longest), ends=longest, kind="")
    assert malformed(unnamed).field == "kind", "only its id may be longer"


@pytest.mark.parametrize("field", ["effective_at", "expires_at"])
def test_a_moment_has_a_zone_and_a_sensible_year(field: str) -> None:
    def given(moment: datetime) -> JournalEntry:
        return (
            entry(*GOOD, effective_at=moment)
            if field == "effective_at"
            else pending(*GOOD, expires_at=moment)
        )

    for good in (datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), NOW):
        assert rules.why_malformed(given(good)) is None
    east = timezone(timedelta(hours=14))
    for bad in (
        NAIVE,
        datetime(1899, 12, 31, 23, 59, tzinfo=UTC),
        datetime(1900, 1, 1, tzinfo=east),
        datetime(2200, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=8))),
    ):
        refusal = malformed(given(bad))
        assert refusal.field == field
        assert refusal.message == "A moment has a zone and lies in the years 1900 to 2199."


def test_an_entry_has_500_postings_and_no_more() -> None:
    pair = [("bank", 1), ("shop", -1)]

    assert rules.why_malformed(entry(*pair * 250)) is None
    refusal = malformed(entry(*pair * 250, ("bank", 1), ("shop", -1)))
    assert (refusal.field, refusal.message) == ("postings", "An entry has at most 500 postings.")


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("Metadata has at most 50 keys.", {f"k{number}": "v" for number in range(51)}),
        ("A key of metadata has 1 to 64 printable characters.", {"": "v"}),
        ("A key of metadata has 1 to 64 printable characters.", {"k" * 65: "v"}),
        ("A key of metadata has 1 to 64 printable characters.", {"a\tb": "v"}),
        ("Metadata k is longer than 500 characters, or not printable.", {"a": "v", "k": "v" * 501}),
        ("Metadata k is longer than 500 characters, or not printable.", {"k": "\x00"}),
    ],
)
def test_metadata_is_bounded_in_every_direction(says: str, wrong: dict[str, str]) -> None:
    refusal = malformed(entry(*GOOD, metadata=wrong))
    assert (refusal.field, refusal.message) == ("metadata", says)

    spec = AccountSpec("bank", "CNY", AccountClass.ASSET, metadata=wrong)
    of_account = rules.why_account_malformed(spec)
    assert type(of_account) is AccountMalformed
    assert (of_account.field, of_account.message) == ("metadata", says)


def test_metadata_fills_its_bounds() -> None:
    full = {f"{number:064}": "v" * 500 for number in range(49)} | {"k": ""}

    assert rules.why_malformed(entry(*GOOD, metadata=full)) is None
    assert rules.why_account_malformed(AccountSpec("a", "CNY", AccountClass.ASSET, metadata=full)) is None


# ── The same entry again ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("again", "first"),
    [
        (entry(*GOOD), entry(*GOOD)),
        (entry(*GOOD), entry(*GOOD, effective_at=NOW)),
        (entry(*GOOD, effective_at=NOW), entry(*GOOD, effective_at=NOW)),
        (entry(*GOOD, effective_at=NOW), entry(*GOOD)),
        (entry(*GOOD, metadata={}), entry(*GOOD)),
        (entry(*GOOD), entry(*GOOD, metadata={})),
        (entry(*GOOD, linked=True), entry(*GOOD)),
        (end(Phase.POST), end(Phase.POST, *GOOD)),
        (reversal(), reversal(*GOOD)),
        (reversal(*GOOD), reversal(*GOOD)),
    ],
)
def test_the_same_entry_again_is_no_reuse_of_its_id(again: JournalEntry, first: JournalEntry) -> None:
    assert rules.why_reused(again, first, FIRST) is None


@pytest.mark.parametrize(
    ("differing", "again"),
    [
        (["kind"], entry(*GOOD, kind="other")),
        (["reference"], entry(*GOOD, reference="r2")),
        (["phase"], entry(*GOOD, phase=Phase.PENDING)),
        (["ends"], entry(*GOOD, ends="p1")),
        (["reverses"], entry(*GOOD, reverses="e0")),
        (["expires_at"], entry(*GOOD, expires_at=NOW)),
        (["effective_at"], entry(*GOOD, effective_at=later(seconds=1))),
        (["postings"], entry(("bank", 6), ("shop", -6))),
        (["postings"], entry(("shop", -5), ("bank", 5))),
        (["postings"], entry(("bank/USD", 5), ("shop/USD", -5))),
        (["postings"], entry()),
        (["metadata"], entry(*GOOD, metadata={"a": "b"})),
        (["reverses", "postings"], entry(("shop", 5), ("bank", -5), reverses="e0")),
        (
            ["kind", "reference", "effective_at", "metadata"],
            entry(*GOOD, kind="k", reference="x", effective_at=ALWAYS, metadata={"a": "b"}),
        ),
    ],
)
def test_an_id_reused_for_another_entry_names_what_differs(differing: list[str], again: JournalEntry) -> None:
    refusal = rules.why_reused(again, entry(*GOOD), FIRST)

    assert type(refusal) is EntryIdReused
    assert refusal.field == differing[0]
    assert refusal.message == f"Entry e1 is in the books with another {', '.join(differing)}."


def test_a_post_that_says_other_lines_than_the_first_time_is_another() -> None:
    refusal = rules.why_reused(end(Phase.POST, ("bank", 4), ("shop", -4)), end(Phase.POST, *GOOD), FIRST)

    assert type(refusal) is EntryIdReused
    assert refusal.field == "postings"


# ── What is held ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "part", [GOOD, (("bank", 4), ("shop", -4)), (("bank", 2), ("bank", 3), ("shop", -5)), ()]
)
def test_a_part_of_what_is_held_may_be_posted(part: tuple[tuple[str, int], ...]) -> None:
    assert rules.why_more_than_held(lines(*part), lines(*GOOD)) is None


@pytest.mark.parametrize(
    ("posted", "side", "code", "currency", "missing"),
    [
        ((("bank", 7), ("shop", -7)), "debited to", "bank", "CNY", 2),
        ((("bank", 5), ("fees", -5)), "credited to", "fees", "CNY", 5),
        ((("bank", -1), ("shop", 1)), "credited to", "bank", "CNY", 1),
        ((("fees", 1), ("shop", -1)), "debited to", "fees", "CNY", 1),
        ((("bank", 3), ("bank", 3), ("shop", -6)), "debited to", "bank", "CNY", 1),
        ((("bank/USD", 5), ("shop/USD", -5)), "debited to", "bank", "USD", 5),
    ],
)
def test_more_than_is_held_is_refused_side_by_side(
    posted: tuple[tuple[str, int], ...], side: str, code: str, currency: str, missing: int
) -> None:
    refusal = rules.why_more_than_held(lines(*posted), lines(*GOOD))

    assert type(refusal) is HoldExceeded
    assert refusal.field == "postings"
    assert refusal.facts == {"account": code, "missing_minor": missing, "currency": currency}
    assert refusal.message == (
        f"{missing} minor units more are to be {side} {code} in {currency} than the pending entry holds."
    )


def test_debits_are_positive_and_credits_negative() -> None:
    bank = AccountSpec("bank", "CNY", AccountClass.ASSET)

    assert debit(bank, Money(5, "CNY")) == Posting("bank", "CNY", 5)
    assert credit(bank, Money(5, "CNY")) == Posting("bank", "CNY", -5)
    with pytest.raises(ValueError, match="kept in CNY, not in USD"):
        debit(bank, Money(5, "USD"))


def test_the_first_reason_of_an_entry_by_itself_is_told() -> None:
    wrong: Refusal | None = rules.why_malformed(entry(id="", metadata={"": ""}, expires_at=NOW))
    assert wrong is not None
    assert wrong.field == "id"
    wrong = rules.why_malformed(entry(metadata={"": ""}, expires_at=NOW))
    assert wrong is not None
    assert wrong.field == "metadata"
    wrong = rules.why_malformed(entry(expires_at=NOW))
    assert wrong is not None
    assert wrong.field == "expires_at"
