"""What do findings mean, when is asked again, and which sources rest on the same knowledge?"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tael.foundation.dated_rules import shipped_rules
from tael.simulators.verification import persons
from tael.testing.verification import PICTURE, particulars, with_pictures
from tael.verification import rules
from tael.verification.errors import ParticularsIncomplete
from tael.verification.model import Patience, Sources
from tael.verification.port import UNKNOWN_REASONS, Element, Finding, Particulars, Reason, SourceName, State

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CARD = "tok_06dk3vg5m8x4t9c1h2zq7n0rby"
shipped = {version.name: version.value for version in shipped_rules("verification").versions}
TERMS = msgspec.convert(shipped["verification.sources"], Sources)
PATIENCE = msgspec.convert(shipped["verification.patience"], Patience)
asked = st.sampled_from([frozenset(elements) for elements in rules.ELEMENTS.values()])
found = st.dictionaries(st.sampled_from(Element), st.sampled_from(Finding))


@given(asked, found, st.sampled_from(Reason))
def test_a_match_is_said_only_if_every_element_matches_and_nothing_speaks_against_it(
    elements: frozenset[Element], findings: dict[Element, Finding], reason: Reason
) -> None:
    answer = rules.concluded(elements, findings, reason=reason)
    all_match = all(findings.get(element) is Finding.MATCHED for element in elements)
    assert (answer.state is State.MATCHED) == (all_match and reason is Reason.NONE)


@given(asked, found, st.sampled_from(sorted(set(Reason) - UNKNOWN_REASONS)))
def test_a_mismatch_is_said_only_of_an_element_that_was_asked_about(
    elements: frozenset[Element], findings: dict[Element, Finding], reason: Reason
) -> None:
    answer = rules.concluded(elements, findings, reason=reason)
    wrong = {element for element in elements if findings.get(element) is Finding.MISMATCHED}
    assert (answer.state is State.MISMATCHED) == bool(wrong)
    assert set(answer.findings) <= elements


@given(asked, found, st.sampled_from(sorted(UNKNOWN_REASONS)))
def test_what_the_source_does_not_know_stays_unknown_whatever_it_finds(
    elements: frozenset[Element], findings: dict[Element, Finding], reason: Reason
) -> None:
    assert rules.concluded(elements, findings, reason=reason).state is State.UNKNOWN


def test_an_element_that_the_source_leaves_out_was_not_compared() -> None:
    answer = rules.concluded(frozenset({Element.NAME, Element.DOCUMENT}), {Element.NAME: Finding.MATCHED})
    assert answer.state is State.PARTIAL
    assert answer.findings[Element.DOCUMENT] is Finding.UNCHECKED


@pytest.mark.parametrize(
    ("score", "state"), [(80, State.MATCHED), (79, State.PARTIAL), (None, State.PARTIAL)]
)
def test_a_face_that_is_less_alike_than_we_ask_for_is_no_match(score: int | None, state: State) -> None:
    elements = frozenset(rules.ELEMENTS[SourceName.DOCUMENT_FACE])
    answer = rules.concluded(elements, dict.fromkeys(elements, Finding.MATCHED), score_percent=score)
    judged = rules.judged(answer, TERMS.document_face)
    assert judged.state is state
    if state is State.PARTIAL:
        assert judged.reason is Reason.NOT_SURE_ENOUGH


def test_a_source_hears_only_what_it_compares() -> None:
    said = with_pictures(particulars(card_token=CARD, card_last4="4242"))
    told = rules.needed_by(SourceName.MOBILE_OPERATOR, said)
    assert (told.card_token, told.card_last4, told.front, told.face) == ("", "", b"", b"")
    assert told.phone == said.phone
    assert rules.needed_by(SourceName.IDENTITY_DATABASE, said).face == PICTURE
    assert rules.needed_by(SourceName.IDENTITY_DATABASE, said).phone == ""
    assert rules.needed_by(SourceName.DOCUMENT_FACE, said).front == PICTURE


@pytest.mark.parametrize(
    ("source", "said", "field"),
    [
        (SourceName.IDENTITY_DATABASE, particulars(" "), "name"),
        (SourceName.MOBILE_OPERATOR, particulars(phone="13800001234"), "phone"),
        (SourceName.BANK_CARD, particulars(card_token="4242424242424242"), "card_token"),
        (SourceName.DOCUMENT_FACE, particulars(front=PICTURE, back=PICTURE), "face"),
        (SourceName.DOCUMENT_FACE, particulars(front=PICTURE, back=b"%PDF-1.7", face=PICTURE), "back"),
    ],
)
def test_what_is_missing_is_named(source: SourceName, said: Particulars, field: str) -> None:
    with pytest.raises(ParticularsIncomplete) as refused:
        rules.elements_of(source, said)
    assert refused.value.field == field
    assert said.document.number not in f"{refused.value.message}{refused.value.hint}"


def test_a_face_is_compared_by_the_identity_database_if_there_is_a_picture() -> None:
    said = particulars()
    assert Element.PORTRAIT not in rules.elements_of(SourceName.IDENTITY_DATABASE, said)
    with_face = msgspec.structs.replace(said, face=PICTURE)
    assert Element.PORTRAIT in rules.elements_of(SourceName.IDENTITY_DATABASE, with_face)


@given(st.integers(1, 30), st.sampled_from([Reason.NO_ANSWER, Reason.PENDING]))
def test_pauses_grow_and_end_in_giving_up(times: int, reason: Reason) -> None:
    def after(times_asked: int, now: datetime) -> datetime | None:
        return rules.next_ask_at(
            opened_at=NOW, times_asked=times_asked, reason=reason, now=now, patience=PATIENCE
        )

    first, second = after(times, NOW), after(times + 1, NOW)
    assert first is not None
    assert second is not None
    assert NOW < first <= second
    assert after(times, NOW + timedelta(hours=73)) is None


def test_every_source_has_a_group_and_as_shipped_each_has_its_own() -> None:
    groups = TERMS.groups()
    assert set(groups) == set(SourceName)
    assert len(set(groups.values())) == len(SourceName)


def test_nobody_is_shown_by_accident() -> None:
    said = particulars("张三")
    assert "张三" not in repr(said)
    assert said.document.number not in repr(said)


def test_the_guide_names_everybody_about_whom_the_simulator_knows_something() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/verification.md").read_text("utf-8")
    named = [name for names in persons.PERSONS for name in names]
    for each in (*named, *persons.PHONES, *persons.CARDS):
        assert f"| {each} |" in guide
    for reason in Reason:
        assert f"`{reason}`" in guide or reason is Reason.NONE
