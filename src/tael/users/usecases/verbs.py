"""Which command does what? Those of users and staff that come under an Idempotency-Key; their answers are masked."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from tael.foundation import outbox
from tael.foundation.phones import phone_as_kept
from tael.identity.api import proof_too_old
from tael.messages.model import Language
from tael.users import store
from tael.users.errors import NoSuchRecord
from tael.users.events import UserChanged
from tael.users.model import DataRequestKind, Known
from tael.users.schemas import own, staff
from tael.users.schemas.bodies import AgreementBody, ConsentBody, DataRequestBody, ReviewBody, UserBody
from tael.users.schemas.door import CodeSent
from tael.users.schemas.shown import (
    agreement_body,
    consent_body,
    data_request_body,
    review_body,
    staff_review_body,
    user_body,
)
from tael.users.schemas.staff import StaffReviewBody
from tael.users.store import reviews as kept
from tael.users.usecases import access, agreements, people, personal_data, phones, reviews
from tael.users.usecases.desk import Doing

CODE_SECONDS = 300


class AgreementsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Every agreement, and how you stand to it."""

    agreements: list[AgreementBody]


class PhoneBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the number has changed, or somebody looks at it first."""

    changed: bool
    phone: str
    review: ReviewBody | None


async def known(doing: Doing) -> Known:
    """The user as they stand now."""
    return Known(
        user=await store.find_user(doing.tx, doing.user_id),
        person=await store.find_person(doing.tx, doing.user_id),
    )


async def speak(doing: Doing, wanted: own.LanguageRequest, _: str) -> UserBody:
    """Speak another language with the user."""
    user = await doing.user()
    await store.set_language(doing.tx, user.id, wanted.language)
    await doing.desk.messages.address(doing.tx, user.id, language=Language(wanted.language))
    await outbox.publish(doing.tx, [UserChanged(object_id=user.id, happened_at=doing.now, what="language")])
    return user_body(await known(doing))


async def accept(doing: Doing, wanted: own.AcceptRequest, _: str) -> AgreementsBody:
    """Accept texts."""
    found = await agreements.accept(doing, wanted.agreements, wanted.language)
    return AgreementsBody(agreements=[agreement_body(each) for each in found])


async def consent(doing: Doing, wanted: own.ConsentRequest, _: str) -> ConsentBody:
    """Give or withdraw a consent."""
    return consent_body(await agreements.decide_consent(doing, wanted))


async def identify(doing: Doing, wanted: own.IdentityRequest, _: str) -> UserBody:
    """Say who one is."""
    await people.claim(doing, wanted)
    return user_body(await known(doing))


async def correct(doing: Doing, wanted: own.CorrectionRequest, _: str) -> ReviewBody:
    """Say what is wrong."""
    return review_body(await reviews.ask_correction(doing, wanted))


async def withdraw_review(doing: Doing, _wanted: own.WithdrawReviewRequest, about: str) -> ReviewBody:
    """Take back what one asked for."""
    return review_body(await reviews.withdraw(doing, await _own_review(doing, about)))


async def send_phone_codes(doing: Doing, wanted: own.PhoneCodesRequest, _: str) -> CodeSent:
    """Codes to the new number and the old."""
    await phones.send_codes(doing, wanted.phone)
    return CodeSent(good_for_seconds=CODE_SECONDS)


async def change_phone(doing: Doing, wanted: own.PhoneRequest, _: str) -> PhoneBody:
    """Another number, now or after somebody has looked."""
    number = phone_as_kept(wanted.phone)
    review = None
    if changed := await phones.prove_both(doing, wanted):
        await phones.write(doing, number)
    else:
        review = review_body(await reviews.ask_lost_phone(doing, number))
    user = await store.find_user(doing.tx, doing.user_id)
    return PhoneBody(changed=changed, phone=user.phone_shown, review=review)


async def ask_data(doing: Doing, wanted: own.DataRequestRequest, _: str) -> DataRequestBody:
    """Ask for a copy, or for the end; refuses `ProofTooOld`: a session may be somebody else's by now."""
    if not doing.proven:
        raise proof_too_old()
    return data_request_body(await personal_data.ask(doing, DataRequestKind(wanted.kind)))


async def look_at_review(doing: Doing, wanted: staff.LookRequest, about: str) -> StaffReviewBody:
    """The first of two people."""
    review = await kept.find_review(doing.tx, about, lock=True)
    return staff_review_body(await reviews.look(doing.about(review.user_id), review, wanted.note))


async def decide_review(doing: Doing, wanted: staff.DecideRequest, about: str) -> StaffReviewBody:
    """Yes or no."""
    review = await kept.find_review(doing.tx, about, lock=True)
    ended = await reviews.decide(
        doing.about(review.user_id), review, approve=wanted.approve, note=wanted.note
    )
    return staff_review_body(ended)


async def _own_review(doing: Doing, id: str) -> Any:
    review = await kept.find_review(doing.tx, id, lock=True)
    if review.user_id != doing.user_id:
        raise NoSuchRecord(f"There is no review {id[:40]!r}.", field="review_id")
    return review


VERBS: Mapping[type, Callable[[Doing, Any, str], Awaitable[msgspec.Struct]]] = {
    own.LanguageRequest: speak,
    own.AcceptRequest: accept,
    own.ConsentRequest: consent,
    own.IdentityRequest: identify,
    own.CorrectionRequest: correct,
    own.WithdrawReviewRequest: withdraw_review,
    own.PhoneCodesRequest: send_phone_codes,
    own.PhoneRequest: change_phone,
    own.DataRequestRequest: ask_data,
    staff.LookRequest: look_at_review,
    staff.DecideRequest: decide_review,
    staff.EndSessionsRequest: access.end_sessions,
    staff.RevokeDeviceRequest: access.revoke_device,
}
