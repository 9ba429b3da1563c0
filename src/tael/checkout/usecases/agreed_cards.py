"""What becomes of a card whose payer lets the merchant keep it? It is kept once they have paid with it, or its money is held."""

from datetime import datetime, timedelta

import structlog

from tael.checkout.usecases.ground import Ground
from tael.customers.api import Customers
from tael.customers.model import CardAgreed
from tael.foundation.errors import Refusal
from tael.payments.model import Attempt, AttemptState

log = structlog.get_logger("tael.checkout")

AT_A_TIME = 100
FORGOTTEN_AFTER = timedelta(hours=1)
"""The vault does not know a card any more then that nobody has kept."""


class AgreedCards:
    """Keeps them, or does not. That one cannot be kept is no reason not to pay."""

    def __init__(self, ground: Ground, customers: Customers) -> None:
        self._ground = ground
        self._customers = customers

    async def take(self, agreed: CardAgreed, attempt: Attempt) -> None:
        """Somebody has begun to pay with a card that may be kept if they do."""
        if is_to_be_kept(attempt, agreed, now=self._ground.clock.now()) is False:
            return
        await self._customers.agree(agreed)
        await self._settle(agreed, attempt)

    async def settle_all(self) -> None:
        """Look what has become of those that were not decided."""
        after = ""
        while agreed := await self._customers.agreed(after=after, limit=AT_A_TIME):
            beside = await self._ground.payments.attempts_beside([each.attempt_id for each in agreed])
            attempts = {attempt.id: attempt for own in beside.values() for attempt in own}
            for each in agreed:
                await self._settle(each, attempts.get(each.attempt_id))
            after = agreed[-1].attempt_id

    async def _settle(self, agreed: CardAgreed, attempt: Attempt | None) -> None:
        kept = is_to_be_kept(attempt, agreed, now=self._ground.clock.now())
        if kept is None:
            return
        if not kept:
            await self._customers.forget_agreed(agreed.attempt_id)
            return
        try:
            answer = await self._customers.keep_agreed(agreed)
        except Refusal as refusal:  # tried again for as long as the vault knows it
            log.warning("card_not_kept", attempt=agreed.attempt_id, code=refusal.code)
        else:
            if answer.status >= 400:
                log.warning("card_not_kept", attempt=agreed.attempt_id, status=answer.status)


def is_to_be_kept(attempt: Attempt | None, agreed: CardAgreed, *, now: datetime) -> bool | None:
    """Whether a card is kept; `None` if that is not known yet: its bank may still ask the payer, or refuse."""
    if now - agreed.agreed_at >= FORGOTTEN_AFTER or attempt is None:
        return False
    if attempt.state in (AttemptState.SUCCEEDED, AttemptState.AUTHORISED):
        return True
    return None if attempt.live else False
