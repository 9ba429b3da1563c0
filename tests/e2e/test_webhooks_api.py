"""Can a merchant have events sent to its server, and look after that by the API? Over real HTTP, with a real payment."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.client import webhooks
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.merchants.schemas import SuspendMerchant
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import MerchantClient, Platform, running_platform
from tests.integration.webhook_scene import LOOPBACK, Receiver, receiver

ENDPOINTS = "/v1/webhook_endpoints"
TOLD = ("payment.requires_action", "payment.captured", "refund.*")


@pytest.fixture(scope="module")
async def platform(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """One for all of them: each test has a merchant of its own, but for the one that pays."""
    async with (
        fresh_database(server) as urls,
        running_platform(urls, tmp_path_factory.mktemp("webhooks"), webhook_networks=LOOPBACK) as running,
    ):
        yield running


@pytest.fixture
async def heard() -> AsyncIterator[Receiver]:
    async with receiver() as running:
        yield running


async def create(merchant: MerchantClient, url: str, *events: str, **more: Any) -> Any:
    reply = await merchant.post(ENDPOINTS, {"url": url, "events": list(events or ("*",)), **more})
    assert reply.status == 201, reply.raw
    return reply.body


async def test_a_payment_is_told_from_its_creation_to_its_refund(platform: Platform, heard: Receiver) -> None:
    merchant = platform.merchant
    endpoint = await create(merchant, f"{heard.url}/hook", *TOLD, ordered=True)
    payment = await platform.captured_payment()
    refunded = await merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 300})
    assert refunded.status in (201, 202)
    await until(lambda: len(heard.heard) == 3)
    events = [webhooks.verify(each.headers, each.body, secret=endpoint["secret"]) for each in heard.heard]
    assert [each.type for each in events] == [
        "payment.requires_action",
        "payment.captured",
        "refund.succeeded",
    ]
    assert events[1].data["object"]["captured_minor"] == 1280
    assert events[2].data["object"]["amount_minor"] == 300

    listed = (await merchant.get("/v1/events", object_id=payment["id"], type="payment.*", limit=1)).body
    assert [each["type"] for each in listed["items"]] == ["payment.captured"]
    rest = (await merchant.get("/v1/events", object_id=payment["id"], cursor=listed["next_cursor"])).body
    assert rest["items"][0]["type"] == "payment.requires_action"
    one = (await merchant.get(f"/v1/events/{events[1].id}")).body
    assert one == heard.heard[1].event

    deliveries = (await merchant.get(f"{ENDPOINTS}/{endpoint['id']}/deliveries", event_id=events[1].id)).body
    [delivery] = deliveries["items"]
    detail = (await merchant.get(f"/v1/webhook_deliveries/{delivery['id']}")).body
    assert (detail["state"], detail["tried"][0]["status"], detail["tried"][0]["body"]) == (
        "succeeded",
        200,
        "ok",
    )
    again = await merchant.post(f"/v1/webhook_deliveries/{delivery['id']}/resend", {})
    assert (again.status, again.body["state"]) == (200, "pending")
    await until(lambda: len(heard.heard) == 4)
    assert heard.heard[3].headers["webhook-id"] == events[1].id


async def test_the_secret_is_told_in_one_answer_and_to_whoever_repeats_the_request(
    platform: Platform, heard: Receiver
) -> None:
    merchant = await platform.new_merchant()
    key, wanted = new_id("key"), {"url": heard.url, "events": ["*"], "description": "Production"}
    first = await merchant.post(ENDPOINTS, wanted, key=key)
    again = await merchant.post(ENDPOINTS, wanted, key=key)
    assert first.raw == again.raw
    assert first.body["secret"].startswith("whsec_")
    path = f"{ENDPOINTS}/{first.body['id']}"
    assert "secret" not in (await merchant.get(path)).body
    rotated = await merchant.post(f"{path}/rotate_secret", {"overlap_seconds": 60})
    assert rotated.body["secret"] not in (None, first.body["secret"])
    assert rotated.body["previous_secret_until"] is not None
    late = await merchant.post(ENDPOINTS, wanted, key=key)
    assert late.body["secret"] is None, "it is not the endpoint's secret any more"
    async with platform.house.database.transaction() as tx:
        kept = await tx.tuples(
            Query(
                "kept",
                b"select count(*) from foundation.calls where convert_from(body, 'UTF8') like '%%whsec%%'",
            )
        )
    assert kept == [(0,)]


async def test_an_endpoint_is_changed_disabled_enabled_tested_and_removed(
    platform: Platform, heard: Receiver
) -> None:
    merchant = await platform.new_merchant()
    endpoint = await create(merchant, f"{heard.url}/old", "payment.captured")
    path = f"{ENDPOINTS}/{endpoint['id']}"
    changed = await merchant.post(f"{path}/change", {"url": f"{heard.url}/new", "ordered": True})
    assert (changed.body["url"], changed.body["ordered"], changed.body["events"]) == (
        f"{heard.url}/new",
        True,
        ["payment.captured"],
    )
    tested = await merchant.post(f"{path}/test", {})
    await until(lambda: len(heard.of("/new")) == 1)
    assert heard.of("/new")[0].event["type"] == "webhook_endpoint.test"
    assert (await merchant.get(f"/v1/webhook_deliveries/{tested.body['delivery_id']}")).status == 200
    disabled = await merchant.post(f"{path}/disable", {})
    assert (disabled.body["state"], disabled.body["disabled_because"]) == ("disabled", "merchant")
    refused = await merchant.post(f"{path}/test", {})
    assert (refused.status, refused.body["code"]) == (409, "webhooks.endpoint_disabled")
    assert (await merchant.post(f"{path}/enable", {})).body["state"] == "enabled"
    resent = await merchant.post(f"{path}/resend", {"since": "2026-03-01T00:00:00Z"})
    assert resent.body == {"resent": 0}
    assert (await merchant.post(f"{path}/remove", {})).body["state"] == "removed"
    assert (await merchant.get(path)).body["code"] == "webhooks.no_such_endpoint"
    assert (await merchant.get(ENDPOINTS)).body == {"items": [], "next_cursor": None}


async def test_whoever_hears_that_a_merchant_is_suspended_hears_why(
    platform: Platform, heard: Receiver
) -> None:
    merchant = await platform.new_merchant()
    await create(merchant, f"{heard.url}/standing", "merchant.*")
    suspend = SuspendMerchant(reason="Too many complaints.")
    await platform.house.merchants.do(merchant.merchant.id, suspend, actor="staff:Ann")
    by_type: dict[str, Any] = {}

    def suspended() -> bool:
        by_type.update({each.event["type"]: each.event["data"]["object"] for each in heard.of("/standing")})
        return "merchant.suspended" in by_type

    await until(suspended)
    assert by_type["merchant.suspended"] == {
        "id": merchant.merchant.id,
        "state": "suspended",
        "state_reason": "Too many complaints.",
    }


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "webhooks.address_refused"),
        ({"url": "http://shop.example/"}, "webhooks.address_refused"),
        ({"url": "https://user@shop.example/"}, "webhooks.address_refused"),
        ({"url": "https://shop.example:22/"}, "webhooks.address_refused"),
        ({"events": ["payment.exploded"]}, "webhooks.endpoint_malformed"),
        ({"events": ["pay.*"]}, "webhooks.endpoint_malformed"),
        ({"events": []}, "malformed"),
        ({"url": 7}, "malformed"),
        ({"urll": "https://shop.example/"}, "malformed"),
    ],
)
async def test_an_endpoint_that_cannot_be_is_refused_by_name(
    platform: Platform, wanted: dict[str, object], code: str
) -> None:
    body = {"url": "https://shop.example/hooks", "events": ["*"]} | wanted
    reply = await platform.merchant.post(ENDPOINTS, body)
    assert (reply.status, reply.body["code"]) == (400, code)
    assert reply.body["field"] in wanted


async def test_a_merchant_has_16_endpoints_at_most(platform: Platform) -> None:
    merchant = await platform.new_merchant()
    for number in range(16):
        await create(merchant, f"https://shop.example/{number}", "payment.captured")
    refused = await merchant.post(ENDPOINTS, {"url": "https://shop.example/17", "events": ["*"]})
    assert (refused.status, refused.body["code"]) == (409, "webhooks.too_many_endpoints")


async def test_what_belongs_to_another_merchant_is_not_found(platform: Platform, heard: Receiver) -> None:
    endpoint = await create(platform.merchant, f"{heard.url}/mine")
    tested = await platform.merchant.post(f"{ENDPOINTS}/{endpoint['id']}/test", {})
    await until(lambda: len(heard.heard) == 1)
    event_id = heard.heard[0].headers["webhook-id"]
    stranger = await platform.new_merchant()
    path, delivery = f"{ENDPOINTS}/{endpoint['id']}", f"/v1/webhook_deliveries/{tested.body['delivery_id']}"
    for reply in (
        await stranger.get(path),
        await stranger.get(f"{path}/deliveries"),
        await stranger.get(delivery),
        await stranger.get(f"/v1/events/{event_id}"),
        await stranger.post(f"{delivery}/resend", {}),
        await stranger.post(f"{path}/resend", {"since": "2026-03-01T00:00:00Z"}),
        *[
            await stranger.post(f"{path}/{verb}", {})
            for verb in ("change", "rotate_secret", "test", "enable", "disable", "remove")
        ],
    ):
        assert reply.status == 404, reply.raw
    listed = (await stranger.get("/v1/events")).body["items"]
    assert not [each for each in listed if each["merchant_id"] != stranger.merchant.id]
    assert (await stranger.get("/v1/events", cursor=event_id)).body["items"] == []
