"""What if the network fails while our client asks? It asks again, and one wish has one effect."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tael.client import AsyncTael, NotUnderstood, Tael, Unreachable, errors, types
from tael.foundation.clock import monotonic_seconds
from tael.foundation.problems import PROBLEM_JSON
from tael.testing.fault_proxy import FaultProxy, Mode
from tael.testing.loopback import serving
from tael.testing.patience import until
from tael.testing.platform import MerchantClient, Platform

HURT = [Mode.LOST_REPLY, Mode.LOST_REQUEST, Mode.RESET_BEFORE, Mode.RESET_AFTER, Mode.TRUNCATED]
Answer = Callable[[], web.Response]


@pytest.fixture
async def merchant(shop: Platform) -> MerchantClient:
    """One that nothing has happened to yet."""
    return await shop.new_merchant()


async def bought(tael: AsyncTael) -> types.Payment:
    return await tael.payments.create(
        amount_minor=1280, currency="CNY", reference="order-1", description="Two cups of tea"
    )


async def payments_of(merchant: MerchantClient) -> list[str]:
    """What there really is, seen past the wire."""
    return [each["id"] for each in (await merchant.get("/v1/payments")).body["items"]]


@pytest.mark.parametrize("mode", HURT)
async def test_a_wire_that_breaks_twice_leads_to_one_payment(
    shop: Platform, merchant: MerchantClient, mode: Mode
) -> None:
    target = urlsplit(shop.public_url)
    async with (
        FaultProxy(target.hostname or "", target.port or 0) as wire,
        AsyncTael(wire.url, merchant.secret) as tael,
    ):
        wire.mode = mode
        buying = asyncio.create_task(bought(tael))
        await until(lambda: wire.seen[mode] >= 2)
        wire.mode = Mode.PASS
        payment = await buying

    assert await payments_of(merchant) == [payment.id]


def _problem(status: int, code: str, **headers: str) -> Answer:
    text = f'{{"status": {status}, "code": "{code}", "title": "Not now"}}'
    return lambda: web.Response(status=status, text=text, content_type=PROBLEM_JSON, headers=headers)


@asynccontextmanager
async def _in_front_of(shop: Platform, answers: Sequence[Answer]) -> AsyncIterator[tuple[str, list[str]]]:
    """Somebody who first answers by itself, and then lets everything through; its address, and the keys it saw."""
    left, keys = list(answers), list[str]()

    async def pass_on(request: web.Request) -> web.Response:
        keys.append(request.headers.get("Idempotency-Key", ""))
        if left:
            return left.pop(0)()
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        async with shop.session.request(
            request.method, shop.public_url + request.path_qs, headers=headers, data=await request.read()
        ) as answer:
            return web.Response(
                status=answer.status, body=await answer.read(), headers={"Content-Type": answer.content_type}
            )

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", pass_on)
    async with serving(app) as url:
        yield url, keys


async def test_not_now_is_followed_by_the_same_wish_under_the_same_key(
    shop: Platform, merchant: MerchantClient
) -> None:
    busy = [
        _problem(503, "unavailable", **{"Retry-After": "0"}),
        _problem(429, "rate_limited", **{"Retry-After": "0"}),
        _problem(409, "idempotency_in_flight", **{"Retry-After": "0"}),
        lambda: web.Response(status=502, text="<h1>Bad Gateway</h1>"),
    ]
    async with _in_front_of(shop, busy) as (url, keys), AsyncTael(url, merchant.secret) as tael:
        payment = await bought(tael)

    assert await payments_of(merchant) == [payment.id]
    assert (len(keys), len(set(keys))) == (5, 1)
    assert keys[0].startswith("py-")


async def test_two_wishes_of_the_same_words_are_two_payments(merchant: MerchantClient) -> None:
    async with AsyncTael(merchant.url, merchant.secret) as tael:
        made = [(await bought(tael)).id for _ in range(2)]

    assert sorted(await payments_of(merchant)) == sorted(made)


async def test_it_waits_for_as_long_as_it_is_told_and_not_longer_than_its_patience(
    shop: Platform, merchant: MerchantClient
) -> None:
    waits = [_problem(503, "unavailable", **{"Retry-After": "1"})]
    async with _in_front_of(shop, waits) as (url, keys), AsyncTael(url, merchant.secret) as tael:
        began = monotonic_seconds()
        await bought(tael)
        assert monotonic_seconds() - began >= 1
    assert len(keys) == 2

    tomorrow = [_problem(429, "rate_limited", **{"Retry-After": "86400"})]
    async with _in_front_of(shop, tomorrow) as (url, keys), AsyncTael(url, merchant.secret) as tael:
        with pytest.raises(errors.RateLimited):
            await bought(tael)
    assert len(keys) == 1


async def test_what_is_refused_is_asked_once(shop: Platform, merchant: MerchantClient) -> None:
    async with _in_front_of(shop, []) as (url, keys), AsyncTael(url, merchant.secret) as tael:
        with pytest.raises(errors.Malformed):
            await tael.payments.create(amount_minor=0, currency="CNY", reference="r", description="d")
    assert len(keys) == 1


async def test_what_tael_would_never_answer_is_said_and_not_believed(
    shop: Platform, merchant: MerchantClient
) -> None:
    rubbish: list[Answer] = [
        lambda: web.Response(text="<h1>Welcome to free Wi-Fi!</h1>"),
        lambda: web.Response(status=302, headers={"Location": "https://wifi.example/login"}),
        lambda: web.Response(status=407, text="Who are you?"),
    ]
    async with _in_front_of(shop, rubbish) as (url, keys), AsyncTael(url, merchant.secret) as tael:
        with pytest.raises(NotUnderstood):
            await bought(tael)
        with pytest.raises(NotUnderstood, match="302"):
            await bought(tael)
        with pytest.raises(errors.Malformed) as refused:
            await bought(tael)
    assert (refused.value.status, refused.value.code, len(keys)) == (407, "unknown", 3)


def test_nobody_there_is_said_with_the_key_to_ask_again_under() -> None:
    with Tael("http://127.0.0.1:9", "tael_test_1", patience_seconds=0.3) as tael:
        assert tael.test_mode
        with pytest.raises(Unreachable, match="POST /v1/payments") as unreachable:
            tael.payments.create(
                amount_minor=1, currency="CNY", reference="r", description="d", idempotency_key="order-1"
            )
    assert unreachable.value.idempotency_key == "order-1"


async def test_the_blocking_client_asks_again_too(shop: Platform, merchant: MerchantClient) -> None:
    busy = [_problem(503, "unavailable", **{"Retry-After": "0"})] * 2

    def buy(url: str) -> types.Payment:
        with Tael(url, merchant.secret) as tael:
            return tael.payments.create(amount_minor=5, currency="CNY", reference="r", description="d")

    async with _in_front_of(shop, busy) as (url, keys):
        payment = await asyncio.to_thread(buy, url)

    assert await payments_of(merchant) == [payment.id]
    assert (len(keys), len(set(keys))) == (3, 1)
