"""How does a merchant change something? Create, start, close, refund, capture, increment; each under an Idempotency-Key."""

from typing import Any

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.channels.errors import NoSuchChannel
from tael.channels.port import Product
from tael.customers.api import Customers
from tael.foundation.calls import Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.merchants.api import Merchants
from tael.offers.errors import NoSuchCoupon, OfferChanged, OfferNotUsable
from tael.offers.model import code_as_kept
from tael.payments.api import (
    Asked,
    CreatePayment,
    CreateRefund,
    Means,
    Payments,
    RequestClose,
    RequestStep,
    StartAttempt,
    new_payment,
)
from tael.payments.errors import (
    AlreadyAuthorised,
    AlreadyCaptured,
    CaptureExceedsAuthorised,
    HoldNotSuited,
    MerchantBalanceTooLow,
    NoSuchPayment,
    NotAuthorised,
    NotCaptured,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
    RefundNotSuited,
    StepUndecided,
)
from tael.payments.http.cards import REFUSED_BY_CUSTOMERS, check_token, saved_card
from tael.payments.http.forms import REFUND, WRITE, AnyRequest, PaymentId, answers
from tael.payments.model import PaymentState, StepKind
from tael.payments.schemas import (
    AttemptBody,
    CaptureBody,
    ClosePaymentRequest,
    CreateCaptureRequest,
    CreateIncrementRequest,
    CreatePaymentRequest,
    CreateRefundRequest,
    IncrementBody,
    OnPayment,
    PaymentBody,
    RefundBody,
    StartAttemptRequest,
)
from tael.routing.errors import NoChannel


def change_routes(
    payments: Payments, merchants: Merchants, customers: Customers, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Create, start, close, refund, capture, increment."""
    return [
        _create(payments, merchants, clock, settings),
        _start(payments, customers),
        _close(payments),
        _refund(payments),
        _capture(payments),
        _increment(payments),
    ]


def _create(payments: Payments, merchants: Merchants, clock: Clock, settings: Settings) -> HTTPRouteHandler:
    @post(
        "/v1/payments",
        opt={"permission": WRITE, REFUSES: [PaymentMalformed]},
        tags=["Payments"],
        responses=answers(201, PaymentBody, "The payment"),
    )
    async def create_payment(
        request: AnyRequest, data: JSONBody[CreatePaymentRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Create a payment. Send the payer to its `checkout_url`, or start an attempt yourself."""
        caller = caller_of(request)
        merchant = await merchants.get(caller.owner)
        seconds = settings.payment_seconds if data.expires_in_seconds is None else data.expires_in_seconds
        payment = new_payment(
            merchant,
            amount_minor=data.amount_minor,
            currency=data.currency,
            reference=data.reference,
            description=data.description,
            now=clock.now(),
            seconds=seconds,
            return_url=data.return_url,
            metadata=data.metadata,
            descriptor=data.descriptor,
            capture_method=data.capture_method,
        )
        call = Call(
            caller=caller,
            action="payments.create",
            key=idempotency_key,
            request=data,
            command=CreatePayment(payment=payment, exponent=data.exponent, merchant=merchant),
        )
        return respond(await payments.create(call))

    return create_payment


def _start(payments: Payments, customers: Customers) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/attempts",
        opt={
            "permission": WRITE,
            REFUSES: [
                NoSuchPayment,
                NoSuchChannel,
                NoChannel,
                PaymentEnded,
                AlreadyAuthorised,
                PaymentClosing,
                NoSuchCoupon,
                OfferNotUsable,
                OfferChanged,
                *REFUSED_BY_CUSTOMERS,
            ],
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
        refusal = why_not_a_way(data)
        if refusal is not None:
            raise refusal
        payment = check_id(payment_id, prefix="pay", field="payment_id")
        saved = saved_card(data)
        command = StartAttempt(
            payment_id=payment,
            merchant_id=caller.owner,
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
            asked=_asked(data),
            saved=saved,
        )
        call = _call(caller, "payments.start_attempt", idempotency_key, data, command)
        await check_token(payments, customers, call, data.card_token)
        return respond(await payments.start_attempt(call))

    return start_attempt


def _close(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/close",
        opt={"permission": WRITE, REFUSES: [NoSuchPayment, AlreadyCaptured, StepUndecided]},
        tags=["Payments"],
        responses=answers(
            200,
            PaymentBody,
            "The payment, ended",
            pending="The payment; the channel has not confirmed it yet",
        ),
    )
    async def close_payment(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[ClosePaymentRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Close a payment. Nobody can pay it any more; 202 while the channel has not confirmed it."""
        caller = caller_of(request)
        command = RequestClose(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            closing_as=PaymentState.CANCELED,
        )
        return respond(await payments.close(_call(caller, "payments.close", idempotency_key, data, command)))

    return close_payment


def _refund(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/refunds",
        opt={
            "permission": REFUND,
            REFUSES: [
                NoSuchPayment,
                NotCaptured,
                RefundExceedsCaptured,
                RefundNotSuited,
                MerchantBalanceTooLow,
            ],
        },
        tags=["Refunds"],
        responses=answers(
            201, RefundBody, "The refund, ended", pending="The refund; the channel has not confirmed it yet"
        ),
    )
    async def create_refund(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[CreateRefundRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Refund a payment. A part, or all that is left; 202 while the channel has not confirmed it."""
        caller = caller_of(request)
        command = CreateRefund(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            refund_id=new_id("rfd"),
            amount_minor=data.amount_minor,
            note=data.note,
        )
        return respond(
            await payments.refund(_call(caller, "payments.refund", idempotency_key, data, command))
        )

    return create_refund


def _capture(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/captures",
        opt={
            "permission": WRITE,
            REFUSES: [
                NoSuchPayment,
                NotAuthorised,
                PaymentClosing,
                StepUndecided,
                CaptureExceedsAuthorised,
                HoldNotSuited,
                PaymentMalformed,
            ],
        },
        tags=["Captures"],
        responses=answers(
            201,
            CaptureBody,
            "The capture, ended",
            pending="The capture; the channel has not confirmed it yet",
        ),
    )
    async def create_capture(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[CreateCaptureRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Capture what is held. All of it, or a part; what the last capture leaves is released."""
        caller = caller_of(request)
        command = RequestStep(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            step_id=new_id("cap"),
            kind=StepKind.CAPTURE,
            amount_minor=data.amount_minor,
            tip_minor=data.tip_minor,
            final=data.final,
        )
        call = _call(caller, "payments.capture", idempotency_key, data, command)
        return respond(await payments.take_step(call))

    return create_capture


def _increment(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/increments",
        opt={
            "permission": WRITE,
            REFUSES: [
                NoSuchPayment,
                NotAuthorised,
                PaymentClosing,
                StepUndecided,
                HoldNotSuited,
                PaymentMalformed,
            ],
        },
        tags=["Captures"],
        responses=answers(
            201,
            IncrementBody,
            "The increment, ended",
            pending="The increment; the channel has not confirmed it yet",
        ),
    )
    async def create_increment(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[CreateIncrementRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Have more held. For a longer stay, or another course, where the channel can."""
        caller = caller_of(request)
        command = RequestStep(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            step_id=new_id("inc"),
            kind=StepKind.INCREMENT,
            amount_minor=data.amount_minor,
        )
        call = _call(caller, "payments.increment", idempotency_key, data, command)
        return respond(await payments.take_step(call))

    return create_increment


def _asked(data: StartAttemptRequest) -> Asked:
    return Asked(
        codes=None if data.coupon_codes is None else tuple(map(code_as_kept, data.coupon_codes)),
        shown_minor=data.shown_discount_minor,
    )


_NEEDED = {Product.JSAPI: "payer_id", Product.BARCODE: "payer_code", Product.CARD: "card_token"}


def why_not_a_way(data: StartAttemptRequest) -> PaymentMalformed | None:
    """The refusal of a request that does not say enough, or `None`."""
    if data.method is None and data.channel is None:
        return PaymentMalformed(
            "How does the payer want to pay?", field="method", hint="`GET /v1/methods` lists the methods."
        )
    needed = _NEEDED.get(data.product)
    if needed == "card_token" and data.payment_method is not None:
        return None
    if needed is not None and not getattr(data, needed):
        return PaymentMalformed(f"{data.product} needs {needed}.", field=needed)
    return None


def _call(
    caller: Caller,
    action: str,
    key: str,
    request: msgspec.Struct,
    command: StartAttempt | RequestClose | CreateRefund | RequestStep,
) -> Call[Any]:
    return Call(
        caller=caller,
        action=action,
        key=key,
        request=OnPayment(payment_id=command.payment_id, request=request),
        command=command,
    )
