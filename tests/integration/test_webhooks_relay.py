"""Does every event reach every endpoint that wants it, signed, in order where it matters, and nobody held up by others?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tael.app.supervisor import DatabaseUrls
from tael.foundation.courier import Numbered
from tael.foundation.ids import new_id
from tael.payments.events import PaymentCaptured, PaymentEnded
from tael.payments.model import PaymentState
from tael.testing.clocks import ManualClock
from tael.testing.patience import until
from tael.webhooks.api import (
    DeliveryFilter,
    EventFilter,
    Resend,
    ResendFailed,
    RotateSecret,
    SendTest,
    SetEndpointState,
)
from tael.webhooks.model import DeliveryState, DisabledBecause, EndpointState
from tests.integration.webhook_scene import Received, Scene, fine, open_scene


@pytest.fixture
async def scene(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(urls, tmp_path) as opened:
        yield opened


def captured(scene: Scene, payment_id: str | None = None, *, amount_minor: int = 1280) -> PaymentCaptured:
    return PaymentCaptured(
        object_id=payment_id or new_id("pay"),
        happened_at=datetime.now(UTC),
        merchant_id=scene.merchant_id,
        attempt_id=new_id("att"),
        amount_minor=amount_minor,
        fee_minor=8,
        currency="CNY",
    )


def canceled(scene: Scene, payment_id: str) -> PaymentEnded:
    return PaymentEnded(
        object_id=payment_id,
        happened_at=datetime.now(UTC),
        merchant_id=scene.merchant_id,
        state=PaymentState.CANCELED,
    )


async def broken(_: Received) -> web.Response:
    return web.Response(status=500, text="no" * 50_000)


async def test_an_event_arrives_signed_as_the_independent_library_checks_it(scene: Scene) -> None:
    endpoint = await scene.endpoint(events=["payment.captured"])
    fact = captured(scene)
    await scene.publish(fact, canceled(scene, fact.object_id))
    await scene.carry()
    async with scene.relaying():
        await until(lambda: len(scene.receiver.heard) == 1)
    [message] = scene.receiver.heard
    secret = scene.house.webhooks.secret_of(endpoint)
    Webhook(secret).verify(message.body, {name.lower(): value for name, value in message.headers.items()})
    event = message.event
    assert event["type"] == "payment.captured"
    assert event["data"]["object"]["id"] == fact.object_id
    assert message.headers["webhook-id"] == event["id"]
    logged = await scene.house.webhooks.list_events(EventFilter(merchant_id=scene.merchant_id))
    assert [each.type for each in logged] == ["payment.canceled", "payment.captured"]


async def test_while_a_secret_is_rotated_both_sign(scene: Scene) -> None:
    endpoint = await scene.endpoint()
    old = scene.house.webhooks.secret_of(endpoint)
    rotated = await scene.house.webhooks.do(
        RotateSecret(endpoint_id=endpoint.id, merchant_id=scene.merchant_id, overlap_seconds=3600),
        actor="operator:test",
    )
    await scene.publish(captured(scene))
    await scene.carry()
    async with scene.relaying():
        await until(lambda: len(scene.receiver.heard) == 1)
    [message] = scene.receiver.heard
    headers = {name.lower(): value for name, value in message.headers.items()}
    for secret in (old, scene.house.webhooks.secret_of(rotated)):
        Webhook(secret).verify(message.body, headers)
    assert old != scene.house.webhooks.secret_of(rotated)


async def test_a_fact_that_is_heard_twice_is_one_event(scene: Scene) -> None:
    await scene.endpoint()
    fact = captured(scene)
    for _ in range(2):
        async with scene.house.database.transaction() as tx:
            await scene.house.webhooks.tell(tx, [Numbered(7, fact)])
    async with scene.house.database.transaction() as tx:
        await scene.house.webhooks.tell(tx, [Numbered(8, fact)])
    assert await scene.rows(b"select count(*) from webhooks.events") == [(2,)]
    assert await scene.rows(b"select count(*) from webhooks.deliveries") == [(2,)]


async def test_what_fails_is_tried_again_until_it_arrives_and_every_answer_is_kept(scene: Scene) -> None:
    endpoint = await scene.endpoint("/flaky")
    tries = 0

    async def flaky(message: Received) -> web.Response:
        nonlocal tries
        tries += 1
        return await (broken(message) if tries == 1 else fine(message))

    scene.receiver.answering["/flaky"] = flaky
    await scene.publish(captured(scene))
    await scene.carry()
    async with scene.relaying():
        await until(lambda: len(scene.receiver.heard) == 2)
    [delivery] = await scene.house.webhooks.list_deliveries(
        DeliveryFilter(merchant_id=scene.merchant_id, endpoint_id=endpoint.id)
    )
    assert delivery.state is DeliveryState.SUCCEEDED
    _, attempts = await scene.house.webhooks.get_delivery(delivery.id, merchant_id=scene.merchant_id)
    assert [(each.status, each.error) for each in attempts] == [(500, "status"), (200, None)]
    assert len(attempts[0].body) == 65_536
    assert "Content-Type: text/plain" in attempts[0].headers
    assert scene.receiver.heard[0].body == scene.receiver.heard[1].body
    assert scene.receiver.heard[0].headers["webhook-id"] == scene.receiver.heard[1].headers["webhook-id"]


async def test_a_redirect_is_not_followed(scene: Scene) -> None:
    await scene.endpoint("/moved")

    async def moved(_: Received) -> web.Response:
        raise web.HTTPFound("/elsewhere")

    scene.receiver.answering["/moved"] = moved
    await scene.publish(captured(scene))
    await scene.carry()
    async with scene.relaying():
        await until(lambda: len(scene.receiver.of("/moved")) == 2)
    assert not scene.receiver.of("/elsewhere")
    assert ("redirect",) in await scene.rows(b"select distinct error from webhooks.attempts")


async def test_an_ordered_endpoint_hears_of_one_object_in_order_though_the_first_event_fails(
    scene: Scene,
) -> None:
    await scene.endpoint("/ordered", ordered=True)
    first, other = captured(scene), captured(scene)
    seen: list[tuple[str, str, int]] = []

    async def stubborn(message: Received) -> web.Response:
        event = message.event
        refused = event["object_id"] == first.object_id and event["type"] == "payment.captured"
        early = sum(1 for each in seen if each[0] == event["id"]) < 2
        status = 500 if refused and early else 200
        seen.append((event["id"], event["type"], status))
        return web.Response(status=status)

    scene.receiver.answering["/ordered"] = stubborn
    await scene.publish(first, canceled(scene, first.object_id), other)
    await scene.carry()
    async with scene.relaying():
        await until(lambda: [each[2] for each in seen].count(200) == 3)
    about_first = [
        (each.event["type"]) for each in scene.receiver.heard if each.event["object_id"] == first.object_id
    ]
    assert about_first == ["payment.captured"] * 3 + ["payment.canceled"]


async def test_one_silent_receiver_delays_no_other(scene: Scene) -> None:
    await scene.endpoint("/silent", events=["payment.captured"])
    await scene.endpoint("/quick", events=["payment.captured"])
    let_go = asyncio.Event()

    async def silent(message: Received) -> web.Response:
        await let_go.wait()
        return await fine(message)

    scene.receiver.answering["/silent"] = silent
    await scene.publish(*(captured(scene) for _ in range(60)))
    await scene.carry()
    async with scene.relaying():
        await until(lambda: len(scene.receiver.of("/quick")) == 60)
        assert len(scene.receiver.of("/silent")) <= 16
        let_go.set()
        await until(lambda: len(scene.receiver.of("/silent")) == 60)


async def test_a_receiver_that_keeps_failing_rests_and_is_then_tried_one_by_one(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with open_scene(urls, tmp_path, clock=clock) as scene:
        endpoint = await scene.endpoint("/down")
        scene.receiver.answering["/down"] = broken
        await scene.publish(*(captured(scene) for _ in range(40)))
        await scene.carry()
        async with scene.relaying():
            await until(lambda: len(scene.receiver.heard) >= 8)

            async def rests() -> bool:
                now = await scene.house.webhooks.get_endpoint(endpoint.id, merchant_id=scene.merchant_id)
                return now.resting_until is not None and not anything_under_way()

            await until(rests)
            heard = len(scene.receiver.heard)
            assert heard <= 32
            clock.move(minutes=6)
            await until(lambda: more_tried(scene, heard), "the one is written down")
            assert len(scene.receiver.heard) == heard + 1
            scene.receiver.answering["/down"] = fine
            clock.move(minutes=6)
            await until(lambda: len({each.event["id"] for each in scene.receiver.heard[heard + 1 :]}) == 40)


def anything_under_way() -> bool:
    return any(task.get_name().startswith("webhook ") for task in asyncio.all_tasks())


async def tried(scene: Scene) -> int:
    [(count,)] = await scene.rows(b"select count(*) from webhooks.attempts")
    return int(count)


async def more_tried(scene: Scene, before: int) -> bool:
    return await tried(scene) > before


async def test_after_days_of_failure_an_endpoint_is_disabled_and_its_merchant_is_told(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with open_scene(urls, tmp_path, clock=clock, webhook_retry_seconds=[60.0] * 40) as scene:
        endpoint = await scene.endpoint("/down")
        await scene.endpoint("/up", events=["webhook_endpoint.*"])
        scene.receiver.answering["/down"] = broken
        await scene.publish(captured(scene))
        await scene.carry()
        async with scene.relaying():
            for count in range(20):
                await until(partial(more_tried, scene, count))
                clock.move(hours=7)

            async def disabled() -> bool:
                now = await scene.house.webhooks.get_endpoint(endpoint.id, merchant_id=scene.merchant_id)
                return now.state is EndpointState.DISABLED

            await until(disabled)
            await scene.carry()
            await until(lambda: len(scene.receiver.of("/up")) == 1)
        now = await scene.house.webhooks.get_endpoint(endpoint.id, merchant_id=scene.merchant_id)
        assert now.disabled_because is DisabledBecause.FAILING
        told = scene.receiver.of("/up")[0].event
        assert (told["type"], told["data"]["object"]["state"]) == ("webhook_endpoint.disabled", "disabled")
        assert await scene.rows(
            b"select count(*) from webhooks.deliveries where state = 'failed' and endpoint_id = %(id)s",
            id=endpoint.id,
        ) == [(1,)]


async def test_who_answers_410_is_sent_nothing_more(scene: Scene) -> None:
    endpoint = await scene.endpoint("/gone")

    async def gone(_: Received) -> web.Response:
        return web.Response(status=410)

    scene.receiver.answering["/gone"] = gone
    await scene.publish(captured(scene))
    await scene.carry()
    async with scene.relaying():

        async def disabled() -> bool:
            now = await scene.house.webhooks.get_endpoint(endpoint.id, merchant_id=scene.merchant_id)
            return now.disabled_because is DisabledBecause.GONE

        await until(disabled)
    await scene.publish(captured(scene))
    await scene.carry()
    assert await scene.rows(b"select count(*) from webhooks.deliveries where state = 'pending'") == [(0,)]


async def test_what_was_given_up_is_sent_again_on_demand_and_what_arrived_too(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with open_scene(urls, tmp_path, webhook_retry_seconds=[0.05]) as scene:
        webhooks, actor = scene.house.webhooks, "operator:test"
        endpoint = await scene.endpoint("/down")
        scene.receiver.answering["/down"] = broken
        await scene.publish(captured(scene))
        await scene.carry()
        wanted = DeliveryFilter(merchant_id=scene.merchant_id, endpoint_id=endpoint.id)

        async def in_state(state: DeliveryState) -> bool:
            return [each.state for each in await webhooks.list_deliveries(wanted)] == [state]

        async with scene.relaying():
            await until(lambda: in_state(DeliveryState.FAILED))
            scene.receiver.answering["/down"] = fine
            since = datetime.now(UTC) - timedelta(hours=1)
            again = ResendFailed(endpoint_id=endpoint.id, merchant_id=scene.merchant_id, since=since)
            assert await webhooks.do(again, actor=actor) == 1
            assert await webhooks.do(again, actor=actor) == 0
            await until(lambda: in_state(DeliveryState.SUCCEEDED))
            [delivery] = await webhooks.list_deliveries(wanted)
            await webhooks.do(Resend(delivery_id=delivery.id, merchant_id=scene.merchant_id), actor=actor)
            await until(lambda: len(scene.receiver.heard) == 4)
        assert len({each.headers["webhook-id"] for each in scene.receiver.heard}) == 1


async def test_a_test_event_goes_to_one_endpoint_whatever_it_wants_to_hear(scene: Scene) -> None:
    endpoint = await scene.endpoint("/one", events=["payment.captured"])
    await scene.endpoint("/other")
    await scene.house.webhooks.do(
        SendTest(endpoint_id=endpoint.id, merchant_id=scene.merchant_id), actor="operator:test"
    )
    async with scene.relaying():
        await until(lambda: len(scene.receiver.of("/one")) == 1)
    assert scene.receiver.of("/one")[0].event["type"] == "webhook_endpoint.test"
    assert not scene.receiver.of("/other")


async def test_what_waits_for_an_endpoint_that_is_disabled_is_given_up(scene: Scene) -> None:
    endpoint = await scene.endpoint("/a")
    await scene.publish(captured(scene))
    await scene.carry()
    await scene.house.webhooks.do(
        SetEndpointState(
            endpoint_id=endpoint.id, merchant_id=scene.merchant_id, state=EndpointState.DISABLED
        ),
        actor="operator:test",
    )
    assert await scene.rows(b"select state, last_error from webhooks.deliveries") == [
        ("failed", "endpoint_disabled")
    ]


async def test_events_older_than_they_are_kept_are_forgotten_and_younger_ones_stay(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    clock = ManualClock(datetime.now(UTC))
    async with open_scene(urls, tmp_path, clock=clock) as scene:
        await scene.endpoint("/a")
        await scene.publish(captured(scene))
        await scene.carry()
        async with scene.relaying():
            await until(lambda: len(scene.receiver.heard) == 1)
        clock.move(days=31)
        await scene.publish(captured(scene))
        await scene.carry()
        assert await scene.house.webhooks.forget(older_than=timedelta(days=30)) == 3
        assert await scene.rows(b"select count(*) from webhooks.events") == [(1,)]
        assert await scene.rows(b"select count(*) from webhooks.deliveries") == [(1,)]
        assert await scene.rows(b"select count(*) from webhooks.attempts") == [(0,)]
