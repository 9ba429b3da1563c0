"""Which addresses make up the checkout?

`/pay/{id}` the page, `/pay/{id}/go` on to a channel's own page, `/pay/{id}/code.svg` the code, `/pay/{id}/events` changes as they happen,
`/pay/{id}/state` the same for browsers that cannot keep a stream open. Knowing the id is the
permission: it has 74 random bits and shows nothing but what the payer was told already.
"""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

import msgspec
from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Stream

from tael.channels.port import GoTo, PostForm
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import address_of
from tael.foundation.money import Money
from tael.web.checkout.documents import code_address, pay_link, state_document
from tael.web.checkout.events import events
from tael.web.checkout.pages import PAGES, root_of
from tael.web.checkout.savings import query_of, seen_discount, typed_coupon
from tael.web.checkout.views import CheckoutDesk, CheckoutView, Wish, safe_link
from tael.web.checkout.wallets import agent_of, group_of, wallet_name
from tael.web.ui import formats
from tael.web.ui.codes import qr_svg
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.problems import refusal_page

_METHOD = re.compile(r"[a-z][a-z0-9_]{0,31}")
_USUAL_COOKIE = "tael_method"
_ONE_YEAR_SECONDS = 365 * 24 * 3600


def checkout_routes(desk: CheckoutDesk, *, heartbeat_seconds: float = 15.0) -> list[HTTPRouteHandler]:
    """The checkout's route handlers. The page answers refusals as a page, the others raise them."""
    return [_page(desk), _go(desk), _code(desk), _state(desk), _events(desk, heartbeat_seconds)]


def _page(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get(
        "/pay/{payment_id:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_checkout(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        wish = _wish(request)
        view = await desk.open(payment_id, wish)
        if view.top_up_id is not None:
            return _to_the_wallet(request, view.top_up_id)
        language = reader_of(request).language
        response = PAGES.render(
            request,
            "checkout/pay.html",
            view=view,
            code_src=code_address(view, root=root_of(request)),
            pay_link=pay_link(view),
            return_link=safe_link(view.return_url),
            cancel_link=safe_link(view.cancel_url),
            wallet=wallet_name(view.method, language),
            groups=_grouped(view.methods, language),
            way_query=lambda method: query_of(method, wish.coupon),
            sum_of=lambda minor: Money(minor, view.amount.currency),
            price_changed=wish.off_minor not in (None, view.saved.minor) and not view.ended,
            line_amount=lambda item: formats.amount_text(
                Money(item.total_minor, view.amount.currency), language
            ),
            agent=agent_of(request.headers.get("user-agent", ""), view.method),
            frames=view.card.frames if view.card else "",
        )
        response.cookies.extend(_remembering(request, view))
        return response

    return show_checkout


def _to_the_wallet(request: PageRequest, top_up_id: str) -> Response[bytes]:
    """Home, whoever comes back from a channel's page; never to the address that was said, which could be anybody's."""
    there = f"{root_of(request)}/wallet/top-ups/{quote(top_up_id)}"
    return Response(b"", status_code=303, headers={"Location": there, "Cache-Control": "no-store"})


def _go(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get(
        "/pay/{payment_id:str}/go",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def go_to_channel(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        """On to the channel's page; back to ours if there is none any more."""
        wish = _wish(request)
        action = await desk.begin(payment_id, wish)
        if isinstance(action, PostForm) and safe_link(action.url):
            target = urlsplit(action.url)
            return PAGES.render(
                request,
                "checkout/go.html",
                action=action,
                wallet=wallet_name(wish.method, reader_of(request).language),
                leads_to=f"{target.scheme}://{target.netloc}",
            )
        there = safe_link(action.url) if isinstance(action, GoTo) else None
        if there and "then" in request.query_params:  # what answers a form may lead to no other origin
            return PAGES.render(
                request,
                "checkout/onward.html",
                there=there,
            )
        back = f"{root_of(request)}/pay/{quote(payment_id)}" + (
            f"?{query}" if (query := query_of(wish.method, wish.coupon, wish.off_minor)) else ""
        )
        return Response(
            b"", status_code=303, headers={"Location": there or back, "Cache-Control": "no-store"}
        )

    return go_to_channel


def _code(desk: CheckoutDesk) -> HTTPRouteHandler:
    @get("/pay/{payment_id:str}/code.svg", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_code(request: PageRequest, payment_id: FromPath[str]) -> Response[bytes]:
        view = await desk.look(payment_id, _wish(request))
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
        view = await desk.look(payment_id, _wish(request))
        document = state_document(view, reader_of(request).language, root=root_of(request))
        return Response(
            msgspec.json.encode(document), media_type="application/json", headers=file_headers("no-store")
        )

    return show_state


def _events(desk: CheckoutDesk, heartbeat_seconds: float) -> HTTPRouteHandler:
    @get("/pay/{payment_id:str}/events", opt={"permission": PUBLIC}, include_in_schema=False)
    async def stream_events(request: PageRequest, payment_id: FromPath[str]) -> Stream:
        first = await desk.open(payment_id, _wish_of_stream(request))
        return Stream(
            events(
                desk,
                first,
                wish=_wish_of_stream(request),
                language=reader_of(request).language,
                root=root_of(request),
                heartbeat_seconds=heartbeat_seconds,
            ),
            media_type="text/event-stream",
            headers={**file_headers("no-store"), "X-Accel-Buffering": "no"},
        )

    return stream_events


def _grouped(methods: Sequence[str], language: Language) -> list[tuple[str, list[tuple[str, str]]]]:
    """The methods with their names under their headings, in the order in which each comes first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for method in methods:
        groups.setdefault(group_of(method).value, []).append((method, wallet_name(method, language)))
    return list(groups.items())


def _wish(request: PageRequest) -> Wish:
    """How the payer would like to pay: as the address says, else as they did last on this device; nonsense stands for none.

    While they choose, nothing moves under their hand: the order is that of the table.
    """
    chosen, usual = request.query_params.get("method", ""), request.cookies.get(_USUAL_COOKIE, "")
    return Wish(
        method=chosen if _METHOD.fullmatch(chosen) else None,
        usual=usual if not chosen and _METHOD.fullmatch(usual) else None,
        user_agent=request.headers.get("user-agent", ""),
        coupon=typed_coupon(request.query_params.get("coupon")),
        off_minor=seen_discount(request.query_params.get("off")),
        address=address_of(request),
    )


def _wish_of_stream(request: PageRequest) -> Wish:
    """What stays open while the payer pays takes no coupon away: they may have typed another on another page since."""
    return msgspec.structs.replace(_wish(request), coupon=None)


def _remembering(request: PageRequest, view: CheckoutView) -> list[Cookie]:
    """A cookie for what the payer chose just now. It only says what comes first, and is not to be trusted with more."""
    if request.query_params.get("method") != view.method or view.method is None:
        return []
    return [
        Cookie(
            key=_USUAL_COOKIE,
            value=view.method,
            path="/",
            max_age=_ONE_YEAR_SECONDS,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    ]
