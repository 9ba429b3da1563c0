"""How does a merchant see what a payer would pay, before anybody begins to?"""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.channels.port import Product
from tael.foundation.errors import Refusal
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.offers.errors import NoSuchCoupon, OfferNotUsable
from tael.offers.model import code_as_kept
from tael.payments.api import Asked, Payments
from tael.payments.errors import NoSuchPayment
from tael.payments.http.forms import READ, AnyRequest, PaymentId
from tael.payments.schemas import CouponCodes, MethodName, PriceBody

Method = Annotated[
    MethodName, QueryParameter(description="How the payer would pay, as `GET /v1/methods` says it")
]
Scene = Annotated[Product, QueryParameter(description="Where: a code to scan, a page, an app …")]
Codes = Annotated[
    CouponCodes,
    QueryParameter(name="coupon_code", description="A coupon that the payer has; may be said again"),
]


def price_route(payments: Payments) -> HTTPRouteHandler:
    """What is taken off."""

    @get(
        "/v1/payments/{payment_id:str}/offers",
        opt={"permission": READ, REFUSES: [NoSuchPayment, NoSuchCoupon, OfferNotUsable]},
        tags=["Payments"],
    )
    async def get_payment_offers(
        request: AnyRequest,
        payment_id: PaymentId,
        method: Method,
        *,
        product: Scene = Product.CODE,
        codes: Codes = (),
    ) -> PriceBody:
        """See what offers take off. What a payer would pay in one way now; nothing is held before an attempt begins."""
        story = await payments.get(
            check_id(payment_id, prefix="pay", field="payment_id"), merchant_id=caller_of(request).owner
        )
        asked = Asked(codes=tuple(map(code_as_kept, codes)))
        [price] = await payments.prices.of(
            story.payment, [(method, product)], attempts=story.attempts, asked=asked
        )
        if isinstance(price, Refusal):
            raise price
        return PriceBody(
            payment_id=story.payment.id,
            method=method,
            currency=story.payment.currency,
            amount_minor=price.amount_minor,
            discount_minor=price.discount_minor,
            discounts=list(price.offers),
        )

    return get_payment_offers
