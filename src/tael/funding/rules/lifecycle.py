"""What can happen to a top-up, to its refund and to a withdrawal, in which state, and where does it lead?

The one place where states change. Each is moved by facts of payments and payouts, which come at least once: whoever hears one
asks `may` first, and passes over what has happened already. A test asserts every state × every event.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from tael.funding.model import (
    TopUp,
    TopUpRefund,
    TopUpRefundState,
    TopUpState,
    Withdrawal,
    WithdrawalState,
)


class TopUpEvent(StrEnum):
    """What can happen to a top-up."""

    CAPTURED = "captured"
    """Its payment is paid and in the books."""
    ENDED = "ended"
    """Its payment ended unpaid."""


class RefundEvent(StrEnum):
    """What can happen to a refund of a top-up."""

    DONE = "done"
    REFUSED = "refused"
    """Definitely; or it had gone, and came back."""


class WithdrawalEvent(StrEnum):
    """What can happen to a withdrawal."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    """Definitely: no channel has done it, and none will."""
    CAME_BACK = "came_back"
    """The bank sent it back."""


_T, _R, _W = TopUpState, TopUpRefundState, WithdrawalState
TOP_UPS: Mapping[TopUpState, Mapping[TopUpEvent, TopUpState]] = {
    _T.WAITING: {TopUpEvent.CAPTURED: _T.CREDITED, TopUpEvent.ENDED: _T.FAILED}
}
REFUNDS: Mapping[TopUpRefundState, Mapping[RefundEvent, TopUpRefundState]] = {
    _R.PROCESSING: {RefundEvent.DONE: _R.SUCCEEDED, RefundEvent.REFUSED: _R.FAILED},
    _R.SUCCEEDED: {RefundEvent.REFUSED: _R.FAILED},
}
WITHDRAWALS: Mapping[WithdrawalState, Mapping[WithdrawalEvent, WithdrawalState]] = {
    _W.PROCESSING: {WithdrawalEvent.ARRIVED: _W.SUCCEEDED, WithdrawalEvent.REFUSED: _W.FAILED},
    _W.SUCCEEDED: {WithdrawalEvent.CAME_BACK: _W.RETURNED},
}

Moving = TypeVar("Moving", TopUp, TopUpRefund, Withdrawal)
_TABLES: Mapping[type, Mapping[Any, Mapping[Any, Any]]] = {
    TopUp: TOP_UPS,
    TopUpRefund: REFUNDS,
    Withdrawal: WITHDRAWALS,
}


class NoSuchMove(Exception):
    """The event cannot happen in that state: whoever says so has a bug."""


def may(thing: Moving, event: TopUpEvent | RefundEvent | WithdrawalEvent) -> bool:
    """Whether the event can happen to it as it stands."""
    return event in _TABLES[type(thing)].get(thing.state, {})


def move(thing: Moving, event: TopUpEvent | RefundEvent | WithdrawalEvent, **more: Any) -> Moving:
    """What the event makes of it, with `more` of its fields changed; raises `NoSuchMove`."""
    following = _TABLES[type(thing)].get(thing.state, {}).get(event)
    if following is None:
        raise NoSuchMove(f"{thing.id} is {thing.state}: {event} cannot happen to it")
    return msgspec.structs.replace(thing, state=following, **more)
