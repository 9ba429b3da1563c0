"""What has to end before somebody may leave? Names and figures; the words for them are those of pages."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class OpenKind(StrEnum):
    """What is open."""

    BALANCE = "balance"
    TRANSFERS = "transfers"
    RED_PACKETS = "red_packets"
    ORDERS = "orders"
    TOP_UP = "top_up"
    TOP_UP_REFUND = "top_up_refund"
    TOP_UP_DEBT = "top_up_debt"
    WITHDRAWAL = "withdrawal"


class OpenThing(msgspec.Struct, frozen=True):
    """Something of a user that is open."""

    kind: OpenKind
    about: str
    """How much, how many, or which: `10.00 CNY`, `2`, an id."""


def written(things: Sequence[OpenThing]) -> str:
    """As the refusal and the request of who wants to leave have it: `balance: 10.00 CNY; transfers: 2`."""
    return "; ".join(f"{each.kind}: {each.about}" for each in things)


def open_things_in(text: str) -> list[OpenThing]:
    """The same, read again; what is not written so is left out."""
    pairs = [each.partition(": ") for each in text.split("; ")]
    kinds = {kind.value for kind in OpenKind}
    return [OpenThing(OpenKind(kind), about) for kind, _, about in pairs if kind in kinds]
