"""Create payments: the merchant's wish is written down; no channel is called and no money moves."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.merchants.api import why_not_selling
from tael.merchants.model import Merchant, Seller
from tael.payments import rules, store
from tael.payments.events import PaymentCreated
from tael.payments.model import CaptureMethod, Payment, PaymentState
from tael.payments.usecases.start_attempts import StartAttempt, Started


class CreatePayment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payment to be made, with its id chosen beforehand so that a repeat makes no second one."""

    payment: Payment
    exponent: int | None
    merchant: Merchant | None = None
    """Whose it is, as it stands: one that does not sell is refused."""
    attempt: StartAttempt | None = None
    """How it is paid, if that is known already."""


StartNew = Callable[
    [Transaction, Sequence[StartAttempt], Sequence[Payment]], Awaitable[Sequence[Started | Refusal]]
]
"""Starts first attempts, each of a new payment that is written with it."""


def new_payment(
    merchant: Merchant,
    *,
    amount_minor: int,
    currency: str,
    reference: str,
    description: str,
    now: datetime,
    seconds: int,
    return_url: str | None = None,
    metadata: Mapping[str, str] | None = None,
    descriptor: str | None = None,
    capture_method: CaptureMethod = CaptureMethod.AUTOMATIC,
    fee_terms_id: str | None = None,
    source: str = "api",
) -> Payment:
    """A payment as it begins, on the merchant's terms of now. `seconds`: how long it can be paid."""
    return Payment(
        id=new_id("pay"),
        merchant_id=merchant.id,
        reference=reference,
        description=description,
        amount_minor=amount_minor,
        currency=currency,
        state=PaymentState.CREATED,
        closing_as=None,
        captured_by=None,
        captured_minor=0,
        refunded_minor=0,
        refunding_minor=0,
        fee_basis_points=merchant.fee_basis_points,
        fee_minor=0,
        fee_returned_minor=0,
        return_url=return_url,
        created_at=now,
        expires_at=now + timedelta(seconds=seconds),
        ended_at=None,
        metadata=dict(metadata or {}),
        descriptor=descriptor,
        capture_method=capture_method,
        fee_terms_id=fee_terms_id or (merchant.fee_terms_id if isinstance(merchant, Seller) else None),
        source=source,
    )


async def create_payments(tx: Transaction, commands: Sequence[CreatePayment]) -> list[Payment | Refusal]:
    """Each payment as it was written, or why it cannot be."""
    results = [_why_not(command) or command.payment for command in commands]
    created = [result for result in results if isinstance(result, Payment)]
    if created:
        async with tx.together():
            await store.insert_payments(tx, created)
            await outbox.publish(tx, [_created(payment) for payment in created])
    return results


async def begin_payments(
    tx: Transaction, commands: Sequence[CreatePayment], *, start: StartNew
) -> list[Started | Refusal]:
    """Each payment with its first attempt: both are written, or neither and why."""
    refusals = [_why_not(command) for command in commands]
    wanted = [command for command, refusal in zip(commands, refusals, strict=True) if refusal is None]
    attempts = [command.attempt for command in wanted if command.attempt is not None]
    begun = iter(await start(tx, attempts, [command.payment for command in wanted]))
    results = [refusal or next(begun) for refusal in refusals]
    made = [_created(result.payment) for result in results if isinstance(result, Started)]
    if made:
        await outbox.publish(tx, made)
    return results


def _why_not(command: CreatePayment) -> Refusal | None:
    payment = command.payment
    seconds = int((payment.expires_at - payment.created_at).total_seconds())
    not_selling = why_not_selling(command.merchant) if command.merchant is not None else None
    try:
        return not_selling or rules.why_not_payable(
            payment.amount_minor, payment.currency, command.exponent, seconds
        )
    except Refusal as unknown_currency:
        return unknown_currency


def _created(payment: Payment) -> PaymentCreated:
    return PaymentCreated(
        object_id=payment.id, happened_at=payment.created_at, merchant_id=payment.merchant_id
    )
