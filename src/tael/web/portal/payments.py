"""Which payments are there? Tabs by state, filters that stand in the address, columns to choose, page by page."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.http.permissions import Principal
from tael.payments.api import Found, PaymentFilter, Sought, Span
from tael.payments.model import Payment, PaymentState
from tael.web.portal.acting import page, show
from tael.web.portal.behind import Behind
from tael.web.portal.saved_views import kept_of, views_of
from tael.web.portal.views import ALWAYS, COLUMNS, TONES, USUAL
from tael.web.portal.within import Sight
from tael.web.ui.days import morning_of
from tael.web.ui.forms import Form
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

    @property
    def to_export(self) -> str:
        """What the page of exports is asked for: the same list. It knows no search by text."""
        filters = {name: text for name, text in self.filters.items() if name != "q"}
        return urlencode({"kind": "payments", **filters})


def payment_list_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

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
            created_from=begin_of(since),
            created_before=end_of(until),
            limit=ROWS,
        )
        found = await _found(Sight(behind, request), wanted, said["q"])
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
    found: Found[Payment],
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
        form=Form(),
        asked=said,
        chips=asked.filters,
        query=asked.query,
        to_export=asked.to_export,
        views=await views_of(behind, request, "payments"),
        this_view=kept_of(asked.query(before=None)),
        shown=asked.shown,
        columns=COLUMNS,
        always=ALWAYS,
        counts=await Sight(behind, request).states(lately),
        states=list(PaymentState),
        tones=TONES,
        payments=found.items,
        methods=sorted({each.method for each in behind.payments.capabilities()}),
        older=asked.query(before=found.next) if found.next else "",
        looked_back_to=found.looked_back_to,
        newest=newest,
    )


async def _found(sight: Sight, wanted: PaymentFilter, text: str) -> Found[Payment]:
    """A page of payments; what a text may mean, looked for by itself, fits into one."""
    if not text:
        return await sight.payments(wanted)
    sought = Sought(merchant_id=wanted.merchant_id, text=text, amounts_minor=amounts_of(text), limit=ROWS)
    found = await sight.find_payments(sought)
    return Found(items=[each for each in found if wanted.state in (None, each.state)], next=None)


def amounts_of(text: str) -> list[int]:
    """The amounts in minor units that somebody may mean who types `12.80`."""
    plain = text.replace(",", "").lstrip("¥$€")
    whole, point, decimals = plain.partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 12 and len(decimals) <= 2):
        return []
    if point and not (decimals.isascii() and decimals.isdigit()):
        return []
    return [int(whole + decimals.ljust(2, "0"))] if point else [int(whole), 100 * int(whole)]


def begin_of(day: str) -> datetime | None:
    """When a day begins in China; refuses `Malformed`."""
    return morning_of(day, field="since") if day else None


def end_of(day: str) -> datetime | None:
    """When a day is over in China."""
    begin = begin_of(day)
    return begin + timedelta(days=1) if begin else None
