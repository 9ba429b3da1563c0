"""What moved the wallet? By months with their sums, filtered and searched; one bill; and a month in bars."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.money import Money
from tael.foundation.printable import PRINTABLE
from tael.wallets.model.bills import (
    Bill,
    BillFilter,
    BillKind,
    BillState,
    Direction,
    MonthSummary,
)
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, me, page, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.session import HOME
from tael.web.wallet.typed import money_in

HERE = f"{HOME}/bills"
ROWS = 30
_MONTHS = 6
_LEADS_TO = {
    BillKind.TRANSFER: "transfers",
    BillKind.TOP_UP: "top-ups",
    BillKind.WITHDRAWAL: "withdrawals",
    BillKind.RED_PACKET: "packets",
    BillKind.RED_PACKET_CLAIMED: "packets",
    BillKind.PAYMENT: "orders",
}
"""Where a bill's thing has a page of its own."""
SIGNS = {
    BillKind.TRANSFER: "arrow",
    BillKind.PAYMENT: "shop",
    BillKind.REFUND: "returned",
    BillKind.RED_PACKET: "packet",
    BillKind.RED_PACKET_CLAIMED: "packet",
    BillKind.RED_PACKET_RETURNED: "packet",
    BillKind.TOP_UP: "plus",
    BillKind.TOP_UP_REFUND: "returned",
    BillKind.WITHDRAWAL: "bank",
    BillKind.OTHER: "log",
}
STATE_TONES = {BillState.ON_ITS_WAY: "warning", BillState.RETURNED: "neutral"}
_BEFORE = re.compile(r"([0-9a-f]{1,14})\.(-?[0-9]{1,5})")

Before = Annotated[
    str, QueryParameter(pattern=r"^([0-9a-f]{1,14}\.-?[0-9]{1,5})?$(?!\n)", description="Where a page ended")
]
Day = Annotated[str, QueryParameter(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$(?!\n)")]
Of = Annotated[str, QueryParameter(max_length=24)]
AmountText = Annotated[str, QueryParameter(max_length=24)]
Text = Annotated[str, QueryParameter(name="q", max_length=64, pattern=PRINTABLE)]


class InMonth(msgspec.Struct, frozen=True, kw_only=True):
    """The bills of one month on a page, with what the whole month comes to."""

    month: str
    summary: MonthSummary | None
    bills: list[Bill]


class BarOf(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind comes to, and how long its bar is, in hundredths of a percent of the longest."""

    kind: BillKind
    amount: Money
    count: int
    basis_points: int


def bill_page_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, a month, one bill."""
    return [_list(behind), _month(behind), _one(behind)]


def _list(behind: Behind) -> HTTPRouteHandler:
    @page(HERE, permission=LOOK)
    async def show_bills(
        *,
        request: PageRequest,
        text: Text = "",
        kind: Of = "",
        direction: Of = "",
        first_day: Day = "",
        last_day: Day = "",
        least: AmountText = "",
        most: AmountText = "",
        before: Before = "",
    ) -> Response[bytes]:
        said = {
            "q": text,
            "kind": kind,
            "direction": direction,
            "first_day": first_day,
            "last_day": last_day,
            "least": least,
            "most": most,
        }
        form = Form(values={name: given for name, given in said.items() if given})
        try:
            wanted = _filter(me(request).owner, form, before)
        except Refusal as refusal:
            form, wanted = form.refused(refusal), BillFilter(user_id=me(request).owner, limit=ROWS)
        found = await behind.wallets.bills.list(wanted)
        return await show(
            behind,
            request,
            "wallet/bills.html",
            here="bills",
            form=form,
            months=await _in_months(behind, me(request).owner, found.items),
            is_filtered=bool(form.values),
            older="" if found.next is None else f"{found.next[0]:x}.{found.next[1]}",
            newest=bool(before),
            query="".join(f"{name}={quote(given)}&" for name, given in said.items() if given),
            kinds=list(BillKind),
            signs=SIGNS,
            tones=STATE_TONES,
        )

    return show_bills


def _month(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HERE}/months/{{month:str}}", permission=LOOK)
    async def show_month(request: PageRequest, month: FromPath[str]) -> Response[bytes]:
        user_id, now = me(request).owner, behind.clock.now()
        summary = await behind.wallets.bills.month(user_id, month[:7])
        months = []
        for back in reversed(range(_MONTHS)):
            each = month_before(month[:7], back)
            months.append(await behind.wallets.bills.month(user_id, each))
        peak = max((max(each.in_minor, each.out_minor) for each in months), default=0)
        return await show(
            behind,
            request,
            "wallet/month.html",
            here="bills",
            summary=summary,
            ins=_bars(summary, Direction.IN),
            outs=_bars(summary, Direction.OUT),
            months=months,
            peak=peak,
            before=month_before(summary.month, 1),
            after=month_before(summary.month, -1) if summary.month < month_of(now) else "",
        )

    return show_month


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HERE}/{{bill_id:str}}", permission=LOOK)
    async def show_bill(request: PageRequest, bill_id: FromPath[str]) -> Response[bytes]:
        bill = await behind.wallets.bills.get(bill_id[:64], user_id=me(request).owner)
        place = _LEADS_TO.get(bill.kind, "")
        return await show(
            behind,
            request,
            "wallet/bill.html",
            here="bill",
            bill=bill,
            sign=SIGNS[bill.kind],
            leads_on=f"{HOME}/{place}/{bill.reference}" if place and bill.reference else "",
            tones=STATE_TONES,
        )

    return show_bill


def _filter(user_id: str, form: Form, before: str) -> BillFilter:
    kind, direction = form.text("kind"), form.text("direction")
    if (kind and kind not in set(BillKind)) or (direction and direction not in set(Direction)):
        raise Malformed("There is no such kind.", field="kind")
    place = _BEFORE.fullmatch(before)
    return BillFilter(
        user_id=user_id,
        first_day=_day(form, "first_day"),
        last_day=_day(form, "last_day"),
        kind=BillKind(kind) if kind else None,
        direction=Direction(direction) if direction else None,
        least_minor=money_in(form, "least").minor if form.text("least") else None,
        most_minor=money_in(form, "most").minor if form.text("most") else None,
        text=form.text("q").strip(),
        before=(int(place[1], 16), int(place[2])) if place else None,
        limit=ROWS,
    )


def _day(form: Form, name: str) -> date | None:
    text = form.text(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Malformed("There is no such day.", field=name) from None


async def _in_months(behind: Behind, user_id: str, bills: Sequence[Bill]) -> list[InMonth]:
    grouped: dict[str, list[Bill]] = {}
    for bill in bills:
        grouped.setdefault(month_of(bill.at), []).append(bill)
    return [
        InMonth(month=month, summary=await behind.wallets.bills.month(user_id, month), bills=found)
        for month, found in grouped.items()
    ]


def _bars(summary: MonthSummary, direction: Direction) -> list[BarOf]:
    found = [each for each in summary.kinds if each.direction is direction]
    whole = max((each.amount_minor for each in found), default=0)
    return [
        BarOf(
            kind=each.kind,
            amount=Money(each.amount_minor, summary.currency),
            count=each.count,
            basis_points=10_000 * each.amount_minor // whole if whole else 0,
        )
        for each in sorted(found, key=lambda each: -each.amount_minor)
    ]


def month_of(moment: datetime) -> str:
    """The month in China: `2026-11`."""
    return moment.astimezone(CHINA).strftime("%Y-%m")


def month_before(month: str, count: int) -> str:
    """So many months earlier."""
    year, number = int(month[:4]), int(month[5:7])
    index = 12 * year + number - 1 - count
    return f"{index // 12:04}-{index % 12 + 1:02}"
