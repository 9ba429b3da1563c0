"""How does a merchant look at a payment or a refund, and at the ways to pay?"""

from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.channels.port import Product
from tael.foundation.config import Settings
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.payments.api import Payments
from tael.payments.errors import NoSuchPayment, NoSuchRefund
from tael.payments.http.forms import (
    READ,
    AnyRequest,
    PaymentId,
    RefundId,
)
from tael.payments.http.lists import EXPANDS, DisputesOf, expanded, list_routes
from tael.payments.http.prices import price_route
from tael.payments.schemas import (
    MethodBody,
    PaymentDetailBody,
    RefundDetailBody,
    method_bodies,
    payment_body,
    payment_detail_body,
    refund_body,
)

OF_REFUND = ("payment",)
ExpandPayment = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description=f"What else to show: {', '.join(EXPANDS)}, with commas between; all but disputes is always there",
    ),
]
ExpandRefund = Annotated[
    str | None, QueryParameter(max_length=64, description=f"What else to show: {', '.join(OF_REFUND)}")
]


def read_routes(payments: Payments, settings: Settings, *, disputes_of: DisputesOf) -> list[HTTPRouteHandler]:
    """Look at payments and refunds."""
    return [
        *list_routes(payments, settings, disputes_of),
        _get_payment(payments, settings, disputes_of),
        _get_refund(payments, settings),
        _list_methods(payments),
        price_route(payments),
    ]


def _get_payment(payments: Payments, settings: Settings, disputes_of: DisputesOf) -> HTTPRouteHandler:
    @get(
        "/v1/payments/{payment_id:str}", opt={"permission": READ, REFUSES: [NoSuchPayment]}, tags=["Payments"]
    )
    async def get_payment(
        request: AnyRequest, payment_id: PaymentId, *, expand: ExpandPayment = None
    ) -> PaymentDetailBody:
        """Get a payment. With its attempts, refunds and captures, and with its disputes if they are expanded."""
        shown = expanded(request, expand)
        found = await payments.get(
            check_id(payment_id, prefix="pay", field="payment_id"), merchant_id=caller_of(request).owner
        )
        body = payment_detail_body(
            found.payment, found.attempts, found.refunds, found.steps, public_url=settings.public_url
        )
        if "disputes" not in shown:
            return body
        disputes = await disputes_of([body.id])
        return msgspec.structs.replace(body, disputes=disputes.get(body.id, ()))

    return get_payment


def _get_refund(payments: Payments, settings: Settings) -> HTTPRouteHandler:
    @get("/v1/refunds/{refund_id:str}", opt={"permission": READ, REFUSES: [NoSuchRefund]}, tags=["Refunds"])
    async def get_refund(
        request: AnyRequest, refund_id: RefundId, *, expand: ExpandRefund = None
    ) -> RefundDetailBody:
        """Get a refund. To see whether it has arrived."""
        shown = expanded(request, expand, OF_REFUND)
        owner = caller_of(request).owner
        refund = await payments.get_refund(
            check_id(refund_id, prefix="rfd", field="refund_id"), merchant_id=owner
        )
        body = RefundDetailBody(**msgspec.structs.asdict(refund_body(refund)))
        if "payment" not in shown:
            return body
        found = await payments.get(refund.payment_id, merchant_id=owner)
        payment = payment_body(found.payment, public_url=settings.public_url)
        return msgspec.structs.replace(body, payment=payment)

    return get_refund


def _list_methods(payments: Payments) -> HTTPRouteHandler:
    @get("/v1/methods", opt={"permission": READ}, tags=["Payments"])
    async def list_methods(
        product: Annotated[
            Product | None, QueryParameter(description="Only those that can be used in this scene")
        ] = None,
    ) -> list[MethodBody]:
        """List the ways to pay. With the scenes in which each can be used, and from how much to how much."""
        return method_bodies(payments.capabilities(), product)

    return list_methods
