"""Is this event from Tael? Check it before you believe it: its signature, its age, and nothing but its bytes.

    from tael.client import types, webhooks

    event = webhooks.verify(request.headers, body, secret="whsec_…")
    if event.type == "payment.captured" and is_new(event.id):
        ship(event.object_as(types.Payment).reference)

`body` is what arrived, byte for byte: JSON that was read and written again has another signature. An event may arrive
more than once, so remember the ids. Messages are in the Standard Webhooks format; any library for it checks them, too.
"""

import base64
import binascii
import builtins
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from tael.foundation.clock import SystemClock

__all__ = ["Event", "NotFromTael", "verify"]

T = TypeVar("T")

TOLERANCE_SECONDS = 300
"""How old, or how far ahead, a message may be. Older ones could be sent again by somebody who has seen them."""


class NotFromTael(Exception):
    """The message is not signed with your secret, was changed, or is too old. Answer 400, and believe nothing of it."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What happened."""

    id: str
    type: str
    """Such as `payment.captured`."""
    timestamp: datetime
    """When it happened, in UTC."""
    merchant_id: str
    object_id: str
    api_version: str
    data: dict[str, Any]
    """Under `object`, the payment, refund … as the API showed it when the event was written."""

    def object_as(self, noun: builtins.type[T]) -> T:
        """What it happened to, typed: `event.object_as(types.Payment)`."""
        return msgspec.convert(self.data["object"], noun)


class Headers(Protocol):
    """Names and values, whatever a server's library calls its headers."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Each header."""
        ...


def verify(
    headers: Headers,
    body: bytes,
    *,
    secret: str | Sequence[str],
    tolerance_seconds: int = TOLERANCE_SECONDS,
    now: float | None = None,
) -> Event:
    """The event in a message; raises `NotFromTael`.

    secret   of the endpoint; several while you change it
    now      seconds since 1970, if not by the machine's clock
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, seconds = lower["webhook-id"], lower["webhook-timestamp"]
        signatures = lower["webhook-signature"].split()
        age = (SystemClock().now().timestamp() if now is None else now) - int(seconds)
    except (KeyError, ValueError):
        raise NotFromTael("A header is missing or malformed.") from None
    if abs(age) > tolerance_seconds:
        raise NotFromTael(f"The message is {age:.0f} seconds old.")
    signed = f"{message_id}.{seconds}.".encode() + body
    given = [each.removeprefix("v1,") for each in signatures if each.startswith("v1,")]
    expected = [_signature(each, signed) for each in ([secret] if isinstance(secret, str) else secret)]
    if not any(hmac.compare_digest(one.encode(), each.encode()) for one in expected for each in given):
        raise NotFromTael("No signature is that of this message by your secret.")
    try:
        return msgspec.json.decode(body, type=Event)
    except msgspec.MsgspecError as error:
        raise NotFromTael(f"It is signed, and no event: {error}.") from error


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("This is not a secret: it begins with whsec_ and is base64.") from None
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
