"""What do the books do by themselves? Let holds expire, on a schedule."""

from tael.foundation.jobs import Jobs
from tael.ledger.api import Books

EXPIRY_SECONDS = 5


def register_jobs(jobs: Jobs, books: Books) -> None:
    """Void pending entries whose time is over."""
    jobs.add("ledger.expire_due", books.expire_due)
    jobs.every(EXPIRY_SECONDS, "ledger.expire_due")
