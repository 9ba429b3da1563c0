"""What can be tried in test mode? Amounts whose payer acts by itself, cards that behave, and where the stand-ins are."""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.money import Money
from tael.payments.api import CreatePayment, new_payment
from tael.web.portal.acting import action, go_to, page, read_form, show
from tael.web.portal.affairs import CURRENCY, owner_of
from tael.web.portal.behind import Behind, TestKit
from tael.web.ui.acting import call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/try-out"
CARDS: Sequence[tuple[str, str]] = (
    ("4242424242424242", "pays"),
    ("4000000000003220", "step_up"),
    ("4000008400001629", "step_up_declined"),
    ("4000000000000002", "declined"),
    ("4000000000009995", "no_funds"),
    ("4000000000000259", "disputed"),
    ("4000000000001976", "asked"),
    ("4000000000005126", "refund_fails"),
)
"""Test cards, and what each does: `portal.test_card_of.WHAT`."""
_SECONDS = 1_800
"""How long such a payment can be paid."""


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """Which amount is to be tried, in minor units."""

    amount_minor: int


def try_out_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and making a payment; nothing where real money moves."""
    if behind.test_kit is None:
        return []
    return [_show(behind, behind.test_kit), _pay(behind, behind.test_kit)]


def _show(behind: Behind, kit: TestKit) -> HTTPRouteHandler:
    @page(HOME, permission="payments.read")
    async def show_try_out(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, kit, Form())

    return show_try_out


def _pay(behind: Behind, kit: TestKit) -> HTTPRouteHandler:
    @action(f"{HOME}/payments", permission="payments.write")
    async def try_payment(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Try)
            if said.amount_minor not in kit.amounts:
                raise Malformed("Choose one of these amounts.", field="amount_minor")
            merchant = await behind.merchants.get(owner_of(request))
            payment = new_payment(
                merchant,
                amount_minor=said.amount_minor,
                currency=CURRENCY,
                reference=f"try-{said.amount_minor}",
                description="Try-out",
                now=behind.clock.now(),
                seconds=_SECONDS,
                return_url=f"{behind.public_url}/portal/payments",
            )
            command = CreatePayment(payment=payment, exponent=None, merchant=merchant)
            answer = settled(
                await behind.payments.create(call(request, form, "payments.create", said, command))
            )
        except Refusal as refusal:
            return await _page_of(behind, request, kit, form.refused(refusal))
        return go_to(request, f"/pay/{msgspec.json.decode(answer.body)['id']}")

    return try_payment


async def _page_of(behind: Behind, request: PageRequest, kit: TestKit, form: Form) -> Response[bytes]:
    return await show(
        behind,
        request,
        "portal/try_out.html",
        here="try_out",
        form=form,
        amounts=[(minor, Money(minor, CURRENCY)) for minor in kit.amounts],
        cards=[
            (" ".join(number[place : place + 4] for place in range(0, len(number), 4)), what)
            for number, what in CARDS
        ],
        stand_ins=kit.stand_ins,
    )
