"""What do disputes do by themselves? Follow up on what is due, and warn of deadlines."""

from tael.disputes.api import Disputes
from tael.foundation.jobs import Jobs

FOLLOW_UP_SECONDS = 5
WARN_SECONDS = 60


def register_jobs(jobs: Jobs, disputes: Disputes) -> None:
    """Ask channels about what is due; tell of deadlines that have come near."""
    jobs.add("disputes.follow_up_due", disputes.desk.follow_up_due)
    jobs.every(FOLLOW_UP_SECONDS, "disputes.follow_up_due")
    jobs.add("disputes.warn_due", disputes.desk.warn_due)
    jobs.every(WARN_SECONDS, "disputes.warn_due")
