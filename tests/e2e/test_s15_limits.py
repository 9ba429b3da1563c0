"""S15: what if somebody sends too much, or stays too long? It is cut off early, and the others are served."""

import asyncio
import resource
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tael.testing.platform import Platform
from tests.e2e.asking import PAYMENTS, asked, check_problem
from tests.e2e.untouched import nothing_changes

IDLE = 1_000


@pytest.mark.parametrize("extra", [1, 700_000])
async def test_s15_a_body_over_the_limit_is_refused_by_its_length(shop: Platform, extra: int) -> None:
    limit = shop.house.settings.body_limit_bytes
    async with nothing_changes(shop.house):
        reply = await asked(shop, "POST", PAYMENTS, b" " * (limit + extra))
    assert str(limit) in check_problem(reply, 413, "body_too_large")["detail"]


async def test_s15_a_body_that_does_not_say_its_length_is_cut_off_at_the_limit(shop: Platform) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 65_536
            yield b" " * 65_536

    headers = {"Authorization": f"Bearer {shop.merchant.secret}", "Idempotency-Key": "endless"}
    url = shop.public_url + PAYMENTS
    async with shop.session.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413
    assert sent < 64 * 1024 * 1024, "what was on its way when the answer came, of a body without an end"


async def test_s15_the_notices_listener_has_the_same_limit(shop: Platform) -> None:
    body = b"a=" + b"x" * shop.house.settings.body_limit_bytes
    async with shop.session.post(f"{shop.notices_url}/notices/payments/alipay", data=body) as answer:
        assert answer.status == 413


async def test_s15_a_thousand_idle_connections_keep_nobody_waiting(shop: Platform) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8_192)), hard))
    address = urlsplit(shop.public_url)
    opened = [await asyncio.open_connection(address.hostname, address.port) for _ in range(IDLE)]
    try:
        for _, writer in opened[::2]:
            writer.write(b"POST /v1/payments HTTP/1.1\r\nHost: slow")
        async with asyncio.timeout(20), shop.session.get(f"{shop.public_url}/health") as answer:
            assert answer.status == 200, "nobody who is served waits until they say more: they never do"
    finally:
        for _, writer in opened:
            writer.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
