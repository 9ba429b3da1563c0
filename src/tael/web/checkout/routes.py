"""Which addresses make up the checkout?

`/pay/{id}` the page, `/pay/{id}/code.svg` the code, `/pay/{id}/events` changes as they happen,
`/pay/{id}/state` the same for browsers that cannot keep a stream open. Knowing the id is the
permission: it has 74 random bits and shows nothing but what the payer was told already.
"""

import re
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from tael.foundation.errors import NotFound, Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.web.checkout.codes import qr_svg
from tael.web.checkout.documents import code_address, pay_link, state_document
from tael.web.checkout.events import events
from tael.web.checkout.views import CheckoutDesk, safe_link
from tael.web.checkout.wallets import agent_of, wallet_name
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, Pages, reader_of
from tael.web.ui.problems import refusal_page

PAGES = Pages("checkout", Path(__file__).parent)
_METHOD = re.compile(r"[a-z][a-z0-9_]{0,31}")
CHECKOUT_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""


def checkout_routes(desk: CheckoutDesk, *, heartbeat_seconds: float = 15.0) -> list[HTTPRouteHandler]:
    """The checkout's route handlers. The page answers refusals as a page, the others raise them."""
    return [_page(desk), _code(desk), _state(desk), _events(desk, heartbeat_seconds)]


def _page(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get(
        "/pay/{payment_id:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_checkout(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        view = await desk.open(payment_id, _method(request))
        return PAGES.render(
            request,
            "checkout/pay.html",
            view=view,
            code_src=code_address(view),
            pay_link=pay_link(view),
            return_link=safe_link(view.return_url),
            wallet=wallet_name(view.method, reader_of(request).language),
            ways=[(each, wallet_name(each, reader_of(request).language)) for each in view.methods],
            agent=agent_of(request.headers.get("user-agent", ""), view.method),
        )

    return show_checkout


def _code(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get("/pay/{payment_id:str}/code.svg", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_code(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        view = await desk.look(payment_id, _method(request))
        if view.code_url is None:
            raise NotFound("There is no code to scan at the moment.", hint="Open the checkout page again.")
        language = reader_of(request).language
        title = CATALOGUES[language].say(
            "checkout.open.code_title", wallet=wallet_name(view.method, language)
        )
        kept = request.query_params.get("v") == view.code_version
        return Response(
            qr_svg(view.code_url, title=title),
            media_type="image/svg+xml",
            headers=file_headers("private, max-age=3600, immutable" if kept else "no-store"),
        )

    return show_code


def _state(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get("/pay/{payment_id:str}/state", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_state(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        view = await desk.look(payment_id, _method(request))
        document = state_document(view, reader_of(request).language)
        return Response(
            msgspec.json.encode(document), media_type="application/json", headers=file_headers("no-store")
        )

    return show_state


def _events(desk: CheckoutDesk, heartbeat_seconds: float) -> HTTPRouteHandler:
    @get("/pay/{payment_id:str}/events", opt={"permission": PUBLIC}, include_in_schema=False)
    async def stream_events(request: PageRequest, payment_id: FromPath[str]) -> Stream:
        first = await desk.open(payment_id, _method(request))
        return Stream(
            events(
                desk,
                first,
                method=_method(request),
                language=reader_of(request).language,
                heartbeat_seconds=heartbeat_seconds,
            ),
            media_type="text/event-stream",
            headers={**file_headers("no-store"), "X-Accel-Buffering": "no"},
        )

    return stream_events


def _method(request: PageRequest) -> str | None:
    """The way to pay that the payer chose, in the address; anything else stands for none."""
    method = request.query_params.get("method", "")
    return method if _METHOD.fullmatch(method) else None
