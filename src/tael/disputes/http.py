"""How does a merchant look at disputes, and answer them? The routes of the API."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter, QueryParameter

from tael.disputes.api import DisputeFilter, Disputes, GiveAnswer, SaveEvidence
from tael.disputes.errors import (
    AnswerRefused,
    EvidenceMalformed,
    NoSuchDispute,
    NotAnswerable,
    TooLate,
)
from tael.disputes.model import AnswerKind, DisputeState
from tael.disputes.schemas import (
    AnswerRequest,
    DisputeBody,
    DisputeDetailBody,
    OnDispute,
    SaveEvidenceRequest,
    dispute_body,
    dispute_detail_body,
)
from tael.foundation.calls import Call
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.parameters import read_moment
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id

READ, WRITE = "disputes.read", "disputes.write"
TAGS = ["Disputes"]
AnyRequest = Request[Any, Any, Any]
DisputeId = Annotated[str, PathParameter(description="`dsp_` and 26 characters, as the API gave it")]
WithState = Annotated[
    DisputeState | None,
    QueryParameter(name="state", description=f"Only those in this state: {', '.join(DisputeState)}"),
]
OfPayment = Annotated[str | None, QueryParameter(description="Only those of this payment")]
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
    ) -> Page[DisputeBody]:
        """List disputes. Newest first; send `next_cursor` as `cursor` for the next page."""
        wanted = DisputeFilter(
            merchant_id=caller_of(request).owner,
            before=None if cursor is None else check_id(cursor, prefix="dsp", field="cursor"),
            state=dispute_state,
            payment_id=None if payment_id is None else check_id(payment_id, prefix="pay", field="payment_id"),
            opened_from=read_moment(opened_from, field="opened_from"),
            opened_before=read_moment(opened_before, field="opened_before"),
            limit=limit + 1,
        )
        found = await disputes.list(wanted)
        items = [dispute_body(dispute) for dispute in found[:limit]]
        return Page(items=items, next_cursor=items[-1].id if len(found) > limit else None)

    return list_disputes


def _get(disputes: Disputes) -> HTTPRouteHandler:
    @get("/v1/disputes/{dispute_id:str}", opt={"permission": READ, REFUSES: [NoSuchDispute]}, tags=TAGS)
    async def get_dispute(request: AnyRequest, dispute_id: DisputeId) -> DisputeDetailBody:
        """Get a dispute. With what you say in it, and the evidence that the channel takes."""
        found = await disputes.get(
            check_id(dispute_id, prefix="dsp", field="dispute_id"), merchant_id=caller_of(request).owner
        )
        return dispute_detail_body(found, disputes.evidence(found), disputes.evidence_fields(found))

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


def _call(
    request: AnyRequest,
    action: str,
    key: str,
    data: msgspec.Struct,
    command: SaveEvidence | GiveAnswer,
) -> Call[Any]:
    return Call(
        caller=caller_of(request),
        action=action,
        key=key,
        request=OnDispute(dispute_id=command.dispute_id, request=data),
        command=command,
    )
