"""Is this what somebody buys? A merchant's order: whom it pays and how much, paid by balance or declined, and back to the shop."""

from typing import cast
from urllib.parse import urlsplit

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.calls import Answer
from tael.foundation.errors import Malformed, Refusal
from tael.identity.model import Strength
from tael.users.api import circumstances_of
from tael.wallets.api.asking import AskAboutOrder
from tael.wallets.api.orders import DeclineOrder, PayOrder
from tael.wallets.model import SpendingKind
from tael.wallets.model.orders import Order, OrderState
from tael.wallets.schemas.orders import OrderBody
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import PAY, action, answer_as, call, go_to, me, page, read_form, settled, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.confirming import Act, carry_out
from tael.web.wallet.refusals import sharper
from tael.web.wallet.session import HOME
from tael.web.wallet.spendable import PAYMENT, balance_of, check_early, limits_left

HERE = f"{HOME}/orders"
_LONGEST = 64
TONES = {
    OrderState.WAITING: ("warning", "clock"),
    OrderState.PAID: ("good", "check"),
    OrderState.DECLINED: ("danger", "cross"),
    OrderState.CLOSED: ("neutral", "cross"),
}


class _Paid(msgspec.Struct, frozen=True):
    number: str


def order_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Look, pay, and say no."""

    @page(f"{HERE}/{{number:str}}", permission=PAY)
    async def show_order(request: PageRequest, number: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, await _found(behind, request, number), Form())

    @action(f"{HERE}/{{number:str}}/pay", permission=PAY)
    async def pay_order(request: PageRequest, number: FromPath[str]) -> Response[bytes]:
        form, order = await read_form(request), await _found(behind, request, number)
        try:
            if not form.text("confirmation"):
                await check_early(behind, request, SpendingKind.PAYMENT, order.amount)
            paid = await carry_out(behind, request, form, _act(behind, request, form, order), _order_in)
        except Refusal as refusal:
            now = await _found(behind, request, number)
            return await _page_of(behind, request, now, form.refused(sharper(refusal)))
        if isinstance(paid, Response):
            return paid
        return go_to(request, f"{HERE}/{paid.number}")

    @action(f"{HERE}/{{number:str}}/decline", permission=PAY)
    async def decline_order(request: PageRequest, number: FromPath[str]) -> Response[bytes]:
        form, order = await read_form(request), await _found(behind, request, number)
        wish = DeclineOrder(number=order.number, user_id=me(request).owner)
        try:
            settled(
                await behind.wallets.orders.decline(call(request, form, "wallets.decline_order", wish, wish))
            )
        except Refusal as refusal:
            now = await _found(behind, request, number)
            return await _page_of(behind, request, now, form.refused(refusal))
        return go_to(request, f"{HERE}/{order.number}")

    return [show_order, pay_order, decline_order]


def _act(behind: Behind, request: PageRequest, form: Form, order: Order) -> Act:
    who, said = me(request), _Paid(order.number)

    async def do(confirmation_id: str | None) -> object:
        wish = PayOrder(
            number=order.number,
            user_id=who.owner,
            login_id=who.present.login.id,
            confirmation_id=confirmation_id,
            circumstances=circumstances_of(request, behind.clock),
        )
        return await behind.wallets.orders.pay(call(request, form, "wallets.pay_order", said, wish))

    async def ask(strength: Strength) -> str:
        wish = AskAboutOrder(
            number=order.number,
            user_id=who.owner,
            login_id=who.present.login.id,
            session_id=who.present.session.id,
            at_least=strength,
        )
        asked = await behind.wallets.asking.about_order(wish)
        return asked.confirmation_id

    return Act(
        here="order",
        address=f"{HERE}/{order.number}/pay",
        back=f"{HERE}/{order.number}",
        do=do,
        ask=ask,
    )


def _order_in(answer: object) -> OrderBody:
    return answer_as(cast(Answer, answer), OrderBody)


async def _found(behind: Behind, request: PageRequest, number: str) -> Order:
    if len(number) > _LONGEST:
        raise Malformed("That is no number of an order.", field="number")
    return await behind.wallets.orders.look(number, user_id=me(request).owner)


async def _page_of(behind: Behind, request: PageRequest, order: Order, form: Form) -> Response[bytes]:
    tone, sign = TONES[order.state]
    over = order.state is OrderState.WAITING and order.expires_at <= behind.clock.now()
    return await show(
        behind,
        request,
        "wallet/order.html",
        here="order",
        form=form,
        order=order,
        over=over,
        scanned=order.user_id is not None,
        tone=tone,
        sign=sign,
        balance=await balance_of(behind, request, order.currency),
        limits=await limits_left(behind, request, PAYMENT),
        back_to=back_to(order.return_url),
    )


def back_to(return_url: str) -> str:
    """Where the shop's page goes on; nothing that is no address of a page."""
    place = urlsplit(return_url)
    return return_url if place.scheme in ("https", "http") and place.netloc else ""
