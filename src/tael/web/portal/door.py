"""How does somebody come in, and go? The password, then the code; whoever is new signs up and sets both up."""

import re
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.http.strangers import Deed, address_of
from tael.identity.api import LONGEST_PASSWORD, SHORTEST_PASSWORD, authenticator_address
from tael.identity.errors import LoginExists, SessionEnded
from tael.identity.model import NewSession, Present
from tael.web.portal.acting import go_to, show_door
from tael.web.portal.behind import Behind
from tael.web.portal.places import CHOOSING
from tael.web.portal.session import COOKIE
from tael.web.ui.acting import is_our_own
from tael.web.ui.codes import qr_svg
from tael.web.ui.doors import open_action, open_page, read_at_door
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.session_cookies import visitor_of

_OURS = re.compile(r"/portal(/[A-Za-z0-9_/-]*)?(\?[A-Za-z0-9_=&.%-]*)?")


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """A person, and the merchant that they found."""

    name: Annotated[str, Meta(max_length=64)]
    email: Annotated[str, Meta(max_length=254)]
    password: Annotated[str, Meta(max_length=LONGEST_PASSWORD)]
    merchant: Annotated[str, Meta(min_length=1, max_length=64)]


def next_of(text: str) -> str:
    """Where to go after signing in: a page of ours and nowhere else; empty for wherever they begin."""
    return text if _OURS.fullmatch(text) else ""


def let_in(behind: Behind, request: PageRequest, begun: NewSession, address: str) -> Response[bytes]:
    """Go on with a session."""
    return with_session(behind, begun, go_to(request, address))


def with_session(behind: Behind, begun: NewSession, response: Response[bytes]) -> Response[bytes]:
    """An answer that brings a session along."""
    response.cookies.append(COOKIE.with_token(begun.token, secure=behind.secure))
    return response


def door_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """In and out."""
    return [*_entering(behind), *_proving(behind), *_signing_up(behind), _sign_out(behind)]


def _entering(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/portal")
    async def enter(request: PageRequest) -> Response[bytes]:
        try:
            present = await behind.people.identity.present(COOKIE.token_of(request))
        except SessionEnded:
            return go_to(request, "/portal/sign-in")
        return go_to(request, await first_address(behind, request, present))

    @open_page("/portal/sign-in")
    async def show_sign_in(request: PageRequest) -> Response[bytes]:
        wanted = next_of(request.query_params.get("next", ""))
        return show_door(request, "portal/sign_in.html", form=Form(), wanted=wanted, ended=bool(wanted))

    @open_action("/portal/sign-in")
    async def sign_in(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        try:
            begun = await behind.people.identity.sign_in(
                form.text("email"), form.text("password"), visitor_of(request)
            )
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("password",))
            return show_door(request, "portal/sign_in.html", form=kept, wanted=wanted, ended=False)
        half = await behind.people.identity.present(begun.token, half=True)
        step = "code" if half.login.has_second_factor else "second-factor"
        return let_in(
            behind, request, begun, f"/portal/{step}" + (f"?next={quote(wanted)}" if wanted else "")
        )

    @open_page("/portal/forgotten")
    async def show_forgotten(request: PageRequest) -> Response[bytes]:
        return show_door(request, "portal/forgotten.html")

    return [enter, show_sign_in, sign_in, show_forgotten]


def _proving(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/portal/code")
    async def show_code(request: PageRequest) -> Response[bytes]:
        if await half_of(behind, request) is None:
            return go_to(request, "/portal/sign-in")
        wanted = next_of(request.query_params.get("next", ""))
        return show_door(request, "portal/code.html", form=Form(), wanted=wanted)

    @open_action("/portal/code")
    async def show_the_code(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        try:
            begun = await behind.people.identity.prove(
                COOKIE.token_of(request), form.text("code"), visitor_of(request)
            )
        except SessionEnded:
            return go_to(request, "/portal/sign-in")
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("code",))
            return show_door(request, "portal/code.html", form=kept, wanted=wanted)
        present = await behind.people.identity.present(begun.token)
        return let_in(behind, request, begun, await first_address(behind, request, present, wanted=wanted))

    @open_page("/portal/second-factor")
    async def show_second_factor(request: PageRequest) -> Response[bytes]:
        return await _second_factor_page(behind, request, Form())

    @open_action("/portal/second-factor")
    async def set_second_factor(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            confirmed = await behind.people.identity.confirm_second_factor(
                COOKIE.token_of(request), form.text("code"), visitor_of(request)
            )
        except SessionEnded:
            return go_to(request, "/portal/sign-in")
        except Refusal as refusal:
            return await _second_factor_page(behind, request, form.refused(refusal, secret=("code",)))
        shown = show_door(request, "portal/recovery_codes.html", codes=confirmed.recovery_codes)
        return with_session(behind, confirmed.session, shown)

    return [show_code, show_the_code, show_second_factor, set_second_factor]


def _signing_up(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/portal/sign-up")
    async def show_sign_up(request: PageRequest) -> Response[bytes]:
        return show_door(request, "portal/sign_up.html", form=Form(), shortest=SHORTEST_PASSWORD)

    @open_action("/portal/sign-up")
    async def sign_up(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        try:
            begun = await _founded(behind, request, form.into(SignUp))
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("password",))
            return show_door(request, "portal/sign_up.html", form=kept, shortest=SHORTEST_PASSWORD)
        return let_in(behind, request, begun, "/portal/second-factor")

    return [show_sign_up, sign_up]


def _sign_out(behind: Behind) -> HTTPRouteHandler:
    @open_action("/portal/sign-out")
    async def sign_out(request: PageRequest) -> Response[bytes]:
        response = go_to(request, "/portal/sign-in")
        if is_our_own(request):
            await behind.people.identity.sign_out(COOKIE.token_of(request), visitor_of(request))
            response.cookies.append(COOKIE.with_token("", secure=behind.secure))
        return response

    return sign_out


async def first_address(behind: Behind, request: PageRequest, present: Present, *, wanted: str = "") -> str:
    """Where somebody begins who is in: where they wanted to go, for their merchant; to choose one, if there are several."""
    people = behind.people
    places = [each.merchant_id for each in await people.team.memberships(present.login.id)]
    if present.session.acts_for not in places:
        if len(places) != 1:
            return CHOOSING
        await people.identity.choose(present, places[0], visitor_of(request))
    return wanted or "/portal/home"


async def half_of(behind: Behind, request: PageRequest) -> Present | None:
    """Whoever has shown the password, and perhaps more."""
    try:
        return await behind.people.identity.present(COOKIE.token_of(request), half=True)
    except SessionEnded:
        return None


async def _second_factor_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    present = await half_of(behind, request)
    if present is None:
        return go_to(request, "/portal/sign-in")
    try:
        secret = await behind.people.identity.offer_second_factor(present)
    except Refusal:
        return go_to(request, "/portal/security" if present.session.proven_at else "/portal/code")
    title = CATALOGUES[reader_of(request).language].say("portal.second_factor.code_title")
    image = qr_svg(authenticator_address(secret, email=present.login.email), title=title)
    return show_door(
        request,
        "portal/second_factor.html",
        form=form,
        image=Markup(image.decode()),  # noqa: S704 - drawn here
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        renews=present.login.has_second_factor,
    )


async def _founded(behind: Behind, request: PageRequest, wanted: SignUp) -> NewSession:
    """A new login that owns a new merchant, which has not been let in yet: both, or neither.

    Refuses `TooBusy` and `TooMuchFromNetwork` before anything is looked up or hashed, so also whoever tries which addresses are known.
    """
    people = behind.people
    people.identity.check_particulars(wanted.name, wanted.email)
    people.identity.check_room()
    await people.strangers.take(address_of(request), Deed.SIGN_UP)
    hash = await people.identity.hash_of(wanted.password, about=(wanted.email, wanted.name, wanted.merchant))
    if await people.identity.has_login(wanted.email):
        raise LoginExists("Somebody signs in with this address already.", field="email", hint="Sign in.")
    async with people.database.transaction() as tx:
        merchant = await people.merchants.apply_within(tx, name=wanted.merchant, actor="visitor")
        login, begun = await people.identity.register(
            tx,
            name=wanted.name,
            email=wanted.email,
            password_hash=hash,
            visitor=visitor_of(request),
            acts_for=merchant.id,
        )
        await people.team.found(tx, merchant.id, login_id=login.id, email=login.email, name=login.name)
    return begun
