"""Do the books agree with a ledger of one page, whatever is asked of them, in whatever order?"""

import asyncio
import itertools
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
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
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.model import AccountClass, AccountSpec, Booked, JournalEntry, Posting
from tael.testing.books import faults_in_books
from tests.property.tiny_ledger import BOOKED, LARGEST, TinyLedger

T = TypeVar("T")

RUNS = itertools.count(1)
ACCOUNTS = [
    AccountSpec("bank", "CNY", AccountClass.ASSET),
    AccountSpec("bank", "USD", AccountClass.ASSET),
    AccountSpec("shop", "CNY", AccountClass.LIABILITY, 0),
    AccountSpec("shop", "USD", AccountClass.LIABILITY, 0),
    AccountSpec("vault", "CNY", AccountClass.ASSET, 0),
    AccountSpec("credit", "CNY", AccountClass.LIABILITY, -50),
]
NAMES = [account.name for account in ACCOUNTS]
NOT_OPEN = ("nowhere", "CNY")

small = st.integers(-120, 120).filter(bool)
amounts = st.one_of(small, small, small, st.sampled_from([0, LARGEST, -LARGEST, LARGEST - 50]))
transfers = st.builds(
    lambda name, to, minor: ((*name, minor), (to, name[1], -minor)),
    st.sampled_from(NAMES),
    st.sampled_from(["bank", "shop"]),
    amounts,
)
twice = st.builds(lambda one, other: one + other, transfers, transfers)
anything = st.lists(
    st.builds(lambda name, minor: (*name, minor), st.sampled_from([*NAMES, NOT_OPEN]), amounts), max_size=4
).map(tuple)
lines = st.sampled_from([transfers, transfers, transfers, twice, twice, anything]).flatmap(lambda kind: kind)
batches = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(["sale", "fee"]), lines), min_size=1, max_size=8
)


class _Interrupted(Exception):
    """What a transaction dies of."""


class Books(RuleBasedStateMachine):
    """The real books beside the model: both are asked the same, both have to answer the same."""

    house: House
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.run_no = next(RUNS)

    @initialize()
    def open_accounts(self) -> None:
        specs = [self._ours(account) for account in ACCOUNTS]
        self.model = TinyLedger({spec.name: spec for spec in specs})

        async def work(tx: Transaction) -> None:
            await self.house.ledger.open_accounts(tx, specs)

        self._in_transaction(work)

    @rule(batch=batches)
    def post(self, batch: Sequence[tuple[int, str, Any]]) -> None:
        entries = [self._entry(*each) for each in batch]

        async def work(tx: Transaction) -> list[Booked | Refusal]:
            return await self.house.ledger.post(tx, entries)

        answers = [
            type(answer).__name__ if isinstance(answer, Refusal) else BOOKED
            for answer in self._in_transaction(work)
        ]
        assert answers == [self.model.post(entry) for entry in entries]

    @precondition(lambda self: self.model.entries)
    @rule(data=st.data())
    def post_again(self, data: st.DataObject) -> None:
        entry = self.model.entries[data.draw(st.sampled_from(sorted(self.model.entries)))]

        async def work(tx: Transaction) -> list[Booked | Refusal]:
            return await self.house.ledger.post(tx, [entry, entry])

        receipts = self._in_transaction(work)
        assert receipts[0] == receipts[1]
        assert isinstance(receipts[0], Booked)

    @rule(batch=batches)
    def post_and_die(self, batch: Sequence[tuple[int, str, Any]]) -> None:
        entries = [self._entry(*each) for each in batch]

        async def work(tx: Transaction) -> None:
            await self.house.ledger.post(tx, entries)
            raise _Interrupted

        try:
            self._in_transaction(work)
        except _Interrupted:
            return
        raise AssertionError("the transaction did not die")

    @invariant()
    def balances_are_those_of_the_model(self) -> None:
        async def work(tx: Transaction) -> dict[tuple[str, str], int]:
            everything = await self.house.ledger.trial_balance(tx)
            return {
                (line.code, line.currency): line.balance_minor
                for line in everything
                if line.code.startswith(f"{self.run_no}:")
            }

        assert self._in_transaction(work) == self.model.balances

    def _entry(self, number: int, kind: str, wanted: Sequence[tuple[str, str, int]]) -> JournalEntry:
        return JournalEntry(
            id=f"{self.run_no}:{number}",
            kind=kind,
            reference="r",
            postings=tuple(
                Posting(f"{self.run_no}:{code}", currency, minor) for code, currency, minor in wanted
            ),
        )

    def _ours(self, account: AccountSpec) -> AccountSpec:
        return AccountSpec(
            f"{self.run_no}:{account.code}",
            account.currency,
            account.account_class,
            account.floor_minor,
        )

    def _in_transaction(self, work: Any) -> Any:
        async def run() -> Any:
            async with self.house.database.transaction() as tx:
                return await work(tx)

        return self._wait_for(run())

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)


async def test_the_books_answer_as_the_model_does_and_verify_at_the_end(house: House) -> None:
    class TheseBooks(Books):
        pass

    TheseBooks.house, TheseBooks.loop = house, asyncio.get_running_loop()
    effort = settings(
        max_examples=12,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )

    await asyncio.to_thread(run_state_machine_as_test, TheseBooks, settings=effort)

    assert await faults_in_books(house) == []
    async with house.database.transaction() as tx:
        assert (await house.ledger.size(tx)).entries > 100, "the machine has hardly done anything"
