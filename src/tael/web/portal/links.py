"""Which payment links are there, and who came by each? Make them, switch them, give out the address or its code."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from tael.checkout.api import Switch
from tael.checkout.model import Link, LinkTerms
from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.merchants.model import Store
from tael.payments.api import Found, PaymentFilter
from tael.payments.model import Payment
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.views import TONES, USUAL
from tael.web.ui.acting import AsAnswered, Made, call, settled
from tael.web.ui.codes import qr_svg
from tael.web.ui.forms import Form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

HOME = "/portal/links"
ROWS = 25
CURRENCY = "CNY"
_SOURCE = "payment_link"
_ON_FORM = {"amount_minor": "amount", "least_minor": "least", "most_minor": "most"}
"""What the form calls a field; the others have the same name there."""

IsOn = Annotated[str, QueryParameter(name="on", pattern=r"^(yes|no)?$(?!\n)", description="Only these")]
Before = Annotated[
    str, QueryParameter(pattern=r"^(lnk_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]
CameBefore = Annotated[
    str,
    QueryParameter(
        name="before",
        pattern=r"^(pay_[0-9a-z]{26})?$(?!\n)",
        description="The last payment of the page before",
    ),
]


class LinkState(StrEnum):
    """Whether somebody who opens a link can pay."""

    ON = "on"
    OFF = "off"
    USED_UP = "used_up"
    EXPIRED = "expired"


LINK_TONES = {LinkState.ON: "good", LinkState.USED_UP: "warning"}


def state_of(link: Link, *, now: datetime) -> LinkState:
    """How a link stands now."""
    if not link.active:
        return LinkState.OFF
    if link.expires_at is not None and link.expires_at <= now:
        return LinkState.EXPIRED
    full = link.limit_count is not None and link.paid_count >= link.limit_count
    return LinkState.USED_UP if full else LinkState.ON


def terms_of(form: Form) -> LinkTerms:
    """What the form asks for; refuses `Malformed`, which names the field as the form does."""
    currency = form.text("currency", CURRENCY)
    own = form.text("whose") == "payer"

    def minor(field: str) -> str:
        typed = form.text(field).strip().replace(",", "")
        return str(Money.parse(typed, currency, field=field).minor) if typed else ""

    if not own and not form.text("amount").strip():
        raise Malformed("How much is to be paid?", field="amount")
    said: dict[str, str | Sequence[str]] = {
        name: form.text(name).strip()
        for name in ("description", "currency", "limit_count", "success_url", "store_id")
    }
    said |= {
        "amount_minor": "" if own else minor("amount"),
        "least_minor": minor("least") if own else "",
        "most_minor": minor("most") if own else "",
        "tip_percents": form.text("tip_percents")
        .replace("%", " ")
        .replace(",", " ")
        .replace("，", " ")
        .split(),
        "expires_at": moment_of(form.text("expires_at"), field="expires_at"),
    }
    return Form(values=said).into(LinkTerms)


def moment_of(text: str, *, field: str) -> str:
    """A moment as the browser sends it, in China's time, as the API has it; refuses `Malformed`."""
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CHINA).isoformat()
    except ValueError:
        raise Malformed("There is no such moment.", field=field) from None


def told(request: PageRequest, refusal: Refusal) -> Refusal:
    """The refusal as the form has it: with its name for the field, and in the reader's words if there are any."""
    field = _ON_FORM.get(refusal.field or "", (refusal.field or "").split(".")[0])
    words = CATALOGUES[reader_of(request).language].messages.get(f"portal.link_wrong_of.{field}")
    return AsAnswered(refusal.status, {"detail": words, "field": field}) if words else refusal


def currencies_of(behind: Behind) -> Sequence[str]:
    """What the channels take, China's first."""
    found = {currency for can in behind.payments.capabilities() for currency in can.amounts}
    return sorted(found | {CURRENCY}, key=lambda each: (each != CURRENCY, each))


async def open_stores(behind: Behind, merchant_id: str) -> Sequence[Store]:
    """Where something can be sold."""
    return await behind.merchants.reads.stores(merchant_id, open_only=True, limit=200)


async def came_by(behind: Behind, merchant_id: str, source: str, *, before: str) -> Found[Payment]:
    """A page of the payments that came from somewhere."""
    return await behind.payments.lists.page(
        PaymentFilter(merchant_id=merchant_id, source=source, before=before or None, limit=ROWS)
    )


def link_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, one link, and what is done with them."""
    return [*_listing(behind), *_one(behind)]


def _listing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(HOME, permission="checkout.read")
    async def show_links(*, request: PageRequest, is_on: IsOn = "", before: Before = "") -> Response[bytes]:
        return await _page_of(behind, request, Form(), is_on=is_on, before=before)

    @action(f"{HOME}/new", permission="checkout.write")
    async def create_link(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        links = behind.checkout.links
        try:
            terms = terms_of(form)
            link = links.drawn_up(terms, merchant_id=owner_of(request))
            answer = settled(await links.create(call(request, form, "checkout.create_link", terms, link)))
        except Refusal as refusal:
            return await _page_of(behind, request, form.refused(told(request, refusal)))
        made = msgspec.json.decode(answer.body, type=Made)
        return done(request, f"{HOME}/{made.id}", "link_made")

    return [show_links, create_link]


def _one(behind: Behind) -> list[HTTPRouteHandler]:
    links = behind.checkout.links

    @page(f"{HOME}/{{link_id:str}}", permission="checkout.read")
    async def show_link(
        *, request: PageRequest, link_id: FromPath[str], before: CameBefore = ""
    ) -> Response[bytes]:
        owner, now = owner_of(request), behind.clock.now()
        link = await links.get(checked(link_id), merchant_id=owner)
        came = await came_by(behind, owner, f"{_SOURCE}:{link.id}", before=before)
        return await show(
            behind,
            request,
            "portal/link.html",
            here="links",
            link=link,
            url=links.body(link).url,
            state=state_of(link, now=now),
            tones=TONES,
            link_tones=LINK_TONES,
            shown=USUAL,
            came=came,
            newest=bool(before),
            stores={each.id: each.name for each in await open_stores(behind, owner)},
        )

    @page(f"{HOME}/{{link_id:str}}/code.svg", permission="checkout.read")
    async def show_link_code(request: PageRequest, link_id: FromPath[str]) -> Response[bytes]:
        link = await links.get(checked(link_id), merchant_id=owner_of(request))
        say = CATALOGUES[reader_of(request).language].say
        return Response(
            qr_svg(links.body(link).url, title=say("portal.links.code_of", name=link.description)),
            media_type="image/svg+xml",
            headers=file_headers("private, max-age=3600"),
        )

    @action(f"{HOME}/{{link_id:str}}/switch", permission="checkout.write")
    async def switch_link(request: PageRequest, link_id: FromPath[str]) -> Response[bytes]:
        form, owner = await read_form(request), owner_of(request)
        link = await links.get(checked(link_id), merchant_id=owner)
        wish = Switch(id=link.id, merchant_id=owner, active=form.text("active") == "yes")
        settled(await links.switch(call(request, form, "checkout.switch_link", wish, wish)))
        return done(request, f"{HOME}/{link_id}", "switched_on" if wish.active else "switched_off")

    return [show_link, show_link_code, switch_link]


def checked(link_id: str) -> str:
    """The id of a link; refuses what is none."""
    return check_id(link_id, prefix="lnk", field="link_id")


async def _page_of(
    behind: Behind, request: PageRequest, form: Form, *, is_on: str = "", before: str = ""
) -> Response[bytes]:
    owner, now = owner_of(request), behind.clock.now()
    found = await behind.checkout.links.page(
        owner, active={"yes": True, "no": False}.get(is_on), before=before or None, limit=ROWS + 1
    )
    return await show(
        behind,
        request,
        "portal/links.html",
        here="links",
        form=form,
        links=[
            (
                each,
                state_of(each, now=now),
                Money(each.amount_minor, each.currency) if each.amount_minor else None,
            )
            for each in found[:ROWS]
        ],
        link_tones=LINK_TONES,
        is_on=is_on,
        currencies=currencies_of(behind),
        stores=await open_stores(behind, owner),
        older=found[ROWS - 1].id if len(found) > ROWS else "",
        newest=bool(before),
    )
