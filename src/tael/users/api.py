"""The verbs of users: the door, oneself, staff's queue, and who is behind a token."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tael.behaviour.api import Behaviour
from tael.foundation.calls import Answer, Begun, Call, Reply, refusal_answer
from tael.foundation.clerk import Clerk, written
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal, Unavailable
from tael.foundation.ids import check_id
from tael.foundation.personal import Personal
from tael.foundation.phones import phone_as_kept
from tael.foundation.sealing import Sealer
from tael.identity.api import USER_TOKEN, Identity, UserPrincipal
from tael.identity.model import Present, SignedIn, Visitor
from tael.messages.api import Messages
from tael.standing.api import Standing
from tael.users import rules, store
from tael.users.errors import AgreementsDue, NoSuchUser
from tael.users.model import (
    AgreementName,
    AgreementVersion,
    Known,
    Particulars,
    Payee,
    PersonState,
    User,
    UserState,
    actor_of_user,
)
from tael.users.model.leaving import OpenKind, OpenThing, open_things_in
from tael.users.model.lists import Listed, UserFilter
from tael.users.schemas.door import (
    CodeRequest,
    PasskeySignInRequest,
    ProveRequest,
    RegisterRequest,
    ResetPasswordRequest,
    SignInRequest,
)
from tael.users.schemas.own import VerificationRequest
from tael.users.schemas.shown import verification_body
from tael.users.schemas.staff import UnmaskedBody, UnmaskRequest
from tael.users.usecases import (
    agreements,
    documents,
    door,
    leaving,
    people,
    personal_data,
    registration,
    reviews,
    verifications,
)
from tael.users.usecases.access import Access
from tael.users.usecases.asking import Asked, circumstances_of, me
from tael.users.usecases.behind import Lookups
from tael.users.usecases.desk import Contribution, Desk, Doing, StillOpen, doing_for
from tael.users.usecases.look import Reads
from tael.users.usecases.sealed import SEALED
from tael.users.usecases.verbs import VERBS
from tael.verification.api import Verification
from tael.verification.events import CheckEnded

__all__ = [
    "SEALED",
    "Access",
    "Asked",
    "Listed",
    "OpenKind",
    "OpenThing",
    "UserFilter",
    "Users",
    "circumstances_of",
    "me",
    "open_things_in",
]

BASIC, TRANSACTION, MANAGEMENT = "user.basic", "user.transaction", "user.management"
EVERYTHING = frozenset({BASIC, TRANSACTION, MANAGEMENT})
"""What a user's session may do; whether this user may do it now, standing says at each act."""
_DUE = AgreementsDue(
    "An agreement has changed: accept its new version first.",
    hint="GET /v1/me/agreements says which; POST /v1/me/agreements accepts them.",
)


class Users:
    """The natural persons of one database."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        sealer: Sealer,
        personal: Personal,
        dated: DatedRules,
        identity: Identity,
        verification: Verification,
        standing: Standing,
        messages: Messages,
        behaviour: Behaviour,
        texts: Mapping[AgreementName, Sequence[AgreementVersion]] | None = None,
    ) -> None:
        """texts: the versions of every agreement, in the place of those that come with the program."""
        self._database = database
        self._clock = clock
        texts = texts or agreements.versions()
        self._clerk = Clerk(database, clock, print_key=personal.print_key)
        self._lookups = Lookups(database, identity)
        self._desk = Desk(
            database=database,
            clock=clock,
            personal=personal,
            sealed_files=sealer,
            rules=dated,
            identity=identity,
            verification=verification,
            standing=standing,
            messages=messages,
            behaviour=behaviour,
            texts=texts,
            owes=agreements.owes_by(texts),
            still_open=[],
            contributions={},
        )
        self.reads = Reads(self._desk)

    def start(self) -> None:
        """Look users up many at once from now on; to be called inside the event loop. Raises `ValueError` of a hasty text."""
        agreements.check_notice(self._desk)
        self._lookups.start()

    async def stop(self) -> None:
        """Finish what waits."""
        await self._lookups.stop()

    def ask_before_closing(self, still_open: StillOpen) -> None:
        """Whom else to ask whether something of a user is open."""
        self._desk.still_open.append(still_open)

    def contribute(self, name: str, contribution: Contribution) -> None:
        """What else stands in the copy of a user's data."""
        self._desk.contributions[name] = contribution

    # At the door.

    async def send_code(self, wanted: CodeRequest) -> None:
        """A one-time code, to register or for a new password; refuses `PhoneMalformed`, `TooManyCodes`."""
        await registration.send_code(self._desk, wanted)

    async def register(self, wanted: RegisterRequest, visitor: Visitor) -> tuple[User, SignedIn]:
        """A new user with a whole session; refuses as `registration.register` says."""
        return await registration.register(self._desk, wanted, visitor)

    async def sign_in(self, wanted: SignInRequest, visitor: Visitor) -> SignedIn:
        """Number and password; refuses `SignInRefused`, `TooManyTries`, `TooBusy`, `PhoneMalformed`."""
        return await door.sign_in(self._desk, wanted, visitor)

    async def send_sign_in_code(self, session_token: str) -> None:
        """A code for half a session; refuses `SessionEnded`, `TooManyCodes`."""
        await door.send_code(self._desk, session_token)

    async def prove(
        self, wanted: ProveRequest, visitor: Visitor, *, device_token: str | None = None
    ) -> SignedIn:
        """One factor more; refuses `SessionEnded`, `CodeRefused`, `FactorRefused`, `TooManyTries`."""
        return await door.prove(self._desk, wanted, visitor, device_token=device_token)

    async def sign_in_by_passkey(
        self, wanted: PasskeySignInRequest, visitor: Visitor, *, device_token: str | None = None
    ) -> SignedIn:
        """A whole session for a passkey's answer to `identity.ask_passkey()`; refuses `PasskeyRefused`."""
        return await door.sign_in_by_passkey(self._desk, wanted, visitor, device_token=device_token)

    async def reset_password(self, wanted: ResetPasswordRequest, visitor: Visitor) -> None:
        """Another password by a code; refuses `CodeRefused`, `PasswordWeak`, `TooManyTries`, `PhoneMalformed`."""
        await door.reset_password(self._desk, wanted, visitor)

    async def sign_out(self, present: Present, visitor: Visitor) -> None:
        """End this session."""
        async with self._database.transaction() as tx:
            await self._desk.identity.end_session_of(tx, present.login.id, present.session.id, visitor)

    async def user_behind(self, login_id: str) -> User | None:
        """Whose login this is, while they are with us."""
        async with self._database.transaction() as tx:
            return (await self.users_behind(tx, [login_id])).get(login_id)

    async def users_behind(self, tx: Transaction, login_ids: Sequence[str]) -> Mapping[str, User]:
        """Whose logins these are, by login; those who are no longer with us are missing."""
        found = await store.users_of_logins(tx, login_ids)
        return {id: user for id, user in found.items() if user.state is UserState.ACTIVE}

    async def principal(self, token: str) -> UserPrincipal:
        """Who is behind a user's session (without `tael_user_`); refuses `SessionEnded`."""
        behind = await self._lookups.behind(token.removeprefix(USER_TOKEN))
        user, due = behind.user, agreements.is_due(self._desk, behind.user)
        return UserPrincipal(
            owner=user.id,
            actor=actor_of_user(user.id),
            permissions=EVERYTHING - {TRANSACTION} if due else EVERYTHING,
            withheld=frozenset({TRANSACTION}) if due else frozenset(),
            withheld_because=_DUE if due else None,
            is_proven=self._desk.identity.is_fresh(behind.present),
            present=behind.present,
        )

    async def see(self, present: Present) -> None:
        """Remember that a user was there."""
        await self._desk.identity.see(present)

    # Others ask.

    async def find(self, user_ids: Sequence[str]) -> Mapping[str, User]:
        """Users by their ids, masked; those who do not exist are missing."""
        async with self._database.transaction() as tx:
            return {each.id: each for each in await store.find_users(tx, user_ids)}

    async def of_logins(self, tx: Transaction, login_ids: Sequence[str]) -> Mapping[str, str]:
        """Which user is behind each login; those who do not exist are missing."""
        return await store.ids_of_logins(tx, login_ids)

    async def known(self, user_ids: Sequence[str]) -> Mapping[str, Known]:
        """Users and who they are, masked."""
        async with self._database.transaction() as tx:
            people = await store.find_people(tx, user_ids)
            return {
                each.id: Known(user=each, person=people.get(each.id))
                for each in await store.find_users(tx, user_ids)
            }

    async def find_by_phone(self, phone: str) -> User | None:
        """The active user with a number; refuses `PhoneMalformed`."""
        number = phone_as_kept(phone)
        async with self._database.transaction() as tx:
            return await self._desk.by_phone(tx, number)

    async def payee_of(self, who: str) -> Payee:
        """Somebody who may be paid, by number or id, as far as a payer may know them; refuses `NoSuchUser`."""
        if who.startswith("usr_"):
            user = (await self.find([check_id(who, prefix="usr", field="payee")])).get(who)
        else:
            user = await self.find_by_phone(who)
        if user is None or user.state is not UserState.ACTIVE:
            raise NoSuchUser("Nobody here has this number.", field="payee")
        person = (await self.known([user.id]))[user.id].person
        sure = person is not None and person.state is not PersonState.IN_REVIEW
        return Payee(
            user_id=user.id,
            name=person.payee_shown if person is not None and sure else "",
            phone=user.phone_shown,
            verified=person is not None and person.state is PersonState.VERIFIED,
        )

    async def in_clear(self, user_id: str) -> Particulars | None:
        """Who a verified user is, in clear, for a bank that has to be told; `None` of anybody else. Shown to nobody else."""
        async with self._database.transaction() as tx:
            person = await store.find_person(tx, user_id)
            if person is None or person.state is not PersonState.VERIFIED:
                return None
            visitor = Visitor(device="platform", address="")
            doing = Doing(
                desk=self._desk,
                tx=tx,
                user_id=user_id,
                actor="platform",
                visitor=visitor,
                now=self._clock.now(),
            )
            return await people.in_clear(doing, person)

    async def is_named(self, user_id: str, said: str) -> bool:
        """Whether somebody knows what is hidden of a payee's name; of one who has not said it, nobody does."""
        async with self._database.transaction() as tx:
            sealed = await store.sealed_person(tx, user_id)
        if sealed is None:
            return False
        return rules.knows_hidden(self._desk.personal.open(sealed[0], about=people.name_about(user_id)), said)

    async def known_in_clear(self, user_id: str) -> Sequence[str]:
        """What others know of a user, so that no password is made of it: number, name, document's number. Never kept, never shown."""
        async with self._database.transaction() as tx:
            phone, person = await store.sealed_phone(tx, user_id), await store.sealed_person(tx, user_id)
        sealed = [(phone, people.phone_about(user_id))] if phone is not None else []
        if person is not None:
            sealed += [(person[0], people.name_about(user_id)), (person[1], people.document_about(user_id))]
        return [self._desk.personal.open(each, about=about) for each, about in sealed]

    # Users and staff ask, under a key.

    async def answer(self, call: Call[Asked], *, status: int = 200) -> Answer:
        """Do a command; gives what goes out."""

        async def verb(tx: Transaction, asked: Asked) -> Any:
            return await VERBS[type(asked.command)](self._doing(tx, asked), asked.command, asked.about)

        def shown(body: Any) -> tuple[str, object]:
            return getattr(body, "id", call.command.user_id), body

        return await self._clerk.answer(call, verb, shown=shown, status=status)

    async def verify(self, call: Call[Asked]) -> Answer:
        """Ask a source whether a user is who they say, and wait for it; unknown is answered `pending`."""

        async def begin(tx: Transaction, asked: Asked) -> str:
            return await verifications.begin(self._doing(tx, asked), _verification(asked))

        begun = await self._clerk.open(call, begin, lambda number: Reply(object_id=number, answer=None))
        if not isinstance(begun, Begun):
            return begun
        return await self._clerk.close(call, await self._ask(call.command, begun.object_id))

    async def _ask(self, asked: Asked, number: str) -> Answer:
        wanted = _verification(asked)
        try:
            async with self._database.transaction() as tx:
                said = await verifications.said_of(self._doing(tx, asked), wanted)
            check = await self._desk.verification.check(asked.user_id, wanted.source, said, number=number)
        except Refusal as refusal:
            if isinstance(refusal, Unavailable):
                raise  # the same may be sent again, and asks under the same number
            async with self._database.transaction() as tx:
                await verifications.give_up(self._doing(tx, asked), number)
            return refusal_answer(refusal)
        async with self._database.transaction() as tx:
            record = await verifications.settle(self._doing(tx, asked), check)
        assert record is not None, "it was written before the source was asked"  # noqa: S101 - in `begin`
        return written(verification_body(record, check.page_url), status=201)

    # Without a key: what is answered is kept nowhere.

    async def fetch(self, user_id: str, request_id: str, visitor: Visitor) -> bytes:
        """A file with one's data, once; refuses `NoSuchRecord`, `FileGone`."""
        async with self._database.transaction() as tx:
            return await personal_data.fetch(doing_for(self._desk, tx, user_id, visitor), request_id)

    async def unmask(
        self, user_id: str, wanted: UnmaskRequest, *, actor: str, visitor: Visitor
    ) -> UnmaskedBody:
        """Who a user is, in clear, for a reason that stays; refuses `NoSuchUser`, `Restricted`."""
        async with self._database.transaction() as tx:
            doing = doing_for(self._desk, tx, user_id, visitor)
            return await personal_data.unmask(msgspec.structs.replace(doing, actor=actor), wanted)

    # What happens by itself.

    async def hear_checks(self, _: Transaction, facts: Sequence[CheckEnded]) -> None:
        """Finish verifications whose source has answered late."""
        checks = await self._desk.verification.look([fact.check_id for fact in facts])
        for check in checks.values():
            await verifications.finish(self._desk, check)

    async def sweep_verifications(self) -> None:
        """End verifications that somebody's death has left open."""
        await verifications.sweep(self._desk)

    async def watch_documents(self) -> None:
        """Warn whose document ends soon, and restrict whose has ended."""
        await documents.watch(self._desk)

    async def expire_reviews(self) -> None:
        """End reviews that nobody has decided in time."""
        await reviews.expire(self._desk)

    async def announce_agreements(self) -> None:
        """Tell everybody of texts that will change."""
        await agreements.announce(self._desk)

    async def work_off_requests(self) -> None:
        """Write copies, and close accounts, of those who have asked."""
        await personal_data.work_off(self._desk)

    async def erase_old(self) -> None:
        """Erase what no law asks us to keep any longer."""
        await leaving.erase_old(self._desk)

    def _doing(self, tx: Transaction, asked: Asked) -> Doing:
        return Doing(
            desk=self._desk,
            tx=tx,
            user_id=asked.user_id,
            actor=asked.actor,
            visitor=asked.visitor,
            now=self._clock.now(),
            proven=asked.proven,
        )


def _verification(asked: Asked) -> VerificationRequest:
    assert isinstance(asked.command, VerificationRequest), "the route says so"  # noqa: S101 - for the reader
    return asked.command
