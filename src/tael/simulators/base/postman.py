"""How are notices sent? Again and again on the channel's schedule, until the answer is what the channel wants to hear.

A channel hands in its `Delivery`: the waits, how a notice is written and signed at the moment of sending, and which
answer ends the repetitions. `speed` divides the waits, nothing else.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import aiohttp
import msgspec

from tael.foundation.clock import Clock
from tael.simulators.base.faults import NOTICE, STALE_BY, Fault, Faults
from tael.simulators.base.journal import Drawer, Journal
from tael.simulators.base.views import Attempt, NoticeView

AT_ONCE_AT_MOST = 64
TIMEOUT_SECONDS = 10
_LONGEST_ANSWER = 1024
_WRITTEN_WRONGLY = (
    Fault.WRONG_SIGNATURE,
    Fault.WRONG_AMOUNT,
    Fault.WRONG_MERCHANT,
    Fault.WRONG_ORDER,
)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as it goes out: what one try sends."""

    headers: Mapping[str, str]
    body: bytes


class Notice(msgspec.Struct, kw_only=True):
    """A notice and the tries to deliver it."""

    notice_id: str
    about: str
    """Our number of the order, payout or dispute that it tells of."""
    kind: str
    """In the channel's words: `TRADE_SUCCESS`."""
    url: str
    content: dict[str, Any]
    """What it tells, in whatever form the channel writes it from. JSON."""
    due_at: datetime
    attempts: list[Attempt] = []
    delivered: bool = False
    over: bool = False
    """Whether it is not sent again."""

    def view(self) -> NoticeView:
        """As the operator sees it."""
        return NoticeView(
            notice_id=self.notice_id, kind=self.kind, delivered=self.delivered, attempts=self.attempts
        )


class Delivery(Protocol):
    """What is the channel's own about its notices."""

    @property
    def waits(self) -> Sequence[timedelta]:
        """Between one try and the next; after the last one it is given up."""
        ...

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """The notice as it is sent `now`, signed; `wrong` are the `WRONG_…` faults that strike this time."""
        ...

    def accepted(self, status: int, body: bytes) -> bool:
        """Whether this answer ends the repetitions."""
        ...

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """Kinds and contents of older notices that come after this one if `OUT_OF_ORDER` strikes; may be none."""
        ...


class Postman:
    """Sends notices; each change of a notice is in the journal before anything follows from it."""

    def __init__(
        self,
        delivery: Delivery,
        *,
        clock: Clock,
        speed: float,
        faults: Faults,
        journal: Journal,
        new_id: Callable[[datetime], str],
    ) -> None:
        self._delivery = delivery
        self._clock = clock
        self._speed = speed
        self._faults = faults
        self._new_id = new_id
        self._drawer: Drawer[Notice] = journal.drawer("notice", Notice)
        self._about: dict[str, list[Notice]] = {}
        self._queue: list[tuple[datetime, int, Notice]] = []
        self._ticket = itertools.count()
        self._wake = asyncio.Event()
        self._turn = asyncio.Semaphore(AT_ONCE_AT_MOST)
        self._under_way: set[asyncio.Task[None]] = set()
        for notice in self._drawer.things.values():
            self._about.setdefault(notice.about, []).append(notice)
            if not notice.over:
                self._enqueue(notice)

    def __iter__(self) -> "itertools.chain[Notice]":
        """Every notice."""
        return itertools.chain.from_iterable(self._about.values())

    def about(self, number: str) -> Sequence[Notice]:
        """The notices about an order or payout, oldest first."""
        return self._about.get(number, ())

    def post(self, content: dict[str, Any], *, about: str, kind: str, url: str) -> None:
        """Take a notice to send; it is kept before this returns, and sent soon after. Without `url`, nothing."""
        if not url:
            return
        now = self._clock.now()
        late = self._faults.seconds_late(Fault.LATE_NOTICE, order=about, method=NOTICE)
        notice = Notice(
            notice_id=self._new_id(now),
            about=about,
            kind=kind,
            url=url,
            content=content,
            due_at=now + timedelta(seconds=late),
        )
        self._about.setdefault(about, []).append(notice)
        self._keep(notice)
        self._enqueue(notice)

    def bring_nearer(self, by: timedelta) -> None:
        """Let every waiting notice be due sooner, as if that time had passed."""
        waiting = [notice for _, _, notice in self._queue]
        self._queue.clear()
        for notice in waiting:
            notice.due_at -= by
            self._keep(notice)
            self._enqueue(notice)

    async def run(self) -> None:
        """Deliver what is due, until cancelled; tries under way are given up then."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(limit=AT_ONCE_AT_MOST)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            try:
                while True:
                    wait_seconds = self._send_what_is_due(session)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._wake.wait(), wait_seconds)
            finally:
                for task in self._under_way:
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    def _keep(self, notice: Notice) -> None:
        self._drawer.keep(notice.notice_id, notice)

    def _enqueue(self, notice: Notice) -> None:
        heapq.heappush(self._queue, (notice.due_at, next(self._ticket), notice))
        self._wake.set()

    def _send_what_is_due(self, session: aiohttp.ClientSession) -> float | None:
        """Start a try for each notice that is due; gives the seconds until the next one is."""
        self._wake.clear()
        now = self._clock.now()
        while self._queue and self._queue[0][0] <= now:
            notice = heapq.heappop(self._queue)[2]
            task = asyncio.create_task(self._attempt(session, notice))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return (self._queue[0][0] - now).total_seconds() if self._queue else None

    async def _attempt(self, session: aiohttp.ClientSession, notice: Notice) -> None:
        about = notice.about
        async with self._turn:
            await asyncio.sleep(self._faults.seconds_late(Fault.DELAY, order=about, method=NOTICE))
            dropped = self._faults.strikes(Fault.DROP_NOTICES, order=about, method=NOTICE)
            letter = None if dropped else self._letter(notice)
            accepted, heard = (
                (False, "dropped") if letter is None else await self._send(session, notice, letter)
            )
            if (
                accepted
                and letter
                and self._faults.strikes(Fault.REPLAYED_NOTICE, order=about, method=NOTICE)
            ):
                await self._send(session, notice, letter)
        now = self._clock.now()
        notice.attempts.append(Attempt(at=now, heard=heard))
        notice.delivered = notice.delivered or accepted
        waits = self._delivery.waits
        notice.over = notice.delivered or len(notice.attempts) > len(waits)
        if not notice.over:
            notice.due_at = now + waits[len(notice.attempts) - 1] / self._speed
            self._enqueue(notice)
        self._keep(notice)
        if accepted:
            self._repeat_or_confuse(notice, now=now)

    def _repeat_or_confuse(self, notice: Notice, *, now: datetime) -> None:
        """The faults that begin when a notice has been accepted."""
        if self._faults.strikes(Fault.DUPLICATE_NOTICE, order=notice.about, method=NOTICE):
            self._enqueue(notice)
        older = self._delivery.older(notice, now=now)
        if older and self._faults.strikes(Fault.OUT_OF_ORDER, order=notice.about, method=NOTICE):
            for kind, content in older:
                self.post(content, about=notice.about, kind=kind, url=notice.url)

    async def _send(self, session: aiohttp.ClientSession, notice: Notice, letter: Letter) -> tuple[bool, str]:
        """Send once; gives whether it was accepted, and what was heard: the answer, or why there was none."""
        try:
            async with session.post(
                notice.url, data=letter.body, headers=letter.headers, allow_redirects=False
            ) as answer:
                text = await answer.content.read(_LONGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
            return False, f"no answer: {type(problem).__name__}"
        return self._delivery.accepted(
            answer.status, text
        ), f"{answer.status} {text[:80].decode('utf-8', 'replace')}".strip()

    def _letter(self, notice: Notice) -> Letter:
        """The notice as it goes out now, with whatever is to be wrong about it."""
        faults, about = self._faults, notice.about
        now = faults.channel_time(self._clock.now(), order=about, method=NOTICE)
        if faults.strikes(Fault.STALE_NOTICE, order=about, method=NOTICE):
            now -= STALE_BY
        wrong = faults.striking(_WRITTEN_WRONGLY, order=about, method=NOTICE)
        return self._delivery.write(notice, now=now, wrong=wrong)
