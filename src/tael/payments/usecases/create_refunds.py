"""Create refunds: the money is set aside in the books before the channel hears of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation import audit
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.api import Ledger
from tael.ledger.model import JournalEntry
from tael.payments import postings, rules, store
from tael.payments.errors import MerchantBalanceTooLow, NoSuchPayment
from tael.payments.events import RefundFailed, SurplusReceived
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.usecases.start_attempts import CHANNEL_LEASE_SECONDS
from tael.routing.api import Routing
from tael.routing.model import Decision, Purpose, RefundOf, Wanted

AGAIN_AFTER_SECONDS = 3_600
"""When a surplus is sent back once more after the channel has refused."""


class DecideApart(Exception):
    """These refunds must be decided one by one; raised to the lane, which halves the batch."""


class CreateRefund(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A merchant's wish to give money back; all that is left if no amount is named."""

    payment_id: str
    merchant_id: str
    refund_id: str
    amount_minor: int | None
    note: str


async def create_refunds(
    tx: Transaction, commands: Sequence[CreateRefund], *, ledger: Ledger, routing: Routing, now: datetime
) -> list[Refund | Refusal]:
    """Each refund with its money set aside, or why not. Decided in order: later ones see what earlier ones took."""
    payments = await store.lock_payments(tx, {command.payment_id for command in commands})
    attempts = await store.attempts_of(tx, list(payments))
    planned: list[tuple[CreateRefund, Refund, JournalEntry] | Refusal] = []
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
        decision = _choose(routing, payment, paid, command.refund_id, amount)
        if isinstance(decision, Refusal):
            planned.append(decision)
            continue
        decisions[command.refund_id] = decision
        refund = _refund(payment, paid, command, amount, now)
        refund = msgspec.structs.replace(
            refund, channel=decision.chosen, way=RefundWay(decision.purpose.value)
        )
        planned.append((command, refund, postings.refund_created(refund, refund.channel)))
        tentative[payment.id] = _setting_aside(payment, refund)
    await _open_accounts(tx, [plan[1] for plan in planned if not isinstance(plan, Refusal)], ledger)
    results = await _book(tx, planned, payments, ledger)
    await routing.keep(tx, [decisions[each.id] for each in results if isinstance(each, Refund)])
    return results


def _choose(
    routing: Routing, payment: Payment, paid: Attempt, refund_id: str, amount_minor: int
) -> Decision | Refusal:
    """Back the way that the money came if that is open and well; else to the payer's account, if we know it."""
    wanted = Wanted(
        subject=refund_id,
        purpose=Purpose.REFUND,
        amount=Money(amount_minor, payment.currency),
        merchant_id=payment.merchant_id,
        method=paid.method,
        refund_of=RefundOf(
            channel=paid.channel,
            paid_at=paid.ended_at or paid.created_at,
            payer_account_known=paid.payer_sealed is not None,
        ),
    )
    return routing.decide([wanted])[0]


async def _open_accounts(tx: Transaction, refunds: Sequence[Refund], ledger: Ledger) -> None:
    """A channel that pays out for another may never have seen a payment in that currency."""
    accounts = {
        account.name: account
        for refund in refunds
        if refund.way is RefundWay.PAY_OUT
        for account in postings.accounts_of_channel(refund.channel, refund.currency)
    }
    for opened in await ledger.open_accounts(tx, list(accounts.values())) if accounts else []:
        if isinstance(opened, Refusal):
            raise RuntimeError(f"the books refuse an account of a channel: {opened.message}") from opened


async def _book(
    tx: Transaction,
    planned: Sequence[tuple[CreateRefund, Refund, JournalEntry] | Refusal],
    payments: dict[str, Payment],
    ledger: Ledger,
) -> list[Refund | Refusal]:
    """Post the entries; what the merchant's balance does not cover is refused, the rest is written."""
    plans = [plan for plan in planned if not isinstance(plan, Refusal)]
    booked = await ledger.post(tx, [entry for _, _, entry in plans]) if plans else []
    if len(planned) > 1 and any(isinstance(receipt, Refusal) for receipt in booked):
        raise DecideApart("later refunds were decided as if one that the books refuse had been made")
    receipts = iter(booked)
    results: list[Refund | Refusal] = []
    for plan in planned:
        if isinstance(plan, Refusal):
            results.append(plan)
            continue
        receipt = next(receipts)
        if isinstance(receipt, Refusal):
            results.append(_too_low(receipt))
            continue
        _, refund, _ = plan
        payments[refund.payment_id] = _setting_aside(payments[refund.payment_id], refund)
        results.append(refund)
    created = [result for result in results if isinstance(result, Refund)]
    await store.insert_refunds(tx, created)
    await store.update_payments(tx, [payments[id] for id in {refund.payment_id for refund in created}])
    return results


async def refund_surplus(
    tx: Transaction,
    facts: Sequence[SurplusReceived | RefundFailed],
    *,
    ledger: Ledger,
    now: datetime,
    new_ids: Sequence[str],
) -> list[Refund]:
    """Refunds of what came late or twice, one per fact; told of the same fact again, none.

    A refund of surplus that the channel has refused (our account there may be empty) is made anew, for later.
    """
    payments = await store.lock_payments(tx, {fact.object_id for fact in facts})
    attempts = await store.find_attempts(tx, [fact.attempt_id for fact in facts])
    done = {
        refund.cause
        for payment in payments
        for refund in await store.refunds_of(tx, payment)
        if refund.state is not RefundState.FAILED
    }
    later = now + timedelta(seconds=AGAIN_AFTER_SECONDS)
    refunds = [
        _refund_of_surplus(fact, attempts[fact.attempt_id].channel, new_id, now=now, later=later)
        for fact, new_id in zip(facts, new_ids, strict=True)
        if cause_of(fact) not in done
    ]
    entries = [postings.refund_created(refund, refund.channel) for refund in refunds]
    for receipt in await ledger.post(tx, entries) if entries else []:
        if isinstance(receipt, Refusal):
            raise receipt
    await store.insert_refunds(tx, refunds)
    await audit.record(
        tx,
        [
            AuditEvent(
                happened_at=now,
                actor="courier",
                action="payments.refund_surplus",
                object_id=refund.id,
                result="done",
            )
            for refund in refunds
        ],
    )
    return refunds


def cause_of(fact: SurplusReceived | RefundFailed) -> str:
    """The journal entry of the surplus; facts from before it was kept have one surplus for each attempt."""
    return fact.cause or f"{fact.attempt_id}:surplus"


def _refund_of_surplus(
    fact: SurplusReceived | RefundFailed, channel: str, new_id: str, *, now: datetime, later: datetime
) -> Refund:
    return Refund(
        id=new_id,
        payment_id=fact.object_id,
        attempt_id=fact.attempt_id,
        channel=channel,
        way=RefundWay.REFUND,
        merchant_id=fact.merchant_id,
        reason=fact.reason,
        cause=cause_of(fact),
        note="",
        state=RefundState.PROCESSING,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
        fee_returned_minor=0,
        channel_code=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=later if isinstance(fact, RefundFailed) else now,
    )


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
