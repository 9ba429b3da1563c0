"""Which account class does evidence give, and until when?"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.standing.model import (
    CLASSES,
    AccountClass,
    AccountClasses,
    ClassStep,
    Evidence,
    Person,
    Presence,
)


def counting(evidence: Sequence[Evidence], *, classes: AccountClasses, at: datetime) -> Sequence[Evidence]:
    """What of the evidence counts at a moment."""
    return [each for each in evidence if each.counts_at(at) and each.source in classes.counted_sources]


def independent(evidence: Sequence[Evidence], *, groups: Mapping[str, str]) -> int:
    """How many sources this is the word of; those of one group rest on the same knowledge, and are one.

    groups   of each source its group; a source that is not there stands by itself
    """
    return len({groups.get(each.source, each.source) for each in evidence})


def class_given(
    evidence: Sequence[Evidence],
    *,
    person: Person,
    classes: AccountClasses,
    groups: Mapping[str, str],
    at: datetime,
) -> AccountClass:
    """The highest class that the evidence is enough for at a moment."""
    if person.banned_until is not None and at < person.banned_until:
        return AccountClass.NONE
    counts = counting(evidence, classes=classes, at=at)
    sources = independent(counts, groups=groups)
    seen = any(each.presence is Presence.FACE_TO_FACE for each in counts)
    for account_class in reversed(CLASSES[1:]):
        terms = classes.terms(account_class)
        enough = sources >= terms.sources or (seen and terms.face_to_face_is_enough)
        barred = (terms.first_account and person.has_another) or (
            terms.one_per_person and person.has_class_three
        )
        if enough and not barred:
            return account_class
    return AccountClass.NONE


def steps_of(
    evidence: Sequence[Evidence],
    *,
    person: Person,
    classes: AccountClasses,
    groups: Mapping[str, str],
    now: datetime,
) -> tuple[ClassStep, ...]:
    """The class now, and what it falls to (or rises to, after a ban) when."""
    turns = {each.valid_until for each in evidence if each.counts_at(now)} | {person.banned_until}
    moments = [now, *sorted(turn for turn in turns if turn is not None and turn > now)]
    steps: list[ClassStep] = []
    for position, moment in enumerate(moments):
        given = class_given(evidence, person=person, classes=classes, groups=groups, at=moment)
        until = moments[position + 1] if position + 1 < len(moments) else None
        if steps and steps[-1].account_class is given:
            steps[-1] = ClassStep(given, until)
        else:
            steps.append(ClassStep(given, until))
    return tuple(steps)
