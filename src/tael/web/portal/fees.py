"""What does a merchant pay? The prices of now, plans and promotions with their days, and what an amount would cost."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.merchants.model import FeeTerms, Limits, Price
from tael.web.portal.acting import page, show
from tael.web.portal.affairs import CURRENCY, in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.payment import minor_of
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/fees"
Amount = Annotated[str, QueryParameter(max_length=24, description="What a payer would pay")]
Method = Annotated[str, QueryParameter(pattern=r"^[a-z0-9_]{0,40}$(?!\n)", description="In which way")]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one way of paying costs; the empty one is every other."""

    method: str
    rate_millionths: int
    fixed: Money | None
    floor: Money | None
    cap: Money | None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """What an amount would cost today."""

    amount: Money
    fee: Money
    net: Money


def fee_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page(HOME, permission="merchant.read")
    async def show_fees(*, request: PageRequest, amount: Amount = "", method: Method = "") -> Response[bytes]:
        fees = await behind.people.merchants.reads.fees(owner_of(request))
        now = behind.clock.now()
        form, example = Form(), None
        try:
            example = example_of(fees.terms, amount, method) if amount else None
        except Refusal as refusal:
            form = Form(values={"amount": amount}).refused(in_words(request, refusal))
        return await show(
            behind,
            request,
            "portal/fees.html",
            here="fees",
            form=form,
            fees=fees,
            lines=lines_of(fees.terms),
            plans=[
                (plan, plan.effective_from > now, [(tier, lines_of(tier.terms)) for tier in plan.tiers])
                for plan in fees.plans
            ],
            promotions=[
                (each, each.holds_at(now), lines_of_prices(each.default, each.by_method))
                for each in fees.promotions
                if each.ends_at > now
            ],
            methods=sorted(
                {*fees.terms.by_method, *(each.method for each in behind.payments.capabilities())}
            ),
            asked={"amount": amount, "method": method},
            example=example,
            currency=CURRENCY,
        )

    return [show_fees]


def example_of(terms: FeeTerms, text: str, method: str) -> Example:
    """What an amount, as people write it, would cost; refuses `Malformed`."""
    amount = Money(minor_of(text, CURRENCY), CURRENCY)
    fee = terms.fee_of(amount, method)
    return Example(amount=amount, fee=fee, net=amount - fee)


def lines_of(terms: FeeTerms) -> Sequence[Line]:
    """The prices of terms, what holds for every other method last."""
    return lines_of_prices(terms.default, terms.by_method)


def lines_of_prices(default: Price | None, by_method: Mapping[str, Price]) -> list[Line]:
    """The same of prices that may leave out the default."""
    own = [_line(method, price) for method, price in sorted(by_method.items())]
    return [*own, *([_line("", default)] if default is not None else [])]


def _line(method: str, price: Price) -> Line:
    limits = price.limits.get(CURRENCY, Limits())
    return Line(
        method=method,
        rate_millionths=price.rate_millionths,
        fixed=Money(limits.fixed_minor, CURRENCY) if limits.fixed_minor else None,
        floor=None if limits.floor_minor is None else Money(limits.floor_minor, CURRENCY),
        cap=None if limits.cap_minor is None else Money(limits.cap_minor, CURRENCY),
    )
