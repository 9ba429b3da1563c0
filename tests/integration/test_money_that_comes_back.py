"""What if a channel takes back what it had said for good? The books follow, once, and nobody's money is lost or made."""

from datetime import timedelta

import pytest

from tael.app.house import House
from tael.channels.port import OutcomeState, Product
from tael.foundation.money import Money
from tael.payments import rules
from tael.payments.errors import SurplusNotLeft
from tael.payments.model import AttemptState, RefundReason, RefundState
from tael.testing.books import faults_in_books
from tests.integration.money_desk import MoneyDesk

SUCCEEDED, FAILED = OutcomeState.SUCCEEDED, OutcomeState.FAILED
CAPTURED = {
    "channel:alipay:receivable": 1280,
    "merchant:mer_1:pending": 1272,
    "platform:fees": 8,
}


async def captured(house: House) -> MoneyDesk:
    desk = MoneyDesk(house)
    await desk.begin()
    await desk.told(SUCCEEDED)
    assert await desk.balances() == CAPTURED
    return desk


async def test_a_refund_that_comes_back_days_later_is_booked_back_once(house: House) -> None:
    desk = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", SUCCEEDED)

    doubted = await desk.told_of_refund("rfd_1", FAILED)
    assert (doubted.state, doubted.next_inquiry_at is not None) == (RefundState.SUCCEEDED, True)
    returned = await desk.surely_told_of_refund("rfd_1", FAILED)
    again = await desk.surely_told_of_refund("rfd_1", FAILED)

    assert returned == again
    assert (returned.state, returned.reversals, returned.next_inquiry_at) == (RefundState.FAILED, 1, None)
    payment = await desk.payment()
    assert (payment.refunded_minor, payment.refunding_minor, payment.fee_returned_minor) == (0, 0, 0)
    assert await desk.balances() == CAPTURED
    assert await desk.facts() == ["payment_captured", "refund_succeeded", "refund_failed"]
    assert await desk.trail("rfd_1") == ["succeeded", "failed"]
    assert not await faults_in_books(house)


async def test_an_older_answer_does_not_take_a_refund_back(house: House) -> None:
    """The first reply was overtaken by the second: the channel, asked once more, says what is true."""
    desk = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", SUCCEEDED)
    await desk.told_of_refund("rfd_1", FAILED)

    sure = await desk.told_of_refund("rfd_1", SUCCEEDED, asked=True)

    assert (sure.state, sure.doubted_at, sure.next_inquiry_at) == (RefundState.SUCCEEDED, None, None)
    assert (await desk.payment()).refunded_minor == 500


async def test_a_surplus_that_comes_back_is_sent_again(house: House) -> None:
    desk = await captured(house)
    await desk.has_received(1780)
    await desk.deliver()
    await desk.send_all()
    (first,) = await desk.refunds()
    await desk.told_of_refund(first.id, SUCCEEDED)
    assert await desk.balances() == CAPTURED

    await desk.surely_told_of_refund(first.id, FAILED)
    assert (await desk.balances())["platform:surplus"] == 500
    await desk.deliver()

    _, second = await desk.refunds()
    assert (second.state, second.amount_minor, second.cause) == (RefundState.PROCESSING, 500, first.cause)
    assert not await faults_in_books(house)


async def test_a_refund_that_went_through_after_all_is_charged_to_the_merchant(house: House) -> None:
    desk = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", FAILED)

    gone = await desk.surely_told_of_refund("rfd_1", SUCCEEDED)

    assert (gone.state, gone.unowed_minor) == (RefundState.SUCCEEDED, 0)
    payment = await desk.payment()
    assert (payment.refunded_minor, payment.fee_returned_minor) == (500, 3)
    assert await desk.balances() == {
        "channel:alipay:receivable": 780,
        "merchant:mer_1:pending": 775,
        "platform:fees": 5,
    }
    assert await desk.facts() == ["payment_captured", "refund_failed", "refund_succeeded"]


async def test_what_the_merchants_balance_does_not_cover_is_to_be_recovered(house: House) -> None:
    desk = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told_of_refund("rfd_1", FAILED)
    await desk.merchant_is_paid_out(1000)

    await desk.surely_told_of_refund("rfd_1", SUCCEEDED)

    (gone,) = await desk.refunds()
    assert (gone.state, gone.unowed_minor, gone.fee_returned_minor) == (RefundState.SUCCEEDED, 500, 0)
    balances = await desk.balances()
    assert (balances["platform:recoverable"], balances["merchant:mer_1:pending"]) == (500, 272)
    assert balances["channel:alipay:receivable"] == 780
    payment = await desk.payment()
    assert (payment.refunded_minor, payment.fee_returned_minor) == (0, 0)

    await desk.surely_told_of_refund("rfd_1", FAILED)
    assert "platform:recoverable" not in await desk.balances(), "it came back, and the loss is made good"
    assert not await faults_in_books(house)


async def surplus_refused_once(house: House) -> tuple[MoneyDesk, str, str]:
    """A surplus whose first refund was refused; a second was made in its place."""
    desk = await captured(house)
    await desk.has_received(1780)
    await desk.deliver()
    await desk.send_all()
    (first,) = await desk.refunds()
    await desk.told_of_refund(first.id, FAILED)
    await desk.deliver()
    _, second = await desk.refunds()
    return desk, first.id, second.id


async def test_the_successor_of_a_refund_that_went_through_after_all_is_stopped(house: House) -> None:
    desk, first, second = await surplus_refused_once(house)

    await desk.surely_told_of_refund(first, SUCCEEDED)
    await desk.deliver()

    states = {refund.id: (refund.state, refund.next_inquiry_at) for refund in await desk.refunds()}
    assert states == {first: (RefundState.SUCCEEDED, None), second: (RefundState.FAILED, None)}
    assert await desk.balances() == CAPTURED
    assert not await faults_in_books(house)


async def test_a_surplus_that_went_twice_is_to_be_recovered(house: House) -> None:
    desk, first, second = await surplus_refused_once(house)
    await desk.send_all()

    await desk.surely_told_of_refund(first, SUCCEEDED)
    await desk.told_of_refund(second, SUCCEEDED)
    await desk.deliver()

    assert await desk.balances() == CAPTURED | {
        "channel:alipay:receivable": 780,
        "platform:recoverable": 500,
    }
    assert len(await desk.refunds()) == 2
    assert not await faults_in_books(house)


async def test_a_recalled_surplus_is_not_given_back_any_more(house: House) -> None:
    desk = await captured(house)
    await desk.has_received(1780)
    await desk.deliver()

    recorded = await desk.has_received(1380)
    await desk.deliver()

    assert recorded.attempt.received_minor == 1380
    stopped, rest = await desk.refunds()
    assert (stopped.state, rest.state, rest.amount_minor) == (RefundState.FAILED, RefundState.PROCESSING, 100)
    await desk.told_of_refund(rest.id, SUCCEEDED)
    assert await desk.balances() == CAPTURED
    assert "payment_reversed" in await desk.facts()
    assert not await faults_in_books(house)


async def test_a_recalled_payment_that_was_captured_is_to_be_recovered_and_made_good(house: House) -> None:
    desk = MoneyDesk(house)
    await desk.begin(Product.TRANSFER)
    await desk.has_received(1280)
    assert await desk.balances() == CAPTURED

    await desk.has_received(280)
    assert await desk.balances() == CAPTURED | {
        "channel:alipay:receivable": 280,
        "platform:recoverable": 1000,
    }
    payment = await desk.payment()
    assert (payment.state, payment.captured_minor) == ("captured", 1280)
    assert await desk.facts() == ["payment_captured", "payment_reversed"]

    await desk.has_received(1280)
    assert await desk.balances() == CAPTURED
    await desk.has_received(280)
    assert (await desk.balances())["platform:recoverable"] == 1000, "each time is an entry of its own"
    assert not await faults_in_books(house)


async def test_what_is_recalled_before_it_was_enough_has_not_arrived(house: House) -> None:
    desk = MoneyDesk(house)
    await desk.begin(Product.TRANSFER)
    await desk.has_received(1000)

    recorded = await desk.told(OutcomeState.WAITING, asked=True, received=None)
    assert recorded.attempt.received_minor == 1000
    recorded = await desk.has_received(400)

    assert recorded.attempt.received_minor == 400
    assert await desk.balances() == {"channel:alipay:receivable": 400, "platform:arrivals": 400}


async def test_an_order_that_was_voided_after_it_was_paid_is_refunded_by_the_channel(house: House) -> None:
    desk = await captured(house)

    for _ in range(2):
        await desk.told(OutcomeState.CLOSED, asked=True, voided=True)

    (refund,) = await desk.refunds()
    assert (refund.reason, refund.state, refund.amount_minor) == (
        RefundReason.VOIDED,
        RefundState.SUCCEEDED,
        1280,
    )
    payment = await desk.payment()
    assert (payment.state, payment.refunded_minor, payment.fee_returned_minor) == ("captured", 1280, 8)
    assert await desk.balances() == {}
    assert await desk.facts() == ["payment_captured", "refund_succeeded"]
    assert not await faults_in_books(house)


async def test_a_part_that_somebody_gave_back_without_us_is_reported(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await captured(house)
    await desk.merchant_refunds(500)
    await desk.told(SUCCEEDED, given_back_in_all=Money(500, "CNY"))
    assert "given_back_without_us" not in caplog.text
    await desk.told(SUCCEEDED, given_back_in_all=Money(501, "CNY"))
    assert "given_back_without_us" in caplog.text


async def test_a_lost_answer_to_a_cancellation_is_found_out_by_looking_again(house: House) -> None:
    """The channel had given all of it back and did not say so; asked what became of it, it says paid, and given back."""
    desk = MoneyDesk(house)
    await desk.begin(Product.BARCODE)
    all_of_it = Money(1280, "CNY")
    paid = await desk.told(SUCCEEDED, asked=True, given_back_in_all=all_of_it)
    assert (paid.payment.state, paid.attempt.next_inquiry_at is not None) == ("captured", True)
    desk.now += timedelta(seconds=3)

    await desk.told(SUCCEEDED, asked=True, given_back_in_all=all_of_it)

    assert [refund.reason for refund in await desk.refunds()] == [RefundReason.VOIDED]
    assert await desk.balances() == {}
    assert (await desk.attempt()).next_inquiry_at is None


async def test_all_of_an_order_that_was_given_back_beside_our_refund_is_booked(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    desk = await captured(house)
    await desk.merchant_refunds(500, refund_id="rfd_ours")
    await desk.told_of_refund("rfd_ours", SUCCEEDED)

    await desk.told(SUCCEEDED, given_back_in_all=Money(1280, "CNY"))

    assert sorted(refund.amount_minor for refund in await desk.refunds()) == [500, 780]
    assert await desk.balances() == {}
    assert "payment_reversed" in caplog.text
    assert "given_back_without_us" not in caplog.text


async def test_what_the_channel_gave_back_cannot_be_refunded_though_nobody_was_charged(house: House) -> None:
    desk = await captured(house)
    await desk.merchant_is_paid_out(1272)

    await desk.told(OutcomeState.CLOSED, asked=True, voided=True)

    balances = await desk.balances()
    assert (balances["platform:recoverable"], balances["platform:fees"]) == (1280, 8)
    payment = await desk.payment()
    assert (payment.refundable_minor, payment.fee_returned_minor) == (0, 0)
    assert not await faults_in_books(house)


async def test_a_surplus_that_was_recalled_before_its_last_try_is_not_left_to_people(house: House) -> None:
    desk = await captured(house)
    await desk.has_received(1780)
    await desk.deliver()
    while len(refunds := await desk.refunds()) < rules.SURPLUS_TRIES:
        await desk.send_all()
        await desk.told_of_refund(refunds[-1].id, FAILED)
        await desk.deliver()

    await desk.has_received(1280)
    await desk.deliver()

    assert (await desk.refunds())[-1].stopped
    assert await house.payments.surpluses_left() == []
    with pytest.raises(SurplusNotLeft):
        await house.payments.return_surplus_again(refunds[-1].id, actor="operator:test")
    assert await desk.balances() == CAPTURED


async def test_an_order_that_is_only_said_to_be_closed_stays_paid(house: House) -> None:
    desk = await captured(house)

    await desk.told(OutcomeState.CLOSED, asked=True)

    assert await desk.refunds() == []
    assert await desk.balances() == CAPTURED


async def test_a_voided_order_that_is_reported_as_paid_is_voided_once_more(house: House) -> None:
    """The payer had paid in the moment in which we ended it: that is old news, and the money has gone back."""
    desk = MoneyDesk(house)
    await desk.begin(Product.BARCODE)
    await desk.told(OutcomeState.CLOSED, asked=True, voided=True)

    recorded = await desk.told(SUCCEEDED)
    assert (recorded.attempt.state, recorded.attempt.doubted_at) == (AttemptState.CLOSED, desk.now)
    assert recorded.attempt.next_inquiry_at is not None

    recorded = await desk.told(OutcomeState.CLOSED, asked=True, voided=True)
    assert (recorded.attempt.doubted_at, recorded.attempt.next_inquiry_at) == (None, None)
    assert await desk.balances() == {}
