"""What does the checkout do by itself, again and again?"""

from tael.checkout.api import Checkout
from tael.foundation.jobs import Jobs

EXPIRY_SECONDS = 10
FORGETTING_SECONDS = 60
KEEPING_SECONDS = 5


def register_jobs(jobs: Jobs, checkout: Checkout) -> None:
    """End sessions that nobody can pay any more; forget what payers spent long ago; keep cards once they have paid."""

    async def expire_sessions() -> None:
        await checkout.sessions.expire_due()

    async def forget_days() -> None:
        await checkout.static_codes.forget_days()

    async def keep_cards() -> None:
        await checkout.agreed_cards.settle_all()

    for name, make_round, seconds in (
        ("checkout.expire_sessions", expire_sessions, EXPIRY_SECONDS),
        ("checkout.forget_days", forget_days, FORGETTING_SECONDS),
        ("checkout.keep_cards", keep_cards, KEEPING_SECONDS),
    ):
        jobs.add(name, make_round)
        jobs.every(seconds, name)
