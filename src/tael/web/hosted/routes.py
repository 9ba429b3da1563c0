"""Which addresses make up the card fields?

`/card?ticket=…` the page; sent as a form, it leads back to the shop. `/v1/tokens` takes a card from the page's script.
`/card-fields.js` is the module that other pages embed the page with. The ticket is the permission: it says whose card it
will be, and which page may see the page.
"""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.response import Redirect
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.http.parameters import PAGE
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import Deed, Strangers, address_of
from tael.foundation.printable import PRINTABLE
from tael.vault.api import BRANDS, FIELDS_MODULE, Vault, page_origin
from tael.vault.errors import CardRefused
from tael.vault.model import Card, FieldsTicket, Token
from tael.web.hosted.typed import Typed, card_of, typed_in
from tael.web.ui.headers import file_headers
from tael.web.ui.pages import PageRequest, Pages
from tael.web.ui.problems import problem_page_if_wanted, refusal_page

PAGES = Pages("hosted", Path(__file__).parent)
HOSTED_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""
_BRANDS = msgspec.json.encode(BRANDS).decode()

hosted_problem = problem_page_if_wanted


class NewToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A card, as the page's script sends it."""

    ticket: Annotated[str, Meta(max_length=4_000)]
    number: Annotated[str, Meta(max_length=40)]
    exp_month: int
    exp_year: int
    security_code: Annotated[str, Meta(max_length=4)] = ""
    holder: Annotated[str, Meta(max_length=100, pattern=PRINTABLE)] = ""

    def __repr__(self) -> str:
        return "NewToken(…)"


class TokenBody(msgspec.Struct, frozen=True, kw_only=True):
    """A token, as whoever embeds the page hears of it."""

    id: str
    brand: str
    first6: str
    last4: str
    exp_month: int
    exp_year: int


def hosted_routes(vault: Vault, strangers: Strangers) -> list[HTTPRouteHandler]:
    """The card fields' route handlers. Each card that is sent is counted on the network from which it comes."""
    return [_show(vault), _send(vault, strangers), _tokenise(vault, strangers), _module()]


def _show(vault: Vault) -> HTTPRouteHandler:
    @get(
        "/card",
        opt={"permission": PUBLIC, PAGE: True},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
        sync_to_thread=False,
    )
    def show_card_fields(request: PageRequest) -> Response[bytes]:
        text = request.query_params.get("ticket", "")
        return _page(request, text, vault.read_ticket(text), Typed())

    return show_card_fields


def _send(vault: Vault, strangers: Strangers) -> HTTPRouteHandler:
    @post(
        "/card",
        status_code=200,
        opt={"permission": PUBLIC, PAGE: True},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def send_card_fields(request: Request[Any, Any, Any]) -> Response[Any]:
        form = await request.form()
        text = str(form.get("ticket", ""))
        ticket = vault.read_ticket(text)
        await strangers.take(address_of(request), Deed.CARD)
        typed = typed_in(
            {name: str(form.get(name, ""))[:100] for name in ("number", "expiry", "code", "holder")}
        )
        try:
            token = await vault.tokenise(card_of(typed), ticket)
        except CardRefused as refusal:
            return _page(request, text, ticket, typed, refusal=refusal, status=422)
        if not ticket.return_url:
            return _page(request, text, ticket, Typed(), token=token)
        joint = "&" if urlsplit(ticket.return_url).query else "?"
        return Redirect(f"{ticket.return_url}{joint}{urlencode({'card_token': token.id})}", status_code=303)

    return send_card_fields


def _tokenise(vault: Vault, strangers: Strangers) -> HTTPRouteHandler:
    @post("/v1/tokens", status_code=201, opt={"permission": PUBLIC}, include_in_schema=False)
    async def make_token(request: PageRequest, data: JSONBody[NewToken]) -> TokenBody:
        ticket = vault.read_ticket(data.ticket)
        await strangers.take(address_of(request), Deed.CARD)
        card = Card(
            number=data.number.replace(" ", ""),
            exp_month=data.exp_month,
            exp_year=data.exp_year,
            security_code=data.security_code,
            holder=data.holder,
        )
        token = await vault.tokenise(card, ticket)
        return msgspec.convert(token, TokenBody, from_attributes=True)

    return make_token


def _module() -> HTTPRouteHandler:
    """For pages of any origin; it holds nothing of anybody's."""
    headers = {
        **file_headers("public, max-age=300"),
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }

    @get(f"/{FIELDS_MODULE}", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
    def serve_module() -> Response[bytes]:
        return Response(HOSTED_ASSETS[FIELDS_MODULE].content, media_type="text/javascript", headers=headers)

    return serve_module


def _page(
    request: PageRequest,
    text: str,
    ticket: FieldsTicket,
    typed: Typed,
    *,
    refusal: CardRefused | None = None,
    token: Token | None = None,
    status: int = 200,
) -> Response[bytes]:
    """The fields. What was typed in comes back, but for the number and the code: no answer ever holds them."""
    root = request.scope.get("root_path", "")
    return PAGES.render(
        request,
        "hosted/card.html",
        status=status,
        framed_by=page_origin(ticket.origin) if ticket.origin else "",
        leads_to=page_origin(ticket.return_url) if ticket.return_url else "",
        goes_back_to=ticket.return_url,
        ticket=text,
        origin=ticket.origin,
        binds=ticket.binds,
        send_to=f"{root}/card",
        tokens_at=f"{root}/v1/tokens",
        brands=_BRANDS,
        typed=typed,
        wrong_field=_field_of(refusal),
        wrong=str(refusal.facts.get("wrong", "")) if refusal is not None else "",
        token=token,
    )


def _field_of(refusal: CardRefused | None) -> str:
    names = {"exp_month": "expiry", "exp_year": "expiry", "security_code": "code"}
    return "" if refusal is None else names.get(refusal.field or "", refusal.field or "")
