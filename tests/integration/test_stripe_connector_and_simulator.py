"""Do our connector and the simulated Stripe agree, from the first charge to the record of the day?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tael.channels.conversations import carry_on
from tael.channels.errors import BillNotReady
from tael.channels.port import (
    BillKind,
    DisputeState,
    ErrorClass,
    Evidence,
    GoTo,
    LineKind,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
)
from tael.channels.transport import NoAnswer
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.testing.simulators import connector_of
from tests.integration.channel_scene import Scene, opened

PRICE = Money(1280, "USD")
BACK = "https://shop.example/back?cart=7"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with opened("stripe", tmp_path, speed=24_000) as scene:
        yield scene


def card_order(
    scene: Scene, *, card: str = "pm_card_visa", amount: Money = PRICE, **changes: object
) -> Order:
    return scene.order(
        new_id("att"),
        amount=amount,
        product=Product.CARD,
        card_token=card,
        return_url=BACK,
        **changes,
    )


async def begun(scene: Scene, order: Order) -> tuple[Order, Outcome]:
    """The order after `PAY`, with what Stripe said of its own number."""
    outcome = await scene.ask(Operation.PAY, order)
    return msgspec.structs.replace(order, channel_reference=outcome.channel_reference or ""), outcome


def refund_of(minor: int, currency: str = "USD") -> RefundOrder:
    now = SystemClock().now()
    return RefundOrder(
        refund_number=new_id("rfd"), amount=Money(minor, currency), reason="broken", created_at=now
    )


async def asked(scene: Scene, request: Request) -> Outcome:
    return await carry_on(scene.connector.converse(request, now=SystemClock().now()), scene.wire)


async def test_a_good_card_is_charged_once_however_often_we_ask(scene: Scene) -> None:
    order, outcome = await begun(scene, card_order(scene))
    assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, PRICE)
    assert (outcome.payer_hint, outcome.fee) == ("visa **** 4242", Money(67, "USD"))
    again = await scene.ask(Operation.PAY, order)
    assert again == outcome
    seen = await scene.control.order(order.order_number)
    assert (seen.paid_count, seen.captured_minor) == (1, 1280)


@pytest.mark.parametrize(
    ("card", "error_class", "code"),
    [
        ("pm_card_visa_chargeDeclinedInsufficientFunds", ErrorClass.PAYER, "insufficient_funds"),
        ("tok_chargeDeclinedDoNotHonor", ErrorClass.DECLINED, "do_not_honor"),
        ("tok_chargeDeclined", ErrorClass.DECLINED, "generic_decline"),
        ("pm_card_chargeDeclinedExpiredCard", ErrorClass.PAYER, "expired_card"),
        ("pm_card_chargeDeclinedStolenCard", ErrorClass.PAYER, "stolen_card"),
        ("pm_card_chargeDeclinedProcessingError", ErrorClass.DECLINED, "processing_error"),
    ],
)
async def test_a_declined_card_is_a_definite_failure_with_its_reason(
    scene: Scene, card: str, error_class: ErrorClass, code: str
) -> None:
    order, outcome = await begun(scene, card_order(scene, card=card))
    assert (outcome.state, outcome.error_class, outcome.code) == (OutcomeState.FAILED, error_class, code)
    inquired = await scene.ask(Operation.INQUIRE, order)
    assert (inquired.state, inquired.error_class, inquired.code) == (OutcomeState.FAILED, error_class, code)
    assert (await scene.control.order(order.order_number)).paid_count == 0


async def test_a_card_that_is_unknown_fails_as_our_own_mistake(scene: Scene) -> None:
    _, outcome = await begun(scene, card_order(scene, card="tok_nobodys"))
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert outcome.code == "resource_missing"


@pytest.mark.parametrize(("act", "state"), [("pay", OutcomeState.SUCCEEDED), ("fail", OutcomeState.FAILED)])
async def test_a_bank_that_asks_the_payer_leads_to_its_page_and_back(
    scene: Scene, act: str, state: OutcomeState
) -> None:
    order, outcome = await begun(scene, card_order(scene, card="pm_card_authenticationRequired"))
    assert outcome.state is OutcomeState.WAITING
    assert isinstance(outcome.action, GoTo)
    assert outcome.action.url.startswith(scene.running.url)
    await scene.control.act(act, outcome.action.url)
    inquired = await scene.ask(Operation.INQUIRE, order)
    assert inquired.state is state
    paid = state is OutcomeState.SUCCEEDED
    assert inquired.error_class is (None if paid else ErrorClass.PAYER)
    assert (await scene.control.order(order.order_number)).paid_count == int(paid)


@pytest.mark.parametrize("product", [Product.PAGE, Product.H5])
async def test_a_page_is_paid_on_after_a_refused_card(scene: Scene, product: Product) -> None:
    order = scene.order(new_id("att"), amount=Money(500, "JPY"), product=product, return_url=BACK)
    order, outcome = await begun(scene, order)
    assert outcome.state is OutcomeState.WAITING
    assert isinstance(outcome.action, GoTo)
    assert order.channel_reference.startswith("cs_")
    await scene.control.act("fail", outcome.action.url)
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.WAITING
    await scene.control.act("pay", outcome.action.url)
    paid = await scene.ask(Operation.INQUIRE, order)
    assert (paid.state, paid.amount) == (OutcomeState.SUCCEEDED, Money(500, "JPY"))
    assert (paid.channel_reference or "").startswith("pi_")
    by_intent = msgspec.structs.replace(order, channel_reference=paid.channel_reference)
    assert (await scene.ask(Operation.INQUIRE, by_intent)).state is OutcomeState.SUCCEEDED
    assert (await scene.ask(Operation.CLOSE, by_intent)).state is OutcomeState.SUCCEEDED


async def test_a_page_is_closed_also_while_a_card_was_refused_on_it(scene: Scene) -> None:
    order, outcome = await begun(
        scene, scene.order(new_id("att"), amount=PRICE, product=Product.PAGE, return_url=BACK)
    )
    assert isinstance(outcome.action, GoTo)
    await scene.control.act("fail", outcome.action.url)
    intent = (await scene.control.order(order.order_number)).channel_reference
    by_intent = msgspec.structs.replace(order, channel_reference=intent)
    assert (await scene.ask(Operation.CLOSE, by_intent)).state is OutcomeState.CLOSED
    assert (await scene.ask(Operation.CLOSE, order)).state is OutcomeState.CLOSED
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.CLOSED


async def test_cancelling_releases_gives_back_or_closes(scene: Scene) -> None:
    held, _ = await begun(scene, card_order(scene, capture_later=True))
    assert (await scene.ask(Operation.CANCEL, held)).state is OutcomeState.CLOSED
    assert (await scene.control.order(held.order_number)).captured_minor == 0
    paid, _ = await begun(scene, card_order(scene))
    await scene.ask(Operation.REFUND, paid, refund=refund_of(280))
    assert (await scene.ask(Operation.CANCEL, paid)).state is OutcomeState.CLOSED
    assert (await scene.ask(Operation.CANCEL, paid)).state is OutcomeState.CLOSED
    assert (await scene.control.order(paid.order_number)).refunded_minor == 1280
    asking, _ = await begun(scene, card_order(scene, card="pm_card_threeDSecure2Required"))
    assert (await scene.ask(Operation.CANCEL, asking)).state is OutcomeState.CLOSED
    assert (await scene.ask(Operation.INQUIRE, asking)).state is OutcomeState.CLOSED


async def test_a_cancelled_order_is_closed_only_when_its_money_is_back(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene, card="pm_card_pendingRefund"))
    for _ in range(2):
        cancelled = await scene.ask(Operation.CANCEL, order)
        assert (cancelled.state, cancelled.error_class) == (OutcomeState.UNKNOWN, ErrorClass.CHANNEL)
    await scene.control.act("refund_succeed", order.order_number)
    assert (await scene.ask(Operation.CANCEL, order)).state is OutcomeState.CLOSED
    assert (await scene.control.order(order.order_number)).refunded_minor == 1280


async def test_an_order_whose_answer_was_lost_is_found_without_its_id(scene: Scene) -> None:
    order = card_order(scene)
    await scene.control.switch_on(Fault.LOST_REPLY, calls=1, order=order.order_number)
    with pytest.raises(NoAnswer):
        await scene.ask(Operation.PAY, order)
    found = await scene.ask(Operation.INQUIRE, order)
    assert (found.state, found.amount) == (OutcomeState.SUCCEEDED, PRICE)
    await scene.control.advance(seconds=60)
    by_search = msgspec.structs.replace(order, created_at=SystemClock().now() + timedelta(hours=1))
    assert (await scene.ask(Operation.INQUIRE, by_search)).state is OutcomeState.SUCCEEDED
    page = scene.order(new_id("att"), amount=PRICE, product=Product.PAGE, return_url=BACK)
    await scene.ask(Operation.PAY, page)
    assert (await scene.ask(Operation.INQUIRE, page)).state is OutcomeState.WAITING
    assert (await scene.ask(Operation.CLOSE, page)).state is OutcomeState.CLOSED
    refund = refund_of(300)
    assert (await scene.ask(Operation.REFUND, order, refund=refund)).state is OutcomeState.SUCCEEDED
    assert (await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)).state is OutcomeState.SUCCEEDED


async def test_closing_an_order_that_never_arrived_keeps_it_from_ever_arriving(scene: Scene) -> None:
    order = card_order(scene)
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.ABSENT
    assert (await scene.ask(Operation.CLOSE, order)).state is OutcomeState.CLOSED
    late = await scene.ask(Operation.PAY, order)
    assert (late.state, late.code) == (OutcomeState.UNKNOWN, "idempotency_error")
    assert (await scene.ask(Operation.INQUIRE, order)).state is OutcomeState.CLOSED
    assert (await scene.ask(Operation.CLOSE, order)).state is OutcomeState.CLOSED
    assert (await scene.control.order(order.order_number)).paid_count == 0


async def test_a_refund_sent_twice_gives_the_money_back_once(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene))
    refund = refund_of(500)
    first = await scene.ask(Operation.REFUND, order, refund=refund)
    assert (first.state, first.amount) == (OutcomeState.SUCCEEDED, Money(500, "USD"))
    assert await scene.ask(Operation.REFUND, order, refund=refund) == first
    inquired = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund)
    assert inquired.state is OutcomeState.SUCCEEDED
    unheard = await scene.ask(Operation.INQUIRE_REFUND, order, refund=refund_of(1))
    assert unheard.state is OutcomeState.ABSENT
    too_much = await scene.ask(Operation.REFUND, order, refund=refund_of(781))
    assert (too_much.state, too_much.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert (await scene.control.order(order.order_number)).refunded_minor == 500


async def test_a_refund_is_not_made_again_after_stripe_forgot_its_key(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene))
    refund = msgspec.structs.replace(refund_of(500), created_at=SystemClock().now() - timedelta(hours=30))
    await scene.ask(Operation.REFUND, order, refund=refund)
    await scene.control.advance(seconds=30 * 3600)
    again = await scene.ask(Operation.REFUND, order, refund=refund)
    assert again.state is OutcomeState.SUCCEEDED
    assert (await scene.control.order(order.order_number)).refunded_minor == 500


async def test_a_payment_is_not_made_again_after_stripe_forgot_its_key(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene))
    await scene.control.advance(seconds=30 * 3600)
    old = msgspec.structs.replace(order, created_at=SystemClock().now() - timedelta(hours=30))
    forgotten = msgspec.structs.replace(old, channel_reference="")
    for version in (old, forgotten):
        assert (await scene.ask(Operation.PAY, version)).state is OutcomeState.SUCCEEDED
    assert (await scene.control.order(order.order_number)).paid_count == 1


async def test_an_empty_account_refuses_refunds_and_payouts(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene))
    await scene.control.switch_on(Fault.BALANCE_NOT_ENOUGH)
    refused = await scene.ask(Operation.REFUND, order, refund=refund_of(500))
    assert (refused.state, refused.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)
    unsent = await scene.ask(Operation.PAY_OUT, payout=payout_of(700))
    assert (unsent.state, unsent.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)


def payout_of(minor: int) -> PayoutOrder:
    return PayoutOrder(
        payout_number=new_id("out"),
        amount=Money(minor, "USD"),
        payee_account="ba_1TaelMerchantAccount",
        created_at=SystemClock().now(),
    )


async def test_a_payout_is_sent_once_and_arrives_after_its_days(scene: Scene) -> None:
    payout = payout_of(900)
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.ABSENT
    for _ in range(2):
        assert (await scene.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.WAITING
    assert (await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.WAITING
    await scene.control.advance(seconds=3 * 86_400)
    early = msgspec.structs.replace(payout, created_at=SystemClock().now() - timedelta(days=4))
    arrived = await scene.ask(Operation.INQUIRE_PAYOUT, payout=early)
    assert (arrived.state, arrived.amount) == (OutcomeState.SUCCEEDED, Money(900, "USD"))
    assert (await scene.ask(Operation.PAY_OUT, payout=early)).state is OutcomeState.SUCCEEDED
    assert (await scene.control.payout(payout.payout_number)).sent_count == 1


async def test_a_payout_that_comes_back_has_failed_with_its_reason(scene: Scene) -> None:
    payout = payout_of(900)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await scene.control.act_on_payout("payout_fail", payout.payout_number, text="account_closed")
    failed = await scene.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (failed.state, failed.error_class, failed.code) == (
        OutcomeState.FAILED,
        ErrorClass.REQUEST,
        "account_closed",
    )


@pytest.mark.parametrize(
    ("texts", "accept", "state"),
    [
        ({"uncategorized_text": "winning_evidence"}, False, DisputeState.WON),
        ({"uncategorized_text": "losing_evidence"}, False, DisputeState.LOST),
        ({"customer_name": "王小明", "shipping_date": "2026-05-01"}, False, DisputeState.UNDER_REVIEW),
        ({}, True, DisputeState.LOST),
    ],
)
async def test_a_dispute_is_answered_with_evidence_or_accepted(
    scene: Scene, *, texts: dict[str, str], accept: bool, state: DisputeState
) -> None:
    order, _ = await begun(scene, card_order(scene, card="pm_card_createDispute"))
    told = [await scene.told(), await scene.told()]
    dispute = next(notice.outcome.dispute for notice in told if notice.outcome and notice.outcome.dispute)
    assert (dispute.state, dispute.amount) == (DisputeState.NEEDS_RESPONSE, PRICE)
    assert dispute.respond_by is not None
    evidence = Evidence(dispute_number=dispute.dispute_number, texts=texts, accept=accept)
    answered = await asked(
        scene, Request(operation=Operation.SUBMIT_EVIDENCE, order=order, evidence=evidence)
    )
    assert answered.state is OutcomeState.SUCCEEDED
    assert answered.order_number == order.order_number
    assert answered.dispute is not None
    assert answered.dispute.state is state
    inquired = await asked(
        scene, Request(operation=Operation.INQUIRE_DISPUTE, order=order, evidence=evidence)
    )
    assert inquired.dispute is not None
    assert inquired.dispute.state is state


async def test_evidence_that_stripe_has_no_field_for_is_never_sent(scene: Scene) -> None:
    evidence = Evidence(dispute_number="dp_1", texts={"photo_of_cat": "x"})
    outcome = await asked(scene, Request(operation=Operation.SUBMIT_EVIDENCE, evidence=evidence))
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)


async def test_the_record_of_a_day_names_orders_refunds_and_fees(scene: Scene) -> None:
    order, _ = await begun(scene, card_order(scene))
    refund = refund_of(300)
    await scene.ask(Operation.REFUND, order, refund=refund)
    payout = payout_of(100)
    await scene.ask(Operation.PAY_OUT, payout=payout)
    await asyncio.gather(*(scene.ask(Operation.PAY, card_order(scene)) for _ in range(120)))
    await scene.ask(Operation.PAY, card_order(scene, card="pm_card_createDispute"))
    today = SystemClock().now()
    with pytest.raises(BillNotReady):
        await scene.bill(BillKind.TRADES, today)
    await scene.control.advance(seconds=86_400 + 3600)
    day = today - timedelta(seconds=86_400 + 3600)
    trades = await scene.bill(BillKind.TRADES, day)
    funds = await scene.bill(BillKind.FUNDS, day)
    assert {line.kind for line in trades.lines} == {LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE}
    payment = next(line for line in trades.lines if line.order_number == order.order_number)
    assert (payment.amount, payment.fee) == (PRICE, Money(67, "USD"))
    back = next(line for line in trades.lines if line.refund_number == refund.refund_number)
    assert (back.amount, back.order_number) == (Money(-300, "USD"), order.order_number)
    out = next(line for line in funds.lines if line.kind is LineKind.PAYOUT)
    assert (out.amount, out.refund_number) == (Money(-100, "USD"), payout.payout_number)
    assert sum(line.kind is LineKind.PAYMENT for line in funds.lines) == 122


async def test_wrong_keys_are_found_out_by_the_probe(scene: Scene) -> None:
    assert (await scene.ask(Operation.PROBE)).state is OutcomeState.SUCCEEDED
    wrong = dict(scene.running.credentials) | {"secret_key": "sk_test_somebodyelse"}
    stranger = connector_of(msgspec.structs.replace(scene.running, credentials=wrong))
    request = Request(operation=Operation.PROBE)
    outcome = await carry_on(stranger.converse(request, now=SystemClock().now()), scene.wire)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)
    pay = Request(operation=Operation.PAY, order=card_order(scene))
    unknown = await carry_on(stranger.converse(pay, now=SystemClock().now()), scene.wire)
    assert (unknown.state, unknown.error_class) == (OutcomeState.UNKNOWN, ErrorClass.ACCOUNT)


@pytest.mark.parametrize("currency", ["JPY", "ISK", "UGX", "MGA", "KWD", "BHD", "KRW", "CNY", "HKD", "EUR"])
async def test_amounts_are_right_whatever_the_decimals_of_a_currency(scene: Scene, currency: str) -> None:
    limits = scene.connector.capabilities.amounts[currency]
    for minor in (limits.smallest_minor, limits.largest_minor):
        order, outcome = await begun(scene, card_order(scene, amount=Money(minor, currency)))
        assert (outcome.state, outcome.amount) == (OutcomeState.SUCCEEDED, Money(minor, currency))
        assert (await scene.control.order(order.order_number)).captured_minor == minor


async def test_an_amount_that_stripe_cannot_write_is_never_sent(scene: Scene) -> None:
    _, outcome = await begun(scene, card_order(scene, amount=Money(1001, "KWD")))
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert "steps of 0.010 KWD" in (outcome.message or "")
    assert (await scene.control.summary()).orders == 0
