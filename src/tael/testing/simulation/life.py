"""Who asks for what, and who dies? Processes with clocks that differ, callers who ask again, a hundred operations."""

import asyncio
import contextlib
import contextvars
import random
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tael.foundation.calls import Caller
from tael.foundation.config import Settings
from tael.foundation.db import CommitUnknown, ConnectionLost, Contention, Transaction
from tael.foundation.errors import Refusal, Unavailable, Uncertain
from tael.ledger.api import AccountChange, Books, Ledger, Receipt
from tael.ledger.errors import ClosedFurther, PeriodNotOver
from tael.ledger.model import Booked, JournalEntry, Phase
from tael.testing.clocks import ManualClock
from tael.testing.ledger_model import Answer, answer_of
from tael.testing.ledger_requests import WORLD, Requests
from tael.testing.simulation.loop import GROUP, SeededLoop
from tael.testing.simulation.server import PEACE, Server, SimulatedDatabase, SimulatedTransaction

T = TypeVar("T")
_AUDITOR = Caller(owner="books", actor="auditor")
_PATIENCE = 6
"""How often a caller asks again."""


class Decision(msgspec.Struct, frozen=True):
    """What the ledger answered inside a transaction, whatever became of it."""

    after_commits: int
    first_no: int
    entries: Sequence[JournalEntry]
    answers: Sequence[Answer]


class _SkewedClock:
    """A machine's clock, which is a little off."""

    def __init__(self, base: ManualClock, skew: timedelta) -> None:
        self._base = base
        self._skew = skew

    def now(self) -> datetime:
        return self._base.now() + self._skew


class _WatchedLedger(Ledger):
    """The ledger of a process; what it decides is written down."""

    def __init__(self, clock: _SkewedClock, decisions: list[Decision]) -> None:
        super().__init__(clock)
        self._decisions = decisions

    async def post(self, tx: Transaction, entries: Sequence[JournalEntry]) -> list[Booked | Refusal]:
        return self._written(tx, entries, await super().post(tx, entries))

    async def book(self, tx: Transaction, entries: Sequence[JournalEntry]) -> list[Receipt | Refusal]:
        return self._written(tx, entries, await super().book(tx, entries))

    def _written(self, tx: Transaction, entries: Sequence[JournalEntry], answers: list[T]) -> list[T]:
        assert isinstance(tx, SimulatedTransaction)
        given = [answer_of(answer) for answer in answers]  # type: ignore[arg-type]
        self._decisions.append(Decision(tx.looked_at, tx.first_no, entries, given))
        return answers


class Process:
    """A program that runs, until it dies: a ledger, its lane, and calls that wait for answers."""

    def __init__(self, life: "Life", number: int) -> None:
        self._life = life
        self.name = f"process {number}"
        self.is_alive = True
        self.database = SimulatedDatabase(life.server, self.name)
        skew = timedelta(milliseconds=life.dice.choice([0, 0, -1500, 700, 3000]))
        self.ledger = _WatchedLedger(_SkewedClock(life.clock, skew), life.decisions)
        settings = Settings(home=Path(), lane_batch_limit=life.dice.choice([2, 5, 16]), lane_parallel=2)
        self.books = Books(self.database, self.ledger, settings)
        self._inside(self.books.start)

    def do(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Work that ends with the process."""
        task: asyncio.Task[T] = self._inside(lambda: asyncio.get_running_loop().create_task(work))
        return task

    def die(self) -> None:
        """Everything stops in the middle of what it was doing."""
        self.is_alive = False
        self._life.server.note(self.name, "dies")
        self._life.server.crash(self.name)
        self._life.loop.kill(self.name)

    def _inside(self, call: Any) -> Any:
        context = contextvars.copy_context()
        context.run(GROUP.set, self.name)
        return context.run(call)

    async def change(self, change: AccountChange, *, is_taken_back: bool) -> None:
        """Change an account in a transaction that commits, or that its owner rolls back."""
        with contextlib.suppress(_ChangedItsMind):
            async with self.database.transaction() as tx:
                await self.ledger.change_accounts(tx, [change])
                if is_taken_back:
                    raise _ChangedItsMind


class _ChangedItsMind(Exception):
    """Why a caller rolls back."""


class Life:
    """One run: a server, some processes, and what their callers were told."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed)
        self.loop = SeededLoop(self.dice)
        self.clock = ManualClock()
        self.server = Server(self.dice)
        self.requests = Requests(self.dice, self.clock.now)
        self.decisions: list[Decision] = []
        self.acknowledged: dict[str, tuple[JournalEntry, int]] = {}
        """What callers were told is booked: under which number."""
        self.unanswered: dict[str, JournalEntry] = {}
        """Of what callers do not know whether it is booked."""
        self.deaths = 0
        self._processes: list[Process] = []
        self._born = 0

    def live(self, operations: int) -> None:
        """Let it all happen, then let everybody who got no answer ask once more, in peace."""
        self.loop.run(self._live(operations))

    async def _live(self, operations: int) -> None:
        self.server.odds, troubled = PEACE, self.server.odds
        for _ in range(3):
            self._start_process()
        first = self._processes[0]
        async with first.database.transaction() as tx:
            await first.ledger.open_accounts(tx, WORLD)
        self.server.odds = troubled
        callers: list[asyncio.Task[None]] = []
        for _ in range(operations):
            callers.append(asyncio.get_running_loop().create_task(self._operate()))
            pause = self.dice.choice([0, 0, 0.002, 0.02, 0.2])
            await asyncio.sleep(pause)
        await asyncio.gather(*callers)
        self.server.odds = PEACE
        await self._ask_for_what_is_not_known()

    def _start_process(self) -> None:
        self._born += 1
        self._processes.append(Process(self, self._born))

    def _somebody(self) -> Process:
        return self.dice.choice(self._processes)

    # ── Operations ────────────────────────────────────────────────────────────────────────────────────

    async def _operate(self) -> None:
        often = {self._one: 50, self._some_at_once: 10, self._group: 12, self._rivals: 8}
        seldom = {self._change: 6, self._sweep: 6, self._wait: 6, self._kill: 2, self._close: 2}
        odds = often | seldom
        await self.dice.choices(list(odds), list(odds.values()))[0]()

    async def _one(self) -> None:
        await self._ask(self.requests.entry())

    async def _some_at_once(self) -> None:
        """They come in few batches, now and then with one among them on which the program breaks."""
        poisoned = [self._poison()] if self.dice.random() < 0.15 else []
        wanted = [self._ask(self.requests.entry()) for _ in range(self.dice.randint(2, 6))]
        await asyncio.gather(*wanted, *poisoned)

    async def _poison(self) -> None:
        """A bug's victim: it alone fails, and harms none of its neighbours."""
        broken = msgspec.structs.replace(self.requests.entry(), id="poison", postings=None)
        with contextlib.suppress(TypeError):
            assert await self._answer_of(lambda process: process.books.post(broken)) is None

    async def _group(self) -> None:
        """Several in a transaction of their own; some stand or fall together."""
        entries = self.requests.batch(5)
        for _ in range(_PATIENCE):
            answers = await self._answer_of(lambda process: process.books.post_together(entries))
            if answers is not None:
                for entry, answer in zip(entries, answers, strict=True):
                    self._hear(entry, answer)
                return
        self.unanswered |= {entry.id: entry for entry in entries if not entry.linked}

    async def _rivals(self) -> None:
        """Several want to end the same hold, or bring the same entry, or end what is only just being booked, at once."""
        entry = self.requests.entry()
        pending = [each for each in self.requests.booked if each.phase is Phase.PENDING]
        how = self.dice.random()
        if pending and how < 0.5:
            target = self.dice.choice(pending[-6:])
            phases = [Phase.POST, Phase.VOID, Phase.POST]
            entries = [_end_of(target, f"{entry.id}.{no}", phase) for no, phase in enumerate(phases)]
        elif entry.phase is Phase.PENDING:
            entries = [entry, _end_of(entry, f"{entry.id}.end", self.dice.choice([Phase.POST, Phase.VOID]))]
        else:
            entries = [entry] * 3
        await asyncio.gather(*[self._ask(each) for each in entries])

    async def _change(self) -> None:
        """One change, or one that never was followed by another of the same account."""
        change = self.requests.change()
        if self.dice.random() < 0.3:
            await self._answer_of(lambda process: process.change(change, is_taken_back=True))
            other = self.requests.change()
            change = msgspec.structs.replace(other, code=change.code, currency=change.currency)
        await self._answer_of(lambda process: process.change(change, is_taken_back=False))

    async def _close(self) -> None:
        until = self.clock.now() - timedelta(hours=self.dice.choice([1, 4, 20]))
        with contextlib.suppress(ClosedFurther, PeriodNotOver):
            await self._answer_of(lambda process: process.books.close_period(until, caller=_AUDITOR))

    async def _sweep(self) -> None:
        await self._answer_of(lambda process: process.books.expire_due())

    async def _wait(self) -> None:
        self.clock.move(seconds=self.dice.choice([1, 2, 60, 700]))

    async def _kill(self) -> None:
        """One process dies, and another is started in its place."""
        victim = self._somebody()
        self.deaths += 1
        victim.die()
        self._processes.remove(victim)
        self._start_process()

    # ── Callers ───────────────────────────────────────────────────────────────────────────────────────

    async def _ask(self, entry: JournalEntry) -> None:
        """Ask until there is an answer, or patience ends."""
        for _ in range(self.dice.randint(1, _PATIENCE)):
            try:
                answer = await self._answer_of(lambda process: process.books.post(entry))
            except Refusal as refusal:
                answer = refusal
            if answer is not None:
                self._hear(entry, answer)
                return
        self.unanswered[entry.id] = entry

    async def _answer_of(self, call: Any) -> Any:
        """What somebody answers; nothing if nobody does, or nobody knows."""
        process = self._somebody()
        task = process.do(call(process))
        try:
            return await task
        except (CommitUnknown, ConnectionLost, Contention, Uncertain, Unavailable):
            await asyncio.sleep(self.dice.random())
            return None
        except asyncio.CancelledError:
            assert not process.is_alive, "only the dead do not answer"
            return None

    def _hear(self, entry: JournalEntry, answer: Booked | Refusal) -> None:
        said = answer_of(answer)
        self.server.note(entry.id, said.no, said.refused)
        if said.no is None:
            return
        told = self.acknowledged.setdefault(entry.id, (entry, said.no))
        assert told[1] == said.no, f"{entry.id} was booked as {told[1]}, then as {said.no}"
        self.requests.booked.append(entry)

    async def _ask_for_what_is_not_known(self) -> None:
        """Of an entry that was booked the same receipt comes twice; one that was not is booked now, or never."""
        process = self._somebody()
        for entry in list(self.unanswered.values()):
            booked = self.server.tables["entry_ids"].get((entry.id,))
            [one, other] = [(await process.books.post_together([entry]))[0] for _ in range(2)]
            assert answer_of(one) == answer_of(other)
            if booked is not None:
                assert answer_of(one).no in (booked["no"], None)
                assert answer_of(one).refused in ("", "ledger.entry_id_reused")
            self._hear(entry, one)


def _end_of(pending: JournalEntry, id: str, phase: Phase) -> JournalEntry:
    return JournalEntry(id=id, kind="end", reference="r", phase=phase, ends=pending.id)
