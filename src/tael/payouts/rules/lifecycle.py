"""What can happen to a payout and to a leg of it, in which state, and where does it lead?

The one place where states change: `move` looks up what an event makes of a state, and refuses what the tables do not
have. The documents draw these tables; a test asserts every state × every event.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from tael.payouts.model import Leg, LegState, Payout, PayoutState


class PayoutEvent(StrEnum):
    """What can happen to a payout."""

    GIVEN_TO_CHANNEL = "given_to_channel"
    """A channel was chosen, and is about to be asked."""
    UNDER_WAY = "under_way"
    """The channel has it, or will be asked for it again under the same number."""
    NOT_KNOWN = "not_known"
    DONE = "done"
    REFUSED = "refused"
    """Definitely, and no other channel will be tried."""
    GOES_ELSEWHERE = "goes_elsewhere"
    """Definitely refused, and another channel may do it."""
    NO_CHANNEL = "no_channel"
    """None could be found for so long that it is given up."""
    CAME_BACK = "came_back"
    """The bank sent the money back."""
    DONE_AFTER_ALL = "done_after_all"
    """Refused once, or come back, and gone all the same."""


class LegEvent(StrEnum):
    """What can be learnt of a leg."""

    UNDER_WAY = "under_way"
    NOT_KNOWN = "not_known"
    DONE = "done"
    REFUSED = "refused"
    CAME_BACK = "came_back"
    DONE_AFTER_ALL = "done_after_all"


_P, _E = PayoutState, PayoutEvent
_WITH_CHANNEL: Mapping[PayoutEvent, PayoutState] = {
    _E.UNDER_WAY: _P.PROCESSING,
    _E.NOT_KNOWN: _P.UNKNOWN,
    _E.DONE: _P.SUCCEEDED,
    _E.REFUSED: _P.FAILED,
    _E.GOES_ELSEWHERE: _P.CREATED,
}
PAYOUTS: Mapping[PayoutState, Mapping[PayoutEvent, PayoutState]] = {
    _P.CREATED: {
        _E.GIVEN_TO_CHANNEL: _P.PROCESSING,
        _E.NO_CHANNEL: _P.FAILED,
        _E.DONE_AFTER_ALL: _P.SUCCEEDED,
    },
    _P.PROCESSING: _WITH_CHANNEL,
    _P.UNKNOWN: _WITH_CHANNEL,
    _P.SUCCEEDED: {_E.CAME_BACK: _P.RETURNED},
    _P.FAILED: {_E.DONE_AFTER_ALL: _P.SUCCEEDED},
    _P.RETURNED: {_E.DONE_AFTER_ALL: _P.SUCCEEDED},
}
"""Where each event leads a payout. Money that moved is never forgotten: not even an end rules out that it did."""

_L, _H = LegState, LegEvent
_ASKED: Mapping[LegEvent, LegState] = {
    _H.UNDER_WAY: _L.PROCESSING,
    _H.NOT_KNOWN: _L.UNKNOWN,
    _H.DONE: _L.SUCCEEDED,
    _H.REFUSED: _L.FAILED,
}
LEGS: Mapping[LegState, Mapping[LegEvent, LegState]] = {
    _L.PROCESSING: _ASKED,
    _L.UNKNOWN: _ASKED,
    _L.SUCCEEDED: {_H.CAME_BACK: _L.RETURNED},
    _L.FAILED: {_H.DONE_AFTER_ALL: _L.SUCCEEDED},
    _L.RETURNED: {_H.DONE_AFTER_ALL: _L.SUCCEEDED},
}
"""Where what is learnt leads a leg; channels take back, days later, what they said for good."""

Moving = TypeVar("Moving", Payout, Leg)
_TABLES: Mapping[type, Mapping[Any, Mapping[Any, Any]]] = {Payout: PAYOUTS, Leg: LEGS}


class NoSuchMove(Exception):
    """The event cannot happen in that state: whoever says so has a bug."""


def may(thing: Moving, event: PayoutEvent | LegEvent) -> bool:
    """Whether the event can happen to it as it stands."""
    return event in _TABLES[type(thing)].get(thing.state, {})


def move(thing: Moving, event: PayoutEvent | LegEvent, **more: Any) -> Moving:
    """What the event makes of it, with `more` of its fields changed; raises `NoSuchMove`."""
    following = _TABLES[type(thing)].get(thing.state, {}).get(event)
    if following is None:
        raise NoSuchMove(f"{thing} is {thing.state}: {event} cannot happen to it")
    return msgspec.structs.replace(thing, state=following, **more)
