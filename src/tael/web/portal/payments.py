"""Which payments are there? Tabs by state, filters that stand in the address, columns to choose, page by page, as a file."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed
from tael.foundation.http.permissions import Principal
from tael.payments.api import PaymentFilter, Sought, Span
from tael.payments.model import Payment, PaymentState
from tael.web.portal.acting import page, show
from tael.web.portal.behind import Behind
from tael.web.portal.views import ALWAYS, COLUMNS, TONES, USUAL, cells_of
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest

ROWS = 25
_COUNTED = timedelta(days=30)

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Text = Annotated[
    str, QueryParameter(name="q", max_length=128, description="An id, an order number, an amount")
]
Day = Annotated[str, QueryParameter(pattern=r"^(\d{4}-\d\d-\d\d)?$(?!\n)", description="A day in China")]
Method = Annotated[str, QueryParameter(pattern=r"^[a-z0-9_]{0,32}$(?!\n)", description="Tried in this way")]
Before = Annotated[
    str, QueryParameter(pattern=r"^(pay_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]
Columns = Annotated[
    str, QueryParameter(name="columns", pattern=r"^[a-z,]{0,120}$(?!\n)", description="Which")
]
AsFile = Annotated[str, QueryParameter(name="as", pattern=r"^(csv)?$(?!\n)", description="As a file")]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the address says: filters, and which columns are shown."""

    filters: Mapping[str, str]
    """By the names that they have in the address; without those that are empty."""
    shown: Sequence[str]

    @property
    def kept(self) -> dict[str, str]:
        """What every link of the page goes on saying."""
        columns = {} if tuple(self.shown) == USUAL else {"columns": ",".join(self.shown)}
        return {**self.filters, **columns}

    def query(self, **changed: str | None) -> str:
        """The query of this page with something else; without what is `None`."""
        merged = {name: each for name, each in (self.kept | changed).items() if each}
        return f"?{urlencode(merged)}" if merged else "?"


def payment_list_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, also as a file."""

    @page("/portal/payments", permission="payments.read")
    async def show_payments(
        *,
        request: PageRequest,
        in_state: InState = "",
        text: Text = "",
        since: Day = "",
        until: Day = "",
        method: Method = "",
        before: Before = "",
        columns: Columns = "",
        as_file: AsFile = "",
    ) -> Response[bytes]:
        principal: Principal = request.scope["user"]
        state = PaymentState(in_state) if in_state in set(PaymentState) else None
        said = {
            "state": str(state or ""),
            "q": text.strip(),
            "since": since,
            "until": until,
            "method": method,
        }
        wanted = PaymentFilter(
            merchant_id=principal.owner,
            before=before or None,
            state=state,
            method=method or None,
            created_from=_begin(since),
            created_before=_end(until),
            limit=ROWS + 1,
        )
        found = await _found(behind, wanted, said["q"])
        if as_file:
            return _file(found[:ROWS])
        picked = request.query_params.getall("column", []) or columns.split(",")
        asked = Asked(
            filters={name: each for name, each in said.items() if each},
            shown=columns_of(picked),
        )
        return await _page_of(behind, request, asked, found, said=said, newest=bool(before))

    return [show_payments]


def columns_of(picked: Sequence[str]) -> list[str]:
    """The columns that are shown, in their order; the usual ones if nothing was picked."""
    chosen = {*ALWAYS, *picked} if any(picked) else {*USUAL}
    return [each for each in COLUMNS if each in chosen]


async def _page_of(
    behind: Behind,
    request: PageRequest,
    asked: Asked,
    found: Sequence[Payment],
    *,
    said: Mapping[str, str],
    newest: bool,
) -> Response[bytes]:
    principal: Principal = request.scope["user"]
    now = behind.clock.now()
    lately = Span(merchant_id=principal.owner, since=now - _COUNTED, until=now)
    return await show(
        behind,
        request,
        "portal/payments.html",
        here="payments",
        asked=said,
        chips=asked.filters,
        query=asked.query,
        shown=asked.shown,
        columns=COLUMNS,
        always=ALWAYS,
        counts=await behind.payments.summaries.states(lately),
        states=list(PaymentState),
        tones=TONES,
        payments=found[:ROWS],
        methods=sorted({each.method for each in behind.payments.capabilities()}),
        older=asked.query(before=found[ROWS - 1].id) if len(found) > ROWS else "",
        newest=newest,
    )


async def _found(behind: Behind, wanted: PaymentFilter, text: str) -> list[Payment]:
    """A page of payments; what a text may mean, looked for by itself, fits into one."""
    if not text:
        return list(await behind.payments.lists.payments(wanted))
    sought = Sought(merchant_id=wanted.merchant_id, text=text, amounts_minor=amounts_of(text), limit=ROWS)
    found = await behind.payments.lists.find_payments(sought)
    return [each for each in found if wanted.state in (None, each.state)]


def amounts_of(text: str) -> list[int]:
    """The amounts in minor units that somebody may mean who types `12.80`."""
    plain = text.replace(",", "").lstrip("¥$€")
    whole, point, decimals = plain.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 12 and len(decimals) <= 2):
        return []
    if point and not (decimals.isascii() and decimals.isdigit()):
        return []
    return [int(whole + decimals.ljust(2, "0"))] if point else [int(whole), 100 * int(whole)]


def _begin(day: str) -> datetime | None:
    if not day:
        return None
    try:
        return datetime.combine(datetime.strptime(day, "%Y-%m-%d").date(), time(), CHINA)  # noqa: DTZ007 - a day
    except ValueError:
        raise Malformed("There is no such day.", field="since") from None


def _end(day: str) -> datetime | None:
    begin = _begin(day)
    return begin + timedelta(days=1) if begin else None


def _file(payments: list[Payment]) -> Response[bytes]:
    """A page of payments as a file for spreadsheets; formulas in texts are made harmless."""
    text = io.StringIO()
    rows = [cells_of(payment) for payment in payments]
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["id"])
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: f"'{cell}" if cell[:1] and cell[:1] in "=+-@\t\r" else cell for name, cell in row.items()}
        )
    headers = {
        **file_headers("no-store"),
        "Content-Disposition": 'attachment; filename="payments.csv"',
    }
    return Response(
        ("\ufeff" + text.getvalue()).encode(), media_type="text/csv; charset=utf-8", headers=headers
    )
