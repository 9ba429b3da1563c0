"""Which printed codes do the stores have? Make them, print them, switch off what was lost."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.checkout.api import Switch
from tael.checkout.model import StaticCodeTerms
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.links import CameBefore, IsOn, came_by, open_stores, told
from tael.web.portal.views import TONES, USUAL
from tael.web.ui.acting import Made, call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

HOME = "/portal/codes"
ROWS = 25
_SOURCE = "static_code"

Before = Annotated[
    str, QueryParameter(pattern=r"^(cod_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def static_code_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, one code, and what is done with them."""
    return [*_listing(behind), *_one(behind)]


def _listing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="checkout.read")
    async def show_codes(*, request: PageRequest, is_on: IsOn = "", before: Before = "") -> Response[bytes]:
        return await _page_of(behind, request, Form(), is_on=is_on, before=before)

    @action(f"{HOME}/new", permission="checkout.write")
    async def create_code(request: PageRequest) -> Response[bytes]:
        form, codes = await read_form(request), behind.checkout.static_codes
        try:
            terms = terms_of(form)
            code = codes.drawn_up(terms, merchant_id=owner_of(request))
            answer = settled(
                await codes.create(call(request, form, "checkout.create_static_code", terms, code))
            )
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(told(request, refusal)))
        made = msgspec.json.decode(answer.body, type=Made)
        return done(request, f"{HOME}/{made.id}", "code_made")

    return [show_codes, create_code]


def _one(behind: Behind) -> list[HTTPRouteHandler]:
    codes = behind.checkout.static_codes

    @page(f"{HOME}/{{code_id:str}}", permission="checkout.read")
    async def show_code(
        *, request: PageRequest, code_id: FromPath[str], before: CameBefore = ""
    ) -> Response[bytes]:
        owner = owner_of(request)
        code = await codes.get(_checked(code_id), merchant_id=owner)
        came = await came_by(behind, owner, f"{_SOURCE}:{code.id}", before=before)
        store = await behind.merchants.reads.store(owner, code.store_id) if code.store_id else None
        terminal = (
            await behind.merchants.reads.terminal(owner, code.terminal_id) if code.terminal_id else None
        )
        return await show(
            behind,
            request,
            "portal/static_code.html",
            here="links",
            code=code,
            url=codes.body(code).url,
            sheet=codes.body(code).print_url,
            tones=TONES,
            shown=USUAL,
            came=came,
            newest=bool(before),
            store=store,
            terminal=terminal,
        )

    @action(f"{HOME}/{{code_id:str}}/switch", permission="checkout.write")
    async def switch_code(request: PageRequest, code_id: FromPath[str]) -> Response[bytes]:
        form, owner = await read_form(request), owner_of(request)
        code = await codes.get(_checked(code_id), merchant_id=owner)
        wish = Switch(id=code.id, merchant_id=owner, active=form.text("active") == "yes")
        settled(await codes.switch(call(request, form, "checkout.switch_static_code", wish, wish)))
        return done(request, f"{HOME}/{code_id}", "switched_on" if wish.active else "switched_off")

    return [show_code, switch_code]


def terms_of(form: Form) -> StaticCodeTerms:
    """What the form asks for: at a store, or at one of its terminals; refuses `Malformed`."""
    place = form.text("place")
    field = {"sto": "store_id", "trm": "terminal_id"}.get(place.partition("_")[0])
    if place and field is None:
        raise Malformed("There is no such place.", field="place")
    said = {"name": form.text("name").strip(), **({field: place} if field else {})}
    return Form(values=said).into(StaticCodeTerms)


def _checked(code_id: str) -> str:
    return check_id(code_id, prefix="cod", field="code_id")


async def _page_of(
    behind: Behind, request: PageRequest, form: Form, *, is_on: str = "", before: str = ""
) -> Response[bytes]:
    owner = owner_of(request)
    found = await behind.checkout.static_codes.page(
        owner, active={"yes": True, "no": False}.get(is_on), before=before or None, limit=ROWS + 1
    )
    stores = await open_stores(behind, owner)
    terminals = await behind.merchants.reads.terminals(owner, open_only=True, limit=200)
    names = {each.id: each.name for each in stores}
    places = [(each.id, each.name) for each in stores] + [
        (each.id, f"{names.get(each.store_id, '')} · {each.name}") for each in terminals
    ]
    return await show(
        behind,
        request,
        "portal/static_codes.html",
        here="links",
        form=form,
        codes=found[:ROWS],
        places_of=dict(places),
        places_to_choose=sorted(places, key=lambda each: each[1]),
        is_on=is_on,
        older=found[ROWS - 1].id if len(found) > ROWS else "",
        newest=bool(before),
    )
