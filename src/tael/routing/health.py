"""Is a channel well? A window over its latest calls, and a breaker that opens, waits, and lets a few calls try.

| state | becomes | when |
|---|---|---|
| well    | ill     | five of the channel's own faults in a row, or half of the calls in the window, ten at least |
| well    | slow    | half of the calls in the window took too long, ten at least |
| ill, slow | probing | it has rested: five seconds at first, twice as long each time, two minutes at most |
| probing | well    | three calls in a row were good |
| probing | ill, slow | one was not |

What payers and our own mistakes cause does not count (`ErrorClass.channel_is_at_fault`). Each process goes by the calls
that it makes itself: it waits for nobody to learn that a channel is dead. Moments are seconds on any one clock.
"""

from collections import deque

import msgspec

from tael.channels.model import CallSeen
from tael.routing.model import Health


class HealthTerms(msgspec.Struct, frozen=True, kw_only=True):
    """When a channel counts as ill, and for how long it is left alone."""

    window_seconds: float = 30.0
    least_calls: int = 10
    """In the window, before shares mean anything."""
    faults_in_a_row: int = 5
    slow_seconds: float = 5.0
    rest_seconds: float = 5.0
    longest_rest_seconds: float = 120.0
    probes: int = 3
    """Good calls in a row that end the probing."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel stands, with the figures behind it."""

    health: Health
    calls: int
    """In the window; while it rests and is probed, in the window before."""
    faults: int
    """Of these, for the channel's own reasons."""
    slow: int
    good_probes: int
    """In a row, since it is probed again."""
    resting_seconds: float | None
    """How long it will be left alone from now on; `None` if it is not."""


_LARGEST_WINDOW = 1_000
"""Calls of one channel that are kept, however many there are."""


class HealthBoard:
    """The health of all channels, as far as their calls show it."""

    def __init__(self, terms: HealthTerms | None = None) -> None:
        self._terms = terms or HealthTerms()
        self._breakers: dict[str, _Breaker] = {}

    def observe(self, call: CallSeen, *, at: float) -> None:
        """Take a call into account."""
        breaker = self._breakers.get(call.channel)
        if breaker is None:
            breaker = self._breakers[call.channel] = _Breaker(self._terms)
        fault = call.error_class is not None and call.error_class.channel_is_at_fault
        breaker.observe(fault=fault, slow=call.seconds >= self._terms.slow_seconds, at=at)

    def health_of(self, channel: str, *, at: float) -> Health:
        """How a channel is; one that was never called is well."""
        breaker = self._breakers.get(channel)
        return breaker.health(at) if breaker is not None else Health.WELL

    def standing_of(self, channel: str, *, at: float) -> Standing:
        """How a channel is, and why."""
        breaker = self._breakers.get(channel) or _Breaker(self._terms)
        return breaker.standing(at)


class _Breaker:
    """One channel's window and state."""

    def __init__(self, terms: HealthTerms) -> None:
        self._terms = terms
        self._calls: deque[tuple[float, bool, bool]] = deque()
        self._faults = self._slow = self._in_a_row = self._good_probes = 0
        self._why: Health | None = None
        """Why the breaker is open, or was before it let calls try; `None` if it is closed."""
        self._open_until = 0.0
        self._rest = terms.rest_seconds

    def health(self, at: float) -> Health:
        if self._why is None:
            return Health.WELL
        resting = self._open_until - self._rest <= at < self._open_until  # not if the clock was put back
        return self._why if resting else Health.PROBING

    def standing(self, at: float) -> Standing:
        health = self.health(at)
        if health is Health.WELL:
            self._forget_before(at - self._terms.window_seconds)
        return Standing(
            health=health,
            calls=len(self._calls),
            faults=self._faults,
            slow=self._slow,
            good_probes=self._good_probes,
            resting_seconds=None if health.usable else self._open_until - at,
        )

    def observe(self, *, fault: bool, slow: bool, at: float) -> None:
        match self.health(at):
            case Health.WELL:
                self._count(fault=fault, slow=slow, at=at)
                self._why = self._diagnosis()
                if self._why is not None:
                    self._rest = self._terms.rest_seconds
                    self._open_until = at + self._rest
            case Health.PROBING:
                self._probe(fault=fault, slow=slow, at=at)
            case _:
                pass  # what was on its way when the breaker opened says nothing new

    def _count(self, *, fault: bool, slow: bool, at: float) -> None:
        self._calls.append((at, fault, slow))
        self._faults += fault
        self._slow += slow
        self._in_a_row = self._in_a_row + 1 if fault else 0
        self._forget_before(at - self._terms.window_seconds)

    def _forget_before(self, begin: float) -> None:
        while self._calls and (self._calls[0][0] < begin or len(self._calls) > _LARGEST_WINDOW):
            _, was_fault, was_slow = self._calls.popleft()
            self._faults -= was_fault
            self._slow -= was_slow

    def _diagnosis(self) -> Health | None:
        if self._in_a_row >= self._terms.faults_in_a_row:
            return Health.ILL
        if len(self._calls) < self._terms.least_calls:
            return None
        if 2 * self._faults >= len(self._calls):
            return Health.ILL
        return Health.SLOW if 2 * self._slow >= len(self._calls) else None

    def _probe(self, *, fault: bool, slow: bool, at: float) -> None:
        if fault or slow:
            self._why = Health.ILL if fault else Health.SLOW
            self._rest = min(2 * self._rest, self._terms.longest_rest_seconds)
            self._open_until = at + self._rest
            self._good_probes = 0
            return
        self._good_probes += 1
        if self._good_probes >= self._terms.probes:
            self._calls.clear()
            self._faults = self._slow = self._in_a_row = self._good_probes = 0
            self._why = None
