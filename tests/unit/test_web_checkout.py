"""Does the checkout, over real HTTP, show a payment truly and tell its changes on time?"""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tael.web.checkout.views import CheckoutState as C
from tests.unit.web_desk import CODE_URL, DeskInMemory, a_view, ended, serving


@pytest.fixture
def desk() -> DeskInMemory:
    """A desk with one open and one paid payment."""
    return DeskInMemory(a_view(), a_view("pay_paid", **ended(C.PAID)))


@pytest_asyncio.fixture
async def client(desk: DeskInMemory) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a real server."""
    async with serving(desk) as url, httpx.AsyncClient(base_url=url, trust_env=False, timeout=5) as client:
        yield client


async def test_the_page_shows_merchant_amount_and_code(client: httpx.AsyncClient) -> None:
    answer = await client.get("/pay/pay_example")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == "zh-CN"
    nonce = re.search(r"'nonce-([^']+)'", answer.headers["content-security-policy"])
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in answer.text
    for text in (
        "山前茶铺",
        "明前龙井 50g",
        "A2025-1122-0037",
        "打开支付宝扫一扫",
        'data-state="open"',
        "code.svg?v=",
    ):
        assert text in answer.text
    assert (await client.get("/pay/pay_example")).headers["content-security-policy"] != answer.headers[
        "content-security-policy"
    ]


async def test_the_language_switch_works_without_javascript(client: httpx.AsyncClient) -> None:
    assert 'lang="en"' in (await client.get("/pay/pay_example?lang=en")).text
    remembered = await client.get("/pay/pay_example")
    assert "Scan with Alipay" in remembered.text
    assert "CN¥" in remembered.text


async def test_what_a_merchant_writes_cannot_become_markup(
    client: httpx.AsyncClient, desk: DeskInMemory
) -> None:
    evil = "<script>alert(1)</script>\"'"
    desk.views["pay_evil"] = a_view(
        "pay_evil", merchant_name=evil, description=evil, reference=evil, return_url="javascript:alert(1)"
    )
    page = (await client.get("/pay/pay_evil")).text
    assert "<script>alert" not in page
    assert "javascript:" not in page


async def test_an_unknown_payment_is_a_page_for_people_and_a_problem_for_programs(
    client: httpx.AsyncClient,
) -> None:
    page = await client.get("/pay/pay_none")
    assert page.status_code == 404
    assert "没有找到这个页面" in page.text
    for part in ("state", "events", "code.svg"):
        problem = await client.get(f"/pay/pay_none/{part}")
        assert problem.status_code == 404
        assert problem.json()["code"] == "not_found"


async def test_a_code_may_be_kept_under_its_own_version_only(client: httpx.AsyncClient) -> None:
    version = a_view().code_version
    kept = await client.get(f"/pay/pay_example/code.svg?v={version}")
    assert kept.headers["content-type"].startswith("image/svg+xml")
    assert "immutable" in kept.headers["cache-control"]
    assert (await client.get("/pay/pay_example/code.svg?v=old")).headers["cache-control"] == "no-store"
    assert (await client.get("/pay/pay_paid/code.svg")).status_code == 404


async def test_the_state_is_a_document(client: httpx.AsyncClient) -> None:
    version = a_view().code_version
    told = (await client.get("/pay/pay_example/state")).json()
    assert 0 < told.pop("seconds_left") <= 872
    assert told == {
        "state": "open",
        "ended": False,
        "code_version": version,
        "code_src": f"/pay/pay_example/code.svg?v={version}&method=alipay",
        "pay_link": CODE_URL,
        "paid": "¥128.00",
        "begun": False,
        "refunded": "¥0.00",
        "ended_at": "",
    }
    paid = (await client.get("/pay/pay_paid/state", headers={"accept-language": "en"})).json()
    assert (paid["state"], paid["ended"], paid["code_src"]) == ("paid", True, None)
    assert paid["ended_at"] == "22 Nov, 14:32 (UTC+8)"


async def test_looking_at_the_state_never_calls_a_channel(
    client: httpx.AsyncClient, desk: DeskInMemory
) -> None:
    await client.get("/pay/pay_example/state")
    await client.get("/pay/pay_example/code.svg")
    assert desk.opened == 0


async def read_states(lines: AsyncIterator[str], count: int) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    async for line in lines:
        if line.startswith("data: "):
            told.append(json.loads(line.removeprefix("data: ")))
            if len(told) == count:
                break
    return told


async def test_changes_are_pushed_and_the_stream_ends_at_an_end(
    client: httpx.AsyncClient, desk: DeskInMemory
) -> None:
    async with client.stream("GET", "/pay/pay_example/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()
        assert await anext(lines) == "retry: 2000"
        assert [told["state"] for told in await read_states(lines, 1)] == ["open"]
        await desk.change("pay_example", code_url=CODE_URL + "-new")
        assert (await read_states(lines, 1))[0]["pay_link"] == CODE_URL + "-new"
        await desk.change("pay_example", **ended(C.PAID))
        assert (await read_states(lines, 1))[0]["state"] == "paid"
        assert await read_states(lines, 1) == []


async def test_a_stream_on_an_ended_payment_tells_it_and_ends(client: httpx.AsyncClient) -> None:
    answer = await client.get("/pay/pay_paid/events")
    assert answer.text.count("event: state") == 1


async def test_a_quiet_stream_beats_and_makes_sure_of_a_live_code(desk: DeskInMemory) -> None:
    async with (
        serving(desk, heartbeat_seconds=0.05) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
        client.stream("GET", "/pay/pay_example/events") as answer,
    ):
        lines = answer.aiter_lines()
        await read_states(lines, 1)
        beats = 0
        async for line in lines:
            beats += line == ": still here"
            if beats == 3:
                break
    assert desk.opened >= 3


async def test_a_reader_who_leaves_is_let_go(client: httpx.AsyncClient, desk: DeskInMemory) -> None:
    async with client.stream("GET", "/pay/pay_example/events") as answer:
        await read_states(answer.aiter_lines(), 1)
    for _ in range(100):
        if not desk.listening:
            break
        await asyncio.sleep(0.02)
    assert desk.listening == 0


async def test_the_whole_page_weighs_less_than_25_kilobytes(client: httpx.AsyncClient) -> None:
    page = await client.get("/pay/pay_example")
    parts = re.findall(r'(?:src|href)="(/assets/[^"]+|/pay/[^"]+/code[^"]+)"', page.text)
    answers = [page, *[await client.get(part) for part in parts]]
    weights = [int(answer.headers["content-length"]) for answer in answers]
    assert len(weights) == 6
    assert sum(weights) < 25_000, weights
