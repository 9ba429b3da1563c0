"""How do merchants and channels reach payments? The routes of the API and of notices."""

from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta

from tael.channels.port import InboundNotice
from tael.foundation.calls import Call, Caller
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import PUBLIC, caller_of
from tael.foundation.ids import check_id, new_id
from tael.merchants.api import Merchants
from tael.payments.api import CreatePayment, CreateRefund, PaymentFilter, Payments, RequestClose, StartAttempt
from tael.payments.model import Payment, PaymentState
from tael.payments.schemas import (
    AttemptBody,
    ClosePaymentRequest,
    CreatePaymentRequest,
    CreateRefundRequest,
    OnPayment,
    PaymentBody,
    PaymentDetailBody,
    RefundBody,
    StartAttemptRequest,
    payment_body,
    payment_detail_body,
    refund_body,
)

READ, WRITE, REFUND = "payments.read", "payments.write", "payments.refund"
PERMISSIONS = frozenset({READ, WRITE, REFUND})
"""The permissions of this context; an API key has them all until keys have scopes."""

AnyRequest = Request[Any, Any, Any]
PaymentId = FromPath[str]


def payment_routes(
    payments: Payments, merchants: Merchants, clock: Clock, settings: Settings
) -> list[HTTPRouteHandler]:
    """Create and close payments, and start attempts."""

    @post(
        "/v1/payments",
        opt={"permission": WRITE},
        tags=["Payments"],
        responses={201: ResponseSpec(PaymentBody, description="The payment")},
    )
    async def create_payment(
        request: AnyRequest, data: JSONBody[CreatePaymentRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Ask a payer for money. Send the payer to `checkout_url`, or start an attempt yourself."""
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

    @post(
        "/v1/payments/{payment_id:str}/attempts",
        opt={"permission": WRITE},
        tags=["Payments"],
        responses={201: ResponseSpec(AttemptBody, description="The live attempt")},
    )
    async def start_attempt(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[StartAttemptRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Get a code for the payer to scan, without the checkout page."""
        caller = caller_of(request)
        command = StartAttempt(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            channel=data.channel,
            attempt_id=new_id("att"),
        )
        return respond(
            await payments.start_attempt(
                _call(caller, "payments.start_attempt", idempotency_key, payment_id, data, command)
            )
        )

    @post(
        "/v1/payments/{payment_id:str}/close",
        opt={"permission": WRITE},
        tags=["Payments"],
        responses={200: ResponseSpec(PaymentBody, description="The payment, canceled")},
    )
    async def close_payment(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[ClosePaymentRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """End a payment that nobody should pay any more. 202 while the channel has not confirmed it."""
        caller = caller_of(request)
        command = RequestClose(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            closing_as=PaymentState.CANCELED,
        )
        return respond(
            await payments.close(_call(caller, "payments.close", idempotency_key, payment_id, data, command))
        )

    return [create_payment, start_attempt, close_payment]


def payment_reads(payments: Payments, settings: Settings) -> list[HTTPRouteHandler]:
    """Look at payments and refunds."""

    @get("/v1/payments/{payment_id:str}", opt={"permission": READ}, tags=["Payments"])
    async def get_payment(request: AnyRequest, payment_id: PaymentId) -> PaymentDetailBody:
        """One payment with its attempts and refunds."""
        found = await payments.get(
            check_id(payment_id, prefix="pay", field="payment_id"), merchant_id=caller_of(request).owner
        )
        return payment_detail_body(
            found.payment, found.attempts, found.refunds, public_url=settings.public_url
        )

    @get("/v1/payments", opt={"permission": READ}, tags=["Payments"])
    async def list_payments(
        request: AnyRequest,
        limit: Limit = 50,
        cursor: Cursor = None,
        payment_state: Annotated[PaymentState | None, QueryParameter(name="state")] = None,
        reference: FromQuery[Annotated[str, Meta(max_length=64)] | None] = None,
        currency: FromQuery[Annotated[str, Meta(pattern=r"^[A-Z]{3}$")] | None] = None,
        created_from: FromQuery[datetime | None] = None,
        created_before: FromQuery[datetime | None] = None,
    ) -> Page[PaymentBody]:
        """Your payments, newest first."""
        wanted = PaymentFilter(
            merchant_id=caller_of(request).owner,
            before=check_id(cursor, prefix="pay", field="cursor") if cursor else None,
            state=payment_state,
            reference=reference,
            currency=currency,
            created_from=created_from,
            created_before=created_before,
            limit=limit + 1,
        )
        found = await payments.list(wanted)
        items = [payment_body(payment, public_url=settings.public_url) for payment in found[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    return [get_payment, list_payments]


def refund_routes(payments: Payments) -> list[HTTPRouteHandler]:
    """Give money back."""

    @post(
        "/v1/payments/{payment_id:str}/refunds",
        opt={"permission": REFUND},
        tags=["Refunds"],
        responses={201: ResponseSpec(RefundBody, description="The refund")},
    )
    async def create_refund(
        request: AnyRequest,
        payment_id: PaymentId,
        data: JSONBody[CreateRefundRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Give back a part, or all that is left. 202 while the channel has not confirmed it."""
        caller = caller_of(request)
        command = CreateRefund(
            payment_id=check_id(payment_id, prefix="pay", field="payment_id"),
            merchant_id=caller.owner,
            refund_id=new_id("rfd"),
            amount_minor=data.amount_minor,
            note=data.note,
        )
        return respond(
            await payments.refund(
                _call(caller, "payments.refund", idempotency_key, payment_id, data, command)
            )
        )

    @get("/v1/refunds/{refund_id:str}", opt={"permission": READ}, tags=["Refunds"])
    async def get_refund(request: AnyRequest, refund_id: FromPath[str]) -> RefundBody:
        """One refund."""
        refund = await payments.get_refund(
            check_id(refund_id, prefix="rfd", field="refund_id"), merchant_id=caller_of(request).owner
        )
        return refund_body(refund)

    return [create_refund, get_refund]


def notice_routes(payments: Payments) -> list[HTTPRouteHandler]:
    """Hear what channels say by themselves; for the notices listener only. The signature is the permission."""

    @post("/notices/payments/{channel:str}", opt={"permission": PUBLIC}, status_code=200)
    async def hear_notice(request: AnyRequest, channel: FromPath[str]) -> Response[bytes]:
        """A notice about a payment or a refund."""
        inbound = InboundNotice(
            headers=dict(request.headers),
            query=request.scope["query_string"].decode("latin-1"),
            body=await request.body(),
        )
        reply = await payments.hear_notice(channel, inbound)
        return Response(content=reply.body, status_code=reply.status, media_type=reply.content_type)

    return [hear_notice]


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
    caller: Caller, action: str, key: str, payment_id: str, request: msgspec.Struct, command: Any
) -> Call[Any]:
    return Call(
        caller=caller,
        action=action,
        key=key,
        request=OnPayment(payment_id=payment_id, request=request),
        command=command,
    )
