"""Which filters does somebody use often? They keep them under a name of their own, as chips above the list."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import parse_qsl, urlencode

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from tael.identity.model import SavedView, ViewPlace
from tael.web.portal.acting import action, done, read_form
from tael.web.portal.affairs import owner_of
from tael.web.portal.behind import Behind
from tael.web.ui.acting import who
from tael.web.ui.pages import PageRequest

KEPT = ("state", "q", "since", "until", "method", "columns")
"""What of an address is kept: nothing that turns its pages."""
_PAGES = {"payments": "payments.read"}
"""Which pages have views, and who may look at them."""


class NewView(msgspec.Struct, frozen=True, kw_only=True):
    """What the form of a view says."""

    name: Annotated[str, Meta(min_length=1, max_length=40)]
    query: str = ""


class OneView(msgspec.Struct, frozen=True, kw_only=True):
    """Which view is kept no longer."""

    name: str


def saved_view_routes(behind: Behind) -> list[HTTPRouteHandler]:
    """Keeping and forgetting, for each page that has views."""
    return [route for page in _PAGES for route in _of_page(behind, page)]


async def views_of(behind: Behind, request: PageRequest, page: str) -> Sequence[SavedView]:
    """What whoever looks at a page keeps of it."""
    return await behind.people.identity.saved_views(_place(request, page))


def kept_of(query: str) -> str:
    """What of an address is kept, always in the same order."""
    said = dict(parse_qsl(query.removeprefix("?")[:2_000]))
    return urlencode({name: said[name] for name in KEPT if said.get(name)})


def _of_page(behind: Behind, page: str) -> list[HTTPRouteHandler]:
    home, people = f"/portal/{page}", behind.people

    @action(f"{home}/views", permission=_PAGES[page])
    async def save_view(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        said = form.into(NewView)
        view = SavedView(name=said.name.strip(), query=kept_of(said.query))
        place = _place(request, page)
        async with people.database.transaction() as tx:
            await people.identity.save_view(tx, place, view)
        return done(request, f"{home}?{view.query}", "view_saved")

    @action(f"{home}/views/forget", permission=_PAGES[page])
    async def forget_view(request: PageRequest) -> Response[bytes]:
        form = await read_form(request)
        place = _place(request, page)
        async with people.database.transaction() as tx:
            await people.identity.forget_view(tx, place, form.into(OneView).name)
        return done(request, home, "view_forgotten")

    return [save_view, forget_view]


def _place(request: PageRequest, page: str) -> ViewPlace:
    """Whoever looks, by the name that they have in the audit trail: `member:lgn_…`."""
    login_id = who(request).rpartition(":")[2]
    return ViewPlace(login_id=login_id, acts_for=owner_of(request), page=page)
