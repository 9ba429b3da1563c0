"""What does a refusal look like on the wire? A problem document (RFC 9457)."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tael.foundation.errors import Refusal

PROBLEM_JSON = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, where, and what to do about it. Some problems carry further members."""

    type: Annotated[str, Meta(description="A stable reference: `urn:tael:problem:` and the code")]
    title: Annotated[str, Meta(description="The kind of problem, in words that do not change")]
    status: Annotated[int, Meta(description="The status of the answer")]
    code: Annotated[str, Meta(description="The kind of problem, for programs")]
    detail: Annotated[str, Meta(description="What was wrong this time, for people")]
    field: Annotated[str | UnsetType, Meta(description="The field, parameter or header that was wrong")] = (
        UNSET
    )
    hint: Annotated[str | UnsetType, Meta(description="What you can do")] = UNSET

    @classmethod
    def of(cls, refusal: Refusal) -> "Problem":
        """The document of one refusal."""
        return cls(
            type=f"urn:tael:problem:{refusal.code}",
            title=refusal.title,
            status=refusal.status,
            code=refusal.code,
            detail=refusal.message,
            field=refusal.field or UNSET,
            hint=refusal.hint or UNSET,
        )


def problem_body(refusal: Refusal) -> bytes:
    """The document as it goes over the wire."""
    problem = Problem.of(refusal)
    if not refusal.facts:
        return msgspec.json.encode(problem)
    return msgspec.json.encode(msgspec.to_builtins(problem) | refusal.facts)
