"""What does identity do by itself? It forgets old tries and sessions."""

from tael.foundation.jobs import Jobs
from tael.identity.api import Identity

FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, identity: Identity) -> None:
    """Forget, once a minute: there is little each time."""
    jobs.add("identity.forget_old", identity.forget_old)
    jobs.every(FORGET_SECONDS, "identity.forget_old")
