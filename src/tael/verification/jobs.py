"""What does verification do by itself? It asks again about what is open, and forgets what was read off documents."""

from tael.foundation.jobs import Jobs
from tael.verification.api import Verification

ASK_SECONDS = 5


def register_jobs(jobs: Jobs, verification: Verification) -> None:
    """Ask about what is due; forget once a day."""
    jobs.add("verification.ask_due", verification.ask_due)
    jobs.every(ASK_SECONDS, "verification.ask_due")
    jobs.add("verification.forget_old", verification.forget_old)
    jobs.daily("verification.forget_old", hour=18, minute=20)
