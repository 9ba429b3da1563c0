"""How do others tell us something without being asked? The gateway's receipts, and a mail program's unsubscription."""

from typing import Annotated, Any

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from tael.foundation.http.app import PUBLIC
from tael.foundation.http.openapi import BODIES, REFUSES
from tael.messages.api import RECEIPT_PATH, Messages
from tael.messages.errors import NoSuchMessage, ReceiptRefused
from tael.messages.http.forms import TAGS, AnyRequest
from tael.messages.schemas import ReceiptTaken

Token = Annotated[str, PathParameter(description="As the mail has it")]


class Unsubscribed(msgspec.Struct, frozen=True, kw_only=True):
    """No more tips are sent."""

    unsubscribed: bool


def receipt_routes(messages: Messages) -> list[HTTPRouteHandler]:
    """On the notices listener."""

    @post(
        RECEIPT_PATH,
        status_code=200,
        opt={"permission": PUBLIC, REFUSES: [ReceiptRefused, NoSuchMessage]},
        include_in_schema=False,
    )
    async def hear_message_receipt(request: AnyRequest) -> ReceiptTaken:
        """Hear what became of a text message; signed by the gateway. Heard twice, it counts once."""
        await messages.hear_receipt(dict(request.headers), await request.body())
        return ReceiptTaken()

    return [hear_message_receipt]


def unsubscription_route(messages: Messages) -> HTTPRouteHandler:
    """On the public listener: RFC 8058, one click in a mail program."""

    @post(
        "/v1/unsubscriptions/{token:str}",
        status_code=200,
        opt={"permission": PUBLIC, BODIES: {"application/x-www-form-urlencoded": Any}},
        tags=TAGS,
        include_in_schema=False,
    )
    async def unsubscribe_from_tips(token: Token) -> Unsubscribed:
        """Send no more tips to whoever this address belongs to."""
        return Unsubscribed(unsubscribed=await messages.unsubscribe(token))

    return unsubscribe_from_tips
