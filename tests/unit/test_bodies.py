"""How is a body read? Each name once, however many there are."""

import json
from typing import Any

import pytest

from tael.foundation.errors import Malformed
from tael.foundation.http.bodies import read_json


@pytest.mark.timeout(10)
def test_s2_a_name_that_stands_twice_among_thousands_is_found_in_one_look() -> None:
    names = ",".join(f'"{number}":1' for number in range(29_000))
    with pytest.raises(Malformed, match="28999 stands in the body more than once"):
        read_json(f'{{{names},"28999":2}}'.encode(), dict[str, Any])
    assert read_json(json.dumps({"a": {"b": 1}, "c": {"b": 1}}).encode(), dict[str, Any])
