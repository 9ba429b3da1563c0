"""What do the books do by themselves? Let holds expire, seal what was booked, export heads, make room for months."""

from tael.foundation.jobs import Jobs
from tael.ledger.api import Books

EXPIRY_SECONDS = 5
SEAL_SECONDS = 2
EXPORT_SECONDS = 60
MONTHS_SECONDS = 60


def register_jobs(jobs: Jobs, books: Books) -> None:
    """Everything that the ledger does on a schedule."""

    async def seal() -> None:
        await books.seal()

    async def export_head() -> None:
        await books.export_head()

    async def make_months() -> None:
        await books.make_months()

    jobs.add("ledger.expire_due", books.expire_due)
    jobs.every(EXPIRY_SECONDS, "ledger.expire_due")
    jobs.add("ledger.seal", seal)
    jobs.every(SEAL_SECONDS, "ledger.seal")
    jobs.add("ledger.export_head", export_head)
    jobs.every(EXPORT_SECONDS, "ledger.export_head")
    jobs.add("ledger.make_months", make_months)
    jobs.every(MONTHS_SECONDS, "ledger.make_months")
