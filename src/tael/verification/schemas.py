"""What does a check look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.verification.model import (
    Check,
    Element,
    Finding,
    Presence,
    Reason,
    SourceFigures,
    SourceName,
    State,
)


class CheckBody(msgspec.Struct, frozen=True, kw_only=True):
    """One question to one source about one person. It does not say who they are."""

    id: Annotated[str, Meta(description="chk_…", examples=["chk_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    subject: Annotated[
        str, Meta(description="The user that it is about", examples=["usr_06dk3vg5m8x4t9c1h2zq7n0rby"])
    ]
    source: Annotated[SourceName, Meta(description="Who was asked", examples=["mobile_operator"])]
    state: Annotated[State, Meta(description="What came of it", examples=["mismatched"])]
    reason: Annotated[
        Reason, Meta(description="Why it is not matched, as far as known", examples=["phone_of_another"])
    ]
    open: Annotated[bool, Meta(description="Whether it is still asked about", examples=[False])]
    findings: Annotated[
        dict[Element, Finding],
        Meta(description="What the source says of each element", examples=[{"name": "matched"}]),
    ]
    score_percent: Annotated[
        int | None, Meta(description="How alike the faces are, if faces were compared", examples=[None])
    ]
    reference: Annotated[str, Meta(description="The provider's number", examples=["P-20260301-000017"])]
    times_asked: Annotated[int, Meta(description="How often the source was asked", examples=[1])]
    created_at: Annotated[datetime, Meta(description="When it began")]
    next_ask_at: Annotated[
        datetime | None, Meta(description="When it is asked again, if it is open", examples=[None])
    ]
    answered_at: Annotated[datetime | None, Meta(description="When the answer was known")]
    given_up_at: Annotated[
        datetime | None, Meta(description="When nobody was asked any more", examples=[None])
    ]


class SourceBody(msgspec.Struct, frozen=True, kw_only=True):
    """A source: whether it can be asked here, what its word is worth, and how it did in the last 24 hours."""

    source: SourceName
    trouble: Annotated[
        str | None, Meta(description="What is wrong with how it is set up; null: nothing", examples=[None])
    ]
    group: Annotated[str, Meta(description="Sources of one group count once")]
    presence: Presence
    valid_days: int
    cost_minor: int
    currency: str
    day: SourceFigures


def check_body(check: Check) -> CheckBody:
    """A check as it goes out."""
    return CheckBody(
        id=check.id,
        subject=check.subject,
        source=check.source,
        state=check.state,
        reason=check.reason,
        open=check.is_open,
        findings=dict(check.findings),
        score_percent=check.score_percent,
        reference=check.reference,
        times_asked=check.times_asked,
        created_at=check.created_at,
        next_ask_at=check.next_ask_at,
        answered_at=check.answered_at,
        given_up_at=check.given_up_at,
    )
