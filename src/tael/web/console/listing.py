"""How does a list with filters, older pages and a file come about? Told once by its columns, its filters and how it is read."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from tael.foundation.errors import Malformed
from tael.foundation.http.sheets import Row, sheet
from tael.foundation.identity_documents import DocumentKind
from tael.web.console.acting import may, page, show
from tael.web.console.asks import Entry
from tael.web.console.behind import Behind
from tael.web.console.cells import Cell, line
from tael.web.console.onboarding import form_words
from tael.web.ui.forms import Form
from tael.web.ui.i18n import CATALOGUES
from tael.web.ui.pages import PageRequest, reader_of

PAGE_OF = 50
_LINES = 200
_MOST_LINES = 10_000
"""Of a file."""
_LONGEST = 64
_CURSOR = re.compile(r"[a-z0-9_]{1,40}")
E_ = TypeVar("E_", bound=StrEnum)


SEARCHED_BY = Entry(
    name="kind", kind="select", options=("phone", "name", *DocumentKind), options_words="searched_by_of"
)
"""By what one user is looked for."""


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a list. Its label is `console.label_of.NAME`."""

    name: str
    options: Sequence[str] = ()
    """What may be chosen; nothing: somebody types."""
    words: str = ""
    """The table with the words of the options."""
    chips: bool = False
    """Whether each option stands above the list by itself."""


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks, and when: what a line may depend on."""

    names: Mapping[str, str]
    """What people are called, by how the audit trail names them."""
    now: datetime
    permissions: frozenset[str]

    def person(self, actor: str | None) -> str:
        """What somebody is called."""
        return self.names.get(actor or "", (actor or "").removeprefix("user:"))


Asked = Mapping[str, str]
"""What was asked of a list, by the names of its filters."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A list. It is found at the door `here`; when it is empty it says `console.none_of.HERE`."""

    here: str
    address: str
    permission: str
    columns: Sequence[str]
    filters: Sequence[Filter] = ()
    read: Callable[[Asked, Reader, str | None, int], Awaitable[Sequence[Any]]]
    """What is wanted, before which cursor, how many at most."""
    row: Callable[[Any, Reader], Sequence[Cell]]
    cursor: Callable[[Any], str] = attrgetter("id")
    first: Mapping[str, str] = {}
    """What is asked if nothing is said."""


def asked(request: PageRequest, name: str) -> str:
    """What the address asks for; what nobody can read is as good as not said."""
    said = str(request.query_params.get(name, ""))[:_LONGEST].strip()
    return said if said.isprintable() else ""


def cursor_of(request: PageRequest) -> str | None:
    """Where the page before ended; nonsense is no cursor."""
    said = asked(request, "cursor")
    return said if _CURSOR.fullmatch(said) else None


def one_of(kinds: type[E_], said: str) -> E_ | None:
    """One of these, if it is one."""
    return kinds(said) if said in set(kinds) else None


async def reader(behind: Behind, request: PageRequest) -> Reader:
    """Who looks at this page."""
    return Reader(
        names=await behind.people(), now=behind.clock.now(), permissions=request.scope["user"].permissions
    )


def list_routes(behind: Behind, listing: Listing) -> list[HTTPRouteHandler]:
    """The page, and the file."""
    return [_page(behind, listing), _file(behind, listing)]


def _wanted(listing: Listing, request: PageRequest) -> dict[str, str]:
    """What is asked, of each filter."""
    said = {each.name: asked(request, each.name) for each in listing.filters}
    first = {} if any(each.name in request.query_params for each in listing.filters) else listing.first
    return said | dict(first)


def _are_choices(listing: Listing, request: PageRequest) -> bool:
    """Whether each filter can be what is asked: one that is not, left out, would show everybody."""
    for each in listing.filters:
        said = asked(request, each.name)
        if not said and request.query_params.get(each.name, "").strip():
            return False
        if said and each.options and said not in each.options:
            return False
    return True


def _page(behind: Behind, listing: Listing) -> HTTPRouteHandler:
    @page(listing.address, permission=listing.permission)
    async def show_list(request: PageRequest) -> Response[bytes]:
        who = await reader(behind, request)
        wanted, known = _wanted(listing, request), _are_choices(listing, request)
        found = await listing.read(wanted, who, cursor_of(request), PAGE_OF + 1) if known else []
        older = {**wanted, "cursor": listing.cursor(found[PAGE_OF - 1])} if len(found) > PAGE_OF else {}
        return show(
            request,
            "console/people_list.html",
            here=listing.here,
            listing=listing,
            wanted=wanted,
            status=200 if known else 400,
            is_known=known,
            rows=[listing.row(each, who) for each in found[:PAGE_OF]],
            older=_query(older) if older else "",
            file=f"{listing.address}.csv?{_query(wanted)}" if found else "",
            **extra_of(listing, request),
        )

    return show_list


def extra_of(listing: Listing, request: PageRequest) -> dict[str, Any]:
    """What only some lists have: the form that looks for one user, a link to the form for something new."""
    return {
        "seeking": listing.here == "users",
        "may_start": listing.here == "campaigns" and may(request, "messages.change"),
        "form": Form(),
        "kinds": SEARCHED_BY,
        **form_words(request),
    }


def _query(asked: Asked) -> str:
    return urlencode({name: text for name, text in asked.items() if text})


def _file(behind: Behind, listing: Listing) -> HTTPRouteHandler:
    @page(f"{listing.address}.csv", permission=listing.permission)
    async def get_file(request: PageRequest) -> Stream:
        catalogue = CATALOGUES[reader_of(request).language]
        if not _are_choices(listing, request):
            raise Malformed("There is no such choice.", hint="Choose one of those on the page.")
        who, wanted = await reader(behind, request), _wanted(listing, request)

        async def pages() -> AsyncIterator[Sequence[Row]]:
            before = None
            for _ in range(_MOST_LINES // _LINES):
                found = await listing.read(wanted, who, before, _LINES)
                yield [line(listing.row(each, who), catalogue) for each in found]
                if len(found) < _LINES:
                    return
                before = listing.cursor(found[-1])

        columns = [catalogue.say(f"console.label_of.{each}") for each in listing.columns]
        return sheet(columns, pages(), file_name=f"{listing.here}.csv")

    return get_file
