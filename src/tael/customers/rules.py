"""Who may be charged while they are not there, how much, and what of them is shown?"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tael.customers.errors import CustomerMalformed, MandateExceeded
from tael.customers.model import Mandate, MandateUse, Period
from tael.foundation.money import Money


def period_begins(period: Period, at: datetime) -> datetime:
    """When the period of a moment began: days, weeks from Monday, months and years of UTC."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.DAY:
            return day
        case Period.WEEK:
            return day - timedelta(days=day.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case Period.YEAR:
            return day.replace(month=1, day=1)


def check_mandate(mandate: Mandate, *, now: datetime) -> None:
    """Refuses `CustomerMalformed` for a new mandate that contradicts itself."""
    if (mandate.period is None) != (mandate.most_per_period_minor is None):
        raise CustomerMalformed("A limit per period needs both: the period and the amount.", field="period")
    if mandate.most_per_period_minor is not None and (
        mandate.most_per_period_minor < mandate.most_per_payment_minor
    ):
        raise CustomerMalformed(
            "One payment may not be more than a whole period.", field="most_per_period_minor"
        )
    if mandate.expires_at is not None and mandate.expires_at <= now:
        raise CustomerMalformed("The mandate would be over before it begins.", field="expires_at")


def used_minor(mandate: Mandate, uses: Iterable[MandateUse], *, but: str) -> int:
    """What payments other than `but` use of a mandate: each its price once, however often it is tried."""
    theirs = (use for use in uses if use.mandate_id == mandate.id and use.payment_id != but)
    return sum({use.payment_id: use.amount_minor for use in theirs}.values())


def check_use(
    mandate: Mandate, *, payment_method_id: str, amount: Money, used_minor: int, now: datetime
) -> None:
    """Refuses `MandateExceeded` unless the mandate lets its merchant charge this now.

    used_minor   what other payments of the period have taken already
    """
    if mandate.payment_method_id != payment_method_id:
        raise _exceeded("The mandate is about another payment method.")
    if mandate.revoked_at is not None:
        raise _exceeded(f"The mandate was revoked by the {mandate.revoked_by}.")
    if mandate.expires_at is not None and mandate.expires_at <= now:
        raise _exceeded("The mandate is over.")
    if mandate.currency != amount.currency:
        raise _exceeded(f"The mandate is about {mandate.currency}.")
    if amount.minor > mandate.most_per_payment_minor:
        most = Money(mandate.most_per_payment_minor, mandate.currency)
        raise _exceeded(f"The mandate lets {most} be charged at a time.")
    if (
        mandate.most_per_period_minor is not None
        and used_minor + amount.minor > mandate.most_per_period_minor
    ):
        left = Money(max(mandate.most_per_period_minor - used_minor, 0), mandate.currency)
        raise _exceeded(f"Of what the mandate lets be charged this {mandate.period}, {left} are left.")


def _exceeded(message: str) -> MandateExceeded:
    return MandateExceeded(
        message, field="mandate", hint="Ask the payer, with a new mandate or a payment they make."
    )


def name_shown(name: str) -> str:
    """`A***`, `王**`: the first letter."""
    return name[:1] + "*" * min(max(len(name) - 1, 0), 3) if name else ""


def email_shown(email: str) -> str:
    """`a***@example.com`."""
    local, at, host = email.partition("@")
    return f"{local[:1]}***@{host}" if at else ""


def phone_shown(phone: str) -> str:
    """The last four digits."""
    return f"***{phone[-4:]}" if len(phone) >= 8 else ("***" if phone else "")
