"""Who does a user say they are? A claim, checked by its own numbers; other users with the same document are looked at.

What a claim says lies sealed, name and document apart. Of the document is sealed what its blind index is made of: kind,
state and number.
"""

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from tael.behaviour.model import ActKind
from tael.foundation.identity_documents import DocumentKind, IdentityDocument, check_document, normalised
from tael.foundation.ids import new_id
from tael.foundation.personal import NAME, PHONE, mask_document, mask_name, mask_payee
from tael.users import rules, store
from tael.users.errors import IdentityNeeded, IdentitySettled, PersonKnown, ReviewPending, TooManyClaims
from tael.users.model import (
    Particulars,
    Person,
    PersonState,
    Registration,
    ReviewReason,
    SecondUser,
    User,
    UserState,
)
from tael.users.schemas.own import DocumentGiven, IdentityRequest
from tael.users.usecases import queue
from tael.users.usecases.desk import Doing

_CLAIM = "identity"
_MOST_CLAIMS, _A_DAY = 10, timedelta(days=1)


def phone_about(user_id: str) -> str:
    """What is said when a number is sealed."""
    return f"user {user_id} phone"


def name_about(user_id: str) -> str:
    """What is said when a name is sealed."""
    return f"user {user_id} name"


def document_about(user_id: str) -> str:
    """What is said when a document is sealed."""
    return f"user {user_id} document"


def document_of(given: DocumentGiven) -> IdentityDocument:
    """A document as everybody would write it."""
    return normalised(
        IdentityDocument(
            kind=given.kind, number=given.number, issued_by=given.issued_by, valid_until=given.valid_until
        )
    )


async def claim(doing: Doing, wanted: IdentityRequest) -> Person:
    """Say who one is, or that one's document was renewed.

    Refuses `DocumentMalformed`, `DocumentExpired`, `UserMalformed`, `TooYoung`, `IdentitySettled`, `ReviewPending`,
    `PersonKnown`, `TooManyClaims`.
    """
    rule = doing.desk.rules.read("users.registration", Registration, at=doing.now)
    name, document = rules.name_as_kept(wanted.name), document_of(wanted.document)
    facts = check_document(document, today=rules.day_of(doing.now))
    rules.check_age(facts, rule, today=rules.day_of(doing.now))
    user = await doing.user(lock=True)
    await _check_often(doing)
    kept = await store.find_person(doing.tx, user.id)
    if kept is not None and kept.state is PersonState.IN_REVIEW:
        raise ReviewPending("Somebody looks at what you said. You will be told.")
    if kept is not None and kept.state is PersonState.VERIFIED:
        return await _renew(doing, kept, name, document)
    person, reason, other = await _stand_of(doing, user, document, rule)
    claimed = _person(doing, person, name, document, reason)
    await write(doing, claimed, name, document)
    if reason is not None:
        await queue.open_review(doing, reason, wanted_shown=_shown(claimed), other_user_id=other)
    await doing.record(ActKind.CHANGE, what=_CLAIM)
    return claimed


async def _check_often(doing: Doing) -> None:
    """Refuses `TooManyClaims`: what is looked at tells that the document is known, so nobody tries one after another."""
    behaviour, since = doing.desk.behaviour, doing.now - _A_DAY
    said = await behaviour.how_often(doing.tx, doing.user_id, ActKind.CHANGE, _CLAIM, since=since)
    if said >= _MOST_CLAIMS:
        raise TooManyClaims(
            f"You have said {said} times today who you are.",
            hint="Come back tomorrow.",
            retry_after_seconds=int(_A_DAY.total_seconds()),
        )


async def write(doing: Doing, person: Person, name: str, document: IdentityDocument) -> None:
    """Keep who a user says they are, sealed."""
    indexed = rules.number_as_indexed(document.kind, document.issued_by, document.number)
    personal = doing.desk.personal
    await store.write_person(
        doing.tx,
        person,
        name_sealed=personal.seal(name, about=name_about(person.user_id)),
        name_index=personal.index_of(NAME, rules.name_as_indexed(name)),
        number_sealed=personal.seal(indexed, about=document_about(person.user_id)),
        number_index=doing.desk.indexes_of_document(indexed)[0],
    )


async def particulars(doing: Doing) -> Particulars:
    """Who a user is, in clear; refuses `IdentityNeeded` unless they have said so and nobody is looking at it."""
    person = await store.find_person(doing.tx, doing.user_id)
    sealed = await store.sealed_person(doing.tx, doing.user_id)
    if person is None or sealed is None or person.state is PersonState.IN_REVIEW:
        raise IdentityNeeded(
            "Name and document are needed first."
            if person is None
            else "Somebody looks at your name and document.",
            hint="POST /v1/me/identity says who you are." if person is None else "You will be told.",
        )
    return await in_clear(doing, person)


async def in_clear(doing: Doing, person: Person | None) -> Particulars:
    """All that we know of a user, as far as there is any."""
    personal, user_id = doing.desk.personal, doing.user_id
    phone = await store.sealed_phone(doing.tx, user_id)
    number = personal.open(phone, about=phone_about(user_id)) if phone else ""
    sealed = await store.sealed_person(doing.tx, user_id) if person else None
    if person is None or sealed is None:
        return Particulars(
            name="", kind=DocumentKind.PASSPORT, number="", issued_by="", valid_until=None, phone=number
        )
    kind, issued_by, document = personal.open(sealed[1], about=document_about(user_id)).split(" ", 2)
    return Particulars(
        name=personal.open(sealed[0], about=name_about(user_id)),
        kind=DocumentKind(kind),
        number=document,
        issued_by=issued_by,
        valid_until=person.valid_until,
        phone=number,
    )


async def same_document(doing: Doing, document: IdentityDocument) -> Sequence[Person]:
    """Which other users have this document, whatever became of them."""
    indexed = rules.number_as_indexed(document.kind, document.issued_by, document.number)
    found = await store.people_with_document(doing.tx, doing.desk.indexes_of_document(indexed))
    return [each for each in found if each.user_id != doing.user_id]


async def _active_others(doing: Doing, document: IdentityDocument) -> Sequence[str]:
    holders = [each.user_id for each in await same_document(doing, document)]
    return sorted(
        each.id for each in await store.find_users(doing.tx, holders) if each.state is UserState.ACTIVE
    )


async def check_nobody_else(doing: Doing, document: IdentityDocument) -> None:
    """Refuses `PersonKnown` if another active user has this document."""
    indexed = rules.number_as_indexed(document.kind, document.issued_by, document.number)
    await store.lock_document(doing.tx, doing.desk.indexes_of_document(indexed)[0])
    if await _active_others(doing, document):
        raise PersonKnown("Another user has this document.")


def replaced(person: Person, name: str, document: IdentityDocument, doing: Doing) -> Person:
    """A person with another name or document, not verified yet."""
    return msgspec.structs.replace(
        person,
        state=PersonState.CLAIMED,
        name_shown=mask_name(name),
        payee_shown=mask_payee(name),
        kind=document.kind,
        issued_by=document.issued_by,
        number_shown=mask_document(document.number),
        valid_until=document.valid_until,
        claimed_at=doing.now,
        verified_at=None,
        warned_days=None,
        expired_at=None,
    )


async def _renew(doing: Doing, kept: Person, name: str, document: IdentityDocument) -> Person:
    """The same document with a later end: it is verified anew. Anything else is a correction."""
    known = await in_clear(doing, kept)
    same = (known.name, known.kind, known.issued_by, known.number) == (
        name,
        document.kind,
        document.issued_by,
        document.number,
    )
    later = kept.valid_until is not None and (
        document.valid_until is None or document.valid_until > kept.valid_until
    )
    if not same or not later:
        raise IdentitySettled(
            "Your name and document are verified.",
            hint="POST /v1/me/corrections says what is wrong; two people look at it.",
        )
    renewed = replaced(kept, name, document, doing)
    await write(doing, renewed, name, document)
    return renewed


async def _stand_of(
    doing: Doing, user: User, document: IdentityDocument, rule: Registration
) -> tuple[str, ReviewReason | None, str | None]:
    """Which person this is, and whether somebody has to look at it first, because of which other user."""
    indexed = rules.number_as_indexed(document.kind, document.issued_by, document.number)
    await store.lock_document(doing.tx, doing.desk.indexes_of_document(indexed)[0])
    holders = await same_document(doing, document)
    active = await _active_others(doing, document)
    person = holders[0].person if holders else new_id("prs")
    if active:
        if rule.second_user is SecondUser.REFUSE:
            raise PersonKnown(
                "Whoever has this document is registered with another telephone number.",
                hint="Sign in with that number, or change it there if it is lost.",
            )
        return person, ReviewReason.DUPLICATE_PERSON, active[0]
    before = await _held_number_before(doing, user, person)
    if before is not None:
        return person, ReviewReason.PHONE_OF_ANOTHER, before
    if rules.looked_at_first(document, rule):
        return person, ReviewReason.FOREIGN_DOCUMENT, None
    return person, None, None


async def _held_number_before(doing: Doing, user: User, person: str) -> str | None:
    """Another person's user, closed by now, who had the telephone number before."""
    sealed = await store.sealed_phone(doing.tx, user.id)
    if sealed is None:
        return None
    number = doing.desk.personal.open(sealed, about=phone_about(user.id))
    indexes = doing.desk.personal.indexes_of(PHONE, number)
    before = [each.id for each in await store.users_with_phone(doing.tx, indexes) if each.id != user.id]
    known = await store.find_people(doing.tx, before)
    return next((each.user_id for each in known.values() if each.person != person), None)


def _person(
    doing: Doing, person: str, name: str, document: IdentityDocument, reason: ReviewReason | None
) -> Person:
    return Person(
        user_id=doing.user_id,
        person=person,
        state=PersonState.CLAIMED if reason is None else PersonState.IN_REVIEW,
        name_shown=mask_name(name),
        payee_shown=mask_payee(name),
        kind=document.kind,
        issued_by=document.issued_by,
        number_shown=mask_document(document.number),
        valid_until=document.valid_until,
        first=reason is not ReviewReason.DUPLICATE_PERSON,
        claimed_at=doing.now,
    )


def _shown(person: Person) -> dict[str, str]:
    return {"name": person.name_shown, "document": f"{person.kind} {person.number_shown}"}
