"""How does a merchant change a payment? Close, refund, capture, increment; each under an Idempotency-Key."""

from typing import Any

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id, new_id
from tael.payments.api import (
    CreateRefund,
    Payments,
    RequestClose,
    RequestStep,
)
from tael.payments.errors import (
    AlreadyCaptured,
    CaptureExceedsAuthorised,
    HoldNotSuited,
    MerchantBalanceTooLow,
    NoSuchPayment,
    NotAuthorised,
    NotCaptured,
    PaymentClosing,
    PaymentMalformed,
    RefundExceedsCaptured,
    RefundNotSuited,
    StepUndecided,
)
from tael.payments.http.forms import REFUND, WRITE, AnyRequest, PaymentId, call_on_payment
from tael.payments.model import PaymentState, StepKind
from tael.payments.schemas import (
    CaptureBody,
    ClosePaymentRequest,
    CreateCaptureRequest,
    CreateIncrementRequest,
    CreateRefundRequest,
    IncrementBody,
    PaymentBody,
    RefundBody,
)


def change_routes(payments: Payments) -> list[HTTPRouteHandler]:
    """Close, refund, capture, increment."""
    return [
        _close(payments),
        _refund(payments),
        _capture(payments),
        _increment(payments),
    ]


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
        return respond(
            await payments.close(call_on_payment(caller, "payments.close", idempotency_key, data, command))
        )

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
            await payments.refund(call_on_payment(caller, "payments.refund", idempotency_key, data, command))
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
        call = call_on_payment(caller, "payments.capture", idempotency_key, data, command)
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
        call = call_on_payment(caller, "payments.increment", idempotency_key, data, command)
        return respond(await payments.take_step(call))

    return create_increment
