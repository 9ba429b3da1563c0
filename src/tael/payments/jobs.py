"""What do payments do by themselves? The janitor's rounds, and fetching what channels tell, on a schedule."""

from collections.abc import Awaitable, Callable
from functools import partial

from tael.channels.api import Channels
from tael.foundation.jobs import Jobs
from tael.payments.api import Payments

FEED_SECONDS = 5


def register_jobs(jobs: Jobs, payments: Payments, channels: Channels, *, every_seconds: int) -> None:
    """Expire what nobody can pay, inquire about what is not known, follow up on refunds, fetch notices."""
    rounds: list[tuple[str, Callable[[], Awaitable[None]], int]] = [
        ("payments.expire_due", payments.janitor.expire_due, every_seconds),
        ("payments.inquire_due", payments.janitor.inquire_due, every_seconds),
        ("payments.refund_due", payments.janitor.refund_due, every_seconds),
        ("payments.fetch_notices", partial(_fetch_notices, payments, channels), FEED_SECONDS),
    ]
    for name, make_round, seconds in rounds:
        jobs.add(name, make_round)
        jobs.every(seconds, name)


async def _fetch_notices(payments: Payments, channels: Channels) -> None:
    for channel in channels.names():
        if channels.capabilities(channel).feed_seconds is not None:
            await payments.fetch_notices(channel)
