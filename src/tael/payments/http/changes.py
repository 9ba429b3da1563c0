"""How does a merchant change something? Create, start, close, refund; each under an Idempotency-Key."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.channels.errors import NoSuchChannel
from tael.channels.port import Product
from tael.foundation.calls import Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.merchants.api import Merchants
from tael.payments.api import CreatePayment, CreateRefund, Means, Payments, RequestClose, StartAttempt
from tael.payments.errors import (
    AlreadyCaptured,
    MerchantBalanceTooLow,
    NoSuchPayment,
    NotCaptured,
    PaymentClosing,
    PaymentEnded,
    PaymentMalformed,
    RefundExceedsCaptured,
)
from tael.payments.http.forms import REFUND, WRITE, AnyRequest, PaymentId, answers
from tael.payments.model import Payment, PaymentState
from tael.payments.schemas import (
    AttemptBody,
    ClosePaymentRequest,
    CreatePaymentRequest,
    CreateRefundRequest,
    OnPayment,
    PaymentBody,
    RefundBody,
    StartAttemptRequest,
)
from tael.routing.errors import NoChannel


def change_routes(
    payments: Payments, merchants: Merchants, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Create, start, close, refund."""
    return [
        _create(payments, merchants, clock, settings),
        _start(payments),
        _close(payments),
        _refund(payments),
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
        payment = new_payment(data, merchant.id, merchant.fee_basis_points, now=clock.now(), seconds=seconds)
        call = Call(
            caller=caller,
            action="payments.create",
            key=idempotency_key,
            request=data,
            command=CreatePayment(payment=payment, exponent=data.exponent),
        )
        return respond(await payments.create(call))

    return create_payment


def _start(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/attempts",
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchPayment, NoSuchChannel, NoChannel, PaymentEnded, PaymentClosing],
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
        command = StartAttempt(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
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
            ),
        )
        return respond(
            await payments.start_attempt(
                _call(caller, "payments.start_attempt", idempotency_key, data, command)
            )
        )

    return start_attempt


def _close(payments: Payments) -> HTTPRouteHandler:
    @post(
        "/v1/payments/{payment_id:str}/close",
        opt={"permission": WRITE, REFUSES: [NoSuchPayment, AlreadyCaptured]},
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
            REFUSES: [NoSuchPayment, NotCaptured, RefundExceedsCaptured, MerchantBalanceTooLow],
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


_NEEDED = {Product.JSAPI: "payer_id", Product.BARCODE: "payer_code", Product.CARD: "card_token"}


def why_not_a_way(data: StartAttemptRequest) -> PaymentMalformed | None:
    """The refusal of a request that does not say enough, or `None`."""
    if data.method is None and data.channel is None:
        return PaymentMalformed(
            "How does the payer want to pay?", field="method", hint="`GET /v1/methods` lists the methods."
        )
    needed = _NEEDED.get(data.product)
    if needed is not None and not getattr(data, needed):
        return PaymentMalformed(f"{data.product} needs {needed}.", field=needed)
    return None


def new_payment(
    data: CreatePaymentRequest, merchant_id: str, fee_basis_points: int, *, now: datetime, seconds: int
) -> Payment:
    """The payment that a request asks for."""
    return Payment(
        id=new_id("pay"),
        merchant_id=merchant_id,
        reference=data.reference,
        description=data.description,
        amount_minor=data.amount_minor,
        currency=data.currency,
        state=PaymentState.CREATED,
        closing_as=None,
        captured_by=None,
        captured_minor=0,
        refunded_minor=0,
        refunding_minor=0,
        fee_basis_points=fee_basis_points,
        fee_minor=0,
        fee_returned_minor=0,
        return_url=data.return_url,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
        ended_at=None,
    )


def _call(
    caller: Caller,
    action: str,
    key: str,
    request: msgspec.Struct,
    command: StartAttempt | RequestClose | CreateRefund,
) -> Call[Any]:
    return Call(
        caller=caller,
        action=action,
        key=key,
        request=OnPayment(payment_id=command.payment_id, request=request),
        command=command,
    )
