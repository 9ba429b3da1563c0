"""What becomes of a notice that is forged or wrong? It is answered so that it comes again, and nothing is booked."""

from urllib.parse import urlencode

import pytest

from tael.foundation.clock import CHINA, SystemClock
from tael.simulators.alipay.keys import Seal, SimulatorKeys, prepare_keys, signing_text
from tael.testing.books import check_books
from tael.testing.platform import Platform
from tests.e2e.untouched import nothing_changes

REFUSED = (400, b"fail")
"""What makes the channel send a notice again; why it was refused stands in our log, a forger learns nothing."""


def keys_of(shop: Platform) -> SimulatorKeys:
    """The channel's keys: a forger with these could write anything."""
    return prepare_keys(shop.house.settings.home / "alipay")


async def notice_fields(shop: Platform) -> dict[str, str]:
    """What Alipay would say of a payment of 12.80 that waits for its payer."""
    payment = await shop.merchant.create_payment(1280)
    attempt = await shop.merchant.start_attempt(payment["id"])
    now = f"{SystemClock().now().astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return {
        "notify_id": f"2026{attempt['id'][-20:]}",
        "notify_type": "trade_status_sync",
        "notify_time": now,
        "app_id": keys_of(shop).app_id,
        "seller_id": keys_of(shop).seller_id,
        "charset": "utf-8",
        "version": "1.0",
        "out_trade_no": attempt["id"],
        "trade_no": "2026030122001400001",
        "trade_status": "TRADE_SUCCESS",
        "total_amount": "12.80",
        "gmt_payment": now,
    }


def signed(shop: Platform, fields: dict[str, str]) -> dict[str, str]:
    """The fields with a valid signature of the channel."""
    signature = Seal(keys_of(shop)).sign(signing_text(fields, "sign", "sign_type").encode())
    return fields | {"sign": signature, "sign_type": "RSA2"}


async def delivered(shop: Platform, body: bytes, channel: str = "alipay") -> tuple[int, bytes]:
    """How the notices listener answers."""
    url = f"{shop.notices_url}/notices/payments/{channel}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with shop.session.post(url, data=body, headers=headers) as answer:
        return answer.status, await answer.read()


WRONG = {
    "amount": {"total_amount": "12.81"},
    "less": {"total_amount": "0.01"},
    "app_id": {"app_id": "2021000000000000"},
    "seller_id": {"seller_id": "2088000000000000"},
    "order": {"out_trade_no": "att_06dk3vg5m8x4t9c1h2zq7n0rby"},
    "order_in_nonsense": {"out_trade_no": "'; drop table"},
    "old": {"notify_time": "2020-01-01 00:00:00"},
    "future": {"notify_time": "2099-01-01 00:00:00"},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_a_signed_notice_that_does_not_fit_books_nothing(shop: Platform, wrong: dict[str, str]) -> None:
    fields = await notice_fields(shop)
    async with nothing_changes(shop.house):
        body = urlencode(signed(shop, fields | wrong)).encode()
        assert await delivered(shop, body) == REFUSED


async def test_a_notice_that_was_changed_after_signing_books_nothing(shop: Platform) -> None:
    fields = await notice_fields(shop)
    genuine = signed(shop, fields)
    async with nothing_changes(shop.house):
        for name in fields:
            changed = genuine | {name: fields[name] + "1"}
            assert await delivered(shop, urlencode(changed).encode()) == REFUSED, name
        unsigned = {name: value for name, value in genuine.items() if name != "sign"}
        assert await delivered(shop, urlencode(unsigned).encode()) == REFUSED


async def test_the_genuine_notice_is_booked_once_however_often_it_comes(shop: Platform) -> None:
    """The refusals above mean something only if the same notice, unharmed, is accepted."""
    fields = await notice_fields(shop)
    await shop.simulator.control.pay(fields["out_trade_no"])
    body = urlencode(signed(shop, fields)).encode()
    assert [await delivered(shop, body) for _ in range(3)] == [(200, b"success")] * 3
    await check_books(shop.house, await shop.simulator.control.summary())


async def test_a_notice_of_no_channel_is_a_problem(shop: Platform) -> None:
    async with nothing_changes(shop.house):
        status, body = await delivered(shop, b"a=b", channel="pigeon")
    assert (status, b"channels.no_such_channel" in body) == (404, True)


@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"a", b"a=b&a=c", b"{}", b"%", b"sign=" + b"A" * 10_000])
async def test_nonsense_on_the_notices_listener_books_nothing(shop: Platform, body: bytes) -> None:
    async with nothing_changes(shop.house):
        assert await delivered(shop, body) == REFUSED
