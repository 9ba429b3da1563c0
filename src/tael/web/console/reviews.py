"""What waits for somebody about users, and what is decided? The queue, one review, and who read what in clear."""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.users.api import Asked as AskedOfUsers
from tael.users.model import FOUR_EYES, Review, ReviewFilter, ReviewReason, ReviewState, Unmasking
from tael.users.schemas.staff import DecideRequest, LookRequest, UnmaskRequest
from tael.web.console.acting import action, call, done, may, page, settled, show, who
from tael.web.console.asking import YES_OR_NO, Question, Shown, ask_about_user, show_person
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Section, text, word
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of, reader
from tael.web.console.person_views import (
    REVIEW_COLUMNS,
    UNMASKING_COLUMNS,
    name_of,
    review_facts,
    review_row,
    unmasking_row,
)
from tael.web.ui.acting import On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of

READ, CHANGE, APPROVE, UNMASK = "users.read", "users.change", "users.approve", "users.unmask"
HOME = "/console/reviews"
_UNMASKING = (
    Entry(name="fields", kind="ticks", options=("name", "document", "phone"), options_words="unmasked_of"),
    Entry(name="reason", kind="area", words="unmask_reason"),
)


SEEN = Entry(name="note", kind="area", words="look_seen")


def review_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The queue, one of it, what is done about it; and reading in clear."""
    return [
        *list_routes(behind, _queue(behind)),
        _one(behind),
        _look(behind),
        _decide(behind),
        *list_routes(behind, _unmaskings(behind)),
        *_unmask(behind),
    ]


def _queue(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[Review]:
        wanted = ReviewFilter(
            state=one_of(ReviewState, asked["state"]),
            reason=one_of(ReviewReason, asked["reason"]),
            user_id=asked["user"] or None,
            before=before,
            limit=limit,
        )
        return await behind.users.reads.reviews(wanted)

    return Listing(
        here="reviews",
        address=HOME,
        permission=READ,
        columns=REVIEW_COLUMNS,
        filters=(
            Filter(name="state", options=list(ReviewState), words="review_state_of", chips=True),
            Filter(name="reason", options=list(ReviewReason), words="review_reason_of"),
            Filter(name="user"),
        ),
        first={"state": ReviewState.OPEN},
        read=read,
        row=review_row,
    )


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{review_id:str}}", permission=READ)
    async def show_review(request: PageRequest, review_id: FromPath[str]) -> Response[bytes]:
        return await _review_page(behind, request, review_id, Form())

    return show_review


async def _review_page(behind: Behind, request: PageRequest, review_id: str, form: Form) -> Response[bytes]:
    review = await behind.users.reads.review(check_id(review_id, prefix="rvw", field="review_id"))
    known, looking = await behind.users.reads.known(review.user_id), await reader(behind, request)
    waits = review.reason in FOUR_EYES and review.looked_by is None
    notes = [("look_first", "")] if waits and review.state is ReviewState.OPEN else []
    return show_person(
        request,
        Shown(
            here="reviews",
            heading=name_of(known),
            back=HOME,
            pills=[word("review_reason_of", review.reason, "neutral"), text(review.id, code=True)],
            notes=notes,
            question=_question(request, review),
            sections=[Section(name="particulars", facts=review_facts(review, looking))],
        ),
        form,
    )


def _question(request: PageRequest, review: Review) -> Question | None:
    """What whoever looks at it may do: one person looks, another decides; nobody does both."""
    mine = who(request) in (review.asked_by, review.looked_by)
    if review.state is not ReviewState.OPEN or mine:
        return None
    if may(request, APPROVE):
        ready = review.reason not in FOUR_EYES or review.looked_by is not None
        decide = Question(
            name="review_decision",
            address=f"{HOME}/{review.id}/decision",
            entries=(Entry(name="note", kind="area", words="answer_told"),),
            choice="approve",
            choices=YES_OR_NO,
        )
        return decide if ready else None
    if may(request, CHANGE) and review.looked_by is None:
        return Question(name="review_look", address=f"{HOME}/{review.id}/look", entries=(SEEN,))
    return None


def _look(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{review_id:str}}/look", permission=CHANGE)
    async def look_at_it(request: PageRequest, review_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            await _do(
                behind, request, form, review_id, doing="look_at_user_review", command=form.into(LookRequest)
            )
        except Refusal as refusal:
            return await _review_page(behind, request, review_id, form.refused(refusal))
        return done(f"{HOME}/{review_id}", "review_looked_at")

    return look_at_it


def _decide(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{review_id:str}}/decision", permission=APPROVE)
    async def decide_it(request: PageRequest, review_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(DecideRequest)
            await _do(behind, request, form, review_id, doing="decide_user_review", command=said)
        except Refusal as refusal:
            return await _review_page(behind, request, review_id, form.refused(refusal))
        return done(f"{HOME}/{review_id}", "review_approved" if said.approve else "review_refused")

    return decide_it


async def _do(
    behind: Behind,
    request: PageRequest,
    form: Form,
    review_id: str,
    *,
    doing: str,
    command: msgspec.Struct,
) -> None:
    about = check_id(review_id, prefix="rvw", field="review_id")
    asked = AskedOfUsers(
        user_id="", actor=who(request), visitor=visitor_of(request), about=about, command=command
    )
    settled(await behind.users.answer(call(request, form, f"users.{doing}", On(about, command), asked)))


# In clear.


def _unmaskings(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[Unmasking]:
        return await behind.users.reads.unmaskings(user_id=asked["user"] or None, before=before, limit=limit)

    return Listing(
        here="unmaskings",
        address="/console/unmaskings",
        permission=READ,
        columns=UNMASKING_COLUMNS,
        filters=(Filter(name="user"),),
        read=read,
        row=unmasking_row,
    )


def _unmask(behind: Behind) -> list[HTTPRouteHandler]:
    path = "/console/users/{user_id:str}/unmask"

    async def ask(request: PageRequest, user_id: str, form: Form) -> Response[bytes]:
        return await ask_about_user(behind, request, user_id, form, name="unmask", entries=_UNMASKING)

    @page(path, permission=UNMASK)
    async def ask_to_unmask(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        return await ask(request, user_id, Form())

    @action(path, permission=UNMASK)
    async def unmask(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            wanted = form.into(UnmaskRequest)
            clear = await behind.users.unmask(
                check_id(user_id, prefix="usr", field="user_id"),
                wanted,
                actor=who(request),
                visitor=visitor_of(request),
            )
        except Refusal as refusal:
            return await ask(request, user_id, form.refused(refusal))
        facts = [
            (f"wanted_{name}", text(getattr(clear, name))) for name in wanted.fields if getattr(clear, name)
        ]
        home = f"/console/users/{clear.user_id}"
        return show(request, "console/unmasked.html", here="users", back=home, facts=facts)

    return [ask_to_unmask, unmask]
