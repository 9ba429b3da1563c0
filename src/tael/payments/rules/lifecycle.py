"""What can happen to a payment, an attempt, a refund and a step, in which state, and where does it lead?

The one place where states change: `move` looks up what an event makes of a state, and refuses what the tables do not
have. A state that is not in a table is an end. The documents draw these tables; a test asserts every state × every event.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from tael.payments.model import (
    Attempt,
    AttemptState,
    HoldStep,
    Payment,
    PaymentState,
    Refund,
    RefundState,
    StepState,
)


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    ATTEMPT_STARTED = "attempt_started"
    """A channel is about to be asked."""
    ACTION_NEEDED = "action_needed"
    """The payer has something to do."""
    ATTEMPT_ENDED = "attempt_ended"
    """The last live attempt ended unpaid; there is time for another."""
    MONEY_HELD = "money_held"
    """The payer's money is held for captures."""
    PART_CAPTURED = "part_captured"
    """Some of what is held was taken, and more may be."""
    CAPTURED = "captured"
    """The money was taken, for the last time."""
    CANCELED = "canceled"
    """Somebody ended it unpaid, and no channel can take money for it any more."""
    GIVEN_UP = "given_up"
    """It was tried as often as it may be, in vain."""
    TIME_OVER = "time_over"
    """Nobody paid in time, or what was held was not captured in time."""


class AttemptEvent(StrEnum):
    """What can be learnt of an attempt."""

    WAITS = "waits"
    """The channel has the order and waits for the payer."""
    NOT_KNOWN = "not_known"
    HELD = "held"
    """The payer's money is held."""
    PAID = "paid"
    """All that will be taken was taken."""
    REFUSED = "refused"
    ENDED_UNPAID = "ended_unpaid"


class Settling(StrEnum):
    """What can be learnt of what was asked of a channel: a refund, a capture, an increment."""

    ASK_AGAIN = "ask_again"
    """The channel has not heard of it."""
    NOT_KNOWN = "not_known"
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    """Before the channel heard of it, which it never will."""
    UNDONE = "undone"
    """Done once, and taken back: a refund that came back to us."""
    DONE_AFTER_ALL = "done_after_all"
    """Refused once, and done all the same."""


_P, _E = PaymentState, PaymentEvent
_OPEN: Mapping[PaymentEvent, PaymentState] = {
    _E.ATTEMPT_STARTED: _P.PROCESSING,
    _E.ACTION_NEEDED: _P.REQUIRES_ACTION,
    _E.ATTEMPT_ENDED: _P.CREATED,
    _E.MONEY_HELD: _P.AUTHORISED,
    _E.CAPTURED: _P.CAPTURED,
    _E.CANCELED: _P.CANCELED,
    _E.GIVEN_UP: _P.FAILED,
    _E.TIME_OVER: _P.EXPIRED,
}
PAYMENTS: Mapping[PaymentState, Mapping[PaymentEvent, PaymentState]] = {
    _P.CREATED: _OPEN,
    _P.PROCESSING: _OPEN,
    _P.REQUIRES_ACTION: _OPEN,
    _P.AUTHORISED: {
        _E.MONEY_HELD: _P.AUTHORISED,
        _E.PART_CAPTURED: _P.AUTHORISED,
        _E.CAPTURED: _P.CAPTURED,
        _E.CANCELED: _P.CANCELED,
        _E.TIME_OVER: _P.EXPIRED,
    },
}
"""Where each event leads a payment. An attempt may be the payment's second: so an open one goes back and forth."""

_A, _L = AttemptState, AttemptEvent
_LIVE: Mapping[AttemptEvent, AttemptState] = {
    _L.WAITS: _A.WAITING,
    _L.NOT_KNOWN: _A.UNKNOWN,
    _L.HELD: _A.AUTHORISED,
    _L.PAID: _A.SUCCEEDED,
    _L.REFUSED: _A.FAILED,
    _L.ENDED_UNPAID: _A.CLOSED,
}
_PAID_AFTER_ALL = {_L.HELD: _A.AUTHORISED, _L.PAID: _A.SUCCEEDED}
ATTEMPTS: Mapping[AttemptState, Mapping[AttemptEvent, AttemptState]] = {
    _A.CREATED: _LIVE,
    _A.WAITING: _LIVE,
    _A.UNKNOWN: _LIVE,
    _A.AUTHORISED: {_L.HELD: _A.AUTHORISED, _L.PAID: _A.SUCCEEDED, _L.ENDED_UNPAID: _A.CLOSED},
    _A.FAILED: _PAID_AFTER_ALL,
    _A.CLOSED: _PAID_AFTER_ALL,
}
"""Where what is learnt leads an attempt. Money that moved is never forgotten: not even an end rules out that it did."""

_R, _S = RefundState, Settling
_REFUND_UNDER_WAY: Mapping[Settling, RefundState] = {
    _S.ASK_AGAIN: _R.PROCESSING,
    _S.NOT_KNOWN: _R.UNKNOWN,
    _S.DONE: _R.SUCCEEDED,
    _S.REFUSED: _R.FAILED,
}
REFUNDS: Mapping[RefundState, Mapping[Settling, RefundState]] = {
    _R.PROCESSING: {**_REFUND_UNDER_WAY, _S.STOPPED: _R.FAILED},
    _R.UNKNOWN: _REFUND_UNDER_WAY,
    _R.SUCCEEDED: {_S.UNDONE: _R.FAILED},
    _R.FAILED: {_S.DONE_AFTER_ALL: _R.SUCCEEDED},
}
"""Where what is learnt leads a refund; channels take back, months later, what they said for good."""

_T = StepState
_STEP_UNDER_WAY: Mapping[Settling, StepState] = {
    _S.ASK_AGAIN: _T.PROCESSING,
    _S.NOT_KNOWN: _T.UNKNOWN,
    _S.DONE: _T.SUCCEEDED,
    _S.REFUSED: _T.FAILED,
}
STEPS: Mapping[StepState, Mapping[Settling, StepState]] = {
    _T.PROCESSING: _STEP_UNDER_WAY,
    _T.UNKNOWN: _STEP_UNDER_WAY,
}
"""Where what is learnt leads a capture or an increment."""

Moving = TypeVar("Moving", Payment, Attempt, Refund, HoldStep)
_TABLES: Mapping[type, Mapping[Any, Mapping[Any, Any]]] = {
    Payment: PAYMENTS,
    Attempt: ATTEMPTS,
    Refund: REFUNDS,
    HoldStep: STEPS,
}


class NoSuchMove(Exception):
    """The event cannot happen in that state: whoever says so has a bug."""


def may(thing: Moving, event: PaymentEvent | AttemptEvent | Settling) -> bool:
    """Whether the event can happen to it as it stands."""
    return event in _TABLES[type(thing)].get(thing.state, {})


def move(thing: Moving, event: PaymentEvent | AttemptEvent | Settling, **more: Any) -> Moving:
    """What the event makes of it, with `more` of its fields changed; raises `NoSuchMove`."""
    following = _TABLES[type(thing)].get(thing.state, {}).get(event)
    if following is None:
        raise NoSuchMove(f"{thing.id} is {thing.state}: {event} cannot happen to it")
    return msgspec.structs.replace(thing, state=following, **more)


ENDING = {PaymentState.CANCELED: PaymentEvent.CANCELED, PaymentState.EXPIRED: PaymentEvent.TIME_OVER}
"""The event by which a payment ends that was to be closed so."""
