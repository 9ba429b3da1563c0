"""Is money that is held first captured, released and booked right, whatever the channel answers and when?"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import CaptureOrder, Operation, Order, Product, Request
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.payments.api import Means, PaymentStory, RequestClose, RequestStep, StartAttempt
from tael.payments.model import (
    AttemptState,
    CaptureMethod,
    HoldStep,
    Payment,
    PaymentState,
    StepKind,
    StepState,
)
from tael.payments.usecases.request_steps import request_steps
from tael.simulators.base import Fault
from tael.testing.books import faults_in_books, receivable_minor
from tests.integration.payments_scene import QuietHouse, quiet_house

DAY = 86_400
_FACTS = Query("facts", b"select type from foundation.outbox where object_id = %(id)s order by seq")


@pytest.fixture
async def quiet(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[QuietHouse]:
    async with quiet_house(urls, tmp_path, "stripe", simulator="stripe") as quiet:
        yield quiet


async def begun(quiet: QuietHouse, payment: Payment, card: str = "pm_card_visa") -> Answer:
    return await quiet.start_by_call(
        StartAttempt(
            payment_id=payment.id,
            merchant_id=quiet.merchant_id,
            attempt_id=new_id("att"),
            method="card",
            means=Means(product=Product.CARD, card_token=card),
        )
    )


async def held(quiet: QuietHouse, *, card: str = "pm_card_visa") -> Payment:
    """A payment whose money is held."""
    payment = await quiet.payment(capture_method=CaptureMethod.MANUAL)
    answer = await begun(quiet, payment, card)
    assert (answer.status, json.loads(answer.body)["state"]) == (201, "authorised"), answer
    return (await story_of(quiet, payment)).payment


async def story_of(quiet: QuietHouse, payment: Payment) -> PaymentStory:
    return await quiet.house.payments.get(payment.id, merchant_id=quiet.merchant_id)


def call(quiet: QuietHouse, action: str, command: Any) -> Call[Any]:
    caller = Caller(owner=quiet.merchant_id, actor="key:test")
    return Call(caller=caller, action=action, key=new_id("key"), request=command, command=command)


async def step(
    quiet: QuietHouse, payment: Payment, kind: StepKind = StepKind.CAPTURE, **how: Any
) -> dict[str, Any]:
    """What a merchant hears who captures, or has more held."""
    prefix = "cap" if kind is StepKind.CAPTURE else "inc"
    wish = RequestStep(
        payment_id=payment.id, merchant_id=quiet.merchant_id, step_id=new_id(prefix), kind=kind, **how
    )
    answer = await quiet.house.payments.take_step(call(quiet, "payments.capture", wish))
    return {"status": answer.status, **json.loads(answer.body)}


async def close(quiet: QuietHouse, payment: Payment) -> dict[str, Any]:
    wish = RequestClose(
        payment_id=payment.id, merchant_id=quiet.merchant_id, closing_as=PaymentState.CANCELED
    )
    answer = await quiet.house.payments.close(call(quiet, "payments.close", wish))
    return {"status": answer.status, **json.loads(answer.body)}


async def check_money(quiet: QuietHouse, payment: Payment, *, captured_minor: int) -> None:
    """The channel, the payment and the books say the same."""
    story = await story_of(quiet, payment)
    seen = [await quiet.control("stripe").order(each.id) for each in story.attempts]
    assert sum(each.captured_minor for each in seen) == captured_minor
    assert story.payment.captured_minor == captured_minor
    assert await faults_in_books(quiet.house) == []
    async with quiet.house.database.transaction() as tx:
        assert await receivable_minor(tx) == captured_minor


async def facts_of(quiet: QuietHouse, payment: Payment) -> list[str]:
    async with quiet.house.database.transaction() as tx:
        told = [kind.removeprefix("payments.") for (kind,) in await tx.tuples(_FACTS, id=payment.id)]
    assert told[0] == "payment_created"
    return told[1:]


async def test_held_money_is_captured_whole_once_it_is_asked_for(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    assert (payment.state, payment.authorised_minor) == (PaymentState.AUTHORISED, 1280)
    assert payment.capture_before is not None
    await check_money(quiet, payment, captured_minor=0)
    again = await begun(quiet, payment)
    assert json.loads(again.body)["code"] == "payments.already_authorised"

    captured = await step(quiet, payment)

    assert (captured["status"], captured["state"], captured["fee_minor"]) == (201, "succeeded", 8)
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.fee_minor) == (PaymentState.CAPTURED, 8)
    assert story.attempts[0].state is AttemptState.SUCCEEDED
    await check_money(quiet, payment, captured_minor=1280)
    assert (await step(quiet, payment))["code"] == "payments.not_authorised"
    assert await facts_of(quiet, payment) == ["payment_authorised", "payment_captured"]


async def test_several_captures_and_the_rest_released_can_be_refunded_afterwards(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    assert (await step(quiet, payment, amount_minor=500, final=False))["state"] == "succeeded"
    between = (await story_of(quiet, payment)).payment
    assert (between.state, between.captured_minor) == (PaymentState.AUTHORISED, 500)
    too_much = await step(quiet, payment, amount_minor=781, final=False)
    assert (too_much["code"], too_much["capturable_minor"]) == ("payments.capture_exceeds_authorised", 780)
    assert (await step(quiet, payment, amount_minor=200, tip_minor=30))["state"] == "succeeded"
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 700)
    assert [(each.amount_minor, each.tip_minor, each.fee_minor) for each in story.steps] == [
        (500, 0, 3),
        (200, 30, 1),
    ]
    await check_money(quiet, payment, captured_minor=700)
    refund = await quiet.refund(story.payment)
    assert (refund.amount_minor, refund.fee_returned_minor) == (700, 4)
    assert await facts_of(quiet, payment) == [
        "payment_authorised",
        "payment_partially_captured",
        "payment_captured",
    ]


async def test_closing_releases_what_is_held_and_keeps_what_was_captured(quiet: QuietHouse) -> None:
    released, kept = await held(quiet), await held(quiet)
    assert (await close(quiet, released))["state"] == "canceled"
    story = await story_of(quiet, released)
    assert story.attempts[0].state is AttemptState.CLOSED
    assert (await step(quiet, kept, amount_minor=400, final=False))["state"] == "succeeded"
    closed = await close(quiet, kept)
    assert (closed["status"], closed["state"], closed["captured_minor"]) == (200, "captured", 400)
    assert (await close(quiet, kept))["code"] == "payments.already_captured"
    story = await story_of(quiet, kept)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 400)
    await check_money(quiet, kept, captured_minor=400)


async def test_a_hold_that_nobody_captures_is_warned_of_then_released_and_expires(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    await quiet.janitor_comes(seconds=3 * DAY)
    assert await facts_of(quiet, payment) == ["payment_authorised"]
    await quiet.janitor_comes(seconds=3 * DAY + 600)
    assert await facts_of(quiet, payment) == ["payment_authorised", "authorisation_ending"]
    await quiet.janitor_comes()
    await quiet.janitor_comes(seconds=DAY)
    story = await story_of(quiet, payment)
    assert story.payment.state is PaymentState.EXPIRED
    assert await facts_of(quiet, payment) == ["payment_authorised", "authorisation_ending", "payment_ended"]
    await check_money(quiet, payment, captured_minor=0)


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.SYSTEM_ERROR_AFTER, Fault.SYSTEM_ERROR_BEFORE])
@pytest.mark.parametrize("final", [True, False])
async def test_a_capture_whose_answer_is_lost_takes_the_money_once(
    quiet: QuietHouse, fault: Fault, *, final: bool
) -> None:
    payment = await held(quiet)
    await quiet.control("stripe").switch_on(fault, calls=1, method="POST /v1/payment_intents/{id}/capture")
    asked = await step(quiet, payment, amount_minor=500, final=final)
    await quiet.control("stripe").switch_off()
    assert (asked["status"], asked["state"]) == (202, "unknown")
    assert (await step(quiet, payment))["code"] == "payments.step_undecided"
    assert (await close(quiet, payment))["code"] == "payments.step_undecided"
    for _ in range(3):
        await quiet.janitor_comes()
    story = await story_of(quiet, payment)
    [capture] = story.steps
    assert capture.state is StepState.SUCCEEDED, capture
    assert story.payment.state is (PaymentState.CAPTURED if final else PaymentState.AUTHORISED)
    await check_money(quiet, payment, captured_minor=500)


async def test_a_capture_that_nobody_asked_for_since_its_process_died_is_asked_for_by_the_janitor(
    quiet: QuietHouse,
) -> None:
    payment = await held(quiet)
    wish = RequestStep(
        payment_id=payment.id,
        merchant_id=quiet.merchant_id,
        step_id=new_id("cap"),
        kind=StepKind.CAPTURE,
        amount_minor=500,
    )
    async with quiet.house.database.transaction() as tx:
        [begun_only] = await request_steps(tx, [wish], channels=quiet.house.channels, now=quiet.clock.now())
    assert isinstance(begun_only, HoldStep)
    await quiet.house.payments.janitor.steps_due()
    assert (await story_of(quiet, payment)).steps[0].state is StepState.PROCESSING, (
        "its process may still live"
    )
    await quiet.janitor_comes()
    assert (await story_of(quiet, payment)).steps[0].state is StepState.SUCCEEDED
    await check_money(quiet, payment, captured_minor=500)


async def test_of_many_captures_at_once_one_takes_the_money(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    answers = await asyncio.gather(*(step(quiet, payment, amount_minor=900) for _ in range(6)))
    taken = [each for each in answers if each.get("state") == "succeeded"]
    refused = {each["code"] for each in answers if "code" in each}
    assert len(taken) == 1
    assert refused <= {"payments.step_undecided", "payments.not_authorised"}
    await check_money(quiet, payment, captured_minor=900)


async def test_what_somebody_captured_at_the_channel_itself_is_booked_when_it_is_seen(
    quiet: QuietHouse,
) -> None:
    payment = await held(quiet)
    [attempt] = (await story_of(quiet, payment)).attempts
    order = Order(
        order_number=attempt.id,
        amount=Money(1280, "CNY"),
        subject="Tea",
        expires_at=payment.expires_at,
        notice_url="",
        product=Product.CARD,
        channel_reference=attempt.channel_reference or "",
    )
    theirs = CaptureOrder(capture_number="somebody", amount=Money(900, "CNY"))
    await quiet.house.channels.call(
        "stripe", Request(operation=Operation.CAPTURE, order=order, capture=theirs)
    )
    ours = await step(quiet, payment)
    assert ours["state"] == "failed", "what was held is gone already"
    await quiet.janitor_comes()
    story = await story_of(quiet, payment)
    assert (story.payment.state, story.payment.captured_minor) == (PaymentState.CAPTURED, 900)
    assert sorted((each.state, each.amount_minor) for each in story.steps) == [
        ("failed", 1280),
        ("succeeded", 900),
    ]
    await check_money(quiet, payment, captured_minor=900)


async def test_more_is_held_for_a_longer_stay_and_a_tip_goes_beyond_it(quiet: QuietHouse) -> None:
    payment = await held(quiet)
    more = await step(quiet, payment, StepKind.INCREMENT, amount_minor=720)
    assert (more["status"], more["state"]) == (201, "succeeded")
    assert (await story_of(quiet, payment)).payment.authorised_minor == 2000
    too_much = await step(quiet, payment, StepKind.INCREMENT, amount_minor=20_000)
    assert (too_much["state"], too_much["error_class"]) == ("failed", "payer")
    tip = await step(quiet, payment, amount_minor=2300, tip_minor=300)
    assert tip["state"] == "succeeded"
    story = await story_of(quiet, payment)
    assert (story.payment.captured_minor, story.payment.authorised_minor) == (2300, 2300)
    await check_money(quiet, payment, captured_minor=2300)


async def test_a_card_that_can_do_less_is_refused_before_the_channel_is_asked(quiet: QuietHouse) -> None:
    payment = await held(quiet, card="pm_card_jcb")
    refused = [
        await step(quiet, payment, amount_minor=100, final=False),
        await step(quiet, payment, StepKind.INCREMENT, amount_minor=100),
        await step(quiet, payment, amount_minor=1281),
        await step(quiet, payment, amount_minor=100, tip_minor=101),
    ]
    assert [each["code"] for each in refused] == [
        "payments.hold_not_suited",
        "payments.hold_not_suited",
        "payments.capture_exceeds_authorised",
        "payments.malformed",
    ]
    assert (await story_of(quiet, payment)).steps == []


async def test_what_is_captured_pays_the_fees_that_were_agreed_when_it_was_made(quiet: QuietHouse) -> None:
    terms_id, terms = await quiet.house.merchants.terms_of(quiet.merchant_id, quiet.clock.now())
    payment = await quiet.payment(capture_method=CaptureMethod.MANUAL, fee_terms_id=terms_id)
    payment = msgspec.structs.replace(payment, state=PaymentState.AUTHORISED)
    await begun(quiet, payment)
    captured = await step(quiet, payment, amount_minor=1000)
    assert captured["fee_minor"] == terms.fee_of(Money(1000, "CNY"), "card").minor
