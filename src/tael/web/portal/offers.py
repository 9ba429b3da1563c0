"""Which offers does a merchant make to payers? A list with what is left of each budget, and a form for a new one."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from tael.foundation.clock import CHINA
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.offers.api import Command, MakeOffer, action_of
from tael.offers.model import Funder, OfferState
from tael.offers.schemas import OfferBody, shown
from tael.web.portal.acting import action, done, page, read_form, show
from tael.web.portal.affairs import in_words, owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.acting import call, settled, who
from tael.web.ui.forms import Form
from tael.web.ui.offer_forms import OfferTyped, as_typed, terms_typed
from tael.web.ui.pages import PageRequest

HOME = "/portal/offers"
ROWS = 25
TONES = {OfferState.ACTIVE: "good", OfferState.PAUSED: "warning", OfferState.ENDED: "neutral"}

InState = Annotated[
    str, QueryParameter(name="state", pattern=r"^[a-z_]{0,32}$(?!\n)", description="Only in it")
]
Before = Annotated[
    str, QueryParameter(pattern=r"^(off_[0-9a-z]{26})?$(?!\n)", description="The last of the page before")
]


def offer_list_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """The list, and a new one."""

    @page(HOME, permission="offers.read")
    async def show_offers(
        *, request: PageRequest, in_state: InState = "", before: Before = ""
    ) -> Response[bytes]:
        state = OfferState(in_state) if in_state in set(OfferState) else None
        found = await behind.offers.find(
            merchant_id=owner_of(request), state=state, before=before or None, limit=ROWS + 1
        )
        return await show(
            behind,
            request,
            "portal/offers.html",
            here="offers",
            offers=found[:ROWS],
            chosen=state,
            states=list(OfferState),
            tones=TONES,
            older=found[ROWS - 1].id if len(found) > ROWS else "",
            newest=bool(before),
        )

    @page(f"{HOME}/new", permission="offers.write")
    async def show_new_offer(request: PageRequest) -> Response[bytes]:
        return await _new_page(behind, request, Form())

    @action(f"{HOME}/new", permission="offers.write")
    async def make_offer(request: PageRequest) -> Response[bytes]:
        form, owner = await read_form(request), owner_of(request)
        try:
            typed = form.into(OfferTyped)
            command: Command = MakeOffer(
                id=new_id("off"),
                name=typed.name,
                terms=terms_typed(typed),
                funder=Funder.MERCHANT,
                merchant_id=owner,
                actor=who(request),
            )
            asked = call(request, form, action_of(command), typed, command)
            made = settled(await behind.offers.answer(asked, shown=shown, status=201))
        except Refusal as refusal:
            refusal.field = as_typed(refusal.field)
            return await _new_page(behind, request, form.refused(in_words(request, refusal)))
        return done(request, f"{HOME}/{msgspec.json.decode(made.body, type=OfferBody).id}", "offer_made")

    return [show_offers, show_new_offer, make_offer]


async def _new_page(behind: Behind, request: PageRequest, form: Form) -> Response[bytes]:
    return await show(
        behind,
        request,
        "portal/offer_new.html",
        here="offers",
        form=form,
        methods=sorted({each.method for each in behind.payments.capabilities()}),
        today=behind.clock.now().astimezone(CHINA).date().isoformat(),
    )
