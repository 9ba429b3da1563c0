"""How is a long list read? Page by page, by key: page 100,000 takes as long as page one."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from tael.foundation.ids import check_id

T = TypeVar("T")

LARGEST_PAGE = 200

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many items at most, 1 to 200")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=64, description="`next_cursor` of the page before; absent for the first page"),
]
LastId = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[a-z0-9_]{1,40}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
"""The same where the cursor is the id of the last item."""
LastNumber = Annotated[
    int | None,
    QueryParameter(
        name="cursor",
        ge=0,
        le=2**53,
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
"""The same where it is the number of the last item."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, newest first, and where the next page begins."""

    items: Annotated[list[T], Meta(description="The items of this page")]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` for the next page; null on the last one", examples=[None]),
    ]


def id_in(cursor: str | None, *, prefix: str) -> str | None:
    """The id at which the page before ended; refuses `Malformed` where it is none of this prefix."""
    return None if cursor is None else check_id(cursor, prefix=prefix, field="cursor")


def page_of(found: Sequence[T], limit: int, *, key: Callable[[T], object] = attrgetter("id")) -> Page[T]:
    """A page of at most `limit`, made of what was found when one more was asked for; `key` is an item's cursor."""
    items = list(found[:limit])
    return Page(items=items, next_cursor=str(key(items[-1])) if len(found) > limit else None)
