"""Who sends events to merchants' servers? The relay: takes what is due, sends it, records what was answered.

What it takes is its own for the time of a lease; if it is killed, another takes it over, so an event arrives once or
more often, never not at all. Each endpoint has a line of its own with few places: one that is slow or silent holds up
nobody but itself. Several relays may run.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.config import Settings
from tael.foundation.db import CommitUnknown, Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.sealing import SealBroken, Sealer
from tael.foundation.telemetry import WEBHOOK_SECONDS, WEBHOOK_UNDER_WAY, WEBHOOK_WAITING_SECONDS
from tael.webhooks import store
from tael.webhooks.rules import retries
from tael.webhooks.rules.signatures import signed_headers
from tael.webhooks.schemas import message
from tael.webhooks.store import Parcel
from tael.webhooks.transport import Heard, Sender
from tael.webhooks.usecases.record_tries import Patience, Try, record_tries

log = structlog.get_logger("tael.webhooks")

LEASE_SECONDS = 60.0
_POLL_SECONDS = 0.25
_LEAST_PAUSE_SECONDS = 0.02
_TROUBLE_SECONDS = 1.0
_TAKEN_OF_ONE = 32
"""Deliveries of one endpoint that a relay takes ahead: more than are sent at once, so that it need not ask for each."""
_TAKEN_OF_ALL = 1_024


class _Line:
    """What waits for one endpoint, and how quickly it answers."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Parcel, float]] = deque()
        """Each with the moment until which it may be begun: whoever ends after its lease might send what another sends."""
        self.under_way = 0
        self.seconds = 0.0

    def learn(self, seconds: float) -> None:
        """The last few answers count most."""
        self.seconds += (seconds - self.seconds) * 0.3


class Relay:
    """Sends what is due, until it is cancelled; then finishes what is under way."""

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
        make_sender: Callable[[], Sender],
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._make_sender = make_sender
        self._lease_seconds = lease_seconds
        self._attempt_seconds = settings.webhook_timeout_seconds + 1
        self._patience = Patience(
            pauses=settings.webhook_retry_seconds, failing_days=settings.webhook_failing_days
        )
        self._lines: dict[str, _Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Send until cancelled."""
        sender = self._make_sender()
        lane: Lane[Try, bool] = Lane("webhooks.record_tries", self._database, self._record)
        lane.start()
        myself = asyncio.current_task()
        try:
            while (
                myself is not None and not myself.cancelling()
            ):  # a library may have swallowed the cancellation
                await self._round(sender, lane)
        finally:
            await self._release(*self._lines.values())
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await lane.stop()
            await sender.close()

    async def _round(self, sender: Sender, lane: Lane[Try, bool]) -> None:
        try:
            begin_until = monotonic_seconds() + self._lease_seconds - self._attempt_seconds
            for parcel in await self._take():
                line = self._lines.setdefault(parcel.endpoint_id, _Line())
                line.waiting.append((parcel, begin_until))
            for line in self._lines.values():
                self._start(line, sender, lane)
        except (Refusal, CommitUnknown) as error:
            log.warning("relay_interrupted", reason=repr(error))
            await asyncio.sleep(_TROUBLE_SECONDS)
        except Exception:  # whatever goes wrong in one round, the next one has to come
            log.exception("relay_failed")
            await asyncio.sleep(_TROUBLE_SECONDS)
        WEBHOOK_UNDER_WAY.set(sum(self._busy().values()))
        await asyncio.sleep(_LEAST_PAUSE_SECONDS)
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _take(self) -> Sequence[Parcel]:
        busy = self._busy()
        room = _TAKEN_OF_ALL - sum(busy.values())
        if room <= 0:
            return []
        now = self._clock.now()
        async with self._database.transaction() as tx:
            parcels = await store.claim_deliveries(
                tx,
                now=now,
                lease_until=now + timedelta(seconds=self._lease_seconds),
                busy=busy,
                each=_TAKEN_OF_ONE,
                failures=retries.FAILURES_BEFORE_REST,
                limit=room,
            )
        first = [(now - each.created_at).total_seconds() for each in parcels if not each.tries]
        WEBHOOK_WAITING_SECONDS.set(max(first, default=0))
        return parcels

    def _busy(self) -> dict[str, int]:
        """How many of each endpoint are taken; endpoints of which none is are forgotten."""
        busy = {id: len(line.waiting) + line.under_way for id, line in self._lines.items()}
        for id in [id for id, count in busy.items() if not count and len(busy) > _TAKEN_OF_ALL]:
            del self._lines[id]
        return {id: count for id, count in busy.items() if count}

    def _start(self, line: _Line, sender: Sender, lane: Lane[Try, bool]) -> None:
        """Send as much of a line as may be under way at once."""
        while line.waiting and line.under_way < retries.at_once(line.seconds):
            parcel, begin_until = line.waiting.popleft()
            if monotonic_seconds() > begin_until:
                continue
            line.under_way += 1
            task = asyncio.create_task(self._send(line, parcel, sender, lane), name=f"webhook {parcel.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, line: _Line, parcel: Parcel, sender: Sender, lane: Lane[Try, bool]) -> None:
        goes_on = True
        try:
            started_at = self._clock.now()
            heard = await self._post(parcel, sender)
            line.learn(heard.seconds)
            goes_on = await lane.submit(
                Try(parcel=parcel, started_at=started_at, heard=heard, chance=random.random())
            )
        except Exception as error:  # not recorded: the lease ends, and it is sent again
            log.warning("attempt_not_recorded", delivery=parcel.id, reason=repr(error))
        finally:
            line.under_way -= 1
        if not goes_on:
            await self._release(line)
        self._start(line, sender, lane)
        if not line.waiting:
            self._wake.set()

    async def _post(self, parcel: Parcel, sender: Sender) -> Heard:
        sealed = [each for each in (parcel.secret, parcel.previous_secret) if each is not None]
        try:
            secrets = [self._sealer.open(each, about=parcel.endpoint_id) for each in sealed]
        except SealBroken as error:
            log.warning("secret_not_opened", endpoint=parcel.endpoint_id, reason=error.message)
            return Heard(error="secret_lost")
        body = message(parcel.event)
        headers = signed_headers(parcel.event_id, body, sent_at=self._clock.now(), secrets=secrets)
        heard = await sender.post(parcel.url, headers | {"Content-Type": "application/json"}, body)
        WEBHOOK_SECONDS.labels(heard.error or "arrived").observe(heard.seconds)
        return heard

    async def _record(self, tx: Transaction, tries: Sequence[Try]) -> Sequence[bool]:
        return await record_tries(tx, tries, patience=self._patience, now=self._clock.now())

    async def _release(self, *lines: _Line) -> None:
        """Give back what was taken and is not sent."""
        seqs = [parcel.seq for line in lines for parcel, _ in line.waiting]
        for line in lines:
            line.waiting.clear()
        if seqs:
            try:
                async with self._database.transaction() as tx:
                    await store.release_deliveries(tx, seqs, now=self._clock.now())
            except (Refusal, CommitUnknown) as error:
                log.warning("not_released", deliveries=len(seqs), reason=repr(error))
