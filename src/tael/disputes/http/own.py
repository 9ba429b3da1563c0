"""How does a merchant look at its disputes, and answer them?"""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.disputes.api import AddFile, DisputeFilter, Disputes, GiveAnswer, RemoveFile, SaveEvidence
from tael.disputes.errors import (
    AnswerRefused,
    EvidenceMalformed,
    FileNotTaken,
    FileTooLarge,
    NoSuchDispute,
    NoSuchFile,
    NotAnswerable,
    TooLate,
)
from tael.disputes.model import AnswerKind, DisputeState
from tael.disputes.schemas import (
    AddFileRequest,
    AnswerRequest,
    DisputeBody,
    DisputeDetailBody,
    DisputeListedBody,
    EvidenceFileBody,
    OnDispute,
    OnFile,
    SaveEvidenceRequest,
    dispute_detail_body,
    dispute_listed_body,
)
from tael.foundation.calls import Call
from tael.foundation.documents import LARGEST_BODY_BYTES
from tael.foundation.errors import Malformed
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.downloads import BYTES, saved
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page, id_in, page_of
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import Principal, caller_of
from tael.foundation.ids import check_id

READ, WRITE = "disputes.read", "disputes.write"
PAYMENTS_READ = "payments.read"
TAGS = ["Disputes"]
AnyRequest = Request[Any, Any, Any]
DisputeId = Annotated[str, PathParameter(description="`dsp_` and 26 characters, as the API gave it")]
FileId = Annotated[str, PathParameter(description="`file_` and 26 characters, as the API gave it")]
WithState = Annotated[
    DisputeState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(DisputeState)}"),
]
OfPayment = Annotated[str | None, QueryParameter(description="Only those of this payment")]
Expand = Annotated[
    str | None, QueryParameter(max_length=64, description="What else to show of each: payment")
]
OpenedFrom = Annotated[
    str | None,
    QueryParameter(
        format="date-time",
        description="Only those we heard of at or after this moment, as 2026-03-01T00:00:00Z",
    ),
]
OpenedBefore = Annotated[
    str | None,
    QueryParameter(
        format="date-time", description="Only those we heard of before this moment, as 2026-04-01T00:00:00Z"
    ),
]


def dispute_routes(disputes: Disputes) -> list[HTTPRouteHandler]:
    """Every route about disputes."""
    return [
        _list(disputes),
        _get(disputes),
        _save(disputes),
        _add_file(disputes),
        _remove_file(disputes),
        _get_file(disputes),
        _answer(
            disputes,
            "submit",
            AnswerKind.EVIDENCE,
            "Submit the evidence. What is saved goes to the payer's bank; there is no second time.",
        ),
        _answer(disputes, "accept", AnswerKind.ACCEPT, "Accept a dispute. The payer keeps the money."),
    ]


def _list(disputes: Disputes) -> HTTPRouteHandler:
    @get("/v1/disputes", opt={"permission": READ}, tags=TAGS)
    async def list_disputes(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        dispute_state: WithState = None,
        payment_id: OfPayment = None,
        opened_from: OpenedFrom = None,
        opened_before: OpenedBefore = None,
        expand: Expand = None,
    ) -> Page[DisputeListedBody]:
        """List disputes. Newest first; send `next_cursor` as `cursor` for the next page."""
        with_payment = _with_payment(request, expand)
        wanted = DisputeFilter(
            merchant_id=caller_of(request).owner,
            before=id_in(cursor, prefix="dsp"),
            state=dispute_state,
            payment_id=None if payment_id is None else check_id(payment_id, prefix="pay", field="payment_id"),
            opened_from=read_moment(opened_from, field="opened_from"),
            opened_before=read_moment(opened_before, field="opened_before"),
            limit=limit + 1,
        )
        found = await disputes.list(wanted)
        payments = await disputes.shown_payments(found[:limit]) if with_payment else {}
        return page_of([dispute_listed_body(dispute, payments) for dispute in found], limit)

    return list_disputes


def _get(disputes: Disputes) -> HTTPRouteHandler:
    @get("/v1/disputes/{dispute_id:str}", opt={"permission": READ, REFUSES: [NoSuchDispute]}, tags=TAGS)
    async def get_dispute(
        request: AnyRequest, dispute_id: DisputeId, *, expand: Expand = None
    ) -> DisputeDetailBody:
        """Get a dispute. With what you say in it, and the evidence that the channel takes."""
        with_payment = _with_payment(request, expand)
        found = await disputes.get(
            check_id(dispute_id, prefix="dsp", field="dispute_id"), merchant_id=caller_of(request).owner
        )
        payments = await disputes.shown_payments([found]) if with_payment else {}
        return dispute_detail_body(found, await disputes.draft(found), payments)

    return get_dispute


def _save(disputes: Disputes) -> HTTPRouteHandler:
    @post(
        "/v1/disputes/{dispute_id:str}/evidence",
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchDispute, EvidenceMalformed, NotAnswerable, TooLate],
        },
        tags=TAGS,
        responses={200: ResponseSpec(DisputeBody, description="The dispute", generate_examples=False)},
        status_code=200,
    )
    async def save_evidence(
        request: AnyRequest,
        dispute_id: DisputeId,
        data: JSONBody[SaveEvidenceRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Save evidence. A draft, as often as you like; `submit` hands it in."""
        command = SaveEvidence(
            dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
            merchant_id=caller_of(request).owner,
            texts=data.texts,
        )
        call = _call(request, "disputes.save_evidence", idempotency_key, data, command)
        return respond(await disputes.save_evidence(call))

    return save_evidence


def _add_file(disputes: Disputes) -> HTTPRouteHandler:
    @post(
        "/v1/disputes/{dispute_id:str}/files",
        opt={
            "permission": WRITE,
            REFUSES: [NoSuchDispute, EvidenceMalformed, FileTooLarge, FileNotTaken, NotAnswerable, TooLate],
        },
        tags=TAGS,
        responses={201: ResponseSpec(EvidenceFileBody, description="The file", generate_examples=False)},
        status_code=201,
        request_max_body_size=LARGEST_BODY_BYTES,
    )
    async def add_evidence_file(
        request: AnyRequest,
        dispute_id: DisputeId,
        data: JSONBody[AddFileRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Add a file of evidence. To the draft, in the place of what is in the same field; `submit` hands it in."""
        caller = caller_of(request)
        command = AddFile(
            dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
            merchant_id=caller.owner,
            field=data.field,
            name=data.name,
            content=data.content,
            actor=caller.actor,
        )
        call = _call(request, "disputes.add_file", idempotency_key, data, command)
        return respond(await disputes.add_file(call))

    return add_evidence_file


def _remove_file(disputes: Disputes) -> HTTPRouteHandler:
    @post(
        "/v1/disputes/{dispute_id:str}/files/{file_id:str}/remove",
        opt={"permission": WRITE, REFUSES: [NoSuchDispute, NoSuchFile, NotAnswerable, TooLate]},
        tags=TAGS,
        responses={200: ResponseSpec(EvidenceFileBody, description="The file", generate_examples=False)},
        status_code=200,
    )
    async def remove_evidence_file(
        request: AnyRequest,
        dispute_id: DisputeId,
        file_id: FileId,
        data: JSONBody[AnswerRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Remove a file of evidence. It is kept, and not handed in."""
        command = RemoveFile(
            dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
            merchant_id=caller_of(request).owner,
            file_id=check_id(file_id, prefix="file", field="file_id"),
        )
        call = Call(
            caller=caller_of(request),
            action="disputes.remove_file",
            key=idempotency_key,
            request=OnFile(dispute_id=command.dispute_id, file_id=command.file_id, request=data),
            command=command,
        )
        return respond(await disputes.remove_file(call))

    return remove_evidence_file


def _get_file(disputes: Disputes) -> HTTPRouteHandler:
    @get(
        "/v1/disputes/{dispute_id:str}/files/{file_id:str}/content",
        opt={"permission": READ, REFUSES: [NoSuchDispute, NoSuchFile]},
        tags=TAGS,
        responses=BYTES,
    )
    async def get_evidence_file(
        request: AnyRequest, dispute_id: DisputeId, file_id: FileId
    ) -> Response[bytes]:
        """Get the bytes of a file of evidence. Exactly as they were handed in, to be saved."""
        caller = caller_of(request)
        dispute = await disputes.get(
            check_id(dispute_id, prefix="dsp", field="dispute_id"), merchant_id=caller.owner
        )
        named = check_id(file_id, prefix="file", field="file_id")
        file, content = await disputes.open_file(dispute, named, actor=caller.actor)
        return saved(content, id=file.id, name=file.name)

    return get_evidence_file


def _answer(disputes: Disputes, verb: str, kind: AnswerKind, meaning: str) -> HTTPRouteHandler:
    async def answer_dispute(
        request: AnyRequest,
        dispute_id: DisputeId,
        data: JSONBody[AnswerRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        command = GiveAnswer(
            dispute_id=check_id(dispute_id, prefix="dsp", field="dispute_id"),
            merchant_id=caller_of(request).owner,
            kind=kind,
        )
        call = _call(request, f"disputes.{verb}", idempotency_key, data, command)
        return respond(await disputes.give_answer(call))

    answer_dispute.__name__ = f"{verb}_dispute"
    answer_dispute.__doc__ = meaning
    refusals = [NoSuchDispute, NotAnswerable, AnswerRefused]
    if kind is AnswerKind.EVIDENCE:
        refusals += [EvidenceMalformed, TooLate]
    return post(
        f"/v1/disputes/{{dispute_id:str}}/{verb}",
        opt={"permission": WRITE, REFUSES: refusals},
        tags=TAGS,
        responses={
            200: ResponseSpec(DisputeBody, description="The dispute", generate_examples=False),
            202: ResponseSpec(
                DisputeBody,
                description="The dispute; the channel has not confirmed it yet",
                generate_examples=False,
            ),
        },
        status_code=200,
    )(answer_dispute)


def _with_payment(request: AnyRequest, text: str | None) -> bool:
    """Whether payments are to be shown, too; refuses `Malformed` and `Forbidden`."""
    names = set((text or "").split(",")) - {""}
    unknown = sorted(names - {"payment"})
    if unknown:
        raise Malformed(f"There is no {unknown[0][:32]!r} to expand.", field="expand", hint="Known: payment.")
    principal: Principal = request.scope["user"]
    if names and PAYMENTS_READ not in principal.permissions:
        raise principal.why_not(PAYMENTS_READ)
    return bool(names)


def _call(
    request: AnyRequest,
    action: str,
    key: str,
    data: msgspec.Struct,
    command: SaveEvidence | GiveAnswer | AddFile,
) -> Call[Any]:
    return Call(
        caller=caller_of(request),
        action=action,
        key=key,
        request=OnDispute(dispute_id=command.dispute_id, request=data),
        command=command,
    )
