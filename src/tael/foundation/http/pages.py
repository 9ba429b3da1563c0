"""How is a long list read? Page by page, by key: page 100,000 takes as long as page one."""

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

T = TypeVar("T")

LARGEST_PAGE = 200

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many items at most, 1 to 200")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=64, description="`next_cursor` of the page before; absent for the first page"),
]
Before = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        pattern=r"^[a-z0-9_]{1,40}$(?!\n)",
        description="`next_cursor` of the page before; absent for the first page",
    ),
]
"""The same where the cursor is the id of the last item."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, newest first, and where the next page begins."""

    items: Annotated[list[T], Meta(description="The items of this page")]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` for the next page; null on the last one", examples=[None]),
    ]
