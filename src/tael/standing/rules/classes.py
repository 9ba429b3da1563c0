"""Which account class does evidence give, and until when?"""

from collections.abc import Sequence
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


def class_given(
    evidence: Sequence[Evidence], *, person: Person, classes: AccountClasses, at: datetime
) -> AccountClass:
    """The highest class that the evidence is enough for at a moment."""
    if person.banned_until is not None and at < person.banned_until:
        return AccountClass.NONE
    counting = [each for each in evidence if each.counts_at(at) and each.source in classes.counted_sources]
    sources = {each.source for each in counting}
    seen = any(each.presence is Presence.FACE_TO_FACE for each in counting)
    for account_class in reversed(CLASSES[1:]):
        terms = classes.terms(account_class)
        enough = len(sources) >= terms.sources or (seen and terms.face_to_face_is_enough)
        barred = (terms.first_account and person.has_another) or (
            terms.one_per_person and person.has_class_three
        )
        if enough and not barred:
            return account_class
    return AccountClass.NONE


def steps_of(
    evidence: Sequence[Evidence], *, person: Person, classes: AccountClasses, now: datetime
) -> tuple[ClassStep, ...]:
    """The class now, and what it falls to (or rises to, after a ban) when."""
    turns = {each.valid_until for each in evidence if each.counts_at(now)} | {person.banned_until}
    moments = [now, *sorted(turn for turn in turns if turn is not None and turn > now)]
    steps: list[ClassStep] = []
    for position, moment in enumerate(moments):
        given = class_given(evidence, person=person, classes=classes, at=moment)
        until = moments[position + 1] if position + 1 < len(moments) else None
        if steps and steps[-1].account_class is given:
            steps[-1] = ClassStep(given, until)
        else:
            steps.append(ClassStep(given, until))
    return tuple(steps)
