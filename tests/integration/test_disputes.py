"""Are disputes of unknown orders kept, deadlines told once, early news waited with, and the poor charged no more than they have?"""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.channels.port import Dispute as DisputeSaid
from tael.channels.port import DisputeState as Said
from tael.channels.port import Outcome, OutcomeState
from tael.disputes import store as disputes_store
from tael.disputes.model import Dispute, DisputeFilter, DisputeState, MoneyState, News
from tael.disputes.usecases.record_news import Heard, record_news
from tael.foundation.db import Query
from tael.foundation.money import Money
from tael.payments import store
from tael.payments.model import AttemptState
from tael.testing.books import faults_in_books
from tests.property.test_disputes_in_any_order import AMOUNT, CHANNEL, Case, balances
from tests.unit.test_payments_rules import attempt, payment

FACTS = Query("facts", b"select type, payload from foundation.outbox order by seq")


async def facts(house: House) -> list[str]:
    async with house.database.transaction() as tx:
        return [str(type) for type, _ in await tx.tuples(FACTS)]


def news(state: Said = Said.NEEDS_RESPONSE, **more: Any) -> News:
    said: dict[str, Any] = {
        "state": state,
        "warning": False,
        "amount_minor": AMOUNT,
        "currency": "CNY",
        "reason": "general",
        "respond_by": None,
    }
    return News(**said | more)


async def hear(house: House, **heard: Any) -> Dispute:
    fields: dict[str, Any] = {"channel": CHANNEL, "number": "dp_1", "news": news(), "source": "test"}
    async with house.database.transaction() as tx:
        return await record_news(
            tx, Heard(**fields | heard), money=house.payments.disputed_money, now=house.clock.now()
        )


async def test_a_dispute_of_an_unknown_order_is_kept_until_its_payment_is_found(house: House) -> None:
    lost = await hear(house)
    assert (lost.payment_id, lost.money) == (None, MoneyState.FREE)
    assert lost.next_inquiry_at is not None, "its channel will be asked which order it is"
    assert await facts(house) == []
    case = Case(house, "found")
    await case.begin()
    found = await hear(house, payment_id=case.payment_id, attempt_id=case.attempt_id)
    assert (found.id, found.merchant_id, found.money) == (lost.id, case.merchant_id, MoneyState.HELD)
    assert await facts(house) == ["disputes.dispute_opened"]
    mine = await house.disputes.list(DisputeFilter(merchant_id=case.merchant_id))
    assert [each.id for each in mine] == [found.id]


async def test_money_is_not_moved_before_what_was_paid_is_booked(house: House) -> None:
    early = attempt(AttemptState.UNKNOWN, id="att_e", payment_id="pay_e", channel=CHANNEL)
    async with house.database.transaction() as tx:
        await store.insert_payments(tx, [payment(id="pay_e")])
        await store.insert_attempts(tx, [early])
        await store.update_attempts(tx, [early])
    waiting = await hear(house, payment_id="pay_e", attempt_id="att_e")
    assert (waiting.money, waiting.state) == (MoneyState.FREE, DisputeState.NEEDS_RESPONSE)
    assert waiting.next_inquiry_at is not None
    assert waiting.next_inquiry_at <= house.clock.now() + timedelta(minutes=1)


async def test_what_a_merchant_cannot_cover_is_to_be_recovered_and_comes_back_first(house: House) -> None:
    case = Case(house, "poor")
    await case.begin()
    await case.merchant_is_paid_out(1000)
    held = await case.hear("dp_1", news())
    assert (held.held_minor, held.charged_minor, held.pending_minor) == (AMOUNT, AMOUNT, AMOUNT - 8 - 1000)
    assert (await balances(house))["platform:recoverable"] == 1008
    await case.hear("dp_1", news(Said.WON))
    after = await balances(house)
    assert (after.get("platform:recoverable", 0), -after[f"merchant:{case.merchant_id}:pending"]) == (0, 272)
    assert await faults_in_books(house) == []


async def test_a_deadline_is_told_of_once_at_each_distance(house: House) -> None:
    case = Case(house, "late")
    await case.begin()
    due = house.clock.now() + timedelta(days=2)
    dispute = await case.hear("dp_1", news(respond_by=due))
    for _ in range(2):
        await house.disputes.desk.warn_due()
    assert (await facts(house)).count("disputes.dispute_due_soon") == 1
    async with house.database.transaction() as tx:
        found = (await disputes_store.find(tx, [dispute.id]))[dispute.id]
    assert found.warned_days == 3


async def test_the_same_notice_is_reported_once_and_finds_its_order_by_the_channels_number(
    house: House,
) -> None:
    case = Case(house, "told")
    await case.begin()
    async with house.database.transaction() as tx:
        [known] = (await store.attempts_of(tx, [case.payment_id]))[case.payment_id]
        await store.update_attempts(tx, [msgspec.structs.replace(known, channel_reference="pi_7")])
    said = DisputeSaid(
        dispute_number="dp_7", state=Said.NEEDS_RESPONSE, amount=Money(AMOUNT, "CNY"), reason="general"
    )
    outcome = Outcome(state=OutcomeState.SUCCEEDED, channel_reference="pi_7", dispute=said)
    for _ in range(2):
        async with house.database.transaction() as tx:
            await house.payments.disputed_money.report(
                tx, CHANNEL, outcome, notice_id="evt_1", now=house.clock.now()
            )
    assert await facts(house) == ["payments.dispute_reported"]
    while await house.courier.deliver():
        continue
    [dispute] = await house.disputes.list(DisputeFilter(merchant_id=case.merchant_id))
    assert (dispute.number, dispute.payment_id, dispute.money) == ("dp_7", case.payment_id, MoneyState.HELD)


@pytest.mark.parametrize("refunded", [0, 280, AMOUNT])
async def test_what_was_refunded_is_not_charged_a_second_time(house: House, refunded: int) -> None:
    case = Case(house, f"twice{refunded}")
    await case.begin()
    if refunded:
        await case.refund(refunded)
    held = await case.hear("dp_1", news())
    found, _ = await case.look()
    assert found.refunding_minor == refunded
    assert (held.held_minor, held.charged_minor) == (AMOUNT, AMOUNT - refunded)
    assert found.refundable_minor == 0
    await case.refund(1)
    again, _ = await case.look()
    assert again == found, "nothing is left to refund"
