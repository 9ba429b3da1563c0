"""S2: what do 10,000 requests of raw bytes do? Each is answered, without a bug, and nothing changes."""

import asyncio
import json
from collections import Counter
from urllib.parse import urlsplit

import pytest

from tael.testing.platform import Platform
from tests.e2e.asking import GOOD
from tests.e2e.raw_wire import Answer, Case, Maker, RawClient
from tests.e2e.untouched import everything

CONNECTIONS = 8
SEED = 20_260_301


def good_requests(shop: Platform, payment_id: str, refund_id: str) -> list[Case]:
    """A request for each route of the public listener that is good, but comes to nothing.

    They reach the verbs, and are about a payment that is paid and given back, or in a currency that is none.
    """
    headers = [
        b"Host: tael.test",
        b"Authorization: Bearer " + shop.merchant.secret.encode(),
        b"Content-Type: application/json",
    ]
    bodies = {
        "/v1/payments": {**GOOD, "currency": "XXX"},
        f"/v1/payments/{payment_id}/attempts": {"channel": "alipay"},
        f"/v1/payments/{payment_id}/close": {},
        f"/v1/payments/{payment_id}/refunds": {"amount_minor": 99_999, "note": "one cup"},
    }
    reads = [
        "/v1/payments",
        "/v1/payments.csv",
        f"/v1/payments/{payment_id}",
        f"/v1/refunds/{refund_id}",
        f"/pay/{payment_id}",
        f"/pay/{payment_id}/state",
        f"/pay/{payment_id}/code.svg",
        "/docs",
        "/openapi.json",
        "/favicon.ico",
        "/assets/0/tael.css",
        "/health",
    ]
    return [
        *[Case(b"POST", path.encode(), headers, json.dumps(body).encode()) for path, body in bodies.items()]
        * 5,
        *[Case(b"GET", path.encode(), headers, b"") for path in reads],
    ]


def good_notices() -> list[Case]:
    """What would be a notice, if it were signed."""
    headers = [b"Host: tael.test", b"Content-Type: application/x-www-form-urlencoded"]
    body = b"notify_id=1&app_id=2&out_trade_no=att_3&total_amount=12.80&trade_status=TRADE_SUCCESS&sign_type=RSA2&sign=AAAA"
    return [Case(b"POST", b"/notices/payments/alipay", headers, body), Case(b"GET", b"/health", headers, b"")]


async def ask_all(url: str, good: list[Case], *, cases: int, seed: int) -> list[tuple[Case, Answer]]:
    """The cases of one seed over a few connections."""
    maker = Maker(good, seed=seed)
    made = iter([maker.make() for _ in range(cases)])
    address = urlsplit(url)
    answered: list[tuple[Case, Answer]] = []

    async def work() -> None:
        client = RawClient(str(address.hostname), int(address.port or 0))
        for case in made:
            answer = await client.ask(case)
            answered.append((case, answer))
        await client.close()

    await asyncio.gather(*[work() for _ in range(CONNECTIONS)])
    return answered


@pytest.mark.parametrize("cases", [1_500, pytest.param(10_000, marks=pytest.mark.drill)])
async def test_s2_raw_requests_find_no_bug_and_change_nothing(shop: Platform, cases: int) -> None:
    """Four of five go to the API, the others are notices. The drill is the bar itself."""
    payment = await shop.captured_payment()
    refund = await shop.merchant.post(f"/v1/payments/{payment['id']}/refunds", {})
    before = await everything(shop.house)
    answered = await ask_all(
        shop.public_url,
        good_requests(shop, payment["id"], refund.body["id"]),
        cases=cases * 4 // 5,
        seed=SEED,
    )
    answered += await ask_all(shop.notices_url, good_notices(), cases=cases // 5, seed=SEED + 1)
    assert len(answered) == cases
    for case, answer in answered:
        shown = (case.wire()[:2_000], answer)
        assert 200 <= answer.status < 500, shown
        assert b"Traceback" not in answer.body, shown
        assert b"site-packages" not in answer.body, shown
    assert await everything(shop.house) == before
    statuses = Counter(answer.status for _, answer in answered)
    assert statuses[400] > cases // 5, statuses
    assert len(statuses) >= 6, statuses
