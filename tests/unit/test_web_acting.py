"""What does a page do with what was refused?"""

import msgspec
import pytest

from tael.foundation.calls import Answer
from tael.foundation.problems import problem_body
from tael.web.ui.acting import AsAnswered, settled


@pytest.mark.parametrize(
    ("status", "code"), [(404, "payments.no_such_payment"), (409, "conflict"), (503, "busy")]
)
def test_what_was_refused_as_an_answer_keeps_its_status_and_code_whoever_shows_it(
    status: int, code: str
) -> None:
    body = {"code": code, "detail": "Not so.", "status": status, "field": "payment_id", "least_minor": 5}
    with pytest.raises(AsAnswered) as raised:
        settled(Answer(status=status, body=msgspec.json.encode(body)))

    refusal = raised.value
    assert (refusal.status, refusal.code, refusal.message) == (status, code, "Not so.")
    shown = msgspec.json.decode(problem_body(refusal))
    assert (shown["status"], shown["code"], shown["least_minor"]) == (status, code, 5)


def test_an_answer_that_is_no_refusal_is_given_as_it_is() -> None:
    answer = Answer(status=201, body=b"{}")
    assert settled(answer) is answer
