"""How does somebody look after their own door? Sessions, password, second factor, recovery codes."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.identity.api import SHORTEST_PASSWORD
from tael.web.portal.acting import action, done, go_to, here_of, page, prove, read_form, show, show_door
from tael.web.portal.behind import Behind
from tael.web.portal.session import SIGNED_IN
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of

HOME = "/portal/security"


def security_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_sessions(behind), *_proofs(behind)]


def _sessions(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @page(HOME, permission=SIGNED_IN)
    async def show_security(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HOME}/sessions/{{session_id:str}}/end", permission=SIGNED_IN)
    async def end_session(request: PageRequest, session_id: FromPath[str]) -> Response[bytes]:
        await read_form(request)
        here = await here_of(behind, request)
        await identity.end_session(here.present, session_id, visitor_of(request))
        return done(request, HOME, "session_ended")

    @action(f"{HOME}/sessions/end-others", permission=SIGNED_IN)
    async def end_others(request: PageRequest) -> Response[bytes]:
        await read_form(request)
        here = await here_of(behind, request)
        await identity.end_others(here.present, visitor_of(request))
        return done(request, HOME, "others_ended")

    return [show_security, end_session, end_others]


def _proofs(behind: Behind) -> list[HTTPRouteHandler]:
    identity = behind.people.identity

    @action(f"{HOME}/password", permission=SIGNED_IN)
    async def change_password(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        here = await here_of(behind, request)
        try:
            await identity.change_password(
                here.present, form.text("old"), form.text("password"), visitor_of(request)
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal, secret=("old", "password")))
        return done(request, HOME, "password_changed")

    @action(f"{HOME}/second-factor", permission=SIGNED_IN)
    async def renew_second_factor(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await prove(behind, request, form)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal, secret=("code",)))
        return go_to(request, "/portal/second-factor")

    @action(f"{HOME}/recovery-codes", permission=SIGNED_IN)
    async def renew_recovery_codes(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            present = await prove(behind, request, form)
            codes = await identity.renew_recovery_codes(present, visitor_of(request))
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(refusal, secret=("code",)))
        return show_door(request, "portal/recovery_codes.html", codes=codes)

    return [change_password, renew_second_factor, renew_recovery_codes]


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    identity, here = behind.people.identity, await here_of(behind, request)
    return await show(
        behind,
        request,
        "portal/security.html",
        here="security",
        form=form,
        sessions=await identity.sessions(here.present.login.id),
        codes_left=await identity.recovery_codes_left(here.present.login.id),
        shortest=SHORTEST_PASSWORD,
    )
