"""Which pages does the wallet have? All of them, put together; and what is said to whoever cannot see one."""

from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.web.ui.acting import see_other
from tael.web.ui.pages import PageRequest
from tael.web.ui.problems import wants_page
from tael.web.wallet.acting import PAGES, root_of
from tael.web.wallet.activity import activity_routes
from tael.web.wallet.agreed import agreement_routes
from tael.web.wallet.behind import Behind
from tael.web.wallet.claims import claim_routes
from tael.web.wallet.devices import device_routes
from tael.web.wallet.door import door_routes, next_of
from tael.web.wallet.forgetting import forgetting_routes
from tael.web.wallet.inbox import inbox_routes
from tael.web.wallet.installing import installing_routes
from tael.web.wallet.keys import key_routes
from tael.web.wallet.learning import learning_routes
from tael.web.wallet.me import me_routes
from tael.web.wallet.money_routes import money_routes
from tael.web.wallet.phone import phone_routes
from tael.web.wallet.privacy import privacy_routes
from tael.web.wallet.proving import proving_routes
from tael.web.wallet.pushing import pushing_routes
from tael.web.wallet.registering import registering_routes
from tael.web.wallet.restrictions import restriction_routes
from tael.web.wallet.security import security_routes
from tael.web.wallet.session import HOME
from tael.web.wallet.verification import verification_routes

WALLET_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""
_WORDS = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "busy", 503: "busy"}
"""Which message speaks for a status."""


def wallet_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Every page of the wallet."""
    return [
        *installing_routes(),
        *door_routes(behind),
        *registering_routes(behind),
        *forgetting_routes(behind),
        *money_routes(behind),
        *me_routes(behind),
        *verification_routes(behind),
        *claim_routes(behind),
        *proving_routes(behind),
        *security_routes(behind),
        *key_routes(behind),
        *device_routes(behind),
        *phone_routes(behind),
        *restriction_routes(behind),
        *inbox_routes(behind),
        *pushing_routes(behind),
        *learning_routes(behind),
        *activity_routes(behind),
        *privacy_routes(behind),
        *agreement_routes(behind),
    ]


def is_of_wallet(request: PageRequest) -> bool:
    """Whether a request goes to a page of the wallet."""
    path = request.url.path.removeprefix(root_of(request))
    return path == HOME or path.startswith(f"{HOME}/")


def wallet_problem(request: PageRequest, status: int) -> Response[bytes] | None:
    """Whoever is not signed in is asked who they are, and is led to where they wanted to go; everybody else hears what
    is wrong. `None` for programs.
    """
    if not wants_page(request):
        return None
    root = root_of(request)
    if status == 401:
        query = f"?{request.url.query}" if request.url.query else ""
        came_from = urlsplit(request.headers.get("referer", "")).path.removeprefix(root)
        path = request.url.path.removeprefix(root)
        wanted = next_of(path + query if request.method == "GET" else came_from)
        return see_other(f"{root}{HOME}/sign-in" + (f"?next={quote(wanted)}" if wanted else ""))
    return PAGES.render(
        request,
        "wallet/stumble.html",
        status=status,
        code=status,
        words=_WORDS.get(status, "crash" if status >= 500 else "refused"),
        reference=request.scope["state"].get("request_id") if status >= 500 else None,
        installable=True,
        root=root,
    )
