"""What do merchants do by themselves? Those whose notice has ended are closed, once nothing is open."""

from tael.foundation.jobs import Jobs
from tael.merchants.api import Merchants, StillOpen

CLOSE_SECONDS = 60


def register_jobs(jobs: Jobs, merchants: Merchants, still_open: StillOpen) -> None:
    """Close merchants whose time has come."""

    async def close_due() -> None:
        await merchants.close_due(still_open)

    jobs.add("merchants.close_due", close_due)
    jobs.every(CLOSE_SECONDS, "merchants.close_due")
