"""What does funding do by itself? Send and end what nobody lived to, and forget what nobody needs."""

from tael.foundation.jobs import Jobs
from tael.funding.api import Funding

FORGET_SECONDS = 60


def register_jobs(jobs: Jobs, funding: Funding, *, every_seconds: int) -> None:
    """Refunds of top-ups, cards in the vault, old quotes."""
    jobs.add("funding.send_due_refunds", funding.send_due_refunds)
    jobs.every(every_seconds, "funding.send_due_refunds")
    jobs.add("funding.forget_unbound", funding.forget_unbound)
    jobs.every(FORGET_SECONDS, "funding.forget_unbound")
    jobs.add("funding.end_unasked", funding.end_unasked)
    jobs.every(FORGET_SECONDS, "funding.end_unasked")
    jobs.add("funding.forget_quotes", funding.forget_quotes)
    jobs.daily("funding.forget_quotes", hour=18, minute=20)
