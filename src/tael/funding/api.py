"""The verbs of funding: bind a card, top up, withdraw, look; and what is heard of payments, payouts and checks."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec
import structlog

from tael.channels.port import Action, Product
from tael.foundation.calls import Answer, Call, Reply, is_known
from tael.foundation.clerk import Clerk, written
from tael.foundation.clock import Clock
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.foundation.personal import mask_phone
from tael.foundation.phones import phone_as_kept
from tael.funding import store
from tael.funding.model import (
    BankCard,
    CardState,
    FundingFilter,
    FundingTerms,
    Quote,
    TopUp,
    TopUpRefund,
    Withdrawal,
)
from tael.funding.schemas.cards import BankCardBody, CodeSentBody, FieldsBody, card_body
from tael.funding.schemas.money import (
    AskedBody,
    QuoteBody,
    TopUpBody,
    quote_body,
    refund_body,
    shown_top_ups,
    shown_withdrawals,
    top_up_body,
    withdrawal_body,
)
from tael.funding.usecases import bill_details, cards, settle, top_up_refunds, top_ups, withdrawals
from tael.funding.usecases.cards import BindCard
from tael.funding.usecases.debts import Debts
from tael.funding.usecases.ground import Ground, Person, Persons
from tael.funding.usecases.settle import PayoutFact
from tael.funding.usecases.top_up_refunds import RefundTopUp
from tael.funding.usecases.top_ups import StartTopUp
from tael.funding.usecases.withdrawals import MakeQuote, Withdraw
from tael.identity.model import Strength
from tael.payments.api import PaymentStory
from tael.payments.events import PaymentCaptured, PaymentEnded, RefundFailed, RefundSucceeded
from tael.users.api import OpenThing
from tael.users.events import UserClosed, UserErased
from tael.vault.model import Token
from tael.verification.events import CheckEnded

__all__ = [
    "AskConfirmation",
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

log = structlog.get_logger("tael.funding")

COPIED = 10_000
"""As many of a kind stand in the copy of a user's data."""

T = TypeVar("T")


class SendCode(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to have a code sent to a card's telephone."""

    user_id: str
    token: str
    phone: str


class OnCard(msgspec.Struct, frozen=True, kw_only=True):
    """A wish about one of a user's cards."""

    card_id: str
    user_id: str


class AskConfirmation(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to be asked whether a withdrawal is wanted as it was quoted."""

    quote_id: str
    user_id: str
    login_id: str
    session_id: str
    strength: Strength


class Funding:
    """Bank cards, top-ups and withdrawals of one house."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.debts = Debts(ground)
        self._clerk = Clerk(ground.database, ground.clock, print_key=ground.personal.print_key)
        ground.wallets.bills.let_describe(bill_details.KINDS, partial(bill_details.describe, ground))

    @property
    def clock(self) -> Clock:
        """What time it is here."""
        return self._ground.clock

    @property
    def terms(self) -> FundingTerms:
        """How much may be topped up and withdrawn now, and what it costs."""
        return self._ground.terms(self._ground.clock.now())

    # Bank cards.

    def card_fields(self, user_id: str, *, origin: str, return_url: str) -> FieldsBody:
        """Where a user types a card in: a page of our vault. Refuses `PageRefused`."""
        vault = self._ground.vault
        address = vault.fields_address(merchant_id=user_id, origin=origin, return_url=return_url, binds=True)
        return FieldsBody(url=address, module_url=vault.module_address)

    async def send_code(self, call: Call[SendCode]) -> Answer:
        """Send a code to the telephone that the bank knows for a card."""
        wish = call.command
        token = await self._unless_known(
            call, lambda: cards.look_into(self._ground, wish.token, user_id=wish.user_id)
        )

        async def verb(tx: Transaction, command: SendCode) -> CodeSentBody:
            await cards.send_code(tx, self._ground, card=_there(token), phone=command.phone)
            return CodeSentBody(phone=mask_phone(phone_as_kept(command.phone)))

        return await self._clerk.answer(call, verb, shown=lambda body: ("", body), status=200)

    async def bind(self, call: Call[BindCard]) -> Answer:
        """Bind a card; 202 while its bank has not said whose it is, and 201 with what it said."""
        wish = call.command

        async def look() -> tuple[Token, Person]:
            token = await cards.look_into(self._ground, wish.token, user_id=wish.user_id)
            return token, await self._ground.person(wish.user_id)

        seen = await self._unless_known(call, look)

        async def verb(tx: Transaction, command: BindCard) -> BankCard:
            token, person = _there(seen)
            return await cards.begin_binding(tx, self._ground, command, token=token, person=person)

        begun = await self._clerk.open(call, verb, _left_open)
        if isinstance(begun, Answer):
            return begun
        card = begun.result or await self.card(begun.object_id, user_id=wish.user_id)
        person = seen[1] if seen is not None else await self._ground.person(wish.user_id)
        card = await cards.ask_the_bank(self._ground, card, person=person, phone=wish.phone)
        status = 202 if card.state is CardState.CHECKING else 201
        return await self._clerk.close(call, written(card_body(card), status=status))

    async def make_default(self, call: Call[OnCard]) -> Answer:
        """Propose a card first."""

        async def verb(tx: Transaction, command: OnCard) -> BankCard:
            return await cards.make_default(tx, command.card_id, user_id=command.user_id)

        return await self._clerk.answer(call, verb, shown=_shown_card, status=200)

    async def unbind(self, call: Call[OnCard]) -> Answer:
        """Remove a card."""

        async def verb(tx: Transaction, command: OnCard) -> BankCard:
            return await cards.unbind(tx, self._ground, command.card_id, user_id=command.user_id)

        return await self._clerk.answer(call, verb, shown=_shown_card, status=200)

    async def card(self, card_id: str, *, user_id: str) -> BankCard:
        """One of a user's cards; refuses `NoSuchBankCard`."""
        async with self._ground.database.transaction() as tx:
            return await store.get_card(tx, card_id, user_id=user_id)

    async def cards_of(self, user_id: str) -> Sequence[BankCard]:
        """A user's cards, the default first."""
        async with self._ground.database.transaction() as tx:
            return await store.cards_of(tx, user_id)

    async def forget_unbound(self) -> None:
        """Let the vault forget cards that nobody has any more."""
        await cards.forget_unbound(self._ground)

    # Top-ups.

    async def ways(self, amount: Money, *, product: Product) -> Sequence[str]:
        """The methods with which so much could be topped up now, in a scene."""
        return await top_ups.ways(self._ground, amount, product=product)

    async def top_up(self, call: Call[StartTopUp]) -> Answer:
        """Begin to top up; gives what its user does next."""
        seller = await top_ups.payee(self._ground)

        async def verb(tx: Transaction, command: StartTopUp) -> TopUp:
            return await top_ups.begin_top_up(tx, self._ground, command, seller=seller)

        begun = await self._clerk.open(call, verb, _left_open)
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

        begun = await self._clerk.open(call, verb, _left_open)
        if isinstance(begun, Answer):
            return begun
        user_id = call.command.user_id
        refund = await self._refund(call.command.top_up_id, begun.object_id)
        paid = await self._top_up(refund.top_up_id, user_id)
        await top_up_refunds.send_refund(self._ground, refund, payment_id=paid.payment_id)
        refund = await self._refund(refund.top_up_id, refund.id)
        status = 202 if refund.ended_at is None else 201
        return await self._clerk.close(call, written(refund_body(refund), status=status))

    async def send_due_refunds(self) -> None:
        """Send refunds of top-ups that nobody lived to send."""
        await top_up_refunds.send_due(self._ground)

    # Withdrawals.

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
            return AskedBody(
                confirmation_id=asked.id,
                factors=[[str(factor) for factor in each] for each in asked.sets],
                words=dict(asked.words),
                expires_at=asked.expires_at,
            )

        return await self._clerk.answer(
            call, verb, shown=lambda body: (body.confirmation_id, body), status=201
        )

    async def withdraw(self, call: Call[Withdraw]) -> Answer:
        """Withdraw as it was quoted: reserved, sent, and what is known of it then."""
        wish = call.command
        person = await self._unless_known(call, lambda: self._ground.person(wish.user_id))

        async def verb(tx: Transaction, command: Withdraw) -> Withdrawal:
            return await withdrawals.withdraw(tx, self._ground, command, person=_there(person))

        begun = await self._clerk.open(call, verb, _left_open)
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

    async def everybodys_top_ups(self, wanted: FundingFilter) -> Sequence[TopUp]:
        """One page of top-ups for staff, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.page_of_top_ups(tx, wanted)

    async def forget_quotes(self) -> None:
        """Forget quotes that nobody used in time."""
        async with self._ground.database.transaction() as tx:
            await store.forget_quotes(tx, before=self._ground.clock.now())

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

    async def _top_up(self, top_up_id: str, user_id: str) -> TopUp:
        async with self._ground.database.transaction() as tx:
            return await store.get_top_up(tx, top_up_id, user_id=user_id)

    async def _refund(self, top_up_id: str, refund_id: str) -> TopUpRefund:
        async with self._ground.database.transaction() as tx:
            return next(each for each in await store.refunds_of(tx, top_up_id) if each.id == refund_id)

    async def _unless_known(self, call: Call[Any], ready: Callable[[], Awaitable[T]]) -> T | None:
        """What is looked up before anything is written; not for a repeat, which only hears its answer again."""
        async with self._ground.database.transaction() as tx:
            known = await is_known(tx, call)
        return None if known else await ready()


def _there(thing: T | None) -> T:
    assert thing is not None, "of a repeat, the verb is not called"  # noqa: S101 - for the reader
    return thing


def _left_open(made: BankCard | TopUp | TopUpRefund | Withdrawal) -> Reply:
    return Reply(object_id=made.id, answer=None)


def _shown_card(card: BankCard) -> tuple[str, BankCardBody]:
    return card.id, card_body(card)


def _shown_top_up(top_up: TopUp, story: PaymentStory) -> TopUpBody:
    live = [attempt for attempt in story.attempts if attempt.live and not attempt.abandoned]
    action: Action | None = next((each.action for each in reversed(live) if each.action is not None), None)
    ended = top_up.ended_at is not None
    return top_up_body(top_up, action=action, expires_at=None if ended else story.payment.expires_at)
