"""Who approves? Whoever holds the key, and the phone whose authenticator shows a code: asked for after each sign-in."""

import re
from typing import Any
from urllib.parse import parse_qs

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from markupsafe import Markup

from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import address_of
from tael.identity.api import authenticator_address
from tael.identity.model import Visitor
from tael.staff.model import Holder
from tael.web.console.acting import PAGES, see_other
from tael.web.console.behind import Behind
from tael.web.console.places import first_address
from tael.web.ui.acting import is_our_own
from tael.web.ui.codes import qr_svg
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

CODE = "/console/code"
_OURS = re.compile(r"/console(/[a-z0-9_/-]*)?(\?[A-Za-z0-9_=&.%-]*)?")
_LONGEST_FORM = 2_000
_SIGN_IN = "/console/sign-in"


def code_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The page that asks for it, or sets it up."""

    @get(CODE, opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_code(request: PageRequest) -> Response[bytes]:
        holder = await _holder(behind, request)
        wanted = page_of_ours(request.query_params.get("next", ""))
        return see_other(_SIGN_IN) if holder is None else await _page(behind, request, holder, wanted)

    @post(CODE, opt={"permission": PUBLIC}, include_in_schema=False, status_code=200)
    async def send_code(request: PageRequest) -> Response[bytes]:
        form = parse_qs((await request.body())[:_LONGEST_FORM].decode("utf-8", "replace"))
        holder, secret = await _holder(behind, request), behind.sessions.key_of(request) or ""
        if holder is None or not is_our_own(request):
            return see_other(_SIGN_IN)
        wanted = page_of_ours(form.get("next", [""])[0])
        try:
            await behind.identity.show_code(holder.actor, form.get("code", [""])[0], _visitor(request))
        except Refusal as refusal:
            return await _page(behind, request, holder, wanted, refusal)
        response = see_other(wanted or await home_of(behind, secret))
        secure = request.url.scheme == "https"
        response.cookies.append(behind.sessions.begin(secret, secure=secure, proven=True))
        return response

    return [show_code, send_code]


async def home_of(behind: Behind, secret: str) -> str:
    """The first page that the holder of a key may see; the door, if there is none."""
    try:
        holder = await behind.staff.authenticate(secret)
    except Refusal:
        return _SIGN_IN
    return first_address(holder.permissions) or _SIGN_IN


def door_page(
    request: PageRequest, name: str, *, refusal: Refusal | None, status: int = 200, **said: Any
) -> Response[bytes]:
    """A page at which somebody shows who they are: again, with what was wrong, and how long they have to wait."""
    pause = refusal.retry_after_seconds if refusal else None
    shown = refusal.status if refusal else status
    response = PAGES.render(
        request, f"console/{name}.html", status=shown, error=refusal is not None, pause=pause, **said
    )
    if pause is not None:
        response.headers["Retry-After"] = str(pause)
    return response


def page_of_ours(wanted: str) -> str:
    """Where to go after signing in: a page of ours and nowhere else; empty for wherever they begin."""
    return wanted if _OURS.fullmatch(wanted) else ""


async def _holder(behind: Behind, request: PageRequest) -> Holder | None:
    """Whoever has shown a key in this session; nobody, if it holds no more."""
    secret = behind.sessions.key_of(request)
    try:
        return None if secret is None else await behind.staff.authenticate(secret)
    except Refusal:
        return None


async def _page(
    behind: Behind, request: PageRequest, holder: Holder, wanted: str, refusal: Refusal | None = None
) -> Response[bytes]:
    secret = await behind.identity.offer_authenticator(holder.actor)
    image = ""
    if secret is not None:
        title = CATALOGUES[reader_of(request).language].say("console.code.code_title")
        drawn = qr_svg(authenticator_address(secret, email=holder.member.email), title=title)
        image = Markup(drawn.decode())  # noqa: S704 - drawn here
    return door_page(
        request,
        "code",
        refusal=refusal,
        next=wanted,
        image=image,
        secret=" ".join(secret[place : place + 4] for place in range(0, len(secret), 4)) if secret else "",
    )


def _visitor(request: PageRequest) -> Visitor:
    return Visitor(
        device=request.headers.get("user-agent", ""),
        address=address_of(request),
        request_id=request.scope["state"].get("request_id"),
    )
