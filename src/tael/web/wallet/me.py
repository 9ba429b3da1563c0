"""What else is there for somebody? Who they are, and the way to every page that does not stand in the bar."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.web.ui.pages import PageRequest
from tael.web.wallet.acting import LOOK, page, show
from tael.web.wallet.behind import Behind
from tael.web.wallet.places import BEHIND_ME


def me_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """One page."""

    @page("/wallet/me", permission=LOOK)
    async def show_me(request: PageRequest) -> Response[bytes]:
        return await show(behind, request, "wallet/me.html", here="me", groups=BEHIND_ME)

    return [show_me]
