"""What do the routes of wallets have in common? Parameters."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import PathParameter

LOOK, ACT = "user.basic", "user.transaction"
STAFF = "wallets.read"

AnyRequest = Request[Any, Any, Any]
TransferId = Annotated[str, PathParameter(description="`trf_` and 26 characters, as the API gave it")]
PacketId = Annotated[str, PathParameter(description="`pkt_` and 26 characters, as the API gave it")]
OrderNumber = Annotated[str, PathParameter(description="The order's number, as it was shown")]
UserId = Annotated[str, PathParameter(description="`usr_` and 26 characters")]
