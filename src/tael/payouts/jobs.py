"""What do payouts do by themselves? The janitor's rounds."""

from tael.foundation.jobs import Jobs
from tael.payouts.api import Payouts


def register_jobs(jobs: Jobs, payouts: Payouts, *, every_seconds: int) -> None:
    """Send what nobody sent, inquire about what is not known."""
    jobs.add("payouts.send_due", payouts.janitor.send_due)
    jobs.every(every_seconds, "payouts.send_due")
    jobs.add("payouts.inquire_due", payouts.janitor.inquire_due)
    jobs.every(every_seconds, "payouts.inquire_due")
