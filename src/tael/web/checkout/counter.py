"""How does a cashier take a payment? The amount, the code on the payer's phone, and what has become of it.

`/portal/counter` is the page, for members with `counter.charge`; `/portal/counter/charges/{id}` how far a charge is, for its
script. A scanner types the code and presses Enter: that is all that the page needs of it. Who acts comes from the guard.
"""

from collections.abc import Callable

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.port import Product
from tael.checkout.api import CancelCharge, ChargeBody, Counter, TakeCharge, as_scanned, method_of
from tael.checkout.errors import ShownCodeUnknown
from tael.foundation.calls import Call
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.parameters import PAGE
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.merchants.api import Merchants
from tael.payments.api import Means
from tael.web.checkout.pages import PAGES, root_of
from tael.web.checkout.wallets import wallet_name
from tael.web.ui import formats
from tael.web.ui.forms import FORM_MARK, Form, new_name, read_form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.ui.pages import PageRequest, reader_of
from tael.web.ui.problems import refusal_page

CHARGE = "counter.charge"
HOME = "/portal/counter"
CURRENCY = "CNY"
_LAST = 8

MarkOf = Callable[[PageRequest], str]
"""The token that the forms of a session hold."""


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it was sent: what a repeat must repeat."""

    amount_minor: int
    payer_code: str


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    charge: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """How far a charge is, in the reader's words."""

    id: str
    state: str
    ended: bool
    says: str
    wallet: str
    amount: str
    made_at: str


def counter_page_routes(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> list[HTTPRouteHandler]:
    """The page, what its forms do, and how far a charge is."""
    return [
        _page(counter, merchants, mark_of),
        _take(counter, merchants, mark_of),
        _cancel(counter, mark_of),
        _state(counter),
    ]


def _page(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> HTTPRouteHandler:
    @get(
        HOME,
        opt={"permission": CHARGE, PAGE: True},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def show_counter(request: PageRequest) -> Response[bytes]:
        return await _shown(request, counter, merchants, mark_of)

    return show_counter


def _take(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> HTTPRouteHandler:
    @post(
        HOME,
        opt={"permission": CHARGE, PAGE: True},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def take_at_counter(request: PageRequest) -> Response[bytes]:
        request.scope["state"][FORM_MARK] = mark_of(request)
        form = await read_form(request)
        try:
            charge = await _charged(request, counter, merchants, form)
        except Refusal as refusal:
            refused = form.refused(refusal, secret=("code",))
            return await _shown(request, counter, merchants, mark_of, form=refused)
        return _on(request, charge)

    return take_at_counter


async def _charged(request: PageRequest, counter: Counter, merchants: Merchants, form: Form) -> str:
    """The id of the charge; sent again, it is the same one."""
    amount = Money.parse(form.text("amount").strip().replace(",", ""), CURRENCY, field="amount")
    code = as_scanned(form.text("code"))
    caller = caller_of(request)
    command = TakeCharge(
        merchant=await merchants.get(caller.owner),
        amount_minor=amount.minor,
        currency=CURRENCY,
        reference=f"counter-{form.once}"[:64],
        description=CATALOGUES[reader_of(request).language].say("counter.title"),
        metadata={},
        store_id=None,
        terminal_id=None,
        method=method_of(code),
        means=Means(product=Product.BARCODE, payer_code=code),
        actor=caller.actor,
    )
    asked = _Asked(amount_minor=amount.minor, payer_code=code)
    answer = await counter.take(
        Call(caller=caller, action="counter.charge", key=form.once, request=asked, command=command)
    )
    if answer.status >= 400:
        problem = msgspec.json.decode(answer.body)
        raise Malformed(str(problem.get("detail", "")), field="amount")
    return msgspec.json.decode(answer.body, type=ChargeBody).id


def _cancel(counter: Counter, mark_of: MarkOf) -> HTTPRouteHandler:
    @post(
        f"{HOME}/cancel",
        opt={"permission": CHARGE, PAGE: True},
        include_in_schema=False,
        exception_handlers={Refusal: refusal_page},
    )
    async def cancel_at_counter(request: PageRequest) -> Response[bytes]:
        """Whatever became of it, the page says how far the charge is."""
        request.scope["state"][FORM_MARK] = mark_of(request)
        form = await read_form(request)
        caller = caller_of(request)
        charge = check_id(form.text("charge"), prefix="pay", field="charge")
        await counter.cancel(
            Call(
                caller=caller,
                action="counter.cancel",
                key=form.once,
                request=_Named(charge=charge),
                command=CancelCharge(payment_id=charge, merchant_id=caller.owner),
            )
        )
        return _on(request, charge)

    return cancel_at_counter


def _state(counter: Counter) -> HTTPRouteHandler:
    @get(f"{HOME}/charges/{{charge_id:str}}", opt={"permission": CHARGE, PAGE: True}, include_in_schema=False)
    async def show_charge_state(request: PageRequest, charge_id: FromPath[str]) -> Response[bytes]:
        charge = await counter.charge(
            check_id(charge_id, prefix="pay", field="charge_id"), merchant_id=caller_of(request).owner
        )
        return Response(
            msgspec.json.encode(_in_words(charge, reader_of(request).language)),
            media_type="application/json",
            headers=file_headers("no-store"),
        )

    return show_charge_state


async def _shown(
    request: PageRequest,
    counter: Counter,
    merchants: Merchants,
    mark_of: MarkOf,
    *,
    form: Form | None = None,
) -> Response[bytes]:
    caller = caller_of(request)
    language = reader_of(request).language
    asked = request.query_params.get("charge", "")
    charge = None
    if asked and form is None:
        charge = await counter.charge(check_id(asked, prefix="pay", field="charge"), merchant_id=caller.owner)
    last = await counter.charges(caller.owner, limit=_LAST)
    return PAGES.render(
        request,
        "checkout/counter.html",
        status=form.refusal.status if form is not None and form.refusal is not None else 200,
        root=root_of(request),
        merchant_name=(await merchants.get(caller.owner)).name,
        form=form or Form(),
        trouble=_trouble(form.refusal, language) if form is not None and form.refusal is not None else "",
        token=mark_of(request),
        once=new_name,
        charge=_in_words(charge, language) if charge is not None else None,
        last=[_in_words(each, language) for each in last],
    )


def _trouble(refusal: Refusal, language: Language) -> str:
    """What to do about a refusal, in the reader's words."""
    say = CATALOGUES[language].say
    if isinstance(refusal, ShownCodeUnknown):
        return say("counter.wrong_code")
    return say("counter.wrong_amount") if refusal.field == "amount" else say("counter.refused_call")


def _in_words(charge: ChargeBody, language: Language) -> Shown:
    return Shown(
        id=charge.id,
        state=charge.state.value,
        ended=charge.state.ended,
        says=CATALOGUES[language].say(f"counter.state_of.{charge.state.value}"),
        wallet=wallet_name(charge.method, language),
        amount=formats.amount_text(Money(charge.amount_minor, charge.currency), language),
        made_at=formats.moment_text(charge.created_at, language),
    )


def _on(request: PageRequest, charge: str) -> Response[bytes]:
    address = f"{root_of(request)}{HOME}?charge={charge}"
    return Response(b"", status_code=303, headers={"Location": address, "Cache-Control": "no-store"})
