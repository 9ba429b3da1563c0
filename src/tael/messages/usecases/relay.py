"""Who hands messages to their carriers? The relay: takes what is due, sends it or asks after it, writes down what was said.

What it takes is its own for the time of a lease, and that it set out is committed before anything is sent. If it is killed
another takes over, sees that somebody had set out, and asks before it sends (`rules.retries`). Each way and urgency has
places of its own: a mail server that is silent holds up no text message, and a thousand tips hold up no code. Several relays
may run.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import CommitUnknown, Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.sealing import SealBroken
from tael.foundation.telemetry import MESSAGE_SECONDS, MESSAGE_WAITING_SECONDS
from tael.messages.errors import MessageMalformed
from tael.messages.model import SENT_WAYS, DeliveryState, Urgency, Way
from tael.messages.model.carrier import Carrier, Heard, Letter, Outcome
from tael.messages.rules.retries import Due, Manners, Move, Step, move_for, step_after
from tael.messages.rules.templates import rendered, template_of
from tael.messages.store import deliveries
from tael.messages.store.deliveries import Parcel, Place
from tael.messages.usecases.desk import Desk
from tael.messages.usecases.record_steps import Try, record_steps

log = structlog.get_logger("tael.messages")

LEASE_SECONDS = 60.0
_POLL_SECONDS, _LEAST_PAUSE_SECONDS, _TROUBLE_SECONDS = 0.25, 0.02, 1.0
PLACES: Mapping[Urgency, int] = {
    Urgency.CODE: 32,
    Urgency.SECURITY: 16,
    Urgency.MONEY: 16,
    Urgency.SERVICE: 8,
    Urgency.EDUCATION: 8,
}
"""How many of an urgency may be under way on one way."""


class Relay:
    """Sends what is due, until it is cancelled; then finishes what is under way."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        desk: Desk,
        make_carriers: Callable[[], Mapping[Way, Carrier]],
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._make_carriers = make_carriers
        self._lease_seconds = lease_seconds
        self._longest_seconds = 3 * desk.settings.message_timeout_seconds
        self._busy: Counter[tuple[Way, Urgency]] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send until cancelled."""
        carriers, lane = self._make_carriers(), self._lane()
        lane.start()
        myself = asyncio.current_task()
        try:
            while myself is not None and not myself.cancelling():  # a library may have swallowed it
                await self._round(carriers, lane)
        finally:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await lane.stop()
            for carrier in carriers.values():
                await carrier.close()

    async def work_off(self) -> int:
        """Send all that is due now, and no more; gives how many tries that took. For whoever moves time by hand."""
        carriers, lane, tries = self._make_carriers(), self._lane(), 0
        lane.start()
        try:
            while parcels := await self._take():
                await asyncio.gather(*(self._handle(each, carriers, lane) for each in parcels))
                tries += len(parcels)
        finally:
            await lane.stop()
            for carrier in carriers.values():
                await carrier.close()
        return tries

    def _lane(self) -> Lane[Try, None]:
        return Lane("messages.record_steps", self._database, self._record)

    async def _record(self, tx: Transaction, tries: Sequence[Try]) -> Sequence[None]:
        return await record_steps(tx, tries, now=self._clock.now())

    async def _round(self, carriers: Mapping[Way, Carrier], lane: Lane[Try, None]) -> None:
        parcels: Sequence[Parcel] = ()
        try:
            parcels = await self._take()
            for parcel in parcels:
                task = asyncio.create_task(self._handle(parcel, carriers, lane), name=f"message {parcel.id}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (Refusal, CommitUnknown) as error:
            log.warning("relay_interrupted", reason=repr(error))
            await asyncio.sleep(_TROUBLE_SECONDS)
        except Exception:  # whatever goes wrong in one round, the next one has to come
            log.exception("relay_failed")
            await asyncio.sleep(_TROUBLE_SECONDS)
        await asyncio.sleep(_LEAST_PAUSE_SECONDS if parcels else _POLL_SECONDS)

    async def _take(self) -> Sequence[Parcel]:
        free = [
            Place(way=way, urgency=urgency, places=most - self._busy[way, urgency])
            for way in SENT_WAYS
            for urgency, most in PLACES.items()
            if most > self._busy[way, urgency]
        ]
        now = self._clock.now()
        async with self._database.transaction() as tx:
            parcels = await deliveries.claim_deliveries(
                tx, free, now=now, lease_until=now + timedelta(seconds=self._lease_seconds)
            )
        for parcel in parcels:
            self._busy[parcel.way, parcel.urgency] += 1
        waited = [
            (now - each.created_at).total_seconds()
            for each in parcels
            if each.urgency is Urgency.CODE and not each.tries
        ]
        MESSAGE_WAITING_SECONDS.set(max(waited, default=0))
        return parcels

    async def _handle(self, parcel: Parcel, carriers: Mapping[Way, Carrier], lane: Lane[Try, None]) -> None:
        begun, started_at = monotonic_seconds(), self._clock.now()
        try:
            asked, heard, step = await self._go(parcel, carriers.get(parcel.way), started_at)
            seconds = monotonic_seconds() - begun
            MESSAGE_SECONDS.labels(parcel.way, step.state).observe(seconds)
            await lane.submit(
                Try(
                    parcel=parcel,
                    started_at=started_at,
                    milliseconds=int(seconds * 1000),
                    asked=asked,
                    step=step,
                    gone=heard is not None and heard.outcome is Outcome.GONE,
                )
            )
        except Exception as error:  # not recorded: the lease ends, and whoever takes it asks before he sends
            log.warning("try_not_recorded", delivery=parcel.id, reason=repr(error))
        finally:
            self._busy[parcel.way, parcel.urgency] -= 1

    async def _go(
        self, parcel: Parcel, carrier: Carrier | None, now: datetime
    ) -> tuple[bool, Heard | None, Step]:
        """Whether the carrier was only asked, what it said, and what follows."""
        if carrier is None:
            return False, None, _without_carrier(parcel)
        due = _due(parcel)
        manners = Manners(repeats_safely=carrier.repeats_safely, answers_inquiries=carrier.answers_inquiries)
        move = move_for(due, manners, now)
        if move is Move.EXPIRE:
            return False, None, Step(state=DeliveryState.FAILED, error="expired")
        if move is Move.LEAVE:
            return False, None, Step(state=DeliveryState.UNKNOWN, error="may_have_arrived")
        if move is Move.ASK:
            heard = await self._in_time(parcel, carrier.inquire(parcel.id))
        else:
            letter = self._letter(parcel, now)
            if letter is None:
                return False, None, Step(state=DeliveryState.FAILED, error="forgotten")
            heard = await self._in_time(parcel, carrier.send(letter))
        asked = move is Move.ASK
        return asked, heard, step_after(due, manners, heard, asked=asked, now=self._clock.now())

    async def _in_time(self, parcel: Parcel, asking: Awaitable[Heard]) -> Heard:
        """What a carrier says; one that hangs or stumbles has said nothing."""
        try:
            async with asyncio.timeout(self._longest_seconds):
                return await asking
        except TimeoutError:
            return Heard(outcome=Outcome.UNKNOWN, error="timeout")
        except Exception as error:  # a bug in a carrier is no answer of its other side
            log.warning("carrier_stumbled", delivery=parcel.id, way=parcel.way, reason=type(error).__name__)
            return Heard(outcome=Outcome.UNKNOWN, error="stumbled")

    def _letter(self, parcel: Parcel, now: datetime) -> Letter | None:
        """What goes out; none where that has been forgotten."""
        if parcel.values_sealed is None or parcel.address_sealed is None:
            return None
        try:
            template = template_of(parcel.template)
            values = self._desk.open_values(parcel.message_id, parcel.values_sealed, template)
            about, push = f"delivery {parcel.id}", None
            if parcel.way is Way.PUSH:
                push = self._desk.open_push(parcel.address_sealed, about)
            address = "" if push is not None else self._desk.open(parcel.address_sealed, about)
        except (SealBroken, MessageMalformed, KeyError, msgspec.MsgspecError) as error:
            log.warning("message_not_opened", delivery=parcel.id, reason=type(error).__name__)
            return None
        said = rendered(template, values, parcel.language)
        teaches = parcel.urgency is Urgency.EDUCATION and parcel.user_id is not None
        return Letter(
            id=parcel.id,
            urgency=parcel.urgency,
            language=parcel.language,
            template=parcel.template,
            title=said.title,
            text=said.text,
            short=said.short,
            address=address,
            push=push,
            expires_at=parcel.expires_at,
            now=now,
            unsubscribe_url=self._desk.unsubscribe_url(parcel.user_id or "") if teaches else None,
        )


def _due(parcel: Parcel) -> Due:
    return Due(
        urgency=parcel.urgency,
        state=parcel.state,
        begun=parcel.begun,
        tries=parcel.tries,
        expires_at=parcel.expires_at,
        since=parcel.sent_at or parcel.created_at,
    )


def _without_carrier(parcel: Parcel) -> Step:
    """Nobody carries messages of this way here: what was taken stays as it is, the rest is skipped."""
    if parcel.state is DeliveryState.QUEUED and parcel.begun == parcel.tries + 1:
        return Step(state=DeliveryState.SKIPPED, error="way_not_set_up")
    state = DeliveryState.UNKNOWN if parcel.state is DeliveryState.QUEUED else parcel.state
    return Step(state=state, error="way_not_set_up")
