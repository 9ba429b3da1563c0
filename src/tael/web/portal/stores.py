"""Where does a merchant sell, and with which devices? Stores and terminals of the mode that is looked at."""

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.foundation.errors import Refusal
from tael.foundation.ids import check_id
from tael.merchants.model import Store, Terminal, TerminalKind
from tael.merchants.schemas import CloseStore, CloseTerminal, CreateStore, CreateTerminal
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import change, in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/stores"
MOST = 200


class NewStore(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a store says."""

    store: CreateStore


class NewTerminal(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a terminal says."""

    terminal: CreateTerminal


def store_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, and what it does."""
    return [*_opening(behind), *_closing(behind)]


def _opening(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="merchant.read")
    async def show_stores(request: PageRequest) -> Response[bytes]:
        return await _page_of(behind, request, Form())

    @action(f"{HOME}/new", permission="merchant.write")
    async def open_store(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await change(behind.merchants, request, form, form.into(NewStore).store, gives=Store)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(in_words(request, refusal)))
        return done(request, HOME, "store_opened")

    @action(f"{HOME}/terminals/new", permission="merchant.write")
    async def set_terminal_up(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            await change(behind.merchants, request, form, form.into(NewTerminal).terminal, gives=Terminal)
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(in_words(request, refusal)))
        return done(request, HOME, "terminal_set_up")

    return [show_stores, open_store, set_terminal_up]


def _closing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{HOME}/{{store_id:str}}/close", permission="merchant.write")
    async def close_store(request: PageRequest, store_id: FromPath[str]) -> Response[bytes]:
        form, about = await read_form(request), check_id(store_id, prefix="sto", field="store_id")
        await change(behind.merchants, request, form, CloseStore(), gives=Store, about=about)
        return done(request, HOME, "store_closed")

    @action(f"{HOME}/terminals/{{terminal_id:str}}/close", permission="merchant.write")
    async def close_terminal(request: PageRequest, terminal_id: FromPath[str]) -> Response[bytes]:
        form, about = await read_form(request), check_id(terminal_id, prefix="trm", field="terminal_id")
        await change(behind.merchants, request, form, CloseTerminal(), gives=Terminal, about=about)
        return done(request, HOME, "terminal_closed")

    return [close_store, close_terminal]


async def _page_of(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    reads, owner = behind.merchants.reads, owner_of(request)
    stores = await reads.stores(owner, open_only=True, limit=MOST)
    terminals = await reads.terminals(owner, open_only=True, limit=MOST)
    return await show(
        behind,
        request,
        "portal/stores.html",
        here="stores",
        form=form,
        stores=[(store, [each for each in terminals if each.store_id == store.id]) for store in stores],
        kinds=list(TerminalKind),
    )
