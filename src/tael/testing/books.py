"""What must be true of the money, whatever happened? The checks that follow every test of reliability."""

import asyncio

import msgspec

from tael.app.house import House
from tael.foundation.clock import monotonic_seconds
from tael.foundation.db import Query, Transaction
from tael.simulators.base.views import Summary

_RECEIVABLE = Query(
    "receivable",
    b"""select coalesce(sum(b.balance_minor), 0) from ledger.accounts a
        join ledger.balances b on b.account_no = a.no where a.code like 'channel:%%:receivable'""",
)
_UNSETTLED = Query(
    "unsettled",
    b"""select id || ' is ' || state from payments.attempts where state in ('created', 'unknown')
        union all select id || ' is ' || state from payments.refunds where state in ('processing', 'unknown')
        union all select id || ' is ' || state from payments.hold_steps where state in ('processing', 'unknown')
        union all select id || ' is ' || state from payouts.payouts where state in ('created', 'processing', 'unknown')
        union all select id || ' is being closed' from payments.payments where closing_as is not null
        union all select type || ' of ' || object_id || ' is not delivered' from foundation.outbox""",
)
_PAYMENTS = Query(
    "payments",
    b"""select p.id, p.state, p.amount_minor, p.captured_minor, p.refunded_minor, p.captured_by,
            coalesce((select array_agg(a.id) from payments.attempts a where a.payment_id = p.id), '{}') as orders
        from payments.payments p""",
)
_REFUNDS = Query(
    "refunds", b"select id, payment_id, attempt_id, reason, state, amount_minor from payments.refunds"
)


class BookedPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as it lies in the database."""

    id: str
    state: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    captured_by: str | None
    orders: list[str]
    """The order numbers of its attempts."""


class BookedRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A refund as it lies in the database."""

    id: str
    payment_id: str
    attempt_id: str
    reason: str
    state: str
    amount_minor: int


async def faults_in_books(house: House) -> list[str]:
    """What `tael ledger verify` finds."""
    async with house.database.transaction() as tx:
        await tx.freeze()
        return [finding.detail async for _, findings in house.ledger.verify(tx) for finding in findings]


async def unsettled(house: House) -> list[str]:
    """What is not known yet, or known and not followed up: the janitor's and the courier's work."""
    async with house.database.transaction() as tx:
        return [line for (line,) in await tx.tuples(_UNSETTLED)]


async def until_settled(house: House, *, seconds: float) -> float:
    """Wait until nothing is unsettled; says how long it took, and fails with what is left after `seconds`."""
    started = monotonic_seconds()
    while left := await unsettled(house):
        assert monotonic_seconds() - started < seconds, f"{len(left)} are unsettled: {left[:10]}"
        await asyncio.sleep(0.1)
    return monotonic_seconds() - started


async def booked_payments(house: House) -> dict[str, BookedPayment]:
    """Every payment."""
    async with house.database.transaction() as tx:
        return {payment.id: payment for payment in await tx.rows(_PAYMENTS, BookedPayment)}


async def booked_refunds(house: House) -> dict[str, BookedRefund]:
    """Every refund, those that the platform made by itself too."""
    async with house.database.transaction() as tx:
        return {refund.id: refund for refund in await tx.rows(_REFUNDS, BookedRefund)}


async def receivable_minor(tx: Transaction) -> int:
    """What the channels owe us by our books."""
    return int((await tx.tuples(_RECEIVABLE))[0][0])


async def check_books(house: House, channel: Summary) -> None:
    """Our books are right in themselves, and they agree to the fen with what the channel says it holds for us."""
    faults = await faults_in_books(house)
    assert not faults, faults
    assert channel.paid_more_than_once == 0, "a payer was charged twice for one order"
    assert channel.refunded_more_than_paid == 0, "more was given back than was paid"
    async with house.database.transaction() as tx:
        ours = await receivable_minor(tx)
    theirs = channel.paid_minor - channel.refunded_minor
    assert ours == theirs, f"our books say the channel owes {ours}, the channel says {theirs}"
