"""What do requests and answers look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.disputes.model import AnswerKind, Dispute, DisputeState, MoneyState
from tael.foundation.calls import Answer


class SaveEvidenceRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts to write into the draft. What is not named stays as it is; an empty text takes its field out."""

    texts: Annotated[
        dict[
            Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_]*$")],
            Annotated[str, Meta(max_length=20_000)],
        ],
        Meta(
            min_length=1,
            max_length=64,
            description="By the names in the dispute's `evidence_fields`",
            examples=[{"shipping_tracking_number": "SF1234567890"}],
        ),
    ]


class AnswerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Handing in, and giving in, need no particulars."""


class OnDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the dispute it is about: what a repeat must repeat."""

    dispute_id: str
    request: msgspec.Struct


class DisputeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute, as merchants see it."""

    id: Annotated[str, Meta(description="The dispute's id", examples=["dsp_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
    payment_id: Annotated[str, Meta(description="The payment", examples=["pay_06dk3vg5m8x4t9c1h2zq7n0rby"])]
    state: Annotated[DisputeState, Meta(description="Where it stands", examples=["needs_response"])]
    warning: Annotated[bool, Meta(description="Whether it is only a question so far: no money was taken")]
    reason: Annotated[str, Meta(description="Why, in the channel's words", examples=["fraudulent"])]
    amount_minor: Annotated[int, Meta(description="What is disputed, in minor units", examples=[1280])]
    currency: Annotated[str, Meta(description="ISO 4217", examples=["CNY"])]
    respond_by: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Until when it can be answered, in UTC; after that silence loses it"),
    ]
    money: Annotated[
        MoneyState,
        Meta(
            description="Where the money is: `free` (yours), `held` until it is decided, `lost`",
            examples=["held"],
        ),
    ]
    charged_minor: Annotated[int, Meta(description="What of the captured money is held or lost")]
    answer: Annotated[AnswerKind | None, Meta(description="What you have said", examples=[None])]
    answered_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Since when the channel has it; null while that is not known", examples=[None]),
    ]
    opened_at: Annotated[datetime, Meta(tz=True, description="When we heard of it, in UTC")]
    ended_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="When it was decided", examples=[None])
    ]


class DisputeDetailBody(DisputeBody, frozen=True, kw_only=True):
    """A dispute with what you say in it."""

    evidence: Annotated[Mapping[str, str], Meta(description="The draft, or what was handed in, by field")]
    evidence_fields: Annotated[list[str], Meta(description="The names of the texts that the channel takes")]


def dispute_body(dispute: Dispute) -> DisputeBody:
    """A dispute as merchants see it; only those are shown whose payment is known."""
    return msgspec.convert(dispute, DisputeBody, from_attributes=True)


def dispute_detail_body(
    dispute: Dispute, texts: Mapping[str, str], fields: frozenset[str]
) -> DisputeDetailBody:
    """A dispute with its draft."""
    return DisputeDetailBody(
        **msgspec.structs.asdict(dispute_body(dispute)), evidence=texts, evidence_fields=sorted(fields)
    )


def dispute_answer(dispute: Dispute) -> Answer:
    """A dispute as an answer; 202 while nobody knows whether the channel has what the merchant said."""
    return Answer(status=202 if dispute.answering else 200, body=msgspec.json.encode(dispute_body(dispute)))
