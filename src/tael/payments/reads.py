"""What is there to know about payments? Read-only questions, and the watch over payments that pages show."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import msgspec
import structlog

from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Unavailable
from tael.payments import store
from tael.payments.errors import NoSuchPayment, NoSuchRefund
from tael.payments.model import Attempt, HoldStep, Payment, Refund
from tael.payments.schemas import PaymentBody, RefundBody, payment_body, refund_body

log = structlog.get_logger("tael.payments")

WATCH_SECONDS = 0.3


class PaymentStory(msgspec.Struct, frozen=True, kw_only=True):
    """A payment with everything that happened to it, oldest first."""

    payment: Payment
    attempts: list[Attempt]
    refunds: list[Refund]
    steps: list[HoldStep] = []
    """The captures and increments of money that is held."""


async def story(tx: Transaction, payment_id: str, *, merchant_id: str | None) -> PaymentStory:
    """One payment; `NoSuchPayment` if it is not there or another merchant's. `merchant_id` None: the payer asks."""
    payment = (await store.find_payments(tx, [payment_id])).get(payment_id)
    if payment is None or merchant_id not in (None, payment.merchant_id):
        raise NoSuchPayment(f"There is no payment {payment_id}.", field="payment_id")
    attempts = (await store.attempts_of(tx, [payment_id]))[payment_id]
    steps = (await store.steps_of(tx, [payment_id]))[payment_id] if payment.manual else []
    refunds = await store.refunds_of(tx, payment_id)
    return PaymentStory(payment=payment, attempts=attempts, refunds=refunds, steps=steps)


async def find_refund(tx: Transaction, refund_id: str, *, merchant_id: str) -> Refund:
    """One refund; `NoSuchRefund` if it is not there or another merchant's."""
    refund = (await store.find_refunds(tx, [refund_id])).get(refund_id)
    if refund is None or refund.merchant_id != merchant_id:
        raise NoSuchRefund(f"There is no refund {refund_id}.", field="refund_id")
    return refund


async def show(
    tx: Transaction, ids: Sequence[str], *, public_url: str
) -> dict[str, PaymentBody | RefundBody]:
    """Payments and refunds as the API shows them, by id; one question for all payments and one for all refunds."""
    payments = [id for id in ids if id.startswith("pay_")]
    refunds = [id for id in ids if id.startswith("rfd_")]
    found: dict[str, PaymentBody | RefundBody] = {}
    if payments:
        for payment in (await store.find_payments(tx, payments)).values():
            found[payment.id] = payment_body(payment, public_url=public_url)
    if refunds:
        for refund in (await store.find_refunds(tx, refunds)).values():
            found[refund.id] = refund_body(refund)
    return found


class Watch:
    """Tells pages when a payment changes: one query every moment for all that are watched in this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._watched: dict[str, list[asyncio.Queue[Payment]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def changes(self, payment_id: str) -> AsyncIterator[Payment]:
        """The payment as it is, and again each time it has changed, until it ended or the reader goes away."""
        queue: asyncio.Queue[Payment] = asyncio.Queue()
        self._watched.setdefault(payment_id, []).append(queue)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look_around(), name="payments-watch")
        try:
            last: Payment | None = None
            while last is None or not last.ended:
                payment = await queue.get()
                if payment != last:
                    last = payment
                    yield payment
        finally:
            self._watched[payment_id].remove(queue)
            if not self._watched[payment_id]:
                del self._watched[payment_id]

    async def _look_around(self) -> None:
        while self._watched:
            try:
                async with self._database.transaction() as tx:
                    found = await store.find_payments(tx, list(self._watched))
            except Unavailable as error:
                log.warning("watch_interrupted", reason=error.message)
                found = {}
            for payment_id, payment in found.items():
                for queue in self._watched.get(payment_id, []):
                    queue.put_nowait(payment)
            await asyncio.sleep(WATCH_SECONDS)
