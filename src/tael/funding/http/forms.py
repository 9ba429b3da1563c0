"""What do the routes of funding have in common? Parameters."""

from typing import Annotated, Any

from litestar import Request
from litestar.params import PathParameter

LOOK, ACT, MANAGE = "user.basic", "user.transaction", "user.management"

AnyRequest = Request[Any, Any, Any]
CardPath = Annotated[str, PathParameter(description="`bcd_` and 26 characters, as the API gave it")]
TopUpPath = Annotated[str, PathParameter(description="`top_` and 26 characters, as the API gave it")]
QuotePath = Annotated[str, PathParameter(description="`wdq_` and 26 characters, as the API gave it")]
WithdrawalPath = Annotated[str, PathParameter(description="`wdr_` and 26 characters, as the API gave it")]
