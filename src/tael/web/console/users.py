"""Who are our users, how is one of them found, and what stands on their page? A list, a search, and five pages about one."""

import re
from collections.abc import Sequence
from operator import attrgetter

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.identity_documents import DocumentKind
from tael.foundation.ids import check_id
from tael.standing.model import AccountClass, StandingState
from tael.users.api import Asked as AskedOfUsers
from tael.users.api import Listed, UserFilter
from tael.users.model import Known
from tael.users.schemas.own import DocumentGiven
from tael.users.schemas.staff import EndSessionsRequest, RevokeDeviceRequest, SearchRequest
from tael.web.console.acting import action, call, done, page, see_other, settled, show, who
from tael.web.console.asking import Shown, show_person
from tael.web.console.behind import Behind
from tael.web.console.cells import Tab, Way, text, word
from tael.web.console.listing import SEARCHED_BY, Asked, Filter, Listing, Reader, list_routes, one_of, reader
from tael.web.console.onboarding import form_words
from tael.web.console.person_views import USER_COLUMNS, name_of, user_row
from tael.web.console.standing_views import STANDING_TONES
from tael.web.console.user_pages import TABS, Drawn, of_one, pages_of
from tael.web.ui.acting import On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of

READ, RESTRICT = "users.read", "users.restrict"
_WAYS = (("unmask", "users.unmask", False), ("report", "users.report", False), ("restrict", RESTRICT, True))
"""What is done about a user on a page of its own, with which permission, and whether it is dangerous."""
HOME = "/console/users"
_ID = re.compile(r"usr_[0-9a-z]{26}")


class _Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody typed to find one user."""

    who: str
    kind: str = "phone"


def user_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, the search, each page of a user, and what ends their sessions."""
    return [
        *list_routes(behind, _listing(behind)),
        _search(behind),
        *(_tab(behind, name) for name in TABS),
        _end_sessions(behind),
        _revoke_device(behind),
    ]


def _listing(behind: Behind) -> Listing:
    async def read(asked: Asked, _: Reader, before: str | None, limit: int) -> Sequence[Listed]:
        wanted = UserFilter(
            account_class=one_of(AccountClass, asked["account_class"]),
            standing=one_of(StandingState, asked["standing"]),
            in_review=asked["in_review"] == "yes",
            before=before,
            limit=limit,
        )
        return await behind.users.reads.list_users(wanted)

    return Listing(
        here="users",
        address=HOME,
        permission=READ,
        columns=USER_COLUMNS,
        filters=(
            Filter(name="standing", options=list(StandingState), words="standing_of", chips=True),
            Filter(name="account_class", options=list(AccountClass), words="account_class_of"),
            Filter(name="in_review", options=("yes",), words="in_review_of"),
        ),
        read=read,
        row=user_row,
        cursor=attrgetter("known.user.id"),
    )


def _search(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/search", permission=READ)
    async def search_users(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            found = await _found(behind, form.into(_Sought))
        except Refusal as refusal:
            refusal.field = "who"
            return await _results(behind, request, form.refused(refusal), ())
        if len(found) == 1:
            return see_other(f"{HOME}/{found[0].user.id}")
        return await _results(behind, request, Form(), found)

    return search_users


async def _found(behind: Behind, sought: _Sought) -> Sequence[Known]:
    """Who it may be; refuses `NoSuchUser`, and what is neither a number nor a document."""
    typed = sought.who.strip()
    if _ID.fullmatch(typed):
        return [await behind.users.reads.known(typed)]
    if sought.kind == "name":
        return await behind.users.reads.search(SearchRequest(name=typed))
    if sought.kind not in set(DocumentKind):
        return await behind.users.reads.search(SearchRequest(phone=typed))
    state, _, number = typed.rpartition(" ")
    document = DocumentGiven(
        kind=DocumentKind(sought.kind), number=number, issued_by=state.strip().upper() or "CHN"
    )
    return await behind.users.reads.search(SearchRequest(document=document))


async def _results(
    behind: Behind, request: PageRequest, form: Form, found: Sequence[Known]
) -> Response[bytes]:
    looking = await reader(behind, request)
    rows = [user_row(each, looking) for each in await behind.users.reads.glances(found)]
    return show(
        request,
        "console/user_results.html",
        here="users",
        form=form,
        columns=USER_COLUMNS,
        rows=rows,
        kinds=SEARCHED_BY,
        **form_words(request),
    )


def _tab(behind: Behind, name: str) -> HTTPRouteHandler:
    ending = "" if name == "overview" else f"/{name}"

    @page(f"{HOME}/{{user_id:str}}{ending}", permission=TABS[name])
    async def show_user(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        known = await behind.users.reads.known(check_id(user_id, prefix="usr", field="user_id"))
        drawn = await pages_of(behind, await reader(behind, request), request)[name](known)
        return show_person(request, await _shown(behind, request, known, name, drawn))

    return show_user


async def _shown(behind: Behind, request: PageRequest, known: Known, tab: str, drawn: Drawn) -> Shown:
    """A page of a user, with who it is above it."""
    user_id, may = known.user.id, request.scope["user"].permissions
    view = await behind.standing.reads.view(user_id)
    ways = _WAYS if tab == "overview" else ()
    return Shown(
        here="users",
        heading=name_of(known),
        back=HOME,
        pills=(
            word("standing_of", view.state, STANDING_TONES[view.state]),
            word("account_class_of", view.account_class, "neutral"),
            text(user_id, code=True),
        ),
        tabs=[
            Tab(name=each, address=f"{HOME}/{user_id}" + ("" if each == "overview" else f"/{each}"))
            for each, permission in TABS.items()
            if permission in may
        ],
        tab=tab,
        notes=drawn.notes,
        ways=[
            Way(name=name, address=f"{HOME}/{user_id}/{name}", dangerous=dangerous)
            for name, permission, dangerous in ways
            if permission in may
        ],
        presses=[each for each in drawn.presses if RESTRICT in may],
        sections=[of_one(each) for each in drawn.sections],
    )


def _end_sessions(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{user_id:str}}/sessions/end", permission=RESTRICT)
    async def end_sessions(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        await _do(behind, request, user_id, "end_user_sessions", EndSessionsRequest())
        return done(f"{HOME}/{user_id}/access", "sessions_ended")

    return end_sessions


def _revoke_device(behind: Behind) -> HTTPRouteHandler:
    @action(f"{HOME}/{{user_id:str}}/devices/revoke", permission=RESTRICT)
    async def revoke_device(request: PageRequest, user_id: FromPath[str]) -> Response[bytes]:
        await _do(behind, request, user_id, "revoke_user_device", None)
        return done(f"{HOME}/{user_id}/access", "device_revoked")

    return revoke_device


async def _do(
    behind: Behind, request: PageRequest, user_id: str, doing: str, command: msgspec.Struct | None
) -> None:
    """Do what a button says, about one user."""
    form, id = await read_form(request), check_id(user_id, prefix="usr", field="user_id")
    wanted = command if command is not None else form.into(RevokeDeviceRequest)
    asked = AskedOfUsers(
        user_id=id, actor=who(request), visitor=visitor_of(request), about=id, command=wanted
    )
    settled(await behind.users.answer(call(request, form, f"users.{doing}", On(id, wanted), asked)))
