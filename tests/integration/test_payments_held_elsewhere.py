"""Somebody acts at the channel's own pages while we act, too: is all that was taken booked, and all that went back?"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe

from tael.app.supervisor import DatabaseUrls
from tael.payments.api import RequestStep
from tael.payments.model import AttemptState, Payment, PaymentState, StepKind, StepState
from tael.simulators.base import Fault
from tael.testing.books import faults_in_books, receivable_minor
from tests.integration.payments_scene import QuietHouse, quiet_house
from tests.integration.test_payments_held_money import call, check_money, close, held, step, story_of

CAPTURE, INCREMENT = (
    "POST /v1/payment_intents/{id}/capture",
    "POST /v1/payment_intents/{id}/increment_authorization",
)


@pytest.fixture
async def quiet(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[QuietHouse]:
    async with quiet_house(urls, tmp_path, "stripe", simulator="stripe") as quiet:
        yield quiet


class Pages:
    """The channel's own pages, and somebody who works there: none of it goes through us or carries our numbers."""

    def __init__(self, quiet: QuietHouse, payment: Payment) -> None:
        running = quiet.simulators["stripe"]
        key = running.credentials["secret_key"]
        self._client: Any = stripe.StripeClient(key, base_addresses={"api": running.url})
        self._quiet, self._payment = quiet, payment

    async def capture(self, minor: int, *, last: bool) -> None:
        """Take so much of what is held."""
        wish = {"amount_to_capture": minor, **({} if last else {"final_capture": False})}
        await asyncio.to_thread(self._client.v1.payment_intents.capture, await self._intent(), wish)

    async def cancel(self) -> None:
        """Let go what is held."""
        await asyncio.to_thread(self._client.v1.payment_intents.cancel, await self._intent())

    async def refund(self) -> None:
        """Give back all that was taken."""
        wish = {"payment_intent": await self._intent()}
        await asyncio.to_thread(self._client.v1.refunds.create, wish)

    async def _intent(self) -> str:
        [attempt] = (await story_of(self._quiet, self._payment)).attempts
        assert attempt.channel_reference is not None
        return attempt.channel_reference


async def news_comes(quiet: QuietHouse) -> None:
    """What the channel tells by itself is heard; all of it, also what we had done ourselves."""
    await quiet.house.payments.fetch_notices("stripe")


async def comes_to_rest(quiet: QuietHouse) -> None:
    """The janitor comes until nothing is left to ask."""
    for _ in range(4):
        await quiet.janitor_comes()
    await news_comes(quiet)
    for _ in range(4):
        await quiet.janitor_comes(seconds=2 * 3600)


async def check_that_all_went_back(quiet: QuietHouse, payment: Payment) -> None:
    """Nothing is left with the channel, and nothing is owed to the merchant or still to be given back."""
    story = await story_of(quiet, payment)
    assert story.payment.refundable_minor == 0
    assert [refund for refund in story.refunds if not refund.ended] == []
    assert await faults_in_books(quiet.house) == []
    async with quiet.house.database.transaction() as tx:
        assert await receivable_minor(tx) == 0


@pytest.mark.parametrize("heard", [True, False])
async def test_a_release_takes_nothing_and_what_others_took_is_booked(
    quiet: QuietHouse, *, heard: bool
) -> None:
    payment = await held(quiet)
    assert (await step(quiet, payment, amount_minor=500, final=False))["state"] == "succeeded"
    await Pages(quiet, payment).capture(300, last=False)
    if heard:
        await news_comes(quiet)
        between = (await story_of(quiet, payment)).payment
        assert (between.state, between.captured_minor) == (PaymentState.AUTHORISED, 800)
    await close(quiet, payment)
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 800)
    assert {(each.amount_minor, each.before_minor) for each in story.steps} == {(500, 0), (300, 500)}
    assert (await quiet.control("stripe").order(story.attempts[0].id)).state == "succeeded"
    await check_money(quiet, payment, captured_minor=800)


@pytest.mark.parametrize("heard", [True, False])
@pytest.mark.parametrize("by_time", [True, False])
@pytest.mark.parametrize(("minor", "last"), [(300, False), (500, True), (1280, True)])
async def test_a_hold_that_ends_after_others_took_of_it_is_captured_and_not_given_back(
    quiet: QuietHouse, *, heard: bool, by_time: bool, minor: int, last: bool
) -> None:
    payment = await held(quiet)
    await Pages(quiet, payment).capture(minor, last=last)
    if heard:
        await news_comes(quiet)
    if by_time:
        assert payment.capture_before is not None
        quiet.clock.move(seconds=int((payment.capture_before - quiet.clock.now()).total_seconds()) + 1)
    else:
        await close(quiet, payment)
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, minor)
    assert story.attempts[0].state is AttemptState.SUCCEEDED
    assert (await quiet.control("stripe").order(story.attempts[0].id)).refunded_minor == 0
    await check_money(quiet, payment, captured_minor=minor)


async def test_what_we_captured_of_a_hold_that_others_cancelled_can_be_refunded(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    assert (await step(quiet, payment, amount_minor=500, final=False))["state"] == "succeeded"
    await Pages(quiet, payment).cancel()
    refused = await step(quiet, payment, amount_minor=100)
    assert refused["state"] == "failed", "nothing is held any more"
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 500)
    await check_money(quiet, payment, captured_minor=500)
    await quiet.refund(story.payment)
    await quiet.janitor_comes()
    assert (await story_of(quiet, payment)).payment.refunded_minor == 500


async def test_what_others_give_back_while_a_capture_is_not_known_goes_back_in_the_books(
    quiet: QuietHouse,
) -> None:
    payment = await held(quiet)
    await quiet.control("stripe").switch_on(Fault.LOST_REPLY, calls=1, method=CAPTURE)
    assert (await step(quiet, payment))["state"] == "unknown"
    await Pages(quiet, payment).refund()
    await news_comes(quiet)
    assert (await story_of(quiet, payment)).payment.captured_minor == 0, "the capture is decided first"
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.refunded_minor) == (PaymentState.CAPTURED, 1280)
    await check_that_all_went_back(quiet, payment)


@pytest.mark.parametrize(("minor", "tip_minor"), [(500, 0), (1500, 220)])
@pytest.mark.parametrize("ours", [True, False])
async def test_what_goes_back_of_a_part_or_of_a_tip_is_heard(
    quiet: QuietHouse, minor: int, tip_minor: int, *, ours: bool
) -> None:
    payment = await held(quiet)
    pages = Pages(quiet, payment)
    if ours:
        taken = await step(quiet, payment, amount_minor=minor, tip_minor=tip_minor)
        assert taken["state"] == "succeeded"
        await news_comes(quiet)
    else:
        await pages.capture(minor, last=True)
    await pages.refund()
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert (story.payment.captured_minor, story.payment.refunded_minor) == (minor, minor)
    await check_that_all_went_back(quiet, payment)


@pytest.mark.parametrize("captured", [True, False])
async def test_an_increment_that_was_carried_out_is_known_though_the_hold_has_ended(
    quiet: QuietHouse, *, captured: bool
) -> None:
    payment = await held(quiet)
    await quiet.control("stripe").switch_on(Fault.LOST_REPLY, calls=1, method=INCREMENT)
    assert (await step(quiet, payment, StepKind.INCREMENT, amount_minor=720))["state"] == "unknown"
    pages = Pages(quiet, payment)
    await (pages.capture(2000, last=True) if captured else pages.cancel())
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert [each.state for each in story.steps if each.kind is StepKind.INCREMENT] == [StepState.SUCCEEDED]
    assert story.payment.state is (PaymentState.CAPTURED if captured else PaymentState.CANCELED)
    await check_money(quiet, payment, captured_minor=2000 if captured else 0)


@pytest.mark.parametrize("last", [True, False])
async def test_a_capture_that_was_carried_out_is_known_though_others_took_more(
    quiet: QuietHouse, *, last: bool
) -> None:
    payment = await held(quiet)
    await quiet.control("stripe").switch_on(Fault.LOST_REPLY, calls=1, method=CAPTURE)
    assert (await step(quiet, payment, amount_minor=500, final=False))["state"] == "unknown"
    await Pages(quiet, payment).capture(300, last=last)
    await comes_to_rest(quiet)
    await close(quiet, payment)
    await comes_to_rest(quiet)
    story = await story_of(quiet, payment)
    assert story.payment.state is PaymentState.CAPTURED
    assert sorted((each.state, each.amount_minor) for each in story.steps) == [
        ("succeeded", 300),
        ("succeeded", 500),
    ]
    await check_money(quiet, payment, captured_minor=800)


async def only_seen_by_notice(quiet: QuietHouse) -> None:
    """A notice has told of the hold, and notices do not say what may be done with the money."""
    async with quiet.house.database.transaction() as tx:
        await tx.connection.execute("update payments.attempts set hold = hold || '{\"told\": false}'")


async def told(quiet: QuietHouse, payment: Payment) -> bool:
    [attempt] = (await story_of(quiet, payment)).attempts
    return attempt.hold is not None and attempt.hold.told


async def test_a_repeat_of_a_capture_ends_nothing_at_the_channel_when_its_time_is_over(
    quiet: QuietHouse,
) -> None:
    payment = await held(quiet)
    assert payment.capture_before is not None
    await quiet.control("stripe").switch_on(Fault.LOST_REPLY, calls=1, method=CAPTURE)
    wish = RequestStep(
        payment_id=payment.id, merchant_id=quiet.merchant_id, step_id="cap_1", kind=StepKind.CAPTURE
    )
    asked = call(quiet, "payments.capture", wish)
    assert json.loads((await quiet.house.payments.take_step(asked)).body)["state"] == "unknown"
    await only_seen_by_notice(quiet)
    over = payment.capture_before + timedelta(seconds=1)
    quiet.clock.move(seconds=int((over - quiet.clock.now()).total_seconds()))
    assert not await told(quiet, payment)

    repeated = await quiet.house.payments.take_step(asked)

    assert repeated.replayed
    assert not await told(quiet, payment), "a repeat asks nothing"
    [attempt] = (await story_of(quiet, payment)).attempts
    await quiet.house.payments._desk.close(attempt.id, actor="test")
    seen = await quiet.control("stripe").order(attempt.id)
    assert (seen.captured_minor, seen.refunded_minor) == (1280, 0)
    await comes_to_rest(quiet)
    await check_money(quiet, payment, captured_minor=1280)


async def test_nobody_makes_us_ask_about_the_payment_of_another_merchant(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    await only_seen_by_notice(quiet)
    wish = RequestStep(payment_id=payment.id, merchant_id="mer_other", step_id="cap_1", kind=StepKind.CAPTURE)
    answer = await quiet.house.payments.take_step(call(quiet, "payments.capture", wish))
    assert json.loads(answer.body)["code"] == "payments.no_such_payment"
    assert not await told(quiet, payment)
    own = RequestStep(
        payment_id=payment.id,
        merchant_id=quiet.merchant_id,
        step_id="cap_2",
        kind=StepKind.CAPTURE,
        amount_minor=100,
        final=False,
    )
    assert (await quiet.house.payments.take_step(call(quiet, "payments.capture", own))).status == 201
    assert await told(quiet, payment), "what may be done with it is asked first"
