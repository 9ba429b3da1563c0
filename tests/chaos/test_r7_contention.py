"""R7: may many hands reach for the same money at once? Each fen is given out once, and nobody hears of a deadlock."""

import asyncio

from tael.testing.books import booked_payments, check_books, until_settled
from tael.testing.cluster import Tenancy
from tests.chaos.persistence import is_definite

PARALLEL = 100


async def test_r7_parallel_refunds_never_exceed_what_was_captured(tenancy: Tenancy) -> None:
    """100 refunds of 30 out of 1,000 over two processes: exactly 33 fit."""
    payment = await _captured(tenancy, 1000)
    path = f"/v1/payments/{payment}/refunds"
    replies = await asyncio.gather(
        *(tenancy.merchant.post(path, {"amount_minor": 30}) for _ in range(PARALLEL))
    )
    given = [reply for reply in replies if reply.status in (201, 202)]
    refused = [reply for reply in replies if reply.status == 402]
    assert all(is_definite(reply) for reply in replies), {reply.raw for reply in replies}
    assert (len(given), len(refused)) == (1000 // 30, PARALLEL - 1000 // 30)
    assert {reply.body["code"] for reply in refused} == {"payments.refund_exceeds_captured"}
    assert len({reply.body["id"] for reply in given}) == len(given)

    await until_settled(tenancy.house, seconds=30)
    booked = (await booked_payments(tenancy.house))[payment]
    assert booked.refunded_minor == 990
    await check_books(tenancy.house, await tenancy.control.summary())


async def test_r7_many_changes_of_one_merchants_payments_deadlock_nobody(tenancy: Tenancy) -> None:
    """Refunds of the same twenty payments in every order at once: all get a definite answer without a 5xx."""
    payments = [await _captured(tenancy, 1000) for _ in range(20)]
    orders = [payments, payments[::-1], payments[10:] + payments[:10], payments[::2] + payments[1::2]]
    replies = await asyncio.gather(
        *(
            tenancy.merchant.post(f"/v1/payments/{payment}/refunds", {"amount_minor": 250})
            for order in orders
            for payment in order
        )
    )
    assert {reply.status for reply in replies} <= {201, 202}, {reply.raw for reply in replies}
    await until_settled(tenancy.house, seconds=30)
    booked = await booked_payments(tenancy.house)
    assert {booked[payment].refunded_minor for payment in payments} == {1000}
    await check_books(tenancy.house, await tenancy.control.summary())


async def _captured(tenancy: Tenancy, amount_minor: int) -> str:
    payment = await tenancy.merchant.create_payment(amount_minor)
    attempt = await tenancy.merchant.start_attempt(payment["id"])
    await tenancy.control.pay(attempt["action"]["code_url"])
    await tenancy.merchant.payment_once(payment["id"], "captured")
    return str(payment["id"])
