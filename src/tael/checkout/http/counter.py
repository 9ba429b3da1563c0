"""How does a till charge what a payer shows? A code on a phone, or a card held to a terminal."""

from functools import partial
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.channels.port import Product
from tael.checkout.api import CancelCharge, ChargeBody, Counter, TakeCharge, as_scanned, method_of
from tael.checkout.errors import NoSuchCharge, ShownCodeUnknown
from tael.checkout.http.forms import CHARGE, AnyRequest, ChargeId, TerminalPath, fetch_page
from tael.checkout.schemas import CancelChargeRequest, ChargeRequest, TerminalChargeRequest
from tael.customers.api import Customers
from tael.customers.errors import NoSuchPaymentMethod
from tael.foundation.http.calls import IdempotencyKey, a_call, respond
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.merchants.errors import NoSuchMerchantRecord, NotFromThisState
from tael.offers.errors import NoSuchCoupon, OfferNotUsable
from tael.offers.model import code_as_kept
from tael.payments.api import Means
from tael.payments.errors import AlreadyCaptured, PaymentMalformed
from tael.routing.errors import NoChannel

_TAGS = ["Counter"]
_REFUSED = (PaymentMalformed, NoChannel, NoSuchMerchantRecord, NotFromThisState)
_PENDING = "The charge; the payer or the channel has not answered yet. Ask again, and do not charge twice"
AtTerminal = Annotated[
    str | None, QueryParameter(pattern=r"^trm_[0-9a-z]{26}$(?!\n)", description="Only those of this terminal")
]


def counter_routes(counter: Counter, merchants: Merchants, customers: Customers) -> list[HTTPRouteHandler]:
    """Charge, look, cancel."""
    return [
        _charge(counter, merchants),
        _charge_card(counter, merchants, customers),
        _get(counter),
        _list(counter),
        _cancel(counter),
    ]


def _charge(counter: Counter, merchants: Merchants) -> HTTPRouteHandler:
    @post(
        "/v1/counter/charges",
        opt={"permission": CHARGE, REFUSES: [ShownCodeUnknown, NoSuchCoupon, OfferNotUsable, *_REFUSED]},
        tags=_TAGS,
        responses=answers(201, ChargeBody, "The charge, ended", pending=_PENDING),
    )
    async def create_charge(
        request: AnyRequest, data: JSONBody[ChargeRequest], idempotency_key: IdempotencyKey
    ) -> Response[Any]:
        """Charge the code on a payer's phone. Its first characters say which wallet it is."""
        caller = caller_of(request)
        code = as_scanned(data.payer_code)
        command = TakeCharge(
            merchant=await merchants.get(caller.owner),
            terms=data,
            terminal_id=data.terminal_id,
            method=method_of(code),
            means=Means(product=Product.BARCODE, payer_code=code),
            codes=tuple(map(code_as_kept, data.coupon_codes)),
            actor=caller.actor,
        )
        return respond(await counter.take(a_call(request, "counter.charge", idempotency_key, data, command)))

    return create_charge


def _charge_card(counter: Counter, merchants: Merchants, customers: Customers) -> HTTPRouteHandler:
    @post(
        "/v1/terminals/{terminal_id:str}/charges",
        opt={"permission": CHARGE, REFUSES: [NoSuchPaymentMethod, *_REFUSED]},
        tags=_TAGS,
        responses=answers(201, ChargeBody, "The charge, ended", pending=_PENDING),
    )
    async def create_terminal_charge(
        request: AnyRequest,
        terminal_id: TerminalPath,
        data: JSONBody[TerminalChargeRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Charge a card or a phone that is held to a terminal. By its token; a card number is never sent."""
        caller = caller_of(request)
        command = TakeCharge(
            merchant=await merchants.get(caller.owner),
            terms=data,
            terminal_id=check_id(terminal_id, prefix="trm", field="terminal_id"),
            method="card",
            means=Means(product=Product.CARD, card_token=data.card.token),
            actor=caller.actor,
        )
        call = a_call(request, "counter.charge_card", idempotency_key, data, command, about=terminal_id)
        if await counter.begins(call):
            await customers.check_token(data.card.token, merchant_id=caller.owner)
        return respond(await counter.take(call))

    return create_terminal_charge


def _get(counter: Counter) -> HTTPRouteHandler:
    @get(
        "/v1/counter/charges/{charge_id:str}", opt={"permission": CHARGE, REFUSES: [NoSuchCharge]}, tags=_TAGS
    )
    async def get_charge(request: AnyRequest, charge_id: ChargeId) -> ChargeBody:
        """Get a charge. To see whether the payer has paid."""
        return await counter.charge(_checked(charge_id), merchant_id=caller_of(request).owner)

    return get_charge


def _list(counter: Counter) -> HTTPRouteHandler:
    @get("/v1/counter/charges", opt={"permission": CHARGE}, tags=_TAGS)
    async def list_charges(
        request: AnyRequest, *, limit: Limit = 20, cursor: Cursor = None, terminal_id: AtTerminal = None
    ) -> Page[ChargeBody]:
        """List charges. Newest first; send `next_cursor` as `cursor` for the next page."""
        fetch = partial(counter.charges, caller_of(request).owner, terminal_id=terminal_id)
        return await fetch_page(fetch, lambda charge: charge, limit=limit, cursor=cursor, prefix="pay")

    return list_charges


def _cancel(counter: Counter) -> HTTPRouteHandler:
    @post(
        "/v1/counter/charges/{charge_id:str}/cancel",
        opt={"permission": CHARGE, REFUSES: [NoSuchCharge, AlreadyCaptured]},
        tags=_TAGS,
        status_code=200,
        responses=answers(200, ChargeBody, "The charge, ended", pending=_PENDING),
    )
    async def cancel_charge(
        request: AnyRequest,
        charge_id: ChargeId,
        data: JSONBody[CancelChargeRequest],
        idempotency_key: IdempotencyKey,
    ) -> Response[Any]:
        """Cancel a charge that is not paid. If the payer pays at the same moment, the money goes back."""
        command = CancelCharge(payment_id=_checked(charge_id), merchant_id=caller_of(request).owner)
        call = a_call(request, "counter.cancel", idempotency_key, data, command, about=charge_id)
        return respond(await counter.cancel(call))

    return cancel_charge


def _checked(charge_id: str) -> str:
    return check_id(charge_id, prefix="pay", field="charge_id")
