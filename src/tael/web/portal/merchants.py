"""For which merchant does somebody act? They choose among those in whose teams they are."""

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from tael.foundation.errors import NotFound, Refusal
from tael.foundation.http.strangers import Deed, address_of
from tael.merchants.model import Merchant, MerchantState
from tael.web.portal.acting import Here, action, done, here_of, page, read_form, show
from tael.web.portal.behind import Behind
from tael.web.portal.places import CHOOSING
from tael.web.portal.session import SIGNED_IN
from tael.web.ui.acting import who
from tael.web.ui.forms import Form
from tael.web.ui.pages import PageRequest
from tael.web.ui.session_cookies import visitor_of


class Founding(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says of one more merchant."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]


def merchant_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Choosing, and founding one more."""

    @page(CHOOSING, permission=SIGNED_IN)
    async def show_merchants(request: PageRequest) -> Response[bytes]:
        return await show(behind, request, "portal/merchants.html", here="merchants", form=Form())

    @action(CHOOSING, permission=SIGNED_IN)
    async def choose_merchant(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        here = await here_of(behind, request)
        chosen = form.text("merchant")
        if chosen not in {each.id for each in here.others}:
            raise NotFound("You are not in the team of this merchant.", field="merchant")
        await behind.people.identity.choose(here.present, chosen, visitor_of(request))
        return done(request, "/portal/home", "chosen")

    @action(f"{CHOOSING}/new", permission=SIGNED_IN)
    async def found_merchant(request: PageRequest) -> Response[bytes]:
        form, people = await read_form(request), behind.people
        here = await here_of(behind, request)
        try:
            name = form.into(Founding).name.strip()
            merchant = _begun_before(here, name)
            if merchant is None:
                await people.strangers.take(address_of(request), Deed.SIGN_UP)
                merchant = await people.merchants.apply(name=name, actor=who(request))
        except Refusal as refusal:
            return await show(
                behind, request, "portal/merchants.html", here="merchants", form=form.refused(refusal)
            )
        login = here.present.login
        if merchant not in (here.merchant, *here.others):
            async with people.database.transaction() as tx:
                await people.team.found(
                    tx, merchant.id, login_id=login.id, email=login.email, name=login.name
                )
        await people.identity.choose(here.present, merchant.id, visitor_of(request))
        return done(request, "/portal/application", "founded")

    return [show_merchants, choose_merchant, found_merchant]


def _begun_before(here: Here, name: str) -> Merchant | None:
    """A merchant of this person that applies under the same name: a form that is sent twice founds one."""
    theirs = [each for each in (here.merchant, *here.others) if each is not None]
    return next((each for each in theirs if each.name == name and each.state is MerchantState.APPLYING), None)
