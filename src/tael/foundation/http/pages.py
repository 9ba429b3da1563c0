"""How is a long list read? Page by page, by key: page 100,000 takes as long as page one."""

from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

T = TypeVar("T")

LARGEST_PAGE = 200

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE, description="How many items at most")]
Cursor = Annotated[
    str | None,
    QueryParameter(max_length=64, description="`next_cursor` of the page before; absent for the first page"),
]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items, newest first, and where the next page begins."""

    items: list[T]
    next_cursor: str | None
    """Absent (null) on the last page."""
