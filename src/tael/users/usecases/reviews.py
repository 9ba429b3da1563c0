"""What does somebody have to look at, and what follows from what they say? Each reason has its consequence.

Whoever asked for something does not decide about it; a correction of a name, a document or a lost number is looked at by
one and decided by another. What the user is told is what whoever decided wrote.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.identity_documents import IdentityDocument, check_document
from tael.foundation.personal import mask_document, mask_name, mask_phone
from tael.users import rules, store
from tael.users.errors import NoSuchRecord, NotLookedAt, ReviewEnded, SameEyes
from tael.users.events import UserChanged
from tael.users.model import (
    FOUR_EYES,
    PersonState,
    Review,
    ReviewFilter,
    ReviewReason,
    ReviewState,
)
from tael.users.schemas.own import CorrectionRequest
from tael.users.store import reviews as kept
from tael.users.usecases import people, phones, queue
from tael.users.usecases.desk import Desk, Doing, doing_by_itself
from tael.users.usecases.words import word

_AT_ONCE = 50


async def ask_correction(doing: Doing, wanted: CorrectionRequest) -> Review:
    """Say what is wrong about oneself; refuses `IdentityNeeded`, `ReviewPending`, and what is malformed."""
    known = await people.particulars(doing)
    if wanted.document is None:
        name = rules.name_as_kept(wanted.name or "")
        return await queue.open_review(
            doing,
            ReviewReason.NAME_CORRECTION,
            wanted=queue.Wanted(name=name),
            wanted_shown={"name": mask_name(name)},
            words=wanted.words,
        )
    document = people.document_of(wanted.document)
    check_document(document, today=rules.day_of(doing.now))
    name = rules.name_as_kept(wanted.name) if wanted.name else known.name
    expired = known.valid_until is not None and known.valid_until < rules.day_of(doing.now)
    return await queue.open_review(
        doing,
        ReviewReason.DOCUMENT_EXPIRED if expired else ReviewReason.DOCUMENT_CORRECTION,
        wanted=queue.Wanted(
            name=name,
            kind=document.kind,
            number=document.number,
            issued_by=document.issued_by,
            valid_until=document.valid_until,
        ),
        wanted_shown={
            "name": mask_name(name),
            "document": f"{document.kind} {mask_document(document.number)}",
        },
        words=wanted.words,
    )


async def ask_lost_phone(doing: Doing, number: str) -> Review:
    """The old number is lost: let somebody look at the change."""
    return await queue.open_review(
        doing,
        ReviewReason.LOST_PHONE,
        wanted=queue.Wanted(phone=number),
        wanted_shown={"phone": mask_phone(number)},
    )


async def look(doing: Doing, review: Review, note: str) -> Review:
    """The first of two people has looked; refuses `ReviewEnded`, `SameEyes`."""
    _check_open(review)
    if doing.actor == review.asked_by:
        raise SameEyes("You asked for this.", hint="Ask a colleague to look at it.")
    if not await kept.look_at_review(doing.tx, review.id, by=doing.actor, note=note, now=doing.now):
        raise ReviewEnded("This review has ended.")
    return await kept.find_review(doing.tx, review.id)


async def decide(doing: Doing, review: Review, *, approve: bool, note: str) -> Review:
    """Say yes or no, and let it follow at once; refuses `ReviewEnded`, `SameEyes`, `NotLookedAt`."""
    _check_open(review)
    if doing.actor in (review.asked_by, review.looked_by):
        raise SameEyes("You asked for this, or looked at it first.", hint="Ask a colleague to decide.")
    if review.reason in FOUR_EYES and review.looked_by is None:
        raise NotLookedAt(
            "One person looks at this, and another decides.", hint="Somebody has to look at it first."
        )
    follows = _APPROVED if approve else _NOT_APPROVED
    await follows.get(review.reason, _nothing)(doing, review)
    state = ReviewState.APPROVED if approve else ReviewState.REFUSED
    return await _end(doing, review, state, by=doing.actor, note=note)


async def withdraw(doing: Doing, review: Review) -> Review:
    """Take back what one asked for; refuses `ReviewEnded`."""
    _check_open(review)
    if review.asked_by != doing.actor:
        raise NoSuchRecord("There is no such review of yours.", field="review_id")
    await _NOT_APPROVED.get(review.reason, _nothing)(doing, review)
    await kept.end_review(
        doing.tx, review.id, state=ReviewState.WITHDRAWN, by=doing.actor, note="", now=doing.now
    )
    return await kept.find_review(doing.tx, review.id)


async def expire(desk: Desk) -> None:
    """Nobody has decided in time: the user is told, and what they asked for is undone."""
    while True:
        async with desk.database.transaction() as tx:
            overdue = await kept.reviews_overdue(tx, now=desk.clock.now(), limit=_AT_ONCE)
            for review in overdue:
                doing = doing_by_itself(desk, tx, review.user_id)
                await _NOT_APPROVED.get(review.reason, _nothing)(doing, review)
                await _end(doing, review, ReviewState.EXPIRED, by=doing.actor, note="")
                await doing.note("review_expired", object_id=review.id)
        if len(overdue) < _AT_ONCE:
            return


async def end_all(doing: Doing) -> None:
    """A user leaves: what is looked at is withdrawn."""
    for review in await _open_of(doing.tx, doing.user_id):
        await kept.end_review(
            doing.tx, review.id, state=ReviewState.WITHDRAWN, by=doing.actor, note="", now=doing.now
        )


async def of_user(tx: Transaction, user_id: str) -> Sequence[Review]:
    """All reviews of a user, newest first."""
    return await kept.list_reviews(tx, ReviewFilter(user_id=user_id, limit=200))


async def _open_of(tx: Transaction, user_id: str) -> list[Review]:
    wanted = ReviewFilter(state=ReviewState.OPEN, user_id=user_id, limit=200)
    return list(await kept.list_reviews(tx, wanted))


async def _end(doing: Doing, review: Review, state: ReviewState, *, by: str, note: str) -> Review:
    if not await kept.end_review(doing.tx, review.id, state=state, by=by, note=note, now=doing.now):
        raise ReviewEnded("This review has ended.")
    language = (await store.find_user(doing.tx, review.user_id)).language
    outcome = word(language, "outcome", state)
    await doing.tell(
        "review_decided",
        {
            "about": word(language, "review", review.reason),
            "outcome": f"{outcome} ({note})" if note else outcome,
        },
    )
    return await kept.find_review(doing.tx, review.id)


def _check_open(review: Review) -> None:
    if review.state is not ReviewState.OPEN:
        raise ReviewEnded(f"This review is {review.state}.")


# What follows.


async def _take_claim(doing: Doing, _review: Review) -> None:
    """What a user says of themselves is taken: sources may be asked from now on."""
    await store.set_person_state(doing.tx, doing.user_id, PersonState.CLAIMED, now=doing.now)


async def _forget_claim(doing: Doing, _review: Review) -> None:
    """What a user says of themselves is not taken, and not kept."""
    await store.forget_person(doing.tx, doing.user_id)


async def _nothing(_doing: Doing, _review: Review) -> None:
    """Somebody has looked; what counts is what sources say."""


async def _correct(doing: Doing, review: Review) -> None:
    """Another name or document: all that sources said of the old one counts no more. Refuses `PersonKnown`."""
    person, wanted = await store.find_person(doing.tx, doing.user_id), await queue.wanted_of(doing, review)
    if person is None or wanted is None:
        return
    known = await people.in_clear(doing, person)
    document = IdentityDocument(
        kind=wanted.kind or known.kind,
        number=wanted.number or known.number,
        issued_by=wanted.issued_by or known.issued_by,
        valid_until=wanted.valid_until if wanted.kind else known.valid_until,
    )
    name = wanted.name or known.name
    await people.check_nobody_else(doing, document)
    await people.write(doing, people.replaced(person, name, document, doing), name, document)
    sources = {each.source for each in await store.verifications_of(doing.tx, doing.user_id) if each.evidence}
    for source in sorted(sources):
        await doing.desk.standing.withdraw_evidence(
            doing.tx, doing.user_id, source, reason=str(review.reason), actor=doing.actor
        )
    what = "name" if review.reason is ReviewReason.NAME_CORRECTION else "document"
    await outbox.publish(doing.tx, [UserChanged(object_id=doing.user_id, happened_at=doing.now, what=what)])


async def _change_phone(doing: Doing, review: Review) -> None:
    """Another number for whoever has lost theirs; refuses `PhoneTaken`."""
    wanted = await queue.wanted_of(doing, review)
    if wanted is not None and wanted.phone is not None:
        await phones.write(doing, wanted.phone)
        await doing.desk.identity.be_wary(doing.tx, (await doing.user()).login_id)


_Follows = Callable[[Doing, Review], Awaitable[None]]
_APPROVED: Mapping[ReviewReason, _Follows] = {
    ReviewReason.DUPLICATE_PERSON: _take_claim,
    ReviewReason.PHONE_OF_ANOTHER: _take_claim,
    ReviewReason.FOREIGN_DOCUMENT: _take_claim,
    ReviewReason.PARTIAL_ANSWERS: _nothing,
    ReviewReason.DOCUMENT_EXPIRED: _correct,
    ReviewReason.NAME_CORRECTION: _correct,
    ReviewReason.DOCUMENT_CORRECTION: _correct,
    ReviewReason.LOST_PHONE: _change_phone,
}
_NOT_APPROVED: Mapping[ReviewReason, _Follows] = {
    ReviewReason.DUPLICATE_PERSON: _forget_claim,
    ReviewReason.PHONE_OF_ANOTHER: _forget_claim,
    ReviewReason.FOREIGN_DOCUMENT: _forget_claim,
}
"""Refused, withdrawn, or not decided in time: what is not named here stays as it was."""
