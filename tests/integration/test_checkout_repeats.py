"""What if a process dies in the middle of a charge, or the day ends? Repeated at any moment, the truth is told, and once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.checkout.api import CancelCharge, OpenSession, TakeCharge, method_of, new_session
from tael.checkout.model import ChargeState, ChargeTerms, SessionState, SessionUi, StaticCode
from tael.checkout.rules.charges import charge_state
from tael.checkout.schemas import ChargeBody
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.db import Query
from tael.foundation.idempotency import LEASE_SECONDS, StillRunning
from tael.foundation.ids import new_id
from tael.payments.api import Means
from tael.payments.model import AttemptState, PaymentState
from tael.simulators.base.faults import Fault
from tael.testing.patience import until
from tests.integration.payments_scene import QuietHouse, quiet_house

LATER = Query(
    "later",
    b"update foundation.calls set leased_until = leased_until + make_interval(secs => 5)"
    b" where owner like 'checkout:%%'",
)
ONLY = Query("only", b"select payment_id from checkout.charges")
DAYS = Query("days", b"select day::text, amount_minor from checkout.payer_days order by day")


async def a_charge(quiet: QuietHouse, way: str, *, key: str = "till-1", code: str = "") -> Call[TakeCharge]:
    """What a till asks for."""
    code = code or await quiet.control("alipay").shown_code(way)
    terms = ChargeTerms(amount_minor=1280, currency="CNY", reference="till-1", description="Tea")
    command = TakeCharge(
        merchant=await quiet.house.merchants.get(quiet.merchant_id),
        terms=terms,
        terminal_id=None,
        method=method_of(code),
        means=Means(product=Product.BARCODE, payer_code=code),
        actor="key:test",
    )
    caller = Caller(owner=quiet.merchant_id, actor="key:test")
    return Call(caller=caller, action="counter.charge", key=key, request=terms, command=command)


def told(answer: Answer) -> ChargeBody:
    return msgspec.json.decode(answer.body, type=ChargeBody)


async def rows(quiet: QuietHouse, query: Query) -> list[tuple[Any, ...]]:
    async with quiet.house.database.transaction() as tx:
        return await tx.tuples(query)


async def dies_while_the_channel_is_asked(quiet: QuietHouse, work: Callable[[], Awaitable[Answer]]) -> None:
    """A process takes a call and dies while the channel has not answered; its inner call was opened a bit later."""
    await quiet.control("alipay").switch_on(Fault.DELAY, delay_seconds=3)

    async def asked() -> bool:
        return bool(await rows(quiet, Query("asked", b"select from payments.attempts")))

    running = asyncio.ensure_future(work())
    await until(asked)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    await quiet.control("alipay").switch_off()
    async with quiet.house.database.transaction() as tx:
        assert await tx.run(LATER) == 1


async def test_a_repeat_between_two_leases_neither_cancels_the_charge_nor_keeps_that_it_runs(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        counter, call = quiet.house.checkout.counter, await a_charge(quiet, "ask")
        await dies_while_the_channel_is_asked(quiet, lambda: counter.take(call))
        quiet.clock.move(seconds=LEASE_SECONDS + 1)
        again = msgspec.structs.replace(call, nonce="till-repeats")
        with pytest.raises(StillRunning) as refusal:
            await counter.take(again)
        assert refusal.value.retry_after_seconds == 1
        [(payment_id,)] = await rows(quiet, ONLY)
        payment = (await quiet.house.payments.get(payment_id, merchant_id=None)).payment
        assert (payment.state, payment.closing_as) == (PaymentState.PROCESSING, None)
        quiet.clock.move(seconds=LEASE_SECONDS + 1)
        heard = await counter.take(msgspec.structs.replace(call, nonce="till-repeats-again"))
        assert heard.status == 202
        assert told(heard).state in (ChargeState.CONFIRMING, ChargeState.WAITING_FOR_PAYER)
        last = await counter.take(msgspec.structs.replace(call, nonce="and-again"))
        assert (last.status, last.body, last.replayed) == (heard.status, heard.body, True)


async def test_a_cancel_is_told_in_the_same_bytes_however_the_charge_goes_on(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        counter, call = quiet.house.checkout.counter, await a_charge(quiet, "ask")
        charge = told(await counter.take(call))
        assert charge.state is ChargeState.WAITING_FOR_PAYER
        await quiet.control("alipay").switch_on(Fault.LOST_REPLY)
        wish = CancelCharge(payment_id=charge.id, merchant_id=quiet.merchant_id)
        cancel = Call(caller=call.caller, action="counter.cancel", key="c-1", request=wish, command=wish)
        first = await counter.cancel(cancel)
        assert (first.status, told(first).state) == (202, ChargeState.CONFIRMING)
        await quiet.control("alipay").switch_off()
        await quiet.janitor_comes()
        assert (await counter.charge(charge.id, merchant_id=quiet.merchant_id)).state is ChargeState.CANCELED
        again = await counter.cancel(msgspec.structs.replace(cancel, nonce="again"))
        assert (again.status, again.body, again.replayed) == (first.status, first.body, True)


async def test_a_charge_is_refused_only_when_no_other_channel_can_be_asked(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        heard = told(await quiet.house.checkout.counter.take(await a_charge(quiet, "poor")))
        assert heard.state is ChargeState.REFUSED
        story = await quiet.house.payments.get(heard.id, merchant_id=None)
        assert [each.state for each in story.attempts] == [AttemptState.FAILED]
        open_still = msgspec.structs.replace(story.payment, state=PaymentState.PROCESSING, ended_at=None)
        assert charge_state(open_still, story.attempts) is ChargeState.CONFIRMING


async def test_what_a_payer_spends_at_midnight_counts_and_is_given_back_on_one_day(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path) as quiet:
        now = quiet.clock.now()
        midnight = now.replace(hour=16, minute=0, second=0, microsecond=0)
        midnight += timedelta(days=midnight < now)
        quiet.clock.move(seconds=(midnight - now).total_seconds() - 1)
        codes, house = quiet.house.checkout.static_codes, quiet.house
        code = await _a_code(quiet)
        merchant = await house.merchants.get(quiet.merchant_id)
        wish = codes.visit_of(code, merchant, visit=None, amount_minor=700, payer=("alipay", "2088"))
        quiet.clock.move(seconds=2)
        caller = Caller(owner=quiet.merchant_id, actor="key:test")
        call = Call(caller=caller, action="open", key="o-1", request=wish.code, command=wish)
        assert (await codes.open(call)).status == 201
        day = midnight.date().isoformat()
        assert await rows(quiet, DAYS) == [(day, 700)], "the day on which the payer came, in China"
        quiet.clock.move(minutes=20)
        await house.payments.janitor.expire_due()
        await quiet.news_is_heard()
        assert await rows(quiet, DAYS) == [(day, 0)]


async def test_a_session_that_no_wallet_takes_is_over_and_nobody_can_pay_it(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        house = quiet.house
        session = new_session(
            quiet.merchant_id,
            origin="api",
            amount_minor=700,
            currency="CNY",
            now=quiet.clock.now(),
            description="Tea",
            ui=SessionUi.APP,
            methods=("wechat_pay",),
        )
        merchant = await house.merchants.get(quiet.merchant_id)
        command = OpenSession(session=session, merchant=merchant, means=Means(product=Product.APP))
        caller = Caller(owner=quiet.merchant_id, actor="key:test")
        call = Call(caller=caller, action="open", key="s-1", request=session, command=command)
        assert (await house.checkout.sessions.create(call)).status == 402
        [found] = await house.checkout.sessions.page(quiet.merchant_id, state=None, before=None, limit=2)
        story = await house.payments.get(found.payment_id or "", merchant_id=None)
        assert (story.payment.state, story.attempts) == (PaymentState.CANCELED, [])
        await quiet.news_is_heard()
        assert (await house.checkout.sessions.get(found.id, merchant_id=None)).state is SessionState.EXPIRED


async def _a_code(quiet: QuietHouse) -> StaticCode:
    code = StaticCode(
        id=new_id("cod"),
        merchant_id=quiet.merchant_id,
        code="abcdefgh234567ab",
        name="Door",
        created_at=quiet.clock.now(),
    )
    call = Call(
        caller=Caller(owner=quiet.merchant_id, actor="key:test"),
        action="make",
        key="m-1",
        request=code,
        command=code,
    )
    assert (await quiet.house.checkout.static_codes.create(call)).status == 201
    return code
