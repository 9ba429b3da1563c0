"""What if somebody has heard that a payer paid? The channel is asked at once, instead of when its turn comes.

What was heard decides nothing: only what the channel answers does. So it is asked also about attempts that have ended: money
that came too late is found, and given back.
"""

from collections.abc import Sequence

from tael.foundation.db import Database
from tael.foundation.rounds import for_each
from tael.payments import store
from tael.payments.model import Attempt, AttemptState
from tael.payments.usecases.ask_channels import ChannelDesk

_AT_ONCE = 16


async def look_again(
    database: Database, desk: ChannelDesk, attempt_ids: Sequence[str], *, actor: str
) -> None:
    """Ask about each; raises what went wrong with the first, after all were asked."""
    async with database.transaction() as tx:
        found = await store.find_attempts(tx, attempt_ids)
        payments = await store.find_payments(tx, sorted({each.payment_id for each in found.values()}))
    open_ = [each for each in found.values() if each.state is not AttemptState.SUCCEEDED]

    async def ask(attempt: Attempt) -> None:
        await desk.inquire(payments[attempt.payment_id], attempt, actor=actor)

    errors = [
        error
        for start in range(0, len(open_), _AT_ONCE)
        for error in await for_each(open_[start : start + _AT_ONCE], ask)
    ]
    if errors:
        raise errors[0]
