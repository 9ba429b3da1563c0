"""What if money comes late or twice, and what if a notice lies? Surplus goes back; a lie changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.simulators.base.faults import NOTICE, Fault
from tael.simulators.base.views import NoticeView
from tael.testing.books import booked_payments, booked_refunds, check_books, until_settled
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.testing.platform import Platform, running_platform


@pytest.fixture(scope="module")
async def open_all_day(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    async with (
        fresh_database(server) as urls,
        running_platform(urls, tmp_path_factory.mktemp("platform")) as running,
    ):
        yield running


@pytest.fixture
async def shared(open_all_day: Platform) -> AsyncIterator[Platform]:
    """One platform for those who leave its clocks alone; each has payments of its own, and faults until its end."""
    yield open_all_day
    await open_all_day.simulator.control.switch_off()


async def test_a_payer_who_pays_the_old_code_after_the_close_gets_the_money_back(shared: Platform) -> None:
    """Nobody had scanned the code, so the channel could not close it: it can still be paid."""
    attempt = await _canceled_attempt(shared)
    await shared.simulator.control.pay(attempt["action"]["code_url"])
    await _surplus_returned(shared, attempt, reason="late_success")


async def test_money_for_an_old_code_goes_back_although_every_notice_is_lost(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """A minute after the time to pay the janitor looks once more at codes that were closed unscanned."""
    clock = ManualClock(SystemClock().now())
    async with running_platform(urls, tmp_path, clock=clock) as platform:
        attempt = await _canceled_attempt(platform)
        await platform.simulator.control.switch_on(Fault.DROP_NOTICES)
        await platform.simulator.control.pay(attempt["action"]["code_url"])
        clock.move(minutes=17)
        await _surplus_returned(platform, attempt, reason="late_success")


async def test_a_surplus_that_the_channel_refused_to_return_is_returned_later(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """Our account at the channel may be empty today: the payer's money is not forgotten for that."""
    clock = ManualClock(SystemClock().now())
    async with running_platform(urls, tmp_path, clock=clock) as platform:
        control = platform.simulator.control
        attempt = await _canceled_attempt(platform)
        await control.switch_on(Fault.BALANCE_NOT_ENOUGH)
        await control.pay(attempt["action"]["code_url"])

        async def states() -> list[str]:
            return sorted(refund.state for refund in (await booked_refunds(platform.house)).values())

        async def made_anew() -> bool:
            return await states() == ["failed", "processing"]

        async def returned() -> bool:
            return await states() == ["failed", "succeeded"]

        await until(made_anew, "a second refund follows the refused one", seconds=20)
        await control.switch_off()
        clock.move(hours=2)
        await until(returned, "the second refund goes through", seconds=20)
        await check_books(platform.house, await control.summary())


async def test_a_success_after_a_confirmed_close_is_given_back(shared: Platform) -> None:
    """The channel had said "closed", and the payer's money came all the same."""
    attempt = await _canceled_attempt(shared, scanned=True)
    assert (await shared.simulator.control.order(attempt["id"])).state == "TRADE_CLOSED"
    await shared.simulator.control.switch_on(Fault.LATE_SUCCESS)
    await shared.simulator.control.pay(attempt["action"]["code_url"])
    await _surplus_returned(shared, attempt, reason="late_success")


async def test_a_second_success_of_one_payment_is_given_back(platform: Platform) -> None:
    """The channel said that the first order had ended unpaid; a second one is paid; then the first is, too."""
    merchant, control = platform.merchant, platform.simulator.control
    payment = await merchant.create_payment(1280)
    first = await merchant.start_attempt(payment["id"])
    await control.act("scan", first["action"]["code_url"])
    await control.advance(seconds=86_400)
    await merchant.payment_once(payment["id"], "created")
    second = await merchant.start_attempt(payment["id"])
    assert second["id"] != first["id"]
    await control.pay(second["action"]["code_url"])
    await merchant.payment_once(payment["id"], "captured")
    await control.switch_on(Fault.LATE_SUCCESS)
    await control.pay(first["action"]["code_url"])
    await _surplus_returned(platform, first, reason="second_success", state="captured")
    booked = (await booked_payments(platform.house))[payment["id"]]
    assert (booked.captured_by, booked.captured_minor, booked.refunded_minor) == (second["id"], 1280, 0)


async def test_duplicate_and_out_of_order_notices_are_booked_once(platform: Platform) -> None:
    """The same success twice, then stragglers that say "waiting" and "closed"."""
    await platform.simulator.control.switch_on(Fault.DUPLICATE_NOTICE, Fault.OUT_OF_ORDER, calls=5)
    payments = [await platform.captured_payment(100 + n) for n in range(5)]

    async def all_told() -> bool:
        summary = await platform.simulator.control.summary()
        return summary.notices_delivered == summary.notices >= 3 * len(payments)

    await until(all_told, "three notices of each payment are accepted", seconds=20)
    for payment in payments:
        assert (await platform.merchant.payment(payment["id"]))["state"] == "captured"
        async with platform.house.database.transaction() as tx:
            entries = await platform.house.ledger.entries_about(tx, [payment["id"]])
        assert [entry.kind for entry in entries] == ["payment.captured"]
    await check_books(platform.house, await platform.simulator.control.summary())


@pytest.mark.parametrize(
    "lie", [Fault.WRONG_SIGNATURE, Fault.WRONG_AMOUNT, Fault.WRONG_MERCHANT, Fault.STALE_NOTICE]
)
async def test_a_notice_that_lies_is_refused_and_books_nothing(shared: Platform, lie: Fault) -> None:
    """It is answered with 400; what is true is found out by asking the channel."""
    merchant, control = shared.merchant, shared.simulator.control
    await control.switch_on(lie, method=NOTICE)
    payment = await merchant.create_payment(1280)
    attempt = await merchant.start_attempt(payment["id"])
    await control.pay(attempt["action"]["code_url"])
    assert (await _first_notice(shared, attempt)).attempts[0].heard == "400 fail"
    captured = await merchant.payment_once(payment["id"], "captured")
    assert captured["captured_minor"] == 1280
    async with shared.house.database.transaction() as tx:
        entries = await shared.house.ledger.entries_about(tx, [payment["id"]])
    assert [entry.kind for entry in entries] == ["payment.captured"]
    assert not (await _first_notice(shared, attempt)).delivered
    await check_books(shared.house, await control.summary())


async def _canceled_attempt(platform: Platform, *, scanned: bool = False) -> Any:
    payment = await platform.merchant.create_payment(1280)
    attempt = await platform.merchant.start_attempt(payment["id"])
    if scanned:
        await platform.simulator.control.act("scan", attempt["action"]["code_url"])
    reply = await platform.merchant.post(f"/v1/payments/{payment['id']}/close", {})
    assert (reply.status, reply.body["state"]) == (200, "canceled")
    return attempt


async def _surplus_returned(
    platform: Platform, attempt: Any, *, reason: str, state: str = "canceled"
) -> None:
    """The money goes back by itself; the payment stays as it ended; the books agree with the channel."""

    async def given_back() -> bool:
        return (await platform.simulator.control.order(attempt["id"])).refunded_minor == 1280

    await until(given_back, "the surplus is given back", seconds=20)
    await until_settled(platform.house, seconds=20)
    refunds = (await booked_refunds(platform.house)).values()
    [refund] = (each for each in refunds if each.payment_id == attempt["payment_id"])
    assert (refund.attempt_id, refund.reason, refund.state) == (attempt["id"], reason, "succeeded")
    assert refund.amount_minor == 1280
    shown = await platform.merchant.payment(attempt["payment_id"])
    assert (shown["state"], shown["refunded_minor"]) == (state, 0)
    assert [each["reason"] for each in shown["refunds"]] == [reason]
    async with platform.house.database.transaction() as tx:
        entries = await platform.house.ledger.entries_about(tx, [attempt["payment_id"]])
    assert [entry.kind for entry in entries][-3:] == [
        "payment.surplus_received",
        "refund.created",
        "refund.succeeded",
    ]
    await check_books(platform.house, await platform.simulator.control.summary())


async def _first_notice(platform: Platform, attempt: Any) -> NoticeView:
    """The first notice about an order, once it has been sent."""

    async def sent() -> bool:
        notices = (await platform.simulator.control.order(attempt["id"])).notices
        return bool(notices) and bool(notices[0].attempts)

    await until(sent, "a notice is sent", seconds=10)
    return (await platform.simulator.control.order(attempt["id"])).notices[0]
