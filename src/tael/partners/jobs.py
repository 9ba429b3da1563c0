"""What do partners do by themselves? Rounds on a schedule."""

from tael.foundation.jobs import Jobs
from tael.partners.api import Partners

GUARD_SECONDS = 30
REMINDER_SECONDS = 60


def register_jobs(jobs: Jobs, partners: Partners) -> None:
    """Judge canaries, make runs of check-lists, remind."""
    for name, make_round, every_seconds in (
        ("partners.judge_canaries", partners.judge_canaries, GUARD_SECONDS),
        ("partners.make_runs", partners.make_runs, REMINDER_SECONDS),
        ("partners.remind", partners.remind, REMINDER_SECONDS),
    ):
        jobs.add(name, make_round)
        jobs.every(every_seconds, name)
