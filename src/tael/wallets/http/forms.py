"""What do the routes of wallets have in common? Parameters, and pages of bills."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import PathParameter

from tael.wallets.model.bills import BillPage
from tael.wallets.rules.bills import cursor_place, cursor_text
from tael.wallets.schemas.bills import BillsBody, bill_body

LOOK, ACT = "user.basic", "user.transaction"
STAFF = "wallets.read"

AnyRequest = Request[Any, Any, Any]
TransferId = Annotated[str, PathParameter(description="`trf_` and 26 characters, as the API gave it")]
PacketId = Annotated[str, PathParameter(description="`pkt_` and 26 characters, as the API gave it")]
OrderNumber = Annotated[str, PathParameter(description="The order's number, as it was shown")]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]


def place_in(cursor: str | None) -> tuple[int, int] | None:
    """Where a page of bills ended; refuses `WalletMalformed`."""
    return None if cursor is None else cursor_place(cursor)


def bills_body(found: BillPage) -> BillsBody:
    """A page of bills on the wire."""
    return BillsBody(
        items=[bill_body(bill) for bill in found.items],
        next_cursor=None if found.next is None else cursor_text(found.next),
    )
