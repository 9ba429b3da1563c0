"""What do payments do by themselves? The janitor's rounds, and fetching what channels tell, on a schedule."""

import asyncio
from functools import partial

import structlog

from tael.channels.api import Channels
from tael.foundation.jobs import Jobs
from tael.payments.api import Payments

log = structlog.get_logger("tael.payments")

FEED_SECONDS = 5


def register_jobs(jobs: Jobs, payments: Payments, channels: Channels, *, every_seconds: int) -> None:
    """Expire what nobody can pay, inquire about what is not known, follow up on refunds, fetch notices."""
    janitor = payments.janitor
    jobs.rounds(
        "payments.see_to_due",
        every_seconds,
        janitor.expire_due,
        janitor.inquire_due,
        janitor.refund_due,
        janitor.steps_due,
    )
    jobs.rounds("payments.fetch_notices", FEED_SECONDS, partial(_fetch_notices, payments, channels))


async def _fetch_notices(payments: Payments, channels: Channels) -> None:
    """From all channels at once: one that hangs does not hold up the others."""
    feeds = [
        channel for channel in channels.names() if channels.capabilities(channel).feed_seconds is not None
    ]
    for channel, error in zip(
        feeds,
        await asyncio.gather(*map(payments.fetch_notices, feeds), return_exceptions=True),
        strict=True,
    ):
        if isinstance(error, BaseException):
            log.error("feed_failed", channel=channel, exc_info=error)
