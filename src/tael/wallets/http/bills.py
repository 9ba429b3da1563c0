"""How does a user read what moved their wallet?"""

from typing import Annotated

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit
from tael.foundation.printable import PRINTABLE
from tael.ledger.errors import MonthArchived
from tael.users.api import me
from tael.wallets.api import Wallets
from tael.wallets.errors import NoSuchBill, WalletMalformed
from tael.wallets.http.forms import LOOK, AnyRequest, bills_body, place_in
from tael.wallets.model.bills import BillFilter, BillKind, Direction
from tael.wallets.rules.bills import day_named
from tael.wallets.schemas.bills import BillBody, BillsBody, BillSummaryBody, bill_body, summary_body

_TAGS = ["Bills"]
BillId = Annotated[str, PathParameter(max_length=40, description="As the list of bills gave it")]
FromDay = Annotated[
    str | None,
    QueryParameter(max_length=10, description="The first day of the period, in China: `2026-11-01`"),
]
ToDay = Annotated[
    str | None, QueryParameter(max_length=10, description="The last day of the period, in China")
]
AnyKind = Annotated[BillKind | None, QueryParameter(description="Only bills of this kind")]
AnyDirection = Annotated[Direction | None, QueryParameter(description="Only what came `in`, or went `out`")]
LeastMinor = Annotated[int | None, QueryParameter(ge=1, le=10**14, description="Only from this amount on")]
MostMinor = Annotated[int | None, QueryParameter(ge=1, le=10**14, description="Only up to this amount")]
Text = Annotated[
    str | None,
    QueryParameter(
        name="q",
        min_length=1,
        max_length=64,
        pattern=PRINTABLE,
        description="Only what has this in its note, title, merchant, card, number, or the other side's masked name",
    ),
]
OfCurrency = Annotated[
    str, QueryParameter(pattern="^[A-Z]{3,4}$", description="The currency of the wallet, by ISO 4217")
]
Month = Annotated[str, QueryParameter(max_length=7, description="Year and month, in China: `2026-11`")]


def bill_routes(wallets: Wallets) -> list[HTTPRouteHandler]:
    """The list, one, and the months."""
    return [_list(wallets), _summary(wallets), _get(wallets)]


def _list(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/bills", opt={"permission": LOOK, REFUSES: [WalletMalformed]}, tags=_TAGS)
    async def list_bills(
        request: AnyRequest,
        *,
        from_day: FromDay = None,
        to_day: ToDay = None,
        kind: AnyKind = None,
        direction: AnyDirection = None,
        least_minor: LeastMinor = None,
        most_minor: MostMinor = None,
        text: Text = None,
        currency: OfCurrency = "CNY",
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> BillsBody:
        """List my bills. Everything that moved the wallet, newest first. A page may be short: go on while there is a cursor."""
        found = await wallets.bills.list(
            BillFilter(
                user_id=me(request).owner,
                currency=currency,
                first_day=day_named(from_day, field="from_day"),
                last_day=day_named(to_day, field="to_day"),
                kind=kind,
                direction=direction,
                least_minor=least_minor,
                most_minor=most_minor,
                text=text or "",
                before=place_in(cursor),
                limit=limit,
            )
        )
        return bills_body(found)

    return list_bills


def _summary(wallets: Wallets) -> HTTPRouteHandler:
    @get(
        "/v1/me/bills/summary",
        opt={"permission": LOOK, REFUSES: [WalletMalformed, MonthArchived]},
        tags=_TAGS,
    )
    async def get_bill_summary(
        request: AnyRequest, month: Month, currency: OfCurrency = "CNY"
    ) -> BillSummaryBody:
        """Get what a month comes to. What came in, what went out, kind by kind; exact, by the ledger."""
        found = await wallets.bills.month(me(request).owner, month, currency=currency)
        return summary_body(found)

    return get_bill_summary


def _get(wallets: Wallets) -> HTTPRouteHandler:
    @get("/v1/me/bills/{bill_id:str}", opt={"permission": LOOK, REFUSES: [NoSuchBill]}, tags=_TAGS)
    async def get_bill(request: AnyRequest, bill_id: BillId, currency: OfCurrency = "CNY") -> BillBody:
        """Get a bill. With all that is known of it."""
        return bill_body(await wallets.bills.get(bill_id, user_id=me(request).owner, currency=currency))

    return get_bill
