"""What waits for a member of staff? What is wanted lies sealed until somebody has decided."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec

from tael.foundation.identity_documents import DocumentKind
from tael.foundation.ids import new_id
from tael.users.errors import ReviewPending
from tael.users.model import Review, ReviewReason, Reviews, ReviewState
from tael.users.store import reviews as kept
from tael.users.usecases.desk import Doing


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What would be from then on; sealed while somebody looks."""

    name: str | None = None
    kind: DocumentKind | None = None
    number: str | None = None
    issued_by: str | None = None
    valid_until: date | None = None
    phone: str | None = None

    def __repr__(self) -> str:
        return "Wanted(…)"


async def open_review(
    doing: Doing,
    reason: ReviewReason,
    *,
    wanted: Wanted | None = None,
    wanted_shown: Mapping[str, str] | None = None,
    other_user_id: str | None = None,
    words: str = "",
) -> Review:
    """Let somebody look; refuses `ReviewPending` if the same is looked at already."""
    rule = doing.desk.rules.read("users.reviews", Reviews, at=doing.now)
    review = Review(
        id=new_id("rvw"),
        user_id=doing.user_id,
        reason=reason,
        state=ReviewState.OPEN,
        asked_by=doing.actor,
        asked_at=doing.now,
        due_at=doing.now + timedelta(days=rule.days),
        other_user_id=other_user_id,
        wanted_shown={**(wanted_shown or {}), **({"words": words} if words else {})},
    )
    sealed = None
    if wanted is not None:
        text = msgspec.json.encode(wanted).decode()
        sealed = doing.desk.personal.seal(text, about=about_review(review.id))
    if not await kept.insert_review(doing.tx, review, wanted_sealed=sealed):
        raise ReviewPending("Somebody looks at this already. You will be told.")
    return review


async def wanted_of(doing: Doing, review: Review) -> Wanted | None:
    """What would be from then on, in clear."""
    sealed = await kept.sealed_wanted(doing.tx, review.id)
    if sealed is None:
        return None
    return msgspec.json.decode(doing.desk.personal.open(sealed, about=about_review(review.id)), type=Wanted)


def about_review(review_id: str) -> str:
    """What is said when it is sealed."""
    return f"review {review_id}"
