"""What do pages show of routing? Candidates in order, the place at which an expression stops, how channels are."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.partners.model import Terms, Window
from tael.routing.api import Routing, Standing
from tael.routing.model import Candidate, PastDecision, Traffic

_PLACE = re.compile(r"line (\d{1,4}), column (\d{1,4})")


class Stop(msgspec.Struct, frozen=True):
    """Where an expression cannot be read any further."""

    line: str
    """The text of the line."""
    before: str
    """As many blanks as stand before the column."""


def where_it_stops(expression: str, refusal: Refusal | None) -> Stop | None:
    """The line that a refusal names, if it names one."""
    place = _PLACE.search(refusal.message) if refusal is not None else None
    lines = expression.split("\n")
    if place is None or not 1 <= int(place[1]) <= len(lines):
        return None
    line = lines[int(place[1]) - 1]
    return Stop(line, " " * min(max(int(place[2]) - 1, 0), len(line)))


class CandidateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that was thought of, with its numbers as people read them."""

    candidate: Candidate
    chosen: bool
    probability: str
    """With which it was drawn, in percent."""
    success: str
    """What was believed of it, in percent."""
    observations: str
    score: str
    cost: Money | None


def candidate_rows(decision: PastDecision) -> list[CandidateRow]:
    """Those that could have been chosen, the likeliest first; then the others."""
    ranked = sorted(
        decision.candidates, key=lambda each: (not each.eligible, -each.probability, each.channel)
    )
    currency = decision.wanted.amount.currency
    return [
        CandidateRow(
            candidate=each,
            chosen=each.channel == decision.chosen,
            probability=_percent(each.probability),
            success=_percent(each.success_probability),
            observations=f"{each.observations:,.1f}",
            score=f"{each.score:.4f}",
            cost=Money(each.cost_minor, currency) if each.cost_minor is not None else None,
        )
        for each in ranked
    ]


def _percent(part: float) -> str:
    return f"{100 * part:.2f}\N{NO-BREAK SPACE}%"


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """How payments went in some time."""

    decisions: int
    succeeded: int
    failed: int

    @property
    def success_basis_points(self) -> int | None:
        """Of those that succeeded or failed."""
        known = self.succeeded + self.failed
        return self.succeeded * 10_000 // known if known else None


def traffic_of(traffic: Sequence[Traffic], channel: str | None = None) -> Passed:
    """All scenes of one channel, or of all, taken together."""
    of_it = [each for each in traffic if channel in (None, each.channel)]
    return Passed(
        decisions=sum(each.decisions for each in of_it),
        succeeded=sum(each.succeeded for each in of_it),
        failed=sum(each.failed for each in of_it),
    )


class HealthRow(msgspec.Struct, frozen=True, kw_only=True):
    """How one channel is."""

    channel: str
    standing: Standing
    passed: Passed
    window: Window | None
    """The maintenance window that goes on, or comes next."""
    resting_seconds: int | None
    share_basis_points: int | None
    """Of its partner's terms; `None` if it has no partner."""


def health_rows(
    routing: Routing, terms: Mapping[str, Terms], traffic: Sequence[Traffic], *, now: datetime
) -> list[HealthRow]:
    """Every channel, those that are not well first."""
    rows = [
        _health_row(routing, channel, terms.get(channel), traffic, now=now) for channel in routing.channels()
    ]
    return sorted(rows, key=lambda row: (row.standing.health.usable, row.channel))


def _health_row(
    routing: Routing, channel: str, terms: Terms | None, traffic: Sequence[Traffic], *, now: datetime
) -> HealthRow:
    standing = routing.standing(channel)
    windows = terms.windows if terms is not None else ()
    ahead = [each for each in windows if each.cancelled_at is None and each.ends_at > now]
    return HealthRow(
        channel=channel,
        standing=standing,
        passed=traffic_of(traffic, channel),
        window=min(ahead, key=lambda each: each.starts_at, default=None),
        resting_seconds=round(standing.resting_seconds) if standing.resting_seconds is not None else None,
        share_basis_points=terms.share_basis_points if terms is not None else None,
    )
