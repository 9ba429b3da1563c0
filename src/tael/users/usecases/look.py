"""What can be looked up about users? Nothing here changes anything, and everybody is masked."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.foundation.identity_documents import check_document
from tael.foundation.personal import IDENTITY_DOCUMENT, NAME, PHONE
from tael.foundation.phones import phone_as_kept
from tael.standing.model import Glance, GlanceFilter
from tael.users import rules, store
from tael.users.errors import NoSuchRecord, UserMalformed
from tael.users.model import (
    AgreementName,
    Consent,
    DataRequest,
    Known,
    Purpose,
    Review,
    ReviewFilter,
    Unmasking,
    User,
    UserState,
    VerificationRecord,
)
from tael.users.model.lists import Listed, UserFilter
from tael.users.schemas.bodies import (
    AgreementBody,
    AgreementTextBody,
    ConsentTextBody,
    PersonalInformationBody,
)
from tael.users.schemas.shown import agreement_body, agreement_text_body
from tael.users.schemas.staff import SearchRequest
from tael.users.store import data, reviews
from tael.users.usecases import access, agreements, people, personal_data
from tael.users.usecases.desk import Desk, today

MOST_IN_REVIEW = 5_000


class Reads:
    """Questions about users."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Anybody.

    def agreements_now(self) -> Sequence[AgreementBody]:
        """What has to be accepted by whoever registers today."""
        found = rules.standings(self._desk.texts, (), today=today(self._desk))
        return [agreement_body(each) for each in found]

    def agreement_text(self, name: AgreementName, version: str, language: str) -> AgreementTextBody:
        """A text; refuses `NoSuchRecord`."""
        return agreement_text_body(agreements.agreement_text(name, version, language))

    # Oneself.

    async def known(self, user_id: str) -> Known:
        """A user and who they are; refuses `NoSuchUser`."""
        async with self._desk.database.transaction() as tx:
            return await _known(tx, await store.find_user(tx, user_id))

    async def agreements_of(self, user_id: str) -> Sequence[AgreementBody]:
        """How a user stands to each agreement."""
        async with self._desk.database.transaction() as tx:
            user = await store.find_user(tx, user_id)
        return [agreement_body(each) for each in agreements.standings(self._desk, user)]

    async def consent_texts(self, user_id: str, language: str | None = None) -> Sequence[ConsentTextBody]:
        """Every consent of its own: its text, in the user's language if none is said, and the user's last word."""
        async with self._desk.database.transaction() as tx:
            if language is None:
                language = (await store.find_user(tx, user_id)).language
            now = {each.purpose: each for each in await store.consents_of(tx, user_id, now_only=True)}
        texts = {purpose: agreements.consent_text(purpose, language) for purpose in Purpose}
        return [
            ConsentTextBody(
                purpose=purpose,
                version=version,
                digest=digest,
                text=text,
                given=purpose in now and now[purpose].given and now[purpose].version == version,
            )
            for purpose, (version, digest, text) in texts.items()
        ]

    async def consents(self, user_id: str) -> Sequence[Consent]:
        """Consents as they were given and withdrawn, newest first."""
        async with self._desk.database.transaction() as tx:
            return await store.consents_of(tx, user_id)

    async def verifications(
        self, user_id: str, *, before: str | None, limit: int
    ) -> Sequence[VerificationRecord]:
        """Questions to sources, newest first."""
        async with self._desk.database.transaction() as tx:
            return await store.verifications_of(tx, user_id, before=before, limit=limit)

    async def verification(self, user_id: str, check_id: str) -> tuple[VerificationRecord, str]:
        """One question, and where the user shows themselves; refuses `NoSuchRecord`."""
        async with self._desk.database.transaction() as tx:
            record = await store.find_verification(tx, check_id)
        if record is None or record.user_id != user_id:
            raise NoSuchRecord(f"There is no verification {check_id[:40]!r}.", field="verification_id")
        check = (await self._desk.verification.look([check_id])).get(check_id)
        return record, check.page_url if check else ""

    async def reviews(self, wanted: ReviewFilter) -> Sequence[Review]:
        """Reviews, newest first."""
        async with self._desk.database.transaction() as tx:
            return await reviews.list_reviews(tx, wanted)

    async def review(self, id: str, *, user_id: str | None = None) -> Review:
        """One review; of one user if one is named. Refuses `NoSuchRecord`."""
        async with self._desk.database.transaction() as tx:
            found = await reviews.find_review(tx, id)
        if user_id is not None and found.user_id != user_id:
            raise NoSuchRecord(f"There is no review {id[:40]!r}.", field="review_id")
        return found

    async def requests(self, user_id: str, *, before: str | None, limit: int) -> Sequence[DataRequest]:
        """Requests about one's data, newest first."""
        async with self._desk.database.transaction() as tx:
            return await data.requests_of(tx, user_id, before=before, limit=limit)

    async def request(self, user_id: str, id: str) -> DataRequest:
        """One of them; refuses `NoSuchRecord`."""
        async with self._desk.database.transaction() as tx:
            return await data.find_request(tx, id, user_id=user_id)

    async def personal_information(self, user_id: str) -> PersonalInformationBody:
        """What we keep of somebody, what for, and how long."""
        known = await self.known(user_id)
        user, person = known.user, known.person
        until = (
            "ten years after you leave, as the Anti-Money-Laundering Law (Art. 34) asks"
            if rules.is_kept_by_law(person)
            else "you leave"
        )
        return PersonalInformationBody(
            user_id=user.id, kept=list(personal_data.kept_of(user, person, until=until))
        )

    # Staff.

    async def list_users(self, wanted: UserFilter) -> Sequence[Listed]:
        """Users, newest first; refuses `UserMalformed` where two kinds of states are asked for at once."""
        by_standing = wanted.account_class or wanted.standing or wanted.in_review
        if by_standing and wanted.state is not None:
            raise UserMalformed(
                "Ask for the user's state or for their standing's, not for both.", field="state"
            )
        if wanted.state is not None:
            return await self._listed_by_state(wanted, wanted.state)
        return await self._listed_by_standing(wanted)

    async def _listed_by_state(self, wanted: UserFilter, state: UserState) -> Sequence[Listed]:
        async with self._desk.database.transaction() as tx:
            found = await store.list_users(tx, state=state, before=wanted.before, limit=wanted.limit)
        ids = tuple(each.id for each in found)
        glances = await self._desk.standing.reads.page(GlanceFilter(user_ids=ids, limit=len(ids)))
        return await self._listed(glances)

    async def _listed_by_standing(self, wanted: UserFilter) -> Sequence[Listed]:
        among: tuple[str, ...] | None = None
        if wanted.in_review:
            async with self._desk.database.transaction() as tx:
                among = tuple(await reviews.users_in_review(tx, limit=MOST_IN_REVIEW))
        sought = GlanceFilter(
            account_class=wanted.account_class,
            state=wanted.standing,
            user_ids=among,
            before=wanted.before,
            limit=wanted.limit,
        )
        return await self._listed(await self._desk.standing.reads.page(sought))

    async def _listed(self, glances: Sequence[Glance]) -> Sequence[Listed]:
        """Each user whose standing was found, in the same order."""
        async with self._desk.database.transaction() as tx:
            users = await store.find_users(tx, [each.user_id for each in glances])
            known = {each.user.id: each for each in await _all_known(tx, users)}
        return [
            Listed(known=known[each.user_id], account_class=each.account_class, standing=each.state)
            for each in glances
            if each.user_id in known
        ]

    async def glances(self, found: Sequence[Known]) -> Sequence[Listed]:
        """The same of users who were found otherwise."""
        ids = tuple(each.user.id for each in found)
        return await self._listed(
            await self._desk.standing.reads.page(GlanceFilter(user_ids=ids, limit=len(ids)))
        )

    async def search(self, wanted: SearchRequest) -> Sequence[Known]:
        """Who has, or had, a number, a document or a name; by its blind index, exactly."""
        if [wanted.phone, wanted.document, wanted.name].count(None) != 2:
            raise UserMalformed("Look for a number, for a document or for a name.", field="phone")
        personal = self._desk.personal
        async with self._desk.database.transaction() as tx:
            if wanted.phone is not None:
                indexes = personal.indexes_of(PHONE, phone_as_kept(wanted.phone))
                return await _all_known(tx, await store.users_with_phone(tx, indexes))
            if wanted.name is not None:
                said = rules.name_as_indexed(rules.name_as_kept(wanted.name))
                return await _all_known(tx, await store.users_with_name(tx, personal.indexes_of(NAME, said)))
            assert wanted.document is not None  # noqa: S101 - one of the three
            document = people.document_of(wanted.document)
            check_document(document, today=today(self._desk))
            indexed = rules.number_as_indexed(document.kind, document.issued_by, document.number)
            holders = await store.people_with_document(tx, personal.indexes_of(IDENTITY_DOCUMENT, indexed))
            return await _all_known(tx, await store.find_users(tx, [each.user_id for each in holders]))

    async def access(self, user_id: str) -> access.Access:
        """With what a user comes in; refuses `NoSuchUser`."""
        return await access.access_of(self._desk, user_id)

    async def unmaskings(self, *, user_id: str | None, before: str | None, limit: int) -> Sequence[Unmasking]:
        """Who read what in clear and why, newest first."""
        async with self._desk.database.transaction() as tx:
            return await data.list_unmaskings(tx, user_id=user_id, before=before, limit=limit)


async def _known(tx: Transaction, user: User) -> Known:
    return Known(user=user, person=await store.find_person(tx, user.id))


async def _all_known(tx: Transaction, users: Sequence[User]) -> Sequence[Known]:
    of_them = await store.find_people(tx, [each.id for each in users])
    return [Known(user=each, person=of_them.get(each.id)) for each in users]
