"""Is what users do recorded, and what is unlike them found, told once, and answered for?"""

from typing import Any

import msgspec
import pytest

from tael.behaviour.api import AnswerWarning, Behaviour
from tael.behaviour.errors import AlreadyDisowned, NoSuchWarning
from tael.behaviour.model import Act, ActKind, ActResult, Circumstances, Follows, Reason
from tael.foundation.dated_rules import DatedRules, shipped_rules
from tael.foundation.db import Database, Query
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.testing.clocks import ManualClock

SHANGHAI, NEW_YORK, HONGKONG, AT_HOME = "114.114.114.114", "8.8.8.8", "1.36.0.1", "192.168.0.7"
PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
_FACTS = Query("facts", b"select convert_from(payload, 'UTF8')::jsonb from foundation.outbox order by seq")


class Desk:
    """A record, a user, and the hour."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.behaviour = Behaviour(database, clock, DatedRules(database, shipped_rules("behaviour")))
        self.user = new_id("usr")

    def act(self, kind: ActKind = ActKind.SIGN_IN, yuan: int | None = None, **given: Any) -> Act:
        seen = {"at": self.clock.now(), "address": SHANGHAI, "device_id": "dev_1", "user_agent": PHONE}
        seen |= {name: given.pop(name) for name in ("address", "device_id") if name in given}
        return Act(
            user_id=given.pop("user_id", self.user),
            kind=kind,
            circumstances=msgspec.convert(seen, Circumstances),
            amount=None if yuan is None else Money(yuan * 100, "CNY"),
            **given,
        )

    async def do(self, *args: Any, **given: Any) -> None:
        """Something is done, and time goes on."""
        await self.record(self.act(*args, **given))
        self.clock.move(seconds=1)

    async def record(self, *acts: Act) -> None:
        async with self.database.transaction() as tx:
            await self.behaviour.record(tx, acts)

    async def pay(self, times: int, yuan: int, *, counterparty: str = "mer_1") -> None:
        for _ in range(times):
            await self.do(ActKind.PAYMENT, yuan, counterparty=counterparty)
            self.clock.move(minutes=10)

    async def warned(self) -> list[tuple[set[Reason], Follows]]:
        """What is found now, oldest first."""
        await self.behaviour.look()
        found = await self.behaviour.warnings(user_id=self.user, limit=50)
        return [(set(each.reasons), each.follows) for each in reversed(found)]

    async def facts(self) -> list[dict[str, Any]]:
        async with self.database.transaction() as tx:
            return [payload for (payload,) in await tx.tuples(_FACTS)]


@pytest.fixture
def desk(database: Database, clock: ManualClock) -> Desk:
    return Desk(database, clock)


async def test_an_act_is_kept_with_its_country_and_browser_and_read_back_newest_first(desk: Desk) -> None:
    await desk.do(what="password")
    await desk.do(ActKind.PAYMENT, 12, counterparty="mer_1", address=AT_HOME)
    await desk.record(desk.act(user_id=new_id("usr")))

    payment, sign_in = await desk.behaviour.acts(desk.user, limit=10)
    assert (sign_in.place, sign_in.browser, sign_in.system) == ("CN", "Chrome 131", "Android")
    assert (sign_in.kind, sign_in.what, sign_in.address) == (ActKind.SIGN_IN, "password", SHANGHAI)
    assert (payment.place, payment.amount_minor, payment.currency) == ("local", 1_200, "CNY")
    assert [each.id for each in await desk.behaviour.acts(desk.user, before=payment.id, limit=10)] == [
        sign_in.id
    ]
    assert [each.id for each in await desk.behaviour.acts(desk.user, place="CN", limit=10)] == [sign_in.id]
    assert await desk.behaviour.acts(desk.user, result=ActResult.FAILED, limit=10) == []


async def test_a_first_device_and_place_are_no_news_and_later_new_ones_are(desk: Desk) -> None:
    await desk.do()
    assert await desk.warned() == []
    desk.clock.move(days=2)
    await desk.do(device_id="dev_2")
    await desk.do(device_id="dev_2")
    assert await desk.warned() == [({Reason.NEW_DEVICE}, Follows.WARN)]
    desk.clock.move(days=2)
    await desk.do(address=HONGKONG)
    assert (await desk.warned())[1:] == [({Reason.NEW_PLACE}, Follows.WARN)]


async def test_a_sign_in_from_afar_a_minute_later_on_a_new_device_restricts(desk: Desk) -> None:
    await desk.do()
    found = await desk.behaviour.assess(desk.act(address=NEW_YORK, device_id="dev_2"))
    assert (found.score, found.follows) == (100, Follows.RESTRICT)
    assert await desk.warned() == []

    await desk.do(address=NEW_YORK, device_id="dev_2")
    reasons = {Reason.NEW_PLACE, Reason.NEW_DEVICE, Reason.IMPOSSIBLE_TRAVEL}
    assert await desk.warned() == [(reasons, Follows.RESTRICT)]
    [fact] = await desk.facts()
    assert (fact["type"], fact["object_id"], fact["follows"]) == (
        "behaviour.unusual_act",
        desk.user,
        "restrict",
    )
    assert (fact["place"], fact["kind"]) == ("US", "sign_in")


async def test_what_failed_makes_no_place_known_and_many_failures_warn_once(desk: Desk) -> None:
    await desk.do()
    for _ in range(7):
        await desk.do(result=ActResult.FAILED, address=NEW_YORK, device_id=None)
    assert await desk.warned() == [({Reason.MANY_FAILURES}, Follows.WARN)]
    desk.clock.move(days=1)
    await desk.do(address=NEW_YORK)
    assert (await desk.warned())[1:] == [({Reason.NEW_PLACE}, Follows.WARN)]


async def test_an_amount_is_measured_by_the_habits_that_the_night_has_counted(desk: Desk) -> None:
    await desk.pay(12, 300)
    desk.clock.move(days=1)
    await desk.do(ActKind.PAYMENT, 5_000, counterparty="mer_1")
    assert await desk.warned() == []
    desk.clock.move(days=60)
    await desk.pay(1, 300)
    assert await desk.behaviour.count_habits() == 1
    habits = await desk.behaviour.habits(desk.user)
    assert habits is not None
    assert habits.amounts["CNY"].high_minor == 500_000
    assert habits.amounts["CNY"].mean_minor == (13 * 30_000 + 500_000) // 14
    assert (sum(habits.hours), habits.places, habits.payee_count) == (14, ("CN",), 1)

    await desk.do(ActKind.TRANSFER, 24_999, counterparty="mer_1")
    assert await desk.warned() == []
    await desk.do(ActKind.TRANSFER, 25_000, counterparty="mer_1")
    assert await desk.warned() == [({Reason.AMOUNT_FAR_ABOVE_HABIT}, Follows.WARN)]


async def test_a_burst_and_many_new_payees_are_found_also_within_one_batch(desk: Desk) -> None:
    acts = []
    for number in range(12):
        acts.append(desk.act(ActKind.TRANSFER, 1, counterparty=f"usr_{number}"))
        desk.clock.move(seconds=5)
    await desk.record(*acts)
    assert await desk.warned() == [
        ({Reason.MANY_NEW_PAYEES}, Follows.ASK_MORE),
        ({Reason.MANY_NEW_PAYEES, Reason.MANY_IN_SHORT_TIME}, Follows.ASK_MORE),
    ]
    async with desk.database.transaction() as tx:
        assert await desk.behaviour.asks_more(tx, [desk.user, "usr_other"]) == {desk.user}
    desk.clock.move(hours=25)
    async with desk.database.transaction() as tx:
        assert await desk.behaviour.asks_more(tx, [desk.user]) == frozenset()


async def test_payees_of_the_past_are_not_new_ones(desk: Desk) -> None:
    for number in range(10):
        await desk.do(ActKind.TRANSFER, 1, counterparty=f"usr_{number}")
        desk.clock.move(days=1)
    assert await desk.warned() == []
    for number in range(10):
        await desk.do(ActKind.TRANSFER, 1, counterparty=f"usr_{number}")
        desk.clock.move(minutes=10)
    assert await desk.warned() == []


async def test_a_user_says_that_it_was_not_them_and_that_stays_said(desk: Desk) -> None:
    await desk.do()
    await desk.do(device_id="dev_2")
    await desk.warned()
    [warning] = await desk.behaviour.warnings(user_id=desk.user, limit=5)

    async def answer(*, mine: bool, user_id: str = desk.user) -> None:
        command = AnswerWarning(warning_id=warning.id, user_id=user_id, mine=mine)
        async with desk.database.transaction() as tx:
            await desk.behaviour.answer_warning(tx, command)

    with pytest.raises(NoSuchWarning):
        await answer(mine=False, user_id=new_id("usr"))
    await answer(mine=True)
    await answer(mine=False)
    await answer(mine=False)
    with pytest.raises(AlreadyDisowned):
        await answer(mine=True)
    told = [fact["mine"] for fact in await desk.facts() if fact["type"] == "behaviour.warning_answered"]
    assert told == [True, False]
    [warning] = await desk.behaviour.warnings(user_id=desk.user, limit=5)
    assert (warning.mine, warning.answered_at) == (False, desk.clock.now())


async def test_what_is_old_is_forgotten_first_from_where_then_all(desk: Desk) -> None:
    await desk.do()
    desk.clock.move(days=201)
    await desk.do()
    await desk.behaviour.forget_old()
    new, old = await desk.behaviour.acts(desk.user, limit=5)
    assert (new.address, new.device_id) == (SHANGHAI, "dev_1")
    assert (old.address, old.device_id, old.place) == (None, None, "CN")
    desk.clock.move(days=1_000)
    await desk.behaviour.forget_old()
    assert [each.id for each in await desk.behaviour.acts(desk.user, limit=5)] == [new.id]
    async with desk.database.transaction() as tx:
        await desk.behaviour.forget(tx, [desk.user])
    [left] = await desk.behaviour.acts(desk.user, limit=5)
    assert (left.address, left.place, left.browser, left.kind) == (None, None, None, ActKind.SIGN_IN)


async def test_a_look_that_is_interrupted_is_made_again_and_warns_once(desk: Desk) -> None:
    await desk.do()
    await desk.do(device_id="dev_2")
    blind = Behaviour(desk.database, desk.clock, DatedRules(desk.database, shipped_rules("identity")))
    with pytest.raises(LookupError):
        await blind.look()
    assert await desk.behaviour.look() == 2
    assert await desk.behaviour.look() == 0
    desk.clock.move(hours=1)
    assert len(await desk.warned()) == 1
