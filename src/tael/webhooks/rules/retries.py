"""When is a delivery tried again, when does an endpoint rest, and when is either given up?

A delivery is tried for about 24 hours with growing pauses. An endpoint that fails several times in a row *rests*: nothing
is sent to it for a while, then one delivery at a time, until one arrives. So a bad receiver takes nobody else's turn.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.webhooks.model import DisabledBecause

_JITTER = 0.2
"""Pauses are up to a fifth longer, so that what failed together does not come back together."""
FAILURES_BEFORE_REST = 8
_FIRST_REST_SECONDS, _LONGEST_REST_SECONDS = 5, 300
_LONGEST_WISH_SECONDS = 3_600
FEWEST_FAILURES = 20
"""Before an endpoint is disabled by itself, however long it has failed."""
GONE = 410

AT_ONCE = 16
"""Messages under way to one endpoint that answers quickly."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How an endpoint has answered lately."""

    failures: int = 0
    failing_since: datetime | None = None
    resting_until: datetime | None = None
    disable: DisabledBecause | None = None
    """Why it shall be sent nothing any more."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of an endpoint, or none."""

    succeeded: bool
    status: int | None = None
    retry_after_seconds: int | None = None
    """How long the receiver asked us to wait."""


def next_try_at(tries: int, *, now: datetime, pauses: Sequence[float], chance: float) -> datetime | None:
    """When a delivery that has failed `tries` times is tried again; `None`: it is given up. `chance` is from 0 to 1."""
    if tries > len(pauses):
        return None
    return now + timedelta(seconds=pauses[tries - 1] * (1 + _JITTER * chance))


def health_after(health: Health, tried: Sequence[Tried], *, now: datetime, failing_days: int) -> Health:
    """How an endpoint stands after some more attempts, in the order in which they ended."""
    for each in tried:
        health = Health() if each.succeeded else _after_failure(health, each, now)
    long_failing = health.failing_since is not None and now - health.failing_since >= timedelta(
        days=failing_days
    )
    if long_failing and health.failures >= FEWEST_FAILURES and health.disable is None:
        health = msgspec.structs.replace(health, disable=DisabledBecause.FAILING)
    return health


def _after_failure(health: Health, tried: Tried, now: datetime) -> Health:
    failures = health.failures + 1
    rest = min(tried.retry_after_seconds or 0, _LONGEST_WISH_SECONDS)
    if failures >= FAILURES_BEFORE_REST:
        doublings = min(failures - FAILURES_BEFORE_REST, 10)
        rest = max(rest, min(_FIRST_REST_SECONDS * 2**doublings, _LONGEST_REST_SECONDS))
    return Health(
        failures=failures,
        failing_since=health.failing_since or now,
        resting_until=now + timedelta(seconds=rest) if rest else None,
        disable=DisabledBecause.GONE if tried.status == GONE else health.disable,
    )


def at_once(seconds: float) -> int:
    """How many messages may be under way to an endpoint that takes so long to answer: slow ones hold few places."""
    if seconds < 0.5:
        return AT_ONCE
    return 4 if seconds < 3 else 2
