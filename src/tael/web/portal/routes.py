"""Which pages does the portal have? All of them, put together; and what is said to whoever cannot see one."""

from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from tael.web.portal.acting import PAGES, root_of
from tael.web.portal.behind import Behind
from tael.web.portal.door import door_routes, next_of
from tael.web.portal.home import home_routes
from tael.web.portal.joining import joining_routes
from tael.web.portal.merchants import merchant_routes
from tael.web.portal.payment import payment_routes
from tael.web.portal.payments import payment_list_routes
from tael.web.portal.refunds import refund_routes
from tael.web.portal.search import search_routes
from tael.web.portal.security import security_routes
from tael.web.portal.team import team_routes
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
        *payment_routes(behind),
        *refund_routes(behind),
        *team_routes(behind),
        *security_routes(behind),
        *search_routes(behind),
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
