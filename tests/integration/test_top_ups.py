"""Does money that is topped up come into the wallet, once and exactly, and does what goes back leave it?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.db import Query
from tael.foundation.proposals import SameEyes
from tael.funding.api import RefundTopUp
from tael.funding.model import PLATFORM_PAYEE
from tael.funding.usecases.top_up_refunds import begin_refund
from tael.merchants.model import Tier, flat_rate
from tael.merchants.schemas import ChangeFeePlan, Decide, MerchantProposal, Propose
from tael.messages.model import Message
from tael.payments.events import PaymentCaptured
from tael.simulators.base.faults import Fault
from tael.testing.databases import fresh_database
from tael.testing.platform import install
from tael.testing.simulators import running_simulator
from tests.integration.funding_scene import FundingScene, Somebody, funding_scene, read


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


async def test_what_is_paid_for_a_top_up_is_in_the_wallet_once(scene: FundingScene) -> None:
    ann = await scene.somebody()
    begun = await scene.top_up(ann, 50_000)
    assert (begun["state"], begun["action"]["type"]) == ("waiting", "show_code")
    await scene.control("alipay").pay(begun["action"]["code_url"])
    await scene.time_passes()
    shown = await scene.house.funding.get_top_up(begun["id"], user_id=ann.user_id)
    assert (shown.state, shown.credited_minor, shown.action) == ("credited", 50_000, None)
    assert await scene.balance(ann) == 50_000
    assert await scene.left_with_payee() == 0, "nothing stays with the platform's payee"

    await _tell_again(scene, begun["payment_id"])
    assert await scene.balance(ann) == 50_000, "told twice, it is there once"


@pytest.mark.parametrize(
    ("language", "top_up", "withdrawal"), [("zh-CN", "充值", "提现"), ("en", "Top-up", "Withdrawal")]
)
async def test_others_pages_and_statements_name_it_in_its_users_language(
    scene: FundingScene, language: str, top_up: str, withdrawal: str
) -> None:
    ann = await scene.somebody()
    async with scene.house.database.transaction() as tx:
        await scene.house.people.messages.address(tx, ann.user_id, language=language)
    begun = await scene.funded(ann, 20_000)
    [attempt] = (await scene.house.payments.get(begun["payment_id"], merchant_id=None)).attempts
    assert (await scene.control("alipay").order(attempt.id)).subject == top_up
    await scene.card(ann)
    made = await scene.withdraw(ann, 10_000)
    assert (await scene.house.payouts.get(made["payout_id"])).payout.statement == withdrawal


async def test_r4_a_top_up_asked_for_twenty_times_is_one_payment_and_one_answer(scene: FundingScene) -> None:
    ann = await scene.somebody()
    answers = await asyncio.gather(
        *(scene.house.funding.top_up(scene.top_up_call(ann, 10_000, key="k1")) for _ in range(20)),
        return_exceptions=True,
    )
    given = [each for each in answers if not isinstance(each, BaseException) and each.status == 201]
    again = await scene.house.funding.top_up(scene.top_up_call(ann, 10_000, key="k1"))
    assert {answer.body for answer in given} == {again.body}
    assert again.replayed
    other = await scene.house.funding.top_up(scene.top_up_call(ann, 10_001, key="k1"))
    assert other.status in (409, 422)
    made = b"""select count(*), count(p.id) from funding.top_ups t join payments.payments p on p.reference = t.id
        where t.user_id = %(id)s"""
    assert await scene.rows(made, id=ann.user_id) == [(1, 1)]


async def test_a_top_up_that_nobody_pays_fails_and_what_comes_late_goes_back(scene: FundingScene) -> None:
    ann = await scene.somebody()
    begun = await scene.top_up(ann, 20_000)
    await scene.time_passes(seconds=1200)
    await scene.time_passes()
    shown = await scene.house.funding.get_top_up(begun["id"], user_id=ann.user_id)
    assert (shown.state, shown.reason) == ("failed", "expired")
    assert await scene.balance(ann) == 0


async def test_a_top_up_goes_back_to_where_it_came_from_and_out_of_the_wallet(scene: FundingScene) -> None:
    ann = await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    answer = await scene.refund(ann, begun["id"], 10_000, key="r1")
    assert answer.status in (201, 202), answer.body
    assert await scene.balance(ann) == 5_000
    for _ in range(3):
        await scene.time_passes()
    assert await _refunds(scene, ann) == [("succeeded", True)]
    order = await scene.control("alipay").order(await _order_of(scene, begun["payment_id"]))
    assert (order.refunded_minor, len(order.refunds)) == (10_000, 1)
    again = await scene.refund(ann, begun["id"], 10_000, key="r1")
    assert read(again)["id"] == read(answer)["id"]
    assert await scene.balance(ann) == 5_000
    too_much = await scene.refund(ann, begun["id"], 5_001)
    assert read(too_much)["code"] == "funding.top_up_not_refundable"
    assert await scene.left_with_payee() == 0


async def test_a_refund_of_a_top_up_that_its_channel_refuses_is_in_the_wallet_again(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    await scene.control("alipay").switch_on(Fault.BALANCE_NOT_ENOUGH)
    await scene.refund(ann, begun["id"])
    for _ in range(3):
        await scene.time_passes()
    await scene.control("alipay").switch_off()
    assert await _refunds(scene, ann) == [("failed", True)]
    assert await scene.balance(ann) == 15_000
    assert await scene.left_with_payee() == 0
    shown = await scene.house.funding.get_top_up(begun["id"], user_id=ann.user_id)
    assert shown.refunded_minor == 0
    newest = (await _told(scene, ann))[0]
    assert (newest.template, "is in your balance" in newest.text) == ("top_up_refund_failed", True)


async def test_a_refund_that_nobody_lived_to_send_is_sent_by_the_janitor(scene: FundingScene) -> None:
    ann = await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    wish = RefundTopUp(
        id="tpr_1",
        top_up_id=begun["id"],
        user_id=ann.user_id,
        login_id=ann.login_id,
        amount_minor=None,
        confirmation_id=None,
    )
    async with scene.house.database.transaction() as tx:
        await begin_refund(tx, scene.house.funding._ground, wish)
    for _ in range(3):
        await scene.time_passes()
    assert await _refunds(scene, ann) == [("succeeded", True)]
    assert await scene.balance(ann) == 0


async def test_limits_of_a_day_count_what_was_begun_and_not_what_failed(scene: FundingScene) -> None:
    ann = await scene.somebody()
    assert (await scene.top_up(ann, 5_000_001))["code"] == "funding.limit_reached"
    assert (await scene.top_up(ann, 99))["code"] == "funding.malformed"
    for _ in range(2):
        assert (await scene.top_up(ann, 5_000_000))["state"] == "waiting"
    assert (await scene.top_up(ann, 100))["code"] == "funding.limit_reached"
    await scene.time_passes(seconds=1200)
    await scene.time_passes()
    assert (await scene.top_up(ann, 100))["state"] == "waiting", "nobody paid those"


async def test_nobody_tops_up_with_a_balance_or_with_what_is_not_there(scene: FundingScene) -> None:
    ann = await scene.somebody()
    assert (await scene.top_up(ann, 10_000, method="balance"))["code"] == "funding.malformed"
    assert (await scene.top_up(ann, 10_000, method="pigeon"))["code"] == "funding.malformed"
    assert await scene.house.funding.top_ups(ann.user_id, before=None, limit=10) == []


async def _tell_again(scene: FundingScene, payment_id: str) -> None:
    """The courier delivers at least once: here is the fact once more."""
    fact = PaymentCaptured(
        object_id=payment_id,
        happened_at=scene.clock.now(),
        merchant_id=PLATFORM_PAYEE,
        attempt_id="att_1",
        amount_minor=50_000,
        fee_minor=0,
        currency="CNY",
    )
    async with scene.house.database.transaction() as tx:
        await scene.house.funding.hear_payments(tx, [fact])


async def _refunds(scene: FundingScene, who: Somebody) -> list[Any]:
    text = b"select state, sent_at is not null from funding.top_up_refunds where user_id = %(id)s"
    return await scene.rows(text, id=who.user_id)


async def _order_of(scene: FundingScene, payment_id: str) -> str:
    [(order,)] = await scene.rows(
        b"select id from payments.attempts where payment_id = %(id)s", id=payment_id
    )
    return str(order)


async def test_a_card_that_is_bound_tops_up_in_one_go_and_its_number_stays_in_the_vault(
    scene: FundingScene, tmp_path: Path
) -> None:
    async with running_simulator("stripe", tmp_path / "stripe", clock=scene.clock) as cards:
        await install(scene.house, "cards", cards)
        await scene.vault.vault.allow("cards", cards.url, actor="operator:test")
        ann = await scene.somebody()
        card = await scene.card(ann, "4242424242424242")
        done = await scene.top_up(ann, 30_000, method="card", product=Product.CARD, bank_card_id=card)
        await scene.time_passes()
        shown = await scene.house.funding.get_top_up(done["id"], user_id=ann.user_id)
        assert (shown.state, shown.bank_card_id, shown.action) == ("credited", card, None)
        assert await scene.balance(ann) == 30_000
        assert "4242424242424242" not in str(await scene.rows(b"select said, heard from channels.exchanges"))

        declined = await scene.card(ann, "4000000000000002")
        at_once = await scene.top_up(ann, 20_000, method="card", product=Product.CARD, bank_card_id=declined)
        await scene.time_passes()
        ended = await scene.house.funding.get_top_up(at_once["id"], user_id=ann.user_id)
        assert (ended.state, ended.reason) == ("failed", "declined")
        newest = (await scene.house.people.messages.list_kept(ann.user_id, limit=20))[0]
        assert (newest.template, "the bank declined the card" in newest.text) == ("top_up_failed", True)
        assert await scene.balance(ann) == 30_000


async def test_what_is_paid_from_a_wallet_after_all_goes_back_there_and_fills_no_other(
    scene: FundingScene,
) -> None:
    """At the payment's own page somebody chose a method that tops up nothing: it is no way round the limits of transfers."""
    ann = await scene.somebody()
    begun = await scene.top_up(ann, 20_000)
    await scene.control("alipay").pay(begun["action"]["code_url"])
    scene.clock.move(seconds=60)
    await scene.house.payments.janitor.inquire_due()
    async with scene.house.database.transaction() as tx:
        as_if = Query("as_if", b"update payments.payments set method = 'balance' where id = %(id)s")
        await tx.run(as_if, id=begun["payment_id"])
    for _ in range(3):
        await scene.time_passes()
    shown = await scene.house.funding.get_top_up(begun["id"], user_id=ann.user_id)
    assert (shown.state, shown.reason) == ("failed", "method_refused")
    assert await scene.balance(ann) == 0
    assert await scene.left_with_payee() == 0
    order = await scene.control("alipay").order(await _order_of(scene, begun["payment_id"]))
    assert order.refunded_minor == 20_000
    told = await _told(scene, ann)
    assert {each.template for each in told} == {"top_up_returned", "top_up_refunded"}
    assert not any("Nothing was taken" in each.text for each in told)


async def _told(scene: FundingScene, who: Somebody) -> Sequence[Message]:
    """What somebody was told, the newest first."""
    return await scene.house.people.messages.list_kept(who.user_id, limit=20)


async def test_what_a_top_up_costs_stands_in_the_payees_terms_and_comes_back_with_it(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    await scene.top_up(ann, 100)
    payee = (await scene.house.merchants.find([PLATFORM_PAYEE]))[PLATFORM_PAYEE]
    await scene.house.merchants.mirror(payee, flat_rate(100))
    earned = await scene.on("platform:fees")
    begun = await scene.funded(ann, 10_000)
    assert await scene.balance(ann) == 9_900
    assert await scene.on("platform:fees") == earned - 100
    assert await scene.left_with_payee() == 0
    await scene.refund(ann, begun["id"])
    for _ in range(3):
        await scene.time_passes()
    assert await _refunds(scene, ann) == [("succeeded", True)]
    assert await scene.balance(ann) == 99, "the fee on what went back"
    assert await scene.on("platform:fees") == earned - 1
    assert await scene.left_with_payee() == 0
    await scene.house.merchants.mirror(payee, flat_rate(0))


async def test_two_people_agree_on_what_top_ups_cost_from_a_moment_on(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.top_up(ann, 100)
    proposal = await _plan(scene, basis_points=50)
    with pytest.raises(SameEyes):
        await _approve(scene, proposal, by="operator:li")
    await _approve(scene, proposal, by="operator:wang")
    await scene.funded(ann, 10_000)
    assert await scene.balance(ann) == 10_000, "what was agreed on begins at its moment"
    scene.clock.move(hours=1)
    await scene.funded(ann, 10_000)
    assert await scene.balance(ann) == 19_950
    await _approve(scene, await _plan(scene, basis_points=0), by="operator:wang")
    scene.clock.move(hours=1)


async def _plan(scene: FundingScene, *, basis_points: int) -> MerchantProposal:
    """Somebody proposes what top-ups cost from the next hour on."""
    change = ChangeFeePlan(
        effective_from=scene.clock.now() + timedelta(hours=1),
        tiers=(Tier(from_minor=0, terms=flat_rate(basis_points)),),
    )
    return await scene.house.merchants.do(
        PLATFORM_PAYEE, Propose(change=change, note="as agreed"), actor="operator:li"
    )


async def _approve(scene: FundingScene, proposal: MerchantProposal, *, by: str) -> None:
    command = Decide(approve=True, digest=proposal.digest, note="seen")
    await scene.house.merchants.do(proposal.id, command, actor=by)
