"""Did a channel take the fees that its table says? One day's bill, fetched when somebody asks, against the table."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.api import NoAnswer
from tael.channels.port import BillKind, BillWanted
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.partners.model import FeeComparison
from tael.web.console.acting import page, show
from tael.web.console.behind import Behind
from tael.web.console.partner_views import channel_named, said
from tael.web.ui.pages import PageRequest

_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")
_MOST_SHOWN = 100


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What came of asking for a bill."""

    fees: FeeComparison | None = None
    why_not: str = ""
    """What the channel, or we, said instead."""


def fee_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The page."""

    @page("/console/scorecards/{channel:str}/fees", permission="partners.read")
    async def show_fees(request: PageRequest, channel: FromPath[str]) -> Response[bytes]:
        name = channel_named(channel)
        await behind.partners.reads.partner(name, today=behind.partners.today)
        day = _day_in(said(request, "day"))
        compared = await _compare(behind, name, day) if day is not None else None
        return show(
            request,
            "console/partner_billed.html",
            here="scorecards",
            channel=name,
            day=day or behind.partners.today - timedelta(days=1),
            asked=day is not None,
            compared=compared,
            most=_MOST_SHOWN,
            money=Money,
        )

    return [show_fees]


def _day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


async def _compare(behind: Behind, channel: str, day: date) -> Compared:
    """The bill of that day against the table; a record of funds if the channel has no record of trades."""
    try:
        bills: Mapping[BillKind, object] = behind.channels.capabilities(channel).bills
        kind = next((each for each in (BillKind.TRADES, BillKind.FUNDS) if each in bills), BillKind.TRADES)
        bill = await behind.channels.fetch_bill(channel, BillWanted(kind=kind, day=day))
        return Compared(fees=await behind.partners.compare_fees(channel, bill.lines))
    except Refusal as refusal:
        return Compared(why_not=" ".join(filter(None, (refusal.message, refusal.hint))))
    except NoAnswer as silence:
        return Compared(why_not=str(silence))
