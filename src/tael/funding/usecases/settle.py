"""What follows from the facts of payments and payouts? Each comes at least once; what has happened already is passed over."""

from collections.abc import Sequence

import structlog

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.funding import postings, rules, store
from tael.funding.events import (
    TopUpCredited,
    TopUpFailed,
    TopUpRefunded,
    TopUpRefundFailed,
    WithdrawalReturned,
    WithdrawalSucceeded,
)
from tael.funding.model import PLATFORM_PAYEE, TopUp, TopUpRefund, TopUpRefundState, TopUpState, Withdrawal
from tael.funding.rules import RefundEvent, TopUpEvent, WithdrawalEvent
from tael.funding.usecases import debts
from tael.funding.usecases.ground import Ground
from tael.funding.usecases.top_up_refunds import give_back, new_refund
from tael.funding.usecases.withdrawals import PURPOSE, act_of
from tael.payments.events import PaymentCaptured, PaymentEnded, RefundFailed, RefundSucceeded
from tael.payments.model import PaymentState
from tael.payouts.events import PayoutFailed, PayoutReturned, PayoutSucceeded

log = structlog.get_logger("tael.funding")

PayoutFact = PayoutSucceeded | PayoutFailed | PayoutReturned
_METHOD_REFUSED = "method_refused"
_DECLINED = "declined"
"""By the card's bank: then nothing else is tried (`top_ups.ask_channel`)."""


# Top-ups.


async def hear_payments(
    tx: Transaction, ground: Ground, facts: Sequence[PaymentCaptured | PaymentEnded]
) -> None:
    """What was captured for a top-up is its user's; one whose payment ended has failed."""
    ours = {fact.object_id: fact for fact in facts if fact.merchant_id == PLATFORM_PAYEE}
    if not ours:
        return
    for top_up in await store.lock_top_ups_of(tx, list(ours)):
        fact = ours[top_up.payment_id]
        if isinstance(fact, PaymentEnded):
            await _fail(tx, ground, top_up, fact)
        elif rules.may(top_up, TopUpEvent.CAPTURED):
            await _credit(tx, ground, top_up, fact)


async def _credit(tx: Transaction, ground: Ground, top_up: TopUp, fact: PaymentCaptured) -> None:
    now = ground.clock.now()
    paid = (await ground.payments.find([top_up.payment_id]))[top_up.payment_id]
    if paid.method in ground.terms(now).methods_refused:
        await _send_back(tx, ground, top_up, fact)
        return
    credited = Money(fact.amount_minor - fact.fee_minor, fact.currency)
    top_up = rules.move(top_up, TopUpEvent.CAPTURED, fee_minor=fact.fee_minor, ended_at=now)
    await store.update_top_up(tx, top_up)
    if credited.minor:
        await ground.book(
            tx,
            postings.topped_up(top_up, credited),
            postings.payee_pending(top_up.currency),
            postings.wallet(top_up.user_id, top_up.currency),
        )
    told = TopUpCredited(
        object_id=top_up.id,
        happened_at=now,
        user_id=top_up.user_id,
        amount_minor=credited.minor,
        currency=top_up.currency,
        card=await store.paid_with(tx, top_up),
    )
    await outbox.publish(tx, [told])


async def _send_back(tx: Transaction, ground: Ground, top_up: TopUp, fact: PaymentCaptured) -> None:
    """Somebody paid it with what does not fill a wallet, at the payment's own page: it goes back there."""
    log.warning("top_up_method_refused", top_up=top_up.id)
    now = ground.clock.now()
    failed = rules.move(
        top_up, TopUpEvent.ENDED, reason=_METHOD_REFUSED, fee_minor=fact.fee_minor, ended_at=now
    )
    await store.update_top_up(tx, failed)
    refund = new_refund(failed, id=new_id("tpr"), amount_minor=fact.amount_minor, now=now)
    await store.insert_refund(tx, refund)
    await outbox.publish(tx, [await _failure(tx, ground, failed)])


async def _fail(tx: Transaction, ground: Ground, top_up: TopUp, fact: PaymentEnded) -> None:
    if not rules.may(top_up, TopUpEvent.ENDED):
        return
    declined = top_up.bank_card_id is not None and fact.state is PaymentState.CANCELED
    reason = _DECLINED if declined else str(fact.state)
    failed = rules.move(top_up, TopUpEvent.ENDED, reason=reason, ended_at=ground.clock.now())
    await store.update_top_up(tx, failed)
    await outbox.publish(tx, [await _failure(tx, ground, failed)])


async def _failure(tx: Transaction, ground: Ground, top_up: TopUp) -> TopUpFailed:
    return TopUpFailed(
        object_id=top_up.id,
        happened_at=ground.clock.now(),
        user_id=top_up.user_id,
        amount_minor=top_up.amount_minor,
        currency=top_up.currency,
        card=await store.paid_with(tx, top_up),
        reason=top_up.reason,
    )


# Their refunds.


async def hear_refunds(
    tx: Transaction, ground: Ground, facts: Sequence[RefundSucceeded | RefundFailed]
) -> None:
    """What became of money of top-ups on its way back."""
    ours = [fact for fact in facts if fact.merchant_id == PLATFORM_PAYEE]
    if not ours:
        return
    found = await store.refunds_by_number(tx, [fact.refund_id for fact in ours])
    refunds = {refund.refund_id: refund for refund in found}
    for fact in ours:
        refund = refunds.get(fact.refund_id)
        if refund is None or refund.state is TopUpRefundState.FAILED:
            await debts.hear_refund(tx, ground, fact, refund)
            continue
        if isinstance(fact, RefundFailed):
            if rules.may(refund, RefundEvent.REFUSED):
                reason = fact.channel_code or "refused"
                refund = await give_back(tx, ground, refund, reason=reason)
                await outbox.publish(tx, [await _refund_failure(tx, ground, refund)])
        elif rules.may(refund, RefundEvent.DONE):
            refund = await _gone(tx, ground, refund)
            await outbox.publish(tx, [await _refund_success(tx, ground, refund)])
        refunds[fact.refund_id] = refund


async def _gone(tx: Transaction, ground: Ground, refund: TopUpRefund) -> TopUpRefund:
    """It has gone; what of the fee came back with it is the user's, if the top-up ever was."""
    top_up = await store.get_top_up(tx, refund.top_up_id, user_id=refund.user_id)
    fee_minor = 0
    if top_up.state is TopUpState.CREDITED and top_up.fee_minor:
        paid = await ground.payments.get_refund(refund.refund_id, merchant_id=PLATFORM_PAYEE)
        fee_minor = paid.fee_returned_minor
    gone = rules.move(refund, RefundEvent.DONE, ended_at=ground.clock.now(), fee_returned_minor=fee_minor)
    await store.update_refund(tx, gone)
    if fee_minor:
        await ground.book(
            tx,
            postings.refund_fee_returned(gone),
            postings.payee_pending(gone.currency),
            postings.wallet(gone.user_id, gone.currency),
        )
    return gone


async def _refund_success(tx: Transaction, ground: Ground, refund: TopUpRefund) -> TopUpRefunded:
    top_up = await store.get_top_up(tx, refund.top_up_id, user_id=refund.user_id)
    return TopUpRefunded(
        object_id=refund.top_up_id,
        happened_at=ground.clock.now(),
        user_id=refund.user_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        card=await store.paid_with(tx, top_up),
    )


async def _refund_failure(tx: Transaction, ground: Ground, refund: TopUpRefund) -> TopUpRefundFailed:
    top_up = await store.get_top_up(tx, refund.top_up_id, user_id=refund.user_id)
    return TopUpRefundFailed(
        object_id=refund.top_up_id,
        happened_at=ground.clock.now(),
        user_id=refund.user_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        card=await store.paid_with(tx, top_up),
        reason=refund.reason,
    )


# Withdrawals.


async def hear_payouts(tx: Transaction, ground: Ground, facts: Sequence[PayoutFact]) -> None:
    """What became of money on its way to users' cards."""
    ours = [fact for fact in facts if fact.purpose == PURPOSE]
    if not ours:
        return
    withdrawals = dict(await store.lock_withdrawals(tx, [fact.reference for fact in ours]))
    for fact in ours:
        withdrawal = withdrawals.get(fact.reference)
        if withdrawal is None or withdrawal.payout_id != fact.object_id:
            log.error("payout_without_withdrawal", payout=fact.object_id, reference=fact.reference)
            continue
        withdrawals[withdrawal.id] = await _settle(tx, ground, withdrawal, fact)


async def _settle(tx: Transaction, ground: Ground, withdrawal: Withdrawal, fact: PayoutFact) -> Withdrawal:
    if isinstance(fact, PayoutSucceeded):
        if rules.may(withdrawal, WithdrawalEvent.ARRIVED):
            return await _arrive(tx, ground, withdrawal)
        return withdrawal
    event = WithdrawalEvent.REFUSED if isinstance(fact, PayoutFailed) else WithdrawalEvent.CAME_BACK
    if rules.may(withdrawal, event):
        return await _return(tx, ground, withdrawal, event, reason=fact.reason)
    return withdrawal


async def _arrive(tx: Transaction, ground: Ground, withdrawal: Withdrawal) -> Withdrawal:
    now = ground.clock.now()
    arrived = rules.move(withdrawal, WithdrawalEvent.ARRIVED, ended_at=now)
    await store.update_withdrawal(tx, arrived)
    if arrived.fee_minor:
        await ground.book(tx, postings.fee_earned(arrived), postings.fees(arrived.currency))
    told = WithdrawalSucceeded(
        object_id=arrived.id,
        happened_at=now,
        user_id=arrived.user_id,
        amount_minor=arrived.arriving.minor,
        currency=arrived.currency,
        card=await _card_of(tx, arrived),
    )
    await outbox.publish(tx, [told])
    return arrived


async def _return(
    tx: Transaction, ground: Ground, withdrawal: Withdrawal, event: WithdrawalEvent, *, reason: str
) -> Withdrawal:
    """All of it is in the wallet again, and its limits are free."""
    now = ground.clock.now()
    back = rules.move(withdrawal, event, reason=reason, ended_at=now)
    await store.update_withdrawal(tx, back)
    await ground.wallets.give_back(tx, [(act_of(back), back.strength)])
    await ground.book(tx, postings.given_back(back), postings.fees(back.currency))
    told = WithdrawalReturned(
        object_id=back.id,
        happened_at=now,
        user_id=back.user_id,
        amount_minor=back.amount_minor,
        currency=back.currency,
        card=await _card_of(tx, back),
        reason=reason,
    )
    await outbox.publish(tx, [told])
    return back


async def _card_of(tx: Transaction, withdrawal: Withdrawal) -> str:
    return (await store.find_cards(tx, [withdrawal.bank_card_id]))[withdrawal.bank_card_id].shown
