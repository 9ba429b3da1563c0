"""What do channels say by themselves? Their connectors read it; each message is noted, and what is not believed only in part."""

import msgspec
import structlog

from tael.channels.errors import NoticeRefused
from tael.channels.masking import masked_notice
from tael.channels.model import Exchange, ExchangeKind
from tael.channels.port import BaseConnector, FeedPage, InboundNotice, Notice, NoticeReply, Outcome
from tael.channels.usecases.calls import Caller, log_bug
from tael.channels.usecases.desks import Desk
from tael.channels.usecases.journal import Journal
from tael.foundation.clock import Clock
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.telemetry import NOTICES

log = structlog.get_logger("tael.channels")

PLAIN = BaseConnector()
"""What is said to a channel whose connector fails."""


class Ear:
    """Hears channels."""

    def __init__(self, caller: Caller, journal: Journal, clock: Clock) -> None:
        self._caller = caller
        self._journal = journal
        self._clock = clock

    def read(self, desk: Desk, inbound: InboundNotice) -> Notice:
        """What a notice says; refuses `NoticeRefused` if it cannot be believed."""
        channel = desk.configuration.channel
        try:
            notice = desk.connector.read_notice(inbound, now=self._clock.now())
            note = self._note(channel, notice.outcome, heard=masked_notice(inbound))
        except Refusal:
            raise
        except Exception as error:  # a bug of the connector's refuses this notice, and nothing else
            raise NoticeRefused(log_bug(channel, "notice", error)) from None
        self._journal.note(note)
        return notice

    def accept(self, desk: Desk) -> NoticeReply:
        """The reply that ends the repetitions."""
        NOTICES.labels(desk.configuration.channel, "accepted").inc()
        try:
            return desk.connector.accept_notice()
        except Exception as error:  # what the notice tells is committed: repeats change nothing
            log_bug(desk.configuration.channel, "accepting a notice", error)
            return PLAIN.accept_notice()

    def refuse(self, desk: Desk, inbound: InboundNotice, reason: str) -> NoticeReply:
        """The reply that makes the channel send the notice again."""
        channel = desk.configuration.channel
        NOTICES.labels(channel, "refused").inc()

        def make() -> Exchange:
            log.warning("notice_refused", channel=channel, reason=reason)
            return self._note(channel, None, heard=masked_notice(inbound), message=reason)

        self._journal.note_refused(channel, make)
        try:
            return desk.connector.refuse_notice(reason)
        except Exception as error:  # it is refused, whatever the connector would have said
            log_bug(channel, "refusing a notice", error)
            return PLAIN.refuse_notice(reason)

    async def fetch(self, desk: Desk, cursor: str) -> FeedPage:
        """What a channel has told since `cursor`; refuses `ChannelBusy` and `ConnectorFailed`; raises `NoAnswer`."""
        page = await self._caller.fetch(
            desk,
            lambda: desk.connector.fetch_notices(cursor, now=self._clock.now()),
            FeedPage,
            kind=ExchangeKind.FEED,
            what="feed",
        )
        for notice in page.notices:
            if notice.outcome is not None:
                self._journal.note(
                    self._note(desk.configuration.channel, notice.outcome, kind=ExchangeKind.FEED)
                )
        return page

    def _note(
        self,
        channel: str,
        outcome: Outcome | None,
        *,
        kind: ExchangeKind = ExchangeKind.NOTICE,
        heard: str = "",
        message: str | None = None,
    ) -> Exchange:
        """What a channel told; with `message`, why it is not believed."""
        note = Exchange(
            id=new_id("exch"),
            at=self._clock.now(),
            channel=channel,
            kind=kind,
            operation=str(kind),
            number="",
            state="" if message is None else "refused",
            message=message,
            heard=heard,
        )
        if outcome is None:
            return note
        return msgspec.structs.replace(
            note,
            operation="refund" if outcome.refund_number else note.operation,
            number=outcome.payout_number or outcome.order_number,
            state=str(outcome.state),
            error_class=outcome.error_class,
            code=outcome.code,
            message=outcome.message,
        )
