"""Limits on the real database: exact over random histories, at midnight, at the turn of the year, and with 64 at once."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.foundation.dated_rules import shipped_rules
from tael.foundation.errors import Refusal
from tael.identity.model import DayOf, StepUpRule, Strength
from tael.standing.model import AccountClasses, PersonalLimit, PersonalLimits, Presence
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets import store
from tael.wallets.model import CounterKey, CounterKind, SpendingKind, Transfer, Used
from tael.wallets.rules import limits
from tests.integration.spendings import DONE, bring_back, lower, pay_out, recall, send
from tests.integration.wallets_scene import SOURCES, Person, Scene, id_of, wallets_scene
from tests.property.limits_by_hand import Done, Model

CLASSES = msgspec.convert(
    {each.name: each.value for each in shipped_rules("standing").versions}["standing.account_classes"],
    AccountClasses,
)
USUAL = msgspec.convert(
    {each.name: each.value for each in shipped_rules("standing").versions}["standing.personal_limits"],
    PersonalLimits,
)
DAY: DayOf = msgspec.convert(
    {each.name: each.value for each in shipped_rules("identity").versions}["identity.step_up"], StepUpRule
).days["CNY"]
TODAY = limits.end_of_day(SystemClock().now())
"""The ledger has room for what happens from now on."""
RICH = 50_000_000
TOO_MUCH, CONFIRM = "wallets.limit_reached", "wallets.confirmation_missing"


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        wallets_scene(urls, tmp_path_factory.mktemp("limits"), ManualClock(TODAY)) as opened,
    ):
        yield opened
        assert not await faults_in_books(opened.house)


async def move_to(scene: Scene, moment: datetime) -> None:
    cast(ManualClock, scene.clock).move(seconds=(moment - scene.clock.now()).total_seconds())
    await scene.house.books.make_months()


def last_moment(of_day: datetime) -> datetime:
    """23:59:59.999 in China."""
    return limits.end_of_day(of_day) - timedelta(milliseconds=1)


async def used(scene: Scene, who: Person) -> Mapping[str, int]:
    return {limit.name: limit.used for limit in await scene.wallets.limits(who.user_id)}


class History:
    """One user's days, as the platform and the model see them."""

    def __init__(self, scene: Scene, who: Person, other: Person, seed: int) -> None:
        self.scene, self.who, self.other = scene, who, other
        self.dice = random.Random(seed)
        self.model = Model(CLASSES.one, USUAL.default, DAY)
        self.on_their_way: list[tuple[str, Done]] = []
        self.seen: Counter[str] = Counter()

    async def live(self, steps: int) -> None:
        for _ in range(steps):
            await self.dice.choices([self.act, self.wait, self.back, self.agree], weights=[24, 2, 3, 2])[0]()

    async def act(self) -> None:
        minor = self.dice.choice([1, 999, 5_000, 10_000, 20_000])
        kind = self.dice.choice([SpendingKind.TRANSFER, *SpendingKind])
        new = Done(kind, minor, Strength.NONE, static=False, at=self.scene.clock.now())
        weak = sum(each.minor for each in self.model.book if each.day == new.day)
        if weak + minor > DAY.weak_minor:
            new.strength = Strength.TWO
        fits = self.model.fits(new)
        expected = TOO_MUCH if not fits else DONE if new.strength is Strength.NONE else CONFIRM
        assert await self.do(new) == expected
        self.seen[expected] += 1
        if expected == DONE:
            self.model.book.append(new)

    async def do(self, new: Done) -> str:
        if new.kind is not SpendingKind.TRANSFER:
            return await pay_out(self.scene, self.who, new.kind, new.minor)
        if self.dice.random() < 0.5:
            return await send(self.scene, self.who, self.other, new.minor)
        answer = await self.scene.send(self.who, self.other, new.minor, delay_hours=24)
        if answer.status == 201:
            self.on_their_way.append((id_of(answer), new))
            return DONE
        return str(msgspec.json.decode(answer.body)["code"])

    async def wait(self) -> None:
        now = self.scene.clock.now()
        days = self.dice.choice([0, 0, 1, 40])
        await move_to(
            self.scene, last_moment(now + timedelta(days=days)) + self.dice.choice([timedelta(0), MOMENT])
        )

    async def back(self) -> None:
        """The last delayed transfer is recalled, or a payment or withdrawal comes back."""
        now = self.scene.clock.now()
        fresh = [(id, done) for id, done in self.on_their_way if now - done.at < timedelta(hours=24)]
        if fresh and self.dice.random() < 0.7:
            id, done = self.dice.choice(fresh)
            await recall(self.scene, self.who, id)
            self.on_their_way.remove((id, done))
        else:
            out = [each for each in self.model.book if each.kind is not SpendingKind.TRANSFER]
            if not out:
                return
            done = self.dice.choice(out)
            await bring_back(self.scene, self.who, done)
        self.model.book.remove(done)

    async def agree(self) -> None:
        limit = self.dice.choice([*PersonalLimit])
        most = (
            self.dice.choice([3, 10])
            if limit is PersonalLimit.TRANSFERS_DAY
            else self.dice.randint(1, 9) * 9_000
        )
        if most < self.model.agreed[limit]:
            await lower(self.scene, self.who, limit, most)
            self.model.agreed[limit] = most

    async def rise(self) -> None:
        """More sources know who it is: another class."""
        standing = self.scene.house.people.standing
        async with self.scene.house.database.transaction() as tx:
            for source in SOURCES[:3]:
                now = self.scene.clock.now()
                await standing.record_evidence(tx, self.who.user_id, source, Presence.REMOTE, now)
        self.model.of_class = CLASSES.two


MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize("seed", range(4))
async def test_no_limit_is_passed_and_nothing_that_fits_is_refused_over_a_random_history(
    scene: Scene, seed: int
) -> None:
    who = await scene.person(RICH, sources=1)
    history = History(scene, who, await scene.person(), seed)
    await history.live(40)
    if seed % 2:
        await history.rise()
    await history.live(40)
    shown, now = await used(scene, who), scene.clock.now()
    today = [each for each in history.model.book if each.day == Done(*_NOTHING, static=False, at=now).day]
    assert shown["weak_day"] == sum(each.minor for each in today)
    assert shown["transfers_day"] == sum(each.kind is SpendingKind.TRANSFER for each in today)
    assert history.seen[DONE] > 10
    assert history.seen[TOO_MUCH]


_NOTHING = (SpendingKind.PAYMENT, 0, Strength.NONE)


async def test_what_was_used_up_at_the_last_moment_of_a_day_is_free_at_midnight_in_china(
    scene: Scene,
) -> None:
    who, other = await scene.persons(2, RICH)
    await lower(scene, who, PersonalLimit.TRANSFER_DAY, 1_000)
    await move_to(scene, last_moment(scene.clock.now() + timedelta(days=1)))
    assert await send(scene, who, other, 1_000) == DONE
    assert await send(scene, who, other, 1) == TOO_MUCH
    cast(ManualClock, scene.clock).move(milliseconds=1)
    assert (await used(scene, who))["transfer_day"] == 0
    assert await send(scene, who, other, 1_000) == DONE
    assert await send(scene, who, other, 1) == TOO_MUCH


async def test_the_years_limit_turns_with_the_year_in_china_and_the_one_for_life_never(scene: Scene) -> None:
    yearly, other = await scene.persons(2, RICH)
    for_life = await scene.person(RICH, sources=1)
    year = int(limits.year_of(scene.clock.now())) + 1
    await move_to(scene, datetime(year, 12, 31, 15, 59, 59, 999_000, tzinfo=UTC))
    before = CounterKind.SPENT, str(year), "CNY"
    async with scene.house.database.transaction() as tx:
        await store.lock_wallets(tx, [yearly.user_id, for_life.user_id], now=scene.clock.now())
        counters = {CounterKey(yearly.user_id, *before): Used(CLASSES.two.limit_minor - 500, 9)}
        counters[CounterKey(for_life.user_id, *before)] = Used(CLASSES.one.limit_minor - 500, 9)
        await store.write_counters(tx, counters)
    for who in (yearly, for_life):
        assert await send(scene, who, other, 501) == TOO_MUCH
        assert await send(scene, who, other, 400) == DONE
    cast(ManualClock, scene.clock).move(milliseconds=1)
    assert await send(scene, yearly, other, 20_000) == DONE
    assert await send(scene, for_life, other, 101) == TOO_MUCH
    assert await send(scene, for_life, other, 100) == DONE


async def test_days_that_are_over_are_forgotten_and_years_never(scene: Scene) -> None:
    who, other = await scene.person(RICH, sources=1), await scene.person()
    assert await send(scene, who, other, 100) == DONE
    begin = scene.clock.now()
    for days, kept in ((7, True), (8, False)):
        await move_to(scene, begin + timedelta(days=days))
        assert await send(scene, who, other, 100) == DONE
        await scene.wallets.forget_counters()
        async with scene.house.database.transaction() as tx:
            periods = [limits.day_of(begin), limits.day_of(scene.clock.now())]
            found = await store.find_counters(tx, [who.user_id], periods=periods)
        assert {key.period for key in found} == {*periods[not kept :]}
    shown = await used(scene, who)
    assert (shown["transfer_day"], shown["spent_life"]) == (100, 300)


async def test_what_is_forgotten_bit_by_bit_is_all_forgotten_and_looked_at_once(scene: Scene) -> None:
    people = await scene.persons(5)
    day, kept = "2020-01-01", "2020-01-03"
    keys = [
        CounterKey(who.user_id, kind, period, "CNY")
        for who in people
        for period in (day, "2020-01-02", kept, "2020")
        for kind in (CounterKind.WEAK, CounterKind.TRANSFER)
    ]
    users = sorted(who.user_id for who in people)
    async with scene.house.database.transaction() as tx:
        await store.write_counters(tx, dict.fromkeys(keys, Used(1, 1)))
        begun: list[str] = []
        after: str | None = ""
        while after is not None:
            begun.append(after)
            after = await store.forget_counters(tx, before_day=kept, after=after, limit=3)
        left = await store.find_counters(tx, users, periods=[day, "2020-01-02", kept, "2020"])
    assert begun == sorted(begun)
    assert {key.period for key in left} == {kept, "2020"}
    assert len(left) == 5 * 2 * 2


async def test_of_sixty_four_transfers_at_once_exactly_those_pass_that_fit(scene: Scene) -> None:
    amount, number = await scene.persons(2, RICH)
    other = await scene.person()
    await lower(scene, amount, PersonalLimit.TRANSFER_DAY, 2_099)
    await lower(scene, number, PersonalLimit.TRANSFERS_DAY, 13)
    for who, fit in ((amount, 20), (number, 13)):
        codes = Counter(await asyncio.gather(*(send(scene, who, other, 100) for _ in range(64))))
        assert codes == {DONE: fit, TOO_MUCH: 64 - fit}


async def test_transfers_payments_and_withdrawals_at_once_share_what_they_count_in(scene: Scene) -> None:
    """Weakly confirmed: all three count, up to 1,000 yuan. For life: all but the withdrawals, up to as much."""
    who, other = await scene.person(RICH), await scene.person()
    acts = [send(scene, who, other, 2_000) for _ in range(22)]
    for kind in (SpendingKind.PAYMENT, SpendingKind.WITHDRAWAL):
        acts += [pay_out(scene, who, kind, 2_000) for _ in range(21)]
    codes = Counter(await asyncio.gather(*acts))
    assert codes == {DONE: 50, CONFIRM: 14}
    assert (await used(scene, who))["weak_day"] == DAY.weak_minor

    first = await scene.person(RICH, sources=1)
    await pay_out(scene, first, SpendingKind.PAYMENT, 20_000)
    cast(ManualClock, scene.clock).move(days=1)
    acts = [send(scene, first, other, 2_000) for _ in range(32)]
    acts += [pay_out(scene, first, SpendingKind.PAYMENT, 2_000) for _ in range(32)]
    codes = Counter(await asyncio.gather(*acts))
    assert codes == {DONE: 40, TOO_MUCH: 24}
    assert (await used(scene, first))["spent_life"] == CLASSES.one.limit_minor
    assert await pay_out(scene, first, SpendingKind.WITHDRAWAL, 2_000) == DONE


@pytest.mark.parametrize("seed", range(6))
async def test_in_one_batch_nothing_passes_a_limit_or_the_balance_and_nothing_that_fits_is_refused(
    scene: Scene, seed: int
) -> None:
    dice = random.Random(seed)
    payers, payee = await scene.persons(4), await scene.person()
    most, start = 5_000, [dice.randint(1_000, 9_000) for _ in payers]
    for who, minor in zip(payers, start, strict=True):
        await lower(scene, who, PersonalLimit.TRANSFER_DAY, most)
        async with scene.house.database.transaction() as tx:
            await scene.give(tx, [who.user_id], minor)
    commands = [scene.call(dice.choice(payers), payee, dice.randint(1, 2_500)).command for _ in range(80)]
    async with scene.house.database.transaction() as tx:
        verdicts = await scene.wallets.send(tx, commands)
    for who, minor in zip(payers, start, strict=True):
        mine = [pair for pair in zip(commands, verdicts, strict=True) if pair[0].payer_id == who.user_id]
        went = sum(command.amount_minor for command, verdict in mine if isinstance(verdict, Transfer))
        assert went <= min(most, minor)
        assert await scene.available(who) == minor - went
        for command, verdict in mine:
            if isinstance(verdict, Refusal):
                left = {TOO_MUCH: most - went, "wallets.not_enough": minor - went}[verdict.code]
                assert command.amount_minor > left
