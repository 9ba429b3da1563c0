"""Does one dispute that goes wrong hold up others: in the janitor's rounds, or while the courier delivers what was heard?"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import web

from tael.app.house import House
from tael.channels.port import DisputeState as Said
from tael.disputes import store
from tael.disputes.model import AnswerKind, Dispute, DisputeFilter, MoneyState, News
from tael.foundation import outbox
from tael.foundation.ids import new_id
from tael.payments.events import DisputeReported
from tael.payments.store import lock_payments
from tael.testing.loopback import serving
from tael.testing.patience import until
from tests.property.test_disputes_in_any_order import AMOUNT, CHANNEL, Case

WARNING = News(
    state=Said.NEEDS_RESPONSE,
    warning=True,
    amount_minor=AMOUNT,
    currency="CNY",
    reason="general",
    respond_by=None,
)


def reported(case: Case) -> DisputeReported:
    """What a channel says of a payment by itself."""
    return DisputeReported(
        object_id=case.payment_id,
        happened_at=case.now,
        channel=CHANNEL,
        number=f"dp_{case.name}",
        payment_id=case.payment_id,
        attempt_id=case.attempt_id,
        merchant_id=case.merchant_id,
        state=Said.NEEDS_RESPONSE,
        warning=False,
        amount_minor=AMOUNT,
        currency="CNY",
        reason="general",
        respond_by=None,
    )


async def seen(house: House, dispute_id: str) -> Dispute:
    async with house.database.transaction() as tx:
        return (await store.find(tx, [dispute_id]))[dispute_id]


async def test_a_dispute_that_raises_is_put_off_and_those_behind_it_are_asked_about(house: House) -> None:
    disputes = []
    for name in ("bad", "good", "fine"):
        case = Case(house, name)
        await case.begin()
        disputes.append(await case.hear(f"dp_{name}", WARNING))
    broken, now = disputes[0], house.clock.now()
    async with house.database.transaction() as tx:
        for each in disputes:
            await store.update(tx, msgspec.structs.replace(each, next_inquiry_at=now))
        await store.update(
            tx,
            msgspec.structs.replace(
                broken, answer=AnswerKind.EVIDENCE, evidence_sealed=b"no seal", next_inquiry_at=now
            ),
        )
    await house.disputes.desk.follow_up_due()
    after = [await seen(house, each.id) for each in disputes]
    assert [each.inquiries for each in after] == [1, 1, 1]
    first = after[0].next_inquiry_at
    assert first is not None
    assert first > now
    async with house.database.transaction() as tx:
        await store.update(tx, msgspec.structs.replace(after[0], next_inquiry_at=now))
    await house.disputes.desk.follow_up_due()
    again = await seen(house, broken.id)
    assert again.inquiries == 2
    assert again.next_inquiry_at is not None
    assert again.next_inquiry_at > first, "each try is later than the one before"


async def heard_of(house: House, channel: str, number: str) -> str:
    """A dispute of which nobody knows yet what it is about, and that is due; its id."""
    now = house.clock.now()
    async with house.database.transaction() as tx:
        id, _ = await store.insert_if_new(
            tx, id=new_id("dsp"), channel=channel, number=number, news=WARNING, now=now
        )
    return id


async def test_a_channel_that_hangs_holds_up_no_other_in_this_round_and_the_next(house: House) -> None:
    hangs, asked = asyncio.Event(), asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        asked.set()
        await hangs.wait()
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", never)
    async with serving(app) as url:
        async with house.database.transaction() as tx:
            await house.channels.install(
                tx,
                "stripe",
                connector="stripe",
                settings={"api_url": url},
                credentials={"secret_key": "sk_test_0123456789", "webhook_secrets": "whsec_0123456789abcdef"},
                by="operator:test",
            )
        await house.channels.refresh()
        hanging = await heard_of(house, "stripe", "dp_0001")
        first = await heard_of(house, "elsewhere", "dp_1")
        round_one = asyncio.create_task(house.disputes.desk.follow_up_due())
        await asyncio.wait_for(asked.wait(), 5)

        def was_asked(dispute_id: str) -> Callable[[], Awaitable[bool]]:
            async def look() -> bool:
                return (await seen(house, dispute_id)).inquiries == 1

            return look

        await until(was_asked(first))
        second = await heard_of(house, "elsewhere", "dp_2")
        await house.disputes.desk.follow_up_due()
        assert (await seen(house, second)).inquiries == 1
        assert not round_one.done(), "the channel still hangs"
        hangs.set()
        await round_one
    assert (await seen(house, hanging)).inquiries == 1


async def test_a_payment_that_somebody_holds_keeps_no_other_dispute_from_the_books(house: House) -> None:
    one, other = Case(house, "one"), Case(house, "other")
    await one.begin()
    await other.begin()
    async with house.database.transaction() as tx:
        await outbox.publish(tx, [reported(one), reported(other)])

    def booked(case: Case) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            found = await house.disputes.list(DisputeFilter(merchant_id=case.merchant_id))
            return [each.money for each in found] == [MoneyState.HELD]

        return look

    async with house.database.transaction() as tx:
        await lock_payments(tx, [other.payment_id])
        delivery = asyncio.create_task(house.courier.deliver())
        await until(booked(one), "the other dispute holds no lock on the books", seconds=5)
    await delivery
    await until(booked(other))
