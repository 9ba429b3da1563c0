"""Create refunds: the money is set aside in the books before the channel hears of it.

With it goes what the merchant gives back of what the platform had paid for the payer: who cannot cover both gives nothing
back.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.channels.api import Channels
from tael.channels.errors import NoSuchChannel
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.ledger.errors import LinkedRefused
from tael.ledger.model import Booked, JournalEntry
from tael.offers.api import Offers
from tael.payments import postings, rules, store
from tael.payments.errors import MerchantBalanceTooLow, NoSuchPayment, RefundNotSuited
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.usecases.apply_offers import promotion_going_back
from tael.payments.usecases.route_refunds import choose_channel, open_accounts
from tael.payments.usecases.start_attempts import CHANNEL_LEASE_SECONDS
from tael.routing.api import Routing
from tael.routing.model import Decision, Purpose


class DecideApart(Exception):
    """These refunds must be decided one by one; raised to the lane, which halves the batch."""


class CreateRefund(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A merchant's wish to give money back; all that is left if no amount is named."""

    payment_id: str
    merchant_id: str
    refund_id: str
    amount_minor: int | None
    note: str


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that nothing but the books can refuse, and what is set aside for it: all of it or nothing."""

    refund: Refund
    entries: Sequence[JournalEntry]


async def create_refunds(
    tx: Transaction,
    commands: Sequence[CreateRefund],
    *,
    ledger: Ledger,
    routing: Routing,
    channels: Channels,
    offers: Offers,
    now: datetime,
) -> list[Refund | Refusal]:
    """Each refund with its money set aside, or why not. Decided in order: later ones see what earlier ones took."""
    payments = await store.lock_payments(tx, {command.payment_id for command in commands})
    attempts = await store.attempts_of(tx, list(payments))
    made = await store.refunds_of_each(tx, list(payments))
    planned: list[_Plan | Refusal] = []
    decisions: dict[str, Decision] = {}
    tentative = dict(payments)
    for command in commands:
        payment = tentative.get(command.payment_id)
        if payment is None or payment.merchant_id != command.merchant_id:
            planned.append(NoSuchPayment(f"There is no payment {command.payment_id}.", field="payment_id"))
            continue
        amount = payment.refundable_minor if command.amount_minor is None else command.amount_minor
        refusal = rules.why_not_refundable(payment, amount)
        if refusal is not None:
            planned.append(refusal)
            continue
        paid = next(each for each in attempts[payment.id] if each.id == payment.captured_by)
        decision = choose_channel(routing, payment, paid, refund_id=command.refund_id, amount_minor=amount)
        back_the_way = isinstance(decision, Refusal) or decision.purpose is Purpose.REFUND
        refusal = (
            _why_not_by(channels, payment, paid, made[payment.id], amount_minor=amount, now=now)
            if back_the_way
            else None
        )
        if refusal is not None:
            planned.append(refusal)
            continue
        if isinstance(decision, Refusal):
            planned.append(decision)
            continue
        decisions[command.refund_id] = decision
        refund = _refund(payment, paid, command, amount, now)
        refund = msgspec.structs.replace(
            refund, channel=decision.chosen, way=RefundWay(decision.purpose.value)
        )
        made[payment.id].append(refund)
        tentative[payment.id] = _setting_aside(payment, refund)
        entries = await _entries(tx, offers, tentative[payment.id], refund)
        planned.append(_Plan(refund=refund, entries=entries))
    await open_accounts(tx, [plan.refund for plan in planned if not isinstance(plan, Refusal)], ledger)
    results = await _book(tx, planned, payments, ledger, offers)
    await routing.keep(tx, [decisions[each.id] for each in results if isinstance(each, Refund)])
    return results


def _why_not_by(
    channels: Channels,
    payment: Payment,
    paid: Attempt,
    made: Sequence[Refund],
    *,
    amount_minor: int,
    now: datetime,
) -> RefundNotSuited | None:
    """The refusal that the channel over which it was paid would give; none of one that nobody knows any more."""
    try:
        can = channels.capabilities(paid.channel)
    except NoSuchChannel:
        return None
    return rules.why_not_refundable_by(payment, paid, can, made, amount_minor=amount_minor, now=now)


async def _entries(tx: Transaction, offers: Offers, payment: Payment, refund: Refund) -> list[JournalEntry]:
    """What is set aside for a refund, with the platform's share; `payment` after it."""
    entry = postings.refund_created(refund)
    share_minor = await promotion_going_back(tx, offers, payment)
    if not share_minor:
        return [entry]
    promotion = postings.promotion_returned(payment, entry, share_minor)
    return [msgspec.structs.replace(entry, linked=True), promotion]


async def _book(
    tx: Transaction,
    planned: Sequence[_Plan | Refusal],
    payments: dict[str, Payment],
    ledger: Ledger,
    offers: Offers,
) -> list[Refund | Refusal]:
    """Post the entries; what the merchant's balance does not cover is refused, the rest is written."""
    entries = [entry for plan in planned if not isinstance(plan, Refusal) for entry in plan.entries]
    booked = await ledger.post(tx, entries) if entries else []
    if len(planned) > 1 and any(isinstance(receipt, Refusal) for receipt in booked):
        raise DecideApart("later refunds were decided as if one that the books refuse had been made")
    receipts = iter(booked)
    results: list[Refund | Refusal] = []
    for plan in planned:
        if isinstance(plan, Refusal):
            results.append(plan)
            continue
        refusal = _guilty([next(receipts) for _ in plan.entries])
        payment = payments[plan.refund.payment_id]
        if refusal is not None:
            await promotion_going_back(tx, offers, payment)  # as if nothing had been planned
            results.append(_too_low(refusal))
            continue
        payments[payment.id] = _setting_aside(payment, plan.refund)
        results.append(plan.refund)
    created = [result for result in results if isinstance(result, Refund)]
    await store.insert_refunds(tx, created)
    await store.update_payments(tx, [payments[id] for id in {refund.payment_id for refund in created}])
    return results


def _guilty(receipts: Sequence[Booked | Refusal]) -> Refusal | None:
    """Of entries that stand or fall together, the refusal that says what is missing."""
    refusals = [each for each in receipts if isinstance(each, Refusal)]
    guilty = [each for each in refusals if not isinstance(each, LinkedRefused)]
    return next(iter(guilty + refusals), None)


def _refund(
    payment: Payment, paid: Attempt, command: CreateRefund, amount_minor: int, now: datetime
) -> Refund:
    return Refund(
        id=command.refund_id,
        payment_id=payment.id,
        attempt_id=paid.id,
        channel=paid.channel,
        way=RefundWay.REFUND,
        merchant_id=payment.merchant_id,
        reason=RefundReason.MERCHANT,
        cause=None,
        note=command.note,
        state=RefundState.PROCESSING,
        amount_minor=amount_minor,
        currency=payment.currency,
        fee_returned_minor=rules.fee_returned(payment, amount_minor),
        channel_code=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=now + timedelta(seconds=CHANNEL_LEASE_SECONDS),
        asked_at=now,
        payee_sealed=paid.payer_sealed,
    )


def _setting_aside(payment: Payment, refund: Refund) -> Payment:
    return msgspec.structs.replace(
        payment,
        refunding_minor=payment.refunding_minor + refund.amount_minor,
        fee_returned_minor=payment.fee_returned_minor + refund.fee_returned_minor,
    )


def _too_low(refusal: Refusal) -> MerchantBalanceTooLow:
    low = MerchantBalanceTooLow(
        "Your pending balance does not cover this refund.",
        field="amount_minor",
        hint="Wait for further payments, or refund less.",
    )
    low.facts = {name: fact for name, fact in refusal.facts.items() if name != "account"}
    return low
