"""The janitor: sends what nobody sent, and inquires about what is not known, again and again, in any number of processes."""

from datetime import timedelta

import structlog

from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.rounds import Rounds, for_each
from tael.payouts import rules, store
from tael.payouts.usecases.ask_channels import ChannelDesk

log = structlog.get_logger("tael.payouts")

ACTOR = "janitor"
AT_A_TIME = 32
"""As many as are worked off within a lease, all at once."""


class Janitor:
    """Its rounds may be made at any time, by anybody, and more than once."""

    def __init__(self, database: Database, desk: ChannelDesk, clock: Clock) -> None:
        self._database = database
        self._desk = desk
        self._clock = clock
        self._rounds = Rounds()

    async def send_due(self) -> None:
        """Send what waits for a channel. A payout that two janitors take is given to one channel: its row is locked."""
        async with self._database.transaction() as tx:
            due = await store.to_begin(tx, now=self._clock.now(), limit=AT_A_TIME)
        for error in await for_each(due, self._send):
            log.error("payout_not_sent", exc_info=error)

    async def inquire_due(self) -> None:
        """Ask channels about what is not known, is on its way, or was contradicted."""
        async with self._database.transaction() as tx:
            channels = await store.channels_with_work(tx, now=self._clock.now())
        await self._rounds.go("payouts", channels, self._work_off)

    async def _send(self, payout_id: str) -> None:
        await self._desk.send(payout_id, actor=ACTOR)

    async def _work_off(self, channel: str) -> bool:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            claimed = await store.claim_due_legs(
                tx, channel, now=now, lease_until=now + LEASE, limit=AT_A_TIME
            )
        for error in await for_each(claimed, self._follow_up):
            log.error("payout_not_followed_up", channel=channel, exc_info=error)
        return len(claimed) == AT_A_TIME

    async def _follow_up(self, claimed: tuple[str, int]) -> None:
        payout_id, nth = claimed
        await self._desk.follow_up(payout_id, nth, actor=ACTOR)


LEASE: timedelta = rules.LONGEST_LEASE
"""After this long without news, what a janitor took is anybody's again: it may have died. Asking twice does no harm."""
