"""How does one offer do? Its terms, its budget, its coupons and what was redeemed; pause it, let it go on, end it."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import Meta

from tael.foundation.errors import Refusal
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.ids import check_id
from tael.offers.api import Command, MakeCoupons, SetOfferState, action_of
from tael.offers.model import OfferState, RedemptionState
from tael.offers.schemas import CouponsBody, shown, shown_codes
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.portal.offers import HOME, TONES
from tael.web.ui.acting import On, call, settled
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest

ROWS = 25
_AT = f"{HOME}/{{offer_id:str}}"
_LINES_AT_ONCE = 200
_MOST_LINES = 100_000
REDEMPTION_TONES = {
    RedemptionState.HELD: "warning",
    RedemptionState.SPENT: "good",
    RedemptionState.RELEASED: "neutral",
}

Before = Annotated[
    str, QueryParameter(pattern=r"^(red_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of coupons says."""

    count: Annotated[int, Meta(ge=1, le=1_000)]
    uses_most: Annotated[int, Meta(ge=1, le=1_000_000)] = 1


class Turned(msgspec.Struct, frozen=True, kw_only=True):
    """What the buttons say."""

    state: OfferState


def offer_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page, what it does, and a file of its coupons."""
    return [_show(behind), _set_state(behind), _make_coupons(behind), _coupons_file(behind)]


def _show(behind: Behind) -> HTTPRouteHandler:
    @page(_AT, permission="offers.read")
    async def show_offer(
        *, request: PageRequest, offer_id: FromPath[str], before: Before = ""
    ) -> Response[bytes]:
        return await _page_of(behind, request, offer_id, Form(), before=before)

    return show_offer


def _set_state(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/state", permission="offers.write")
    async def set_offer_state(request: PageRequest, offer_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Turned)
            command = SetOfferState(
                offer_id=_checked(offer_id), state=said.state, merchant_id=owner_of(request)
            )
            await _do(behind, request, form, command, On(offer_id, said))
        except Refusal as refusal:
            return await _page_of(behind, request, offer_id, form.refused(refusal))
        return done(request, f"{HOME}/{offer_id}", f"offer_{said.state}")

    return set_offer_state


def _make_coupons(behind: Behind) -> HTTPRouteHandler:
    @action(f"{_AT}/coupons", permission="offers.write")
    async def make_coupons(request: PageRequest, offer_id: FromPath[str]) -> Response[bytes]:
        form = await read_form(request)
        try:
            said = form.into(Wanted)
            command: Command = MakeCoupons(
                offer_id=_checked(offer_id),
                count=said.count,
                uses_most=said.uses_most,
                merchant_id=owner_of(request),
            )
            asked = call(request, form, action_of(command), On(offer_id, said), command)
            made = settled(await behind.offers.answer(asked, shown=shown_codes, status=201))
        except Refusal as refusal:
            return await _page_of(behind, request, offer_id, form.refused(in_words(request, refusal)))
        codes = msgspec.json.decode(made.body, type=CouponsBody).codes
        return await _page_of(behind, request, offer_id, Form(), made=codes)

    return make_coupons


def _coupons_file(behind: Behind) -> HTTPRouteHandler:
    @page(f"{_AT}/coupons.csv", permission="offers.read")
    async def get_coupons_file(request: PageRequest, offer_id: FromPath[str]) -> Stream:
        owner = owner_of(request)
        await behind.offers.get(_checked(offer_id), merchant_id=owner)

        async def pages() -> AsyncIterator[Sequence[Row]]:
            after = None
            for _ in range(_MOST_LINES // _LINES_AT_ONCE):
                found = await behind.offers.coupons(
                    offer_id, merchant_id=owner, after=after, limit=_LINES_AT_ONCE
                )
                if not found:
                    return
                yield [(each.code, each.uses, each.uses_most, each.created_at.isoformat()) for each in found]
                after = found[-1].code

        columns = ("code", "uses", "uses_most", "created_at")
        return sheet(columns, pages(), file_name=f"coupons-{offer_id}.csv")

    return get_coupons_file


async def _page_of(
    behind: Behind,
    request: PageRequest,
    offer_id: str,
    form: Form,
    *,
    before: str = "",
    made: Sequence[str] = (),
) -> Response[bytes]:
    owner = owner_of(request)
    offer = await behind.offers.get(_checked(offer_id), merchant_id=owner)
    redemptions = await behind.offers.redemptions(
        offer.id, merchant_id=owner, before=before or None, limit=ROWS + 1
    )
    return await show(
        behind,
        request,
        "portal/offer.html",
        here="offers",
        form=form,
        offer=offer,
        tone=TONES[offer.state],
        coupons=await behind.offers.coupons(offer.id, merchant_id=owner, after=None, limit=ROWS),
        made=made,
        redemptions=redemptions[:ROWS],
        redemption_tones=REDEMPTION_TONES,
        older=redemptions[ROWS - 1].id if len(redemptions) > ROWS else "",
        newest=bool(before),
    )


async def _do(behind: Behind, request: PageRequest, form: Form, command: Command, said: On) -> None:
    asked = call(request, form, action_of(command), said, command)
    settled(await behind.offers.answer(asked, shown=shown))


def _checked(offer_id: str) -> str:
    return check_id(offer_id, prefix="off", field="offer_id")
