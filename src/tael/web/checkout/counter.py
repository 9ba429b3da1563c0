"""How does a cashier take a payment? The amount, the code on the payer's phone, and what has become of it.

`/portal/counter` is the page, for members with `counter.charge`; `/portal/counter/charges/{id}` how far a charge is, for its
script. A scanner types the code and presses Enter: that is all that the page needs of it. Who acts comes from the guard.
"""

from collections.abc import Callable, Sequence

import msgspec
from litestar import Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from tael.channels.port import Product
from tael.checkout.api import CancelCharge, ChargeBody, Counter, TakeCharge, as_scanned, method_of
from tael.checkout.errors import NotYourStore, ShownCodeUnknown
from tael.checkout.model import ChargeTerms
from tael.foundation.calls import Call
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.http.permissions import caller_of, principal_of
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.merchants.api import Merchants
from tael.payments.api import Means
from tael.web.checkout.pages import PAGES, root_of
from tael.web.checkout.wallets import wallet_name
from tael.web.ui import formats
from tael.web.ui.acting import action, page, settled
from tael.web.ui.forms import FORM_MARK, Form, new_name, read_form
from tael.web.ui.headers import file_headers
from tael.web.ui.i18n import CATALOGUES, Language
from tael.web.ui.pages import PageRequest, reader_of

CHARGE = "counter.charge"
HOME = "/portal/counter"
CURRENCY = "CNY"
_LAST = 8
_MOST = 200
_COOKIE = "tael_till"
"""Where this device stands: the place that was chosen last."""
_ONE_YEAR_SECONDS = 365 * 24 * 3600
_NOT_KNOWN = (202, 429, 503)
"""Nobody knows whether the money was taken: the form keeps its name, so that sent again it is the same charge."""

MarkOf = Callable[[PageRequest], str]
"""The token that the forms of a session hold."""


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it was sent: what a repeat must repeat."""

    amount_minor: int
    payer_code: str
    place: str = ""


class Till(msgspec.Struct, frozen=True, kw_only=True):
    """Where a charge can be taken: a store, or a terminal in one."""

    id: str
    words: str


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
    place: str = ""


def counter_page_routes(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> list[HTTPRouteHandler]:
    """The page, what its forms do, and how far a charge is."""
    return [
        _page(counter, merchants, mark_of),
        _take(counter, merchants, mark_of),
        _cancel(counter, mark_of),
        _state(counter),
    ]


def _page(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> HTTPRouteHandler:
    @page(HOME, permission=CHARGE)
    async def show_counter(request: PageRequest) -> Response[bytes]:
        return await _shown(request, counter, merchants, mark_of)

    return show_counter


def _take(counter: Counter, merchants: Merchants, mark_of: MarkOf) -> HTTPRouteHandler:
    @action(HOME, permission=CHARGE)
    async def take_at_counter(request: PageRequest) -> Response[bytes]:
        request.scope["state"][FORM_MARK] = mark_of(request)
        form = await read_form(request)
        try:
            charge = await _charged(request, counter, merchants, form)
        except Refusal as refusal:
            begun = refusal.facts.get("object_id")
            if begun is not None:  # it runs, or is done: that is to be seen, not to be taken again
                return _on(request, str(begun))
            refused = form.refused(refusal, secret=("code",))
            if refusal.status in _NOT_KNOWN:
                refused = msgspec.structs.replace(refused, once=form.once)
            return await _shown(request, counter, merchants, mark_of, form=refused)
        return _remember(request, _on(request, charge), form.text("place"))

    return take_at_counter


async def _charged(request: PageRequest, counter: Counter, merchants: Merchants, form: Form) -> str:
    """The id of the charge; sent again, it is the same one."""
    amount = Money.parse(form.text("amount").strip().replace(",", ""), CURRENCY, field="amount")
    code, place = as_scanned(form.text("code")), form.text("place")
    caller, principal = caller_of(request), principal_of(request)
    kind = place.partition("_")[0]
    if place and kind not in ("sto", "trm"):
        raise Malformed("Where is it taken?", field="place")
    command = TakeCharge(
        merchant=await merchants.get(caller.owner),
        terms=ChargeTerms(
            amount_minor=amount.minor,
            currency=CURRENCY,
            reference=f"counter-{form.once}"[:64],
            description=CATALOGUES[reader_of(request).language].say("counter.title"),
            store_id=place if kind == "sto" else None,
        ),
        terminal_id=place if kind == "trm" else None,
        method=method_of(code),
        means=Means(product=Product.BARCODE, payer_code=code),
        actor=caller.actor,
        within=principal.stores,
    )
    asked = _Asked(amount_minor=amount.minor, payer_code=code, place=place)
    answer = await counter.take(
        Call(caller=caller, action="counter.charge", key=form.once, request=asked, command=command)
    )
    return msgspec.json.decode(settled(answer).body, type=ChargeBody).id


def _cancel(counter: Counter, mark_of: MarkOf) -> HTTPRouteHandler:
    @action(f"{HOME}/cancel", permission=CHARGE)
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
                command=CancelCharge(
                    payment_id=charge, merchant_id=caller.owner, within=principal_of(request).stores
                ),
            )
        )
        return _on(request, charge)

    return cancel_at_counter


def _state(counter: Counter) -> HTTPRouteHandler:
    @page(f"{HOME}/charges/{{charge_id:str}}", permission=CHARGE)
    async def show_charge_state(request: PageRequest, charge_id: FromPath[str]) -> Response[bytes]:
        charge = await counter.charge(
            check_id(charge_id, prefix="pay", field="charge_id"),
            merchant_id=caller_of(request).owner,
            within=principal_of(request).stores,
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
    within = principal_of(request).stores
    charge = None
    if asked and form is None:
        checked = check_id(asked, prefix="pay", field="charge")
        charge = await counter.charge(checked, merchant_id=caller.owner, within=within)
    last = await counter.charges(caller.owner, limit=_LAST, within=within)
    tills = await _tills(merchants, caller.owner, within)
    here = (form.text("place") if form is not None else "") or request.cookies.get(_COOKIE, "")
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
        charge=_in_words(charge, language, tills) if charge is not None else None,
        tills=tills,
        here=here
        if here in {till.id for till in tills}
        else tills[0].id
        if within and len(tills) == 1
        else "",
        limited=bool(within),
        last=[_in_words(each, language) for each in last],
    )


def _trouble(refusal: Refusal, language: Language) -> str:
    """What to do about a refusal, in the reader's words."""
    say = CATALOGUES[language].say
    if isinstance(refusal, ShownCodeUnknown):
        return say("counter.wrong_code")
    if refusal.status == NotYourStore.status:
        return say("counter.not_your_store")
    if refusal.status in _NOT_KNOWN:
        return say("counter.not_known")
    about_amount = refusal.field in ("amount", "amount_minor")
    return say("counter.wrong_amount") if about_amount else say("counter.refused_call")


async def _tills(merchants: Merchants, owner: str, within: frozenset[str]) -> list[Till]:
    """Where somebody may take charges now: the open stores in which they may, each with its terminals."""
    stores = await merchants.reads.stores(owner, open_only=True, limit=_MOST)
    terminals = await merchants.reads.terminals(owner, open_only=True, limit=_MOST)
    tills: list[Till] = []
    for store in sorted(stores, key=lambda each: each.name):
        if not within or store.id in within:
            tills.append(Till(id=store.id, words=store.name))
            inside = [each for each in terminals if each.store_id == store.id]
            tills += [
                Till(id=each.id, words=f"{store.name} · {each.name}")
                for each in sorted(inside, key=lambda each: each.name)
            ]
    return tills


def _in_words(charge: ChargeBody, language: Language, tills: Sequence[Till] = ()) -> Shown:
    names = {till.id: till.words for till in tills}
    return Shown(
        id=charge.id,
        state=charge.state.value,
        ended=charge.state.ended,
        says=CATALOGUES[language].say(f"counter.state_of.{charge.state.value}"),
        wallet=wallet_name(charge.method, language),
        amount=formats.amount_text(Money(charge.amount_minor, charge.currency), language),
        made_at=formats.moment_text(charge.created_at, language),
        place=names.get(charge.terminal_id or "") or names.get(charge.store_id or "", ""),
    )


def _on(request: PageRequest, charge: str) -> Response[bytes]:
    address = f"{root_of(request)}{HOME}?charge={charge}"
    return Response(b"", status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


def _remember(request: PageRequest, response: Response[bytes], place: str) -> Response[bytes]:
    """Say to the device where it stands."""
    response.cookies.append(
        Cookie(
            key=_COOKIE,
            value=place,
            path=f"{root_of(request)}{HOME}",
            max_age=_ONE_YEAR_SECONDS if place else 0,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    )
    return response
