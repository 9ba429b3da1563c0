"""How do calls come in and answers go out? One header in, bytes out."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import HeaderParameter

from tael.foundation.calls import Answer
from tael.foundation.problems import PROBLEM_JSON

IdempotencyKey = Annotated[
    str,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this request, 1 to 128 visible ASCII characters: "
        "repeated with the same name, it has one effect and one answer",
    ),
]


def respond(answer: Answer) -> Response[Any]:
    """The answer as it was written down, byte for byte."""
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    if answer.retry_after_seconds is not None:
        headers["Retry-After"] = str(answer.retry_after_seconds)
    return Response(
        content=answer.body,
        status_code=answer.status,
        media_type=PROBLEM_JSON if answer.status >= 400 else "application/json",
        headers=headers,
    )
