"""Is an act unlike its user? Rule by rule; figures and consequences are data (`behaviour.rules`).

Somebody of whom nothing is known yet does nothing unusual: a first device is not a new one. What failed is looked at by one
rule only, the one that counts failures: whoever tries passwords from afar has done nothing yet.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

import msgspec

from tael.behaviour.model import (
    LOCAL,
    SEVERITY,
    SPENDING,
    ActKind,
    ActResult,
    BehaviourRules,
    Finding,
    Follows,
    Reason,
    RecordedAct,
    Seen,
    Unusual,
)
from tael.foundation.clock import CHINA

_HIGHEST = 100


def find_unusual(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> Unusual:
    """What is unusual about an act, and what follows from it."""
    reasons = tuple(reason for reason, holds in _RULES.items() if holds(act, seen, rules))
    if not reasons:
        return Unusual()
    score = min(_HIGHEST, sum(_finding(rules, reason).weight for reason in reasons))
    wanted = [_finding(rules, reason).follows for reason in reasons]
    wanted += [step.follows for step in rules.steps if score >= step.score]
    return Unusual(reasons=reasons, score=score, follows=max(wanted, key=SEVERITY.__getitem__))


def without_known(unusual: Unusual, *, reasons: Collection[str], follows: Collection[str]) -> Unusual:
    """What of it is news to somebody who was warned of these reasons lately, with these consequences."""
    severity = SEVERITY[unusual.follows]
    if set(unusual.reasons) <= set(reasons) and any(SEVERITY[Follows(each)] >= severity for each in follows):
        return msgspec.structs.replace(unusual, follows=Follows.NOTHING)
    return unusual


def _finding(rules: BehaviourRules, reason: Reason) -> Finding:
    finding: Finding = getattr(rules, reason.value)
    return finding


def _new_place(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    return (
        _done(act, rules.new_place.kinds)
        and act.place not in (None, LOCAL)
        and seen.any_place
        and not seen.place_known
    )


def _new_device(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    return (
        _done(act, rules.new_device.kinds)
        and act.device_id is not None
        and seen.any_device
        and not seen.device_known
    )


def _impossible_travel(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    before, now, rule = seen.last_place, act.place, rules.impossible_travel
    if not _done(act) or before is None or now in (None, LOCAL, before) or seen.last_place_at is None:
        return False
    if any(before in group and now in group for group in rule.near):
        return False
    return act.at - seen.last_place_at < timedelta(hours=rule.hours)


def _unusual_hour(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    rule = rules.unusual_hour
    hour, known = act.at.astimezone(CHINA).hour, sum(seen.hours)
    if not _done(act, rule.kinds) or not _is_between(hour, rule.from_hour, rule.to_hour):
        return False
    around = sum(seen.hours[(hour + beside) % 24] for beside in (-1, 0, 1)) if known else 0
    return known >= rule.least_acts and around * 100 <= known * rule.most_percent


def _amount_far_above_habit(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    rule = rules.amount_far_above_habit
    least = rule.least_minor.get(act.currency or "")
    return (
        _done(act, SPENDING)
        and least is not None
        and seen.amount_count >= rule.least_acts
        and (act.amount_minor or 0) >= max(least, rule.times * seen.amount_high_minor)
    )


def _many_in_short_time(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    return _done(act, SPENDING) and seen.in_short_time + 1 >= rules.many_in_short_time.count


def _many_new_payees(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    return _done(act, SPENDING) and seen.new_payees >= rules.many_new_payees.count


def _many_failures(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    return act.result is ActResult.FAILED and seen.failures + 1 >= rules.many_failures.count


def _sign_in_after_long_silence(act: RecordedAct, seen: Seen, rules: BehaviourRules) -> bool:
    last, days = seen.last_sign_in_at, rules.sign_in_after_long_silence.days
    return _done(act, (ActKind.SIGN_IN,)) and last is not None and act.at - last >= timedelta(days=days)


_RULES: Mapping[Reason, Callable[[RecordedAct, Seen, BehaviourRules], bool]] = {
    Reason.NEW_PLACE: _new_place,
    Reason.NEW_DEVICE: _new_device,
    Reason.IMPOSSIBLE_TRAVEL: _impossible_travel,
    Reason.UNUSUAL_HOUR: _unusual_hour,
    Reason.AMOUNT_FAR_ABOVE_HABIT: _amount_far_above_habit,
    Reason.MANY_IN_SHORT_TIME: _many_in_short_time,
    Reason.MANY_NEW_PAYEES: _many_new_payees,
    Reason.MANY_FAILURES: _many_failures,
    Reason.SIGN_IN_AFTER_LONG_SILENCE: _sign_in_after_long_silence,
}


def _done(act: RecordedAct, kinds: Collection[ActKind] = tuple(ActKind)) -> bool:
    return act.result is ActResult.DONE and act.kind in kinds


def _is_between(hour: int, first: int, end: int) -> bool:
    """Also over midnight: from 22 to 5."""
    return first <= hour < end if first <= end else hour >= first or hour < end
