"""How is a body read? Each name once, however many there are."""

import json
from typing import Annotated, Any

import msgspec
import pytest

from tael.foundation.errors import Malformed
from tael.foundation.http.bodies import read_json
from tael.foundation.http.wording import refusal_of


@pytest.mark.timeout(10)
def test_s2_a_name_that_stands_twice_among_thousands_is_found_in_one_look() -> None:
    names = ",".join(f'"{number}":1' for number in range(29_000))
    with pytest.raises(Malformed, match="28999 stands in the body more than once"):
        read_json(f'{{{names},"28999":2}}'.encode(), dict[str, Any])
    assert read_json(json.dumps({"a": {"b": 1}, "c": {"b": 1}}).encode(), dict[str, Any])


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
