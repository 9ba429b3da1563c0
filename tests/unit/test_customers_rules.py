"""How much may be charged while a payer is away, and what of them is shown?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.customers import rules
from tael.customers.errors import CustomerMalformed, MandateExceeded
from tael.customers.model import Mandate, MandateKind, MandateUse, Period, RevokedBy
from tael.foundation.money import Money

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
MANDATE = Mandate(
    id="mdt_1",
    merchant_id="mer_1",
    payment_method_id="pm_1",
    kind=MandateKind.RECURRING,
    currency="CNY",
    most_per_payment_minor=1000,
    most_per_period_minor=2500,
    period=Period.MONTH,
    expires_at=NOW + timedelta(days=1),
    consent_text_version="1",
    consent_given_at=NOW,
    consent_address="",
    created_at=NOW,
    revoked_at=None,
    revoked_by=None,
)


@pytest.mark.parametrize(
    ("period", "begins"),
    [
        (Period.DAY, datetime(2026, 11, 23, tzinfo=UTC)),
        (Period.WEEK, datetime(2026, 11, 23, tzinfo=UTC)),
        (Period.MONTH, datetime(2026, 11, 1, tzinfo=UTC)),
        (Period.YEAR, datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_period_is_one_of_the_calendar(period: Period, begins: datetime) -> None:
    assert rules.period_begins(period, NOW) == begins


def use(
    mandate: Mandate, *, minor: int = 1000, currency: str = "CNY", used: int = 0, method: str = "pm_1"
) -> None:
    rules.check_use(
        mandate, payment_method_id=method, amount=Money(minor, currency), used_minor=used, now=NOW
    )


def test_a_mandate_reaches_exactly_to_its_limits() -> None:
    use(MANDATE)
    use(MANDATE, used=1500)


@pytest.mark.parametrize(
    ("changes", "given"),
    [
        ({}, {"minor": 1001}),
        ({}, {"used": 1501}),
        ({}, {"currency": "USD"}),
        ({}, {"method": "pm_2"}),
        ({"expires_at": NOW}, {}),
        ({"revoked_at": NOW, "revoked_by": RevokedBy.PAYER}, {}),
    ],
)
def test_beyond_its_mandate_nobody_is_charged(changes: dict[str, Any], given: dict[str, Any]) -> None:
    with pytest.raises(MandateExceeded):
        use(msgspec.structs.replace(MANDATE, **changes), **given)


def test_each_other_payment_uses_a_mandate_once_with_its_price() -> None:
    uses = [
        MandateUse(mandate_id=mandate, payment_id=payment, attempt_id=attempt, amount_minor=minor)
        for mandate, payment, attempt, minor in (
            ("mdt_1", "pay_1", "att_1", 100),
            ("mdt_1", "pay_1", "att_2", 100),
            ("mdt_1", "pay_2", None, 20),
            ("mdt_1", "pay_3", "att_3", 3),
            ("mdt_2", "pay_4", "att_4", 4000),
        )
    ]
    assert rules.used_minor(MANDATE, uses, but="pay_3") == 120


@pytest.mark.parametrize(
    "changes",
    [{"period": None}, {"most_per_period_minor": None}, {"most_per_period_minor": 999}, {"expires_at": NOW}],
)
def test_a_mandate_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CustomerMalformed):
        rules.check_mandate(msgspec.structs.replace(MANDATE, **changes), now=NOW)


def test_of_a_person_only_the_ends_are_shown() -> None:
    assert (rules.name_shown("王小明"), rules.name_shown("Ann Otter"), rules.name_shown("")) == (
        "王**",
        "A***",
        "",
    )
    assert (rules.email_shown("ann@example.com"), rules.email_shown("nonsense")) == ("a***@example.com", "")
    assert (rules.phone_shown("+8613800005678"), rules.phone_shown("123"), rules.phone_shown("")) == (
        "***5678",
        "***",
        "",
    )
