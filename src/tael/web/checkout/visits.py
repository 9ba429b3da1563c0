"""How does a payer come to a payment? By a session's address, a payment link, or the printed code of a store.

`/checkout/{session}` leads to the payment's page, after the tip if the merchant asks for one. `/l/{link}` and `/q/{code}`
ask for the amount where the payer chooses it; what they send makes a session, once for each visit. Knowing an address is
the permission.
"""

import re
import secrets

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.checkout.api import DEVICE, Checkout, asks_for_a_tip, day_of, limit_on
from tael.checkout.errors import SessionEnded
from tael.checkout.model import Link, Session, StaticCode
from tael.foundation.clock import Clock
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import Deed, Strangers, address_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.merchants.api import Merchants
from tael.payments.api import Payments
from tael.web.checkout.pages import PAGES, root_of
from tael.web.checkout.wallets import wallet_in_front, wallets_for
from tael.web.ui.codes import qr_svg
from tael.web.ui.forms import read_open_form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.problems import refusal_page

_CODE = re.compile(r"[a-z2-7]{16}")
_VISIT = re.compile(r"[A-Za-z0-9_-]{16,64}")
_DEVICE_COOKIE = "tael_payer"
PAPERS = ("a4", "a5")
"""On which paper a code is printed; each has a style sheet `print-….css`."""
_ONE_YEAR_SECONDS = 365 * 24 * 3600


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Whom these pages ask."""

    checkout: Checkout
    payments: Payments
    merchants: Merchants
    clock: Clock
    strangers: Strangers
    public_url: str


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What the page asks of somebody who came by a link or a code."""

    merchant_name: str
    description: str
    currency: str
    amount: Money | None
    """None: the payer enters it."""
    least: Money | None = None
    most: Money | None = None
    typed: str = ""
    """What they typed, if it was refused."""
    refusal: Refusal | None = None
    visit: str = msgspec.field(default_factory=lambda: secrets.token_urlsafe(16))
    """The name of this visit: sent twice, it makes one session."""


def visit_routes(ways: Ways) -> list[HTTPRouteHandler]:
    """Sessions, links, static codes."""
    return [
        _show_session(ways),
        _take_tip(ways),
        _show_link(ways),
        _take_link(ways),
        _show_static(ways),
        _take_static(ways),
        _print_static(ways),
        _static_svg(ways),
    ]


def _show_session(ways: Ways) -> HTTPRouteHandler:
    @get(
        "/checkout/{session_id:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_session(request: PageRequest, session_id: FromPath[str]) -> Response[bytes]:
        session = await ways.checkout.sessions.get(_checked(session_id), merchant_id=None)
        if not asks_for_a_tip(session):
            return _on_to_payment(request, session)
        merchant = await ways.merchants.get(session.merchant_id)
        return PAGES.render(
            request,
            "checkout/tip.html",
            session=session,
            merchant_name=merchant.name,
            amount_asked=session.total,
            tips=[(percent, _with_tip(session, percent)) for percent in (0, *session.tip_percents)],
        )

    return show_session


def _take_tip(ways: Ways) -> HTTPRouteHandler:
    @post(
        "/checkout/{session_id:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def take_tip(request: PageRequest, session_id: FromPath[str]) -> Response[bytes]:
        form = await read_open_form(request)
        percent = form.text("tip_percent")
        if not re.fullmatch(r"[0-9]{1,3}", percent):
            raise Malformed("Which tip?", field="tip_percent")
        session = await ways.checkout.sessions.choose_tip(_checked(session_id), int(percent))
        return _on_to_payment(request, session)

    return take_tip


def _show_link(ways: Ways) -> HTTPRouteHandler:
    @get(
        "/l/{code:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_link(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        return _visit_page(request, await _link_visit(ways, await ways.checkout.links.at(_code(code))))

    return show_link


def _take_link(ways: Ways) -> HTTPRouteHandler:
    @post(
        "/l/{code:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def take_link(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        form = await read_open_form(request)
        link = await ways.checkout.links.at(_code(code), begun=True)
        visit = _visit_name(form.text("visit"))
        try:
            await ways.strangers.take(address_of(request), Deed.VISIT)
            chosen = None if link.amount_minor is not None else _typed(form.text("amount"), link.currency)
            session = await ways.checkout.links.visit(link.code, visit=visit, chosen_minor=chosen)
        except Malformed as refusal:
            again = await _link_visit(ways, link)
            return _visit_page(request, again, typed=form.text("amount"), refusal=refusal)
        return _on(request, f"/checkout/{session.id}")

    return take_link


def _show_static(ways: Ways) -> HTTPRouteHandler:
    @get(
        "/q/{code:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_static_code(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        found = await ways.checkout.static_codes.at(_code(code), active=True)
        return _visit_page(request, await _static_visit(ways, found))

    return show_static_code


def _take_static(ways: Ways) -> HTTPRouteHandler:
    @post(
        "/q/{code:str}",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def take_static_code(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        """Who pays is not known before they pay: the device is counted in their place, and no payment is above a day's."""
        form = await read_open_form(request)
        found = await ways.checkout.static_codes.at(_code(code), active=True)
        device = request.cookies.get(_DEVICE_COOKIE, "")
        if not _VISIT.fullmatch(device):
            device = secrets.token_urlsafe(16)
        offered = {can.method for can in ways.payments.capabilities()}
        wallet = wallet_in_front(request.headers.get("user-agent", ""))
        await ways.strangers.take(address_of(request), Deed.VISIT)
        try:
            session = await ways.checkout.static_codes.visit(
                found.code,
                visit=_visit_name(form.text("visit")),
                amount_minor=_typed(form.text("amount"), found.currency),
                payer=(DEVICE, device),
                method=wallet if wallet in offered else None,
            )
        except Refusal as refusal:
            if refusal.field not in ("amount", "amount_minor"):
                raise
            again = await _static_visit(ways, found)
            return _visit_page(request, again, typed=form.text("amount"), refusal=refusal)
        response = _on(request, f"/checkout/{session.id}")
        response.cookies.append(_device_cookie(request, device))
        return response

    return take_static_code


def _print_static(ways: Ways) -> HTTPRouteHandler:
    @get(
        "/q/{code:str}/print",
        opt={"permission": PUBLIC},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def print_static_code(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        found = await ways.checkout.static_codes.at(_code(code))
        merchant = await ways.merchants.get(found.merchant_id)
        store = (
            await ways.merchants.reads.store(found.merchant_id, found.store_id) if found.store_id else None
        )
        asked = request.query_params.get("size", "")
        return PAGES.render(
            request,
            "checkout/print.html",
            code=found,
            merchant_name=merchant.name,
            store_name=store.name if store and store.name != found.name else "",
            code_src=f"{root_of(request)}/q/{found.code}/code.svg",
            size=asked if asked in PAPERS else PAPERS[0],
            sizes=PAPERS,
            wallets=wallets_for(ways.payments.capabilities(), found.currency),
            words=[CATALOGUES[each].say("checkout.print.how") for each in Language],
        )

    return print_static_code


def _static_svg(ways: Ways) -> HTTPRouteHandler:
    @get("/q/{code:str}/code.svg", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_static_svg(request: PageRequest, code: FromPath[str]) -> Response[bytes]:
        found = await ways.checkout.static_codes.at(_code(code))
        title = CATALOGUES[reader_of(request).language].say("checkout.print.code", name=found.name)
        return Response(
            qr_svg(f"{ways.public_url}/q/{found.code}", title=title),
            media_type="image/svg+xml",
            headers=file_headers("private, max-age=3600"),
        )

    return show_static_svg


def _visit_page(
    request: PageRequest, visit: Visit, *, typed: str = "", refusal: Refusal | None = None
) -> Response[bytes]:
    shown = msgspec.structs.replace(visit, typed=typed[:20], refusal=refusal)
    status = refusal.status if refusal is not None else 200
    return PAGES.render(request, "checkout/visit.html", status=status, visit=shown)


async def _link_visit(ways: Ways, link: Link) -> Visit:
    merchant = await ways.merchants.get(link.merchant_id)
    open_amount = link.amount_minor is None
    return Visit(
        merchant_name=merchant.name,
        description=link.description,
        currency=link.currency,
        amount=Money(link.amount_minor, link.currency) if link.amount_minor is not None else None,
        least=Money(link.least_minor, link.currency) if open_amount else None,
        most=Money(link.most_minor, link.currency) if open_amount else None,
    )


async def _static_visit(ways: Ways, code: StaticCode) -> Visit:
    merchant = await ways.merchants.get(code.merchant_id)
    limit = limit_on(day_of(ways.clock.now()), code.currency)
    return Visit(
        merchant_name=merchant.name,
        description=code.name,
        currency=code.currency,
        amount=None,
        most=Money(limit.per_day_minor, code.currency) if limit is not None else None,
    )


def _with_tip(session: Session, percent: int) -> Money:
    """What is paid with a tip of so many percent."""
    return Money(session.amount_minor + (session.amount_minor * percent + 50) // 100, session.currency)


def _on_to_payment(request: PageRequest, session: Session) -> Response[bytes]:
    if session.payment_id is None:
        raise SessionEnded("The time to pay is over.", hint="Ask the merchant for a new page.")
    return _on(request, f"/pay/{session.payment_id}")


def _on(request: PageRequest, address: str) -> Response[bytes]:
    return Response(
        b"", status_code=303, headers={"Location": root_of(request) + address, "Cache-Control": "no-store"}
    )


def _typed(text: str, currency: str) -> int:
    return Money.parse(text.strip().replace(",", ""), currency, field="amount").minor


def _code(code: str) -> str:
    """The last part of an address; what is none leads to nobody."""
    return code if _CODE.fullmatch(code) else ""


def _visit_name(text: str) -> str:
    if not _VISIT.fullmatch(text):
        raise Malformed("The page was not sent whole.", field="visit", hint="Open the page again.")
    return text


def _checked(session_id: str) -> str:
    return check_id(session_id, prefix="cs", field="session_id")


def _device_cookie(request: PageRequest, device: str) -> Cookie:
    return Cookie(
        key=_DEVICE_COOKIE,
        value=device,
        path="/",
        max_age=_ONE_YEAR_SECONDS,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
