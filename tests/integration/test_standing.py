"""What may users do, in the database and in the transaction that moves money? Evidence, classes, locks, ends by themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.standing.errors import OtherPerson, StandingClosed
from tael.standing.model import (
    AccountClass,
    Kind,
    Known,
    NewRestriction,
    Permission,
    PersonalLimit,
    Presence,
    Reason,
    Signal,
)
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tests.integration.standing_desk import SOURCES, StandingDesk
from tests.integration.waiting import until_somebody_waits

P = Permission


@pytest.fixture(scope="module")
async def shared(server: DatabaseUrls) -> AsyncIterator[Database]:
    """One database for all tests of this file: each has users of its own."""
    async with fresh_database(server) as urls:
        database = Database(urls.application, pool_size=4, role="tael_app")
        await database.open()
        yield database
        await database.close()


@pytest.fixture
def desk(shared: Database, clock: ManualClock) -> StandingDesk:
    return StandingDesk(shared, clock)


async def test_a_user_climbs_with_every_source_and_pays_only_then(desk: StandingDesk) -> None:
    user = await desk.a_user()
    assert await desk.why_not(user, P.SIGN_IN) is None
    assert await desk.why_not(user, P.TOP_UP) == "standing.verification_needed"
    climbed = [await desk.evidence(user, source) for source in SOURCES]
    assert climbed == [
        AccountClass.ONE,
        AccountClass.ONE,
        AccountClass.TWO,
        AccountClass.TWO,
        AccountClass.THREE,
    ]
    assert await desk.why_not(user, P.WITHDRAW) is None
    changes = await desk.facts(user, "standing_changed")
    assert [(each["account_class_before"], each["account_class"]) for each in changes] == [
        ("none", "I"),
        ("I", "II"),
        ("II", "III"),
    ]


async def test_somebody_who_is_no_user_may_do_nothing(desk: StandingDesk) -> None:
    assert await desk.why_not("usr_nobody", P.LOOK) == "standing.no_such_user"


async def test_a_person_has_one_account_of_class_three_also_when_two_are_verified_at_once(
    desk: StandingDesk,
) -> None:
    pair = [await desk.a_user(sources=4, person="per_pair") for _ in range(2)]
    last = [desk.evidence(user, SOURCES[4], person="per_pair") for user in pair]
    assert sorted(await asyncio.gather(*last)) == [AccountClass.TWO, AccountClass.THREE]


async def test_the_first_account_is_class_one_with_one_source_and_the_second_is_not(
    desk: StandingDesk,
) -> None:
    await desk.a_user(sources=1, person="per_first")
    second = await desk.a_user(sources=1, person="per_first")
    assert await desk.class_of(second) is AccountClass.NONE
    assert await desk.class_of(await desk.a_user(sources=1, person="per_other")) is AccountClass.ONE


async def test_evidence_of_another_person_is_refused_and_changes_nothing(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=1, person="per_ann")
    with pytest.raises(OtherPerson):
        await desk.evidence(user, SOURCES[1], person="per_bob", presence=Presence.FACE_TO_FACE)
    assert await desk.class_of(user) is AccountClass.ONE


async def test_who_let_an_account_opens_no_other_for_five_years(
    desk: StandingDesk, clock: ManualClock
) -> None:
    lent = await desk.a_user(sources=3, person="per_lender")
    await restricted(desk, lent, Kind.ACCOUNT_RENTING)
    other = await desk.a_user(sources=5, person="per_lender")
    assert await desk.class_of(other) is AccountClass.NONE
    assert await desk.why_not(lent, P.RECEIVE) == "standing.restricted"
    clock.move(days=5 * 366)
    assert await desk.class_of(other) is AccountClass.THREE
    assert await desk.why_not(lent, P.RECEIVE) is None


async def test_a_class_falls_when_evidence_expires_and_the_user_is_told_once(
    desk: StandingDesk, clock: ManualClock
) -> None:
    user = await desk.a_user(sources=2)
    await desk.evidence(user, SOURCES[2], valid_until=clock.now() + timedelta(days=1))
    clock.move(days=1)
    assert await desk.class_of(user) is AccountClass.ONE, "no job has come by yet"
    await desk.standing.turn_due()
    await desk.standing.turn_due()
    fell = [
        each for each in await desk.facts(user, "standing_changed") if each["account_class_before"] == "II"
    ]
    assert [(each["account_class"], each["reason"]) for each in fell] == [("I", "evidence_expired")]


async def test_evidence_that_is_withdrawn_lowers_the_class(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    async with desk.database.transaction() as tx:
        left = await desk.standing.withdraw_evidence(tx, user, SOURCES[0], reason="mismatch on a second look")
    assert left is AccountClass.ONE


async def restricted(desk: StandingDesk, user: str, kind: Kind, **says: object) -> str:
    async with desk.database.transaction() as tx:
        new = NewRestriction(user_id=user, kind=kind, **says)  # type: ignore[arg-type]
        return (await desk.standing.restrict(tx, new)).id


async def test_a_provisional_freeze_of_a_part_ends_by_itself_after_forty_eight_hours(
    desk: StandingDesk, clock: ManualClock
) -> None:
    user = await desk.a_user(sources=3)
    papers = {"order_number": "2026-17", "authority": "Bureau 3"}
    await restricted(
        desk, user, Kind.BY_LAW, provisional=True, amount_minor=5_000, currency="CNY", hidden=True, **papers
    )
    assert (await desk.known(user)).frozen_minor == {"CNY": 5_000}
    assert await desk.why_not(user, P.PAY) is None
    clock.move(hours=48)
    assert (await desk.known(user)).frozen_minor == {}
    await desk.standing.turn_due()
    told = await desk.facts(user, "restriction_set") + await desk.facts(user, "restriction_lifted")
    assert [each["kind"] for each in told] == ["review", "review"], "its user must not hear of the order"
    assert "Bureau" not in str(told)


async def test_no_money_moves_after_a_freeze_was_acknowledged(desk: StandingDesk) -> None:
    """The payment that has read the row goes first, and the freeze waits; the one that comes after it sees the freeze."""
    user = await desk.a_user(sources=3)
    async with desk.database.transaction() as paying:
        before = await desk.standing.lock_and_check(paying, [(user, P.PAY), (user, P.RECEIVE)])
        freezing = asyncio.create_task(restricted(desk, user, Kind.BY_RISK))
        await until_somebody_waits(desk.database)
        assert not freezing.done()
    await freezing
    async with desk.database.transaction() as tx:
        after = await desk.standing.lock_and_check(tx, [(user, P.PAY)])
    assert [each.account_class for each in before if isinstance(each, Known)] == [AccountClass.TWO] * 2
    assert [each.code for each in after if isinstance(each, Refusal)] == ["standing.restricted"]


async def test_a_payment_that_waited_for_a_freeze_is_refused(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)

    async def pay() -> list[str | None]:
        async with desk.database.transaction() as tx:
            checked = await desk.standing.lock_and_check(tx, [(user, P.PAY)])
        return [each.code if isinstance(each, Refusal) else None for each in checked]

    async with desk.database.transaction() as tx:
        await desk.standing.restrict(tx, NewRestriction(user_id=user, kind=Kind.BY_RISK))
        paying = asyncio.create_task(pay())
        await until_somebody_waits(desk.database)
    assert await paying == ["standing.restricted"]


async def test_an_account_that_nobody_used_for_half_a_year_sleeps_until_it_is_verified_anew(
    desk: StandingDesk, clock: ManualClock
) -> None:
    idle, busy = await desk.a_user(sources=3), await desk.a_user(sources=3)
    clock.move(days=100)
    async with desk.database.transaction() as tx:
        await desk.standing.note_activity(tx, [busy, idle][:1])
    await desk.standing.suspend_dormant()
    assert await desk.why_not(idle, P.PAY) is None
    clock.move(days=85)
    await desk.standing.suspend_dormant()
    await desk.standing.suspend_dormant()
    assert await desk.why_not(idle, P.RECEIVE) == "standing.restricted"
    assert await desk.why_not(busy, P.RECEIVE) is None
    assert len(await desk.facts(idle, "restriction_set")) == 1
    await desk.evidence(idle, SOURCES[0])
    assert await desk.why_not(idle, P.RECEIVE) is None
    (lifted,) = await desk.facts(idle, "restriction_lifted")
    assert lifted["reason"] == "verified_anew"
    await desk.standing.suspend_dormant()
    assert await desk.why_not(idle, P.RECEIVE) is None, "half a year begins anew"


def signals(desk: StandingDesk, user: str, kind: str, count: int = 1) -> list[Signal]:
    seen = Signal(user_id=user, kind=kind, reason="seen by a rule", at=desk.clock.now())
    return [seen] * count


async def test_warnings_take_transfers_and_ninety_quiet_days_give_them_back(
    desk: StandingDesk, clock: ManualClock
) -> None:
    user = await desk.a_user(sources=3)

    async def warn(count: int = 1) -> None:
        async with desk.database.transaction() as tx:
            await desk.standing.apply(tx, signals(desk, user, "warning", count))

    await warn(2)
    assert await desk.why_not(user, P.TRANSFER) is None
    await warn()
    assert await desk.why_not(user, P.TRANSFER) == "standing.restricted"
    assert await desk.why_not(user, P.PAY) is None
    clock.move(days=89)
    await warn(3)
    clock.move(days=2)
    assert await desk.why_not(user, P.TRANSFER) == "standing.restricted", (
        "another warning begins the days anew"
    )
    clock.move(days=88)
    assert await desk.why_not(user, P.TRANSFER) is None
    await desk.standing.turn_due()
    (lifted,) = await desk.facts(user, "restriction_lifted")
    assert lifted["reason"] == "over"
    assert {each["reason"] for each in await desk.facts(user, "restriction_set")} == {"too_many_warnings"}


async def test_credit_lowers_and_raises_personal_limits_and_the_user_is_told(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    day, seen = PersonalLimit.TRANSFER_DAY, []
    for kind in ("low_credit", "good_credit"):
        async with desk.database.transaction() as tx:
            await desk.standing.apply(tx, signals(desk, user, kind))
        seen.append((await desk.known(user)).limits[day])
    assert seen == [100_000, 5_000_000]
    told = [each["limits"].get(day) for each in await desk.facts(user, "standing_changed") if each["limits"]]
    assert told == [100_000, 5_000_000]


async def test_what_the_law_says_itself_is_set_once_and_told_once(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=3)
    first, second = [await restricted(desk, user, Kind.DOCUMENT_EXPIRED) for _ in range(2)]
    assert first == second
    assert len(await desk.facts(user, "restriction_set")) == 1
    async with desk.database.transaction() as tx:
        await desk.standing.lift(tx, first, reason=Reason.VERIFIED_ANEW)
    assert await desk.why_not(user, P.PAY) is None


async def test_a_closed_account_takes_no_evidence_and_its_history_stays(desk: StandingDesk) -> None:
    user = await desk.a_user(sources=1)
    async with desk.database.transaction() as tx:
        await desk.standing.close(tx, user, actor=f"user:{user}")
    assert await desk.why_not(user, P.SIGN_IN) == "standing.closed"
    with pytest.raises(StandingClosed):
        await desk.evidence(user, SOURCES[1])
    history = await desk.standing.reads.history(user, before=None, limit=10)
    assert [each.what for each in history] == ["closed", "evidence.recorded"]
