"""How does WeChat Pay write JSON, times, amounts and numbers?"""

import json
import re
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.money import MAX_MINOR, Money

CURRENCY = "CNY"
LONGEST_JSON = 1_000_000

_ORDER_NUMBER = re.compile(r"[0-9A-Za-z_|*-]{6,32}")
_REFUND_NUMBER = re.compile(r"[0-9A-Za-z_|*@-]{1,64}")
_BILL_NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")
_OUR_BILL_NUMBER = re.compile(r"([a-z]{2,6})([0-7][0-9a-z]{25})")
_REFERENCE = re.compile(r"[0-9A-Za-z_-]{1,64}")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
T = TypeVar("T")


class Unreadable(Exception):
    """A message does not have the documented form."""


def read_json(text: bytes, kind: type[T]) -> T:
    """A JSON object as a `kind`; raises `Unreadable`. A name that comes twice is refused, as is `NaN`."""
    if len(text) > LONGEST_JSON:
        raise Unreadable(f"it is longer than {LONGEST_JSON} bytes")
    try:
        tree = json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        return msgspec.convert(tree, type=kind)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise Unreadable("it does not have the documented form") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Unreadable("it holds a name twice")
    return members


def _no_number(text: str) -> NoReturn:
    raise Unreadable(f"it holds {text}")


def write_time(moment: datetime) -> str:
    """`2026-05-01T12:30:00+08:00`: RFC 3339, in China's time."""
    return moment.astimezone(CHINA).replace(microsecond=0).isoformat()


def read_time(text: str | None) -> datetime | None:
    """The moment that an RFC 3339 text names, in UTC; None if it names none."""
    if not text or not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_fen(minor: int | None, currency: str | None = CURRENCY) -> Money | None:
    """An amount of yuan; None if there is none, it is negative, too large, or in another currency."""
    if minor is None or not 0 <= minor <= MAX_MINOR or currency != CURRENCY:
        return None
    return Money(minor, CURRENCY)


def read_reference(text: str | None) -> str | None:
    """One of WeChat Pay's own numbers; None if it has characters or a length that numbers have not."""
    return text if text and _REFERENCE.fullmatch(text) else None


def read_words(text: str | None, *, longest: int = 256) -> str | None:
    """Words for people, without control characters; None if nothing is left."""
    if not text:
        return None
    return "".join(character for character in text[:longest] if character.isprintable()).strip() or None


def write_words(text: str, *, longest: int) -> str:
    """Words that WeChat Pay accepts: not empty, and no longer in bytes than `longest`."""
    words = read_words(text, longest=longest) or "-"
    return words.encode()[:longest].decode(errors="ignore") or "-"


def is_order_number(text: str) -> bool:
    """Whether WeChat Pay takes it as an `out_trade_no`."""
    return _ORDER_NUMBER.fullmatch(text) is not None


def is_refund_number(text: str) -> bool:
    """Whether WeChat Pay takes it as an `out_refund_no` or a split's `out_order_no`."""
    return _REFUND_NUMBER.fullmatch(text) is not None


def bill_number(payout_number: str) -> str | None:
    """Our payout's number as an `out_bill_no`, which has letters and digits only; None if there is none.

    Two of our numbers never become one: they differ in more than `_` and `-`.
    """
    text = payout_number.replace("_", "").replace("-", "")
    return text if _BILL_NUMBER.fullmatch(text) else None


def payout_number_of(bill_number: str) -> str | None:
    """Our number of a payout by its `out_bill_no`; None if the platform made no such number."""
    parts = _OUR_BILL_NUMBER.fullmatch(bill_number)
    return f"{parts[1]}_{parts[2]}" if parts else None


def masked(openid: str | None) -> str | None:
    """A payer's id as it may be shown: `oUpF****q9zN`."""
    reference = read_reference(openid)
    return f"{reference[:4]}****{reference[-4:]}" if reference and len(reference) >= 12 else None
