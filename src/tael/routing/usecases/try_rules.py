"""What would rules have done to decisions that were taken? Nothing is written, and nothing is guessed.

What a channel that was ruled out would have been worth nobody worked out at the time: where other rules would let it
in, that is counted (`opened`), and shares are those of the channels that were thought of.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.routing import choice, eligibility
from tael.routing.choice import read_policy
from tael.routing.decisions import facts_of
from tael.routing.eligibility import CompiledRule, compile_rules
from tael.routing.model import Candidate, Decision, Purpose, Rule, WhyNot

_EXAMPLES = 10
_AT_A_TIME = 50
"""Decisions that are tried before others have their turn: payments go on meanwhile."""


class ShareShift(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the traffic a channel could expect."""

    channel: str
    before_basis_points: int
    after_basis_points: int


class RulesTrial(msgspec.Struct, frozen=True, kw_only=True):
    """What all rules together would have done to decisions that were taken."""

    decisions: int
    """About payments and payouts; refunds go back whatever rules say."""
    would_change: int
    """How many could not have been made."""
    left_without: int
    """How many of these would have had no channel at all."""
    opened: int
    """In how many a channel would have been let in that was ruled out: how it would have done is not known."""
    errors: int
    """How often a rule could not be evaluated."""
    last_error: str
    shares: Sequence[ShareShift]
    """By the names of channels."""
    examples: Sequence[str]
    """Subjects of some that would have changed."""


def compiled_as_if_in_force(rules: Sequence[Rule], *, now: datetime) -> list[CompiledRule]:
    """The rules as they will be judged when all of them have begun."""
    return compile_rules(
        [msgspec.structs.replace(rule, starts_at=min(rule.starts_at, now)) for rule in rules], now=now
    )


async def what_they_would_do(rules: Sequence[Rule], past: Sequence[Decision], *, now: datetime) -> RulesTrial:
    """What these rules, all in force, would have done to these decisions."""
    tally = _Tally(compiled_as_if_in_force(rules, now=now))
    for place, decision in enumerate(past):
        if decision.purpose is not Purpose.REFUND:
            tally.add(decision)
        if place % _AT_A_TIME == _AT_A_TIME - 1:
            await asyncio.sleep(0)
    return tally.trial()


class _Tally:
    """Sums over decisions."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self._rules = rules
        self._decisions = self._left_without = self._opened = self._errors = 0
        self._last_error = ""
        self._changed: list[str] = []
        self._before: dict[str, float] = {}
        self._after: dict[str, float] = {}

    def add(self, decision: Decision) -> None:
        names = [each.channel for each in decision.candidates]
        verdict = eligibility.judge(self._rules, facts_of(decision.wanted, decision.decided_at), names)
        candidates = [_judged(each, verdict) for each in decision.candidates]
        opened = any(
            each.why_not is WhyNot.RULE and each.channel not in verdict.ruled_out
            for each in decision.candidates
        )
        odds = choice.allot(
            candidates,
            read_policy(decision.policy),
            amount_minor=decision.wanted.amount.minor,
            turn=decision.turn,
        ).probabilities
        self._decisions += 1
        self._opened += opened
        for fault in verdict.faults:
            self._errors, self._last_error = self._errors + fault.count, fault.message
        for each, probability in zip(decision.candidates, odds, strict=True):
            self._before[each.channel] = self._before.get(each.channel, 0.0) + each.probability
            self._after[each.channel] = self._after.get(each.channel, 0.0) + probability
        if odds[names.index(decision.chosen)] <= 0:
            self._changed.append(decision.subject)
            self._left_without += not any(odds) and not opened

    def trial(self) -> RulesTrial:
        count = max(self._decisions, 1)
        return RulesTrial(
            decisions=self._decisions,
            would_change=len(self._changed),
            left_without=self._left_without,
            opened=self._opened,
            errors=self._errors,
            last_error=self._last_error,
            shares=[
                ShareShift(
                    channel=channel,
                    before_basis_points=round(self._before[channel] * choice.WHOLE / count),
                    after_basis_points=round(self._after[channel] * choice.WHOLE / count),
                )
                for channel in sorted(self._before)
                if self._before[channel] or self._after[channel]
            ],
            examples=self._changed[:_EXAMPLES],
        )


def _judged(candidate: Candidate, verdict: eligibility.Verdict) -> Candidate:
    if not candidate.eligible:
        return candidate
    if candidate.channel in verdict.ruled_out:
        return Candidate(
            channel=candidate.channel, why_not=WhyNot.RULE, rule_id=verdict.ruled_out[candidate.channel]
        )
    return msgspec.structs.replace(candidate, preferred=candidate.channel in verdict.preferred)
