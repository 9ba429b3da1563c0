"""Do the books agree with a ledger of two screens, whatever is asked of them, in whatever order?"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tael.app.house import House
from tael.foundation.calls import Caller
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger import store
from tael.ledger.api import AccountChange, Ledger
from tael.ledger.model import AccountSpec, JournalEntry, number_at
from tael.ledger.usecases.post import book
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.ledger_model import Answer, ModelLedger, Sums, answer_of
from tael.testing.ledger_requests import WORLD, Requests
from tests.property.books_in_memory import BooksInMemory

T = TypeVar("T")
Name = tuple[str, str]

RUNS = itertools.count(1)
BEGIN = datetime(2001, 1, 1, tzinfo=UTC)
"""Each run begins days after the one before, so that what one closes is no longer of interest to the next."""
dice = st.randoms(use_true_random=True)


class Asked(RuleBasedStateMachine):
    """The real ledger beside the model: both are asked the same, both have to answer the same."""

    steps: ClassVar[int] = 0
    most: ClassVar[int] = 6

    @initialize(dice=dice)
    def open_accounts(self, dice: random.Random) -> None:
        number = next(RUNS)
        name = f"{number}:"
        self.clock = ManualClock(BEGIN + number * timedelta(days=9))
        self.world = [msgspec.structs.replace(spec, code=name + spec.code) for spec in WORLD]
        self.requests = Requests(dice, self.clock.now, world=self.world, name=name)
        self.model = ModelLedger(self.world)
        self.open(self.world)

    @rule()
    def post_one(self) -> None:
        self._compare([self.requests.entry()])

    @rule()
    def post_some(self) -> None:
        self._compare(self.requests.batch(3))

    @rule()
    def post_many(self) -> None:
        self._compare(self.requests.batch(self.most))

    @rule()
    def post_in_two_batches(self) -> None:
        self._compare(self.requests.batch(2))
        self._compare(self.requests.batch(2))

    @precondition(lambda self: self.model.written)
    @rule(dice=dice)
    def post_again(self, dice: random.Random) -> None:
        written = dice.choice(self.model.written)
        self._compare([written.entry, written.entry])

    @precondition(lambda self: self.model.open_holds())
    @rule(dice=dice)
    def end_twice(self, dice: random.Random) -> None:
        """Two in one batch end the same hold: the first is served."""
        ends = dice.choice(self.model.open_holds())
        both = [entry for entry in (self.requests.entry() for _ in range(6)) if entry.phase.ends_a_hold][:2]
        self._compare([msgspec.structs.replace(entry, ends=ends) for entry in both])

    @rule(seconds=st.sampled_from([1, 60, 599, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.clock.move(seconds=seconds)

    @rule()
    def change_an_account(self) -> None:
        change = self.requests.change()
        assert self.change(change) == changed(self.model, change)

    @precondition(lambda self: len(self.model.written) % 7 == 3)
    @rule(hours=st.sampled_from([2, 24]))
    def close_a_period(self, hours: int) -> None:
        until = self.clock.now() - timedelta(hours=hours)
        if self.model.closed_until is None or until > self.model.closed_until:
            self.model.closed_until = until
            self.close_period(until)

    @rule()
    def post_and_die(self) -> None:
        self.die(self.requests.batch(self.most))

    @invariant()
    def sums_are_those_of_the_model(self) -> None:
        type(self).steps += 1
        if self.steps % 5 == 0:
            assert self.sums() == {spec.name: self.model.sums(spec.name) for spec in self.world}

    def _compare(self, batch: Sequence[JournalEntry]) -> None:
        if not batch:
            return
        first_no, answers = self.ask(batch)
        expected = self.model.post(batch, first_no)
        self.requests.booked += [
            entry for entry, answer in zip(batch, answers, strict=True) if not answer.refused
        ]
        assert answers == expected, [
            (entry, said, meant)
            for entry, said, meant in zip(batch, answers, expected, strict=True)
            if said != meant
        ]

    # ── What kinds of books do in their own way ───────────────────────────────────────────────────────

    def open(self, specs: Sequence[AccountSpec]) -> None:
        raise NotImplementedError

    def ask(self, batch: Sequence[JournalEntry]) -> tuple[int, list[Answer]]:
        """The first number and the answers."""
        raise NotImplementedError

    def change(self, change: AccountChange) -> str:
        """Why not, or nothing."""
        raise NotImplementedError

    def close_period(self, until: datetime) -> None:
        raise NotImplementedError

    def die(self, batch: Sequence[JournalEntry]) -> None:
        """Post in a transaction that is rolled back."""
        raise NotImplementedError

    def sums(self) -> Mapping[Name, Sums]:
        raise NotImplementedError


def changed(model: ModelLedger, change: AccountChange) -> str:
    name = (change.code, change.currency)
    if change.limit is not None:
        return model.limit(name, change.limit)
    return model.close(name) if change.close or change.frozen is None else model.freeze(name, change.frozen)


class AskedInMemory(Asked):
    """The decisions themselves, over amounts in memory."""

    def open(self, specs: Sequence[AccountSpec]) -> None:
        self.books = BooksInMemory(specs)

    def ask(self, batch: Sequence[JournalEntry]) -> tuple[int, list[Answer]]:
        return self.books.post(batch, self.clock.now())

    def change(self, change: AccountChange) -> str:
        return self.books.change(change, self.clock.now())

    def close_period(self, until: datetime) -> None:
        self.books.closed_until = until

    def die(self, batch: Sequence[JournalEntry]) -> None:
        self.books.copy().post(batch, self.clock.now())

    def sums(self) -> Mapping[Name, Sums]:
        return self.books.sums()


class AskedInDatabase(Asked):
    """The whole ledger over PostgreSQL."""

    house: House
    loop: asyncio.AbstractEventLoop
    most = 8

    def open(self, specs: Sequence[AccountSpec]) -> None:
        self.ledger = Ledger(self.clock)
        self.cache = store.AccountCache()
        self._run(lambda tx: self.ledger.open_accounts(tx, specs))

    def ask(self, batch: Sequence[JournalEntry]) -> tuple[int, list[Answer]]:
        """The first number is that of an entry written now, less its place; if none was written, no number matters."""

        async def work(tx: Transaction) -> tuple[int, list[Answer]]:
            before = await store.draw_numbers(tx, 1, now_us=number_at(self.clock.now()))
            verdicts = await book(tx, batch, cache=self.cache, now=self.clock.now())
            return before + 1, [answer_of(verdict) for verdict in verdicts]

        return self._run(work)

    def change(self, change: AccountChange) -> str:
        [answer] = self._run(lambda tx: self.ledger.change_accounts(tx, [change]))
        return answer.code if isinstance(answer, Refusal) else ""

    def close_period(self, until: datetime) -> None:
        caller = Caller(owner="books", actor="test")
        self._run(lambda tx: self.ledger.close_period(tx, until, caller=caller))

    def die(self, batch: Sequence[JournalEntry]) -> None:
        async def work(tx: Transaction) -> None:
            await self.ledger.post(tx, batch)
            raise _Interrupted

        with pytest.raises(_Interrupted):
            self._run(work)

    def sums(self) -> Mapping[Name, Sums]:
        async def work(tx: Transaction) -> dict[Name, Sums]:
            accounts = await self.cache.refresh(tx, [spec.name for spec in self.world])
            names = {account.no: name for name, account in accounts.items()}
            return {
                names[each.account_no]: Sums(
                    each.balance_minor, each.held_debits_minor, each.held_credits_minor, each.dated_minor
                )
                for each in await store.lock_balances(tx, list(names))
            }

        return self._run(work)

    def _run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async def run() -> T:
            async with self.house.database.transaction() as tx:
                return await work(tx)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(timeout=30)


class _Interrupted(Exception):
    """What a transaction dies of."""


def effort(*, runs: int, steps: int) -> settings:
    return settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


def test_r5_the_decisions_answer_as_the_model_does_through_3000_steps() -> None:
    ask_in_memory(steps=3_000)


@pytest.mark.drill
def test_r5_the_decisions_answer_as_the_model_does_through_20000_steps() -> None:
    ask_in_memory(steps=20_000)


def ask_in_memory(*, steps: int) -> None:
    AskedInMemory.steps = 0
    while AskedInMemory.steps < steps:
        run_state_machine_as_test(AskedInMemory, settings=effort(runs=50, steps=55))


async def test_r5_the_books_answer_as_the_model_does_and_verify_at_the_end(house: House) -> None:
    await ask_the_database(house, runs=6, steps=50)


@pytest.mark.drill
async def test_r5_the_books_answer_as_the_model_does_through_20000_steps(house: House) -> None:
    assert await ask_the_database(house, runs=470, steps=55) >= 20_000


async def ask_the_database(house: House, *, runs: int, steps: int) -> int:
    """How many steps were made; the books verify after them."""

    class TheseBooks(AskedInDatabase):
        steps = 0

    TheseBooks.house, TheseBooks.loop = house, asyncio.get_running_loop()
    await asyncio.to_thread(run_state_machine_as_test, TheseBooks, settings=effort(runs=runs, steps=steps))

    assert await faults_in_books(house) == []
    async with house.database.transaction() as tx:
        assert (await house.ledger.size(tx)).entries > 10 * runs, "the machine has hardly done anything"
    return TheseBooks.steps
