"""For which merchant does somebody act? They choose among those in whose teams they are."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import NotFound
from tael.web.portal.acting import action, done, here_of, page, read_form, show
from tael.web.portal.behind import Behind
from tael.web.portal.places import CHOOSING
from tael.web.portal.session import SIGNED_IN, visitor_of
from tael.web.ui.pages import PageRequest


def merchant_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Choosing."""

    @page(CHOOSING, permission=SIGNED_IN)
    async def show_merchants(request: PageRequest) -> Response[bytes]:
        return await show(behind, request, "portal/merchants.html", here="merchants")

    @action(CHOOSING, permission=SIGNED_IN)
    async def choose_merchant(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        here = await here_of(behind, request)
        chosen = form.text("merchant")
        if chosen not in {each.id for each in here.others}:
            raise NotFound("You are not in the team of this merchant.", field="merchant")
        await behind.people.identity.choose(here.present, chosen, visitor_of(request))
        return done(request, "/portal/home", "chosen")

    return [show_merchants, choose_merchant]
