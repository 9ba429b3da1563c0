"""What does a user owe? A top-up that is in their wallet, and whose money their channel has given back to them all the same.

A refund had failed, so the money was in the wallet again, and then it had gone after all; or a channel gave a payment back by
itself; or a bank recalled a transfer. Nothing is taken from a wallet for it (docs/decisions/0045): it stands here until it came back, or until people say how
it ended. In the books it is to be recovered.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from tael.foundation import audit, outbox
from tael.foundation.audit import AuditEvent
from tael.foundation.db import Transaction
from tael.funding import store
from tael.funding.errors import NoSuchDebt
from tael.funding.events import TopUpOwed
from tael.funding.model import PLATFORM_PAYEE, TopUp, TopUpDebt, TopUpRefund, TopUpState
from tael.funding.usecases.ground import Ground
from tael.payments.events import PaymentReversed, RefundFailed, RefundSucceeded

log = structlog.get_logger("tael.funding")


async def hear_refund(
    tx: Transaction, ground: Ground, fact: RefundSucceeded | RefundFailed, refund: TopUpRefund | None
) -> None:
    """What a refund that nobody here waits for means. refund: ours that had failed, if it is one of ours."""
    now = ground.clock.now()
    if isinstance(fact, RefundFailed):
        await store.end_debt(tx, fact.refund_id, note="it came back", now=now)
        return
    gone = await ground.payments.get_refund(fact.refund_id, merchant_id=PLATFORM_PAYEE)
    found = await store.lock_top_ups_of(tx, [fact.object_id])
    held = [each for each in found if refund is not None or each.state is TopUpState.CREDITED]
    if gone.cause is not None or not gone.unowed_minor or not held:
        return  # a surplus: it was never the user's
    await _begin(tx, held[0], gone.id, gone.unowed_minor, now=now)


async def _begin(tx: Transaction, top_up: TopUp, debt_id: str, minor: int, *, now: datetime) -> None:
    """From now on its user owes so much of it, and is told; once for each id."""
    debt = TopUpDebt(
        id=debt_id,
        top_up_id=top_up.id,
        user_id=top_up.user_id,
        amount_minor=minor,
        currency=top_up.currency,
        since=now,
    )
    if not await store.begin_debt(tx, debt):
        return
    log.error("top_up_owed", top_up=top_up.id, debt=debt.id, amount_minor=debt.amount_minor)
    told = TopUpOwed(
        object_id=top_up.id,
        happened_at=now,
        user_id=top_up.user_id,
        amount_minor=debt.amount_minor,
        currency=debt.currency,
        card=await store.paid_with(tx, top_up),
    )
    await outbox.publish(tx, [told])


class Debts:
    """What users owe, for staff and for the copy of their data."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def open(self, *, limit: int) -> Sequence[TopUpDebt]:
        """What is owed now, the oldest first."""
        async with self._ground.database.transaction() as tx:
            return await store.open_debts(tx, limit=limit)

    async def of(self, user_id: str) -> Sequence[TopUpDebt]:
        """All that a user owes or has owed, the newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.debts_of(tx, user_id)

    async def hear_reversed(self, tx: Transaction, facts: Sequence[PaymentReversed]) -> None:
        """Of a top-up that was credited, a bank has recalled the transfer that paid it."""
        for fact in facts:
            if fact.merchant_id != PLATFORM_PAYEE or not fact.lost_minor:
                continue
            for top_up in await store.lock_top_ups_of(tx, [fact.object_id]):
                if top_up.state is TopUpState.CREDITED:
                    debt_id = f"{fact.attempt_id}:{fact.happened_at:%Y%m%d%H%M%S%f}"
                    await _begin(tx, top_up, debt_id, fact.lost_minor, now=self._ground.clock.now())

    async def end(self, debt_id: str, *, note: str, actor: str) -> None:
        """It was paid or is given up, as the note says; refuses `NoSuchDebt`. The books are for a bookkeeper to follow."""
        now = self._ground.clock.now()
        async with self._ground.database.transaction() as tx:
            if not await store.end_debt(tx, debt_id, note=note, now=now):
                raise NoSuchDebt(f"Nobody owes {debt_id[:40]!r}.", field="debt_id")
            ended = AuditEvent(
                happened_at=now, actor=actor, action="funding.end_debt", object_id=debt_id, result="done"
            )
            await audit.record(tx, [ended])
