"""What do webhooks do by themselves? They forget what is older than events are kept; the relay is a role of its own."""

from datetime import timedelta
from functools import partial

from tael.foundation.jobs import Jobs
from tael.webhooks.api import Webhooks

FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, webhooks: Webhooks, *, event_days: int) -> None:
    """Forget old events."""
    jobs.add("webhooks.forget", partial(_forget, webhooks, timedelta(days=event_days)))
    jobs.every(FORGET_SECONDS, "webhooks.forget")


async def _forget(webhooks: Webhooks, older_than: timedelta) -> None:
    await webhooks.forget(older_than=older_than)
