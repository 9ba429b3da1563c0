"""What do all verbs of users stand on? The parts, who acts and from where, and a line for behaviour, audit and messages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from tael.behaviour.api import Behaviour
from tael.behaviour.model import Act, ActKind, ActResult, Circumstances
from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.personal import IDENTITY_DOCUMENT, PHONE, Personal
from tael.foundation.sealing import Sealer
from tael.identity.api import Identity
from tael.identity.model import Visitor
from tael.messages.api import Messages
from tael.messages.model import Post, Value
from tael.standing.api import Standing
from tael.users import rules, store
from tael.users.errors import UserClosed
from tael.users.model import AgreementName, AgreementVersion, User, UserState, actor_of_user
from tael.users.model.leaving import OpenThing
from tael.verification.api import Verification

NOBODY = Visitor(device="", address="")
"""What happens by itself comes from nowhere."""

StillOpen = Callable[[str], Awaitable[Sequence[OpenThing]]]
"""What of a user is still open elsewhere: money, things under way. Nothing: the account may be closed."""
Contribution = Callable[[str], Awaitable[object]]
"""What another context keeps of a user, for the export of their data."""


Owes = Callable[[tuple[str, ...], date], bool]
"""Whether somebody who accepted these (`name@version`) has to accept a text before anything is paid on a day."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """The parts."""

    database: Database
    clock: Clock
    personal: Personal
    sealed_files: Sealer
    rules: DatedRules
    identity: Identity
    verification: Verification
    standing: Standing
    messages: Messages
    behaviour: Behaviour
    texts: Mapping[AgreementName, Sequence[AgreementVersion]]
    owes: Owes
    still_open: list[StillOpen]
    contributions: dict[str, Contribution]

    async def by_phone(self, tx: Transaction, number: str) -> User | None:
        """The active user with a number (E.164)."""
        found = await store.users_with_phone(tx, self.personal.indexes_of(PHONE, number))
        return next((each for each in found if each.state is UserState.ACTIVE), None)

    def code_about(self, number: str) -> str:
        """How codes that are sent to a number are counted: nobody reads the number out of it."""
        return self.personal.index_of(PHONE, number).hex()

    def indexes_of_document(self, indexed: str) -> Sequence[bytes]:
        """Under which indexes a document may lie, the newest first; `indexed` as the rules make it."""
        return self.personal.indexes_of(IDENTITY_DOCUMENT, indexed)

    async def tell(
        self,
        tx: Transaction,
        user_ids: Sequence[str],
        template: str,
        values: Mapping[str, Value] | None = None,
    ) -> None:
        """Tell users something, once the transaction has committed."""
        await self.messages.post(
            tx, [Post(template=template, to=user_id, values=values or {}) for user_id in user_ids]
        )


class Doing(msgspec.Struct, frozen=True, kw_only=True):
    """One verb at work: for whom, by whom, from where, when."""

    desk: Desk
    tx: Transaction
    user_id: str
    actor: str
    visitor: Visitor
    now: datetime
    proven: bool = False
    """Whether the user has shown in the last minutes something that they have."""

    @property
    def is_by_itself(self) -> bool:
        """Whether nobody waits for what comes of it."""
        return self.visitor is NOBODY

    def about(self, user_id: str) -> "Doing":
        """The same about somebody of whom it was not known before whose thing it is."""
        return msgspec.structs.replace(self, user_id=user_id)

    async def user(self, *, lock: bool = False) -> User:
        """The user whom it is about; refuses `NoSuchUser`, `UserClosed`."""
        user = await store.find_user(self.tx, self.user_id, lock=lock)
        if user.state is not UserState.ACTIVE:
            raise UserClosed("This account is closed.")
        return user

    async def tell(self, template: str, values: Mapping[str, Value] | None = None) -> None:
        """Tell the user something, once the transaction has committed."""
        await self.desk.tell(self.tx, [self.user_id], template, values)

    async def record(
        self,
        kind: ActKind,
        *,
        what: str | None = None,
        result: ActResult = ActResult.DONE,
        device_id: str | None = None,
    ) -> None:
        """Remember what the user did, from where and with which device: that of their session, or the one they come in at."""
        act = Act(
            user_id=self.user_id,
            kind=kind,
            what=what,
            result=result,
            circumstances=Circumstances(
                address=self.visitor.address or None,
                device_id=device_id or self.visitor.device_id,
                user_agent=self.visitor.device or None,
                at=self.now,
            ),
        )
        await self.desk.behaviour.record(self.tx, [act])

    async def note(self, action: str, *, object_id: str | None = None, result: str = "done") -> None:
        """A line in the audit trail, for what does not come as a call with a key: those have theirs."""
        event = AuditEvent(
            happened_at=self.now,
            actor=self.actor,
            action=f"users.{action}",
            object_id=object_id or self.user_id,
            result=result,
            request_id=self.visitor.request_id,
            remote_address=self.visitor.address or None,
        )
        await audit.record(self.tx, [event])


async def alike(tx: Transaction, work: Awaitable[object], *, stays: bool) -> None:
    """The same work for somebody, and for nobody: then nothing of it stays, and whoever measures it learns nothing."""
    async with tx.connection.transaction(force_rollback=not stays):
        await work


def doing_for(desk: Desk, tx: Transaction, user_id: str, visitor: Visitor) -> Doing:
    """A user at work for themselves."""
    return Doing(
        desk=desk,
        tx=tx,
        user_id=user_id,
        actor=actor_of_user(user_id),
        visitor=visitor,
        now=desk.clock.now(),
    )


def doing_by_itself(desk: Desk, tx: Transaction, user_id: str) -> Doing:
    """What the platform does about a user."""
    return Doing(desk=desk, tx=tx, user_id=user_id, actor="platform", visitor=NOBODY, now=desk.clock.now())


def today(desk: Desk) -> date:
    """The day of China."""
    return rules.day_of(desk.clock.now())
