"""R1: may any process be killed at any moment, and no money be lost?"""

import asyncio
import random
import sys
from collections import Counter
from collections.abc import Collection

import pytest

from tael.app.house import House
from tael.foundation.db import Query
from tael.testing.books import (
    BookedPayment,
    BookedRefund,
    booked_payments,
    booked_refunds,
    check_books,
    until_settled,
)
from tael.testing.cluster import Part, Tenancy, running_cluster
from tael.testing.patience import until
from tests.chaos.shop import AckedPayment, Shop

LEAST_IN_FLIGHT = 64
SETTLE_SECONDS = 60
RECOVER_SECONDS = 150
"""What six processes take to start on a machine that does ten other things beside; no promise of how soon."""
REPLAYS = 300
_BRING_NEARER = Query(
    "bring_nearer",
    b"update payments.attempts set next_inquiry_at = now() where state = 'closed' and next_inquiry_at is not null",
)
_STILL_TO_LOOK_AT = Query(
    "still_to_look_at",
    b"select 1 from payments.attempts where state = 'closed' and next_inquiry_at < now() + interval '31 s' limit 1",
)
"""Due, or in the hands of a janitor, who takes them for 30 s."""


@pytest.mark.timeout(600)
async def test_r1_no_money_is_lost_whichever_part_is_killed(tenancy: Tenancy) -> None:
    """The short form, on every change: each part once."""
    await kill_and_check(tenancy, times=1, least_payments=150, seed=1)


@pytest.mark.drill
async def test_r1_no_money_is_lost_in_100_kills() -> None:
    """The bar itself."""
    async with running_cluster() as platform:
        await kill_and_check(platform, times=20, least_payments=10_000, seed=2)


async def kill_and_check(platform: Tenancy, *, times: int, least_payments: int, seed: int) -> None:
    """Kill each part so many times, in any order and at any moment, let the faults end, and check every fen."""
    chance = random.Random(seed)
    doomed = [*Part] * times
    chance.shuffle(doomed)
    kills: Counter[Part] = Counter()
    others = (await booked_payments(platform.house)).keys()
    shop = Shop(platform, seed)
    async with shop.trading():
        while doomed or len(shop.payments) < least_payments:
            await _until_busy(shop, platform)
            await asyncio.sleep(chance.uniform(0.0, 0.5))
            assert shop.in_flight >= LEAST_IN_FLIGHT
            if doomed and platform.cluster.kill(doomed[-1]):
                kills[doomed.pop()] += 1
    settled_seconds = await _until_told(platform)
    settled_seconds += await _until_looked_at_once_more(platform.house)
    settled_seconds += await until_settled(platform.house, seconds=SETTLE_SECONDS)
    losses = await _losses(platform, shop, others)
    print(
        f"\nR1 seed {seed}: {kills.total()} kills ({dict(kills)}), {len(shop.payments)} payments,"
        f" {sum(each.sent > 1 for each in shop.merchant.acked)} repeated requests,"
        f" settled {settled_seconds:.1f} s after the last answer, {len(losses)} losses",
        file=sys.stderr,
    )
    assert not losses, losses[:20]
    assert not shop.merchant.accidents, shop.merchant.accidents[:5]
    await check_books(platform.house, await platform.control.summary())


async def _until_busy(shop: Shop, platform: Tenancy) -> None:
    """Wait until the platform works again: a kill of what is down proves nothing."""
    acked_before = len(shop.merchant.acked)

    async def busy() -> bool:
        shop.check()
        acked = len(shop.merchant.acked) - acked_before
        return shop.in_flight >= LEAST_IN_FLIGHT and acked >= LEAST_IN_FLIGHT

    try:
        await until(busy, "the platform recovers from the last kill", seconds=RECOVER_SECONDS)
    except AssertionError as error:
        error.add_note(f"{shop.in_flight} in flight; the last words:\n{platform.cluster.last_words()}")
        raise


async def _until_told(platform: Tenancy) -> float:
    """Wait until the channel has told us of every payment; the pauses between its tries are cut short.

    A notice whose every try fell into an outage is given up by the channel: then only our inquiries can find out.
    """

    async def told() -> bool:
        summary = await platform.control.advance(seconds=60)
        return summary.notices_delivered + summary.notices_given_up == summary.notices

    return await until(told, "every notice is accepted or given up", seconds=SETTLE_SECONDS)


async def _until_looked_at_once_more(house: House) -> float:
    """Wait for the last look at codes that were closed unscanned, which finds what no notice could tell.

    It is due when the time to pay is over; here it is brought nearer.
    """
    async with house.database.transaction() as tx:
        await tx.run(_BRING_NEARER)

    async def looked() -> bool:
        async with house.database.transaction() as tx:
            return not await tx.tuples(_STILL_TO_LOOK_AT)

    return await until(looked, "every closed code is looked at once more", seconds=SETTLE_SECONDS)


async def _losses(platform: Tenancy, shop: Shop, others: Collection[str]) -> list[str]:
    """Everything that was said and is not so. others: payments that were there before."""
    payments = {
        id: payment for id, payment in (await booked_payments(platform.house)).items() if id not in others
    }
    refunds = {
        id: refund
        for id, refund in (await booked_refunds(platform.house)).items()
        if refund.payment_id not in others
    }
    losses = [loss for acked in shop.payments for loss in await _losses_of(shop, acked, payments, refunds)]
    losses += await _losses_among_refunds(shop, refunds)
    losses += [f"{id} was never asked for" for id in payments.keys() - {acked.id for acked in shop.payments}]
    for acked in random.Random(0).sample(shop.merchant.acked, min(REPLAYS, len(shop.merchant.acked))):
        again = await platform.merchant.post(acked.path, acked.request, key=acked.key)
        if (again.status, again.raw) != (acked.reply.status, acked.reply.raw):
            losses.append(f"{acked.path}: answered {acked.reply.raw!r} and, asked again, {again.raw!r}")
    return losses


async def _losses_of(
    shop: Shop, acked: AckedPayment, payments: dict[str, BookedPayment], refunds: dict[str, BookedRefund]
) -> list[str]:
    booked = payments.get(acked.id)
    if booked is None or booked.amount_minor != acked.amount_minor:
        return [f"{acked.id} over {acked.amount_minor} is {booked}"]
    if acked.order_number and acked.order_number not in booked.orders:
        return [f"{acked.id} has lost its order {acked.order_number}"]
    trade = await shop.merchant.trade(acked.order_number)
    paid_at_channel = trade is not None and trade.paid_count > 0
    if paid_at_channel != acked.paid or (trade is not None and trade.paid_count > 1):
        return [f"{acked.order_number}: the payer says paid={acked.paid}, the channel says {trade}"]
    given_back = [
        refund.amount_minor
        for refund in refunds.values()
        if refund.attempt_id == acked.order_number and refund.state == "succeeded"
    ]
    if trade is not None and trade.refunded_minor != sum(given_back):
        return [f"{acked.order_number}: we gave back {given_back}, the channel {trade.refunded_minor}"]
    captured = booked.captured_by == acked.order_number and booked.captured_minor == acked.amount_minor
    returned = booked.state != "captured" and given_back == [acked.amount_minor]
    if acked.paid and not (captured or returned):
        return [f"{acked.id} was paid, is {booked.state} and was not given back"]
    if not acked.paid and booked.state == "captured":
        return [f"{acked.id} is captured and nobody paid"]
    return []


async def _losses_among_refunds(shop: Shop, refunds: dict[str, BookedRefund]) -> list[str]:
    """Each refund that we asked for exists once, succeeded, and reached the channel once; there are no others."""
    asked = [id for acked in shop.payments for id in acked.refund_ids]
    ours = {id for id, refund in refunds.items() if refund.reason == "merchant"}
    losses = (
        [f"the refunds {set(asked) ^ ours} were asked for or made, not both"] if set(asked) != ours else []
    )
    losses += [f"{id} answers two keys" for id, count in Counter(asked).items() if count > 1]
    losses += [f"{refund} did not succeed" for refund in refunds.values() if refund.state != "succeeded"]
    for acked in shop.payments:
        trade = await shop.merchant.trade(acked.order_number) if acked.refund_ids else None
        numbers = sorted(each.refund_number for each in trade.refunds) if trade else []
        if numbers != sorted(acked.refund_ids):
            losses.append(f"{acked.id}: we refunded {acked.refund_ids}, the channel {numbers}")
    return losses
