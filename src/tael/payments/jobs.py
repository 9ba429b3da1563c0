"""What do payments do by themselves? The janitor's rounds, on a schedule."""

from tael.foundation.jobs import Jobs
from tael.payments.api import Payments


def register_jobs(jobs: Jobs, payments: Payments, *, every_seconds: int) -> None:
    """Expire what nobody can pay, inquire about what is not known, follow up on refunds."""
    for name, make_round in (
        ("payments.expire_due", payments.janitor.expire_due),
        ("payments.inquire_due", payments.janitor.inquire_due),
        ("payments.refund_due", payments.janitor.refund_due),
    ):
        jobs.add(name, make_round)
        jobs.every(every_seconds, name)
