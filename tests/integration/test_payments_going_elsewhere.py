"""What if a payment goes on while another channel is sought for it? Everybody is told of the attempt that counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.calls import Answer
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.payments.model import AttemptState, Payment
from tael.payments.usecases.start_attempts import Means, StartAttempt, Started
from tael.simulators.base.faults import Fault
from tael.testing.patience import until
from tests.integration.payments_scene import QuietHouse, quiet_house

_DUE = Query(
    "due",
    b"select count(*) from payments.attempts where channel = %(channel)s and next_inquiry_at <= %(now)s",
)
_BEGUN = Query(
    "begun",
    b"select 1 from payments.attempts where payment_id = %(payment_id)s and channel = 'first'",
)
HANGING = 34
IN_ONE_BATCH = 32
TWO: dict[str, Any] = {"routing_policy": "fixed:first", "routing_patience_seconds": 1.0}


async def test_who_starts_in_the_moment_of_a_give_up_gets_the_new_attempt(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """One wish gives an attempt up, the next one of the same batch must not be handed it."""
    async with quiet_house(urls, tmp_path, "first", "second") as quiet:
        payment = await quiet.payment()
        dead = await quiet.started(payment, channel="first")
        moved_on, late = await quiet.start(_wish(payment, instead_of=dead.id), _wish(payment))
        assert isinstance(moved_on, Started)
        assert isinstance(late, Started)
        assert (moved_on.attempt.channel, moved_on.new) == ("second", True)
        assert late.attempt.id == moved_on.attempt.id
        assert (await quiet.attempt(dead.id)).abandoned


async def test_a_payment_that_is_paid_meanwhile_is_answered_with_the_attempt_that_paid(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "first", "second", **TWO) as quiet:
        payment = await quiet.payment()
        paid = await quiet.started(payment, channel="second")
        await quiet.janitor_comes()
        wish, key = _in_the_wallet(payment), new_id("key")
        async with _hanging(quiet, wish, key) as asking:
            await quiet.control("second").pay((await quiet.attempt(paid.id)).code_url or "")
            await quiet.janitor_comes(seconds=5)
        answer = await asking
        body = msgspec.json.decode(answer.body)
        assert (body["id"], body["state"]) == (paid.id, "succeeded")
        again = await quiet.start_by_call(wish, key=key)
        assert (again.replayed, again.body) == (True, answer.body)


async def test_a_card_that_is_tried_meanwhile_is_answered_with_and_nothing_is_begun_beside_it(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "first", "second", **TWO) as quiet:
        payment = await quiet.payment()
        async with _hanging(quiet, _in_the_wallet(payment), new_id("key")) as asking:
            till = Means(product=Product.BARCODE, payer_code=await quiet.control("second").shown_code())
            undecided = await quiet.started(payment, channel="second", means=till)
        answer = await asking
        assert (answer.status, msgspec.json.decode(answer.body)["id"]) == (202, undecided.id)


async def test_rounds_do_not_pile_up_before_a_dead_channel_nor_hold_up_another(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """More is due than one round takes at a time; a second round leaves it alone, and does what else is due."""
    async with quiet_house(urls, tmp_path, "first", "second", channel_calls_at_once=64) as quiet:
        dead = [await quiet.started(await quiet.payment(), channel="first") for _ in range(HANGING)]
        await quiet.control("first").switch_on(Fault.DELAY, delay_seconds=30)
        quiet.clock.move(seconds=20)
        well = await quiet.started(await quiet.payment(), channel="second")
        quiet.clock.move(seconds=15)
        janitor = quiet.house.payments.janitor
        hanging = asyncio.create_task(janitor.inquire_due())

        async def batch_is_taken() -> bool:
            return await _due(quiet, "first") == HANGING - IN_ONE_BATCH

        await until(batch_is_taken, "the first round has begun", seconds=10)
        quiet.clock.move(seconds=20)
        await janitor.inquire_due()
        assert not hanging.done()
        assert await _due(quiet, "first") == HANGING - IN_ONE_BATCH
        assert (await quiet.attempt(well.id)).state is AttemptState.WAITING
        await hanging
        assert {(await quiet.attempt(each.id)).state for each in dead} == {AttemptState.UNKNOWN}


@asynccontextmanager
async def _hanging(quiet: QuietHouse, wish: StartAttempt, key: str) -> AsyncIterator["asyncio.Task[Answer]"]:
    """A call waits for the first channel until it is out of patience; the block happens meanwhile."""
    await quiet.control("first").switch_on(Fault.DELAY, delay_seconds=3)
    asking = asyncio.create_task(quiet.start_by_call(wish, key=key))

    async def it_is_begun() -> bool:
        async with quiet.house.database.transaction() as tx:
            return bool(await tx.tuples(_BEGUN, payment_id=wish.payment_id))

    await until(it_is_begun, "the first channel is asked", seconds=10)
    yield asking
    assert not asking.done(), "the call was to hang"


async def _due(quiet: QuietHouse, channel: str) -> int:
    async with quiet.house.database.transaction() as tx:
        return int((await tx.tuples(_DUE, channel=channel, now=quiet.clock.now()))[0][0])


def _wish(payment: Payment, **how: Any) -> StartAttempt:
    return StartAttempt(
        payment_id=payment.id, merchant_id=None, attempt_id=new_id("att"), method="alipay", **how
    )


def _in_the_wallet(payment: Payment) -> StartAttempt:
    return _wish(payment, means=Means(product=Product.JSAPI, payer_id="2088102146225135"))
