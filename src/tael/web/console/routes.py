"""Which pages does the console have? Signing in and out here; the others by what they are about."""

from urllib.parse import parse_qs, quote, urlsplit

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from tael.foundation.errors import Refusal
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.http.strangers import Deed, address_of
from tael.staff.api import asks_for_code
from tael.web.console.acting import PAGES, see_other
from tael.web.console.answers import answer_routes
from tael.web.console.behind import Behind
from tael.web.console.channels import channel_routes
from tael.web.console.checks import check_routes
from tael.web.console.code import CODE, code_routes, door_page, home_of, page_of_ours
from tael.web.console.dated_rules import dated_rule_routes
from tael.web.console.disputes import dispute_routes
from tael.web.console.exchanges import exchange_routes
from tael.web.console.letters import letter_routes
from tael.web.console.merchants import merchant_routes
from tael.web.console.offers import offer_routes
from tael.web.console.onboarding import onboarding_routes
from tael.web.console.partners import partner_routes
from tael.web.console.proposals import proposal_routes
from tael.web.console.purses import purse_routes
from tael.web.console.reports import report_routes
from tael.web.console.restrictions import restriction_routes
from tael.web.console.reviews import review_routes
from tael.web.console.routing import routing_routes
from tael.web.console.teaching import teaching_routes
from tael.web.console.users import user_routes
from tael.web.ui.acting import is_our_own
from tael.web.ui.pages import PageRequest
from tael.web.ui.problems import problem_page_if_wanted, wants_page

CONSOLE_ASSETS = PAGES.assets
"""For `web.ui.routes.asset_routes`."""
_LONGEST_FORM = 2_000


def console_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Every page of the console."""
    return [
        *_doors(behind),
        *code_routes(behind),
        *channel_routes(behind),
        *exchange_routes(behind),
        *proposal_routes(behind),
        *partner_routes(behind),
        *onboarding_routes(behind),
        *merchant_routes(behind),
        *dispute_routes(behind),
        *offer_routes(behind),
        *routing_routes(behind),
        *dated_rule_routes(behind),
        *user_routes(behind),
        *review_routes(behind),
        *answer_routes(behind),
        *restriction_routes(behind),
        *report_routes(behind),
        *check_routes(behind),
        *purse_routes(behind),
        *letter_routes(behind),
        *teaching_routes(behind),
    ]


def console_problem(request: PageRequest, status: int) -> Response[bytes] | None:
    """Whoever is not signed in is asked who they are, and is led to where they wanted to go; everybody else hears what
    is wrong.
    """
    path = request.url.path
    if not path.startswith("/console") or not wants_page(request):
        return problem_page_if_wanted(request, status)
    if status != 401:
        return _stumble(request, status)
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return see_other(f"/console/sign-in?next={quote(path + query)}")
    came_from = urlsplit(request.headers.get("referer", "")).path
    return _sign_in_page(request, status=401, wanted=page_of_ours(came_from), ended=True)


_WORDS = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "busy", 503: "busy"}
"""Which message speaks for a status."""


def _stumble(request: PageRequest, status: int) -> Response[bytes]:
    """What whoever works here reads when a page cannot be shown."""
    words = _WORDS.get(status, "crash" if status >= 500 else "refused")
    reference = request.scope["state"].get("request_id") if status >= 500 else None
    return PAGES.render(
        request, "console/stumble.html", status=status, code=status, words=words, reference=reference
    )


def _doors(behind: Behind) -> list[HTTPRouteHandler]:
    @get("/console", opt={"permission": PUBLIC}, include_in_schema=False)
    async def enter(request: PageRequest) -> Response[bytes]:
        return see_other(await home_of(behind, behind.sessions.key_of(request) or ""))

    @get("/console/sign-in", opt={"permission": PUBLIC}, include_in_schema=False)
    async def show_sign_in(request: PageRequest) -> Response[bytes]:
        return _sign_in_page(request, wanted=page_of_ours(request.query_params.get("next", "")))

    @post("/console/sign-in", opt={"permission": PUBLIC}, include_in_schema=False)
    async def sign_in(request: PageRequest) -> Response[bytes]:
        form = parse_qs((await request.body())[:_LONGEST_FORM].decode("utf-8", "replace"))
        secret, wanted = form.get("key", [""])[0].strip(), page_of_ours(form.get("next", [""])[0])
        if not is_our_own(request):
            return _sign_in_page(request, status=403, wanted=wanted)
        try:
            await _let_in(behind, request, secret)
        except Refusal as refusal:
            return _sign_in_page(request, wanted=wanted, refusal=refusal)
        response = see_other(await _after_key(behind, secret, wanted))
        response.cookies.append(behind.sessions.begin(secret, secure=request.url.scheme == "https"))
        return response

    @post("/console/sign-out", opt={"permission": PUBLIC}, include_in_schema=False)
    async def sign_out(request: PageRequest) -> Response[bytes]:
        response = see_other("/console/sign-in")
        if is_our_own(request):
            response.cookies.append(behind.sessions.end(secure=request.url.scheme == "https"))
        return response

    return [enter, show_sign_in, sign_in, sign_out]


async def _let_in(behind: Behind, request: PageRequest, secret: str) -> None:
    """See who holds a key; refuses `StaffKeyRefused`, `MemberSuspended`, and `TooMuchFromNetwork` after many wrong ones.

    A try is counted before anything is compared, and taken back if the key was right.
    """
    address = address_of(request)
    await behind.strangers.take(address, Deed.STAFF_SIGN_IN)
    await behind.staff.sign_in(secret, address=address, request_id=request.scope["state"]["request_id"])
    behind.strangers.give_back(address, Deed.STAFF_SIGN_IN)


def _sign_in_page(
    request: PageRequest,
    *,
    wanted: str,
    status: int = 200,
    refusal: Refusal | None = None,
    ended: bool = False,
) -> Response[bytes]:
    return door_page(request, "sign_in", status=status, refusal=refusal, ended=ended, next=wanted)


async def _after_key(behind: Behind, secret: str, wanted: str) -> str:
    """Where to go with a key: to show a code, if whoever holds it may approve."""
    holder = await behind.staff.authenticate(secret)
    if asks_for_code(holder.permissions):
        return f"{CODE}?next={quote(wanted)}" if wanted else CODE
    return wanted or await home_of(behind, secret)
