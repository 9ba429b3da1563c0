"""What is taken from users, by whom and why? A list, one of them, the form for a new one; agreeing, lifting, proposing to lift."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta

from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.foundation.printable import LINES, PRINTABLE
from tael.foundation.proposals import ProposalState
from tael.standing.api import (
    ACTIONS,
    Command,
    LiftRestriction,
    ProposeLift,
    RestrictionFilter,
    ReviewRestriction,
    SetRestriction,
    as_shown,
)
from tael.standing.model import (
    CLASS_OF,
    Kind,
    NewRestriction,
    Permission,
    PermissionClass,
    Reason,
    Restriction,
)
from tael.web.console.acting import action, call, done, may, page, settled, who
from tael.web.console.asking import WHY, Question, Shown, ask_about_user, show_person
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Press, Section, text, word
from tael.web.console.commands import in_china
from tael.web.console.listing import Asked, Filter, Listing, Reader, list_routes, one_of, reader
from tael.web.console.person_views import name_of
from tael.web.console.standing_views import RESTRICTION_COLUMNS, restriction_facts, restriction_row
from tael.web.ui.acting import Made, On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest

READ, RESTRICT, APPROVE = "users.read", "users.restrict", "users.approve"
HOME = "/console/restrictions"
BY_STAFF = (
    Kind.BY_RISK,
    Kind.BY_LAW,
    Kind.REVIEW,
    Kind.DOCUMENT_EXPIRED,
    Kind.PHONE_CONFLICT,
    Kind.ACCOUNT_RENTING,
)
"""What members of staff set."""
TWO_PEOPLE = (Kind.BY_LAW, Kind.BY_RISK, Kind.ACCOUNT_RENTING, Kind.BY_USER)
"""What two people lift; the verb has the last word."""
_TAKEN = [each for each in Permission if CLASS_OF[each] is not PermissionClass.BASIC]
_REASONS = (
    Reason.UNUSUAL_ACTIVITY,
    Reason.TOO_MANY_WARNINGS,
    Reason.REPORTED_FRAUD,
    Reason.ORDER_OF_AUTHORITY,
    Reason.BEING_CHECKED,
)
ENTRIES = (
    Entry(
        name="kind",
        kind="select",
        words="restriction_kind",
        options=BY_STAFF,
        options_words="restriction_kind_of",
        unchosen=True,
    ),
    Entry(
        name="reason",
        kind="select",
        words="told_reason",
        options=_REASONS,
        options_words="reason_of",
        required=False,
    ),
    Entry(name="takes", kind="ticks", options=_TAKEN, options_words="permission_of", required=False),
    Entry(name="authority", required=False),
    Entry(name="order_number", required=False),
    Entry(name="amount", words="held_amount", required=False),
    Entry(name="provisional", kind="tick", required=False),
    Entry(name="until", kind="moment", words="restricted_until", required=False),
    Entry(name="hidden", kind="tick", required=False),
    Entry(name="note", kind="area", words="for_colleagues"),
)
_CURRENCY = "CNY"
Line = Annotated[str, Meta(max_length=128, pattern=PRINTABLE)]


class _Typed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A restriction as it is typed."""

    kind: Kind
    reason: Reason | None = None
    takes: tuple[Permission, ...] | None = None
    authority: Line | None = None
    order_number: Line | None = None
    amount: Annotated[str, Meta(max_length=32, pattern=PRINTABLE)] | None = None
    provisional: bool = False
    until: Annotated[str, Meta(max_length=40, pattern=PRINTABLE)] | None = None
    hidden: bool = False
    note: Annotated[str, Meta(max_length=1_000, pattern=LINES)] = ""


class _Noted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why something is given back."""

    note: Annotated[str, Meta(min_length=1, max_length=1_000, pattern=LINES)]


def restriction_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, one, a new one, and how one ends."""
    return [
        *list_routes(behind, _listing(behind)),
        _one(behind),
        *_new(behind),
        _review(behind),
        _ending(behind, "lift", lambda by, id, note: LiftRestriction(actor=by, restriction_id=id, note=note)),
        _ending(
            behind, "proposals", lambda by, id, note: ProposeLift(actor=by, restriction_id=id, note=note)
        ),
    ]


def _listing(behind: Behind) -> Listing:
    async def read(asked: Asked, who: Reader, before: str | None, limit: int) -> Sequence[Restriction]:
        in_full = APPROVE in who.permissions
        wanted = RestrictionFilter(
            user_id=asked["user"] or None,
            kind=one_of(Kind, asked["kind"]),
            in_full=in_full,
            in_force=asked["now"] == "in_force",
            to_review=asked["now"] == "to_review",
            before=before,
            limit=limit,
        )
        found = await behind.standing.reads.restrictions(wanted)
        return [as_shown(each, in_full=in_full) for each in found]

    return Listing(
        here="restrictions",
        address=HOME,
        permission=READ,
        columns=RESTRICTION_COLUMNS,
        filters=(
            Filter(name="now", options=("in_force", "to_review"), words="restriction_now_of", chips=True),
            Filter(name="kind", options=list(Kind), words="restriction_kind_of"),
            Filter(name="user"),
        ),
        first={"now": "in_force"},
        read=read,
        row=restriction_row,
    )


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(f"{HOME}/{{restriction_id:str}}", permission=READ)
    async def show_restriction(request: PageRequest, restriction_id: FromPath[str]) -> Response[bytes]:
        return await _page_of(behind, request, restriction_id, Form())

    return show_restriction


async def _page_of(behind: Behind, request: PageRequest, id: str, form: Form) -> Response[bytes]:
    found = await behind.standing.reads.restriction(check_id(id, prefix="rst", field="restriction_id"))
    known, looking = await behind.users.reads.known(found.user_id), await reader(behind, request)
    holds = found.holds_at(looking.now)
    proposed = await behind.standing.reads.proposals(state=ProposalState.OPEN, before=None, limit=200)
    open_ones = [each for each in proposed if each.subject == found.id]
    agree = Press(name="agree", address=f"{HOME}/{found.id}/review")
    waits = holds and found.review_by is not None and found.reviewed_at is None
    shown = as_shown(found, in_full=may(request, APPROVE))
    return show_person(
        request,
        Shown(
            here="restrictions",
            heading=name_of(known),
            back=HOME,
            pills=[word("restriction_kind_of", shown.kind, "warning"), text(found.id, code=True)],
            notes=[("lift_proposed", f"/console/proposals/users/{each.id}") for each in open_ones],
            presses=[agree] if waits and may(request, APPROVE) and found.set_by != who(request) else [],
            question=_ending_asked(found) if holds and may(request, RESTRICT) and not open_ones else None,
            sections=[Section(name="particulars", facts=restriction_facts(shown, looking))],
        ),
        form,
    )


def _ending_asked(restriction: Restriction) -> Question:
    two = restriction.kind in TWO_PEOPLE
    return Question(
        name="propose_lift" if two else "lift",
        address=f"{HOME}/{restriction.id}/{'proposals' if two else 'lift'}",
        entries=(WHY,),
        together=two,
    )


def _ending(behind: Behind, ending: str, command: Callable[[str, str, str], Command]) -> HTTPRouteHandler:
    @action(f"{HOME}/{{restriction_id:str}}/{ending}", permission=RESTRICT)
    async def end_restriction(request: PageRequest, restriction_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(restriction_id, prefix="rst", field="restriction_id")
        try:
            said = form.into(_Noted)
            await _do(behind, request, form, On(id, said), command(who(request), id, said.note))
        except Refusal as refusal:
            return await _page_of(behind, request, id, form.refused(refusal))
        return done(f"{HOME}/{id}", "lifted" if ending == "lift" else "lift_proposed")

    return end_restriction


def _review(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{restriction_id:str}}/review", permission=APPROVE)
    async def agree_with_it(request: PageRequest, restriction_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(restriction_id, prefix="rst", field="restriction_id")
        try:
            command = ReviewRestriction(actor=who(request), restriction_id=id)
            await _do(behind, request, form, On(id, None), command)
        except Refusal as refusal:
            return await _page_of(behind, request, id, form.refused(refusal))
        return done(f"{HOME}/{id}", "restriction_agreed")

    return agree_with_it


def _new(behind: Behind) -> list[HTTPRouteHandler]:
    path = "/console/users/{user_id:str}/restrict"

    async def ask(request: PageRequest, user_id: str, form: Form) -> Response[bytes]:
        return await ask_about_user(behind, request, user_id, form, name="restrict", entries=ENTRIES)

    @page(path, permission=RESTRICT)
    async def ask_to_restrict(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        return await ask(request, user_id, Form())

    @action(path, permission=RESTRICT)
    async def restrict(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        form, id = await read_form(request), check_id(user_id, prefix="usr", field="user_id")
        try:
            typed = in_china(form, "until").into(_Typed)
            await _do(
                behind,
                request,
                form,
                On(id, typed),
                SetRestriction(actor=who(request), new=_wanted(id, typed)),
            )
        except Refusal as refusal:
            refusal.field = {"amount_minor": "amount", "currency": "amount"}.get(
                refusal.field or "", refusal.field
            )
            return await ask(request, user_id, form.refused(refusal))
        return done(f"/console/users/{id}/standing", "restricted")

    return [ask_to_restrict, restrict]


def _wanted(user_id: str, typed: _Typed) -> NewRestriction:
    said = {name: getattr(typed, name) for name in _Typed.__struct_fields__}
    amount, until = said.pop("amount"), said.pop("until")
    held = Money.parse(amount.strip(), _CURRENCY, field="amount") if amount else None
    try:
        ends = msgspec.convert(until, datetime) if until else None
    except msgspec.ValidationError:
        raise Malformed("This is no moment.", field="until") from None
    return NewRestriction(
        user_id=user_id,
        until=ends,
        amount_minor=held.minor if held else None,
        currency=held.currency if held else None,
        **said,
    )


async def _do(behind: Behind, request: PageRequest, form: Form, said: On, command: Command) -> None:
    made = call(request, form, ACTIONS[type(command)], said, command)
    settled(await behind.standing.answer(made, shown=lambda it: (it.id, Made(it.id))))
