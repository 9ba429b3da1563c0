"""What does somebody say who makes an offer, as people write it: 12.80, 7.5 percent, a day in China?"""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.errors import Malformed
from tael.foundation.money import Money
from tael.offers.model import OnRefund, Terms
from tael.web.ui.days import morning_of

_Sum = Annotated[str, Meta(max_length=24)]
_Day = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$(?!\n)")]


class OfferTyped(msgspec.Struct, frozen=True, kw_only=True):
    """A new offer."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3,5}$(?!\n)")]
    percent: _Sum = ""
    fixed: _Sum = ""
    most: _Sum = ""
    least_amount: _Sum = ""
    budget: Annotated[str, Meta(min_length=1, max_length=24)]
    per_payer: Annotated[str, Meta(pattern=r"^[0-9]{0,6}$(?!\n)")] = ""
    starts: _Day
    ends: _Day
    methods: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    needs_coupon: bool = False
    stacks: bool = False
    on_refund: OnRefund = OnRefund.IN_PROPORTION


def terms_typed(typed: OfferTyped) -> Terms:
    """What they say, exactly; refuses `Malformed` with the name of the form's field. The last day is a whole one."""
    return Terms(
        currency=typed.currency,
        percent_basis_points=_basis_points(typed.percent),
        fixed_minor=_minor(typed, "fixed") or 0,
        most_minor=_minor(typed, "most"),
        least_amount_minor=_minor(typed, "least_amount") or 1,
        methods=typed.methods,
        needs_coupon=typed.needs_coupon,
        stacks=typed.stacks,
        per_payer=int(typed.per_payer) if typed.per_payer else None,
        budget_minor=_minor(typed, "budget") or 0,
        starts_at=morning_of(typed.starts, field="starts"),
        ends_at=morning_of(typed.ends, field="ends") + timedelta(days=1),
        on_refund=typed.on_refund,
    )


def as_typed(field: str | None) -> str | None:
    """What the form calls a field of the terms."""
    name = (field or "").removeprefix("terms.")
    return _ON_FORM.get(name, name) or None


_ON_FORM = {
    "percent_basis_points": "percent",
    "fixed_minor": "fixed",
    "most_minor": "most",
    "least_amount_minor": "least_amount",
    "budget_minor": "budget",
    "starts_at": "starts",
    "ends_at": "ends",
}


def _minor(typed: OfferTyped, field: str) -> int | None:
    text = str(getattr(typed, field)).strip().replace(",", "")
    return Money.parse(text, typed.currency, field=field).minor if text else None


def _basis_points(text: str) -> int:
    """A percentage with at most two decimals."""
    if not text.strip():
        return 0
    try:
        return Money.parse(text.strip(), "CNY", field="percent").minor
    except Malformed:
        raise Malformed("A percentage has at most two decimals: 7.5.", field="percent") from None
