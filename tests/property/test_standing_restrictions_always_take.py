"""Over any history of restrictions, classes, grants and time: is nothing ever given that a restriction in force takes?"""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.foundation.dated_rules import shipped_rules
from tael.standing.model import (
    AccountClass,
    AccountClasses,
    ClassStep,
    InForce,
    Kept,
    Kind,
    Permission,
    Reason,
    StandingState,
)
from tael.standing.rules import table

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
SHIPPED = {each.name: each.value for each in shipped_rules("standing").versions}
CLASSES = msgspec.convert(SHIPPED["standing.account_classes"], AccountClasses)
LEAN = msgspec.structs.replace(
    CLASSES, one=msgspec.structs.replace(CLASSES.one, gives=(Permission.LOOK,), on_request=tuple(Permission))
)

hours = st.integers(1, 40)
some = st.sets(st.sampled_from(list(Permission)), min_size=1).map(tuple)
steps = st.one_of(
    st.tuples(st.just("set"), some, st.none() | hours, st.sampled_from(list(Kind)), st.booleans()),
    st.tuples(st.just("lift"), st.integers(0, 9)),
    st.tuples(st.just("grant"), some),
    st.tuples(st.just("class"), st.sampled_from(list(AccountClass)), st.none() | hours),
    st.tuples(st.just("wait"), hours),
    st.tuples(st.just("turn")),
    st.tuples(st.just("close")),
)


class Model:
    """What was set and not lifted, by hand: a list, and the hour."""

    def __init__(self) -> None:
        self.hour = 0
        self.set: list[tuple[str, frozenset[Permission], int | None]] = []
        self.closed = False

    def taken(self) -> frozenset[Permission]:
        """What restrictions take in this hour."""
        holding = [takes for _, takes, until in self.set if until is None or self.hour < until]
        return frozenset(Permission) if self.closed else frozenset().union(*holding)


def a_fresh_row() -> Kept:
    return Kept(
        user_id="usr_1",
        person=None,
        steps=(ClassStep(AccountClass.NONE),),
        grants=(),
        limits={},
        in_force=(),
        opened_at=BEGIN,
        account_opened_at=None,
        quiet_since=BEGIN,
        closed_at=None,
        version=1,
        account_class=AccountClass.NONE,
        state=StandingState.ACTIVE,
    )


def moment(hour: int) -> datetime:
    return BEGIN + timedelta(hours=hour)


def gone_on(kept: Kept, model: Model, step: tuple[object, ...], number: int) -> Kept:
    now = moment(model.hour)
    match step:
        case ("set", tuple(takes), int() | None as span, Kind() as kind, bool(hidden)):
            until = None if span is None else model.hour + span
            model.set.append((f"rst_{number}", frozenset(takes), until))
            return table.with_restriction(
                kept,
                InForce(
                    id=f"rst_{number}",
                    kind=kind,
                    takes=takes,
                    since=now,
                    until=None if until is None else moment(until),
                    reason=Reason.BEING_CHECKED,
                    hidden=hidden,
                ),
            )
        case ("lift", int(place)) if place < len(model.set):
            id, *_ = model.set.pop(place)
            return table.without_restriction(kept, id)
        case ("grant", tuple(grants)):
            return msgspec.structs.replace(kept, grants=grants)
        case ("class", AccountClass() as given, int() | None as span):
            later = () if span is None else (ClassStep(AccountClass.NONE),)
            falls_at = None if span is None else moment(model.hour + span)
            return msgspec.structs.replace(kept, steps=(ClassStep(given, falls_at), *later))
        case ("wait", int(span)):
            model.hour += span
        case ("turn",):
            kept, _ = table.turned(kept, now)
        case ("close",):
            model.closed = True
            return msgspec.structs.replace(kept, closed_at=now)
        case _:
            pass
    return kept


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=25))
def test_a_restriction_in_force_always_takes_what_it_says(history: list[tuple[object, ...]]) -> None:
    kept, model = a_fresh_row(), Model()
    for number, step in enumerate(history):
        kept = gone_on(kept, model, step, number)
        for classes in (CLASSES, LEAN):
            may = table.may(kept, classes=classes, now=moment(model.hour))
            assert not may & model.taken()
            terms = classes.terms(kept.class_at(moment(model.hour)))
            given_at_all = {*terms.gives, *(each for each in kept.grants if each in terms.on_request)}
            assert may == given_at_all - model.taken(), "and nothing else is refused"
