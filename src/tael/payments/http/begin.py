"""How does a payment begin? It is created, and an attempt is started: in two calls, or in one."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.channels.errors import NoSuchChannel
from tael.channels.port import Product
from tael.customers.api import Customers
from tael.foundation.calls import Call
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.merchants.api import Merchants
from tael.offers.errors import NoSuchCoupon, OfferChanged, OfferNotUsable
from tael.offers.model import code_as_kept
from tael.payments.api import Asked, CreatePayment, Means, Payments, StartAttempt, new_payment
from tael.payments.errors import (
    AlreadyAuthorised,
    NoSuchPayment,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
)
from tael.payments.http.cards import REFUSED_BY_CUSTOMERS, check_token, saved_card
from tael.payments.http.forms import WRITE, AnyRequest, PaymentId, call_on_payment
from tael.payments.schemas import (
    AttemptBody,
    CreatePaymentRequest,
    PaymentMadeBody,
    StartAttemptRequest,
)
from tael.routing.errors import NoChannel

_NO_ATTEMPT = (NoSuchChannel, NoChannel, NoSuchCoupon, OfferNotUsable, OfferChanged, *REFUSED_BY_CUSTOMERS)
"""Why an attempt is not started, whatever payment it is for."""


def begin_routes(
    payments: Payments, merchants: Merchants, customers: Customers, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Create, start."""
    return [_create(payments, merchants, customers, clock, settings), _start(payments, customers)]


def _create(
    payments: Payments, merchants: Merchants, customers: Customers, clock: Clock, settings: Settings
) -> HTTPRouteHandler:
    @post(
        "/v1/payments",
        opt={"permission": WRITE, REFUSES: [PaymentMalformed, *_NO_ATTEMPT]},
        tags=["Payments"],
        responses=answers(
            201, PaymentMadeBody, "The payment", pending="The payment; the channel has not answered yet"
        ),
    )
    async def create_payment(
        request: AnyRequest, data: JSONBody[CreatePaymentRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a payment. Send the payer to its `checkout_url`, or start an attempt yourself, here or afterwards."""
        caller = caller_of(request)
        merchant = await merchants.get(caller.owner)
        payment = new_payment(
            merchant,
            amount_minor=data.amount_minor,
            currency=data.currency,
            reference=data.reference,
            description=data.description,
            now=clock.now(),
            seconds=settings.payment_seconds if data.expires_in_seconds is None else data.expires_in_seconds,
            return_url=data.return_url,
            metadata=data.metadata,
            descriptor=data.descriptor,
            capture_method=data.capture_method,
        )
        wanted = data.attempt
        wish = None if wanted is None else _wish(wanted, payment.id, merchant.id, within="attempt.")
        call = Call(
            caller=caller,
            action="payments.create",
            key=idempotency_key,
            request=data,
            command=CreatePayment(payment=payment, exponent=data.exponent, merchant=merchant, attempt=wish),
        )
        if wanted is not None:
            await check_token(payments, customers, call, wanted.card_token)
        return respond(await payments.create(call))

    return create_payment


def _start(payments: Payments, customers: Customers) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/attempts",
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchPayment, PaymentEnded, AlreadyAuthorised, PaymentClosing, *_NO_ATTEMPT],
        },
        tags=["Payments"],
        responses=answers(
            201, AttemptBody, "The live attempt", pending="The attempt; the channel has not answered yet"
        ),
    )
    async def start_attempt(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[StartAttemptRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Start an attempt. Gives what the payer needs in the wanted way, for those who do without the checkout page."""
        caller = caller_of(request)
        payment = check_id(payment_id, prefix="pay", field="payment_id")
        wish = _wish(data, payment, caller.owner)
        call = call_on_payment(caller, "payments.start_attempt", idempotency_key, data, wish)
        await check_token(payments, customers, call, data.card_token)
        return respond(await payments.start_attempt(call))

    return start_attempt


def _wish(data: StartAttemptRequest, payment_id: str, merchant_id: str, *, within: str = "") -> StartAttempt:
    """What a merchant wishes for; refuses `PaymentMalformed` if it does not say enough. `within`: where it stands in the request."""
    refusal = _why_not_a_way(data, within)
    if refusal is not None:
        raise refusal
    return StartAttempt(
        payment_id=payment_id,
        merchant_id=merchant_id,
        attempt_id=new_id("att"),
        channel=data.channel,
        method=data.method,
        means=Means(
            product=data.product,
            payer_id=data.payer_id,
            payer_code=data.payer_code,
            card_token=data.card_token,
            payer_address=data.payer_address,
            off_session=data.off_session,
        ),
        asked=Asked(
            codes=None if data.coupon_codes is None else tuple(map(code_as_kept, data.coupon_codes)),
            shown_minor=data.shown_discount_minor,
        ),
        saved=saved_card(data, within=within),
    )


_NEEDED = {Product.JSAPI: "payer_id", Product.BARCODE: "payer_code", Product.CARD: "card_token"}


def _why_not_a_way(data: StartAttemptRequest, within: str) -> PaymentMalformed | None:
    if data.method is None and data.channel is None:
        return PaymentMalformed(
            "How does the payer want to pay?",
            field=f"{within}method",
            hint="`GET /v1/methods` lists the methods.",
        )
    needed = _NEEDED.get(data.product)
    if needed == "card_token" and data.payment_method is not None:
        return None
    if needed is not None and not getattr(data, needed):
        return PaymentMalformed(f"{data.product} needs {needed}.", field=f"{within}{needed}")
    return None
