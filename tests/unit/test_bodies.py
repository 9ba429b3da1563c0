"""How is a body read? Each name once, however many there are."""

import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from tael.foundation.errors import Malformed
from tael.foundation.http.bodies import read_json
from tael.foundation.http.wording import FAULTS, refusal_of
from tael.web.ui.i18n import CATALOGUES


@pytest.mark.timeout(10)
def test_s2_a_name_that_stands_twice_among_thousands_is_found_in_one_look() -> None:
    names = ",".join(f'"{number}":1' for number in range(29_000))
    with pytest.raises(Malformed, match="28999 stands in the body more than once"):
        read_json(f'{{{names},"28999":2}}'.encode(), dict[str, Any])
    assert read_json(json.dumps({"a": {"b": 1}, "c": {"b": 1}}).encode(), dict[str, Any])


class Colour(StrEnum):
    """A few of them."""

    RED = "red"
    BLUE = "blue"


class Painted(msgspec.Struct):
    """Something that has a colour."""

    colour: Annotated[Colour, msgspec.Meta(description="Of the paint")]
    shape: Literal["round", "long"] | None = None


class House(msgspec.Struct):
    """A body with enumerations further down."""

    doors: Annotated[list[Painted], msgspec.Meta(max_length=3)] = []
    gate: Painted | None = None


class Shares(msgspec.Struct):
    """A body with a list that has bounds."""

    them: Annotated[list[str], msgspec.Meta(min_length=2, max_length=3)]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"them": []}, "them must have at least 2 entries."),
        ({"them": list("abcd")}, "them may have at most 3 entries."),
    ],
)
def test_a_list_that_is_too_short_or_too_long_is_refused_in_words(given: object, said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Shares)
    assert refusal_of(str(refused.value), meanings={}).message == said


@pytest.mark.parametrize(
    ("body", "field", "choices"),
    [
        (b'{"gate": {"colour": "loud"}}', "gate.colour", "It can be red, blue."),
        (b'{"doors": [{"colour": "loud"}]}', "doors[].colour", "It can be red, blue."),
        (b'{"gate": {"colour": "red", "shape": "flat"}}', "gate.shape", "It can be long, round."),
    ],
)
def test_what_an_enumeration_does_not_know_is_refused_with_what_it_knows(
    body: bytes, field: str, choices: str
) -> None:
    with pytest.raises(Malformed) as refused:
        read_json(body, House)
    assert (refused.value.field or "").replace("[0]", "[]") == field
    assert sorted(re.findall(r"\w+", str(refused.value.hint))) == sorted(re.findall(r"\w+", choices))


def test_pages_have_words_for_every_usual_fault_of_form() -> None:
    for catalogue in CATALOGUES.values():
        begin = "form.wrong_of."
        said = {key.removeprefix(begin) for key in catalogue.messages if key.startswith(begin)}
        assert said == set(FAULTS)
