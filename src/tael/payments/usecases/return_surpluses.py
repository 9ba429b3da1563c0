"""Return surpluses: what came late, twice or too much goes back by itself; again if a channel refuses, but not for ever."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.payments import postings, rules, store
from tael.payments.errors import NoSuchRefund, SurplusNotLeft
from tael.payments.events import RefundFailed, SurplusLeft, SurplusReceived
from tael.payments.model import Attempt, Payment, Refund, RefundReason, RefundState, RefundWay
from tael.payments.usecases.payers import with_owner
from tael.payments.usecases.route_refunds import choose_channel, open_accounts
from tael.routing.api import Routing
from tael.routing.errors import NoChannel
from tael.routing.model import Decision

log = structlog.get_logger("tael.payments")

TRIES = rules.SURPLUS_TRIES


class Surplus(msgspec.Struct, frozen=True, kw_only=True):
    """Money that is owed to a payer."""

    payment_id: str
    attempt_id: str
    merchant_id: str
    reason: RefundReason
    cause: str
    """The journal entry that says so."""
    amount_minor: int
    currency: str


async def return_surpluses(
    tx: Transaction,
    facts: Sequence[SurplusReceived | RefundFailed],
    *,
    ledger: Ledger,
    routing: Routing,
    now: datetime,
    new_ids: Sequence[str],
) -> list[Refund]:
    """Refunds of what came late or twice, one per fact at most; none while one of the same surplus is on its way."""
    payments = await store.lock_payments(tx, {fact.object_id for fact in facts})
    attempts = await store.find_attempts(tx, [fact.attempt_id for fact in facts])
    tries = await _tries(tx, payments)
    planned: list[tuple[Refund, Decision | None]] = []
    left: list[tuple[RefundFailed, Surplus]] = []
    for fact, new_id in zip(facts, new_ids, strict=True):
        surplus = _surplus_of(fact)
        earlier = tries.setdefault(surplus.cause, [])
        if rules.is_settled(earlier) or not surplus.amount_minor:
            continue
        if isinstance(fact, RefundFailed) and len(earlier) >= TRIES:
            left.append((fact, surplus))
            continue
        pause = (
            rules.SURPLUS_PAUSES[len(earlier) - 1]
            if isinstance(fact, RefundFailed) and earlier
            else timedelta()
        )
        made = _refund(
            surplus,
            payments[surplus.payment_id],
            with_owner(attempts[surplus.attempt_id], earlier),
            routing,
            new_id=new_id,
            now=now,
            due_at=now + pause,
        )
        planned.append(made)
        earlier.append(made[0])
    await _write(tx, planned, ledger=ledger, routing=routing, actor="courier", now=now)
    await _leave(tx, left, now)
    return [refund for refund, _ in planned]


async def return_again(
    tx: Transaction,
    refund_id: str,
    *,
    ledger: Ledger,
    routing: Routing,
    actor: str,
    now: datetime,
    new_id: str,
) -> Refund:
    """Send a surplus once more whose refund failed; raises `NoSuchRefund`, `SurplusNotLeft`."""
    failed = (await store.find_refunds(tx, [refund_id])).get(refund_id)
    if failed is None:
        raise NoSuchRefund(f"There is no refund {refund_id[:40]}.", field="refund_id")
    payments = await store.lock_payments(tx, [failed.payment_id])
    earlier = (await _tries(tx, payments)).get(failed.cause or "", [])
    owed = rules.still_owed_minor(earlier)
    if not owed:
        raise SurplusNotLeft(
            f"{refund_id[:40]} has left nothing to send: it is no surplus, or it has gone back, or is on its way.",
            field="refund_id",
            hint="Look at the refunds of the payment; a merchant's refund is asked for by the merchant.",
        )
    surplus = Surplus(
        payment_id=failed.payment_id,
        attempt_id=failed.attempt_id,
        merchant_id=failed.merchant_id,
        reason=failed.reason,
        cause=failed.cause or "",
        amount_minor=owed,
        currency=failed.currency,
    )
    attempts = await store.find_attempts(tx, [failed.attempt_id])
    planned = _refund(
        surplus,
        payments[failed.payment_id],
        with_owner(attempts[failed.attempt_id], earlier),
        routing,
        new_id=new_id,
        now=now,
        due_at=now,
    )
    await _write(tx, [planned], ledger=ledger, routing=routing, actor=actor, now=now)
    return planned[0]


def _surplus_of(fact: SurplusReceived | RefundFailed) -> Surplus:
    """Facts from before the cause was kept have one surplus for each attempt."""
    still_owed = fact.owed_minor if isinstance(fact, RefundFailed) else None
    return Surplus(
        payment_id=fact.object_id,
        attempt_id=fact.attempt_id,
        merchant_id=fact.merchant_id,
        reason=fact.reason,
        cause=fact.cause or f"{fact.attempt_id}:surplus",
        amount_minor=fact.amount_minor if still_owed is None else still_owed,
        currency=fact.currency,
    )


async def _tries(tx: Transaction, payments: dict[str, Payment]) -> dict[str, list[Refund]]:
    """The refunds of each surplus so far, oldest first."""
    tries: dict[str, list[Refund]] = {}
    for payment_id in payments:
        for refund in await store.refunds_of(tx, payment_id):
            if refund.cause is not None:
                tries.setdefault(refund.cause, []).append(refund)
    return tries


def _refund(
    surplus: Surplus,
    payment: Payment,
    paid: Attempt,
    routing: Routing,
    *,
    new_id: str,
    now: datetime,
    due_at: datetime,
) -> tuple[Refund, Decision | None]:
    """Where no channel may, the first one is asked all the same: it says no, and the surplus is left to people.

    So it does if it needs an account to send to, and several have paid: what one of them sent is not given to another.
    """
    chosen = choose_channel(routing, payment, paid, refund_id=new_id, amount_minor=surplus.amount_minor)
    if isinstance(chosen, Refusal) and not isinstance(chosen, NoChannel):
        raise chosen
    decision = chosen if isinstance(chosen, Decision) else None
    refund = Refund(
        id=new_id,
        payment_id=surplus.payment_id,
        attempt_id=surplus.attempt_id,
        channel=decision.chosen if decision is not None else paid.channel,
        way=RefundWay(decision.purpose.value) if decision is not None else RefundWay.REFUND,
        merchant_id=surplus.merchant_id,
        reason=surplus.reason,
        cause=surplus.cause,
        note="",
        state=RefundState.PROCESSING,
        amount_minor=surplus.amount_minor,
        currency=surplus.currency,
        fee_returned_minor=0,
        channel_code=None,
        created_at=now,
        ended_at=None,
        inquiries=0,
        next_inquiry_at=due_at,
        payee_sealed=paid.payer_sealed,
    )
    return refund, decision


async def _write(
    tx: Transaction,
    planned: Sequence[tuple[Refund, Decision | None]],
    *,
    ledger: Ledger,
    routing: Routing,
    actor: str,
    now: datetime,
) -> None:
    refunds = [refund for refund, _ in planned]
    await open_accounts(tx, refunds, ledger)
    entries = [postings.refund_created(refund) for refund in refunds]
    for receipt in await ledger.post(tx, entries) if entries else []:
        if isinstance(receipt, Refusal):
            raise receipt
    await store.insert_refunds(tx, refunds)
    await routing.keep(tx, [decision for _, decision in planned if decision is not None])
    await audit.record(
        tx, [_trail("payments.refund_surplus", refund.id, actor=actor, now=now) for refund in refunds]
    )


async def _leave(tx: Transaction, left: Sequence[tuple[RefundFailed, Surplus]], now: datetime) -> None:
    """The money is back on the account of surpluses; somebody has to look."""
    for fact, surplus in left:
        log.error("surplus_left", payment=surplus.payment_id, refund=fact.refund_id, code=fact.channel_code)
    await outbox.publish(
        tx,
        [
            SurplusLeft(
                object_id=surplus.payment_id,
                happened_at=now,
                merchant_id=surplus.merchant_id,
                attempt_id=surplus.attempt_id,
                refund_id=fact.refund_id,
                reason=surplus.reason,
                amount_minor=surplus.amount_minor,
                currency=surplus.currency,
                channel_code=fact.channel_code,
            )
            for fact, surplus in left
        ],
    )
    await audit.record(
        tx,
        [_trail("payments.leave_surplus", fact.refund_id, actor="courier", now=now) for fact, _ in left],
    )


def _trail(action: str, refund_id: str, *, actor: str, now: datetime) -> AuditEvent:
    return AuditEvent(happened_at=now, actor=actor, action=action, object_id=refund_id, result="done")
