"""Is a payment that is made with its first attempt one fact? Both are written or neither, and both are asked for once."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Begun, Call, Caller
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.payments.api import CreatePayment, PaymentFilter, StartAttempt, new_payment
from tael.payments.model import Payment
from tests.integration.payments_scene import QuietHouse, quiet_house

_FACTS = Query("facts", b"select type from foundation.outbox order by seq")


@pytest.fixture
async def quiet(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[QuietHouse]:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        yield quiet


async def call(quiet: QuietHouse, *, key: str, amount_minor: int = 1280, **how: Any) -> Call[CreatePayment]:
    """A merchant's wish for a payment with its attempt, with ids of its own like every repeat."""
    merchant = await quiet.house.merchants.get(quiet.merchant_id)
    payment = new_payment(
        merchant,
        amount_minor=amount_minor,
        currency="CNY",
        reference="order-1",
        description="Tea",
        now=quiet.clock.now(),
        seconds=900,
    )
    attempt = StartAttempt(
        payment_id=payment.id,
        merchant_id=merchant.id,
        attempt_id=new_id("att"),
        **(how or {"method": "alipay"}),
    )
    return Call(
        caller=Caller(owner=merchant.id, actor="key:test"),
        action="payments.create",
        key=key,
        request=PaymentFilter(merchant_id=merchant.id, limit=1),
        command=CreatePayment(payment=payment, exponent=2, merchant=merchant, attempt=attempt),
    )


async def begin(quiet: QuietHouse, **wanted: Any) -> dict[str, Any]:
    """What the merchant hears."""
    wanted.setdefault("key", new_id("key"))
    answer = await quiet.house.payments.create(await call(quiet, **wanted))
    heard: dict[str, Any] = json.loads(answer.body)
    return heard | {"status": answer.status, "replayed": answer.replayed}


async def all_payments(quiet: QuietHouse) -> list[Payment]:
    """Those of the merchant."""
    wanted = PaymentFilter(merchant_id=quiet.merchant_id, limit=100)
    return list(await quiet.house.payments.lists.payments(wanted))


async def test_one_call_gives_the_payment_and_what_the_payer_does_next(quiet: QuietHouse) -> None:
    heard = await begin(quiet)
    assert (heard["status"], heard["state"], heard["attempt"]["state"]) == (201, "requires_action", "waiting")
    story = await quiet.house.payments.get(heard["id"], merchant_id=quiet.merchant_id)
    assert [each.id for each in story.attempts] == [heard["attempt"]["id"]]
    async with quiet.house.database.transaction() as tx:
        facts = [kind for (kind,) in await tx.tuples(_FACTS)]
    assert facts[-2:] == ["payments.payment_created", "payments.payment_requires_action"]
    await quiet.control("alipay").pay(heard["attempt"]["action"]["code_url"])
    await quiet.janitor_comes()
    story = await quiet.house.payments.get(heard["id"], merchant_id=quiet.merchant_id)
    assert story.payment.captured_minor == 1280


async def test_a_payment_whose_attempt_is_refused_is_not_made(quiet: QuietHouse) -> None:
    """Nor is the attempt of a payment that is refused; those that came with them in one batch are made all the same."""
    key = new_id("key")
    refused, made, malformed = await asyncio.gather(
        begin(quiet, key=key, channel="no_such_channel"), begin(quiet), begin(quiet, amount_minor=-1)
    )
    assert (refused["status"], refused["code"]) == (404, "channels.no_such_channel")
    assert (malformed["status"], malformed["field"]) == (400, "amount_minor")
    assert [payment.id for payment in await all_payments(quiet)] == [made["id"]]
    assert (await quiet.control("alipay").summary()).orders == 1
    again = await begin(quiet, key=key, channel="no_such_channel")
    assert (again["replayed"], again["code"]) == (True, refused["code"])


async def test_a_repeat_takes_over_from_a_caller_who_died_before_the_channel_was_asked(
    quiet: QuietHouse,
) -> None:
    """It goes on with the payment and the attempt that are committed, not with its own."""
    key = new_id("key")
    first = await call(quiet, key=key)
    assert isinstance(await quiet.house.payments._lanes.begin_calls.submit(first), Begun)
    quiet.clock.move(seconds=31)
    heard = await begin(quiet, key=key)
    assert (heard["id"], heard["attempt"]["state"]) == (first.command.payment.id, "waiting")
    assert first.command.attempt is not None
    assert heard["attempt"]["id"] == first.command.attempt.attempt_id
    assert [payment.id for payment in await all_payments(quiet)] == [heard["id"]]
    assert (await quiet.control("alipay").summary()).orders == 1


async def test_repeats_at_once_make_one_payment(quiet: QuietHouse) -> None:
    key = new_id("key")
    heard = await asyncio.gather(*(begin(quiet, key=key) for _ in range(8)))
    said = [each for each in heard if each["status"] == 201]
    assert {each["status"] for each in heard} <= {201, 409}
    assert len({each["id"] for each in said}) == len(await all_payments(quiet)) == 1
