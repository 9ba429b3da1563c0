"""The verbs of staff: add, suspend, give out and take back keys, change roles with four eyes, say who is behind a key.

Whoever sits at the machine (`operator:root`) adds the first members and may do everything here directly; they could
read the database as well. Members change roles by `propose_roles` and `decide_roles` only, two of them, and never
their own.
"""

from collections.abc import Collection, Sequence

import msgspec

from tael.foundation import api_keys, audit, proposals
from tael.foundation.api_keys import KeyRing
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.staff import rules, store
from tael.staff.errors import (
    MemberSuspended,
    NoSuchStaffKey,
    OnlyAtTheMachine,
    OwnAffair,
    RolesChangedMeanwhile,
    StaffApproves,
    StaffKeyRefused,
)
from tael.staff.model import (
    Holder,
    Member,
    MemberState,
    NewMember,
    NewStaffKey,
    Role,
    RolesChange,
    StaffKey,
    actor_of,
)
from tael.staff.rules import asks_for_code, left_without_code

__all__ = ["ROLES_KIND", "Staff", "asks_for_code", "left_without_code"]

ROLES_KIND = "staff.roles"
"""The kind of proposals about roles."""


class Staff:
    """The members of staff of one platform, and their keys."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._ring: KeyRing[Holder] = KeyRing(clock, self._look_up)

    async def add(self, name: str, *, email: str, roles: Collection[Role], actor: str) -> NewMember:
        """A new, active member with a first key: for whoever sits at the machine.

        Refuses `MemberMalformed`, `RolesClash`, `MemberExists`, `OnlyAtTheMachine`.
        """
        _only_at_the_machine(actor)
        name, email = rules.check_particulars(name, email)
        rules.check_roles(roles)
        member = Member(
            id=new_id("stf"),
            name=name,
            email=email,
            roles=rules.in_order(roles),
            state=MemberState.ACTIVE,
            created_at=self._clock.now(),
        )
        async with self._database.transaction() as tx:
            await store.insert_member(tx, member)
            key = await self._new_key(tx, member.id)
            await self._audit(tx, actor, "staff.add", member.id)
        return NewMember(member=member, key=key)

    async def get(self, member_id: str) -> Member:
        """One member; refuses `NoSuchMember`."""
        async with self._database.transaction() as tx:
            return await store.find_member(tx, member_id)

    async def everybody(
        self,
        *,
        after: str | None = None,
        state: MemberState | None = None,
        role: Role | None = None,
        limit: int = 200,
    ) -> Sequence[Member]:
        """Members in the order in which they came, after the one with the id `after`."""
        async with self._database.transaction() as tx:
            return await store.list_members(tx, after=after, state=state, role=role, limit=limit)

    async def set_state(self, member_id: str, state: MemberState, *, actor: str) -> None:
        """Suspend a member, or let them act again; refuses `NoSuchMember`, `OwnAffair`."""
        async with self._database.transaction() as tx:
            member = await store.find_member(tx, member_id, lock=True)
            _not_own(member.id, actor)
            await store.set_state(tx, member.id, state)
            await self._audit(tx, actor, f"staff.set_state_{state}", member.id)

    async def set_roles(self, member_id: str, roles: Collection[Role], *, actor: str) -> Member:
        """Give a member these roles and no others, directly: for whoever sits at the machine.

        Refuses `RolesClash`, `NoSuchMember`, `OnlyAtTheMachine`.
        """
        _only_at_the_machine(actor)
        rules.check_roles(roles)
        async with self._database.transaction() as tx:
            member = await store.find_member(tx, member_id, lock=True)
            await store.set_roles(tx, member.id, rules.in_order(roles))
            await self._audit(tx, actor, "staff.set_roles", member.id)
        return msgspec.structs.replace(member, roles=rules.in_order(roles))

    async def propose_roles(
        self, member_id: str, roles: Collection[Role], *, note: str, actor: str
    ) -> Proposal:
        """Ask for a member to have these roles and no others; needs `staff.change`.

        Refuses `RolesClash`, `NoSuchMember`, `OwnAffair`, `ProposalMalformed`.
        """
        rules.check_roles(roles)
        async with self._database.transaction() as tx:
            member = await store.find_member(tx, member_id)
            _not_own(member.id, actor)
            change = RolesChange(member_id=member.id, before=member.roles, after=rules.in_order(roles))
            proposal = await proposals.propose(
                tx,
                kind=ROLES_KIND,
                subject=member.id,
                content=msgspec.json.encode(change),
                note=note,
                by=actor,
                now=self._clock.now(),
            )
            await self._audit(tx, actor, "staff.propose_roles", proposal.id)
        return proposal

    async def decide_roles(
        self, proposal_id: str, *, approve: bool, note: str = "", actor: str, digest: str | None = None
    ) -> Proposal:
        """Approve a change of roles, which makes it, or refuse it; needs `staff.approve`.

        Refuses `SameEyes`, `OwnAffair`, `RolesChangedMeanwhile`, and what `proposals.decide` refuses.
        """
        async with self._database.transaction() as tx:
            proposal = await proposals.decide(
                tx,
                proposal_id,
                approve=approve,
                by=actor,
                note=note,
                now=self._clock.now(),
                digest=digest,
                kind=ROLES_KIND,
            )
            change = msgspec.json.decode(proposal.content, type=RolesChange)
            _not_own(change.member_id, actor)
            if proposal.state is ProposalState.APPROVED:
                await self._carry_out(tx, change)
            await self._audit(tx, actor, f"staff.roles_{proposal.state}", proposal.id)
        return proposal

    async def proposals(
        self, *, before: str | None = None, state: ProposalState | None = None, limit: int = 50
    ) -> Sequence[Proposal]:
        """What was proposed about roles, newest first, before the one with the id `before`."""
        wanted = ProposalFilter(kind=ROLES_KIND, before=before, state=state, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    async def check_left_to_the_machine(self, permission: str) -> None:
        """Refuses `StaffApproves` if somebody on the staff may do this: then it is not for whoever sits at the machine."""
        for role in rules.roles_with(permission):
            able = await self.everybody(state=MemberState.ACTIVE, role=role, limit=1)
            if able:
                raise StaffApproves(
                    f"{able[0].name} ({able[0].actor}) may approve this: at the machine it can be proposed and refused only.",
                    hint="Ask a member of staff with the permission; they approve in the console or with their key.",
                )

    async def create_key(self, member_id: str, *, actor: str) -> NewStaffKey:
        """Another key for a member: for whoever sits at the machine. A colleague with it would be the member.

        Its secret is in the answer and nowhere else. Refuses `NoSuchMember`, `OnlyAtTheMachine`.
        """
        _only_at_the_machine(actor)
        async with self._database.transaction() as tx:
            member = await store.find_member(tx, member_id)
            made = await self._new_key(tx, member.id)
            await self._audit(tx, actor, "staff.create_key", made.key.prefix)
        return made

    async def list_keys(self, member_id: str) -> Sequence[StaffKey]:
        """A member's keys without their secrets."""
        async with self._database.transaction() as tx:
            return await store.list_keys(tx, member_id)

    async def revoke_key(self, prefix: str, *, actor: str) -> None:
        """End a key, everywhere within `api_keys.CACHE_SECONDS`; refuses `NoSuchStaffKey`."""
        async with self._database.transaction() as tx:
            if not await store.revoke_key(tx, prefix, now=self._clock.now()):
                raise NoSuchStaffKey(f"There is no key {prefix[:40]!r}.", field="prefix")
            await self._audit(tx, actor, "staff.revoke_key", prefix)

    async def authenticate(self, secret: str) -> Holder:
        """Who is behind a key, and what they may do; refuses `StaffKeyRefused`, `MemberSuspended`."""
        return await self._ring.holder_of(secret)

    async def sign_in(self, secret: str, *, address: str, request_id: str) -> Holder:
        """Who comes in at the console with a key; refuses what `authenticate` refuses. Both ends are written down."""
        try:
            holder = await self.authenticate(secret)
        except Refusal as refusal:
            await self._audit_door("visitor", api_keys.prefix_of(secret), refusal.code, address, request_id)
            raise
        await self._audit_door(holder.member.actor, holder.prefix, "done", address, request_id)
        return holder

    async def note_uses(self) -> None:
        """Write down which keys were used since the last call."""
        used = self._ring.take_used()
        if used:
            async with self._database.transaction() as tx:
                await store.note_use(tx, used, now=self._clock.now())

    async def _carry_out(self, tx: Transaction, change: RolesChange) -> None:
        member = await store.find_member(tx, change.member_id, lock=True)
        if member.roles != change.before:
            raise RolesChangedMeanwhile(
                f"{member.name} has had other roles since this was proposed.",
                hint="Propose the change anew.",
            )
        await store.set_roles(tx, member.id, change.after)

    async def _new_key(self, tx: Transaction, member_id: str) -> NewStaffKey:
        made = api_keys.make_secret("tael_staff")
        key = StaffKey(prefix=made.prefix, member_id=member_id, created_at=self._clock.now())
        await store.insert_key(tx, key, hash=api_keys.hash_of(made.secret))
        return NewStaffKey(key=key, secret=made.secret)

    async def _look_up(self, secret: str) -> Holder:
        prefix = api_keys.prefix_of(secret)
        kept = None
        if prefix is not None:
            async with self._database.transaction() as tx:
                kept = await store.find_key(tx, prefix)
        if prefix is None or kept is None or not api_keys.is_hash_of(secret, kept.hash) or kept.revoked_at:
            raise StaffKeyRefused(
                "The key is not valid, or it was revoked.",
                field="Authorization",
                hint="Send `Authorization: Bearer tael_staff_…` with a key from `tael staff key create`.",
            )
        if kept.state is not MemberState.ACTIVE:
            raise MemberSuspended("This member of staff is suspended.", hint="Speak with an administrator.")
        return Holder(member=kept.member, prefix=prefix, permissions=rules.permissions_of(kept.member.roles))

    async def _audit_door(
        self, actor: str, prefix: str | None, result: str, address: str, request_id: str
    ) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(),
            actor=actor,
            action="staff.sign_in",
            object_id=prefix,
            result=result,
            request_id=request_id,
            remote_address=address,
        )
        async with self._database.transaction() as tx:
            await audit.record(tx, [event])

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])


def _only_at_the_machine(actor: str) -> None:
    if not actor.startswith("operator:"):
        raise OnlyAtTheMachine(
            f"{actor} may not do this: it would give out what others have to approve.",
            hint="Use `tael staff` on the machine itself.",
        )


def _not_own(member_id: str, actor: str) -> None:
    if actor == actor_of(member_id):
        raise OwnAffair("Nobody decides what they may do themselves.", hint="Ask a colleague.")
