"""What if a process dies at any step of a charge, a cancel, a session or its end? The till repeats; one order, one answer."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.checkout.api import CancelCharge, EndSession, OpenSession, new_session
from tael.checkout.model import SessionUi
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.idempotency import LEASE_SECONDS, StillRunning
from tael.payments.api import Means
from tael.testing.books import check_books
from tests.integration.payments_scene import QuietHouse, quiet_house
from tests.integration.test_checkout_repeats import a_charge

C = TypeVar("C", bound=msgspec.Struct)
MOST_STEPS = 60
ENDS = {"succeeded", "refused", "canceled", "expired"}


class Died(Exception):
    """The process is no more."""


class MortalClock:
    """The house's own clock, at the n-th look at which the process dies; whoever comes afterwards lives."""

    def __init__(self, quiet: QuietHouse) -> None:
        self._look, self.looks_left, self.struck = quiet.clock.now, -1, False
        quiet.clock.now = self.now  # type: ignore[method-assign]

    def now(self) -> datetime:
        """As the clock says, if nobody dies of it."""
        if self.looks_left == 0:
            self.looks_left, self.struck = -1, True
            raise Died
        self.looks_left -= 1
        return self._look()


async def heard(
    quiet: QuietHouse,
    clock: MortalClock,
    verb: Callable[[Call[C]], Awaitable[Answer]],
    call: Call[C],
    *,
    at: int,
) -> tuple[Answer, bool]:
    """What a till hears that repeats its request until it has an answer; and whether the process died on the way."""
    clock.looks_left, clock.struck = at, False
    for turn in range(6):
        try:
            answer = await verb(msgspec.structs.replace(call, nonce=f"{call.key}-{turn}"))
        except (Died, StillRunning):
            pass
        else:
            if b"idempotency_in_flight" not in answer.body:
                clock.looks_left = -1
                again = await verb(msgspec.structs.replace(call, nonce=f"{call.key}-again"))
                assert (again.status, again.body, again.replayed) == (answer.status, answer.body, True), at
                return answer, clock.struck
        clock.looks_left = -1
        quiet.clock.move(seconds=LEASE_SECONDS + 1)
    raise AssertionError(f"no answer to {call.key}, whose process died at step {at}")


def asked(quiet: QuietHouse, action: str, key: str, command: C) -> Call[C]:
    caller = Caller(owner=quiet.merchant_id, actor="key:test")
    return Call(
        caller=caller, action=action, key=key, request=msgspec.structs.replace(command), command=command
    )


async def settled(quiet: QuietHouse, payment_id: str) -> Any:
    """The charge, once nobody has to do anything for it."""
    counter = quiet.house.checkout.counter
    for _ in range(8):
        if (await counter.charge(payment_id, merchant_id=quiet.merchant_id)).state in ENDS:
            break
        await quiet.janitor_comes()
        await quiet.house.payments.janitor.expire_due()
    told = await counter.charge(payment_id, merchant_id=quiet.merchant_id)
    assert told.state in ENDS, told
    return told


async def test_a_charge_whose_process_dies_at_any_step_is_one_order_and_one_answer(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        clock, counter = MortalClock(quiet), quiet.house.checkout.counter
        for at in range(MOST_STEPS):
            answer, struck = await heard(
                quiet, clock, counter.take, await a_charge(quiet, "at_once", key=f"till-{at}"), at=at
            )
            assert answer.status in (201, 202, 409), (at, answer.body)
            charges = await counter.charges(quiet.merchant_id, limit=200)
            assert len(charges) == at + 1, "each key has its charge"
            told = await settled(quiet, charges[0].id)
            orders = (await quiet.control("alipay").summary()).orders
            assert orders <= at + 1
            if not struck:
                assert told.state == "succeeded"
                assert at > 5
                break
        await check_books(quiet.house, await quiet.control("alipay").summary())


async def test_a_cancel_whose_process_dies_at_any_step_leaves_nothing_payable(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        clock, counter = MortalClock(quiet), quiet.house.checkout.counter
        for at in range(MOST_STEPS):
            await counter.take(await a_charge(quiet, "ask", key=f"till-{at}"))
            [charge] = await counter.charges(quiet.merchant_id, limit=1)
            wish = CancelCharge(payment_id=charge.id, merchant_id=quiet.merchant_id)
            call = asked(quiet, "counter.cancel", f"cancel-{at}", wish)
            answer, struck = await heard(quiet, clock, counter.cancel, call, at=at)
            assert answer.status in (200, 202), (at, answer.body)
            assert (await settled(quiet, charge.id)).state == "canceled", at
            if not struck:
                assert at > 3
                break
        await check_books(quiet.house, await quiet.control("alipay").summary())


async def test_a_session_whose_process_dies_at_any_step_is_opened_and_ended_once(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with quiet_house(urls, tmp_path, "alipay") as quiet:
        clock, sessions = MortalClock(quiet), quiet.house.checkout.sessions
        merchant = await quiet.house.merchants.get(quiet.merchant_id)
        lived = set[str]()
        for at in range(MOST_STEPS):
            session = new_session(
                merchant.id,
                origin="api",
                amount_minor=500,
                currency="CNY",
                now=quiet.clock.now(),
                description="Tea",
                ui=SessionUi.JSAPI,
                methods=("alipay",),
            )
            means = Means(product=Product.JSAPI, payer_id="2088102146225135")
            opening = OpenSession(session=session, merchant=merchant, means=means)
            opened, struck = await heard(
                quiet, clock, sessions.create, _call(quiet, f"open-{at}", session, opening), at=at
            )
            assert opened.status in (201, 202), (at, opened.body)
            found = await sessions.page(merchant.id, state=None, before=None, limit=200)
            assert (len(found), found[0].id) == (at + 1, session.id)
            lived |= set() if struck else {"open"}
            wish = EndSession(session_id=session.id, merchant_id=merchant.id)
            ended, struck = await heard(
                quiet, clock, sessions.expire, asked(quiet, "end", f"end-{at}", wish), at=at
            )
            assert ended.status in (200, 202), (at, ended.body)
            await quiet.janitor_comes()
            await quiet.news_is_heard()
            assert (await sessions.get(session.id, merchant_id=None)).state == "expired", at
            lived |= set() if struck else {"end"}
            if lived == {"open", "end"}:
                break
        assert at > 5
        await check_books(quiet.house, await quiet.control("alipay").summary())


def _call(quiet: QuietHouse, key: str, request: msgspec.Struct, command: C) -> Call[C]:
    caller = Caller(owner=quiet.merchant_id, actor="key:test")
    return Call(caller=caller, action="checkout.create", key=key, request=request, command=command)
