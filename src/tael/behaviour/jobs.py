"""What does behaviour do by itself? It looks at acts, counts habits, and forgets what is old."""

from tael.behaviour.api import Behaviour
from tael.foundation.jobs import Jobs

LOOK_SECONDS = 1


def register_jobs(jobs: Jobs, behaviour: Behaviour) -> None:
    """Look every second; count and forget in the small hours of China."""

    async def look() -> None:
        await behaviour.look()

    async def count_habits() -> None:
        await behaviour.count_habits()

    jobs.add("behaviour.look", look)
    jobs.every(LOOK_SECONDS, "behaviour.look")
    jobs.add("behaviour.count_habits", count_habits)
    jobs.daily("behaviour.count_habits", hour=19, minute=20)
    jobs.add("behaviour.forget_old", behaviour.forget_old)
    jobs.daily("behaviour.forget_old", hour=20, minute=20)
