"""Which pages does the portal have? All of them, put together; and what is said to whoever cannot see one."""

from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.web.portal.acting import PAGES, root_of
from tael.web.portal.agreement import agreement_routes
from tael.web.portal.application import application_routes
from tael.web.portal.behind import Behind
from tael.web.portal.dispute import dispute_page_routes
from tael.web.portal.disputes import dispute_list_routes
from tael.web.portal.door import door_routes, next_of
from tael.web.portal.events import event_routes
from tael.web.portal.exports import export_routes
from tael.web.portal.fees import fee_routes
from tael.web.portal.home import home_routes
from tael.web.portal.joining import joining_routes
from tael.web.portal.key import one_key_routes
from tael.web.portal.keys import key_routes
from tael.web.portal.links import link_routes
from tael.web.portal.merchants import merchant_routes
from tael.web.portal.offer import offer_routes
from tael.web.portal.offers import offer_list_routes
from tael.web.portal.payment import payment_routes
from tael.web.portal.payments import payment_list_routes
from tael.web.portal.refunds import refund_routes
from tael.web.portal.saved_views import saved_view_routes
from tael.web.portal.search import search_routes
from tael.web.portal.security import security_routes
from tael.web.portal.settlement import settlement_routes
from tael.web.portal.static_codes import static_code_routes
from tael.web.portal.stores import store_routes
from tael.web.portal.team import team_routes
from tael.web.portal.try_out import try_out_routes
from tael.web.portal.webhooks import webhook_routes
from tael.web.ui.acting import see_other
from tael.web.ui.pages import PageRequest
from tael.web.ui.problems import problem_page_if_wanted, wants_page

PORTAL_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""
_WORDS = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "busy", 503: "busy"}
"""Which message speaks for a status."""


def portal_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Every page of the portal."""
    return [
        *door_routes(behind),
        *joining_routes(behind),
        *merchant_routes(behind),
        *home_routes(behind),
        *payment_list_routes(behind),
        *saved_view_routes(behind),
        *payment_routes(behind),
        *refund_routes(behind),
        *link_routes(behind),
        *static_code_routes(behind),
        *offer_list_routes(behind),
        *offer_routes(behind),
        *dispute_list_routes(behind),
        *dispute_page_routes(behind),
        *export_routes(behind),
        *key_routes(behind),
        *one_key_routes(behind),
        *webhook_routes(behind),
        *event_routes(behind),
        *application_routes(behind),
        *agreement_routes(behind),
        *fee_routes(behind),
        *settlement_routes(behind),
        *store_routes(behind),
        *team_routes(behind),
        *security_routes(behind),
        *search_routes(behind),
        *try_out_routes(behind),
    ]


def portal_problem(request: PageRequest, status: int) -> Response[bytes] | None:
    """Whoever is not signed in is asked who they are, and is led to where they wanted to go; everybody else hears what
    is wrong. For pages of others, and for programs, as `problem_page_if_wanted`.
    """
    root = root_of(request)
    path = request.url.path.removeprefix(root)
    if not (path == "/portal" or path.startswith("/portal/")) or not wants_page(request):
        return problem_page_if_wanted(request, status)
    if status == 401:
        query = f"?{request.url.query}" if request.url.query else ""
        came_from = urlsplit(request.headers.get("referer", "")).path.removeprefix(root)
        wanted = next_of(path + query if request.method == "GET" else came_from)
        return see_other(f"{root}/portal/sign-in" + (f"?next={quote(wanted)}" if wanted else ""))
    words = _WORDS.get(status, "crash" if status >= 500 else "refused")
    reference = request.scope["state"].get("request_id") if status >= 500 else None
    return PAGES.render(
        request,
        "portal/stumble.html",
        status=status,
        code=status,
        words=words,
        reference=reference,
        root=root,
    )
