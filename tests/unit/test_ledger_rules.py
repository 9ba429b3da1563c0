"""Which entries may be booked, and in which order are the others refused?"""

import pytest

from tael.foundation.errors import Refusal
from tael.foundation.money import MAX_MINOR, Money
from tael.ledger import rules
from tael.ledger.errors import (
    BalanceTooLarge,
    EntryIdReused,
    EntryMalformed,
    LimitPassed,
    NoSuchAccount,
)
from tael.ledger.model import (
    Account,
    AccountClass,
    AccountSpec,
    JournalEntry,
    LimitRule,
    Line,
    Posting,
    credit,
    debit,
)

BANK, SHOP, VAULT, CREDIT, DOLLARS = 1, 2, 3, 4, 5


def account(
    no: int,
    code: str,
    account_class: AccountClass,
    limit: LimitRule = LimitRule.NONE,
    *,
    floor: int = 0,
    currency: str = "CNY",
) -> Account:
    return Account(
        no=no, code=code, currency=currency, account_class=account_class, limit_rule=limit, floor_minor=floor
    )


ACCOUNTS = {
    (each.code, each.currency): each
    for each in (
        account(BANK, "bank", AccountClass.ASSET),
        account(SHOP, "shop", AccountClass.LIABILITY, LimitRule.NO_OVERDRAFT),
        account(VAULT, "vault", AccountClass.ASSET, LimitRule.NO_OVERDRAFT),
        account(CREDIT, "credit", AccountClass.LIABILITY, LimitRule.FLOOR, floor=-500),
        account(DOLLARS, "bank", AccountClass.ASSET, currency="USD"),
    )
}


def entry(*lines: tuple[str, int] | tuple[str, int, str], id: str = "e1") -> JournalEntry:
    postings = tuple(Posting(line[0], line[2] if len(line) == 3 else "CNY", line[1]) for line in lines)
    return JournalEntry(id=id, kind="test", reference="r1", postings=postings)


def balances(**given: int) -> dict[int, int]:
    numbers = {"bank": BANK, "shop": SHOP, "vault": VAULT, "credit": CREDIT, "dollars": DOLLARS}
    return dict.fromkeys(numbers.values(), 0) | {numbers[name]: minor for name, minor in given.items()}


@pytest.mark.parametrize(
    "wrong",
    [
        entry(),
        entry(("bank", 0)),
        entry(("bank", 5), ("shop", 0), ("shop", -5)),
        entry(("bank", 5)),
        entry(("bank", 5), ("shop", -4)),
        entry(("bank", 5), ("bank", -5, "USD")),
        entry(("bank", 5), ("shop", -5), ("bank", 1, "USD")),
        entry(("bank", MAX_MINOR + 1), ("shop", -MAX_MINOR - 1)),
    ],
)
def test_what_does_not_balance_by_itself_is_malformed(wrong: JournalEntry) -> None:
    refusal = rules.why_malformed(wrong)

    assert isinstance(refusal, EntryMalformed)
    assert refusal.field is not None
    assert refusal.field.startswith("postings")


def test_an_entry_in_two_currencies_balances_in_each() -> None:
    assert (
        rules.why_malformed(entry(("bank", 5), ("shop", -5), ("bank", 3, "USD"), ("fx", -3, "USD"))) is None
    )


def test_each_line_carries_the_balance_after_it() -> None:
    before = balances(bank=100)

    lines = rules.decide(entry(("bank", 30), ("bank", 20), ("shop", -50)), ACCOUNTS, before)

    assert lines == [Line(BANK, 30, 130), Line(BANK, 20, 150), Line(SHOP, -50, -50)]
    assert before == balances(bank=150, shop=-50), "the next entry is decided against the new balances"


def test_a_refused_entry_leaves_the_balances_alone() -> None:
    before = balances(shop=-10)

    assert isinstance(rules.decide(entry(("bank", -11), ("shop", 11)), ACCOUNTS, before), LimitPassed)
    assert before == balances(shop=-10)


def test_an_account_may_be_emptied_exactly_to_zero_and_not_a_unit_further() -> None:
    assert not isinstance(
        rules.decide(entry(("bank", -10), ("shop", 10)), ACCOUNTS, balances(shop=-10)), Refusal
    )
    refusal = rules.decide(entry(("bank", -11), ("shop", 11)), ACCOUNTS, balances(shop=-10))

    assert isinstance(refusal, LimitPassed)
    assert refusal.facts == {"account": "shop", "missing_minor": 1, "currency": "CNY"}
    assert "0.01 CNY" in refusal.message


def test_limits_are_on_the_normal_side_of_each_class() -> None:
    assert isinstance(rules.decide(entry(("vault", -1), ("bank", 1)), ACCOUNTS, balances()), LimitPassed)
    assert not isinstance(rules.decide(entry(("vault", 1), ("bank", -1)), ACCOUNTS, balances()), Refusal)
    assert isinstance(rules.decide(entry(("shop", 1), ("bank", -1)), ACCOUNTS, balances()), LimitPassed)
    assert not isinstance(rules.decide(entry(("shop", -1), ("bank", 1)), ACCOUNTS, balances()), Refusal)


def test_a_floor_below_zero_is_a_credit_line() -> None:
    assert not isinstance(rules.decide(entry(("credit", 500), ("bank", -500)), ACCOUNTS, balances()), Refusal)
    refusal = rules.decide(entry(("credit", 501), ("bank", -501)), ACCOUNTS, balances())

    assert isinstance(refusal, LimitPassed)
    assert "-5.00 CNY" in refusal.message


def test_a_balance_beyond_its_limit_may_come_back_towards_it() -> None:
    overdrawn = balances(shop=100)

    assert not isinstance(
        rules.decide(entry(("shop", -40), ("bank", 40)), ACCOUNTS, dict(overdrawn)), Refusal
    )
    assert isinstance(rules.decide(entry(("shop", 1), ("bank", -1)), ACCOUNTS, dict(overdrawn)), LimitPassed)


def test_only_the_whole_entry_is_measured_against_a_limit() -> None:
    through = entry(("shop", 50), ("bank", -50), ("shop", -50), ("bank", 50))

    assert not isinstance(rules.decide(through, ACCOUNTS, balances()), Refusal)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_balance_beyond_63_bits_is_refused(sign: int) -> None:
    full = balances(bank=sign * MAX_MINOR)

    assert isinstance(
        rules.decide(entry(("bank", sign), ("bank2", -sign)), ACCOUNTS | _second_bank(), full | {6: 0}),
        BalanceTooLarge,
    )


def test_a_balance_that_leaves_63_bits_within_an_entry_is_refused_too() -> None:
    there_and_back = entry(("bank", MAX_MINOR), ("bank", -MAX_MINOR))

    assert isinstance(rules.decide(there_and_back, ACCOUNTS, balances(bank=1)), BalanceTooLarge)


def test_what_is_wrong_is_told_in_the_documented_order() -> None:
    nowhere = entry(("shop", 1), ("nowhere", -1))
    assert isinstance(rules.decide(nowhere, ACCOUNTS, balances()), NoSuchAccount), "before the limit of shop"

    both = entry(("bank", MAX_MINOR), ("shop", 1), ("bank2", -MAX_MINOR), ("bank2", -1))
    refusal = rules.decide(both, ACCOUNTS | _second_bank(), balances(bank=1) | {6: 0})
    assert isinstance(refusal, LimitPassed), "a limit before the size of another balance"


def test_the_same_entry_again_is_no_reuse_of_its_id() -> None:
    first = entry(("bank", 5), ("shop", -5))

    assert rules.why_reused(first, first) is None


@pytest.mark.parametrize(
    ("field", "again"),
    [
        (
            "kind",
            JournalEntry(
                id="e1", kind="other", reference="r1", postings=entry(("bank", 5), ("shop", -5)).postings
            ),
        ),
        (
            "reference",
            JournalEntry(
                id="e1", kind="test", reference="r2", postings=entry(("bank", 5), ("shop", -5)).postings
            ),
        ),
        ("postings", entry(("bank", 6), ("shop", -6))),
        ("postings", entry(("shop", -5), ("bank", 5))),
        ("postings", entry(("bank", 5, "USD"), ("shop", -5, "USD"))),
    ],
)
def test_an_id_reused_for_another_entry_names_what_differs(field: str, again: JournalEntry) -> None:
    refusal = rules.why_reused(again, entry(("bank", 5), ("shop", -5)))

    assert isinstance(refusal, EntryIdReused)
    assert refusal.field == field
    assert field in refusal.message


def test_debits_are_positive_and_credits_negative() -> None:
    bank = AccountSpec("bank", "CNY", AccountClass.ASSET)

    assert debit(bank, Money(5, "CNY")) == Posting("bank", "CNY", 5)
    assert credit(bank, Money(5, "CNY")) == Posting("bank", "CNY", -5)
    with pytest.raises(ValueError, match="kept in CNY, not in USD"):
        debit(bank, Money(5, "USD"))


def _second_bank() -> dict[tuple[str, str], Account]:
    return {("bank2", "CNY"): account(6, "bank2", AccountClass.ASSET)}
