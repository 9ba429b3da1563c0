"""Hear notices: what a channel says by itself, or tells only when asked, is recorded before it is accepted."""

from collections.abc import Awaitable, Callable

import msgspec
import structlog

from tael.channels.api import Channels, NoAnswer
from tael.channels.errors import NoSuchChannel
from tael.channels.port import InboundNotice, Notice, NoticeReply, Outcome
from tael.foundation.clock import Clock
from tael.foundation.db import Database, database_failed
from tael.foundation.errors import Refusal, Throttled, Unavailable, Uncertain
from tael.payments.usecases.disputed_money import DisputedMoney
from tael.payments.usecases.lanes import PaymentLanes, Recording
from tael.payments.usecases.record_outcomes import RecordOutcome

log = structlog.get_logger("tael.payments")


HearOfPayout = Callable[[str, Outcome], Awaitable[None]]
"""Records what a channel says by itself of a payout that another context has made."""
_PAYOUTS = "pyo_"
"""How the ids of those payouts begin."""


class NoticeDesk:
    """Reads what channels say, and hands it to the recording lanes."""

    def __init__(
        self,
        database: Database,
        channels: Channels,
        lanes: PaymentLanes,
        clock: Clock,
        *,
        disputed_money: DisputedMoney,
    ) -> None:
        self._database = database
        self._channels = channels
        self._lanes = lanes
        self._clock = clock
        self._disputed_money = disputed_money
        self.hear_of_payout: HearOfPayout | None = None

    async def hear(self, channel: str, inbound: InboundNotice) -> NoticeReply:
        """Record what a channel says by itself; it is accepted only after its consequences are committed."""
        try:
            notice = self._channels.read_notice(channel, inbound)
            await self._record(channel, notice)
        except (NoSuchChannel, Throttled, Unavailable, Uncertain):
            raise
        except Refusal as refusal:
            return self._channels.refuse_notice(channel, inbound, refusal.message)
        return self._channels.accept_notice(channel)

    async def fetch(self, channel: str) -> int:
        """Fetch and record what a channel tells only when asked; gives how many notices. Safe to do again."""
        cursor = await self._channels.claim_feed(channel)
        if cursor is None:
            return 0
        heard = 0
        trouble: str | None = "The round was cut short."
        try:
            more = True
            while more:
                page = await self._channels.fetch_notices(channel, cursor)
                for notice in page.notices:
                    await self._record_fetched(channel, notice)
                await self._channels.keep_cursor(channel, page.cursor)
                cursor, more, heard = page.cursor, page.more, heard + len(page.notices)
            trouble = None
        except (NoAnswer, Refusal) as error:
            trouble = str(error)
        finally:
            await self._channels.release_feed(channel, trouble=trouble)
        return heard

    async def _record_fetched(self, channel: str, notice: Notice) -> None:
        """What nobody was waiting for, or cannot be recorded, is set aside, so that it does not hold up what follows."""
        try:
            await self._record(channel, notice)
        except (Throttled, Unavailable, Uncertain):
            raise
        except Refusal:
            await self._channels.set_aside(channel, notice)
        except Exception as error:  # whatever this one notice brings about, the next ones are heard
            if database_failed(error):
                raise
            log.exception("notice_set_aside", channel=channel, notice=notice.notice_id)
            await self._channels.set_aside(channel, notice)

    async def _record(self, channel: str, notice: Notice) -> None:
        outcome = notice.outcome
        if outcome is not None and outcome.dispute is not None:
            async with self._database.transaction() as tx:
                await self._disputed_money.report(
                    tx, channel, outcome, notice_id=notice.notice_id, now=self._clock.now()
                )
            return
        if outcome is not None and (outcome.payout_number or "").startswith("rfd_"):
            outcome = msgspec.structs.replace(outcome, refund_number=outcome.payout_number)
        elif outcome is None or outcome.payout_number or outcome.split_number:
            if outcome is not None and (outcome.payout_number or "").startswith(_PAYOUTS):
                await self._pass_on(channel, outcome)
            return  # nobody here asked for it
        command = RecordOutcome(
            outcome=outcome,
            source=f"channel:{channel}",
            channel=channel,
            notice_id=notice.notice_id,
        )
        if outcome.refund_number is None:
            await self._lanes.outcomes.submit(Recording(command=command))
        else:
            await self._lanes.refund_outcomes.submit(Recording(command=command))

    async def _pass_on(self, channel: str, outcome: Outcome) -> None:
        if self.hear_of_payout is not None:
            await self.hear_of_payout(channel, outcome)
