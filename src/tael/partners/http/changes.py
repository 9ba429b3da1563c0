"""How is something about partners changed? One route for each command; all of them go the same way.

A command is the body as it stands; what it is about stands in the address.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec
from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody

from tael.acceptance.errors import ReportRefused
from tael.foundation.calls import Call
from tael.foundation.errors import Refusal
from tael.foundation.http.calls import IdempotencyKey, respond
from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.permissions import caller_of
from tael.foundation.proposals import (
    NoSuchProposal,
    NotYours,
    ProposalDiffers,
    ProposalEnded,
    SameEyes,
)
from tael.partners import model, schemas
from tael.partners.api import Asked, Partners, action_of
from tael.partners.errors import (
    AcceptanceRefused,
    ChangedMeanwhile,
    EndedAlready,
    FeesOverlap,
    MovesRealMoney,
    NoSuchPartner,
    NoSuchRecord,
    NotFromHere,
    NotReady,
    PartnerExists,
    PartnerMalformed,
    StepUnfinished,
    TooEarly,
)
from tael.partners.http.forms import (
    APPROVE,
    CHANGE,
    AnyRequest,
    ChannelName,
    RecordName,
    about_in_path,
    channel_in_path,
    id_in_path,
)
from tael.partners.schemas import Command


class On(msgspec.Struct, frozen=True):
    """What a request was about, and what it said: a repeat must say the same of the same."""

    about: str
    what: str
    """The kind of change, where several have the same fields."""
    body: Command[Any]


class Change(msgspec.Struct, frozen=True):
    """One route."""

    path: str
    """After `/v1/partners/{channel}` if it begins with a slash; else after `/v1/partnership/`, where `{id}` stands."""
    command: type[Command[Any]]
    gives: type[Any]
    refuses: Sequence[type[Refusal]] = ()
    permission: str = CHANGE


_NO_RECORD = (NoSuchRecord, EndedAlready)
_OF_A_CHANGE = (NotFromHere, NotReady, StepUnfinished, TooEarly, FeesOverlap, NoSuchPartner, PartnerMalformed)
CHANGES: tuple[Change, ...] = (
    Change("/open", schemas.OpenPartner, model.Partner, (PartnerExists, PartnerMalformed)),
    Change("/advance", schemas.Advance, model.Partner, (NoSuchPartner, NotFromHere, StepUnfinished)),
    Change("/go_back", schemas.GoBack, model.Partner, (NoSuchPartner, NotFromHere)),
    Change("/start_trial", schemas.StartTrial, model.Partner, (NoSuchPartner, NotFromHere, MovesRealMoney)),
    Change("/end_trial", schemas.EndTrial, model.Partner, (NoSuchPartner, NotFromHere)),
    Change("/assign_step", schemas.AssignStep, model.StepRecord, (NoSuchPartner, NotFromHere)),
    Change("/checks", schemas.TickCheck, model.Check, (NoSuchPartner, PartnerMalformed, TooEarly)),
    Change("/incidents", schemas.RecordIncident, model.Partner, (NoSuchPartner,)),
    Change("/documents", schemas.UploadDocument, model.Document, (NoSuchPartner, PartnerMalformed)),
    Change(
        "/acceptances",
        schemas.RecordAcceptance,
        model.Acceptance,
        (NoSuchPartner, ReportRefused, AcceptanceRefused),
    ),
    Change("/windows", schemas.ScheduleWindow, model.Window, (NoSuchPartner, PartnerMalformed)),
    Change(
        "/certificates",
        schemas.RecordCertificate,
        model.Certificate,
        (NoSuchPartner, NoSuchRecord, PartnerMalformed, EndedAlready),
    ),
    Change("/policy_changes", schemas.RecordPolicyChange, model.PolicyChange, (NoSuchPartner,)),
    Change("/checklists", schemas.MakeChecklist, model.Checklist, (NoSuchPartner, PartnerMalformed)),
    Change("/drills", schemas.PlanDrill, model.Drill, (NoSuchPartner, PartnerMalformed)),
    Change("/proposals", schemas.Propose, schemas.ProposalBody, _OF_A_CHANGE),
    Change("documents/{id}/end", schemas.EndDocument, model.Document, _NO_RECORD),
    Change("windows/{id}/cancel", schemas.CancelWindow, model.Window, _NO_RECORD),
    Change("certificates/{id}/replace", schemas.ReplaceCertificate, model.Certificate, _NO_RECORD),
    Change("policy_changes/{id}/review", schemas.ReviewPolicyChange, model.PolicyChange, _NO_RECORD),
    Change(
        "policy_changes/{id}/apply", schemas.ApplyPolicyChange, model.PolicyChange, (*_NO_RECORD, TooEarly)
    ),
    Change("checklists/{id}/retire", schemas.RetireChecklist, model.Checklist, _NO_RECORD),
    Change("runs/{id}/answers", schemas.AnswerItem, model.Run, (*_NO_RECORD, PartnerMalformed)),
    Change("drills/{id}/result", schemas.RecordDrill, model.Drill, _NO_RECORD),
    Change("drills/{id}/cancel", schemas.CancelDrill, model.Drill, _NO_RECORD),
    Change(
        "proposals/{id}/decision",
        schemas.Decide,
        schemas.ProposalBody,
        (NoSuchProposal, SameEyes, ProposalEnded, ProposalDiffers, ChangedMeanwhile, *_OF_A_CHANGE),
        APPROVE,
    ),
    Change(
        "proposals/{id}/withdrawal",
        schemas.Withdraw,
        schemas.ProposalBody,
        (NoSuchProposal, NotYours, ProposalEnded),
    ),
)


def change_routes(partners: Partners) -> list[HTTPRouteHandler]:
    """Every command."""
    return [_route(partners, change) for change in CHANGES]


def _route(partners: Partners, change: Change) -> HTTPRouteHandler:
    about_a_channel = change.path.startswith("/")
    handler = _about_channel(partners, change) if about_a_channel else _about_record(partners, change)
    handler.__name__ = action_of_kind(change.command)
    handler.__doc__ = change.command.__doc__
    handler.__annotations__["data"] = cast(Any, JSONBody)[change.command]
    path = (
        f"/v1/partners/{{channel:str}}{change.path}"
        if about_a_channel
        else f"/v1/partnership/{change.path.replace('{id}', '{id:str}')}"
    )
    return post(
        path,
        status_code=200,
        opt={"permission": change.permission, REFUSES: change.refuses},
        tags=["Partners"],
        responses={
            200: ResponseSpec(change.gives, description="As it stands afterwards", generate_examples=False)
        },
    )(handler)


def action_of_kind(command: type[Command[Any]]) -> str:
    """What a route for a command is called: `schedule_window`."""
    return action_of(command).removeprefix("partners.")


def _about_channel(partners: Partners, change: Change) -> Callable[..., Any]:
    name = about_in_path if change.command is schemas.Propose else channel_in_path

    async def handler(
        request: AnyRequest, channel: ChannelName, data: Any, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        return await _answer(partners, request, name(channel), data, idempotency_key)

    return handler


def _about_record(partners: Partners, _change: Change) -> Callable[..., Any]:
    async def handler(
        request: AnyRequest, id: RecordName, data: Any, idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        return await _answer(partners, request, id_in_path(id), data, idempotency_key)

    return handler


async def _answer(
    partners: Partners, request: AnyRequest, about: str, command: Command[Any], key: str
) -> Response[Any]:
    caller = caller_of(request)
    call = Call(
        caller=caller,
        action=action_of(type(command)),
        key=key,
        request=On(about, _kind_of(command), command),
        command=Asked(about=about, command=command, actor=caller.actor),
    )
    return respond(await partners.answer(call))


def _kind_of(command: Command[Any]) -> str:
    if isinstance(command, schemas.Propose):
        return str(command.change.__struct_config__.tag)
    return ""
