"""What do channels do by themselves? They are probed, and old conversations are forgotten."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from tael.channels.api import Channels
from tael.foundation.errors import Refusal
from tael.foundation.jobs import Jobs

log = structlog.get_logger("tael.channels")

PROBE_SECONDS = 30
FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, channels: Channels, *, exchange_days: int) -> None:
    """Probe every channel, forget what was said long ago."""
    jobs.add("channels.probe", partial(probe_all, channels))
    jobs.every(PROBE_SECONDS, "channels.probe")
    jobs.add("channels.forget", partial(_forget, channels, timedelta(days=exchange_days)))
    jobs.every(FORGET_SECONDS, "channels.forget")


async def probe_all(channels: Channels) -> None:
    """Ask every channel something harmless, all at once: none waits for a slow one. The answers are among its measures."""
    await asyncio.gather(*(_probe(channels, channel) for channel in channels.names()))


async def _probe(channels: Channels, channel: str) -> None:
    try:
        await channels.probe(channel)
    except Refusal as refusal:
        log.warning("probe_refused", channel=channel, reason=refusal.message)


async def _forget(channels: Channels, older_than: timedelta) -> None:
    await channels.forget_exchanges(older_than=older_than)
