"""Which accounts may be opened, and which limits may they be given?"""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.foundation.money import MAX_MINOR
from tael.ledger import rules
from tael.ledger.errors import AccountMalformed
from tael.ledger.model import ALWAYS, Account, AccountClass, AccountSpec, Limit
from tests.unit.ledger_desk import NAIVE, NOW, account


def spec(code: str = "bank", currency: str = "CNY", **fields: object) -> AccountSpec:
    return msgspec.structs.replace(AccountSpec(code, currency, AccountClass.ASSET), **fields)


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec("m:42:pending"),
        spec("x" * 200),
        spec("WBTC", "WBTC", exponent=6),
        spec("a", "A" * 12, exponent=18),
        spec("a", "X", exponent=0),
        spec(exponent=2),
        spec(floor_minor=-MAX_MINOR, ceiling_minor=MAX_MINOR),
        spec(floor_minor=5, ceiling_minor=5),
        spec(ceiling_minor=5),
        spec(floor_minor=5),
    ],
)
def test_an_account_may_be_opened_within_its_bounds(good: AccountSpec) -> None:
    assert rules.why_account_malformed(good) is None


CODE = "A code has 1 to 200 printable characters, and no segment between colons is empty."
CURRENCY = "A currency has 1 to 12 letters and digits."
DECIMALS = "A currency has 0 to 18 decimals."
LIMIT = f"A limit is at most {MAX_MINOR} minor units."


@pytest.mark.parametrize(
    ("field", "says", "wrong"),
    [
        ("code", CODE, spec("")),
        ("code", CODE, spec("x" * 201)),
        ("code", CODE, spec("a\nb")),
        ("code", CODE, spec("a::b")),
        ("code", CODE, spec(":a")),
        ("code", CODE, spec("a:")),
        ("currency", CURRENCY, spec("a", "")),
        ("currency", CURRENCY, spec("a", "A" * 13, exponent=2)),
        ("currency", CURRENCY, spec("a", "C-Y", exponent=2)),
        ("currency", CURRENCY, spec("a", "元", exponent=2)),
        ("exponent", "WBTC is not a currency of ISO 4217: say how many decimals it has.", spec("a", "WBTC")),
        ("exponent", "CNY has 2 decimals by ISO 4217, not 3.", spec(exponent=3)),
        ("exponent", DECIMALS, spec("a", "WBTC", exponent=19)),
        ("exponent", DECIMALS, spec("a", "WBTC", exponent=-1)),
        ("floor_minor", LIMIT, spec(floor_minor=MAX_MINOR + 1)),
        ("floor_minor", LIMIT, spec(floor_minor=-MAX_MINOR - 1)),
        ("ceiling_minor", LIMIT, spec(ceiling_minor=MAX_MINOR + 1)),
        ("floor_minor", "The floor is above the ceiling.", spec(floor_minor=6, ceiling_minor=5)),
    ],
)
def test_an_account_that_cannot_be_says_which_field(field: str, says: str, wrong: AccountSpec) -> None:
    refusal = rules.why_account_malformed(wrong)

    assert type(refusal) is AccountMalformed
    assert (refusal.field, refusal.message) == (field, says)


def test_what_is_wrong_with_an_account_comes_with_an_example() -> None:
    hints = [
        getattr(rules.why_account_malformed(wrong), "hint", None) for wrong in (spec(""), spec("a", "WBTC"))
    ]

    assert hints == ["For example merchant:42:pending.", "A whole number from 0 to 18, for example 6."]


def test_a_limit_begins_always_or_at_a_sensible_moment() -> None:
    for good in (ALWAYS, NOW, datetime(1900, 1, 1, tzinfo=UTC)):
        assert rules.why_limit_malformed(Limit(begins_at=good)) is None
    for bad in (NAIVE, datetime(2200, 1, 1, tzinfo=UTC), datetime(2, 1, 1, tzinfo=UTC)):
        refusal = rules.why_limit_malformed(Limit(begins_at=bad))
        assert type(refusal) is AccountMalformed
        assert refusal.field == "begins_at"
        assert refusal.message == "A moment has a zone and lies in the years 1900 to 2199."


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (None, spec(floor_minor=0)),
        (None, spec(floor_minor=0, exponent=2)),
        ("account_class", spec(account_class=AccountClass.EQUITY, floor_minor=1)),
        ("floor_minor", spec()),
        ("ceiling_minor", spec(floor_minor=0, ceiling_minor=1)),
        ("exponent", spec(floor_minor=0, exponent=3)),
    ],
)
def test_an_open_account_is_compared_with_how_it_was_opened(field: str | None, wanted: AccountSpec) -> None:
    opened: Account = account(1, "bank", AccountClass.ASSET, floor=0)
    limited = msgspec.structs.replace(opened, limits=(*opened.limits, Limit(begins_at=NOW, floor_minor=-9)))

    assert rules.same_terms(wanted, opened) == field
    assert rules.same_terms(wanted, limited) == field, "what it was given later is another matter"
