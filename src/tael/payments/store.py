"""Where do payments, attempts and refunds lie? The context's only SQL: many rows in, many rows out."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.payments.model import Attempt, HoldStep, Payment, Refund

SQL = queries("tael.payments")


async def insert_payments(tx: Transaction, payments: Sequence[Payment]) -> None:
    """Write new payments."""
    if payments:
        await tx.run(
            SQL.insert_payments,
            **columns(
                payments,
                "id merchant_id reference description amount_minor currency state fee_basis_points "
                "return_url created_at expires_at descriptor capture_method fee_terms_id source",
            ),
            metadata=[_as_json(payment.metadata) for payment in payments],
        )


async def lock_payments(tx: Transaction, ids: Iterable[str]) -> dict[str, Payment]:
    """The payments, locked until the transaction ends. A lock on a payment covers its attempts and refunds."""
    return _by_id(await tx.rows(SQL.lock_payments, Payment, ids=list(ids)))


async def find_payments(tx: Transaction, ids: Iterable[str]) -> dict[str, Payment]:
    """The payments as they stand."""
    return _by_id(await tx.rows(SQL.find_payments, Payment, ids=list(ids)))


async def with_money(tx: Transaction, lines: Sequence[tuple[str, str | None]]) -> list[int]:
    """In which places payments and attempts stand that have taken the payment's money, or still may; no attempt: any."""
    found = await tx.tuples(
        SQL.attempts_with_money,
        payment_ids=[payment_id for payment_id, _ in lines],
        attempt_ids=[attempt_id for _, attempt_id in lines],
    )
    return [line - 1 for (line,) in found]


async def update_disputed(tx: Transaction, payment_id: str, disputed_minor: int) -> None:
    """Write how much of a payment's captured money is disputed; the payment is locked."""
    await tx.run(SQL.update_disputed, id=payment_id, disputed_minor=disputed_minor)


async def lock_expired_payments(tx: Transaction, *, now: datetime, limit: int) -> list[Payment]:
    """Payments whose time is over and that no live attempt can still pay, unless one was begun a moment ago."""
    return await tx.rows(SQL.lock_expired_payments, Payment, now=now, limit=limit)


async def update_payments(tx: Transaction, payments: Sequence[Payment]) -> None:
    """Write what changed; each payment at most once per call."""
    if payments:
        await tx.run(
            SQL.update_payments,
            **columns(
                payments,
                "id state closing_as captured_by captured_minor refunded_minor "
                "refunding_minor fee_minor fee_returned_minor ended_at authorised_minor capture_before "
                "discount_minor method channel",
            ),
        )


async def insert_attempts(tx: Transaction, attempts: Sequence[Attempt]) -> None:
    """Write new attempts."""
    if attempts:
        await tx.run(
            SQL.insert_attempts,
            **columns(
                attempts,
                "id payment_id channel method product amount_minor currency created_at next_inquiry_at",
            ),
            taken_off=[_as_json(attempt.taken_off) for attempt in attempts],
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
            **columns(
                attempts,
                "id state abandoned action_expires_at received_minor payer_sealed channel_reference channel_code "
                "error_class ended_at inquiries next_inquiry_at movements voided doubted_at payers_differ "
                "recalled_at amount_minor",
            ),
            action=[_as_json(attempt.action) for attempt in attempts],
            hold=[_as_json(attempt.hold) for attempt in attempts],
        )


async def find_attempts_by_reference(
    tx: Transaction, channel: str, references: Sequence[str]
) -> dict[str, str]:
    """The attempts to which a channel gave numbers of its own, by those numbers."""
    return dict(await tx.tuples(SQL.attempts_by_reference, channel=channel, references=list(references)))


async def channels_with_work(tx: Transaction, *, now: datetime) -> list[str]:
    """The channels that are to be asked about something."""
    return [channel for (channel,) in await tx.tuples(SQL.channels_with_work, now=now)]


async def claim_due_attempts(
    tx: Transaction, channel: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of attempts to inquire about, taken from other janitors until `lease_until`."""
    claimed = await tx.tuples(
        SQL.claim_due_attempts, channel=channel, now=now, lease_until=lease_until, limit=limit
    )
    return [id for (id,) in claimed]


async def insert_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    """Write new refunds."""
    if refunds:
        await tx.run(
            SQL.insert_refunds,
            **columns(
                refunds,
                "id payment_id attempt_id channel way merchant_id reason cause note amount_minor currency "
                "fee_returned_minor created_at next_inquiry_at asked_at payee_sealed",
            ),
        )


async def find_refunds(tx: Transaction, ids: Sequence[str]) -> dict[str, Refund]:
    """The refunds as they stand."""
    return _by_id(await tx.rows(SQL.find_refunds, Refund, ids=list(ids)))


async def lock_refunds_of_attempts(tx: Transaction, attempt_ids: Iterable[str]) -> dict[str, Refund]:
    """All refunds of the attempts, oldest first, locked: nobody begins to send one until the transaction ends."""
    return _by_id(await tx.rows(SQL.lock_refunds_of_attempts, Refund, attempt_ids=list(attempt_ids)))


async def refunds_of_each(tx: Transaction, payment_ids: Sequence[str]) -> dict[str, list[Refund]]:
    """The refunds of each payment, oldest first."""
    grouped: dict[str, list[Refund]] = {payment_id: [] for payment_id in payment_ids}
    for refund in await tx.rows(SQL.refunds_of_payments, Refund, payment_ids=list(payment_ids)):
        grouped[refund.payment_id].append(refund)
    return grouped


async def refunds_of(tx: Transaction, payment_id: str) -> list[Refund]:
    """The refunds of one payment, oldest first."""
    return await tx.rows(SQL.refunds_of_payments, Refund, payment_ids=[payment_id])


async def list_surpluses_left(tx: Transaction, *, tries: int, limit: int) -> list[Refund]:
    """The last refund of each surplus all of whose refunds failed, so many or more; newest first."""
    return await tx.rows(SQL.list_surpluses_left, Refund, tries=tries, limit=limit)


async def update_refunds(tx: Transaction, refunds: Sequence[Refund]) -> None:
    """Write what changed; each refund at most once per call."""
    if refunds:
        await tx.run(
            SQL.update_refunds,
            **columns(
                refunds,
                "id state cause fee_returned_minor channel_code ended_at inquiries next_inquiry_at unowed_minor "
                "reversals doubted_at",
            ),
        )


async def claim_due_refunds(
    tx: Transaction, channel: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[tuple[str, bool]]:
    """Refunds to ask the channel about, taken from other janitors until `lease_until`.

    Each with whether the channel surely has not been asked for it before.
    """
    claimed = await tx.tuples(
        SQL.claim_due_refunds, channel=channel, now=now, lease_until=lease_until, limit=limit
    )
    return [(id, first) for id, first in claimed]


async def insert_steps(tx: Transaction, steps: Sequence[HoldStep]) -> None:
    """Write new captures and increments, as they stand."""
    if steps:
        await tx.run(
            SQL.insert_steps,
            **columns(
                steps,
                "id payment_id attempt_id merchant_id channel kind state amount_minor before_minor tip_minor final "
                "currency fee_minor created_at ended_at next_inquiry_at",
            ),
        )


async def find_steps(tx: Transaction, ids: Sequence[str]) -> dict[str, HoldStep]:
    """The captures and increments as they stand."""
    return _by_id(await tx.rows(SQL.find_steps, HoldStep, ids=list(ids)))


async def steps_of(tx: Transaction, payment_ids: Sequence[str]) -> dict[str, list[HoldStep]]:
    """The captures and increments of each payment, oldest first."""
    grouped: dict[str, list[HoldStep]] = {payment_id: [] for payment_id in payment_ids}
    for step in await tx.rows(SQL.steps_of_payments, HoldStep, payment_ids=list(payment_ids)):
        grouped[step.payment_id].append(step)
    return grouped


async def update_steps(tx: Transaction, steps: Sequence[HoldStep]) -> None:
    """Write what changed; each step at most once per call."""
    if steps:
        await tx.run(
            SQL.update_steps,
            **columns(
                steps, "id state fee_minor channel_code error_class ended_at inquiries next_inquiry_at"
            ),
        )


async def claim_due_steps(
    tx: Transaction, channel: str, *, now: datetime, lease_until: datetime, limit: int
) -> list[str]:
    """Ids of captures and increments to ask the channel about, taken from other janitors until `lease_until`."""
    claimed = await tx.tuples(
        SQL.claim_due_steps, channel=channel, now=now, lease_until=lease_until, limit=limit
    )
    return [id for (id,) in claimed]


Row = TypeVar("Row", Payment, Attempt, Refund, HoldStep)


def _as_json(thing: object) -> str | None:
    return None if thing is None else msgspec.json.encode(thing).decode()


def _by_id(rows: list[Row]) -> dict[str, Row]:
    return {row.id: row for row in rows}
