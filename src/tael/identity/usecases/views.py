"""What does somebody look at often? Filters and columns of a page, kept under a name: their own, for one merchant."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity import rules, store
from tael.identity.errors import TooManyViews, ViewMalformed
from tael.identity.model import SavedView, ViewPlace
from tael.identity.usecases.desk import Desk


async def save(desk: Desk, tx: Transaction, place: ViewPlace, view: SavedView) -> None:
    """Keep a view, in the place of one with the same name; refuses `ViewMalformed`, `TooManyViews`."""
    if not 1 <= len(view.name) <= rules.LONGEST_VIEW_NAME or not view.name.isprintable():
        raise ViewMalformed(f"A name has 1 to {rules.LONGEST_VIEW_NAME} printable characters.", field="name")
    if len(view.query) > rules.LONGEST_VIEW:
        raise ViewMalformed("This is too much for a view.", field="query")
    if not await store.save_view(tx, place, view, most=rules.MOST_VIEWS, now=desk.clock.now()):
        raise TooManyViews(f"There are {rules.MOST_VIEWS} views here already.", hint="Forget one first.")


async def of(tx: Transaction, place: ViewPlace) -> Sequence[SavedView]:
    """The views that somebody keeps of a page, the oldest first."""
    return await store.saved_views(tx, place)


async def forget(tx: Transaction, place: ViewPlace, name: str) -> None:
    """Keep it no longer; nothing happens if there is none."""
    await store.forget_view(tx, place, name)
