"""Is a saved card charged once, as its payer agreed, and does a repeat hear what became of it?"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.customers import schemas, store
from tael.customers.api import Asked
from tael.customers.model import MandateKind, Period, RevokedBy, TokenSource
from tael.foundation.calls import Answer, Begun, Call, Caller
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.payments.api import Means, SavedCard, StartAttempt
from tael.payments.model import AttemptState, Payment, PaymentState
from tael.simulators.base import Fault
from tael.testing.patience import until
from tests.integration.payments_scene import QuietHouse, quiet_house

GOOD, DECLINED = "pm_card_visa", "pm_card_visa_chargeDeclined"
_OLD_USE = Query(
    "old_use",
    b"""insert into customers.mandate_uses (mandate_id, payment_id, amount_minor, used_at)
        values (%(mandate_id)s, %(payment_id)s, 1280, %(now)s) on conflict do nothing""",
)
CONSENT = schemas.ConsentGiven(text_version="terms-1", address="192.0.2.7")


@pytest.fixture
async def quiet(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[QuietHouse]:
    async with quiet_house(urls, tmp_path, "stripe", simulator="stripe") as quiet:
        yield quiet


async def done(quiet: QuietHouse, command: schemas.Strict, about: str = "") -> str:
    """The id of what a merchant had written down about a payer."""
    call = Call(
        caller=Caller(owner=quiet.merchant_id, actor="key:test"),
        action="customers.change",
        key=new_id("key"),
        request=command,
        command=Asked(merchant_id=quiet.merchant_id, about=about, command=command),
    )
    answer = await quiet.house.customers.answer(call)
    assert answer.status < 300, answer
    return str(json.loads(answer.body).get("id", ""))


async def saved(quiet: QuietHouse, *, token: str = GOOD, anywhere: bool = False) -> SavedCard:
    """A card that is kept, known to one channel or `anywhere`, and what its payer agreed to: 20.00 in a month."""
    customer = await done(quiet, schemas.CreateCustomerRequest())
    method = await done(
        quiet,
        schemas.SaveMethodRequest(customer=customer, card_token=token, channel="stripe", consent=CONSENT),
    )
    if anywhere:
        async with quiet.house.database.transaction() as tx:
            kept = await store.find_method(tx, method, merchant_id=quiet.merchant_id)
            method = new_id("pm")
            kept = msgspec.structs.replace(kept, id=method, source=TokenSource.VAULT, channel=None)
            await store.insert_method(tx, kept)
    mandate = await done(
        quiet,
        schemas.CreateMandateRequest(
            payment_method=method,
            kind=MandateKind.UNSCHEDULED,
            currency="CNY",
            most_per_payment_minor=1280,
            most_per_period_minor=2000,
            period=Period.MONTH,
            consent=CONSENT,
        ),
    )
    return SavedCard(payment_method_id=method, mandate_id=mandate)


def wish(quiet: QuietHouse, payment: Payment, card: SavedCard, *, off_session: bool = True) -> StartAttempt:
    return StartAttempt(
        payment_id=payment.id,
        merchant_id=quiet.merchant_id,
        attempt_id=new_id("att"),
        method="card",
        means=Means(product=Product.CARD, off_session=off_session),
        saved=card,
    )


async def charged(quiet: QuietHouse, card: SavedCard, payment: Payment | None = None) -> dict[str, Any]:
    """What a merchant hears who charges a card that is kept."""
    payment = payment or await quiet.payment()
    answer = await quiet.start_by_call(wish(quiet, payment, card))
    return {"status": answer.status, **json.loads(answer.body)}


async def uses(quiet: QuietHouse, card: SavedCard) -> list[tuple[str, str | None]]:
    """Which payments and attempts have used a mandate, or may have."""
    query = Query(
        "uses",
        b"select payment_id, attempt_id from customers.mandate_uses where mandate_id = %(id)s order by used_at, attempt_id",
    )
    async with quiet.house.database.transaction() as tx:
        return [(payment, attempt) for payment, attempt in await tx.tuples(query, id=card.mandate_id)]


async def is_given_up(quiet: QuietHouse, card: SavedCard) -> None:
    """The payer leaves."""
    assert card.mandate_id is not None
    await done(quiet, schemas.RevokeRequest(by=RevokedBy.PAYER), about=card.mandate_id)
    await done(quiet, schemas.DetachRequest(), about=card.payment_method_id)


async def test_a_repeat_hears_its_answer_though_the_payer_has_left_meanwhile(quiet: QuietHouse) -> None:
    card, payment = await saved(quiet), await quiet.payment()
    asked, key = wish(quiet, payment, card), new_id("key")
    first = await quiet.start_by_call(asked, key=key)
    assert json.loads(first.body)["state"] == "succeeded"
    await is_given_up(quiet, card)
    again = await quiet.start_by_call(asked, key=key)
    assert (again.replayed, again.status, again.body) == (True, first.status, first.body)
    assert (await charged(quiet, card))["code"] == "customers.method_detached"


async def test_only_payments_that_took_money_or_may_have_used_a_mandate(quiet: QuietHouse) -> None:
    card = await saved(quiet)
    ended = await quiet.payment()
    await quiet.janitor_comes(seconds=20 * 60)
    await quiet.house.payments.janitor.expire_due()
    assert (await charged(quiet, card, ended))["code"] == "payments.ended"
    assert (await charged(quiet, card))["state"] == "succeeded", "who was refused has used nothing"
    exceeded = await charged(quiet, card)
    assert exceeded["code"] == "customers.mandate_exceeded"

    declined = await saved(quiet, token=DECLINED)
    for _ in range(2):
        assert (await charged(quiet, declined))["state"] == "failed", "who was declined has used nothing"


async def test_a_mandate_is_not_used_by_what_another_card_has_paid(quiet: QuietHouse) -> None:
    card, declined, payment = await saved(quiet), await saved(quiet, token=DECLINED), await quiet.payment()
    assert (await charged(quiet, declined, payment))["state"] == "failed"
    here = SavedCard(payment_method_id=card.payment_method_id)
    paid = wish(quiet, payment, here, off_session=False)
    assert json.loads((await quiet.start_by_call(paid)).body)["state"] == "succeeded"
    for _ in range(2):
        assert (await charged(quiet, declined)).get("state") == "failed", "it has taken nothing"

    assert (await charged(quiet, card, payment))["code"] == "payments.ended"
    assert await uses(quiet, card) == []
    assert (await charged(quiet, card)).get("state") == "succeeded", "the first that it takes"
    assert (await charged(quiet, card))["code"] == "customers.mandate_exceeded"
    assert (await charged(quiet, card, payment))["code"] == "payments.ended"


async def test_whoever_finds_an_attempt_under_way_has_used_no_mandate(quiet: QuietHouse) -> None:
    first, second, payment = await saved(quiet), await saved(quiet), await quiet.payment()
    under_way = wish(quiet, payment, first)
    await begun_only(quiet, under_way, new_id("key"))
    found = await charged(quiet, second, payment)
    assert found["id"] == under_way.attempt_id
    assert (await uses(quiet, first), await uses(quiet, second)) == ([(payment.id, found["id"])], [])


async def test_of_several_attempts_for_a_payment_the_one_that_paid_it_has_used_the_mandate(
    quiet: QuietHouse,
) -> None:
    card, payment = await saved(quiet), await quiet.payment()
    async with quiet.all_turns_taken("stripe"):
        never_sent = await charged(quiet, card, payment)
    paid = await charged(quiet, card, payment)
    assert (never_sent["state"], paid["state"]) == ("failed", "succeeded")
    assert await uses(quiet, card) == [(payment.id, never_sent["id"]), (payment.id, paid["id"])]
    assert (await charged(quiet, card))["code"] == "customers.mandate_exceeded"


@pytest.mark.parametrize("left", [True, False])
async def test_a_charge_goes_on_over_another_channel_only_while_its_mandate_holds(
    urls: DatabaseUrls, tmp_path: Path, *, left: bool
) -> None:
    async with quiet_house(urls, tmp_path, "first", "second", simulator="stripe") as quiet:
        card, payment = await saved(quiet, token=DECLINED, anywhere=True), await quiet.payment()
        for channel in quiet.simulators:
            await quiet.control(channel).switch_on(Fault.DELAY, delay_seconds=1)
        charging = asyncio.create_task(charged(quiet, card, payment))
        await until(lambda: uses(quiet, card), "the first attempt")
        if left:
            assert card.mandate_id is not None
            await done(quiet, schemas.RevokeRequest(by=RevokedBy.PAYER), about=card.mandate_id)
        assert (await charging).get("state") == "failed"
        attempts = (await quiet.house.payments.get(payment.id, merchant_id=None)).attempts
        assert len(attempts) == (1 if left else 2)
        assert await uses(quiet, card) == [(payment.id, attempt.id) for attempt in attempts]


async def test_what_the_old_program_writes_counts_as_long_as_its_payment_takes_money(
    quiet: QuietHouse,
) -> None:
    card, payment = await saved(quiet), await quiet.payment()

    async def old_program_uses(card: SavedCard) -> None:
        async with quiet.house.database.transaction() as tx:
            await tx.run(_OLD_USE, mandate_id=card.mandate_id, payment_id=payment.id, now=quiet.clock.now())

    for _ in range(2):
        await old_program_uses(card)
    paid = await charged(quiet, card)
    assert paid.get("state") == "succeeded", "nobody has paid the other"
    other = await saved(quiet)
    for _ in range(2):
        await old_program_uses(other)
    await begun_only(quiet, wish(quiet, payment, await saved(quiet)), new_id("key"))
    assert (await charged(quiet, other))["code"] == "customers.mandate_exceeded"


async def test_of_two_charges_at_once_a_mandate_lets_one_through(quiet: QuietHouse) -> None:
    card = await saved(quiet)
    payments = [await quiet.payment() for _ in range(4)]
    answers = await asyncio.gather(*(charged(quiet, card, payment) for payment in payments))
    assert sorted(answer.get("state") or answer["code"] for answer in answers) == [
        *["customers.mandate_exceeded"] * 3,
        "succeeded",
    ]


async def begun_only(quiet: QuietHouse, asked: StartAttempt, key: str) -> None:
    """The attempt is committed, and its process dies before it asks the channel."""
    caller = Caller(owner=quiet.merchant_id, actor="key:test")
    call = Call(caller=caller, action="payments.start_attempt", key=key, request=asked, command=asked)
    begun: Answer | Begun = await quiet.house.payments._lanes.start_calls.submit(call)
    assert isinstance(begun, Begun)
    quiet.clock.move(seconds=31)


@pytest.mark.parametrize("left", [True, False])
async def test_a_charge_that_is_taken_over_charges_only_a_card_that_is_still_kept(
    quiet: QuietHouse, *, left: bool
) -> None:
    card, payment = await saved(quiet), await quiet.payment()
    asked, key = wish(quiet, payment, card), new_id("key")
    await begun_only(quiet, asked, key)
    if left:
        await is_given_up(quiet, card)
    answer = await quiet.start_by_call(asked, key=key)
    assert json.loads(answer.body)["state"] == ("unknown" if left else "succeeded")
    for _ in range(3):
        await quiet.janitor_comes(seconds=20 * 60)
    story = await quiet.house.payments.get(payment.id, merchant_id=None)
    assert story.payment.state is (PaymentState.EXPIRED if left else PaymentState.CAPTURED)
    assert story.attempts[0].state is (AttemptState.CLOSED if left else AttemptState.SUCCEEDED)
