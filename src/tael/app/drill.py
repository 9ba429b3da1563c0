"""If this channel is gone, do payments go elsewhere, and does none get lost? Practised on a platform that runs.

The channel is taken out (a maintenance window of a few seconds, or its simulator is broken), the decisions of all
processes and the payments for which they were taken are looked at, and the channel is brought back. What was seen goes
into the register of drills. A window ends by itself: should whoever practises vanish, the channel comes back.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta

import aiohttp
import msgspec

from tael.app.house import House
from tael.channels.port import ErrorClass
from tael.foundation.errors import Unavailable
from tael.partners.errors import EndedAlready, NoSuchRecord
from tael.partners.model import DrillState
from tael.partners.schemas import CancelDrill, CancelWindow, PlanDrill, RecordDrill, ScheduleWindow
from tael.payments.model import Attempt, AttemptState
from tael.routing.api import DecisionFilter, Decisions
from tael.routing.errors import DrillRefused
from tael.routing.model import Health, PastDecision, Purpose, WhyNot

LIMIT_SECONDS = 5.0
"""Within which every payment has gone elsewhere."""
_TICK_SECONDS = 0.25
_PAGE = 500
_SPARE_SECONDS = 5
"""For so long the window goes on if nobody ends it."""


class DrillPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How long each part takes at most, in seconds."""

    before_seconds: float = 5.0
    out_seconds: float = 15.0
    back_seconds: float = 30.0
    settle_seconds: float = 30.0
    """For outcomes that are not known yet."""


class DrillResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen."""

    channel: str
    share_before: float
    """Of the payments that it could have taken, before it was taken out: from 0 to 1."""
    begun: int
    """Payments that it could have taken, begun while it was out."""
    moved: int
    """Of these, those that went elsewhere."""
    lost: int
    """Of these, those whose payers were left with nothing to do, for no reason of their own."""
    moved_after_seconds: float
    """From when it was taken out to the last payment that was still given to it, but for those that probe it."""
    longest_wait_seconds: float
    """From a payment's first attempt to the one that its payer could use."""
    back_after_seconds: float | None
    """From when it was brought back until it was given a payment again; `None`: it was not."""
    broken: bool
    """Whether it was broken rather than announced to be away: then some payments have to find out."""

    @property
    def faults(self) -> list[str]:
        """Why it was not passed, in words; empty if it was."""
        said = []
        if not self.begun:
            said.append("no payment was begun while it was out: nothing was shown")
        if self.lost:
            said.append(f"{self.lost} payments were lost")
        if self.longest_wait_seconds > LIMIT_SECONDS:
            said.append(f"a payer waited {self.longest_wait_seconds:.1f} s")
        if not self.broken and self.moved_after_seconds > LIMIT_SECONDS:
            said.append(f"it was still used {self.moved_after_seconds:.1f} s after it was taken out")
        if self.begun and not self.moved:
            said.append("nothing went elsewhere")
        if self.back_after_seconds is None:
            said.append("it got no payment after it was brought back")
        return said

    @property
    def words(self) -> str:
        """In one line, for the register."""
        back = (
            "not back" if self.back_after_seconds is None else f"back after {self.back_after_seconds:.1f} s"
        )
        seen = (
            f"{'broken' if self.broken else 'window'}: {self.moved} of {self.begun} payments went elsewhere,"
            f" {self.lost} lost; last given to it after {self.moved_after_seconds:.1f} s, longest wait"
            f" {self.longest_wait_seconds:.1f} s, {back}; its share before was {self.share_before:.0%}."
        )
        return " ".join([seen, *(f"Failed: {fault}." for fault in self.faults)])


TakenOut = AbstractAsyncContextManager[None]
"""While it is entered, the channel is out."""
Heard = Callable[[str, float], None]
"""Is told of each part, and how much of it is done, from 0 to 1."""


@asynccontextmanager
async def resting(house: House, channel: str, *, seconds: float, actor: str) -> AsyncIterator[None]:
    """The channel is announced to be away, as far as routing can see."""
    now = house.clock.now()
    wanted = ScheduleWindow(
        starts_at=now, ends_at=now + timedelta(seconds=seconds + _SPARE_SECONDS), reason="failover drill"
    )
    window = await house.partners.do(channel, wanted, actor=actor)
    try:
        yield
    finally:
        await asyncio.shield(_end_window(house, window.id, actor))


async def _end_window(house: House, window_id: str, actor: str) -> None:
    try:
        await house.partners.do(window_id, CancelWindow(), actor=actor)
    except EndedAlready:
        return


@asynccontextmanager
async def broken(simulator_url: str) -> AsyncIterator[None]:
    """The simulator does its work and answers nobody."""
    address = f"{simulator_url.rstrip('/')}/_control/faults"
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        await _switch(session, address, [{"fault": "lost_reply"}])
        try:
            yield
        finally:
            await asyncio.shield(_switch(session, address, []))


async def _switch(
    session: aiohttp.ClientSession, address: str, switches: Sequence[Mapping[str, str]]
) -> None:
    try:
        async with session.put(address, data=msgspec.json.encode({"switches": switches})) as answer:
            answer.raise_for_status()
    except aiohttp.ClientError as error:
        raise Unavailable(f"The simulator at {address} does not do what it is told: {error}.") from error


def check_practicable(house: House, channel: str, *, announced: bool, breaking: bool) -> None:
    """Refuses `NoSuchChannel`, and `DrillRefused` if real money would be moved or nobody could take over."""
    can = house.channels.capabilities(channel)
    if not house.channels.moves_no_real_money(channel) and (breaking or not announced):
        raise DrillRefused(
            f"{channel} moves real money.",
            field="channel",
            hint="Announce it, and say --maintenance-window. Only simulators are broken.",
        )
    for other in house.routing.channels():
        its = house.channels.capabilities(other)
        same = its.products & can.products and its.currencies & can.currencies
        if other != channel and same and house.routing.standing(other).health.usable:
            return
    raise DrillRefused(
        f"No other channel that is well can take what {channel} takes.", hint="Look at tael routing health."
    )


async def practise(
    house: House,
    channel: str,
    *,
    plan: DrillPlan,
    taken_out: TakenOut,
    breaking: bool,
    actor: str,
    heard: Heard,
    drill_id: str | None = None,
) -> DrillResult:
    """Take the channel out and bring it back; the result is in the register afterwards. Refuses `DrillRefused`,
    `NoSuchPartner`.

    drill_id   a drill that was planned before; without one, it is planned now
    """
    await _check_planned(house, channel, drill_id)
    watch = _Watch(house, channel, heard)
    began = house.clock.now()
    await watch.wait("watching", plan.before_seconds)
    before = await watch.decisions(began)
    used = sum(each.chosen == channel for each in before)
    if not used:
        raise DrillRefused(
            f"{channel} was given no payment in {plan.before_seconds:.0f} seconds: there is nothing to move.",
            hint="Practise while payments come in, or let some be made.",
        )
    unfulfilled = None
    if drill_id is None:
        drill_id = unfulfilled = await _plan_drill(house, channel, breaking=breaking, actor=actor)
    try:
        out_at = house.clock.now()
        async with taken_out:
            await watch.wait("out", plan.out_seconds)
            back_at = house.clock.now()
        back_after = await watch.until_back(back_at, plan.back_seconds)
        while_out = await watch.decisions(out_at, before=back_at)
        fates = await watch.fates(while_out, plan.settle_seconds)
        result = DrillResult(
            channel=channel,
            share_before=used / len(before),
            begun=len(fates),
            moved=sum(fate.elsewhere for fate in fates),
            lost=sum(fate.lost for fate in fates),
            moved_after_seconds=last_given(while_out, channel, out_at),
            longest_wait_seconds=max((fate.waited_seconds for fate in fates), default=0.0),
            back_after_seconds=back_after,
            broken=breaking,
        )
        await _record(house, drill_id, result, actor=actor)
        unfulfilled = None
    finally:
        if unfulfilled is not None:
            await asyncio.shield(house.partners.do(unfulfilled, CancelDrill(), actor=actor))
    return result


async def _check_planned(house: House, channel: str, drill_id: str | None) -> None:
    """Refuses `NoSuchPartner`, and `NoSuchRecord` for a drill that is not planned for this channel."""
    await house.partners.reads.partner(channel, today=house.partners.today)
    planned = await house.partners.reads.drills(channel=channel, state=DrillState.PLANNED, limit=200)
    if drill_id is not None and drill_id not in [each.id for each in planned]:
        raise NoSuchRecord(f"No drill {drill_id[:40]} is planned for {channel}.", field="drill_id")


async def _plan_drill(house: House, channel: str, *, breaking: bool, actor: str) -> str:
    scenario = f"{channel} {'answers nobody' if breaking else 'is announced to be away'}: tael routing drill"
    soon = house.clock.now() + timedelta(minutes=1)
    drill = await house.partners.do(channel, PlanDrill(scenario=scenario, planned_for=soon), actor=actor)
    return drill.id


async def _record(house: House, drill_id: str, result: DrillResult, *, actor: str) -> None:
    recovery = max(result.longest_wait_seconds, 0.0 if result.broken else result.moved_after_seconds)
    done = RecordDrill(
        passed=not result.faults, recovery_seconds=math.ceil(recovery), findings=result.words[:1_000]
    )
    await house.partners.do(drill_id, done, actor=actor)


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one payment that was begun while the channel was out."""

    elsewhere: bool
    lost: bool
    waited_seconds: float


def fate_of(attempts: Sequence[Attempt], channel: str, *, begun: Collection[str]) -> Fate | None:
    """What became of a payment, by its attempts; `None` if that is not known yet.

    begun   the ids of the attempts that were begun while the channel was out
    """
    first = next(attempt for attempt in attempts if attempt.id in begun)
    later = [attempt for attempt in attempts if attempt.created_at >= first.created_at]
    usable = next((attempt for attempt in later if _payer_can_go_on(attempt)), None)
    if usable is not None:
        waited = (usable.created_at - first.created_at).total_seconds()
        return Fate(elsewhere=usable.channel != channel, lost=False, waited_seconds=waited)
    if any(attempt.state in (AttemptState.CREATED, AttemptState.UNKNOWN) for attempt in later):
        return None
    return Fate(elsewhere=False, lost=True, waited_seconds=0.0)


def _payer_can_go_on(attempt: Attempt) -> bool:
    """Whether the payer could pay, did pay, or is the reason that nothing was paid."""
    if (
        attempt.state in (AttemptState.WAITING, AttemptState.SUCCEEDED)
        or attempt.error_class is ErrorClass.PAYER
    ):
        return not attempt.abandoned
    return attempt.state is AttemptState.CLOSED and not attempt.abandoned and attempt.error_class is None


def last_given(decisions: Sequence[PastDecision], channel: str, out_at: datetime) -> float:
    """How many seconds after it was taken out a payment was last given to the channel, but for probes."""
    given = [each.decided_at for each in decisions if each.chosen == channel and not _probes(each, channel)]
    return max(((at - out_at).total_seconds() for at in given), default=0.0)


def _probes(decision: PastDecision, channel: str) -> bool:
    return any(each.channel == channel and each.health is Health.PROBING for each in decision.candidates)


def could_take(decision: PastDecision, channel: str) -> bool:
    """Whether the channel could have been given a payment, or was tried for it just before."""
    return decision.wanted.pinned is None and any(
        each.channel == channel and each.why_not in (None, WhyNot.TRIED) for each in decision.candidates
    )


class _Watch:
    """Looks at what all processes decide."""

    def __init__(self, house: House, channel: str, heard: Heard) -> None:
        self._house = house
        self._channel = channel
        self._heard = heard
        self._reads = Decisions(house.database)

    async def wait(self, part: str, seconds: float) -> None:
        """Let time pass."""
        begin = self._house.clock.now()
        while (gone := (self._house.clock.now() - begin).total_seconds()) < seconds:
            self._heard(part, gone / seconds)
            await asyncio.sleep(min(_TICK_SECONDS, seconds - gone))
        self._heard(part, 1.0)

    async def decisions(self, since: datetime, *, before: datetime | None = None) -> list[PastDecision]:
        """Those since then that the channel could have been given."""
        wanted = DecisionFilter(purpose=Purpose.PAY, decided_from=since, decided_before=before, limit=_PAGE)
        found: list[PastDecision] = []
        while True:
            page = await self._reads.page(wanted)
            found += [each for each in page if could_take(each, self._channel)]
            if len(page) < _PAGE:
                return found
            wanted = msgspec.structs.replace(wanted, before=page[-1].id)

    async def until_back(self, back_at: datetime, seconds: float) -> float | None:
        """How long it took until the channel was given a payment again."""
        while (gone := (self._house.clock.now() - back_at).total_seconds()) < seconds:
            given = [
                each.decided_at for each in await self.decisions(back_at) if each.chosen == self._channel
            ]
            if given:
                self._heard("back", 1.0)
                return (min(given) - back_at).total_seconds()
            self._heard("back", gone / seconds)
            await asyncio.sleep(_TICK_SECONDS)
        return None

    async def fates(self, decisions: Sequence[PastDecision], seconds: float) -> list[Fate]:
        """What became of the payments; those of which nothing is known after so many seconds count as lost."""
        begun = {each.subject for each in decisions}
        begin = self._house.clock.now()
        while True:
            payments = await self._house.payments.attempts_beside(sorted(begun))
            fates = [fate_of(each, self._channel, begun=begun) for each in payments.values()]
            known = [fate for fate in fates if fate is not None]
            gone = (self._house.clock.now() - begin).total_seconds()
            self._heard("settling", len(known) / max(len(fates), 1))
            if len(known) == len(fates) or gone >= seconds:
                lost = Fate(elsewhere=False, lost=True, waited_seconds=0.0)
                return known + [lost] * (len(fates) - len(known))
            await asyncio.sleep(_TICK_SECONDS)
