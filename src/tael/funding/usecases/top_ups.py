"""How does money come into a wallet? As a payment to the platform's own payee: tried, inquired and given back as any other.

The payment and the top-up are written in one transaction. What was captured becomes the user's by the fact of it
(`settle.hear_payments`): once, whoever tells it how often.
"""

from collections.abc import Collection, Sequence

import msgspec

from tael.behaviour.model import Act, ActKind, Circumstances
from tael.channels.port import Product
from tael.foundation.db import Transaction
from tael.foundation.errors import NotFound, Refusal
from tael.foundation.money import Money
from tael.funding import rules, store
from tael.funding.errors import FundingMalformed, NoWay
from tael.funding.model import PLATFORM_PAYEE, TopUp, TopUpState
from tael.funding.usecases.ground import Ground
from tael.merchants.model import Merchant, MerchantState, Seller, flat_rate
from tael.payments.api import CreatePayment, PaymentStory, new_payment
from tael.payments.events import AttemptEnded
from tael.payments.model import Payment
from tael.standing.model import Permission

NAME = "Top-up"
"""Of the platform's payee."""
_SOURCE = "top_up"


class StartTopUp(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to top up, with its id chosen beforehand so that a repeat makes no second one."""

    id: str
    user_id: str
    amount_minor: int
    currency: str
    method: str
    product: Product
    bank_card_id: str | None
    return_url: str | None
    circumstances: Circumstances


async def payee(ground: Ground) -> Seller:
    """The platform's own payee; written down when it is first needed, without a fee until somebody agrees on one."""
    try:
        return await ground.merchants.get(PLATFORM_PAYEE)
    except NotFound:
        own = Merchant(
            id=PLATFORM_PAYEE,
            name=NAME,
            state=MerchantState.ACTIVE,
            fee_basis_points=0,
            created_at=ground.clock.now(),
        )
        await ground.merchants.mirror(own, flat_rate(0))
        return await ground.merchants.get(PLATFORM_PAYEE)


async def ways(ground: Ground, amount: Money, *, product: Product) -> Sequence[str]:
    """The methods with which so much could be topped up now, in a scene."""
    now = ground.clock.now()
    asked = new_payment(
        await payee(ground),
        amount_minor=amount.minor,
        currency=amount.currency,
        reference="",
        description=NAME,
        now=now,
        seconds=ground.terms(now).top_up_seconds,
    )
    refused = ground.terms(now).methods_refused
    return [each for each in ground.payments.methods(asked, product=product) if each not in refused]


async def begin_top_up(tx: Transaction, ground: Ground, command: StartTopUp, *, seller: Seller) -> TopUp:
    """The top-up with its payment, before any channel hears of it.

    Refuses what standing refuses, `FundingLimit`, `FundingMalformed`, `NoWay`, `NoSuchBankCard`, `CardNotBound`.
    """
    now = ground.clock.now()
    terms, amount = ground.terms(now), Money(command.amount_minor, command.currency)
    await store.lock_user(tx, command.user_id)
    await ground.allow(tx, command.user_id, Permission.TOP_UP)
    so_far = await store.topped_up_since(tx, command.user_id, command.currency, rules.start_of_day(now))
    refusal = rules.why_not_topped_up(amount, so_far, terms)
    if refusal is not None:
        raise refusal
    if command.bank_card_id is not None:
        await _card_token(tx, command.user_id, command.bank_card_id)
    payment = new_payment(
        seller,
        amount_minor=amount.minor,
        currency=amount.currency,
        reference=command.id,
        description=rules.TOP_UP_NAMES[await ground.language_of(tx, command.user_id)],
        now=now,
        seconds=terms.top_up_seconds,
        return_url=command.return_url,
        source=f"{_SOURCE}:{command.id}",
    )
    if command.method in terms.methods_refused:
        raise FundingMalformed(f"Nobody tops up with {command.method}.", field="method")
    if command.bank_card_id is None:
        _check_method(ground, command, terms.methods_refused)
    if command.method not in ground.payments.methods(payment, product=command.product):
        raise NoWay("This cannot be paid so now.", field="method", hint="Choose another way to pay.")
    [created] = await ground.payments.create_within(
        tx, [CreatePayment(payment=payment, exponent=None, merchant=seller)]
    )
    if isinstance(created, Refusal):
        raise created
    top_up = _top_up(command, payment)
    await store.insert_top_up(tx, top_up)
    act = Act(
        user_id=command.user_id,
        kind=ActKind.TOP_UP,
        amount=amount,
        counterparty=command.bank_card_id or command.method,
        circumstances=command.circumstances,
    )
    await ground.behaviour.record(tx, [act])
    return top_up


def _check_method(ground: Ground, command: StartTopUp, refused: Collection[str]) -> None:
    """Refuses `FundingMalformed` of a method that no channel has, or that has no such scene; if there is none, nothing."""
    there: dict[str, set[Product]] = {}
    for can in ground.payments.capabilities():
        if can.method not in refused:
            there.setdefault(can.method, set()).update(can.products)
    if not there:
        return
    if command.method not in there:
        raise FundingMalformed(
            f"Nobody tops up with {command.method}.",
            field="method",
            hint=f"There is {', '.join(sorted(there))}; card is for a bank card of yours.",
        )
    if command.product not in there[command.method]:
        raise FundingMalformed(
            f"{command.method} has no {command.product}.",
            field="product",
            hint=f"It has {', '.join(sorted(there[command.method]))}.",
        )


async def ask_channel(ground: Ground, top_up: TopUp, *, product: Product) -> PaymentStory:
    """What the payer does next, from a channel; asked again about the same top-up, it has one effect.

    If no channel does it now, the payment stays to be tried again until its time is over. A card that is declined is not tried
    again: its payment ends.
    """
    card_token = ""
    if top_up.bank_card_id is not None:
        async with ground.database.transaction() as tx:
            card_token = await _card_token(tx, top_up.user_id, top_up.bank_card_id)
    try:
        story = await ground.payments.open_checkout(
            top_up.payment_id, method=top_up.method, product=product, card_token=card_token
        )
    except Refusal:
        story = await ground.payments.get(top_up.payment_id, merchant_id=None)
    if top_up.bank_card_id is not None and not any(attempt.live for attempt in story.attempts):
        async with ground.database.transaction() as tx:
            await ground.payments.end_untried(tx, [top_up.payment_id])
    return story


async def hear_of_attempts(tx: Transaction, ground: Ground, facts: Sequence[AttemptEnded]) -> None:
    """End the top-ups by card that nobody can pay any more: their card was declined later."""
    ours = {fact.object_id for fact in facts if fact.merchant_id == PLATFORM_PAYEE}
    if not ours:
        return
    found = await store.lock_top_ups_of(tx, sorted(ours))
    by_card = [each.payment_id for each in found if each.bank_card_id is not None]
    await ground.payments.end_untried(tx, by_card)


async def _card_token(tx: Transaction, user_id: str, card_id: str) -> str:
    card = await store.get_card(tx, card_id, user_id=user_id)
    refusal = rules.why_card_not_usable(card)
    if refusal is not None:
        raise refusal
    return card.token


def _top_up(command: StartTopUp, payment: Payment) -> TopUp:
    return TopUp(
        id=command.id,
        user_id=command.user_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        method=command.method,
        bank_card_id=command.bank_card_id,
        payment_id=payment.id,
        state=TopUpState.WAITING,
        fee_minor=0,
        refunded_minor=0,
        reason="",
        created_at=payment.created_at,
        ended_at=None,
    )
