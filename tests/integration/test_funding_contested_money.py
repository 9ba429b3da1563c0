"""Are limits, balances and books right when many ask at once, keys are used twice, and channels contradict themselves?"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.connectors.unionpay.values import write_number, write_time
from tael.channels.port import InboundNotice, Outcome, OutcomeState
from tael.foundation.calls import Answer
from tael.foundation.money import Money
from tael.funding.usecases import settle
from tael.payouts.errors import PayoutMismatch
from tael.payouts.events import PayoutFailed, PayoutReturned
from tael.simulators.unionpay.keys import MERCHANT, prepare_keys
from tael.simulators.unionpay.messages import Seal, write_form
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import CLOSED, SLOW, FundingScene, Somebody, funding_scene, read

CLIENTS = 64


@pytest.fixture(scope="module")
async def scene(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FundingScene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("funding")) as opened,
    ):
        yield opened


def said(answers: list[Answer]) -> Counter[str]:
    """What each answer comes to."""
    return Counter(str(read(each).get("code") or read(each)["state"]) for each in answers)


async def used(scene: FundingScene, who: Somebody) -> list[Any]:
    """What of the limits for withdrawals somebody has used."""
    return await scene.rows(
        b"select used_minor, used_count from wallets.counters where kind = 'withdrawal' and user_id = %(id)s",
        id=who.user_id,
    )


async def on_its_way(scene: FundingScene, who: Somebody, minor: int = 15_000) -> dict[str, Any]:
    """A withdrawal to a card whose bank's people decide."""
    card = await scene.card(who, SLOW)
    await scene.funded(who, 50_000)
    return await scene.withdraw(who, minor, card)


async def tell(scene: FundingScene, payout_id: str, code: str, **other: str) -> int:
    """The channel speaks by itself, in a notice that it has signed; gives what we answer."""
    [leg] = (await scene.house.payouts.get(payout_id)).legs
    fields = {
        "merId": MERCHANT,
        "orderId": str(write_number(payout_id)),
        "txnTime": write_time(leg.begun_at),
        "txnType": "12",
        "respCode": code,
        "respMsg": "said",
        "txnAmt": "14985",
        "currencyCode": "156",
        "queryId": "202611231234567890123",
        **other,
    }
    signed = Seal(prepare_keys(scene.simulators["unionpay"].home)).seal(fields)
    notice = InboundNotice(headers={}, query="", body=write_form(signed))
    return (await scene.house.payments.hear_notice("unionpay", notice)).status


async def test_of_64_top_ups_at_once_as_many_begin_as_a_day_has(scene: FundingScene) -> None:
    ann = await scene.somebody()
    answers = await asyncio.gather(
        *(scene.house.funding.top_up(scene.top_up_call(ann, 100)) for _ in range(CLIENTS))
    )
    assert said(answers) == {"waiting": 50, "funding.limit_reached": 14}


async def test_of_64_withdrawals_at_once_as_many_are_made_as_a_day_has(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann, SLOW)
    await scene.funded(ann, 19_000)
    quotes = [read(await scene.quote(ann, 200))["id"] for _ in range(CLIENTS)]
    answers = await asyncio.gather(
        *(scene.house.funding.withdraw(scene.withdraw_call(ann, quote)) for quote in quotes)
    )
    assert said(answers) == {"processing": 10, "funding.limit_reached": 54}
    assert await scene.balance(ann) == 17_000
    assert await used(scene, ann) == [(2_000, 10)]


async def test_of_64_refunds_of_one_top_up_no_more_go_back_than_came(scene: FundingScene) -> None:
    ann = await scene.somebody()
    begun = await scene.funded(ann, 10_000)
    await scene.funded(ann, 10_000)
    answers = await asyncio.gather(*(scene.refund(ann, begun["id"], 1_000) for _ in range(CLIENTS)))
    codes = said(answers)
    assert codes["funding.top_up_not_refundable"] == CLIENTS - 10, codes
    for _ in range(3):
        await scene.time_passes()
    assert await scene.balance(ann) == 10_000
    assert await scene.left_with_payee() == 0


async def test_a_key_serves_one_request_of_one_user(scene: FundingScene) -> None:
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    first = await scene.house.funding.top_up(scene.top_up_call(ann, 10_000, key="mine"))
    other = await scene.house.funding.top_up(scene.top_up_call(ann, 10_001, key="mine"))
    assert (other.status, read(other)["code"]) == (409, "idempotency_key_reused")
    his = await scene.house.funding.top_up(scene.top_up_call(bob, 10_000, key="mine"))
    assert (his.status, read(his)["id"] != read(first)["id"]) == (201, True)
    assert read(first)["id"] not in his.body.decode()


@pytest.mark.parametrize("other", [{"txnAmt": "14986"}, {"txnAmt": "0"}, {"currencyCode": "840"}])
async def test_a_notice_of_another_amount_or_currency_decides_nothing(
    scene: FundingScene, other: dict[str, str]
) -> None:
    ann = await scene.somebody()
    made = await on_its_way(scene, ann)
    assert await tell(scene, made["payout_id"], "00", **other) == 400
    await scene.time_passes()
    assert (await scene.withdrawal(ann, made["id"])).state == "processing"
    with pytest.raises(PayoutMismatch):
        await scene.house.payouts.hear(
            "unionpay",
            Outcome(
                state=OutcomeState.SUCCEEDED, payout_number=made["payout_id"], amount=Money(14_985, "USD")
            ),
        )
    await scene.control("unionpay").act_on_payout("payout_fail", made["payout_id"])
    await scene.time_passes(seconds=1000)
    assert (await scene.withdrawal(ann, made["id"])).state == "failed"
    assert await scene.balance(ann) == 50_000


async def test_a_return_that_is_told_64_times_at_once_and_taken_back_gives_the_money_back_once(
    scene: FundingScene,
) -> None:
    """Settled, returned, settled after all, and both told again and again: the wallet has it once."""
    ann = await scene.somebody()
    made = await on_its_way(scene, ann)
    payout_id, lost = made["payout_id"], await scene.on("platform:recoverable")
    control = scene.control("unionpay")
    await control.act_on_payout("payout_succeed", payout_id)
    await scene.time_passes(seconds=600)
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"
    fees = await scene.on("platform:fees")

    await control.act_on_payout("payout_return", payout_id)
    heard = await asyncio.gather(*(tell(scene, payout_id, "66") for _ in range(CLIENTS)))
    assert set(heard) == {200}
    for _ in range(3):
        await scene.time_passes(seconds=3600)
    assert (await scene.withdrawal(ann, made["id"])).state == "returned"
    assert (await scene.balance(ann), await scene.on("platform:fees")) == (50_000, fees + 15)
    assert await used(scene, ann) == [(0, 0)]

    outcome = Outcome(
        state=OutcomeState.SUCCEEDED, payout_number=payout_id, amount=Money(14_985, "CNY"), code="00"
    )
    await scene.house.payouts.hear("unionpay", outcome)
    for _ in range(3):
        await scene.time_passes(seconds=3600)
    assert (await scene.house.payouts.get(payout_id)).payout.state == "returned", "asked, it says so again"
    assert (await scene.balance(ann), await scene.on("platform:recoverable")) == (50_000, lost)
    assert await scene.on(f"user:{ann.user_id}:withdrawing") == 0


async def test_a_fact_that_is_delivered_to_many_at_once_is_drawn_once(scene: FundingScene) -> None:
    ann = await scene.somebody()
    made = await on_its_way(scene, ann)
    failed = PayoutFailed(
        object_id=made["payout_id"],
        happened_at=scene.clock.now(),
        owner=ann.user_id,
        purpose="withdrawal",
        reference=made["id"],
        amount_minor=14_985,
        currency="CNY",
        reason="66",
    )
    came_back = PayoutReturned(**{name: getattr(failed, name) for name in failed.__struct_fields__}, nth=1)
    house = scene.house

    async def hear(fact: settle.PayoutFact) -> None:
        async with house.database.transaction() as tx:
            await house.funding.hear_payouts(tx, [fact])

    await hear(came_back)
    assert (await scene.withdrawal(ann, made["id"])).state == "processing", "it had not arrived"
    await asyncio.gather(*(hear(failed) for _ in range(CLIENTS)))
    await hear(came_back)
    assert (await scene.withdrawal(ann, made["id"])).state == "failed"
    assert await scene.balance(ann) == 50_000
    assert await used(scene, ann) == [(0, 0)]
    await scene.control("unionpay").act_on_payout("payout_fail", made["payout_id"])
    await scene.time_passes(seconds=1000)
    assert await scene.balance(ann) == 50_000


async def test_pages_of_lists_neither_repeat_nor_lose_what_is_there_while_more_is_made(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    await scene.card(ann, CLOSED)
    await scene.funded(ann, 19_000)
    made = [(await scene.withdraw(ann, 100))["id"] for _ in range(6)]
    begun = [(await scene.top_up(ann, 100))["id"] for _ in range(6)]
    funding = scene.house.funding
    seen: list[str] = []
    before: str | None = None
    for _ in range(3):
        page = await funding.withdrawals(ann.user_id, before=before, limit=2)
        before = page[-1].id
        seen += [each.id for each in page]
        await scene.withdraw(ann, 100)
    assert seen == made[::-1]
    page_of_top_ups = await funding.top_ups(ann.user_id, before=begun[3], limit=2)
    assert [each.id for each in page_of_top_ups] == [begun[2], begun[1]]
