"""Do people come to a merchant by invitation only, do what their role says, and is there always an owner?"""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.foundation.calls import Call, Caller
from tael.merchants.api import DoInTeam, permissions_of
from tael.merchants.errors import (
    AlreadyMember,
    BeyondYours,
    InvitationSpent,
    LastOwner,
    NoSuchMember,
    OwnerByPersonOnly,
    TeamMalformed,
)
from tael.merchants.model import (
    ChangeMember,
    Invite,
    Member,
    MemberState,
    RemoveMember,
    TeamCommand,
    TeamRole,
)
from tael.merchants.rules import ROLES
from tael.merchants.rules.team import INVITATION_LIFETIME
from tael.merchants.schemas import CreateStore
from tael.merchants.usecases.team import Team
from tael.testing.clocks import ManualClock

OPERATOR = "operator:test"
ELSEWHERE = "mer_00000000000000000000000000"


async def merchant_of(house: House, name: str = "Blue Teapot") -> str:
    return (await house.merchants.register(name=name, fee_basis_points=60, actor=OPERATOR)).id


async def owner_of(house: House, merchant_id: str, login_id: str = "lgn_ann") -> Member:
    async with house.database.transaction() as tx:
        return await house.team.found(
            tx, merchant_id, login_id=login_id, email=f"{login_id}@teapot.example", name="Ann"
        )


async def invited(house: House, merchant_id: str, email: str, role: TeamRole = TeamRole.CASHIER) -> str:
    member = await house.team.run(Invite(merchant_id=merchant_id, email=email, role=role), actor=OPERATOR)
    token = await house.team.invitation_token(member)
    assert token is not None
    return token


async def joined(house: House, token: str, login_id: str, email: str) -> Member:
    async with house.database.transaction() as tx:
        return await house.team.accept(tx, token, login_id=login_id, email=email, name="Bob")


async def test_a_link_lets_the_person_in_once_and_nobody_else(house: House) -> None:
    merchant = await merchant_of(house)
    token = await invited(house, merchant, "Bob@Teapot.Example")
    with pytest.raises(InvitationSpent):
        await joined(house, token, "lgn_eve", "eve@teapot.example")
    bob = await joined(house, token, "lgn_bob", "bob@teapot.example")
    assert (bob.state, bob.role) == (MemberState.ACTIVE, TeamRole.CASHIER)
    assert await house.team.membership("lgn_bob", merchant) == bob
    assert await house.team.membership("lgn_bob", ELSEWHERE) is None
    with pytest.raises(InvitationSpent):
        await joined(house, token, "lgn_bob", "bob@teapot.example")
    assert await house.team.invitation_token(bob) is None
    with pytest.raises(AlreadyMember):
        await invited(house, merchant, "bob@teapot.example")


async def test_asked_again_the_old_link_works_no_more_and_links_expire(house: House) -> None:
    merchant = await merchant_of(house)
    old = await invited(house, merchant, "bob@teapot.example")
    new = await invited(house, merchant, "bob@teapot.example", TeamRole.VIEWER)
    with pytest.raises(InvitationSpent):
        await house.team.invitation(old)
    assert (await house.team.invitation(new)).role is TeamRole.VIEWER
    assert len(await house.team.members(merchant)) == 1
    clock = ManualClock(house.clock.now() + INVITATION_LIFETIME - timedelta(minutes=1))
    later = Team(house.database, clock, house.sealer)
    await later.invitation(new)
    clock.move(minutes=1)
    with pytest.raises(InvitationSpent):
        await later.invitation(new)


async def test_a_merchant_is_never_without_an_owner(house: House) -> None:
    merchant = await merchant_of(house)
    ann = await owner_of(house, merchant)
    less = ChangeMember(merchant_id=merchant, member_id=ann.id, role=TeamRole.VIEWER)
    gone = RemoveMember(merchant_id=merchant, member_id=ann.id)
    for command in (less, gone):
        with pytest.raises(LastOwner):
            await house.team.run(command, actor=OPERATOR)
    waiting = await invited(house, merchant, "bob@teapot.example", TeamRole.OWNER)
    with pytest.raises(LastOwner):
        await house.team.run(gone, actor=OPERATOR)
    bob = await joined(house, waiting, "lgn_bob", "bob@teapot.example")
    ends = await asyncio.gather(
        *(
            house.team.run(RemoveMember(merchant_id=merchant, member_id=each.id), actor=OPERATOR)
            for each in (ann, bob)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, LastOwner) for each in ends) == 1, "two who go at the same moment"
    assert len(await house.team.members(merchant)) == 1


async def test_another_merchants_member_is_nobody(house: House) -> None:
    ours, theirs = await merchant_of(house), await merchant_of(house, "Another")
    ann = await owner_of(house, ours)
    for command in (
        RemoveMember(merchant_id=theirs, member_id=ann.id),
        ChangeMember(merchant_id=theirs, member_id=ann.id, role=TeamRole.VIEWER),
    ):
        with pytest.raises(NoSuchMember):
            await house.team.run(command, actor=OPERATOR)
    await owner_of(house, theirs)
    assert [each.merchant_id for each in await house.team.memberships("lgn_ann")] == [ours, theirs]


async def test_a_key_makes_no_owner_and_an_owner_is_of_every_store(house: House) -> None:
    merchant = await merchant_of(house)
    owner = Invite(merchant_id=merchant, email="bob@teapot.example", role=TeamRole.OWNER)
    with pytest.raises(OwnerByPersonOnly):
        await house.team.run(owner, actor="key:tael_x")
    with pytest.raises(TeamMalformed):
        await house.team.run(msgspec.structs.replace(owner, stores=("sto_1",)), actor=OPERATOR)
    with pytest.raises(TeamMalformed):
        await house.team.run(msgspec.structs.replace(owner, email="bob"), actor=OPERATOR)


async def told(
    house: House, command: TeamCommand, *, actor: str, permissions: frozenset[str] = frozenset()
) -> Member:
    async with house.database.transaction() as tx:
        return await house.team.do(tx, command, actor=actor, permissions=permissions)


async def test_nobody_makes_a_member_who_may_more_than_they_may(house: House) -> None:
    merchant = await merchant_of(house)
    ann = await owner_of(house, merchant)
    cashier = ROLES[TeamRole.CASHIER]
    finance = Invite(merchant_id=merchant, email="bob@teapot.example", role=TeamRole.FINANCE)
    key: dict[str, Any] = {"actor": "key:tael_x", "permissions": cashier | {"team.write"}}
    for giver in (key, {"actor": "key:tael_x"}, {"actor": "member:lgn_nobody"}):
        with pytest.raises(BeyondYours):
            await told(house, finance, **giver)
    till = await told(house, msgspec.structs.replace(finance, role=TeamRole.CASHIER), **key)
    more = ChangeMember(merchant_id=merchant, member_id=till.id, role=TeamRole.FINANCE)
    with pytest.raises(BeyondYours) as refused:
        await told(house, more, **key)
    assert refused.value.facts["permission"] in ROLES[TeamRole.FINANCE] - cashier
    assert (await told(house, more, actor=f"member:{ann.login_id}")).role is TeamRole.FINANCE
    everything = ROLES[TeamRole.OWNER]
    assert (await told(house, more, actor="key:tael_y", permissions=everything)).role is TeamRole.FINANCE


async def test_owners_are_touched_by_people_alone(house: House) -> None:
    merchant = await merchant_of(house)
    ann = await owner_of(house, merchant)
    await owner_of(house, merchant, "lgn_eva")
    cai = Invite(merchant_id=merchant, email="cai@teapot.example", role=TeamRole.OWNER)
    token = await house.team.invitation_token(await house.team.run(cai, actor=OPERATOR))
    assert token
    for command in (
        ChangeMember(merchant_id=merchant, member_id=ann.id, role=TeamRole.VIEWER),
        RemoveMember(merchant_id=merchant, member_id=ann.id),
        msgspec.structs.replace(cai, role=TeamRole.VIEWER),
    ):
        with pytest.raises(OwnerByPersonOnly):
            await told(house, command, actor="key:tael_x", permissions=ROLES[TeamRole.OWNER])
    assert (await house.team.invitation(token)).role is TeamRole.OWNER, "the link works still"
    gone = RemoveMember(merchant_id=merchant, member_id=ann.id)
    assert (await told(house, gone, actor="member:lgn_eva")).state is MemberState.REMOVED


async def test_stores_that_are_left_out_stay_as_they_were(house: House) -> None:
    merchant = await merchant_of(house)
    one = CreateStore(name="West Lake", address="12 Teapot Lane", region="330106")
    store = (await house.merchants.do(merchant, one, actor=OPERATOR)).id
    bob = Invite(merchant_id=merchant, email="bob@teapot.example", role=TeamRole.FINANCE, stores=(store,))
    invited_one = await house.team.run(bob, actor=OPERATOR)
    again = await house.team.run(msgspec.structs.replace(bob, stores=None), actor=OPERATOR)
    assert again.stores == (store,), "asked again without a word about stores"
    change = ChangeMember(merchant_id=merchant, member_id=invited_one.id, role=TeamRole.CASHIER)
    assert (await house.team.run(change, actor=OPERATOR)).stores == (store,)
    assert [each.stores for each in await house.team.members(merchant)] == [(store,)]
    everywhere = msgspec.structs.replace(change, stores=())
    assert (await house.team.run(everywhere, actor=OPERATOR)).stores == ()
    limited = await house.team.run(msgspec.structs.replace(change, stores=(store,)), actor=OPERATOR)
    assert limited.stores == (store,)
    owner = msgspec.structs.replace(change, role=TeamRole.OWNER)
    assert (await house.team.run(owner, actor=OPERATOR)).stores == (), "an owner acts in every store"


async def test_a_repeated_call_has_one_effect_and_another_request_is_refused(house: House) -> None:
    merchant = await merchant_of(house)
    await owner_of(house, merchant)
    command = Invite(merchant_id=merchant, email="bob@teapot.example", role=TeamRole.VIEWER)

    def call(said: Invite) -> Call[DoInTeam]:
        return Call(
            caller=Caller(owner=merchant, actor="member:lgn_ann"),
            action="team.invite",
            key="one",
            request=said,
            command=DoInTeam(command=said, actor="member:lgn_ann"),
        )

    first, again = await house.team.answer(call(command)), await house.team.answer(call(command))
    assert (first.status, again.body, again.replayed) == (200, first.body, True)
    tokens = {
        await house.team.invitation_token(msgspec.json.decode(each.body, type=Member))
        for each in (first, again)
    }
    assert len(tokens) == 1, "the repeat hears the same link"
    other = await house.team.answer(call(msgspec.structs.replace(command, role=TeamRole.CASHIER)))
    assert other.status == 409
    async with house.database.transaction() as tx:
        cursor = await tx.connection.execute("select convert_from(body, 'utf8') from foundation.calls")
        kept = str(await cursor.fetchall())
    assert str(tokens.pop()) not in kept


@pytest.mark.parametrize("role", list(TeamRole))
def test_what_a_role_may_do_is_its_row_of_the_table(role: TeamRole) -> None:
    assert permissions_of(role) == ROLES[role]
