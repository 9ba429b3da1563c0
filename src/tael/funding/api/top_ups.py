"""The verbs of top-ups: begin one, look, have it back."""

from collections.abc import Sequence

import msgspec

from tael.channels.port import Action, Product
from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import written
from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.funding import store
from tael.funding.api.answering import Answering, left_open, shown_asked
from tael.funding.model import FundingFilter, TopUp, TopUpRefund
from tael.funding.schemas.money import AskedBody, TopUpBody, asked_body, refund_body, top_up_body
from tael.funding.usecases import top_up_refunds, top_ups
from tael.funding.usecases.top_up_refunds import RefundTopUp
from tael.funding.usecases.top_ups import StartTopUp
from tael.identity.model import Strength
from tael.payments.api import PaymentStory


class AskRefundConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to be asked whether so much of a top-up is wanted back."""

    top_up_id: str
    user_id: str
    amount_minor: int | None
    """None: all that is left of it."""
    login_id: str
    session_id: str
    strength: Strength


class TopUps(Answering):
    """Money that comes into wallets, and goes back from there."""

    async def ways(self, amount: Money, *, product: Product) -> Sequence[str]:
        """The methods with which so much could be topped up now, in a scene."""
        return await top_ups.ways(self._ground, amount, product=product)

    async def top_up(self, call: Call[StartTopUp]) -> Answer:
        """Begin to top up; gives what its user does next."""
        seller = await top_ups.payee(self._ground)

        async def verb(tx: Transaction, command: StartTopUp) -> TopUp:
            return await top_ups.begin_top_up(tx, self._ground, command, seller=seller)

        begun = await self._clerk.open(call, verb, left_open)
        if isinstance(begun, Answer):
            return begun
        made = begun.result or await self._top_up(begun.object_id, call.command.user_id)
        story = await top_ups.ask_channel(self._ground, made, product=call.command.product)
        now = await self._top_up(made.id, call.command.user_id)
        return await self._clerk.close(call, written(_shown_top_up(now, story), status=201))

    async def get_top_up(self, top_up_id: str, *, user_id: str) -> TopUpBody:
        """One of a user's top-ups, with what is to be done next; refuses `NoSuchTopUp`."""
        found = await self._top_up(top_up_id, user_id)
        return _shown_top_up(found, await self._ground.payments.get(found.payment_id, merchant_id=None))

    async def top_ups(self, user_id: str, *, before: str | None, limit: int) -> Sequence[TopUp]:
        """One page of a user's top-ups, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.list_top_ups(tx, user_id, before=before, limit=limit)

    async def refund_top_up(self, call: Call[RefundTopUp]) -> Answer:
        """Send a top-up back to where it came from; 202 while the channel has not confirmed it."""

        async def verb(tx: Transaction, command: RefundTopUp) -> TopUpRefund:
            return await top_up_refunds.begin_refund(tx, self._ground, command)

        begun = await self._clerk.open(call, verb, left_open)
        if isinstance(begun, Answer):
            return begun
        user_id = call.command.user_id
        refund = await self._refund(call.command.top_up_id, begun.object_id)
        paid = await self._top_up(refund.top_up_id, user_id)
        await top_up_refunds.send_refund(self._ground, refund, payment_id=paid.payment_id)
        refund = await self._refund(refund.top_up_id, refund.id)
        status = 202 if refund.ended_at is None else 201
        return await self._clerk.close(call, written(refund_body(refund), status=status))

    async def ask_refund_confirmation(self, call: Call[AskRefundConfirmation]) -> Answer:
        """Ask the user whether they want so much back."""

        async def verb(tx: Transaction, command: AskRefundConfirmation) -> AskedBody:
            asked = await top_up_refunds.ask_confirmation(
                tx,
                self._ground,
                command.top_up_id,
                command.amount_minor,
                user_id=command.user_id,
                session=(command.login_id, command.session_id),
                strength=command.strength,
            )
            return asked_body(asked)

        return await self._clerk.answer(call, verb, shown=shown_asked, status=201)

    async def send_due_refunds(self) -> None:
        """Send refunds of top-ups that nobody lived to send."""
        await top_up_refunds.send_due(self._ground)

    async def everybodys_top_ups(self, wanted: FundingFilter) -> Sequence[TopUp]:
        """One page of top-ups for staff, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.page_of_top_ups(tx, wanted)

    async def _top_up(self, top_up_id: str, user_id: str) -> TopUp:
        async with self._ground.database.transaction() as tx:
            return await store.get_top_up(tx, top_up_id, user_id=user_id)

    async def _refund(self, top_up_id: str, refund_id: str) -> TopUpRefund:
        async with self._ground.database.transaction() as tx:
            return next(each for each in await store.refunds_of(tx, top_up_id) if each.id == refund_id)


def _shown_top_up(top_up: TopUp, story: PaymentStory) -> TopUpBody:
    live = [attempt for attempt in story.attempts if attempt.live and not attempt.abandoned]
    action: Action | None = next((each.action for each in reversed(live) if each.action is not None), None)
    ended = top_up.ended_at is not None
    return top_up_body(top_up, action=action, expires_at=None if ended else story.payment.expires_at)
