"""What do wallets do by themselves? Let transfers arrive, and clear away what is over."""

from tael.foundation.jobs import Jobs
from tael.wallets.api import Wallets

SETTLE_SECONDS = 5


def register_jobs(jobs: Jobs, wallets: Wallets) -> None:
    """Settle what is due every few seconds."""
    jobs.add("wallets.settle_due", wallets.settle_due)
    jobs.every(SETTLE_SECONDS, "wallets.settle_due")
