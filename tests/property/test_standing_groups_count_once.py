"""Whatever rests on the same knowledge: does it count once towards the account class, by whatever names and however often?"""

from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.foundation.dated_rules import shipped_rules
from tael.standing.model import CLASSES, AccountClass, AccountClasses, Evidence, Person, Presence
from tael.standing.rules.classes import class_given, counting, independent, steps_of

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHIPPED = {each.name: each.value for each in shipped_rules("standing", "verification").versions}
TERMS = msgspec.convert(SHIPPED["standing.account_classes"], AccountClasses)
SOURCES = TERMS.counted_sources
REMOTE, SEEN = Presence.REMOTE, Presence.FACE_TO_FACE
_NUMBERS = count()

hours = st.integers(-5, 40)
evidences = st.lists(
    st.tuples(st.sampled_from((*SOURCES, "a_friend")), st.none() | hours, st.booleans()), max_size=12
)
groupings = st.dictionaries(st.sampled_from(SOURCES), st.sampled_from(("police", "bank", "camera")))


def word(
    source: str, hour: int | None = None, *, presence: Presence = REMOTE, withdrawn: bool = False
) -> Evidence:
    return Evidence(
        id=f"evd_{next(_NUMBERS)}",
        user_id="usr_1",
        source=source,
        presence=presence,
        at=NOW - timedelta(days=9),
        valid_until=None if hour is None else NOW + timedelta(hours=hour),
        check_id=None,
        withdrawn_at=NOW if withdrawn else None,
        withdrawn_reason="a second look" if withdrawn else None,
    )


def class_of(evidence: list[Evidence], groups: dict[str, str], at: datetime = NOW) -> AccountClass:
    return class_given(evidence, person=Person(), classes=TERMS, groups=groups, at=at)


@pytest.mark.parametrize(
    ("names", "together", "presence", "given"),
    [
        (SOURCES[:3], {}, REMOTE, AccountClass.TWO),
        (SOURCES[:3], dict.fromkeys(SOURCES[:2], "police"), REMOTE, AccountClass.ONE),
        (SOURCES[:3], dict.fromkeys(SOURCES[:3], "police"), REMOTE, AccountClass.ONE),
        (SOURCES[:4], dict.fromkeys(SOURCES[:2], "police"), REMOTE, AccountClass.TWO),
        (SOURCES, {}, REMOTE, AccountClass.THREE),
        (SOURCES, dict.fromkeys(SOURCES[3:], "camera"), REMOTE, AccountClass.TWO),
        (SOURCES, dict.fromkeys(SOURCES, "all"), REMOTE, AccountClass.ONE),
        (SOURCES[:1], {}, SEEN, AccountClass.THREE),
        (SOURCES[:2], dict.fromkeys(SOURCES[:2], "police"), SEEN, AccountClass.THREE),
        (("a_friend",), {"a_friend": "police"}, SEEN, AccountClass.NONE),
    ],
)
def test_the_class_follows_from_groups_and_presence(
    names: tuple[str, ...], together: dict[str, str], presence: Presence, given: AccountClass
) -> None:
    evidence = [word(name) for name in names[:-1]] + [word(names[-1], presence=presence)]
    assert class_of(evidence, together) is given


@settings(max_examples=300, deadline=None)
@given(evidences, groupings, hours)
def test_what_counts_is_the_number_of_different_groups(
    said: list[tuple[str, int | None, bool]], groups: dict[str, str], hour: int
) -> None:
    evidence = [word(source, until, withdrawn=withdrawn) for source, until, withdrawn in said]
    by_hand = {
        groups.get(source, source)
        for source, until, withdrawn in said
        if source in SOURCES and not withdrawn and (until is None or hour < until)
    }
    at = NOW + timedelta(hours=hour)
    assert independent(counting(evidence, classes=TERMS, at=at), groups=groups) == len(by_hand)
    needed = [each for each in CLASSES if TERMS.terms(each).sources <= len(by_hand)]
    assert class_of(evidence, groups, at) is needed[-1]


@settings(max_examples=300, deadline=None)
@given(evidences, groupings)
def test_a_group_lasts_as_long_as_one_of_its_sources_and_grouping_raises_nobody(
    said: list[tuple[str, int | None, bool]], groups: dict[str, str]
) -> None:
    evidence = [word(source, until, withdrawn=withdrawn) for source, until, withdrawn in said]
    steps = steps_of(evidence, person=Person(), classes=TERMS, groups=groups, now=NOW)
    for hour in range(42):
        at = NOW + timedelta(hours=hour)
        held = next(each.account_class for each in steps if each.until is None or at < each.until)
        assert held is class_of(evidence, groups, at)
        assert CLASSES.index(held) <= CLASSES.index(class_of(evidence, {}, at))
