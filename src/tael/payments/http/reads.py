"""How does a merchant look at payments and refunds? One, a page of them, all of them as a file."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from tael.channels.port import Product
from tael.foundation.config import Settings
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import caller_of
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.ids import check_id
from tael.payments.api import PaymentFilter, Payments
from tael.payments.errors import NoSuchPayment, NoSuchRefund
from tael.payments.http.forms import (
    READ,
    AnyRequest,
    CreatedBefore,
    CreatedFrom,
    InCurrency,
    PaymentId,
    RefundId,
    WithReference,
    WithState,
)
from tael.payments.schemas import (
    SHEET_COLUMNS,
    MethodBody,
    PaymentBody,
    PaymentDetailBody,
    RefundBody,
    method_bodies,
    payment_body,
    payment_detail_body,
    payment_row,
    refund_body,
)

LONGEST_SHEET = 100_000
"""Lines of one exported file."""
_SHEET_PAGE = 1_000


def read_routes(payments: Payments, settings: Settings) -> list[HTTPRouteHandler]:
    """Look at payments and refunds."""
    return [
        _get_payment(payments, settings),
        _list(payments, settings),
        _export(payments),
        _get_refund(payments),
        _list_methods(payments),
    ]


def _get_payment(payments: Payments, settings: Settings) -> HTTPRouteHandler:
    @get(
        "/v1/payments/{payment_id:str}", opt={"permission": READ, REFUSES: [NoSuchPayment]}, tags=["Payments"]
    )
    async def get_payment(request: AnyRequest, payment_id: PaymentId) -> PaymentDetailBody:
        """Get a payment. With its attempts and refunds."""
        found = await payments.get(
            check_id(payment_id, prefix="pay", field="payment_id"), merchant_id=caller_of(request).owner
        )
        return payment_detail_body(
            found.payment, found.attempts, found.refunds, public_url=settings.public_url
        )

    return get_payment


def _list(payments: Payments, settings: Settings) -> HTTPRouteHandler:
    @get("/v1/payments", opt={"permission": READ}, tags=["Payments"])
    async def list_payments(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        payment_state: WithState = None,
        reference: WithReference = None,
        currency: InCurrency = None,
        created_from: CreatedFrom = None,
        created_before: CreatedBefore = None,
    ) -> Page[PaymentBody]:
        """List payments. Newest first; send `next_cursor` as `cursor` for the next page."""
        wanted = PaymentFilter(
            merchant_id=caller_of(request).owner,
            before=_before(cursor),
            state=payment_state,
            reference=reference,
            currency=currency,
            created_from=read_moment(created_from, field="created_from"),
            created_before=read_moment(created_before, field="created_before"),
            limit=limit + 1,
        )
        found = await payments.list(wanted)
        items = [payment_body(payment, public_url=settings.public_url) for payment in found[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    return list_payments


def _export(payments: Payments) -> HTTPRouteHandler:
    @get(
        "/v1/payments.csv",
        opt={"permission": READ},
        tags=["Payments"],
        responses={200: ResponseSpec(str, media_type="text/csv", description="A line for each payment")},
    )
    async def export_payments(
        request: AnyRequest,
        *,
        cursor: Cursor = None,
        payment_state: WithState = None,
        reference: WithReference = None,
        currency: InCurrency = None,
        created_from: CreatedFrom = None,
        created_before: CreatedBefore = None,
    ) -> Stream:
        """Export payments as CSV. Newest first; a file has at most 100,000 lines; if it is full, the id in its
        last line is the `cursor` of the next file.
        """
        wanted = PaymentFilter(
            merchant_id=caller_of(request).owner,
            before=_before(cursor),
            state=payment_state,
            reference=reference,
            currency=currency,
            created_from=read_moment(created_from, field="created_from"),
            created_before=read_moment(created_before, field="created_before"),
            limit=_SHEET_PAGE,
        )
        return sheet(SHEET_COLUMNS, _pages(payments, wanted), file_name="payments.csv")

    return export_payments


async def _pages(payments: Payments, wanted: PaymentFilter) -> AsyncIterator[Sequence[Row]]:
    """Page after page until there are no more, or the file is full."""
    for _ in range(LONGEST_SHEET // _SHEET_PAGE):
        found = await payments.list(wanted)
        yield [payment_row(payment) for payment in found]
        if len(found) < _SHEET_PAGE:
            return
        wanted = msgspec.structs.replace(wanted, before=found[-1].id)


def _get_refund(payments: Payments) -> HTTPRouteHandler:
    @get("/v1/refunds/{refund_id:str}", opt={"permission": READ, REFUSES: [NoSuchRefund]}, tags=["Refunds"])
    async def get_refund(request: AnyRequest, refund_id: RefundId) -> RefundBody:
        """Get a refund. To see whether it has arrived."""
        refund = await payments.get_refund(
            check_id(refund_id, prefix="rfd", field="refund_id"), merchant_id=caller_of(request).owner
        )
        return refund_body(refund)

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


def _before(cursor: str | None) -> str | None:
    return check_id(cursor, prefix="pay", field="cursor") if cursor is not None else None
