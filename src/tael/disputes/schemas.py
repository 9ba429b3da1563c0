"""What do requests and answers look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from tael.disputes.model import AnswerKind, Dispute, DisputeState, Draft, EvidenceFile, MoneyState
from tael.foundation.calls import Answer
from tael.foundation.printable import PRINTABLE


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


class AddFileRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Put a file into the draft: PDF, PNG or JPEG, up to 4 MB; all files together up to 4.5 MB."""

    field: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            pattern=r"^[a-z][a-z0-9_]*$(?!\n)",
            description="What it shows: one of the dispute's `evidence_file_fields`. It takes the place of what is there",
            examples=["receipt"],
        ),
    ]
    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=128,
            pattern=PRINTABLE,
            description="What you call it",
            examples=["receipt.pdf"],
        ),
    ]
    content: Annotated[bytes, Meta(description="The bytes in base64", examples=["JVBERi0xLjcK"])]


class AnswerRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Handing in, and giving in, need no particulars."""


class OnDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A request together with the dispute it is about: what a repeat must repeat."""

    dispute_id: str
    request: msgspec.Struct


class OnFile(OnDispute, frozen=True, kw_only=True):
    """A request together with the file it is about."""

    file_id: str


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


class DisputeListedBody(DisputeBody, frozen=True, kw_only=True):
    """A dispute of a list, with what `expand` names."""

    payment: Annotated[
        dict[str, Any] | msgspec.UnsetType,
        Meta(description="The payment as `GET /v1/payments` shows it; absent unless it is expanded"),
    ] = msgspec.UNSET


class EvidenceFileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence, without its bytes."""

    id: Annotated[str, Meta(description="The file's id", examples=["file_06dk3vg5m8x4t9c1h2zq7n0rc3"])]
    dispute_id: Annotated[str, Meta(description="The dispute", examples=["dsp_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
    field: Annotated[str, Meta(description="What it shows", examples=["receipt"])]
    name: Annotated[str, Meta(description="What you call it", examples=["receipt.pdf"])]
    media_type: Annotated[str, Meta(description="As its bytes show", examples=["application/pdf"])]
    size: Annotated[int, Meta(description="In bytes", examples=[84120])]
    digest: Annotated[str, Meta(description="SHA-256 of the bytes, in hexadecimal digits")]
    uploaded_at: Annotated[datetime, Meta(tz=True, description="When it was put into the draft, in UTC")]
    removed_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Since when it is out of the draft", examples=[None]),
    ]


class DisputeDetailBody(DisputeListedBody, frozen=True, kw_only=True):
    """A dispute with what you say in it."""

    evidence: Annotated[Mapping[str, str], Meta(description="The draft, or what was handed in, by field")]
    evidence_fields: Annotated[list[str], Meta(description="The names of the texts that the channel takes")]
    files: Annotated[
        list[EvidenceFileBody], Meta(description="The files of the draft, or what was handed in")
    ]
    evidence_file_fields: Annotated[
        list[str],
        Meta(description="The names of the files that the channel takes; none: it takes texts only"),
    ]


class StaffDisputeBody(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute, as those see it who operate the platform."""

    id: Annotated[str, Meta(description="The dispute's id", examples=["dsp_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
    channel: Annotated[str, Meta(description="The channel", examples=["name_of_channel"])]
    number: Annotated[str, Meta(description="The channel's number of it")]
    merchant_id: Annotated[str | None, Meta(description="The merchant; null while the payment is not known")]
    payment_id: Annotated[str | None, Meta(description="The payment; null while nobody knows which")]
    state: Annotated[DisputeState, Meta(description="Where it stands", examples=["needs_response"])]
    warning: Annotated[bool, Meta(description="Whether it is only a question so far: no money was taken")]
    reason: Annotated[str, Meta(description="Why, in the channel's words", examples=["fraudulent"])]
    amount_minor: Annotated[int, Meta(description="What is disputed, in minor units", examples=[1280])]
    currency: Annotated[str, Meta(description="ISO 4217", examples=["CNY"])]
    respond_by: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="Until when it can be answered, in UTC")
    ]
    money: Annotated[MoneyState, Meta(description="Where the money is in the books", examples=["held"])]
    held_minor: Annotated[int, Meta(description="What the channel took back")]
    charged_minor: Annotated[int, Meta(description="What of it is of the captured money")]
    pending_minor: Annotated[int, Meta(description="What of that the merchant's balance covered")]
    answer: Annotated[AnswerKind | None, Meta(description="What the merchant said", examples=[None])]
    answered_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="Since when the channel has it")
    ]
    doubted_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="Since when the channel contradicts itself and is asked", examples=[None]),
    ]
    inquiries: Annotated[int, Meta(description="How often the channel was asked without an answer")]
    channel_code: Annotated[str | None, Meta(description="The channel's own code", examples=[None])]
    opened_at: Annotated[datetime, Meta(tz=True, description="When we heard of it, in UTC")]
    ended_at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="When it was decided", examples=[None])
    ]


class StaffDisputeDetailBody(StaffDisputeBody, frozen=True, kw_only=True):
    """A dispute with what its merchant says in it."""

    evidence: Annotated[Mapping[str, str], Meta(description="The draft, or what was handed in, by field")]
    files: Annotated[
        list[EvidenceFileBody], Meta(description="The files of the draft, or what was handed in")
    ]


def staff_body(dispute: Dispute) -> StaffDisputeBody:
    """A dispute as staff see it."""
    return msgspec.convert(dispute, StaffDisputeBody, from_attributes=True)


def staff_detail_body(dispute: Dispute, said: Draft) -> StaffDisputeDetailBody:
    """A dispute as staff see it, with what its merchant says."""
    return StaffDisputeDetailBody(
        **msgspec.structs.asdict(staff_body(dispute)),
        evidence=said.texts,
        files=[file_body(each) for each in said.files],
    )


def dispute_body(dispute: Dispute) -> DisputeBody:
    """A dispute as merchants see it; only those are shown whose payment is known."""
    return msgspec.convert(dispute, DisputeBody, from_attributes=True)


def dispute_listed_body(dispute: Dispute, payments: Mapping[str, msgspec.Struct]) -> DisputeListedBody:
    """A dispute with its payment, if that is among them."""
    payment: Any = payments.get(dispute.payment_id or "", msgspec.UNSET)
    return DisputeListedBody(**msgspec.structs.asdict(dispute_body(dispute)), payment=payment)


def dispute_detail_body(
    dispute: Dispute, said: Draft, payments: Mapping[str, msgspec.Struct]
) -> DisputeDetailBody:
    """A dispute with its draft, and with its payment, if that is among them."""
    return DisputeDetailBody(
        **msgspec.structs.asdict(dispute_listed_body(dispute, payments)),
        evidence=said.texts,
        evidence_fields=sorted(said.text_fields),
        files=[file_body(each) for each in said.files],
        evidence_file_fields=sorted(said.file_fields),
    )


def file_body(file: EvidenceFile) -> EvidenceFileBody:
    """A file as merchants see it."""
    return msgspec.convert(file, EvidenceFileBody, from_attributes=True)


def dispute_answer(dispute: Dispute) -> Answer:
    """A dispute as an answer; 202 while nobody knows whether the channel has what the merchant said."""
    return Answer(status=202 if dispute.answering else 200, body=msgspec.json.encode(dispute_body(dispute)))
