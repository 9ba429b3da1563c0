"""Where do users, their persons, acceptances and verifications lie? With its neighbours the context's only SQL."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.users.errors import NoSuchUser
from tael.users.model import (
    Acceptance,
    Consent,
    Person,
    PersonState,
    User,
    UserState,
    VerificationRecord,
    VerificationState,
)

SQL = queries("tael.users")


# Users.


async def insert_user(tx: Transaction, user: User, *, sealed: bytes, index: bytes) -> bool:
    """Write a new user; false if somebody active has the number."""
    written = await tx.run(
        SQL.insert_user,
        id=user.id,
        login_id=user.login_id,
        language=user.language,
        phone_sealed=sealed,
        phone_index=index,
        phone_shown=user.phone_shown,
        agreed=list(user.agreed),
        now=user.registered_at,
    )
    return written > 0


async def find_user(tx: Transaction, id: str, *, lock: bool = False) -> User:
    """One user; refuses `NoSuchUser`."""
    found = await tx.row(SQL.lock_user if lock else SQL.find_user, User, id=id)
    if found is None:
        raise NoSuchUser(f"There is no user {id[:40]!r}.", field="user_id")
    return found


async def find_users(tx: Transaction, ids: Sequence[str]) -> Sequence[User]:
    """Those of them that there are."""
    return await tx.rows(SQL.find_users, User, ids=list(ids))


async def user_of_login(tx: Transaction, login_id: str) -> User | None:
    """Whose login this is."""
    return await tx.row(SQL.user_of_login, User, login_id=login_id)


async def users_of_logins(tx: Transaction, login_ids: Sequence[str]) -> Mapping[str, User]:
    """Whose logins these are, by login."""
    found = await tx.rows(SQL.users_of_logins, User, login_ids=list(login_ids))
    return {each.login_id: each for each in found}


async def ids_of_logins(tx: Transaction, login_ids: Sequence[str]) -> Mapping[str, str]:
    """Whose logins these are, by login: ids of users."""
    return dict(await tx.tuples(SQL.ids_of_logins, login_ids=list(login_ids)))


async def users_with_phone(tx: Transaction, indexes: Sequence[bytes]) -> Sequence[User]:
    """Who has or had a number, newest first."""
    return await tx.rows(SQL.users_with_phone, User, indexes=list(indexes))


async def list_users(
    tx: Transaction, *, state: UserState | None, before: str | None, limit: int
) -> Sequence[User]:
    """Users, newest first."""
    return await tx.rows(SQL.list_users, User, state=state, before=before, limit=limit)


async def sealed_phone(tx: Transaction, user_id: str) -> bytes | None:
    """A user's number, sealed; none of somebody who was erased."""
    found = await tx.tuples(SQL.phone_of, id=user_id)
    return bytes(found[0][0]) if found else None


async def set_phone(
    tx: Transaction, user_id: str, *, sealed: bytes, indexes: Sequence[bytes], shown: str
) -> bool:
    """Write another number; false if somebody has it."""
    written = await tx.run(
        SQL.set_phone, id=user_id, sealed=sealed, index=indexes[0], indexes=list(indexes), shown=shown
    )
    return written > 0


async def set_language(tx: Transaction, user_id: str, language: str) -> None:
    """Speak another language with somebody."""
    await tx.run(SQL.set_language, id=user_id, language=language)


async def set_agreed(tx: Transaction, user_id: str, agreed: Sequence[str]) -> None:
    """What was accepted last of each agreement."""
    await tx.run(SQL.set_agreed, id=user_id, agreed=list(agreed))


async def close_user(
    tx: Transaction, user_id: str, *, because: str, retained_until: datetime, now: datetime
) -> bool:
    """End the relationship; false if it has ended."""
    written = await tx.run(
        SQL.close_user, id=user_id, because=because, retained_until=retained_until, now=now
    )
    return written > 0


async def users_to_erase(tx: Transaction, *, now: datetime, limit: int) -> Sequence[str]:
    """Of whom nothing has to be kept any more."""
    return [id for (id,) in await tx.tuples(SQL.users_to_erase, now=now, limit=limit)]


async def erase_user(tx: Transaction, user_id: str, *, now: datetime) -> None:
    """Take away everything of a closed user that tells who it was; the row stays, for the books point at it."""
    for query in (
        SQL.forget_person,
        SQL.erase_acceptances,
        SQL.erase_consents,
        SQL.erase_verifications,
        SQL.erase_reviews,
    ):
        await tx.run(query, user_id=user_id)
    await tx.run(SQL.erase_user, id=user_id, now=now)


async def active_after(tx: Transaction, after: str, *, limit: int) -> Sequence[str]:
    """Active users in the order of their ids."""
    return [id for (id,) in await tx.tuples(SQL.active_after, after=after, limit=limit)]


# Who they are.


async def find_person(tx: Transaction, user_id: str) -> Person | None:
    """Who a user is."""
    return await tx.row(SQL.find_person, Person, user_id=user_id)


async def find_people(tx: Transaction, user_ids: Sequence[str]) -> Mapping[str, Person]:
    """Who several users are, by their ids."""
    found = await tx.rows(SQL.find_people, Person, user_ids=list(user_ids))
    return {each.user_id: each for each in found}


async def people_with_document(tx: Transaction, indexes: Sequence[bytes]) -> Sequence[Person]:
    """Who has said that this document is theirs."""
    return await tx.rows(SQL.people_with_document, Person, indexes=list(indexes))


async def users_with_name(tx: Transaction, indexes: Sequence[bytes]) -> Sequence[User]:
    """Who says that this is their name: of many, the newest 200."""
    return await tx.rows(SQL.users_with_name, User, indexes=list(indexes))


async def lock_document(tx: Transaction, index: bytes) -> None:
    """Let nobody else claim this document until the transaction ends."""
    await tx.tuples(SQL.lock_document, index=index)


async def write_person(
    tx: Transaction,
    person: Person,
    *,
    name_sealed: bytes,
    name_index: bytes,
    number_sealed: bytes,
    number_index: bytes,
) -> None:
    """Who a user says they are, in place of what they said before."""
    await tx.run(
        SQL.write_person,
        user_id=person.user_id,
        person=person.person,
        state=person.state,
        name_sealed=name_sealed,
        name_index=name_index,
        name_shown=person.name_shown,
        payee_shown=person.payee_shown,
        kind=person.kind,
        issued_by=person.issued_by,
        number_sealed=number_sealed,
        number_index=number_index,
        number_shown=person.number_shown,
        valid_until=person.valid_until,
        first=person.first,
        claimed_at=person.claimed_at,
    )


async def sealed_person(tx: Transaction, user_id: str) -> tuple[bytes, bytes] | None:
    """Name and document's number, sealed."""
    found = await tx.tuples(SQL.sealed_person, user_id=user_id)
    return (bytes(found[0][0]), bytes(found[0][1])) if found else None


async def set_person_state(tx: Transaction, user_id: str, state: PersonState, *, now: datetime) -> None:
    """How sure we are."""
    await tx.run(SQL.set_person_state, user_id=user_id, state=state, now=now)


async def forget_person(tx: Transaction, user_id: str) -> None:
    """Forget what a user has said of themselves."""
    await tx.run(SQL.forget_person, user_id=user_id)


async def people_with_end(tx: Transaction, *, up_to: date, after: str, limit: int) -> Sequence[Person]:
    """Whose document ends up to a day."""
    return await tx.rows(SQL.people_with_end, Person, up_to=up_to, after=after, limit=limit)


async def note_warning(tx: Transaction, user_id: str, days: int) -> None:
    """They were told that their document ends in so many days."""
    await tx.run(SQL.note_warning, user_id=user_id, days=days)


async def note_expiry(tx: Transaction, user_id: str, *, restriction_id: str, now: datetime) -> bool:
    """Their document has ended, and that was taken for it; false if it was noted before."""
    return await tx.run(SQL.note_expiry, user_id=user_id, restriction_id=restriction_id, now=now) > 0


async def take_restriction(tx: Transaction, user_id: str) -> str | None:
    """What was taken because their document had ended, to be given back."""
    tx.wrote = True
    found = await tx.tuples(SQL.take_restriction, user_id=user_id)
    return str(found[0][0]) if found else None


async def let_document_go(tx: Transaction, user_id: str) -> None:
    """Whoever leaves holds their document no longer: the same person may come again."""
    await tx.run(SQL.let_document_go, user_id=user_id)


# What they agree to.


async def insert_acceptance(tx: Transaction, user_id: str, acceptance: Acceptance) -> None:
    """That somebody has accepted a text; said twice, the first counts."""
    await tx.run(SQL.insert_acceptance, user_id=user_id, **msgspec.structs.asdict(acceptance))


async def acceptances_of(tx: Transaction, user_id: str) -> Sequence[Acceptance]:
    """What a user has accepted, newest first."""
    return await tx.rows(SQL.acceptances_of, Acceptance, user_id=user_id)


async def told_up_to(tx: Transaction, agreement: str, version: str) -> tuple[str, bool]:
    """How far users were told of a version, and whether all were."""
    found = await tx.tuples(SQL.find_announcement, agreement=agreement, version=version)
    return (str(found[0][0]), found[0][1] is not None) if found else ("", False)


async def note_announcement(
    tx: Transaction, agreement: str, version: str, *, told_up_to: str, finished_at: datetime | None
) -> None:
    """How far users were told."""
    await tx.run(
        SQL.note_announcement,
        agreement=agreement,
        version=version,
        told_up_to=told_up_to,
        finished_at=finished_at,
    )


async def insert_consent(tx: Transaction, user_id: str, consent: Consent) -> None:
    """That a consent was given or withdrawn."""
    await tx.run(SQL.insert_consent, user_id=user_id, **msgspec.structs.asdict(consent))


async def consents_of(tx: Transaction, user_id: str, *, now_only: bool = False) -> Sequence[Consent]:
    """Consents as they were given and withdrawn, newest first; or the last word on each."""
    return await tx.rows(SQL.consents_now if now_only else SQL.consents_of, Consent, user_id=user_id)


# How they are verified.


async def insert_verification(
    tx: Transaction, check_id: str, *, user_id: str, source: str, presence: str, now: datetime
) -> bool:
    """That a source is asked; false if that is known."""
    written = await tx.run(
        SQL.insert_verification,
        check_id=check_id,
        user_id=user_id,
        source=source,
        presence=presence,
        now=now,
    )
    return written > 0


async def find_verification(
    tx: Transaction, check_id: str, *, lock: bool = False
) -> VerificationRecord | None:
    """One question to a source."""
    query = SQL.lock_verification if lock else SQL.find_verification
    return await tx.row(query, VerificationRecord, check_id=check_id)


async def end_verification(
    tx: Transaction,
    check_id: str,
    *,
    state: VerificationState,
    wrong: Sequence[str],
    evidence: bool,
    now: datetime,
) -> bool:
    """What the source said; false if that was written before."""
    written = await tx.run(
        SQL.end_verification, check_id=check_id, state=state, wrong=list(wrong), evidence=evidence, now=now
    )
    return written > 0


async def verifications_of(
    tx: Transaction, user_id: str, *, before: str | None = None, limit: int = 200
) -> Sequence[VerificationRecord]:
    """Questions about a user, newest first."""
    return await tx.rows(
        SQL.verifications_of, VerificationRecord, user_id=user_id, before=before, limit=limit
    )


async def pending_verifications(
    tx: Transaction, *, asked_before: datetime, before: str | None, limit: int
) -> Sequence[VerificationRecord]:
    """Questions that were asked before a moment and are not answered, newest first, from that `before` which those were seen."""
    return await tx.rows(
        SQL.pending_verifications,
        VerificationRecord,
        asked_before=asked_before,
        before=before,
        limit=limit,
    )
