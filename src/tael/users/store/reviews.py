"""Where do the reviews of users lie, and about whom are any open?"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.users.errors import NoSuchRecord
from tael.users.model import Review, ReviewFilter, ReviewState
from tael.users.store import SQL


async def insert_review(tx: Transaction, review: Review, *, wanted_sealed: bytes | None) -> bool:
    """Let somebody look; false if the same is looked at already."""
    written = await tx.run(
        SQL.insert_review,
        id=review.id,
        user_id=review.user_id,
        reason=review.reason,
        asked_by=review.asked_by,
        asked_at=review.asked_at,
        due_at=review.due_at,
        other_user_id=review.other_user_id,
        wanted_sealed=wanted_sealed,
        wanted_shown=msgspec.json.encode(review.wanted_shown).decode(),
    )
    return written > 0


async def find_review(tx: Transaction, id: str, *, lock: bool = False) -> Review:
    """One review; refuses `NoSuchRecord`."""
    found = await tx.row(SQL.lock_review if lock else SQL.find_review, Review, id=id)
    if found is None:
        raise NoSuchRecord(f"There is no review {id[:40]!r}.", field="review_id")
    return found


async def list_reviews(tx: Transaction, wanted: ReviewFilter) -> Sequence[Review]:
    """Reviews, newest first."""
    return await tx.rows(SQL.list_reviews, Review, **msgspec.structs.asdict(wanted))


async def sealed_wanted(tx: Transaction, review_id: str) -> bytes | None:
    """What would be from then on, sealed."""
    found = await tx.tuples(SQL.wanted_of_review, id=review_id)
    return bytes(found[0][0]) if found else None


async def look_at_review(tx: Transaction, id: str, *, by: str, note: str, now: datetime) -> bool:
    """Somebody has looked, and leaves the decision to another."""
    return await tx.run(SQL.look_at_review, id=id, by=by, note=note, now=now) > 0


async def end_review(
    tx: Transaction, id: str, *, state: ReviewState, by: str, note: str, now: datetime
) -> bool:
    """How it ended; false if it had."""
    return await tx.run(SQL.end_review, id=id, state=state, by=by, note=note, now=now) > 0


async def reviews_overdue(tx: Transaction, *, now: datetime, limit: int) -> Sequence[Review]:
    """Reviews that nobody has decided in time."""
    return await tx.rows(SQL.reviews_overdue, Review, now=now, limit=limit)


async def users_in_review(tx: Transaction, *, limit: int) -> list[str]:
    """Users about whom a review is open, newest first."""
    return [id for (id,) in await tx.tuples(SQL.users_in_review, limit=limit)]
