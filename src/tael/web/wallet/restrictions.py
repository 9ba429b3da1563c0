"""What is closed to somebody, why, and what can they do about it? Freeze and thaw, object, ask for more."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.standing.api import (
    ACTIONS,
    Ask,
    Command,
    Freeze,
    Object,
    RestrictionFilter,
    TakeBack,
    Thaw,
    digest_of_thaw,
)
from tael.standing.model import Kind, Permission, PersonalLimit
from tael.standing.schemas import AskRequest, ObjectRequest, objection_body, request_body, restriction_body
from tael.web.ui.acting import Made, call
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import (
    LOOK,
    MANAGE,
    action,
    done,
    me,
    page,
    read_form,
    settled,
    show,
)
from tael.web.wallet.behind import Behind
from tael.web.wallet.confirming import Act, carry_out

HOME = "/wallet/restrictions"
_SHOWN = 50
_COUNTS = (PersonalLimit.TRANSFERS_DAY,)
"""What is no amount of money."""


def restriction_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [_show(behind), _freeze(behind), _thaw(behind), _object(behind), *_asking(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=LOOK)
    async def show_restrictions(request: PageRequest) -> Response[bytes]:
        return await _page(behind, request, Form())

    return show_restrictions


def _freeze(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/freeze", permission=LOOK)
    async def freeze(request: PageRequest) -> Response[bytes]:
        form, principal = await read_form(request), me(request)
        command = Freeze(actor=principal.actor, user_id=principal.owner, takes=None)
        await _ask(behind, request, form, command, _Said(about="freeze"))
        return done(request, HOME, "frozen")

    return freeze


def _thaw(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{restriction_id:str}}/lift", permission=MANAGE)
    async def lift(request: PageRequest, restriction_id: FromPath[str]) -> Response[bytes]:
        form, principal = await read_form(request), me(request)
        id = check_id(restriction_id, prefix="rst", field="restriction_id")
        found = await behind.people.standing.reads.restriction(id, user_id=principal.owner)
        present = principal.present

        async def ask(strength: Strength) -> str:
            del strength  # as strong as it must be: somebody may have taken the telephone
            async with behind.database.transaction() as tx:
                needed = await behind.people.identity.raised(tx, present.login.id, Strength.TWO)
                asked = await behind.people.identity.ask_confirmation(
                    tx,
                    login_id=present.login.id,
                    session_id=present.session.id,
                    about=digest_of_thaw(found),
                    factors=behind.people.identity.factors_for(needed),
                    words={"act": "lift_restriction", "kind": "lift_restriction"},
                )
            return asked.id

        async def do(confirmation_id: str | None) -> object:
            command = Thaw(
                actor=principal.actor,
                user_id=principal.owner,
                restriction_id=id,
                login_id=present.login.id,
                confirmation_id=confirmation_id or "",
            )
            return await _ask(behind, request, form, command, _Said(about=id))

        act = Act(here="restrictions", address=f"{HOME}/{id}/lift", back=HOME, do=do, ask=ask)
        try:
            came = await carry_out(behind, request, form, act, lambda it: it)
        except Refusal as refusal:
            return await _page(behind, request, Form(refusal=refusal))
        return came if isinstance(came, Response) else done(request, HOME, "thawed")

    return lift


def _object(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/objections", permission=LOOK)
    async def object_to(request: PageRequest) -> Response[bytes]:
        form, principal = await read_form(request), me(request)
        try:
            wanted = form.into(ObjectRequest)
            command = Object(
                actor=principal.actor,
                user_id=principal.owner,
                restriction_id=check_id(wanted.restriction_id, prefix="rst", field="restriction_id"),
                words=wanted.words,
            )
            await _ask(behind, request, form, command, wanted)
        except Refusal as refusal:
            return await _page(behind, request, form.refused(refusal))
        return done(request, HOME, "objected")

    return object_to


def _asking(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/requests", permission=MANAGE)
    async def ask_for(request: PageRequest) -> Response[bytes]:
        form, principal = await read_form(request), me(request)
        try:
            wanted = _asked(form)
            command = Ask(
                actor=principal.actor,
                user_id=principal.owner,
                permission=wanted.permission,
                limit=wanted.limit,
                wanted=wanted.wanted,
                words=wanted.words,
            )
            await _ask(behind, request, form, command, wanted)
        except Refusal as refusal:
            return await _page(behind, request, form.refused(refusal))
        return done(request, HOME, "asked_for")

    @action(f"{HOME}/requests/{{request_id:str}}/withdraw", permission=MANAGE)
    async def take_back(request: PageRequest, request_id: FromPath[str]) -> Response[bytes]:
        form, principal = await read_form(request), me(request)
        id = check_id(request_id, prefix="prq", field="request_id")
        command = TakeBack(actor=principal.actor, user_id=principal.owner, request_id=id)
        await _ask(behind, request, form, command, _Said(about=id))
        return done(request, HOME, "request_taken_back")

    return [ask_for, take_back]


class _Said(msgspec.Struct, frozen=True):
    """What a form that is only a button was about."""

    about: str


async def _ask(
    behind: Behind, request: PageRequest, form: Form, command: Command, said: msgspec.Struct
) -> object:
    doing = call(request, form, ACTIONS[type(command)], said, command)
    return settled(await behind.people.standing.answer(doing, shown=lambda made: (made.id, Made(made.id))))


def _asked(form: Form) -> AskRequest:
    """Which permission or limit somebody wants; an amount is typed in whole units. Refuses `Malformed`."""
    about = form.text("about")
    kind, _, name = about.partition(":")
    typed = {"words": form.text("words")}
    if kind == "limit" and name in set(PersonalLimit):
        typed["limit"] = name
        amount = form.text("wanted").strip().replace(",", "")
        minor = (
            amount if name in _COUNTS or not amount else str(Money.parse(amount, "CNY", field="wanted").minor)
        )
        typed["wanted"] = minor
    else:
        typed["permission"] = name
    return Form(values=typed).into(AskRequest)


async def _page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    standing, now, user_id = behind.people.standing, behind.clock.now(), me(request).owner
    view = await standing.reads.view(user_id)
    objections = await standing.reads.own_objections(user_id, before=None, limit=_SHOWN)
    requests = await standing.reads.own_requests(user_id, before=None, limit=_SHOWN)
    past = await standing.reads.restrictions(RestrictionFilter(user_id=user_id, limit=_SHOWN))
    in_force = [restriction_body(each) for each in view.restrictions]
    return await show(
        behind,
        request,
        "wallet/restrictions.html",
        here="restrictions",
        form=form,
        in_force=in_force,
        is_own={each.id: each.kind is Kind.BY_USER for each in view.restrictions},
        objected={each.restriction_id for each in objections},
        objections=[objection_body(each, now=now) for each in objections],
        requests=[request_body(each, now=now) for each in requests],
        past=[restriction_body(each) for each in past if not each.holds_at(now)],
        refused=[(permission, refusal) for permission, refusal in view.refusals if refusal is not None],
        limits=view.limits,
        counts=_COUNTS,
        permissions=list(Permission),
    )
