"""What do standings do by themselves? Rounds on a schedule."""

from tael.foundation.jobs import Jobs
from tael.standing.api import Standing

TURN_SECONDS = 30
OVERDUE_SECONDS = 60


def register_jobs(jobs: Jobs, standing: Standing) -> None:
    """Tell what is over and what is late; once a day, at half past two in China, suspend what nobody uses."""

    async def turn() -> None:
        await standing.turn_due()

    async def tell() -> None:
        await standing.tell_overdue()

    async def suspend() -> None:
        await standing.suspend_dormant()

    jobs.add("standing.turn_due", turn)
    jobs.every(TURN_SECONDS, "standing.turn_due")
    jobs.add("standing.tell_overdue", tell)
    jobs.every(OVERDUE_SECONDS, "standing.tell_overdue")
    jobs.add("standing.suspend_dormant", suspend)
    jobs.daily("standing.suspend_dormant", hour=18, minute=30)
