"""How do people come to a merchant, change their roles, and go? By a link that works once, handed over by whoever invites."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.ids import new_id
from tael.foundation.sealing import Sealer
from tael.merchants.errors import AlreadyMember, InvitationSpent, NoSuchMember, TeamMalformed
from tael.merchants.model import Store, TeamRole
from tael.merchants.model.team import (
    ChangeMember,
    Invite,
    Member,
    MemberState,
    RemoveMember,
    TeamCommand,
    actor_of_member,
    login_of_actor,
)
from tael.merchants.rules import ROLES
from tael.merchants.rules import team as rules
from tael.merchants.store import SQL

_MOST_MEMBERSHIPS = 100
_WORDS: dict[type, str] = {Invite: "invite", ChangeMember: "change", RemoveMember: "remove"}


class DoInTeam(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and who gives it."""

    command: TeamCommand
    actor: str
    permissions: frozenset[str] = frozenset()
    """Of the key that gives it, however the merchant stands; those of a person are looked up."""


class _Sealed(msgspec.Struct):
    token_sealed: bytes


class Team:
    """The people of the merchants in one database."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer
        self._clerk = Clerk(database, clock)

    async def answer(self, call: Call[DoInTeam]) -> Answer:
        """Do a command under an Idempotency-Key; the answer is the member as they stand then."""

        async def verb(tx: Transaction, asked: DoInTeam) -> Member:
            return await self.do(tx, asked.command, actor=asked.actor, permissions=asked.permissions)

        return await self._clerk.answer(call, verb, shown=lambda member: (member.id, member), status=200)

    async def do(
        self, tx: Transaction, command: TeamCommand, *, actor: str, permissions: frozenset[str] = frozenset()
    ) -> Member:
        """Do a command in a transaction; refuses what its verb refuses. Writes no line in the audit trail: calls do.

        permissions   of the key that gives the command
        """
        if not isinstance(command, RemoveMember):
            await self._check(tx, command, actor, permissions)
        verbs: dict[type, Callable[..., Awaitable[Member]]] = {
            Invite: self._invite,
            ChangeMember: self._change,
            RemoveMember: self._remove,
        }
        return await verbs[type(command)](tx, command, actor)

    async def run(self, command: TeamCommand, *, actor: str) -> Member:
        """Do a command in a transaction of its own, for whoever sits at the machine."""
        async with self._database.transaction() as tx:
            member = await self.do(tx, command, actor=actor)
            await self._audit(tx, actor, f"team.{_WORDS[type(command)]}", member.id)
        return member

    async def found(
        self, tx: Transaction, merchant_id: str, *, login_id: str, email: str, name: str
    ) -> Member:
        """The first owner of a new merchant."""
        now = self._clock.now()
        member = Member(
            id=new_id("mbr"),
            merchant_id=merchant_id,
            email=rules.email_as_kept(email),
            name=name,
            role=TeamRole.OWNER,
            stores=(),
            state=MemberState.ACTIVE,
            login_id=login_id,
            invited_by=actor_of_member(login_id),
            invited_at=now,
            expires_at=None,
            joined_at=now,
        )
        await _insert(tx, member, token_hash=None, token_sealed=None)
        await self._audit(tx, actor_of_member(login_id), "team.found", member.id)
        return member

    async def members(
        self, merchant_id: str, *, after: str | None = None, limit: int = rules.MOST_MEMBERS
    ) -> Sequence[Member]:
        """Who is there or invited, in the order in which they came."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.list_members, Member, merchant_id=merchant_id, after=after, limit=limit)

    async def membership(self, login_id: str, merchant_id: str) -> Member | None:
        """What somebody is at a merchant, if anything."""
        async with self._database.transaction() as tx:
            return await tx.row(SQL.membership, Member, login_id=login_id, merchant_id=merchant_id)

    async def memberships(self, login_id: str) -> Sequence[Member]:
        """At which merchants somebody is, the first first."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.memberships, Member, login_id=login_id, limit=_MOST_MEMBERSHIPS)

    async def invitation_token(self, member: Member) -> str | None:
        """What the link of an invitation ends with; none if it was accepted or taken back."""
        async with self._database.transaction() as tx:
            kept = await tx.row(SQL.invitation_of, _Sealed, merchant_id=member.merchant_id, id=member.id)
        return self._sealer.open(kept.token_sealed, about=_about(member.id)).decode() if kept else None

    async def invitation(self, token: str) -> Member:
        """Who is invited with a link; refuses `InvitationSpent`."""
        async with self._database.transaction() as tx:
            return await self._invited(tx, token)

    async def accept(self, tx: Transaction, token: str, *, login_id: str, email: str, name: str) -> Member:
        """Join by a link, as the person to whom it was sent; refuses `InvitationSpent`, `AlreadyMember`."""
        invited = await self._invited(tx, token)
        if invited.email != rules.email_as_kept(email):
            raise InvitationSpent(
                "This invitation is for another e-mail address.",
                hint="Sign in with the address that was invited.",
            )
        if await tx.row(SQL.membership, Member, login_id=login_id, merchant_id=invited.merchant_id):
            raise AlreadyMember("You are in this team already.", field="email")
        now = self._clock.now()
        await tx.run(SQL.join_team, id=invited.id, login_id=login_id, name=name, now=now)
        await self._audit(tx, actor_of_member(login_id), "team.join", invited.id)
        return msgspec.structs.replace(
            invited, state=MemberState.ACTIVE, login_id=login_id, name=name, joined_at=now, expires_at=None
        )

    async def _invite(self, tx: Transaction, command: Invite, actor: str) -> Member:
        email, now = rules.email_as_kept(command.email), self._clock.now()
        there = await tx.row(SQL.member_by_email, Member, merchant_id=command.merchant_id, email=email)
        if there is not None and there.state is MemberState.ACTIVE:
            raise AlreadyMember(f"{email} is in the team already.", field="email")
        if there is not None:
            rules.check_may_touch(there, actor=actor)
        member = Member(
            id=there.id if there else new_id("mbr"),
            merchant_id=command.merchant_id,
            email=email,
            name="",
            role=command.role,
            stores=rules.stores_kept(command.stores, command.role, there),
            state=MemberState.INVITED,
            login_id=None,
            invited_by=actor,
            invited_at=now,
            expires_at=now + rules.INVITATION_LIFETIME,
            joined_at=None,
        )
        token = secrets.token_urlsafe(32)
        secret = {
            "token_hash": _hash_of(token),
            "token_sealed": self._sealer.seal(token.encode(), about=_about(member.id)),
        }
        if there is None:
            await _insert(tx, member, **secret)
        else:
            await tx.run(SQL.invite_again, **_row(member), **secret)
        return member

    async def _change(self, tx: Transaction, command: ChangeMember, actor: str) -> Member:
        team, member = await self._locked(tx, command.merchant_id, command.member_id)
        rules.check_may_touch(member, actor=actor)
        if command.role is not TeamRole.OWNER:
            rules.check_owner_left(team, member.id)
        stores = rules.stores_kept(command.stores, command.role, member)
        await tx.run(SQL.change_member, id=member.id, role=command.role, stores=list(stores))
        return msgspec.structs.replace(member, role=command.role, stores=stores)

    async def _remove(self, tx: Transaction, command: RemoveMember, actor: str) -> Member:
        team, member = await self._locked(tx, command.merchant_id, command.member_id)
        rules.check_may_touch(member, actor=actor)
        rules.check_owner_left(team, member.id)
        await tx.run(SQL.remove_member, id=member.id, now=self._clock.now())
        return msgspec.structs.replace(member, state=MemberState.REMOVED, expires_at=None)

    async def _check(
        self, tx: Transaction, command: Invite | ChangeMember, actor: str, permissions: frozenset[str]
    ) -> None:
        """Refuses what no role can be, what is more than whoever gives it has, and stores that the merchant has not."""
        rules.check_role(command.role, command.stores or (), actor=actor)
        await self._check_within(tx, command, actor, permissions)
        for id in command.stores or ():
            if await tx.row(SQL.find_store, Store, id=id, merchant_id=command.merchant_id) is None:
                raise TeamMalformed(f"There is no store {id[:40]!r}.", field="stores")

    async def _check_within(
        self, tx: Transaction, command: Invite | ChangeMember, actor: str, permissions: frozenset[str]
    ) -> None:
        """Refuses `BeyondYours`: nobody gives more than they may themselves, but for whoever sits at the machine."""
        login_id = login_of_actor(actor)
        if login_id is not None:
            giver = await tx.row(SQL.membership, Member, login_id=login_id, merchant_id=command.merchant_id)
            permissions = permissions_of(giver.role, giver.stores) if giver else frozenset()
        elif not actor.startswith("key:"):
            return
        given = permissions_of(command.role, command.stores or ())
        rules.check_within(given, permissions=permissions)

    async def _locked(
        self, tx: Transaction, merchant_id: str, member_id: str
    ) -> tuple[Sequence[Member], Member]:
        """The team, locked, and one of it; refuses `NoSuchMember`."""
        team = await tx.rows(SQL.lock_team, Member, merchant_id=merchant_id)
        for each in team:
            if each.id == member_id:
                return team, each
        raise NoSuchMember(f"There is no member {member_id[:40]!r}.", field="member_id")

    async def _invited(self, tx: Transaction, token: str) -> Member:
        found = await tx.row(SQL.member_by_token, Member, token_hash=_hash_of(token), now=self._clock.now())
        if found is None:
            raise InvitationSpent(
                "This invitation was used, taken back, or its time is over.", hint="Ask for another one."
            )
        return found

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])


def permissions_of(role: TeamRole, stores: Sequence[str] = ()) -> frozenset[str]:
    """What somebody in this role may do; in these stores only, if any are named."""
    return ROLES[role] & rules.IN_STORES if stores else ROLES[role]


async def _insert(tx: Transaction, member: Member, **secret: Any) -> None:
    await tx.run(SQL.insert_member, **_row(member), **secret)


def _row(member: Member) -> dict[str, Any]:
    return msgspec.structs.asdict(member) | {"stores": list(member.stores)}


def _hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _about(member_id: str) -> str:
    return f"the invitation {member_id}"
