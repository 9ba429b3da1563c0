"""Which channels may do what is wanted? By what they can do, by their terms, and by the rules of operations."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.port import Capabilities, Operation
from tael.foundation.clock import EARLIEST, LATEST
from tael.foundation.errors import Refusal
from tael.routing.errors import RuleMalformed
from tael.routing.expressions import CannotEvaluate, Expression, known_expression, read_expression
from tael.routing.model import (
    ChannelTerms,
    Fact,
    Purpose,
    Rule,
    RuleFault,
    RuleVerb,
    Wanted,
    WhyNot,
)

OPERATION_OF: Mapping[Purpose, Operation] = {
    Purpose.PAY: Operation.PAY,
    Purpose.PAY_OUT: Operation.PAY_OUT,
    Purpose.REFUND: Operation.REFUND,
}
MOST_CHANNELS = 50
_LONGEST_TEXT = 500
_LARGEST_PRIORITY = 1_000


def why_never(
    purpose: Purpose, wanted: Wanted, capabilities: Capabilities, terms: ChannelTerms
) -> WhyNot | None:
    """Why a channel cannot do such things, whatever the amount. Refunds go through closed channels, too."""
    if OPERATION_OF[purpose] not in capabilities.operations:
        return WhyNot.OPERATION
    if wanted.amount.currency not in capabilities.amounts:
        return WhyNot.CURRENCY
    if purpose is not Purpose.REFUND and terms.share_basis_points <= 0:
        return WhyNot.TERMS
    if purpose is Purpose.PAY_OUT and wanted.payee_kind not in ("", capabilities.account_kind):
        return WhyNot.ACCOUNT
    if purpose is Purpose.PAY:
        if wanted.method not in (None, capabilities.method):
            return WhyNot.METHOD
        if wanted.product not in capabilities.products:
            return WhyNot.PRODUCT
    return None


def why_not_now(channel: str, wanted: Wanted, capabilities: Capabilities) -> WhyNot | None:
    """Why a channel that does such things may not do this one."""
    if wanted.pinned not in (None, channel):
        return WhyNot.PINNED
    if channel in wanted.excluded:
        return WhyNot.TRIED
    if wanted.held and (
        wanted.product not in capabilities.capture_later or Operation.CAPTURE not in capabilities.operations
    ):
        return WhyNot.PRODUCT
    amounts = capabilities.amounts[wanted.amount.currency]
    if not amounts.smallest_minor <= wanted.amount.minor <= amounts.largest_minor:
        return WhyNot.AMOUNT
    return None


def why_not_refundable(
    channel: str, wanted: Wanted, capabilities: Capabilities, *, now: datetime
) -> WhyNot | None:
    """Why a refund may not go the way that the payment came. A refund may be smaller than the smallest payment."""
    if wanted.refund_of is None or wanted.refund_of.channel != channel:
        return WhyNot.PINNED
    if channel in wanted.excluded:
        return WhyNot.TRIED
    if now - wanted.refund_of.paid_at > timedelta(days=capabilities.refund_window_days):
        return WhyNot.REFUND_WINDOW
    return None


class CompiledRule(msgspec.Struct, frozen=True):
    """A rule that can be evaluated."""

    rule: Rule
    expression: Expression


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say about one thing that is wanted."""

    ruled_out: Mapping[str, str] = {}
    """The channels that may not, each with the id of the rule that says so."""
    preferred: Collection[str] = ()
    faults: Sequence[RuleFault] = ()
    """Rules that could not be evaluated: they were left out."""


NO_RULES = Verdict()


def compile_rules(rules: Sequence[Rule], *, now: datetime) -> list[CompiledRule]:
    """The rules in force, the highest priority first. One that an older version let in and we cannot read is left out."""
    compiled = []
    for rule in sorted(rules, key=_rank, reverse=True):
        if rule.in_force(now):
            try:
                compiled.append(CompiledRule(rule, known_expression(rule.expression)))
            except RuleMalformed:
                continue
    return compiled


def _rank(rule: Rule) -> tuple[int, datetime, str]:
    return rule.priority, rule.created_at, rule.id


def judge(rules: Sequence[CompiledRule], facts: dict[str, Fact], channels: Sequence[str]) -> Verdict:
    """What the rules say about these channels; `facts` has every name in `expressions.FACTS`."""
    if not rules:
        return NO_RULES
    ruled_out: dict[str, str] = {}
    preferred: Collection[str] = ()
    faults: list[RuleFault] = []
    decided: set[RuleVerb] = set()
    for compiled in rules:
        rule = compiled.rule
        if rule.verb in decided:
            continue
        try:
            meant = channels_meant(compiled, facts, channels)
        except CannotEvaluate as error:
            faults.append(RuleFault(rule_id=rule.id, count=1, message=str(error)))
            continue
        if meant is None:
            continue
        out = meant if rule.verb is RuleVerb.NEVER else ()
        if rule.verb is RuleVerb.ONLY:
            out = [channel for channel in channels if channel not in meant]
        elif rule.verb is RuleVerb.PREFER:
            preferred = meant
        if rule.verb is not RuleVerb.NEVER:
            decided.add(rule.verb)
        for channel in out:
            ruled_out.setdefault(channel, rule.id)
    return Verdict(ruled_out=ruled_out, preferred=preferred, faults=faults)


def channels_meant(
    compiled: CompiledRule, facts: dict[str, Fact], channels: Sequence[str]
) -> Collection[str] | None:
    """The channels about which a rule speaks in this case; `None` if it does not apply. Raises `CannotEvaluate`."""
    named = compiled.rule.channels
    if "channel" not in compiled.expression.facts:
        return named if compiled.expression.holds(facts) else None
    meant = [
        channel for channel in named or channels if compiled.expression.holds({**facts, "channel": channel})
    ]
    return meant or None


def why_malformed(rule: Rule, known_channels: Collection[str]) -> Refusal | None:
    """The refusal of a rule, or `None`."""
    try:
        expression = read_expression(rule.expression)
    except RuleMalformed as refusal:
        return refusal
    if not rule.channels and "channel" not in expression.facts:
        return RuleMalformed("The rule names no channel, and its expression asks for none.", field="channels")
    unknown = sorted(set(rule.channels) - set(known_channels))
    if unknown or len(rule.channels) > MOST_CHANNELS:
        return RuleMalformed(
            f"There is no channel {unknown[0][:40]!r}." if unknown else "These are too many channels.",
            field="channels",
            hint=f"There are: {', '.join(sorted(known_channels)) or 'none'}.",
        )
    if abs(rule.priority) > _LARGEST_PRIORITY:
        return RuleMalformed(f"A priority is at most {_LARGEST_PRIORITY}.", field="priority")
    for field, text in (("owner", rule.owner), ("reason", rule.reason)):
        if not 1 <= len(text.strip()) <= _LONGEST_TEXT or not text.isprintable():
            return RuleMalformed(
                f"A rule has {'an' if field == 'owner' else 'a'} {field} in a few words.", field=field
            )
    return _why_never_in_force(rule)


def _why_never_in_force(rule: Rule) -> Refusal | None:
    for field, moment in (("starts_at", rule.starts_at), ("ends_at", rule.ends_at)):
        if moment is not None and (moment.tzinfo is None or not EARLIEST <= moment < LATEST):
            return RuleMalformed(
                f"{field} has no offset from UTC, or is not between {EARLIEST:%Y} and {LATEST:%Y}.",
                field=field,
                hint="Is the year what you mean?",
            )
    if rule.ends_at is not None and rule.ends_at <= rule.starts_at:
        return RuleMalformed("The rule ends before it starts.", field="ends_at")
    return None
