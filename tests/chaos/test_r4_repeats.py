"""R4: does a request have one effect and one answer, however often and wherever it is repeated?"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from tael.foundation.ids import new_id
from tael.testing.books import booked_payments, booked_refunds, check_books, until_settled
from tael.testing.cluster import Part, Tenancy
from tael.testing.platform import Reply
from tests.chaos.persistence import TRANSIENT, is_definite

REPEATS = 20
AT_ONCE = 256
WANTED = {"amount_minor": 1280, "currency": "CNY", "reference": "R4", "description": "Tea"}


@pytest.fixture(params=[20, pytest.param(50, marks=pytest.mark.drill)])
def count(request: pytest.FixtureRequest) -> int:
    """Of keys under which the channel is asked for something."""
    return int(request.param)


async def test_r4_sixty_keys_have_one_payment_each(tenancy: Tenancy) -> None:
    """The short form, on every change."""
    await repeat_and_check(tenancy, count=60)


@pytest.mark.drill
async def test_r4_a_thousand_keys_have_one_payment_each(tenancy: Tenancy) -> None:
    """The bar itself."""
    await repeat_and_check(tenancy, count=1000)


async def repeat_and_check(tenancy: Tenancy, *, count: int) -> None:
    """20 repeats of each key at once, over two processes; again after the API and the database died."""
    keys = [new_id("key") for _ in range(count)]
    before = len(await booked_payments(tenancy.house))
    answers = await _all_at_once(
        [_posting(tenancy, "/v1/payments", WANTED, key) for key in keys for _ in range(REPEATS)]
    )
    first_answers = {}
    for place, key in enumerate(keys):
        first_answers[key] = _one_answer(answers[place * REPEATS : (place + 1) * REPEATS], status=201)
    assert len({answer.body["id"] for answer in first_answers.values()}) == count
    assert len(await booked_payments(tenancy.house)) == before + count

    for part in (Part.API, Part.EVERYTHING, Part.POSTMASTER):
        assert tenancy.cluster.kill(part)
        again = await _all_at_once([_posting(tenancy, "/v1/payments", WANTED, key) for key in keys[:100]])
        for key, answer in zip(keys, again, strict=False):
            assert (answer.status, answer.raw) == (201, first_answers[key].raw)
            assert _replayed(answer)
    assert len(await booked_payments(tenancy.house)) == before + count


async def test_r4_another_request_under_a_used_key_is_refused(tenancy: Tenancy) -> None:
    """The refusal says which field differs, and what the key was used for."""
    key = new_id("key")
    payment = (await tenancy.merchant.post("/v1/payments", WANTED, key=key)).body
    other = await tenancy.merchant.post("/v1/payments", WANTED | {"amount_minor": 9}, key=key)
    assert (other.status, other.body["code"]) == (409, "idempotency_key_reused")
    assert other.body["field"] == "Idempotency-Key"
    assert "amount_minor" in other.body["detail"]
    assert payment["id"] in other.body["detail"]
    elsewhere = await tenancy.merchant.post(f"/v1/payments/{payment['id']}/close", {}, key=key)
    assert (elsewhere.status, elsewhere.body["code"]) == (409, "idempotency_key_reused")
    assert "payments.create" in elsewhere.body["detail"]


async def test_r4_repeated_attempts_open_one_order(tenancy: Tenancy, count: int) -> None:
    """Each payment has one attempt, and every repeat hears of it in the same bytes."""
    payments = await _payments(tenancy, count)
    answers = await _repeat_each(tenancy, [f"{_of(payment)}/attempts" for payment in payments], _ATTEMPT)
    booked = await booked_payments(tenancy.house)
    for payment, answer in zip(payments, answers, strict=True):
        assert booked[payment["id"]].orders == [answer.body["id"]]


async def test_r4_repeated_payments_with_their_attempt_open_one_order_each(
    tenancy: Tenancy, count: int
) -> None:
    """Payment and attempt are one call: one payment, one order at the channel, the same bytes for every repeat."""
    paths = ["/v1/payments"] * count
    answers = await _repeat_each(tenancy, paths, WANTED | {"attempt": _ATTEMPT})
    booked = await booked_payments(tenancy.house)
    for answer in answers:
        assert booked[answer.body["id"]].orders == [answer.body["attempt"]["id"]]


async def test_r4_repeated_closes_end_a_payment_once(tenancy: Tenancy, count: int) -> None:
    """A code is live at the channel; 20 closes at once give one answer."""
    payments = await _payments(tenancy, count)
    await _all_at_once(
        [_posting(tenancy, f"{_of(each)}/attempts", _ATTEMPT, new_id("key")) for each in payments]
    )
    for answer in await _repeat_each(tenancy, [f"{_of(payment)}/close" for payment in payments], {}):
        assert (answer.status, answer.body["state"]) == (200, "canceled")


async def test_r4_repeated_refunds_give_money_back_once(tenancy: Tenancy, count: int) -> None:
    """Each key makes one refund, here and at the channel; the books agree."""
    payments = await _payments(tenancy, count)
    attempts = await _all_at_once(
        [_posting(tenancy, f"{_of(each)}/attempts", _ATTEMPT, new_id("key")) for each in payments]
    )
    for attempt in attempts:
        await tenancy.control.pay(attempt.body["action"]["code_url"])
    for payment in payments:
        await tenancy.merchant.payment_once(payment["id"], "captured")
    answers = await _repeat_each(
        tenancy, [f"{_of(payment)}/refunds" for payment in payments], {"amount_minor": 100}
    )
    refunds = await booked_refunds(tenancy.house)
    for payment, answer, attempt in zip(payments, answers, attempts, strict=True):
        ours = [refund.id for refund in refunds.values() if refund.payment_id == payment["id"]]
        theirs = [each.refund_number for each in (await tenancy.control.order(attempt.body["id"])).refunds]
        assert ours == theirs == [answer.body["id"]]
    await until_settled(tenancy.house, seconds=30)
    await check_books(tenancy.house, await tenancy.control.summary())


_ATTEMPT = {"channel": "alipay"}


def _of(payment: Any) -> str:
    return f"/v1/payments/{payment['id']}"


async def _payments(tenancy: Tenancy, count: int) -> list[Any]:
    return [await tenancy.merchant.create_payment() for _ in range(count)]


async def _repeat_each(tenancy: Tenancy, paths: Sequence[str], request: object) -> list[Reply]:
    """Every path is posted to 20 times at once under one key; gives the one answer of each."""
    keys = [new_id("key") for _ in paths]
    answers = await _all_at_once(
        [
            _posting(tenancy, path, request, key)
            for path, key in zip(paths, keys, strict=True)
            for _ in range(REPEATS)
        ]
    )
    places = range(0, len(answers), REPEATS)
    return [_one_answer(answers[place : place + REPEATS], status=None) for place in places]


def _one_answer(answers: Sequence[Reply], *, status: int | None) -> Reply:
    """The answer that all repeats heard, byte for byte; all but the first know that they are repeats."""
    assert len({(answer.status, answer.raw) for answer in answers}) == 1, {answer.raw for answer in answers}
    assert sum(not _replayed(answer) for answer in answers) == 1
    assert status in (None, answers[0].status), answers[0].raw
    return answers[0]


def _replayed(answer: Reply) -> bool:
    return any(name.lower() == "idempotent-replayed" for name in answer.headers)


def _posting(tenancy: Tenancy, path: str, request: object, key: str) -> Callable[[], Awaitable[Reply]]:
    async def post() -> Reply:
        """Post until the answer is definite: the first one may still be at work, or its process has just died."""
        while True:
            try:
                reply = await tenancy.merchant.post(path, request, key=key)
            except TRANSIENT:
                await asyncio.sleep(0.1)
                continue
            assert reply.status != 500, reply.raw
            if is_definite(reply):
                return reply
            await asyncio.sleep(0.1)

    return post


async def _all_at_once(work: Sequence[Callable[[], Awaitable[Reply]]]) -> list[Reply]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def guarded(do: Callable[[], Awaitable[Reply]]) -> Reply:
        async with gate:
            return await do()

    return await asyncio.gather(*(guarded(do) for do in work))
