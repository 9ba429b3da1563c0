"""Where do payments, attempts and refunds lie? The context's only SQL: many rows in, many rows out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.foundation.db import Transaction, queries
from tael.payments.model import Attempt, Payment, PaymentState, Refund

SQL = queries("tael.payments")


class PaymentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payments of a merchant to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    before: str | None = None
    state: PaymentState | None = None
    reference: str | None = None
    currency: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    limit: int = 50


async def insert_payments(tx: Transaction, payments: Sequence[Payment]) -> None:
    """Write new payments."""
    await tx.run(
        SQL.insert_payments,
        ids=[payment.id for payment in payments],
        merchant_ids=[payment.merchant_id for payment in payments],
        references=[payment.reference for payment in payments],
        descriptions=[payment.description for payment in payments],
        amounts=[payment.amount_minor for payment in payments],
        currencies=[payment.currency for payment in payments],
        fees=[payment.fee_basis_points for payment in payments],
        return_urls=[payment.return_url for payment in payments],
        created_ats=[payment.created_at for payment in payments],
        expires_ats=[payment.expires_at for payment in payments],
    )


async def lock_payments(tx: Transaction, ids: Iterable[str]) -> dict[str, Payment]:
    """The payments, locked until the transaction ends. A lock on a payment covers its attempts and refunds."""
    return _by_id(await tx.rows(SQL.lock_payments, Payment, ids=list(ids)))


async def find_payments(tx: Transaction, ids: Iterable[str]) -> dict[str, Payment]:
    """The payments as they stand."""
    return _by_id(await tx.rows(SQL.find_payments, Payment, ids=list(ids)))


async def list_payments(tx: Transaction, wanted: PaymentFilter) -> list[Payment]:
    """One page of a merchant's payments."""
    return await tx.rows(SQL.list_payments, Payment, **msgspec.structs.asdict(wanted))


async def lock_expired_payments(tx: Transaction, *, now: datetime, limit: int) -> list[Payment]:
    """Payments whose time is over and that no live attempt can still pay."""
    return await tx.rows(SQL.lock_expired_payments, Payment, now=now, limit=limit)


async def update_payments(tx: Transaction, payments: Sequence[Payment]) -> None:
    """Write what changed; each payment at most once per call."""
    if payments:
        await tx.run(
            SQL.update_payments,
            ids=[payment.id for payment in payments],
            states=[payment.state for payment in payments],
            closings=[payment.closing_as for payment in payments],
            captured_bys=[payment.captured_by for payment in payments],
            captured=[payment.captured_minor for payment in payments],
            refunded=[payment.refunded_minor for payment in payments],
            refunding=[payment.refunding_minor for payment in payments],
            fees=[payment.fee_minor for payment in payments],
            fees_returned=[payment.fee_returned_minor for payment in payments],
            ended_ats=[payment.ended_at for payment in payments],
        )


async def insert_attempts(tx: Transaction, attempts: Sequence[Attempt]) -> None:
    """Write new attempts."""
    if attempts:
        await tx.run(
            SQL.insert_attempts,
            ids=[attempt.id for attempt in attempts],
            payment_ids=[attempt.payment_id for attempt in attempts],
            channels=[attempt.channel for attempt in attempts],
            amounts=[attempt.amount_minor for attempt in attempts],
            currencies=[attempt.currency for attempt in attempts],
            created_ats=[attempt.created_at for attempt in attempts],
            next_inquiry_ats=[attempt.next_inquiry_at for attempt in attempts],
        )


async def payment_ids_of_attempts(tx: Transaction, attempt_ids: Sequence[str]) -> dict[str, str]:
    """Which payment each attempt belongs to; that never changes."""
    return dict(await tx.tuples(SQL.payment_ids_of_attempts, ids=list(attempt_ids)))


async def find_attempts(tx: Transaction, ids: Sequence[str]) -> dict[str, Attempt]:
    """The attempts as they stand."""
    return _by_id(await tx.rows(SQL.find_attempts, Attempt, ids=list(ids)))


async def attempts_of(tx: Transaction, payment_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    """The attempts of each payment, oldest first."""
    grouped: dict[str, list[Attempt]] = {payment_id: [] for payment_id in payment_ids}
    for attempt in await tx.rows(SQL.attempts_of_payments, Attempt, payment_ids=list(payment_ids)):
        grouped[attempt.payment_id].append(attempt)
    return grouped


async def update_attempts(tx: Transaction, attempts: Sequence[Attempt]) -> None:
    """Write what changed; each attempt at most once per call."""
    if attempts:
        await tx.run(
            SQL.update_attempts,
            ids=[attempt.id for attempt in attempts],
            states=[attempt.state for attempt in attempts],
            code_urls=[attempt.code_url for attempt in attempts],
            code_expires_ats=[attempt.code_expires_at for attempt in attempts],
            references=[attempt.channel_reference for attempt in attempts],
            codes=[attempt.channel_code for attempt in attempts],
            ended_ats=[attempt.ended_at for attempt in attempts],
            inquiries=[attempt.inquiries for attempt in attempts],
            next_inquiry_ats=[attempt.next_inquiry_at for attempt in attempts],
        )


async def claim_due_attempts(
    tx: Transaction, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of attempts to inquire about, taken from other janitors until `lease_until`."""
    return [
        id for (id,) in await tx.tuples(SQL.claim_due_attempts, now=now, lease_until=lease_until, limit=limit)
    ]


async def insert_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    """Write new refunds."""
    if refunds:
        await tx.run(
            SQL.insert_refunds,
            ids=[refund.id for refund in refunds],
            payment_ids=[refund.payment_id for refund in refunds],
            attempt_ids=[refund.attempt_id for refund in refunds],
            merchant_ids=[refund.merchant_id for refund in refunds],
            reasons=[refund.reason for refund in refunds],
            notes=[refund.note for refund in refunds],
            amounts=[refund.amount_minor for refund in refunds],
            currencies=[refund.currency for refund in refunds],
            fees=[refund.fee_returned_minor for refund in refunds],
            created_ats=[refund.created_at for refund in refunds],
            next_inquiry_ats=[refund.next_inquiry_at for refund in refunds],
        )


async def find_refunds(tx: Transaction, ids: Sequence[str]) -> dict[str, Refund]:
    """The refunds as they stand."""
    return _by_id(await tx.rows(SQL.find_refunds, Refund, ids=list(ids)))


async def refunds_of(tx: Transaction, payment_id: str) -> list[Refund]:
    """The refunds of one payment, oldest first."""
    return await tx.rows(SQL.refunds_of_payments, Refund, payment_ids=[payment_id])


async def update_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    """Write what changed; each refund at most once per call."""
    if refunds:
        await tx.run(
            SQL.update_refunds,
            ids=[refund.id for refund in refunds],
            states=[refund.state for refund in refunds],
            codes=[refund.channel_code for refund in refunds],
            ended_ats=[refund.ended_at for refund in refunds],
            inquiries=[refund.inquiries for refund in refunds],
            next_inquiry_ats=[refund.next_inquiry_at for refund in refunds],
        )


async def claim_due_refunds(
    tx: Transaction, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of refunds to ask the channel about, taken from other janitors until `lease_until`."""
    return [
        id for (id,) in await tx.tuples(SQL.claim_due_refunds, now=now, lease_until=lease_until, limit=limit)
    ]


Row = TypeVar("Row", Payment, Attempt, Refund)


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row.id: row for row in rows}
