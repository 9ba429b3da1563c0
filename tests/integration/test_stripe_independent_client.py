"""Is our simulated Stripe Stripe enough for Stripe's own client? The client knows nothing of us."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import stripe

from tael.foundation.ids import new_id
from tael.simulators.base import Fault
from tael.simulators.stripe import prepare_keys
from tael.testing.simulators import RunningSimulator, running_simulator
from tests.integration.channel_scene import Door, opened

T = TypeVar("T")
Client = stripe.StripeClient
Ask = Callable[[Callable[[Any], T]], Awaitable[T]]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    async with running_simulator("stripe", tmp_path) as running:
        yield running


@pytest.fixture
def client(running: RunningSimulator) -> Any:
    """Typed as anything: the client's stubs know parameters that the test leaves out."""
    key = running.credentials["secret_key"]
    return Client(key, base_addresses={"api": running.url, "files": running.url}, max_network_retries=0)


async def ask(call: Callable[..., T], *arguments: Any, **named: Any) -> T:
    """The client blocks, the simulator answers in this thread."""
    return await asyncio.to_thread(call, *arguments, **named)


def paying(**changes: Any) -> dict[str, Any]:
    return {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True} | changes


async def test_the_client_charges_in_one_step_and_in_two(client: Any) -> None:
    intents = client.v1.payment_intents
    paid = await ask(intents.create, paying(expand=["latest_charge.balance_transaction"]))
    assert (paid.status, paid.amount_received) == ("succeeded", 2000)
    assert paid.latest_charge.balance_transaction.fee == 88
    open_intent = await ask(intents.create, {"amount": 700, "currency": "eur"})
    assert open_intent.status == "requires_payment_method"
    changed = await ask(intents.update, open_intent.id, {"metadata": {"cart": "7"}})
    assert changed.metadata["cart"] == "7"
    confirmed = await ask(intents.confirm, open_intent.id, {"payment_method": "pm_card_mastercard"})
    assert confirmed.status == "succeeded"
    listed = await ask(intents.list, {"limit": 1})
    assert [intent.id for intent in listed.data] == [open_intent.id]
    everything = await ask(lambda: [intent.id for intent in listed.auto_paging_iter()])
    assert everything == [open_intent.id, paid.id]


async def test_the_client_is_told_why_a_card_was_declined(client: Any) -> None:
    with pytest.raises(stripe.CardError) as caught:
        await ask(
            client.v1.payment_intents.create,
            paying(payment_method="pm_card_visa_chargeDeclinedInsufficientFunds"),
        )
    assert caught.value.code == "card_declined"
    assert caught.value.error is not None
    assert caught.value.error.decline_code == "insufficient_funds"
    assert caught.value.error.payment_intent is not None
    assert caught.value.error.payment_intent.status == "requires_payment_method"
    assert (caught.value.request_id or "").startswith("req_")


async def test_the_client_sees_the_payers_bank_ask(client: Any, running: RunningSimulator) -> None:
    intents = client.v1.payment_intents
    asking = await ask(
        intents.create,
        paying(payment_method="pm_card_authenticationRequired", return_url="https://a.example/"),
    )
    assert asking.status == "requires_action"
    assert asking.next_action.type == "redirect_to_url"
    await running.control.act("pay", asking.next_action.redirect_to_url.url)
    assert (await ask(intents.retrieve, asking.id)).status == "succeeded"


async def test_the_client_holds_takes_a_part_and_lets_go(client: Any) -> None:
    intents = client.v1.payment_intents
    held = await ask(intents.create, paying(capture_method="manual"))
    assert (held.status, held.amount_capturable) == ("requires_capture", 2000)
    taken = await ask(intents.capture, held.id, {"amount_to_capture": 1500})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1500, 0)
    other = await ask(intents.create, paying(capture_method="manual"))
    let_go = await ask(intents.cancel, other.id, {"cancellation_reason": "abandoned"})
    assert (let_go.status, let_go.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await ask(intents.capture, other.id)
    assert caught.value.code == "payment_intent_unexpected_state"


async def test_the_client_refunds_in_parts_and_never_too_much(client: Any) -> None:
    refunds = client.v1.refunds
    paid = await ask(client.v1.payment_intents.create, paying())
    part = await ask(
        refunds.create, {"payment_intent": paid.id, "amount": 500, "metadata": {"why": "broken"}}
    )
    assert (part.status, part.amount, part.metadata["why"]) == ("succeeded", 500, "broken")
    with pytest.raises(stripe.InvalidRequestError):
        await ask(refunds.create, {"payment_intent": paid.id, "amount": 1501})
    rest = await ask(refunds.create, {"payment_intent": paid.id})
    assert rest.amount == 1500
    with pytest.raises(stripe.InvalidRequestError) as caught:
        await ask(refunds.create, {"payment_intent": paid.id})
    assert caught.value.code == "charge_already_refunded"
    assert len((await ask(refunds.list, {"payment_intent": paid.id})).data) == 2
    assert (await ask(client.v1.charges.retrieve, paid.latest_charge)).refunded is True


async def test_the_client_sends_a_key_twice_and_one_thing_happens(client: Any) -> None:
    intents, once = client.v1.payment_intents, {"idempotency_key": "order-7"}
    first = await ask(intents.create, paying(), once)
    again = await ask(intents.create, paying(), once)
    assert again.id == first.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    with pytest.raises(stripe.IdempotencyError) as caught:
        await ask(intents.create, paying(amount=2001), once)
    assert caught.value.http_status == 400
    assert len((await ask(intents.list)).data) == 1


async def test_the_client_is_refused_while_its_first_call_is_answered(
    client: Any, running: RunningSimulator
) -> None:
    await running.control.switch_on(
        Fault.DELAY, delay_seconds=1.0, calls=1, method="POST /v1/payment_intents"
    )
    once = {"idempotency_key": "order-8"}
    first = asyncio.create_task(ask(client.v1.payment_intents.create, paying(), once))
    for _ in range(200):
        if (await running.control.summary()).orders:
            break
        await asyncio.sleep(0.01)
    with pytest.raises(stripe.APIError) as caught:
        await ask(client.v1.payment_intents.create, paying(), once)
    assert caught.value.http_status == 409
    assert (await first).status == "succeeded"


async def test_the_client_pays_out_calls_back_and_sees_it_arrive(
    client: Any, running: RunningSimulator
) -> None:
    payouts = client.v1.payouts
    sent = await ask(payouts.create, {"amount": 900, "currency": "usd"})
    back = await ask(payouts.create, {"amount": 100, "currency": "usd"})
    assert (await ask(payouts.cancel, back.id)).status == "canceled"
    assert sent.status == "pending"
    await running.control.advance(seconds=3 * 86_400)
    assert (await ask(payouts.retrieve, sent.id)).status == "paid"
    lines = await ask(client.v1.balance_transactions.list, {"type": "payout", "expand": ["data.source"]})
    assert [line.amount for line in lines.data] == [-100, -900]
    assert lines.data[1].source.id == sent.id
    balance = await ask(client.v1.balance.retrieve)
    assert balance.available[0].currency == "usd"


async def test_the_client_answers_a_dispute_and_wins(client: Any) -> None:
    disputes = client.v1.disputes
    paid = await ask(client.v1.payment_intents.create, paying(payment_method="pm_card_createDispute"))
    (dispute,) = (await ask(disputes.list, {"payment_intent": paid.id})).data
    assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 2000, "fraudulent")
    assert dispute.evidence_details.due_by > dispute.created
    with pytest.raises(stripe.InvalidRequestError):
        await ask(client.v1.refunds.create, {"payment_intent": paid.id})
    draft = await ask(disputes.update, dispute.id, {"evidence": {"customer_name": "Li"}, "submit": False})
    assert draft.status == "needs_response"
    won = await ask(disputes.update, dispute.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    assert won.status == "won"
    assert won.evidence.customer_name == "Li"


async def test_the_client_hands_a_file_in_and_names_it_as_evidence(client: Any, tmp_path: Path) -> None:
    paid = await ask(client.v1.payment_intents.create, paying(payment_method="pm_card_createDispute"))
    (dispute,) = (await ask(client.v1.disputes.list, {"payment_intent": paid.id})).data
    receipt = tmp_path / "receipt.pdf"
    receipt.write_bytes(b"%PDF-1.7\r\n--\r\n")

    def hand_in(purpose: str) -> Any:
        with receipt.open("rb") as file:
            return client.v1.files.create({"purpose": purpose, "file": file})

    made = await ask(hand_in, "dispute_evidence")
    assert (made.object, made.size, made.type) == ("file", 14, "pdf")
    with pytest.raises(stripe.InvalidRequestError):
        await ask(hand_in, "selfie")
    with pytest.raises(stripe.InvalidRequestError):
        await ask(client.v1.disputes.update, dispute.id, {"evidence": {"receipt": "file_unheard_of"}})
    answered = await ask(client.v1.disputes.update, dispute.id, {"evidence": {"receipt": made.id}})
    assert (answered.status, answered.evidence.receipt) == ("under_review", made.id)


async def test_the_client_loses_a_dispute_that_it_never_answers(
    client: Any, running: RunningSimulator
) -> None:
    paid = await ask(client.v1.payment_intents.create, paying(payment_method="pm_card_createDispute"))
    await running.control.advance(seconds=8 * 86_400)
    (dispute,) = (await ask(client.v1.disputes.list, {"payment_intent": paid.id})).data
    assert (dispute.status, dispute.evidence_details.past_due) == ("lost", True)


async def test_the_client_makes_a_page_that_is_paid_or_expires(
    client: Any, running: RunningSimulator
) -> None:
    sessions = client.v1.checkout.sessions
    cart = {
        "price_data": {"currency": "hkd", "unit_amount": 4200, "product_data": {"name": "Tea"}},
        "quantity": 2,
    }
    asked = {
        "mode": "payment",
        "line_items": [cart],
        "success_url": "https://a.example/{CHECKOUT_SESSION_ID}",
    }
    page = await ask(sessions.create, asked)
    assert (page.status, page.amount_total, page.payment_intent) == ("open", 8400, None)
    await running.control.act("pay", page.url)
    paid = await ask(sessions.retrieve, page.id, {"expand": ["payment_intent"]})
    assert (paid.status, paid.payment_status, paid.payment_intent.status) == ("complete", "paid", "succeeded")
    other = await ask(sessions.create, asked)
    assert (await ask(sessions.expire, other.id)).status == "expired"
    with pytest.raises(stripe.InvalidRequestError):
        await ask(sessions.expire, page.id)
    third = await ask(sessions.create, asked)
    await running.control.advance(seconds=86_401)
    assert (await ask(sessions.retrieve, third.id)).status == "expired"


async def test_the_client_searches_and_what_is_new_is_not_found_yet(
    client: Any, running: RunningSimulator
) -> None:
    paid = await ask(client.v1.payment_intents.create, paying(metadata={"cart": "a-7"}))
    query = {"query": "metadata['cart']:'a-7' AND status:'succeeded'"}
    assert (await ask(client.v1.payment_intents.search, query)).data == []
    await running.control.advance(seconds=60)
    assert [found.id for found in (await ask(client.v1.payment_intents.search, query)).data] == [paid.id]


async def test_the_client_is_refused_without_a_key_and_with_a_wrong_one(running: RunningSimulator) -> None:
    stranger: Any = Client("sk_test_wrong", base_addresses={"api": running.url}, max_network_retries=0)
    with pytest.raises(stripe.AuthenticationError):
        await ask(stranger.v1.balance.retrieve)


async def test_the_client_is_told_which_parameter_is_wrong(client: Any) -> None:
    for changes, code, param in (
        ({"amount": 10}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"currency": "xyz"}, None, "currency"),
        ({"payment_method": "pm_nobodys"}, "resource_missing", "payment_method"),
        ({"frobnicate": "1"}, "parameter_unknown", "frobnicate"),
        ({"amount": 1005, "currency": "kwd"}, "parameter_invalid_integer", "amount"),
    ):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            await ask(client.v1.payment_intents.create, paying(**changes))
        assert (caught.value.code, caught.value.param) == (code, param)


async def test_the_client_believes_our_events_and_no_changed_ones(tmp_path: Path) -> None:
    async with opened("stripe", tmp_path) as scene:
        door: Door = scene.door
        client: Any = Client(
            scene.running.credentials["secret_key"], base_addresses={"api": scene.running.url}
        )
        endpoint = await ask(
            client.v1.webhook_endpoints.create,
            {"url": door.url, "enabled_events": ["payment_intent.succeeded"]},
        )
        paid = await ask(client.v1.payment_intents.create, paying(metadata={"order_number": new_id("att")}))
        inbound = await door.next()
        header = inbound.headers["stripe-signature"]
        event = stripe.Webhook.construct_event(inbound.body, header, endpoint.secret)
        assert (event.type, event.data.object["id"]) == ("payment_intent.succeeded", paid.id)
        listed = await ask(client.v1.events.retrieve, event.id)
        assert listed.data.object["id"] == paid.id
        changed = inbound.body.replace(b"succeeded", b"suceeeded")
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(changed, header, endpoint.secret)
        usual = prepare_keys(scene.running.home).webhook_secret
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(inbound.body, header, usual)
        assert (await ask(client.v1.webhook_endpoints.delete, endpoint.id)).deleted is True
