"""Is a member let in while they are good, and does nobody give themselves what they may do?"""

from collections.abc import AsyncIterator

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.api_keys import CACHE_SECONDS, prefix_of
from tael.foundation.db import Database
from tael.foundation.proposals import NoSuchProposal, ProposalEnded, ProposalState, SameEyes
from tael.staff.api import Staff
from tael.staff.errors import (
    MemberExists,
    MemberSuspended,
    NoSuchMember,
    NoSuchStaffKey,
    OnlyAtTheMachine,
    OwnAffair,
    RolesChangedMeanwhile,
    RolesClash,
    StaffApproves,
    StaffKeyRefused,
)
from tael.staff.model import Member, MemberState, NewMember, Role
from tael.testing.clocks import ManualClock

OPERATOR = "operator:test"


@pytest.fixture
async def staff(urls: DatabaseUrls, clock: ManualClock) -> AsyncIterator[Staff]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield Staff(database, clock)
    await database.close()


async def newcomer(staff: Staff, name: str, *roles: Role) -> NewMember:
    return await staff.add(name, email=f"{name}@pay.example", roles=roles, actor=OPERATOR)


async def someone(staff: Staff, name: str, *roles: Role) -> Member:
    return (await newcomer(staff, name, *roles)).member


async def test_s17_who_comes_in_at_the_console_is_written_down_and_who_is_refused(
    staff: Staff, urls: DatabaseUrls
) -> None:
    ann = await newcomer(staff, "ann", Role.OPERATIONS)
    end = "a" if ann.key.secret[-1] != "a" else "b"
    await staff.sign_in(ann.key.secret, address="192.0.2.7", request_id="req_1")
    for wrong in (ann.key.secret[:-1] + end, "nonsense"):
        with pytest.raises(StaffKeyRefused):
            await staff.sign_in(wrong, address="192.0.2.8", request_id="req_2")

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await owner.execute(
            "select actor, object_id, result, remote_address, request_id from foundation.audit"
            " where action = 'staff.sign_in' order by seq"
        )
        prefix = ann.key.key.prefix
        assert await lines.fetchall() == [
            (ann.member.actor, prefix, "done", "192.0.2.7", "req_1"),
            ("visitor", prefix, "staff.key_refused", "192.0.2.8", "req_2"),
            ("visitor", None, "staff.key_refused", "192.0.2.8", "req_2"),
        ]


async def test_a_key_lets_its_member_in_with_what_their_roles_may(staff: Staff) -> None:
    ann = await newcomer(staff, "ann", Role.OPERATIONS, Role.DEVELOPER)

    holder = await staff.authenticate(ann.key.secret)

    assert ann.key.secret.startswith("tael_staff_")
    assert ann.key.secret not in repr(ann)
    assert holder.member == ann.member
    assert holder.prefix == prefix_of(ann.key.secret)
    assert holder.actor == f"staff:{ann.member.id}"
    assert {"partners.change", "channels.change", "routing.change"} < holder.permissions
    assert not {"partners.approve", "staff.change"} & holder.permissions


async def test_two_keys_of_one_person_are_the_same_eyes(staff: Staff) -> None:
    ann = await newcomer(staff, "ann", Role.RISK)
    other = await staff.create_key(ann.member.id, actor=OPERATOR)
    first, second = await staff.authenticate(ann.key.secret), await staff.authenticate(other.secret)
    assert first.prefix != second.prefix
    assert first.actor == second.actor


async def test_the_same_person_is_not_added_twice(staff: Staff) -> None:
    await newcomer(staff, "ann", Role.RISK)
    with pytest.raises(MemberExists):
        await staff.add("Ann Again", email="ANN@pay.example", roles=[Role.OPERATIONS], actor=OPERATOR)
    with pytest.raises(RolesClash):
        await newcomer(staff, "bo", Role.OPERATIONS, Role.FINANCE)
    assert [member.name for member in await staff.everybody()] == ["ann"]


async def test_a_wrong_or_revoked_key_is_refused(staff: Staff, clock: ManualClock) -> None:
    ann = await newcomer(staff, "ann", Role.RISK)
    secret = ann.key.secret
    await staff.authenticate(secret)
    for wrong in ("", secret[:-1], secret[:-1] + "#", "tael_staff_aaaaaaaaaa_" + secret[-40:], "tael_x"):
        with pytest.raises(StaffKeyRefused):
            await staff.authenticate(wrong)
    await staff.revoke_key(ann.key.key.prefix, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    with pytest.raises(StaffKeyRefused):
        await staff.authenticate(secret)
    with pytest.raises(NoSuchStaffKey):
        await staff.revoke_key("tael_staff_nothing", actor=OPERATOR)


async def test_a_suspended_member_is_kept_out_until_they_may_act_again(
    staff: Staff, clock: ManualClock
) -> None:
    ann = await newcomer(staff, "ann", Role.RISK)
    await staff.set_state(ann.member.id, MemberState.SUSPENDED, actor=OPERATOR)
    with pytest.raises(MemberSuspended):
        await staff.authenticate(ann.key.secret)
    await staff.set_state(ann.member.id, MemberState.ACTIVE, actor=OPERATOR)
    clock.move(seconds=CACHE_SECONDS)
    assert (await staff.authenticate(ann.key.secret)).member.state is MemberState.ACTIVE
    with pytest.raises(NoSuchMember):
        await staff.set_state("stf_nobody", MemberState.ACTIVE, actor=OPERATOR)


async def test_the_last_use_of_a_staff_key_is_noted(staff: Staff, clock: ManualClock) -> None:
    ann = await newcomer(staff, "ann", Role.RISK)
    clock.move(minutes=5)
    await staff.authenticate(ann.key.secret)
    await staff.note_uses()
    [key] = await staff.list_keys(ann.member.id)
    assert key.last_used_at == clock.now()


async def test_members_are_listed_page_by_page_and_by_role_and_state(staff: Staff) -> None:
    ann, bo, cy = [
        await someone(staff, name, role)
        for name, role in (("ann", Role.RISK), ("bo", Role.RISK), ("cy", Role.AUDITOR))
    ]
    await staff.set_state(bo.id, MemberState.SUSPENDED, actor=OPERATOR)
    assert [each.id for each in await staff.everybody(limit=2)] == [ann.id, bo.id]
    assert [each.id for each in await staff.everybody(after=bo.id)] == [cy.id]
    assert [each.id for each in await staff.everybody(role=Role.RISK, state=MemberState.ACTIVE)] == [ann.id]


async def test_s11_roles_change_when_two_people_want_it(staff: Staff) -> None:
    admin, checker, ann = await three(staff)
    proposal = await staff.propose_roles(ann.id, [Role.OPERATIONS], note="moved teams", actor=admin.actor)
    assert (await staff.get(ann.id)).roles == (Role.RISK,)
    done = await staff.decide_roles(proposal.id, approve=True, actor=checker.actor, digest=proposal.digest)
    assert done.state is ProposalState.APPROVED
    assert (await staff.get(ann.id)).roles == (Role.OPERATIONS,)
    with pytest.raises(ProposalEnded):
        await staff.decide_roles(proposal.id, approve=True, actor="staff:other")


async def test_s11_the_administrator_alone_changes_nobodys_roles(staff: Staff) -> None:
    admin, checker, ann = await three(staff)
    proposal = await staff.propose_roles(ann.id, [Role.OPERATIONS], note="please", actor=admin.actor)
    with pytest.raises(SameEyes):
        await staff.decide_roles(proposal.id, approve=True, actor=admin.actor)
    await staff.decide_roles(proposal.id, approve=False, note="no", actor=checker.actor)
    assert (await staff.get(ann.id)).roles == (Role.RISK,)


async def test_s11_nobody_proposes_or_approves_their_own_roles(staff: Staff) -> None:
    admin, checker, ann = await three(staff)
    with pytest.raises(OwnAffair):
        await staff.propose_roles(admin.id, [Role.RISK], note="me", actor=admin.actor)
    with pytest.raises(OwnAffair):
        await staff.set_state(ann.id, MemberState.ACTIVE, actor=ann.actor)
    proposal = await staff.propose_roles(checker.id, [Role.RISK], note="swap", actor=admin.actor)
    with pytest.raises(OwnAffair):
        await staff.decide_roles(proposal.id, approve=True, actor=checker.actor)
    assert (await staff.get(checker.id)).roles == (Role.COMPLIANCE,)
    done = await staff.decide_roles(proposal.id, approve=True, actor=ann.actor)
    assert done.state is ProposalState.APPROVED


async def test_s11_an_administrator_makes_no_second_self_and_no_key_of_a_colleague(staff: Staff) -> None:
    admin, _checker, ann = await three(staff)
    with pytest.raises(OnlyAtTheMachine):
        await staff.create_key(ann.id, actor=admin.actor)
    with pytest.raises(OnlyAtTheMachine):
        await staff.set_roles(ann.id, [Role.OPERATIONS], actor=admin.actor)
    with pytest.raises(OnlyAtTheMachine):
        await staff.add("Puppet", email="puppet@pay.example", roles=[Role.RISK], actor=admin.actor)


async def test_s11_roles_that_changed_meanwhile_are_not_overwritten(staff: Staff) -> None:
    admin, checker, ann = await three(staff)
    proposal = await staff.propose_roles(ann.id, [Role.OPERATIONS], note="old news", actor=admin.actor)
    await staff.set_roles(ann.id, [Role.FINANCE], actor=OPERATOR)
    with pytest.raises(RolesChangedMeanwhile):
        await staff.decide_roles(proposal.id, approve=True, actor=checker.actor)
    assert (await staff.get(ann.id)).roles == (Role.FINANCE,)
    with pytest.raises(RolesClash):
        await staff.propose_roles(
            ann.id, [Role.COMPLIANCE, Role.ADMINISTRATOR], note="both", actor=admin.actor
        )
    with pytest.raises(NoSuchProposal):
        await staff.decide_roles("prop_none", approve=True, actor=checker.actor)


async def test_s17_every_change_of_staff_leaves_its_line_in_the_audit_trail(
    staff: Staff, urls: DatabaseUrls
) -> None:
    admin, checker, ann = await three(staff)
    key = await staff.create_key(ann.id, actor=OPERATOR)
    await staff.revoke_key(key.key.prefix, actor=OPERATOR)
    await staff.set_state(ann.id, MemberState.SUSPENDED, actor=OPERATOR)
    await staff.set_roles(ann.id, [Role.FINANCE], actor=OPERATOR)
    proposal = await staff.propose_roles(ann.id, [Role.RISK], note="back", actor=admin.actor)
    await staff.decide_roles(proposal.id, approve=True, actor=checker.actor)

    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await (
            await owner.execute("select actor, action, object_id, result from foundation.audit order by seq")
        ).fetchall()
    assert lines[3:] == [
        (OPERATOR, "staff.create_key", key.key.prefix, "done"),
        (OPERATOR, "staff.revoke_key", key.key.prefix, "done"),
        (OPERATOR, "staff.set_state_suspended", ann.id, "done"),
        (OPERATOR, "staff.set_roles", ann.id, "done"),
        (admin.actor, "staff.propose_roles", proposal.id, "done"),
        (checker.actor, "staff.roles_approved", proposal.id, "done"),
    ]


async def test_s5_only_the_hash_of_a_staff_key_is_kept(staff: Staff, urls: DatabaseUrls) -> None:
    ann = await newcomer(staff, "ann", Role.RISK)
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        rows = await (await owner.execute("select k::text from staff.api_keys k")).fetchall()
    assert rows
    assert not any(ann.key.secret[-40:] in text for (text,) in rows)


async def three(staff: Staff) -> tuple[Member, Member, Member]:
    """An administrator, somebody who approves, and somebody in risk."""
    return (
        await someone(staff, "admin", Role.ADMINISTRATOR),
        await someone(staff, "checker", Role.COMPLIANCE),
        await someone(staff, "ann", Role.RISK),
    )


async def test_the_machine_approves_only_while_nobody_on_the_staff_could(staff: Staff) -> None:
    await someone(staff, "ann", Role.OPERATIONS)
    await staff.check_left_to_the_machine("channels.approve")
    bo = await someone(staff, "bo", Role.RISK)
    with pytest.raises(StaffApproves, match=bo.id):
        await staff.check_left_to_the_machine("channels.approve")
    await staff.check_left_to_the_machine("staff.approve")
    await staff.set_state(bo.id, MemberState.SUSPENDED, actor=OPERATOR)
    await staff.check_left_to_the_machine("channels.approve")
