"""How does money leave a wallet for its owner's card? Quoted, confirmed, reserved, and then paid out.

One transaction reserves the money, counts it, uses the confirmation up and writes the payout down; only afterwards a channel
hears of it. What becomes of it is told by the payout's facts (`settle.hear_payouts`), and never guessed.
"""

from datetime import datetime, timedelta

import msgspec

from tael.behaviour.model import Act as BehaviourAct
from tael.behaviour.model import ActKind, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.funding import postings, rules, store
from tael.funding.errors import NoSuchBankCard, NoWay
from tael.funding.events import WithdrawalMade
from tael.funding.model import CARD_ACCOUNT, BankCard, CardState, Quote, Withdrawal, WithdrawalState
from tael.funding.usecases.ground import Ground, Person
from tael.identity.model import Confirmation, Strength
from tael.payouts.model import Destination, NewPayout
from tael.standing.model import Permission
from tael.wallets.api import Act, Spending
from tael.wallets.model import SpendingKind

PURPOSE = "withdrawal"
"""What the payouts are for."""


class MakeQuote(msgspec.Struct, frozen=True, kw_only=True):
    """A question: what would it cost, and when would it arrive?"""

    id: str
    user_id: str
    bank_card_id: str | None
    """None: the default card."""
    amount_minor: int
    currency: str


class Withdraw(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to withdraw as it was quoted; its ids are chosen beforehand so that a repeat makes no second one."""

    id: str
    payout_id: str
    user_id: str
    login_id: str
    quote_id: str
    confirmation_id: str | None
    circumstances: Circumstances


async def make_quote(tx: Transaction, ground: Ground, command: MakeQuote) -> Quote:
    """What it costs now; refuses what would refuse the withdrawal, as far as that is known now."""
    now = ground.clock.now()
    terms, amount = ground.terms(now), Money(command.amount_minor, command.currency)
    await ground.allow(tx, command.user_id, Permission.WITHDRAW)
    await _within_limits(tx, ground, command.user_id, amount, now)
    card = await _card(tx, command.user_id, command.bank_card_id)
    costs = terms.currencies[amount.currency].withdrawal
    quote = Quote(
        id=command.id,
        user_id=command.user_id,
        bank_card_id=card.id,
        amount_minor=amount.minor,
        fee_minor=rules.fee_of(amount, costs).minor,
        currency=amount.currency,
        arrives_seconds=costs.arrives_seconds,
        made_at=now,
        expires_at=now + timedelta(seconds=terms.quote_seconds),
    )
    withdrawal = _withdrawal(quote, "wdr_", "pyo_", now)
    await ground.wallets.check_early(tx, act_of(withdrawal))
    no_way = ground.payouts.why_none(_payout(withdrawal, card))
    if no_way is not None:
        raise NoWay("No bank takes withdrawals to this card now.", hint="Try again later.")
    await store.insert_quote(tx, quote)
    return quote


async def ask_confirmation(
    tx: Transaction,
    ground: Ground,
    quote_id: str,
    *,
    user_id: str,
    session: tuple[str, str],
    strength: Strength,
) -> Confirmation:
    """Ask the user whether this is what they want. session: of login and session, their ids."""
    quote = await store.get_quote(tx, quote_id, user_id=user_id)
    refusal = rules.why_quote_over(quote, ground.clock.now())
    if refusal is not None:
        raise refusal
    card = await store.get_card(tx, quote.bank_card_id, user_id=user_id)
    fee = Money(quote.fee_minor, quote.currency)
    login_id, session_id = session
    return await ground.identity.ask_confirmation(
        tx,
        login_id=login_id,
        session_id=session_id,
        about=rules.about_of(quote, card.shown),
        factors=ground.identity.factors_for(strength),
        words={
            "kind": rules.ABOUT,
            "amount": quote.amount.decimal(),
            "currency": quote.currency,
            "fee": fee.decimal(),
            "to": card.shown,
        },
    )


async def withdraw(tx: Transaction, ground: Ground, command: Withdraw, *, person: Person) -> Withdrawal:
    """The withdrawal, with its money reserved and its payout written down.

    Refuses `NoSuchQuote`, `QuoteOver`, `CardNotBound`, `FundingLimit`, and all that refuses money to leave a wallet.
    """
    now = ground.clock.now()
    await store.lock_user(tx, command.user_id)
    quote = await store.get_quote(tx, command.quote_id, user_id=command.user_id, lock=True)
    card = await store.get_card(tx, quote.bank_card_id, user_id=command.user_id)
    refusal = rules.why_quote_over(quote, now) or rules.why_card_not_usable(card)
    if refusal is not None:
        raise refusal
    await _within_limits(tx, ground, command.user_id, quote.amount, now)
    withdrawal = _withdrawal(quote, command.id, command.payout_id, now)
    wish = Spending(
        act=act_of(withdrawal),
        login_id=command.login_id,
        entry=postings.reserved(withdrawal),
        accounts=(postings.withdrawing(withdrawal.user_id, withdrawal.currency),),
        confirmation_id=command.confirmation_id,
        about=rules.about_of(quote, card.shown),
    )
    [spent] = await ground.wallets.spend(tx, [wish])
    if isinstance(spent, Refusal):
        raise spent
    withdrawal = msgspec.structs.replace(withdrawal, strength=spent.strength)
    await store.use_quote(tx, quote.id, by=withdrawal.id)
    await store.insert_withdrawal(tx, withdrawal)
    statement = rules.WITHDRAWAL_NAMES[await ground.language_of(tx, command.user_id)]
    [made] = await ground.payouts.create(
        tx, [_payout(withdrawal, card, name=person.name, statement=statement)]
    )
    if isinstance(made, Refusal):
        raise made
    fact = WithdrawalMade(
        object_id=withdrawal.id,
        happened_at=now,
        user_id=withdrawal.user_id,
        amount_minor=withdrawal.amount_minor,
        currency=withdrawal.currency,
        card=card.shown,
    )
    await outbox.publish(tx, [fact])
    await ground.behaviour.record(
        tx,
        [
            BehaviourAct(
                user_id=command.user_id,
                kind=ActKind.WITHDRAWAL,
                amount=withdrawal.amount,
                counterparty=card.id,
                circumstances=command.circumstances,
            )
        ],
    )
    return withdrawal


def act_of(withdrawal: Withdrawal) -> Act:
    """What of a withdrawal counts in limits."""
    return Act(
        user_id=withdrawal.user_id,
        kind=SpendingKind.WITHDRAWAL,
        amount=withdrawal.amount,
        at=withdrawal.created_at,
    )


async def _within_limits(tx: Transaction, ground: Ground, user_id: str, amount: Money, now: datetime) -> None:
    so_far = await store.withdrawn_since(tx, user_id, amount.currency, rules.start_of_day(now))
    refusal = rules.why_not_withdrawn(amount, so_far, ground.terms(now))
    if refusal is not None:
        raise refusal


async def _card(tx: Transaction, user_id: str, card_id: str | None) -> BankCard:
    if card_id is None:
        cards = await store.cards_of(tx, user_id, states=[CardState.BOUND])
        if not cards:
            raise NoSuchBankCard("You have no bank card.", field="bank_card_id", hint="Bind one first.")
        return cards[0]
    card = await store.get_card(tx, card_id, user_id=user_id)
    refusal = rules.why_card_not_usable(card)
    if refusal is not None:
        raise refusal
    return card


def _withdrawal(quote: Quote, id: str, payout_id: str, now: datetime) -> Withdrawal:
    return Withdrawal(
        id=id,
        user_id=quote.user_id,
        bank_card_id=quote.bank_card_id,
        quote_id=quote.id,
        payout_id=payout_id,
        amount_minor=quote.amount_minor,
        fee_minor=quote.fee_minor,
        currency=quote.currency,
        state=WithdrawalState.PROCESSING,
        strength=Strength.NONE,
        reason="",
        created_at=now,
        arrives_by=now + timedelta(seconds=quote.arrives_seconds),
        ended_at=None,
    )


def _payout(withdrawal: Withdrawal, card: BankCard, *, name: str = "", statement: str = "") -> NewPayout:
    return NewPayout(
        id=withdrawal.payout_id,
        amount=withdrawal.arriving,
        to=Destination(kind=CARD_ACCOUNT, account=card.token, name=name),
        shown=card.shown,
        purpose=PURPOSE,
        owner=withdrawal.user_id,
        reference=withdrawal.id,
        funded_by=postings.withdrawing(withdrawal.user_id, withdrawal.currency).code,
        statement=statement,
    )
