"""How does a user pay a merchant by balance? Look at the order, be asked, pay; and what waits for them."""

from typing import Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.users.api import circumstances_of, me
from tael.wallets.api import Wallets
from tael.wallets.api.asking import AskAboutOrder
from tael.wallets.api.orders import DeclineOrder, PayOrder
from tael.wallets.errors import LimitReached, NoSuchOrder, OrderEnded, WalletMalformed
from tael.wallets.http.forms import ACT, LOOK, AnyRequest, OrderNumber
from tael.wallets.http.transfers import SPENDING_REFUSED
from tael.wallets.schemas.orders import (
    AskAboutOrderRequest,
    AskedActBody,
    OrderBody,
    OrdersBody,
    PayOrderRequest,
    order_body,
)

_TAGS = ["Orders"]


def order_routes(wallets: Wallets) -> list[HTTPRouteHandler]:
    """Look, be asked, pay, say no; and what waits."""
    return [_get(wallets), _list(wallets), _ask(wallets), _pay(wallets), _decline(wallets)]


def _get(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/orders/{number:str}", opt={"permission": LOOK, REFUSES: [NoSuchOrder]}, tags=_TAGS)
    async def get_order(request: AnyRequest, number: OrderNumber) -> OrderBody:
        """Get an order. One that a merchant shows me, or that I have paid."""
        return order_body(await wallets.orders.look(number, user_id=me(request).owner))

    return get_order


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/orders", opt={"permission": LOOK}, tags=_TAGS)
    async def list_orders_waiting(request: AnyRequest) -> OrdersBody:
        """List what waits for me. Orders for which I have shown my code and that I have to confirm; the newest 20."""
        found = await wallets.orders.waiting(me(request).owner)
        return OrdersBody(items=[order_body(order) for order in found])

    return list_orders_waiting


def _ask(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/orders/{number:str}/confirmation",
        opt={"permission": ACT, REFUSES: [NoSuchOrder, OrderEnded, LimitReached, WalletMalformed]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, AskedActBody, "How it is to be confirmed"),
    )
    async def confirm_order(
        request: AnyRequest,
        number: OrderNumber,
        data: JSONBody[AskAboutOrderRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Ask for a confirmation of an order. Says how strongly it is to be confirmed, and by what, if it is at all."""
        user = me(request)
        wish = AskAboutOrder(
            number=number,
            user_id=user.owner,
            login_id=user.present.login.id,
            session_id=user.present.session.id,
            at_least=data.at_least,
        )
        call = a_call(request, "wallets.ask_order", idempotency_key, data, wish, about=number)
        return respond(await wallets.asking.answer_order(call))

    return confirm_order


def _pay(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/orders/{number:str}/pay",
        opt={"permission": ACT, REFUSES: [*SPENDING_REFUSED, NoSuchOrder, OrderEnded]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, OrderBody, "The order, paid"),
    )
    async def pay_order(
        request: AnyRequest,
        number: OrderNumber,
        data: JSONBody[PayOrderRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Pay an order by balance. Exactly what it says; if it is refused, it can be tried again until its time is over."""
        user = me(request)
        command = PayOrder(
            number=number,
            user_id=user.owner,
            login_id=user.present.login.id,
            confirmation_id=data.confirmation_id,
            circumstances=circumstances_of(request, wallets.clock),
        )
        call = a_call(request, "wallets.pay_order", idempotency_key, data, command, about=number)
        return respond(await wallets.orders.pay(call))

    return pay_order


def _decline(wallets: Wallets) -> HTTPRouteHandler:
    @post(
        "/v1/me/orders/{number:str}/decline",
        opt={"permission": ACT, REFUSES: [NoSuchOrder, OrderEnded]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, OrderBody, "The order, declined"),
    )
    async def decline_order(
        request: AnyRequest, number: OrderNumber, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Decline an order. One that waits for me because my code was scanned; the cashier hears it at once."""
        wish = DeclineOrder(number=number, user_id=me(request).owner)
        call = a_call(request, "wallets.decline_order", idempotency_key, None, wish, about=number)
        return respond(await wallets.orders.decline(call))

    return decline_order
