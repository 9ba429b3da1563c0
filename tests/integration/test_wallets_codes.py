"""Codes that users show: one to pay with, once and soon; others to be paid by."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.checkout.rules.shown_codes import method_of
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.payments.model import AttemptState, PaymentState
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.wallets.api import MakePersonalCode, OrderState, PersonalCodeKind, RevokePersonalCode
from tael.wallets.errors import CodeNotForRemote, NoSuchCode, WalletMalformed
from tests.integration.orders_scene import Shop, orders_scene
from tests.integration.wallets_scene import Person, code_of


@pytest.fixture
async def shop(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Shop]:
    async with orders_scene(urls, tmp_path, clock) as opened:
        yield opened
        assert not await faults_in_books(opened.house)


async def test_a_payer_shows_a_code_and_is_charged_at_once(shop: Shop) -> None:
    payer = await shop.person(5_000)
    code = await shop.code(payer)
    assert (len(code), code[:2], method_of(code)) == (18, "88", "balance")
    story = await shop.charge(await shop.payment(1280), code)
    assert story.payment.state is PaymentState.CAPTURED
    await shop.told()
    assert (await shop.available(payer), await shop.owed_by_channel()) == (5_000 - 1280, 0)


async def test_a_code_pays_once_however_many_scan_it(shop: Shop) -> None:
    payer = await shop.person(50_000)
    code = await shop.code(payer)
    payments = [await shop.payment(1280) for _ in range(8)]
    stories = await asyncio.gather(*(shop.charge(each, code) for each in payments))
    assert sum(story.payment.captured_minor for story in stories) == 1280
    declined = [story.attempts[-1] for story in stories if not story.payment.captured_minor]
    assert {attempt.state for attempt in declined} == {AttemptState.FAILED}
    assert await shop.available(payer) == 50_000 - 1280


async def test_an_old_code_is_good_for_a_moment_and_then_no_more(shop: Shop) -> None:
    payer = await shop.person(5_000)
    first = await shop.wallets.codes.payment_code(user_id=payer.user_id, login_id=payer.login_id)
    assert (first.expires_at - shop.clock.now()).total_seconds() == 60
    late = await shop.code(payer)
    shop.clock.move(seconds=70)
    assert (await shop.charge(await shop.payment(), first.code)).payment.captured_minor == 1280
    shop.clock.move(seconds=6)
    story = await shop.charge(await shop.payment(), late)
    assert story.payment.captured_minor == 0
    assert story.attempts[-1].state is AttemptState.FAILED


async def test_a_code_that_nobody_made_charges_nobody(shop: Shop) -> None:
    story = await shop.charge(await shop.payment(), "881234567890123456")
    assert story.attempts[-1].state is AttemptState.FAILED
    assert (await shop.wallets.orders.find(story.attempts[-1].id)).reason == "wallets.code_refused"


async def test_a_payer_without_the_money_is_definitely_not_charged(shop: Shop) -> None:
    payer = await shop.person(1_000)
    story = await shop.charge(await shop.payment(1280), await shop.code(payer))
    attempt = story.attempts[-1]
    assert (attempt.state, attempt.channel_code) == (AttemptState.FAILED, "wallets.not_enough")
    assert await shop.available(payer) == 1_000


async def test_a_large_amount_waits_for_its_payer_who_is_told_and_confirms(shop: Shop) -> None:
    payer = await shop.person(50_000)
    payment = await shop.payment(40_000)
    story = await shop.charge(payment, await shop.code(payer))
    assert story.attempts[-1].state is AttemptState.WAITING
    [order] = await shop.wallets.orders.waiting(payer.user_id)
    await shop.told()
    [message] = await shop.house.people.messages.list_kept(payer.user_id, limit=5)
    assert message.template == "payment_waits"
    stranger = await shop.person(50_000)
    assert code_of(await shop.pay(stranger, order.number)) == "wallets.no_such_order"
    confirmation_id = await shop.confirmed(await shop.present(payer), payer, order.number)
    assert code_of(await shop.pay(payer, order.number, confirmation_id=confirmation_id)) == "paid"
    await shop.told()
    assert (await shop.story(payment)).payment.state is PaymentState.CAPTURED
    assert await shop.wallets.orders.waiting(payer.user_id) == []


async def test_what_waits_can_be_let_go_by_the_cashier(shop: Shop) -> None:
    payer = await shop.person(50_000)
    payment = await shop.payment(40_000)
    story = await shop.charge(payment, await shop.code(payer))
    assert (await shop.close(payment)).status == 200
    found = await shop.wallets.orders.find(story.attempts[-1].id)
    assert found.state is OrderState.CLOSED
    assert await shop.wallets.orders.waiting(payer.user_id) == []


async def test_s5_a_payment_code_lies_nowhere(shop: Shop) -> None:
    payer = await shop.person(5_000)
    code = await shop.code(payer)
    await shop.charge(await shop.payment(), code)
    await shop.told()
    await shop.house.channels.close()
    tables = b"""select table_schema || '.' || table_name from information_schema.tables
        where table_schema not in ('pg_catalog', 'information_schema')"""
    async with shop.house.database.transaction() as tx:
        names = [name for (name,) in await tx.tuples(Query("tables", tables))]
        for name in names:
            looked = Query("look", f"select count(*) from {name} t where t::text like %(code)s".encode())
            if not name.startswith(("vault.", "procrastinate")):
                assert await tx.tuples(looked, code=f"%{code}%") == [(0,)], name


# Codes to be paid by.


class Said(msgspec.Struct, frozen=True):
    text: str


def call(who: Person, command: Any) -> Call[Any]:
    return Call(
        caller=Caller(owner=who.user_id, actor=f"user:{who.user_id}"),
        action=type(command).__name__,
        key=new_id("key"),
        request=Said(str(command)),
        command=command,
    )


async def make(shop: Shop, who: Person, kind: str, **more: Any) -> Answer:
    wish = MakePersonalCode(user_id=who.user_id, kind=PersonalCodeKind(kind), **more)
    return await shop.wallets.codes.make(call(who, wish))


def body(answer: Answer) -> dict[str, Any]:
    return dict(msgspec.json.decode(answer.body))


async def test_a_new_printed_code_takes_the_place_of_the_one_before(shop: Shop) -> None:
    payee = await shop.person()
    first, second = body(await make(shop, payee, "static")), body(await make(shop, payee, "static"))
    assert [code.code for code in await shop.wallets.codes.mine(payee.user_id)] == [second["code"]]
    found = await shop.wallets.codes.find(second["address"])
    assert found is not None
    assert found.user_id == payee.user_id
    shop.wallets.codes.check(found, amount_minor=100, currency="CNY", scanned=True)
    with pytest.raises(CodeNotForRemote):
        shop.wallets.codes.check(found, amount_minor=100, currency="CNY", scanned=False)
    old = await shop.wallets.codes.find(first["code"])
    assert old is not None
    with pytest.raises(NoSuchCode):
        shop.wallets.codes.check(old, amount_minor=100, currency="CNY", scanned=True)


async def test_a_printed_code_asks_for_no_amount(shop: Shop) -> None:
    payee = await shop.person()
    assert body(await make(shop, payee, "static", amount_minor=100))["code"] == "wallets.malformed"


async def test_a_code_on_a_screen_asks_for_its_amount_for_a_minute(shop: Shop) -> None:
    payee = await shop.person()
    made = body(await make(shop, payee, "dynamic", amount_minor=1280, note="Lunch"))
    found = await shop.wallets.codes.find(made["code"])
    assert found is not None
    shop.wallets.codes.check(found, amount_minor=1280, currency="CNY", scanned=False)
    with pytest.raises(WalletMalformed):
        shop.wallets.codes.check(found, amount_minor=1279, currency="CNY", scanned=False)
    shop.clock.move(seconds=60)
    with pytest.raises(NoSuchCode):
        shop.wallets.codes.check(found, amount_minor=1280, currency="CNY", scanned=True)
    shop.clock.move(seconds=2 * 86_400)
    await shop.wallets.codes.forget_old()
    with pytest.raises(NoSuchCode):
        await shop.wallets.codes.find(made["code"])


async def test_only_its_owner_revokes_a_code(shop: Shop) -> None:
    payee, stranger = await shop.persons(2)
    made = body(await make(shop, payee, "static"))
    theirs = await shop.wallets.codes.revoke(
        call(stranger, RevokePersonalCode(code=made["code"], user_id=stranger.user_id))
    )
    assert code_of(theirs) == "wallets.no_such_code"
    mine = await shop.wallets.codes.revoke(
        call(payee, RevokePersonalCode(code=made["code"], user_id=payee.user_id))
    )
    assert body(mine)["revoked_at"] is not None
    assert await shop.wallets.codes.mine(payee.user_id) == []


async def test_whoever_is_paid_by_code_as_often_as_merchants_is_told_once_a_day(shop: Shop) -> None:
    payee, payer = await shop.persons(2, 10_000)
    made = body(await make(shop, payee, "static"))
    for _ in range(30):
        sent = shop.call(payer, payee, 100)
        command = msgspec.structs.replace(sent.command, code=made["code"], static=True)
        await shop.wallets.transfer(msgspec.structs.replace(sent, command=command))
    for _ in range(2):
        await shop.wallets.codes.warn_of_business()
    await shop.told()
    told = [each.template for each in await shop.house.people.messages.list_kept(payee.user_id, limit=50)]
    assert told.count("looks_like_business") == 1
