"""What do payouts do by themselves? The janitor's rounds."""

from tael.foundation.jobs import Jobs
from tael.payouts.api import Payouts


def register_jobs(jobs: Jobs, payouts: Payouts, *, every_seconds: int) -> None:
    """Send what nobody sent, inquire about what is not known."""
    jobs.rounds("payouts.see_to_due", every_seconds, payouts.janitor.send_due, payouts.janitor.inquire_due)
