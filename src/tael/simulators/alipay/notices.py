"""How are notices sent? Again and again, until the answer is exactly `success`.

The schedule is Alipay's: at once, then after 4 min, 10 min, 10 min, 1 h, 2 h, 6 h, 15 h, each time with the
same `notify_id` and a fresh `notify_time`. `speed` divides the waits, nothing else.
"""

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import aiohttp
import msgspec

from tael.foundation.clock import Clock
from tael.simulators.alipay.faults import NOTICE, Fault, Faults
from tael.simulators.alipay.keys import Seal, signing_text
from tael.simulators.alipay.messages import china_time, new_notify_id, one_fen_more, stragglers_of

WAITS = tuple(timedelta(minutes=minutes) for minutes in (4, 10, 10, 60, 2 * 60, 6 * 60, 15 * 60))
AT_ONCE_AT_MOST = 64
TIMEOUT_SECONDS = 10
_STALE_BY = timedelta(days=3)
_LONGEST_ANSWER = 1024


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try to deliver a notice, and what was heard."""

    at: datetime
    heard: str


class Notice(msgspec.Struct, kw_only=True):
    """A notice and the tries to deliver it."""

    notify_id: str
    out_trade_no: str
    url: str
    fields: dict[str, str]
    due_at: datetime
    attempts: list[Attempt] = []
    delivered: bool = False

    @property
    def over(self) -> bool:
        """Whether it is not sent again."""
        return self.delivered or len(self.attempts) > len(WAITS)


class Postman:
    """Sends notices; `keep` is called with a notice after every change."""

    def __init__(
        self,
        *,
        clock: Clock,
        speed: float,
        seal: Seal,
        faults: Faults,
        keep: Callable[[Notice], None],
        notices: Iterable[Notice] = (),
    ) -> None:
        self._clock = clock
        self._speed = speed
        self._seal = seal
        self._faults = faults
        self._keep = keep
        self.by_order: dict[str, list[Notice]] = {}
        self._queue: list[tuple[datetime, int, Notice]] = []
        self._ticket = itertools.count()
        self._wake = asyncio.Event()
        self._turn = asyncio.Semaphore(AT_ONCE_AT_MOST)
        self._under_way: set[asyncio.Task[None]] = set()
        for notice in notices:
            self.by_order.setdefault(notice.out_trade_no, []).append(notice)
            if not notice.over:
                self._enqueue(notice)

    def post(self, fields: dict[str, str], *, url: str) -> None:
        """Take a notice to send; it is kept before this returns, and sent soon after."""
        if not url:
            return
        now = self._clock.now()
        order = fields["out_trade_no"]
        notice = Notice(notify_id=new_notify_id(now), out_trade_no=order, url=url, fields=fields, due_at=now)
        self.by_order.setdefault(order, []).append(notice)
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
        order = notice.out_trade_no
        async with self._turn:
            await asyncio.sleep(self._faults.delay_seconds(order=order, method=NOTICE))
            dropped = self._faults.strikes(Fault.DROP_NOTICES, order=order, method=NOTICE)
            heard = "dropped" if dropped else await self._send(session, notice)
        now = self._clock.now()
        notice.attempts.append(Attempt(at=now, heard=heard))
        notice.delivered = notice.delivered or heard == "success"
        if not notice.over:
            notice.due_at = now + WAITS[len(notice.attempts) - 1] / self._speed
            self._enqueue(notice)
        self._keep(notice)
        if heard == "success":
            self._repeat_or_confuse(notice, now=now)

    def _repeat_or_confuse(self, notice: Notice, *, now: datetime) -> None:
        """The faults that begin when a notice has been accepted."""
        order, status = notice.out_trade_no, notice.fields["trade_status"]
        if self._faults.strikes(Fault.DUPLICATE_NOTICE, order=order, method=NOTICE):
            self._enqueue(notice)
        if status == "TRADE_SUCCESS" and self._faults.strikes(Fault.OUT_OF_ORDER, order=order, method=NOTICE):
            for fields in stragglers_of(notice.fields, now=now):
                self.post(fields, url=notice.url)

    async def _send(self, session: aiohttp.ClientSession, notice: Notice) -> str:
        """Send once; gives what was heard: the answer's text, or why there was none."""
        headers = {"content-type": f"application/x-www-form-urlencoded; charset={notice.fields['charset']}"}
        body = self._signed_form(notice)
        try:
            async with session.post(notice.url, data=body, headers=headers, allow_redirects=False) as answer:
                text = await answer.content.read(_LONGEST_ANSWER)
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as problem:
            return f"no answer: {type(problem).__name__}"
        if text == b"success":
            return "success"
        return f"{answer.status} {text[:80].decode('utf-8', 'replace')}"

    def _signed_form(self, notice: Notice) -> bytes:
        """The notice as it goes out now, with whatever is to be wrong about it."""
        order, charset = notice.out_trade_no, notice.fields["charset"]
        now = self._clock.now()
        if self._faults.strikes(Fault.STALE_NOTICE, order=order, method=NOTICE):
            now -= _STALE_BY
        fields = notice.fields | {"notify_id": notice.notify_id, "notify_time": china_time(now)}
        if self._faults.strikes(Fault.WRONG_AMOUNT, order=order, method=NOTICE):
            fields = one_fen_more(fields)
        if self._faults.strikes(Fault.WRONG_APP_ID, order=order, method=NOTICE):
            fields |= {"app_id": "2021999999999999", "auth_app_id": "2021999999999999"}
        text = signing_text(fields, "sign", "sign_type")
        if self._faults.strikes(Fault.WRONG_SIGNATURE, order=order, method=NOTICE):
            text += "!"
        fields["sign"] = self._seal.sign(text.encode(charset, "replace"))
        return urlencode(fields, encoding=charset, errors="replace").encode()
