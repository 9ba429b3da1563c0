"""The verbs of channels: call one, read a notice of one, remember which notices were accepted."""

from collections.abc import Mapping, Sequence

import structlog

from tael.channels import store
from tael.channels.errors import NoSuchChannel
from tael.channels.port import (
    Capabilities,
    Connector,
    InboundNotice,
    Notice,
    NoticeReply,
    Outcome,
    OutcomeState,
    Request,
)
from tael.channels.store import AcceptedNotice
from tael.channels.transport import NoAnswer, Transport
from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import Transaction
from tael.foundation.telemetry import CHANNEL_SECONDS, NOTICES

__all__ = ["AcceptedNotice", "Channels"]

log = structlog.get_logger("tael.channels")


class Channels:
    """The channels that are configured here."""

    def __init__(self, connectors: Mapping[str, Connector], transport: Transport, clock: Clock) -> None:
        self._connectors = connectors
        self._transport = transport
        self._clock = clock

    def names(self) -> list[str]:
        """The channels that can be used, in alphabetical order."""
        return sorted(self._connectors)

    def capabilities(self, channel: str) -> Capabilities:
        """What a channel can do; refuses `NoSuchChannel`."""
        return self._connector(channel).capabilities

    async def call(self, channel: str, request: Request) -> Outcome:
        """Ask a channel, and never guess: whatever is not a definite, verified answer is `UNKNOWN`."""
        connector = self._connector(channel)
        started = monotonic_seconds()
        timeout = connector.capabilities.operation_timeout_seconds.get(request.operation)
        try:
            message = connector.build(request, now=self._clock.now())
            outcome = connector.read(request, await self._transport.send(message, timeout_seconds=timeout))
        except NoAnswer as error:
            outcome = Outcome(
                state=OutcomeState.UNKNOWN,
                order_number=request.order.order_number,
                refund_number=request.refund.refund_number if request.refund else None,
                message=str(error),
            )
        CHANNEL_SECONDS.labels(channel, request.operation, outcome.state).observe(
            monotonic_seconds() - started
        )
        if outcome.state is OutcomeState.UNKNOWN:
            log.warning(
                "outcome_unknown",
                channel=channel,
                operation=request.operation,
                order=request.order.order_number,
                code=outcome.code,
                reason=outcome.message,
            )
        return outcome

    def read_notice(self, channel: str, inbound: InboundNotice) -> Notice:
        """What a notice says; refuses `NoticeRefused` if it cannot be believed."""
        return self._connector(channel).read_notice(inbound, now=self._clock.now())

    def accept_notice(self, channel: str) -> NoticeReply:
        """The reply that ends the repetitions. To be given only after the consequences are committed."""
        NOTICES.labels(channel, "accepted").inc()
        return self._connector(channel).accept_notice()

    def refuse_notice(self, channel: str, reason: str) -> NoticeReply:
        """The reply that makes the channel send the notice again."""
        NOTICES.labels(channel, "refused").inc()
        log.warning("notice_refused", channel=channel, reason=reason)
        return self._connector(channel).refuse_notice(reason)

    async def known_notices(self, tx: Transaction, notices: Sequence[AcceptedNotice]) -> set[tuple[str, str]]:
        """Channel and id of the notices that were accepted before."""
        return await store.find_notices(tx, notices) if notices else set()

    async def remember_notices(self, tx: Transaction, notices: Sequence[AcceptedNotice]) -> None:
        """Accept notices, in the transaction of their consequences."""
        if notices:
            await store.insert_notices(tx, notices, accepted_at=self._clock.now())

    async def close(self) -> None:
        """Close the connections to all channels."""
        await self._transport.close()

    def _connector(self, channel: str) -> Connector:
        try:
            return self._connectors[channel]
        except KeyError:
            offered = ", ".join(self.names()) or "none"
            raise NoSuchChannel(
                f"The channel {channel[:32]!r} is not offered here.",
                field="channel",
                hint=f"Offered: {offered}.",
            ) from None
