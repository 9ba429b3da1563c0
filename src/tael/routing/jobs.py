"""What does routing do by itself? It forgets decisions that are so old that nobody judges a policy by them."""

from datetime import timedelta
from functools import partial

from tael.foundation.jobs import Jobs
from tael.routing.api import Routing

FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, routing: Routing, *, decision_days: int) -> None:
    """Forget old decisions."""
    jobs.add("routing.forget", partial(_forget, routing, timedelta(days=decision_days)))
    jobs.every(FORGET_SECONDS, "routing.forget")


async def _forget(routing: Routing, older_than: timedelta) -> None:
    await routing.forget_decisions(older_than=older_than)
