"""How does a merchant look through payments and refunds? Page by page, or all of them as a file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from tael.foundation.config import Settings
from tael.foundation.errors import Malformed
from tael.foundation.http.pages import Cursor, Limit, Page, id_in
from tael.foundation.http.parameters import read_map, read_moment
from tael.foundation.http.permissions import Principal, caller_of
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.ids import check_id
from tael.payments.api import PaymentFilter, Payments, RefundFilter
from tael.payments.http.forms import (
    READ,
    AnyRequest,
    CreatedBefore,
    CreatedFrom,
    InCurrency,
    WithReference,
    WithState,
)
from tael.payments.model import Payment, RefundReason, RefundState
from tael.payments.schemas import (
    SHEET_COLUMNS,
    CaptureBody,
    PaymentListedBody,
    RefundBody,
    attempt_body,
    payment_body,
    payment_row,
    refund_body,
    step_body,
)

LONGEST_SHEET = 100_000
"""Lines of one exported file."""
_SHEET_PAGE = 1_000
EXPANDS = ("attempts", "refunds", "captures", "disputes")
DISPUTES_READ = "disputes.read"
DisputesOf = Callable[[Sequence[str]], Awaitable[Mapping[str, Sequence[msgspec.Struct]]]]
"""The disputes of some payments as their API shows them, by payment: told elsewhere."""
MOST_EXPANDED = 100
"""Payments of a page with what belongs to them: so a page has a bounded cost."""

FromAmount = Annotated[
    int | None, QueryParameter(ge=0, le=10**14, description="Only of at least this amount, in minor units")
]
ToAmount = Annotated[
    int | None, QueryParameter(ge=0, le=10**14, description="Only of at most this amount, in minor units")
]
ByMethod = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="Only those that were paid in this way, or, if not paid, tried last",
    ),
]
OverChannel = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^[a-z][a-z0-9_]{0,31}$",
        description="Only those that were paid over this channel, or, if not paid, tried last",
    ),
]
FromSource = Annotated[
    str | None, QueryParameter(max_length=64, description="Only those from here, such as `api` or a link's")
]
EndedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only those that ended at or after this moment, as 2026-03-01T00:00:00Z",
    ),
]
EndedBefore = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only those that ended before this moment, as 2026-04-01T00:00:00Z"
    ),
]
WithMetadata = Annotated[
    str | None,
    QueryParameter(
        name="metadata[key]",
        description="Only what has this text under this name in its metadata: `metadata[shop]=north`; several: all of them",
    ),
]
Expand = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description=f"What else to show of each: {', '.join(EXPANDS)}, with commas between; pages of {MOST_EXPANDED} at most",
    ),
]
OfPayment = Annotated[str | None, QueryParameter(description="Only those of this payment")]
WithRefundState = Annotated[
    RefundState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(RefundState)}"),
]
WithReason = Annotated[
    RefundReason | None,
    QueryParameter(name="reason", description=f"Only those for this reason: {', '.join(RefundReason)}"),
]


def list_routes(payments: Payments, settings: Settings, disputes_of: DisputesOf) -> list[HTTPRouteHandler]:
    """Look through payments and refunds."""
    return [_list(payments, settings, disputes_of), _export(payments), _list_refunds(payments)]


def _list(payments: Payments, settings: Settings, disputes_of: DisputesOf) -> HTTPRouteHandler:
    @get("/v1/payments", opt={"permission": READ}, tags=["Payments"])
    async def list_payments(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        payment_state: WithState = None,
        reference: WithReference = None,
        currency: InCurrency = None,
        amount_from_minor: FromAmount = None,
        amount_to_minor: ToAmount = None,
        method: ByMethod = None,
        channel: OverChannel = None,
        source: FromSource = None,
        created_from: CreatedFrom = None,
        created_before: CreatedBefore = None,
        ended_from: EndedFrom = None,
        ended_before: EndedBefore = None,
        metadata_key: WithMetadata = None,  # noqa: ARG001 - read from the query, for there may be several
        expand: Expand = None,
    ) -> Page[PaymentListedBody]:
        """List payments. Newest first; send `next_cursor` as `cursor` for the next page. With several filters a page may have
        fewer items than `limit`, even none, and a `next_cursor`: it looks through at most 10,000 payments.
        """
        shown = expanded(request, expand)
        at_most = min(limit, MOST_EXPANDED) if shown else limit
        wanted = PaymentFilter(
            merchant_id=caller_of(request).owner,
            before=id_in(cursor, prefix="pay"),
            state=payment_state,
            reference=reference,
            currency=currency,
            amount_from_minor=amount_from_minor,
            amount_to_minor=amount_to_minor,
            method=method,
            channel=channel,
            source=source,
            created_from=_moment(created_from, "created_from"),
            created_before=_moment(created_before, "created_before"),
            ended_from=_moment(ended_from, "ended_from"),
            ended_before=_moment(ended_before, "ended_before"),
            metadata=_metadata(request),
            limit=at_most,
        )
        found = await payments.lists.page(wanted)
        items = await _bodies(payments, found.items, shown, public_url=settings.public_url)
        if "disputes" in shown:
            disputes = await disputes_of([each.id for each in items])
            items = [msgspec.structs.replace(each, disputes=disputes.get(each.id, ())) for each in items]
        return Page(items=items, next_cursor=found.next)

    return list_payments


async def _bodies(
    payments: Payments, page: Sequence[Payment], shown: frozenset[str], *, public_url: str
) -> list[PaymentListedBody]:
    """The payments of a page, with what belongs to them."""
    beside = await payments.lists.beside(
        [payment.id for payment in page] if shown else [],
        attempts="attempts" in shown,
        refunds="refunds" in shown,
        steps="captures" in shown,
    )
    unset = msgspec.UNSET
    bodies = []
    for payment in page:
        captures = [step_body(step) for step in beside.steps.get(payment.id, [])]
        body = PaymentListedBody(
            **msgspec.structs.asdict(payment_body(payment, public_url=public_url)),
            attempts=[attempt_body(each) for each in beside.attempts[payment.id]]
            if "attempts" in shown
            else unset,
            refunds=[refund_body(each) for each in beside.refunds[payment.id]]
            if "refunds" in shown
            else unset,
            captures=[each for each in captures if isinstance(each, CaptureBody)]
            if "captures" in shown
            else unset,
        )
        bodies.append(body)
    return bodies


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
            before=id_in(cursor, prefix="pay"),
            state=payment_state,
            reference=reference,
            currency=currency,
            created_from=_moment(created_from, "created_from"),
            created_before=_moment(created_before, "created_before"),
            limit=_SHEET_PAGE,
        )
        return sheet(SHEET_COLUMNS, _pages(payments, wanted), file_name="payments.csv")

    return export_payments


async def _pages(payments: Payments, wanted: PaymentFilter) -> AsyncIterator[Sequence[Row]]:
    """Page after page until there are no more, or the file is full."""
    for _ in range(LONGEST_SHEET // _SHEET_PAGE):
        found = await payments.lists.payments(wanted)
        yield [payment_row(payment) for payment in found]
        if len(found) < _SHEET_PAGE:
            return
        wanted = msgspec.structs.replace(wanted, before=found[-1].id)


def _list_refunds(payments: Payments) -> HTTPRouteHandler:
    @get("/v1/refunds", opt={"permission": READ}, tags=["Refunds"])
    async def list_refunds(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        payment_id: OfPayment = None,
        refund_state: WithRefundState = None,
        refund_reason: WithReason = None,
        currency: InCurrency = None,
        amount_from_minor: FromAmount = None,
        amount_to_minor: ToAmount = None,
        created_from: CreatedFrom = None,
        created_before: CreatedBefore = None,
    ) -> Page[RefundBody]:
        """List refunds. Newest first; send `next_cursor` as `cursor` for the next page."""
        wanted = RefundFilter(
            merchant_id=caller_of(request).owner,
            before=id_in(cursor, prefix="rfd"),
            payment_id=None if payment_id is None else check_id(payment_id, prefix="pay", field="payment_id"),
            state=refund_state,
            reason=refund_reason,
            currency=currency,
            amount_from_minor=amount_from_minor,
            amount_to_minor=amount_to_minor,
            created_from=_moment(created_from, "created_from"),
            created_before=_moment(created_before, "created_before"),
            limit=limit,
        )
        found = await payments.lists.refund_page(wanted)
        return Page(items=[refund_body(refund) for refund in found.items], next_cursor=found.next)

    return list_refunds


def expanded(request: AnyRequest, text: str | None, known: Sequence[str] = EXPANDS) -> frozenset[str]:
    """What `expand` names; refuses `Malformed`, and `Forbidden` what the caller may not look at."""
    names = frozenset((text or "").split(",")) - {""}
    unknown = sorted(names - set(known))
    if unknown:
        raise Malformed(
            f"There is no {unknown[0][:32]!r} to expand.",
            field="expand",
            hint=f"Known: {', '.join(known)}.",
        )
    principal: Principal = request.scope["user"]
    if "disputes" in names and DISPUTES_READ not in principal.permissions:
        raise principal.why_not(DISPUTES_READ)
    return names


def _metadata(request: AnyRequest) -> dict[str, str] | None:
    """The texts by name that `metadata[name]=text` ask for; refuses `Malformed`."""
    wanted = read_map(request.scope["query_string"], "metadata")
    for key, text in wanted.items():
        if not 1 <= len(key) <= 40 or len(text) > 500 or not (key + text).isprintable():
            raise Malformed(
                "Metadata has names of 1 to 40 and texts of up to 500 printable characters.",
                field=f"metadata[{key[:40]}]",
            )
    return wanted or None


def _moment(text: str | None, field: str) -> datetime | None:
    return read_moment(text, field=field)
