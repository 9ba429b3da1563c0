"""Which offers does the platform pay for? A list, each of them, and a form that asks a second person for a new one."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from tael.foundation.clock import CHINA
from tael.foundation.errors import Malformed, Refusal
from tael.foundation.ids import check_id, new_id
from tael.foundation.money import Money
from tael.foundation.proposals import ProposalState
from tael.offers.api import Command, MakeCoupons, PlatformOffer, ProposeOffer, SetOfferState, action_of
from tael.offers.model import Funder, OfferState, RedemptionState
from tael.offers.schemas import CouponsBody, shown, shown_codes
from tael.web.console.acting import action, call, done, page, settled, show, who
from tael.web.console.behind import Behind
from tael.web.ui.acting import On
from tael.web.ui.forms import Form, read_form
from tael.web.ui.offer_forms import OfferTyped, as_typed, terms_typed
from tael.web.ui.pages import PageRequest

HOME = "/console/offers"
READ, CHANGE = "offers.read", "offers.change"
ROWS = 25
_AT = f"{HOME}/{{offer_id:str}}"
TONES = {
    OfferState.ACTIVE: "good",
    OfferState.PAUSED: "warning",
    OfferState.ENDED: "neutral",
    RedemptionState.HELD: "warning",
    RedemptionState.SPENT: "good",
    RedemptionState.RELEASED: "neutral",
}

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(off_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]
BeforeRedemption = Annotated[
    str,
    QueryParameter(
        name="before", pattern=r"^(red_[0-9a-z]{26})?$(?!\n)", description="The last of the page before"
    ),
]


class PlatformOfferTyped(OfferTyped, frozen=True, kw_only=True):
    """An offer at the platform's cost, and why."""

    merchant: Annotated[str, Meta(max_length=40)] = ""
    note: Annotated[str, Meta(min_length=1, max_length=1_000)]


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons say."""

    state: OfferState


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of coupons says."""

    count: Annotated[int, Meta(ge=1, le=1_000)]
    uses_most: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


def offer_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, a new one, one of them."""
    return [_list(behind), *_proposing(behind), _one(behind), *_changing(behind)]


def _list(behind: Behind) -> HTTPRouteHandler:
    @page(HOME, permission=READ)
    async def show_offers(
        *, request: PageRequest, in_state: InState = "", before: Before = ""
    ) -> Response[bytes]:
        state = OfferState(in_state) if in_state in set(OfferState) else None
        found = await behind.offers.find(
            merchant_id=None, funder=Funder.PLATFORM, state=state, before=before or None, limit=ROWS + 1
        )
        named = {each.merchant_id for each in found if each.merchant_id is not None}
        return show(
            request,
            "console/offers.html",
            here="offers",
            offers=found[:ROWS],
            merchants=await behind.merchants.find(sorted(named)),
            waiting=await behind.offers.proposals(state=ProposalState.OPEN, limit=ROWS),
            chosen=state,
            states=list(OfferState),
            tones=TONES,
            older=found[ROWS - 1].id if len(found) > ROWS else "",
            money_of=Money,
        )

    return show_offers


def _proposing(behind: Behind) -> list[HTTPRouteHandler]:
    @page(f"{HOME}/new", permission=CHANGE)
    async def show_new_offer(request: PageRequest) -> Response[bytes]:
        return _new_page(behind, request, Form())

    @action(f"{HOME}/new", permission=CHANGE)
    async def propose_offer(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        try:
            typed = form.into(PlatformOfferTyped)
            merchant_id = typed.merchant.strip() or None
            if merchant_id is not None and not await behind.merchants.find([merchant_id]):
                raise Malformed("There is no such merchant.", field="merchant")
            offer = PlatformOffer(
                id=new_id("off"), name=typed.name, merchant_id=merchant_id, terms=terms_typed(typed)
            )
            command: Command = ProposeOffer(offer=offer, note=typed.note, actor=who(request))
            asked = call(request, form, action_of(command), typed, command)
            settled(await behind.offers.answer(asked, shown=lambda made: (made.id, made), status=201))
        except Refusal as refusal:
            refusal.field = as_typed(refusal.field)
            return _new_page(behind, request, form.refused(refusal))
        return done(HOME, "proposed")

    return [show_new_offer, propose_offer]


def _one(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission=READ)
    async def show_offer(
        *, request: PageRequest, offer_id: FromPath[str], before: BeforeRedemption = ""
    ) -> Response[bytes]:
        return await _page_of(behind, request, offer_id, Form(), before=before)

    return show_offer


def _changing(behind: Behind) -> list[HTTPRouteHandler]:
    @action(f"{_AT}/state", permission=CHANGE)
    async def set_offer_state(request: PageRequest, offer_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Turned)
            command: Command = SetOfferState(offer_id=_checked(offer_id), state=said.state, merchant_id=None)
            asked = call(request, form, action_of(command), On(offer_id, said), command)
            settled(await behind.offers.answer(asked, shown=shown))
        except Refusal as refusal:
            return await _page_of(behind, request, offer_id, form.refused(refusal))
        return done(f"{HOME}/{offer_id}", f"offer_{said.state}")

    @action(f"{_AT}/coupons", permission=CHANGE)
    async def make_coupons(request: PageRequest, offer_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Wanted)
            command: Command = MakeCoupons(
                offer_id=_checked(offer_id), count=said.count, uses_most=said.uses_most, merchant_id=None
            )
            asked = call(request, form, action_of(command), On(offer_id, said), command)
            made = settled(await behind.offers.answer(asked, shown=shown_codes, status=201))
        except Refusal as refusal:
            return await _page_of(behind, request, offer_id, form.refused(refusal))
        codes = msgspec.json.decode(made.body, type=CouponsBody).codes
        return await _page_of(behind, request, offer_id, Form(), made=codes)

    return [set_offer_state, make_coupons]


def _new_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    channels = behind.channels
    return show(
        request,
        "console/offer_new.html",
        here="offers",
        form=form,
        methods=sorted({channels.capabilities(name).method for name in channels.names()}),
        today=behind.clock.now().astimezone(CHINA).date().isoformat(),
    )


async def _page_of(
    behind: Behind,
    request: PageRequest,
    offer_id: str,
    form: Form,
    *,
    before: str = "",
    made: tuple[str, ...] = (),
) -> Response[bytes]:
    offer = await behind.offers.get(_checked(offer_id), merchant_id=None)
    redemptions = await behind.offers.redemptions(
        offer.id, merchant_id=None, before=before or None, limit=ROWS + 1
    )
    return show(
        request,
        "console/offer.html",
        here="offers",
        form=form,
        offer=offer,
        merchants=await behind.merchants.find([offer.merchant_id] if offer.merchant_id else []),
        people=await behind.people(),
        coupons=await behind.offers.coupons(offer.id, merchant_id=None, after=None, limit=ROWS),
        made=made,
        redemptions=redemptions[:ROWS],
        older=redemptions[ROWS - 1].id if len(redemptions) > ROWS else "",
        tones=TONES,
        money_of=Money,
    )


def _checked(offer_id: str) -> str:
    return check_id(offer_id, prefix="off", field="offer_id")
