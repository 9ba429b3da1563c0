"""What do users ask for, and what do they object to? Lists by what is due first, one of each, and the answer."""

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any

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
from tael.web.console.cells import Cell, Fact, Section, at, link, text, tone, user, word
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
from tael.web.ui.acting import Made, On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

READ, APPROVE = "users.read", "users.approve"
REQUESTS, OBJECTIONS = "/console/permission-requests", "/console/objections"
ANSWER = Entry(name="answer", kind="area", words="answer_told")


class _Kind(msgspec.Struct, frozen=True, kw_only=True):
    """What users wait for an answer to: where it stands at the console, and how far it may be."""

    here: str
    home: str
    states: type[StrEnum]
    words: str
    """The table with the words of the states."""


REQUEST = _Kind(here="permission_requests", home=REQUESTS, states=RequestState, words="request_state_of")
OBJECTION = _Kind(here="objections", home=OBJECTIONS, states=ObjectionState, words="objection_state_of")


class _Decided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Yes or no, and what the user is told."""

    approve: bool
    answer: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


def answer_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Requests and objections."""
    reads = behind.standing.reads
    return [
        *list_routes(behind, _due_first(REQUEST, REQUEST_COLUMNS, reads.requests, request_row)),
        *list_routes(behind, _due_first(OBJECTION, OBJECTION_COLUMNS, reads.objections, objection_row)),
        _request(behind),
        _decide(behind),
        _objection(behind),
        _answer(behind),
    ]


def _due_first(
    kind: _Kind,
    columns: Sequence[str],
    found: Callable[..., Awaitable[Sequence[Any]]],
    row: Callable[[Any, Reader], Sequence[Cell]],
) -> Listing:
    async def read(asked: Asked, _: Reader, after: str | None, limit: int) -> Sequence[Any]:
        state = one_of(kind.states, asked["state"])
        return await found(user_id=asked["user"] or None, state=state, after=after, limit=limit)

    return Listing(
        here=kind.here,
        address=kind.home,
        permission=READ,
        columns=columns,
        filters=(
            Filter(name="state", options=list(kind.states), words=kind.words, chips=True),
            Filter(name="user"),
        ),
        first={"state": "open"},
        read=read,
        row=row,
    )


async def _page_of(
    behind: Behind,
    request: PageRequest,
    form: Form,
    kind: _Kind,
    found: ChangeRequest | Objection,
    *,
    facts: Sequence[Fact],
    question: Question,
) -> Response[bytes]:
    known = await behind.users.reads.known(found.user_id)
    asked = found.state == "open" and may(request, APPROVE)
    return show_person(
        request,
        Shown(
            here=kind.here,
            heading=name_of(known),
            back=kind.home,
            pills=[word(kind.words, found.state, tone(found.state)), text(found.id, code=True)],
            question=question if asked else None,
            sections=[Section(name="particulars", facts=facts)],
        ),
        form,
    )


def _request(behind: Behind) -> HTTPRouteHandler:
    @page(f"{REQUESTS}/{{request_id:str}}", permission=READ)
    async def show_request(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        return await _request_page(behind, request, request_id, Form())

    return show_request


async def _request_page(behind: Behind, request: PageRequest, id: str, form: Form) -> Response[bytes]:
    found = await behind.standing.reads.request(check_id(id, prefix="prq", field="request_id"))
    looking, is_open = await reader(behind, request), found.state is RequestState.OPEN
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
    return await _page_of(behind, request, form, REQUEST, found, facts=facts, question=question)


def _decide(behind: Behind) -> HTTPRouteHandler:
    @action(f"{REQUESTS}/{{request_id:str}}/decision", permission=APPROVE)
    async def decide_request(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(request_id, prefix="prq", field="request_id")
        try:
            said = form.into(_Decided)
            command = DecideRequest(
                actor=who(request), request_id=id, approve=said.approve, answer=said.answer
            )
            await _do(behind, request, form, On(id, said), command)
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
    looking, is_open = await reader(behind, request), found.state is ObjectionState.OPEN
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
    return await _page_of(behind, request, form, OBJECTION, found, facts=facts, question=question)


def _answer(behind: Behind) -> HTTPRouteHandler:
    @action(f"{OBJECTIONS}/{{objection_id:str}}/answer", permission=APPROVE)
    async def answer_objection(request: PageRequest, objection_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(objection_id, prefix="obj", field="objection_id")
        try:
            said = form.into(_Decided)
            command = AnswerObjection(
                actor=who(request), objection_id=id, grant=said.approve, answer=said.answer
            )
            await _do(behind, request, form, On(id, said), command)
        except Refusal as refusal:
            return await _objection_page(behind, request, id, form.refused(refusal))
        return done(f"{OBJECTIONS}/{id}", "objection_granted" if said.approve else "objection_rejected")

    return answer_objection


async def _do(behind: Behind, request: PageRequest, form: Form, said: On, command: Command) -> None:
    made = call(request, form, ACTIONS[type(command)], said, command)
    settled(await behind.standing.answer(made, shown=lambda it: (it.id, Made(it.id))))
