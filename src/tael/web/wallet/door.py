"""How does somebody come in, and go? By number and password, and on a new device one factor more; or by a passkey alone."""

import re
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.foundation.http.strangers import Deed, address_of
from tael.identity.errors import SessionEnded, TooManyCodes, TooManyTries
from tael.identity.model import Factor, Present, SignedIn
from tael.users.schemas.door import PasskeySignInRequest, ProveRequest, SignInRequest
from tael.web.ui.acting import is_our_own
from tael.web.ui.doors import open_action, open_page, read_at_door
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of
from tael.web.wallet.acting import NEW_DEVICE, done, go_to, show_door
from tael.web.wallet.behind import Behind
from tael.web.wallet.forms import wanted_of
from tael.web.wallet.session import DEVICE, in_mode, token_of

_OURS = re.compile(r"/wallet(/[A-Za-z0-9_/-]*)?(\?[A-Za-z0-9_=&.%-]*)?")
_MINUTE = 60


def next_of(text: str) -> str:
    """Where to go after signing in: a page of ours and nowhere else; empty for wherever they begin."""
    return text if _OURS.fullmatch(text) else ""


def let_in(behind: Behind, request: PageRequest, signed_in: SignedIn, wanted: str) -> Response[bytes]:
    """Go on with a whole session; on a device that was not known, say that it is told."""
    known = not signed_in.is_new_device
    address = wanted or "/wallet/home"
    response = go_to(request, address) if known else done(request, address, NEW_DEVICE)
    return with_session(behind, request, signed_in, response)


def with_session(
    behind: Behind, request: PageRequest, signed_in: SignedIn, response: Response[bytes]
) -> Response[bytes]:
    """An answer that brings a session along, and the token of the device if it got one."""
    cookie, device = in_mode(request), in_mode(request, DEVICE)
    response.cookies.append(cookie.with_token(signed_in.session.token, secure=behind.secure))
    if signed_in.device_token is not None:
        response.cookies.append(device.with_token(signed_in.device_token, secure=behind.secure))
    return response


def device_token_of(request: PageRequest) -> str | None:
    """What this device got when somebody trusted it."""
    return in_mode(request, DEVICE).token_of(request) or None


def door_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """In and out."""
    return [*_entering(behind), *_by_passkey(behind), *_proving(behind), _sign_out(behind)]


def _entering(behind: Behind) -> list[HTTPRouteHandler]:
    users = behind.people.users

    @open_page("/wallet")
    async def enter(request: PageRequest) -> Response[bytes]:
        try:
            await users.principal(token_of(request))
        except SessionEnded:
            return go_to(request, "/wallet/sign-in")
        return go_to(request, "/wallet/home")

    @open_page("/wallet/sign-in")
    async def show_sign_in(request: PageRequest) -> Response[bytes]:
        wanted = next_of(request.query_params.get("next", ""))
        return show_door(request, "wallet/sign_in.html", form=Form(), wanted=wanted, ended=bool(wanted))

    @open_action("/wallet/sign-in")
    async def sign_in(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        try:
            typed = wanted_of(form, SignInRequest, "phone", "password")
            asked = msgspec.structs.replace(typed, device_token=device_token_of(request))
            signed_in = await users.sign_in(asked, visitor_of(request))
        except TooManyTries as refusal:
            return locked_out(request, refusal)
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("password",))
            return show_door(request, "wallet/sign_in.html", form=kept, wanted=wanted, ended=False)
        if signed_in.is_whole:
            return let_in(behind, request, signed_in, wanted)
        address = "/wallet/code" + (f"?next={quote(wanted)}" if wanted else "")
        onward = go_to(request, address)
        if tuple(signed_in.factors) == (Factor.CODE,) and not await _send_code(behind, signed_in):
            onward = done(request, address, "code_not_sent")
        return with_session(behind, request, signed_in, onward)

    return [enter, show_sign_in, sign_in]


def _by_passkey(behind: Behind) -> list[HTTPRouteHandler]:
    @get("/wallet/sign-in/passkey", opt={OPTION: PUBLIC}, include_in_schema=False)
    async def ask_passkey() -> Response[bytes]:
        asked = await behind.people.identity.ask_passkey()
        return Response(msgspec.json.encode(asked), media_type="application/json")

    @open_action("/wallet/sign-in/passkey")
    async def sign_in_by_passkey(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        try:
            asked = PasskeySignInRequest(
                question=form.text("passkey_question"),
                answer=form.text("passkey"),
                trust_device=form.text("trust") == "true",
            )
            signed_in = await behind.people.users.sign_in_by_passkey(
                asked, visitor_of(request), device_token=device_token_of(request)
            )
        except Refusal as refusal:
            kept = form.refused(refusal, secret=("passkey",))
            return show_door(request, "wallet/sign_in.html", form=kept, wanted=wanted, ended=False)
        return let_in(behind, request, signed_in, wanted)

    return [ask_passkey, sign_in_by_passkey]


def _proving(behind: Behind) -> list[HTTPRouteHandler]:
    @open_page("/wallet/code")
    async def show_code(request: PageRequest) -> Response[bytes]:
        return await _code_page(behind, request, Form(), next_of(request.query_params.get("next", "")))

    @open_action("/wallet/code/send")
    async def send_code(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        await behind.strangers.take(address_of(request), Deed.USER_CODE)
        try:
            await behind.people.users.send_sign_in_code(token_of(request))
        except SessionEnded:
            return go_to(request, "/wallet/sign-in")
        except Refusal as refusal:
            return await _code_page(behind, request, form.refused(refusal), wanted)
        return done(request, "/wallet/code" + (f"?next={quote(wanted)}" if wanted else ""), "code_sent")

    @open_action("/wallet/code")
    async def show_the_code(request: PageRequest) -> Response[bytes]:
        form = await read_at_door(request)
        wanted = next_of(form.text("next"))
        try:
            proof = wanted_of(
                form,
                ProveRequest,
                "factor",
                "proof",
                session_token=token_of(request),
                trust_device=form.text("trust"),
            )
            signed_in = await behind.people.users.prove(
                proof, visitor_of(request), device_token=device_token_of(request)
            )
        except SessionEnded:
            return go_to(request, "/wallet/sign-in")
        except TooManyTries as refusal:
            return locked_out(request, refusal)
        except Refusal as refusal:
            return await _code_page(behind, request, form.refused(refusal, secret=("proof",)), wanted)
        return let_in(behind, request, signed_in, wanted)

    return [show_code, send_code, show_the_code]


def _sign_out(behind: Behind) -> HTTPRouteHandler:
    @open_action("/wallet/sign-out")
    async def sign_out(request: PageRequest) -> Response[bytes]:
        response = go_to(request, "/wallet/sign-in")
        if not is_our_own(request):
            return response
        try:
            present = await behind.people.identity.present_user(token_of(request), half=True)
            await behind.people.users.sign_out(present, visitor_of(request))
        except SessionEnded:
            pass  # it has ended by itself, or somewhere else
        response.cookies.append(in_mode(request).with_token("", secure=behind.secure))
        return response

    return sign_out


def locked_out(request: PageRequest, refusal: TooManyTries) -> Response[bytes]:
    """How long somebody waits who has tried too often, and what they can do meanwhile."""
    minutes = -(-(refusal.retry_after_seconds or _MINUTE) // _MINUTE)
    form = Form(refusal=refusal)
    return show_door(request, "wallet/locked_out.html", form=form, minutes=minutes)


async def _code_page(behind: Behind, request: PageRequest, form: Form, wanted: str) -> Response[bytes]:
    half = await _half_of(behind, request)
    if half is None:
        return go_to(request, "/wallet/sign-in")
    return show_door(
        request,
        "wallet/code.html",
        form=form,
        wanted=wanted,
        has_authenticator=half.login.has_second_factor,
        has_passkeys=bool(await behind.people.identity.passkeys(half.login.id)),
    )


async def _half_of(behind: Behind, request: PageRequest) -> Present | None:
    """Whoever has shown the password, and perhaps more."""
    try:
        return await behind.people.identity.present_user(token_of(request), half=True)
    except SessionEnded:
        return None


async def _send_code(behind: Behind, half: SignedIn) -> bool:
    """The code that somebody will be asked for in any case; false if one was sent for another try a moment ago."""
    try:
        await behind.people.users.send_sign_in_code(half.session.token)
    except TooManyCodes:
        return False
    return True
