"""The verbs of withdrawals: quote, confirm, send, look."""

from collections.abc import Sequence

import msgspec
import structlog

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import written
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.funding import store
from tael.funding.api.answering import Answering, left_open, shown_asked, there
from tael.funding.model import FundingFilter, Quote, Withdrawal
from tael.funding.schemas.money import AskedBody, QuoteBody, asked_body, quote_body, withdrawal_body
from tael.funding.usecases import withdrawals
from tael.funding.usecases.withdrawals import MakeQuote, Withdraw
from tael.identity.model import Strength

log = structlog.get_logger("tael.funding")


class AskConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to be asked whether a withdrawal is wanted as it was quoted."""

    quote_id: str
    user_id: str
    login_id: str
    session_id: str
    strength: Strength


class Withdrawals(Answering):
    """Money that leaves wallets for their owners' cards."""

    async def quote(self, call: Call[MakeQuote]) -> Answer:
        """What a withdrawal would cost, and when it would arrive."""

        async def verb(tx: Transaction, command: MakeQuote) -> Quote:
            return await withdrawals.make_quote(tx, self._ground, command)

        def shown(quote: Quote) -> tuple[str, QuoteBody]:
            return quote.id, quote_body(quote)

        return await self._clerk.answer(call, verb, shown=shown, status=201)

    async def ask_confirmation(self, call: Call[AskConfirmation]) -> Answer:
        """Ask the user whether this is what they want."""

        async def verb(tx: Transaction, command: AskConfirmation) -> AskedBody:
            asked = await withdrawals.ask_confirmation(
                tx,
                self._ground,
                command.quote_id,
                user_id=command.user_id,
                session=(command.login_id, command.session_id),
                strength=command.strength,
            )
            return asked_body(asked)

        return await self._clerk.answer(call, verb, shown=shown_asked, status=201)

    async def withdraw(self, call: Call[Withdraw]) -> Answer:
        """Withdraw as it was quoted: reserved, sent, and what is known of it then."""
        wish = call.command
        person = await self._unless_known(call, lambda: self._ground.person(wish.user_id))

        async def verb(tx: Transaction, command: Withdraw) -> Withdrawal:
            return await withdrawals.withdraw(tx, self._ground, command, person=there(person))

        begun = await self._clerk.open(call, verb, left_open)
        if isinstance(begun, Answer):
            return begun
        made = begun.result or await self.get_withdrawal(begun.object_id, user_id=wish.user_id)
        try:
            await self._ground.payouts.send(made.payout_id, actor=call.caller.actor)
        except Refusal as refusal:  # it is written down: the janitor of payouts sends it
            log.warning("withdrawal_sent_later", withdrawal=made.id, reason=refusal.code)
        made = await self.get_withdrawal(made.id, user_id=wish.user_id)
        return await self._clerk.close(call, written(withdrawal_body(made), status=201))

    async def get_withdrawal(self, withdrawal_id: str, *, user_id: str) -> Withdrawal:
        """One of a user's withdrawals; refuses `NoSuchWithdrawal`."""
        async with self._ground.database.transaction() as tx:
            return await store.get_withdrawal(tx, withdrawal_id, user_id=user_id)

    async def withdrawals(self, user_id: str, *, before: str | None, limit: int) -> Sequence[Withdrawal]:
        """One page of a user's withdrawals, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.list_withdrawals(tx, user_id, before=before, limit=limit)

    async def everybodys_withdrawals(self, wanted: FundingFilter) -> Sequence[Withdrawal]:
        """One page of withdrawals for staff, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.page_of_withdrawals(tx, wanted)

    async def forget_quotes(self) -> None:
        """Forget quotes that nobody used in time."""
        async with self._ground.database.transaction() as tx:
            await store.forget_quotes(tx, before=self._ground.clock.now())
