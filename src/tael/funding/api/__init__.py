"""The verbs of funding: bind a card, top up, withdraw, look; and what is heard of payments, payouts and checks."""

from collections.abc import Sequence
from functools import partial

from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.funding import store
from tael.funding.api.cards import Cards, OnCard, SendCode
from tael.funding.api.top_ups import AskRefundConfirmation, TopUps
from tael.funding.api.withdrawals import AskConfirmation, Withdrawals
from tael.funding.model import FundingTerms
from tael.funding.schemas.cards import card_body
from tael.funding.schemas.money import shown_top_ups, shown_withdrawals
from tael.funding.usecases import bill_details, cards, settle, top_ups
from tael.funding.usecases.cards import BindCard
from tael.funding.usecases.debts import Debts
from tael.funding.usecases.ground import Ground, Person, Persons
from tael.funding.usecases.settle import PayoutFact
from tael.funding.usecases.top_up_refunds import RefundTopUp
from tael.funding.usecases.top_ups import StartTopUp
from tael.funding.usecases.withdrawals import MakeQuote, Withdraw
from tael.payments.events import AttemptEnded, PaymentCaptured, PaymentEnded, RefundFailed, RefundSucceeded
from tael.users.api import OpenThing
from tael.users.events import UserClosed, UserErased
from tael.verification.events import CheckEnded

__all__ = [
    "AskConfirmation",
    "AskRefundConfirmation",
    "BindCard",
    "Funding",
    "Ground",
    "MakeQuote",
    "OnCard",
    "Person",
    "Persons",
    "RefundTopUp",
    "SendCode",
    "StartTopUp",
    "Withdraw",
]

COPIED = 10_000
"""As many of a kind stand in the copy of a user's data."""


class Funding(Cards, TopUps, Withdrawals):
    """Bank cards, top-ups and withdrawals of one house."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(ground)
        self.debts = Debts(ground)
        ground.wallets.bills.let_describe(bill_details.KINDS, partial(bill_details.describe, ground))

    @property
    def clock(self) -> Clock:
        """What time it is here."""
        return self._ground.clock

    @property
    def terms(self) -> FundingTerms:
        """How much may be topped up and withdrawn now, and what it costs."""
        return self._ground.terms(self._ground.clock.now())

    async def still_open(self, user_id: str) -> Sequence[OpenThing]:
        """What of a user's must end before their account is closed: users asks for it."""
        async with self._ground.database.transaction() as tx:
            return await store.still_open(tx, user_id)

    async def all_of(self, user_id: str) -> object:
        """What we keep of a user here, for the copy of their data."""
        return {
            "bank_cards": [card_body(card) for card in await self.cards_of(user_id)],
            "top_ups": shown_top_ups(await self.top_ups(user_id, before=None, limit=COPIED)),
            "withdrawals": shown_withdrawals(await self.withdrawals(user_id, before=None, limit=COPIED)),
            "debts": await self.debts.of(user_id),
        }

    # What hears of facts.

    async def hear_payments(self, tx: Transaction, facts: Sequence[PaymentCaptured | PaymentEnded]) -> None:
        """What was captured for a top-up is its user's."""
        await settle.hear_payments(tx, self._ground, facts)

    async def hear_of_attempts(self, tx: Transaction, facts: Sequence[AttemptEnded]) -> None:
        """What cannot be paid any more with the card of a top-up."""
        await top_ups.hear_of_attempts(tx, self._ground, facts)

    async def hear_refunds(self, tx: Transaction, facts: Sequence[RefundSucceeded | RefundFailed]) -> None:
        """What became of refunds of top-ups."""
        await settle.hear_refunds(tx, self._ground, facts)

    async def hear_payouts(self, tx: Transaction, facts: Sequence[PayoutFact]) -> None:
        """What became of withdrawals."""
        await settle.hear_payouts(tx, self._ground, facts)

    async def hear_closed(self, tx: Transaction, facts: Sequence[UserClosed | UserErased]) -> None:
        """Who is gone has no cards here."""
        await cards.hear_closed(tx, self._ground, facts)

    async def hear_checks(self, tx: Transaction, facts: Sequence[CheckEnded]) -> None:
        """What banks said of cards."""
        await cards.hear_checks(tx, self._ground, facts)
