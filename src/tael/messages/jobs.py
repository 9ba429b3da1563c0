"""What do messages do by themselves? Campaigns of the calendar, batch by batch; forgetting. The relay is no job: it runs on."""

from functools import partial

from tael.foundation.clock import monotonic_seconds
from tael.foundation.jobs import Jobs
from tael.messages.api import Messages

TELL_SECONDS = 10
ROUND_SECONDS = 8.0
"""After so long a round of telling ends; the next one goes on."""
FORGET_EXPIRED_SECONDS = 60


def register_jobs(jobs: Jobs, messages: Messages) -> None:
    """Start campaigns at ten in the morning in China; forget by night."""
    jobs.add("messages.start_campaigns", partial(_start, messages))
    jobs.daily("messages.start_campaigns", hour=2, minute=0)
    jobs.add("messages.tell_next", partial(_tell, messages))
    jobs.every(TELL_SECONDS, "messages.tell_next")
    jobs.add("messages.forget_expired", partial(_forget, messages, all_of_it=False))
    jobs.every(FORGET_EXPIRED_SECONDS, "messages.forget_expired")
    jobs.add("messages.forget_old", partial(_forget, messages, all_of_it=True))
    jobs.daily("messages.forget_old", hour=19, minute=20)


async def _start(messages: Messages) -> None:
    await messages.start_due_campaigns()


async def _tell(messages: Messages) -> None:
    over_at = monotonic_seconds() + ROUND_SECONDS
    while monotonic_seconds() < over_at and await messages.tell_next():
        pass


async def _forget(messages: Messages, *, all_of_it: bool) -> None:
    await messages.forget_old(all_of_it=all_of_it)
