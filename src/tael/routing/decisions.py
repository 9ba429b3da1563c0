"""Which channel, then? One decision from what is known, a moment, and one random number."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.channels.port import Capabilities, Product
from tael.foundation.clock import CHINA
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.routing import choice
from tael.routing.choice import Allotment, Policy
from tael.routing.eligibility import (
    OPERATION_OF,
    CompiledRule,
    Verdict,
    judge,
    why_never,
    why_not_now,
    why_not_refundable,
)
from tael.routing.errors import NoChannel
from tael.routing.estimates import Chances, segment_of
from tael.routing.expressions import FACTS, why_no_fact
from tael.routing.model import (
    Candidate,
    ChannelTerms,
    Decision,
    Fact,
    Health,
    Purpose,
    RuleFault,
    Wanted,
    WhyNot,
)

_USUAL: Mapping[str, Fact] = {name: usual for name, (usual, _) in FACTS.items()}
_CHEAPEST = Policy(name=choice.CHEAPEST)
"""Money that we send arrives over any channel that is well: the price decides."""


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it is known at one moment."""

    name: str
    capabilities: Capabilities
    terms: ChannelTerms


class Knowledge:
    """What decisions stand on: taken from the database every second, and used without asking anybody."""

    def __init__(
        self, channels: Sequence[ChannelView], rules: Sequence[CompiledRule], chances: Chances, policy: Policy
    ) -> None:
        self.channels = channels
        self.names = [channel.name for channel in channels]
        self.rules = rules
        self.chances = chances
        self.policy = policy
        self._suited: dict[tuple[Purpose, str | None, Product, str, str], Suited] = {}

    def account_kind_of(self, name: str) -> str:
        """The kind of account that a channel tells money came from; empty if nobody else could read it."""
        return next((each.capabilities.account_kind for each in self.channels if each.name == name), "")

    def suited(self, purpose: Purpose, wanted: Wanted) -> "Suited":
        """The channels that do such things, and the others with their reasons."""
        key = purpose, wanted.method, wanted.product, wanted.amount.currency, wanted.payee_kind
        known = self._suited.get(key)
        if known is None:
            yes, no = [], []
            for channel in self.channels:
                why = why_never(purpose, wanted, channel.capabilities, channel.terms)
                if why is None:
                    yes.append(channel)
                else:
                    no.append(Candidate(channel=channel.name, why_not=why))
            known = self._suited[key] = Suited(yes, no)
        return known


class Suited(msgspec.Struct, frozen=True):
    """Who does such things, and who does not."""

    yes: Sequence[ChannelView]
    no: Sequence[Candidate]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """What else a decision depends on."""

    now: datetime
    turn: int
    draw: float
    """A random number: 0 or more, less than 1."""
    health_of: Callable[[str], Health]


def decide(
    wanted: Wanted, known: Knowledge, moment: Moment
) -> tuple[Decision | Refusal, Sequence[RuleFault]]:
    """The decision, or `NoChannel` or `FactMalformed`; and the rules that could not be evaluated."""
    if (refusal := why_no_fact(wanted.facts)) is not None:
        return refusal, ()
    verdict = judge(known.rules, facts_of(wanted, moment.now), known.names)
    case = _Case(wanted, known, moment, verdict)
    if wanted.purpose is Purpose.REFUND:
        made = _decide_refund(case)
    else:
        made = case.decide(wanted.purpose, known.policy if wanted.purpose is Purpose.PAY else _CHEAPEST)
    return made, verdict.faults


def facts_of(wanted: Wanted, now: datetime) -> dict[str, Fact]:
    """What rules may ask of what is wanted."""
    there = now.astimezone(CHINA)
    return {
        **_USUAL,
        **wanted.facts,
        "amount_minor": wanted.amount.minor,
        "currency": wanted.amount.currency,
        "purpose": wanted.purpose.value,
        "method": wanted.method or "",
        "product": wanted.product.value,
        "merchant_id": wanted.merchant_id,
        "hour": there.hour,
        "weekday": there.isoweekday(),
    }


def _decide_refund(case: "_Case") -> Decision | Refusal:
    """The way that the payment came, if that is open and well; else to the payer's account, if we know one.

    Only over a channel that reads the account as the first channel wrote it: a wallet can do nothing with an IBAN.
    If we know none, a channel that is ill is asked all the same: the refund waits there and is asked again.
    """
    back = case.decide(Purpose.REFUND, _CHEAPEST)
    if isinstance(back, Decision) and _is_well(back):
        return back
    paid = case.wanted.refund_of
    kind = case.known.account_kind_of(paid.channel) if paid is not None and paid.payer_account_known else ""
    if kind:
        to_their_account = msgspec.structs.replace(case.wanted, payee_kind=kind)
        out = msgspec.structs.replace(case, wanted=to_their_account).decide(Purpose.PAY_OUT, _CHEAPEST)
        if isinstance(out, Decision) and (not isinstance(back, Decision) or _is_well(out)):
            return out
    return back


def _is_well(decision: Decision) -> bool:
    return any(each.health.usable for each in decision.candidates if each.channel == decision.chosen)


class _Case(msgspec.Struct, frozen=True):
    """What is wanted, and all that bears on it."""

    wanted: Wanted
    known: Knowledge
    moment: Moment
    verdict: Verdict

    def decide(self, purpose: Purpose, policy: Policy) -> Decision | Refusal:
        """Draw one of those that may do it; refuse `NoChannel` if nobody may."""
        wanted, moment = self.wanted, self.moment
        segment = segment_of(
            purpose=purpose,
            method=wanted.method,
            product=wanted.product,
            currency=wanted.amount.currency,
            amount_minor=wanted.amount.minor,
        )
        suited = self.known.suited(purpose, wanted)
        thought_of = [self._candidate(channel, purpose, segment) for channel in suited.yes]
        allotted = choice.allot(thought_of, policy, amount_minor=wanted.amount.minor, turn=moment.turn)
        if not any(allotted.probabilities):
            return _refusal(purpose, wanted, [*thought_of, *suited.no])
        place = choice.draw(allotted.probabilities, moment.draw)
        return Decision(
            id=new_id("dec"),
            wanted=wanted,
            purpose=purpose,
            decided_at=moment.now,
            policy=policy.words,
            segment=segment,
            turn=moment.turn,
            candidates=[*_with_odds(thought_of, allotted), *suited.no],
            chosen=thought_of[place].channel,
            probability=allotted.probabilities[place],
        )

    def _candidate(self, channel: ChannelView, purpose: Purpose, segment: str) -> Candidate:
        """A channel that does such things, with all that the choice goes by; or why it may not do this one."""
        name, wanted, terms = channel.name, self.wanted, channel.terms
        if purpose is Purpose.REFUND:  # what was paid goes back whatever rules say about new business
            why = why_not_refundable(name, wanted, channel.capabilities, now=self.moment.now)
        elif name in self.verdict.ruled_out:
            return Candidate(channel=name, why_not=WhyNot.RULE, rule_id=self.verdict.ruled_out[name])
        else:
            why = why_not_now(name, wanted, channel.capabilities)
        if why is not None:
            return Candidate(channel=name, why_not=why)
        chance = self.known.chances.of(name, segment)
        return Candidate(
            channel=name,
            health=self._health(channel),
            share_basis_points=terms.share_basis_points if terms.share_basis_points < choice.WHOLE else None,
            preferred=name in self.verdict.preferred,
            success_probability=chance.mean,
            observations=chance.observations,
            cost_minor=self._cost_minor(channel, purpose),
        )

    def _health(self, channel: ChannelView) -> Health:
        if channel.terms.rests_at(self.moment.now):
            return Health.MAINTENANCE
        return self.moment.health_of(channel.name)

    def _cost_minor(self, channel: ChannelView, purpose: Purpose) -> int | None:
        """What the channel takes; a price in another currency does not compare, and counts as unknown."""
        fees = channel.terms.fees_at(self.moment.now)
        if fees is None:
            return None
        wanted = self.wanted
        card_kind = str(wanted.facts.get("card_kind", "")) or None
        product = wanted.product if purpose is Purpose.PAY else None
        cost = fees.cost(product, card_kind, wanted.amount, OPERATION_OF[purpose])
        return cost.minor if cost is not None and cost.currency == wanted.amount.currency else None


def _with_odds(candidates: Sequence[Candidate], allotted: Allotment) -> list[Candidate]:
    return [
        each
        if each.why_not is not None
        else Candidate(
            channel=each.channel,
            health=each.health,
            share_basis_points=each.share_basis_points,
            preferred=each.preferred,
            success_probability=each.success_probability,
            observations=each.observations,
            cost_minor=each.cost_minor,
            score=score,
            probability=probability,
        )
        for each, score, probability in zip(candidates, allotted.scores, allotted.probabilities, strict=True)
    ]


def _refusal(purpose: Purpose, wanted: Wanted, candidates: Sequence[Candidate]) -> NoChannel:
    """Which reason keeps which channels away, in one sentence."""
    reasons = ", ".join(f"{each.channel}: {each.why_not}" for each in candidates[:20])
    return NoChannel(
        f"No channel can take this {purpose.value.replace('_', ' ')} of {wanted.amount}.",
        field="channel" if wanted.pinned else None,
        hint=f"Why not: {reasons}." if reasons else "No channel is configured.",
    )
