"""R4 for each POST of the checkout, where it does its work: one effect and one answer, also while the first is under way."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tael.checkout.http import checkout_api_routes
from tael.simulators.base.faults import Fault
from tael.testing.patience import once
from tael.testing.platform import Platform, Reply
from tests.e2e.places import a_store, a_terminal

SESSION = {"amount_minor": 1280, "currency": "CNY", "reference": "r4", "description": "Tea"}
IN_A_WALLET = SESSION | {"ui": "jsapi", "method": "alipay", "payer_id": "2088102146225135"}
LINK, CODE = {"description": "Tea", "currency": "CNY"}, {"name": "Door"}
Asked = tuple[str, dict[str, Any], dict[str, Any]]
"""An address, a body that does something there, and another body."""


async def an_end(shop: Platform) -> Asked:
    made = await shop.merchant.post("/v1/checkout_sessions", IN_A_WALLET)
    return f"/v1/checkout_sessions/{made.body['id']}/expire", {}, {}


async def a_switched_link(shop: Platform) -> Asked:
    made = await shop.merchant.post("/v1/payment_links", LINK)
    return f"/v1/payment_links/{made.body['id']}/switch", {"active": False}, {"active": True}


async def a_switched_code(shop: Platform) -> Asked:
    made = await shop.merchant.post("/v1/static_codes", CODE)
    return f"/v1/static_codes/{made.body['id']}/switch", {"active": False}, {"active": True}


async def a_visit(shop: Platform) -> Asked:
    made = await shop.merchant.post("/v1/static_codes", CODE)
    visit = {"amount_minor": 500, "method": "alipay", "payer_id": "2088102146225135"}
    return f"/v1/static_codes/{made.body['id']}/sessions", visit, visit | {"amount_minor": 501}


async def a_charge(shop: Platform) -> Asked:
    wanted = SESSION | {"payer_code": await shop.simulator.control.shown_code("at_once")}
    return "/v1/counter/charges", wanted, wanted | {"amount_minor": 1281}


async def a_cancelled_charge(shop: Platform) -> Asked:
    wanted = SESSION | {"payer_code": await shop.simulator.control.shown_code("ask")}
    made = await shop.merchant.post("/v1/counter/charges", wanted)
    return f"/v1/counter/charges/{made.body['id']}/cancel", {}, {}


async def a_card_charge(shop: Platform) -> Asked:
    terminal = await a_terminal(shop.merchant, await a_store(shop.merchant))
    wanted = SESSION | {"card": {"token": "pm_card_visa"}}
    return f"/v1/terminals/{terminal}/charges", wanted, wanted | {"amount_minor": 1281}


POSTS: dict[str, Asked | Callable[[Platform], Awaitable[Asked]]] = {
    "/v1/checkout_sessions": ("/v1/checkout_sessions", IN_A_WALLET, IN_A_WALLET | {"amount_minor": 1281}),
    "/v1/checkout_sessions/{session_id:str}/expire": an_end,
    "/v1/payment_links": ("/v1/payment_links", LINK, LINK | {"description": "Coffee"}),
    "/v1/payment_links/{link_id:str}/switch": a_switched_link,
    "/v1/static_codes": ("/v1/static_codes", CODE, {"name": "Window"}),
    "/v1/static_codes/{code_id:str}/switch": a_switched_code,
    "/v1/static_codes/{code_id:str}/sessions": a_visit,
    "/v1/counter/charges": a_charge,
    "/v1/counter/charges/{charge_id:str}/cancel": a_cancelled_charge,
    "/v1/terminals/{terminal_id:str}/charges": a_card_charge,
}
ASK_A_CHANNEL = [
    "/v1/checkout_sessions",
    "/v1/checkout_sessions/{session_id:str}/expire",
    "/v1/counter/charges",
    "/v1/counter/charges/{charge_id:str}/cancel",
]


async def asked(shop: Platform, post: str) -> Asked:
    wanted = POSTS[post]
    return wanted if isinstance(wanted, tuple) else await wanted(shop)


def is_under_way(reply: Reply) -> bool:
    return reply.status == 409 and reply.body["code"] == "idempotency_in_flight"


async def answer_to(shop: Platform, address: str, body: object, key: str) -> Reply:
    """The answer as soon as there is one."""
    return await once(
        lambda: shop.merchant.post(address, body, key=key), lambda reply: not is_under_way(reply)
    )


def test_r4_every_post_of_the_checkout_is_looked_at_here(shop: Platform) -> None:
    house = shop.house
    routes = checkout_api_routes(
        house.checkout, house.merchants, house.customers, house.clock, house.settings
    )
    posts = {path for route in routes if "POST" in route.http_methods for path in route.paths}
    assert posts == set(POSTS)


@pytest.mark.parametrize("post", POSTS)
async def test_r4_a_post_of_the_checkout_has_one_effect_and_one_answer(shop: Platform, post: str) -> None:
    address, body, other = await asked(shop, post)
    key = f"r4:{address}"
    replies = await asyncio.gather(*(shop.merchant.post(address, body, key=key) for _ in range(4)))
    again = await answer_to(shop, address, body, key)
    told = [reply for reply in (*replies, again) if not is_under_way(reply)]
    assert {(reply.status, reply.raw) for reply in told} == {(again.status, again.raw)}
    assert again.headers["idempotent-replayed"] == "true"
    assert again.status in ((201, 200, 202) if post != "/v1/terminals/{terminal_id:str}/charges" else (402,))
    elsewhere = ("/v1/payments", SESSION) if other == body else (address, other)
    reused = await shop.merchant.post(*elsewhere, key=key)
    assert (reused.status, reused.body["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("post", ASK_A_CHANNEL)
async def test_r4_a_repeat_while_the_channel_thinks_is_told_to_come_again(shop: Platform, post: str) -> None:
    address, body, _ = await asked(shop, post)
    await shop.simulator.control.switch_on(Fault.DELAY, delay_seconds=1)  # of all: the janitor asks, too
    key = f"slow:{address}"
    two = await asyncio.gather(*(shop.merchant.post(address, body, key=key) for _ in range(2)))
    await shop.simulator.control.switch_off()
    done, early = sorted(two, key=is_under_way)
    assert is_under_way(early), early.raw
    assert (early.headers["Retry-After"], early.body["field"]) == ("1", "Idempotency-Key")
    assert early.body["object_id"] in (done.body["id"], done.body.get("payment_id"))
    assert done.status < 300, done.raw
    again = await shop.merchant.post(address, body, key=key)
    assert (again.status, again.raw) == (done.status, done.raw)
