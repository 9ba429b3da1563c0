"""Do notices come as Alipay sends them, and as it sends them on a bad day?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest

from tael.channels.connectors.alipay.signing import Signer
from tael.channels.errors import NoticeRefused
from tael.channels.port import InboundNotice, Notice, Operation, OutcomeState
from tael.foundation.clock import SystemClock
from tael.foundation.money import Money
from tael.simulators.alipay.keys import prepare_keys, signing_text
from tael.simulators.alipay.notices import WAITS
from tael.simulators.base import NOTICE, Fault
from tael.testing.alipay import (
    AlipayMerchant,
    NoticeListener,
    listening_for_notices,
    refund_of,
    said,
)
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

SPEED = 24_000
"""4 minutes are 10 ms."""


class Scene(msgspec.Struct, frozen=True):
    """A simulator, a merchant, and where its notices arrive."""

    simulator: RunningSimulator
    merchant: AlipayMerchant
    listener: NoticeListener

    async def pay(self, number: str) -> None:
        """Make an order and have it paid."""
        order = self.merchant.order(number, notice_url=self.listener.url)
        await self.merchant.ask(Operation.PAY, order)
        await self.simulator.control.pay(number)

    def read(self, inbound: InboundNotice) -> Notice:
        """The notice as our connector reads it now."""
        return self.merchant.connector.read_notice(inbound, now=SystemClock().now())


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def scene(keys_folder: Path) -> AsyncIterator[Scene]:
    async with (
        running_simulator("alipay", keys_folder, speed=SPEED) as simulator,
        AlipayMerchant(connector_of(simulator)) as merchant,
        listening_for_notices() as listener,
    ):
        yield Scene(simulator, merchant, listener)


async def test_a_payment_is_told_once_if_the_answer_is_success(scene: Scene) -> None:
    await scene.pay("att_1")
    notice = scene.read((await scene.listener.wait_for(1))[0])

    assert (said(notice).state, said(notice).amount) == (OutcomeState.SUCCEEDED, Money(1280, "CNY"))
    assert said(notice).order_number == "att_1"
    trade = await scene.simulator.control.order("att_1")
    assert [(told.delivered, len(told.attempts)) for told in trade.notices] == [(True, 1)]


@pytest.mark.parametrize("answer", [b"fail", b"", b"success\n", b"SUCCESS", b'"success"'])
async def test_any_answer_but_success_brings_the_same_notice_again(scene: Scene, answer: bytes) -> None:
    scene.listener.answer = answer
    await scene.pay("att_1")
    received = await scene.listener.wait_for(3)
    scene.listener.answer = b"success"

    assert len({scene.read(inbound).notice_id for inbound in received}) == 1


async def test_notices_are_repeated_on_the_documented_schedule_and_then_no_more(scene: Scene) -> None:
    assert sum(WAITS, timedelta()) == timedelta(hours=24, minutes=24)
    scene.listener.answer = b"fail"
    await scene.pay("att_1")

    received = await scene.listener.wait_for(8, seconds=10)

    assert len(received) == 8
    trade = await scene.simulator.control.order("att_1")
    attempts = trade.notices[0].attempts
    for earlier, later, wait in zip(attempts, attempts[1:], WAITS, strict=False):
        assert timedelta() <= (later.at - earlier.at) - wait / SPEED < timedelta(seconds=0.4)
    assert not trade.notices[0].delivered


async def test_time_can_be_advanced_to_the_next_repetition(keys_folder: Path) -> None:
    async with (
        running_simulator("alipay", keys_folder) as simulator,
        AlipayMerchant(connector_of(simulator)) as merchant,
        listening_for_notices() as listener,
    ):
        listener.answer = b"fail"
        await Scene(simulator, merchant, listener).pay("att_1")
        await listener.wait_for(1)
        await simulator.control.summary()

        await simulator.control.advance(seconds=240)

        assert len(await listener.wait_for(2)) == 2


async def test_refunds_are_told_with_what_was_given_back_so_far(scene: Scene) -> None:
    await scene.pay("att_1")
    order = scene.merchant.order("att_1")
    for number, minor in (("re_1", 300), ("re_2", 980)):
        await scene.merchant.ask(Operation.REFUND, order, refund_of(number, minor=minor))
    received = await scene.listener.wait_for(3)

    told = {
        outcome.refund_number: outcome.given_back_in_all
        for outcome in (said(scene.read(inbound)) for inbound in received[1:])
    }

    assert told == {"re_1": Money(300, "CNY"), "re_2": Money(1280, "CNY")}


async def test_a_merchant_who_asked_in_gbk_is_told_in_gbk(scene: Scene) -> None:
    keys = prepare_keys(scene.simulator.home)
    signer = Signer(keys.app_private_pem)
    parameters = {
        "app_id": keys.app_id,
        "method": "alipay.trade.precreate",
        "charset": "GBK",
        "sign_type": "RSA2",
        "timestamp": "2026-05-01 12:00:00",
        "version": "1.0",
        "notify_url": scene.listener.url,
        "biz_content": '{"out_trade_no":"att_1","total_amount":12.8,"subject":"两杯咖啡"}',
    }
    parameters["sign"] = signer.sign(signing_text(parameters).encode("gbk"))
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{scene.simulator.url}/gateway.do",
            data=urlencode(parameters, encoding="gbk"),
            headers={"content-type": "application/x-www-form-urlencoded"},
        ) as answer,
    ):
        assert b'"10000"' in await answer.read()
    await scene.simulator.control.pay("att_1")

    inbound = (await scene.listener.wait_for(1))[0]

    assert b"charset=gbk" in inbound.body
    assert said(scene.read(inbound)).amount == Money(1280, "CNY")


# Faults


async def test_a_duplicate_notice_carries_the_same_id(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.DUPLICATE_NOTICE, calls=1)
    await scene.pay("att_1")

    first, second = await scene.listener.wait_for(2)

    assert scene.read(first).notice_id == scene.read(second).notice_id


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.WRONG_SIGNATURE, "signature"),
        (Fault.WRONG_MERCHANT, "app_id"),
        (Fault.STALE_NOTICE, "ago"),
        (Fault.CLOCK_SKEW, "future"),
    ],
)
async def test_an_unbelievable_notice_is_refused_and_the_next_one_is_believed(
    scene: Scene, fault: Fault, why: str
) -> None:
    await scene.simulator.control.switch_on(fault, calls=1, method=NOTICE)
    scene.listener.answer = b"fail"
    await scene.pay("att_1")
    first, second, *_ = await scene.listener.wait_for(2)
    scene.listener.answer = b"success"

    with pytest.raises(NoticeRefused, match=why):
        scene.read(first)
    assert said(scene.read(second)).state is OutcomeState.SUCCEEDED


async def test_a_wrong_amount_in_a_notice_is_passed_on_to_be_compared(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.WRONG_AMOUNT, calls=1, method=NOTICE)
    await scene.pay("att_1")

    notice = scene.read((await scene.listener.wait_for(1))[0])

    assert said(notice).amount == Money(1281, "CNY")


async def test_out_of_order_notices_say_waiting_and_closed_after_success(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.OUT_OF_ORDER, calls=1)
    await scene.pay("att_1")

    received = await scene.listener.wait_for(3)

    states = [said(scene.read(inbound)).state for inbound in received]
    assert states[0] is OutcomeState.SUCCEEDED
    assert set(states[1:]) == {OutcomeState.WAITING, OutcomeState.CLOSED}


async def test_a_replayed_notice_is_the_very_same_bytes(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.REPLAYED_NOTICE, calls=1)
    await scene.pay("att_1")

    first, second = await scene.listener.wait_for(2)

    assert first.body == second.body


async def test_a_late_notice_comes_after_what_it_tells_and_can_be_brought_nearer(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.LATE_NOTICE, calls=1, delay_seconds=3600)
    await scene.pay("att_1")
    await scene.pay("att_2")
    assert said(scene.read((await scene.listener.wait_for(1))[0])).order_number == "att_2"

    await scene.simulator.control.advance(seconds=3600)

    assert said(scene.read((await scene.listener.wait_for(2))[1])).order_number == "att_1"


async def test_a_notice_about_another_order_names_that_order(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.WRONG_ORDER, calls=1, method=NOTICE)
    await scene.pay("att_1")

    assert said(scene.read((await scene.listener.wait_for(1))[0])).order_number == "att_19"


async def test_a_dropped_notice_comes_with_the_next_repetition(scene: Scene) -> None:
    await scene.simulator.control.switch_on(Fault.DROP_NOTICES, calls=2)
    await scene.pay("att_1")
    await scene.listener.wait_for(1)

    trade = await scene.simulator.control.order("att_1")

    assert [attempt.heard for attempt in trade.notices[0].attempts][:2] == ["dropped", "dropped"]


async def test_a_listener_that_is_away_is_told_when_it_is_back(scene: Scene) -> None:
    order = scene.merchant.order("att_1", notice_url="http://127.0.0.1:9/nobody")
    await scene.merchant.ask(Operation.PAY, order)

    await scene.simulator.control.pay("att_1")
    await scene.pay("att_2")
    await scene.listener.wait_for(1)

    trade = await scene.simulator.control.order("att_1")
    assert all(attempt.heard.startswith("no answer") for attempt in trade.notices[0].attempts)
