"""What do users ask for, and what do they object to? Lists by what is due first, one of each, and the answer."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.foundation.printable import LINES
from tael.standing.api import ACTIONS, AnswerObjection, Command, DecideRequest
from tael.standing.model import ChangeRequest, Objection, ObjectionState, RequestState
from tael.web.console.acting import action, call, done, may, page, settled, who
from tael.web.console.asking import YES_OR_NO, Question, Shown, show_person
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Fact, Section, at, link, text, tone, user, word
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of, reader
from tael.web.console.person_views import name_of
from tael.web.console.standing_views import (
    OBJECTION_COLUMNS,
    REQUEST_COLUMNS,
    due_cell,
    objection_row,
    request_row,
    wanted_cell,
)
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

READ, APPROVE = "users.read", "users.approve"
REQUESTS, OBJECTIONS = "/console/permission-requests", "/console/objections"
ANSWER = Entry(name="answer", kind="area", words="answer_told")


class _Decided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes or no, and what the user is told."""

    approve: bool
    answer: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


class _On(msgspec.Struct, frozen=True):
    """A form together with what it is about: what a repeat must repeat."""

    about: str
    said: msgspec.Struct


class _Done(msgspec.Struct, frozen=True):
    """What came of a form."""

    id: str


def answer_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Requests and objections."""
    return [
        *list_routes(behind, _requests(behind)),
        *list_routes(behind, _objections(behind)),
        _request(behind),
        _decide(behind),
        _objection(behind),
        _answer(behind),
    ]


def _requests(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, after: str | None, limit: int) -> Sequence[ChangeRequest]:
        state = one_of(RequestState, asked["state"])
        return await behind.standing.reads.requests(
            user_id=asked["user"] or None, state=state, after=after, limit=limit
        )

    return Listing(
        here="permission_requests",
        address=REQUESTS,
        permission=READ,
        columns=REQUEST_COLUMNS,
        filters=(
            Filter(name="state", options=list(RequestState), words="request_state_of", chips=True),
            Filter(name="user"),
        ),
        first={"state": RequestState.OPEN},
        read=read,
        row=request_row,
        cursor=lambda each: str(each.id),
    )


def _objections(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, after: str | None, limit: int) -> Sequence[Objection]:
        state = one_of(ObjectionState, asked["state"])
        return await behind.standing.reads.objections(
            user_id=asked["user"] or None, state=state, after=after, limit=limit
        )

    return Listing(
        here="objections",
        address=OBJECTIONS,
        permission=READ,
        columns=OBJECTION_COLUMNS,
        filters=(
            Filter(name="state", options=list(ObjectionState), words="objection_state_of", chips=True),
            Filter(name="user"),
        ),
        first={"state": ObjectionState.OPEN},
        read=read,
        row=objection_row,
        cursor=lambda each: str(each.id),
    )


def _request(behind: Behind) -> HTTPRouteHandler:
    @page(f"{REQUESTS}/{{request_id:str}}", permission=READ)
    async def show_request(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        return await _request_page(behind, request, request_id, Form())

    return show_request


async def _request_page(behind: Behind, request: PageRequest, id: str, form: Form) -> Response[bytes]:
    found = await behind.standing.reads.request(check_id(id, prefix="prq", field="request_id"))
    known, looking = await behind.users.reads.known(found.user_id), await reader(behind, request)
    is_open = found.state is RequestState.OPEN
    what = (
        word("permission_of", found.permission)
        if found.permission
        else word("personal_limit_of", found.limit)
    )
    facts: list[Fact] = [
        ("request", what),
        ("wanted", wanted_cell(found)),
        ("user", user(found.user_id)),
        ("their_words", text(found.words)),
        ("when", at(found.asked_at)),
        ("due", due_cell(found.due_at, looking, is_open=is_open)),
        ("by", text(looking.person(found.decided_by))),
        ("ended_at", at(found.decided_at)),
        ("answer", text(found.answer)),
    ]
    question = Question(
        name="request_decision",
        address=f"{REQUESTS}/{found.id}/decision",
        entries=(ANSWER,),
        choice="approve",
        choices=YES_OR_NO,
    )
    return show_person(
        request,
        Shown(
            here="permission_requests",
            heading=name_of(known),
            back=REQUESTS,
            pills=[word("request_state_of", found.state, tone(found.state)), text(found.id, code=True)],
            question=question if is_open and may(request, APPROVE) else None,
            sections=[Section(name="particulars", facts=facts)],
        ),
        form,
    )


def _decide(behind: Behind) -> HTTPRouteHandler:
    @action(f"{REQUESTS}/{{request_id:str}}/decision", permission=APPROVE)
    async def decide_request(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(request_id, prefix="prq", field="request_id")
        try:
            said = form.into(_Decided)
            command = DecideRequest(
                actor=who(request), request_id=id, approve=said.approve, answer=said.answer
            )
            await _do(behind, request, form, _On(id, said), command)
        except Refusal as refusal:
            return await _request_page(behind, request, id, form.refused(refusal))
        return done(f"{REQUESTS}/{id}", "request_approved" if said.approve else "request_refused")

    return decide_request


def _objection(behind: Behind) -> HTTPRouteHandler:
    @page(f"{OBJECTIONS}/{{objection_id:str}}", permission=READ)
    async def show_objection(request: PageRequest, objection_id: FromPath[str]) -> Response[bytes]:
        return await _objection_page(behind, request, objection_id, Form())

    return show_objection


async def _objection_page(behind: Behind, request: PageRequest, id: str, form: Form) -> Response[bytes]:
    found = await behind.standing.reads.objection(check_id(id, prefix="obj", field="objection_id"))
    known, looking = await behind.users.reads.known(found.user_id), await reader(behind, request)
    is_open = found.state is ObjectionState.OPEN
    facts: list[Fact] = [
        ("user", user(found.user_id)),
        (
            "restriction",
            link(found.restriction_id, f"/console/restrictions/{found.restriction_id}", code=True),
        ),
        ("their_words", text(found.words)),
        ("when", at(found.made_at)),
        ("due", due_cell(found.due_at, looking, is_open=is_open)),
        ("by", text(looking.person(found.answered_by))),
        ("ended_at", at(found.answered_at)),
        ("answer", text(found.answer)),
    ]
    question = Question(
        name="objection_answer",
        address=f"{OBJECTIONS}/{found.id}/answer",
        entries=(ANSWER,),
        choice="approve",
        choices=(("true", "grant", "primary"), ("false", "reject", "danger")),
    )
    return show_person(
        request,
        Shown(
            here="objections",
            heading=name_of(known),
            back=OBJECTIONS,
            pills=[word("objection_state_of", found.state, tone(found.state)), text(found.id, code=True)],
            question=question if is_open and may(request, APPROVE) else None,
            sections=[Section(name="particulars", facts=facts)],
        ),
        form,
    )


def _answer(behind: Behind) -> HTTPRouteHandler:
    @action(f"{OBJECTIONS}/{{objection_id:str}}/answer", permission=APPROVE)
    async def answer_objection(request: PageRequest, objection_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(objection_id, prefix="obj", field="objection_id")
        try:
            said = form.into(_Decided)
            command = AnswerObjection(
                actor=who(request), objection_id=id, grant=said.approve, answer=said.answer
            )
            await _do(behind, request, form, _On(id, said), command)
        except Refusal as refusal:
            return await _objection_page(behind, request, id, form.refused(refusal))
        return done(f"{OBJECTIONS}/{id}", "objection_granted" if said.approve else "objection_rejected")

    return answer_objection


async def _do(behind: Behind, request: PageRequest, form: Form, said: _On, command: Command) -> None:
    made = call(request, form, ACTIONS[type(command)], said, command)
    settled(await behind.standing.answer(made, shown=lambda it: (it.id, _Done(it.id))))
