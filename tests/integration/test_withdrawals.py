"""Does a withdrawal reach the card or come back, once, with its fee, whatever its channel says?"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.connectors.unionpay.values import write_number, write_time
from tael.channels.port import InboundNotice
from tael.funding.usecases.withdrawals import withdraw
from tael.simulators.base.faults import Fault
from tael.simulators.unionpay.keys import MERCHANT, prepare_keys
from tael.simulators.unionpay.messages import Seal, write_form
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import CARD, CLOSED, SLOW, FundingScene, Somebody, funding_scene, read


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


def withdrawing(who: Somebody) -> str:
    """What somebody has reserved."""
    return f"user:{who.user_id}:withdrawing"


async def test_a_withdrawal_is_quoted_reserved_paid_out_and_its_fee_is_earned(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    earned = await scene.on("platform:fees")
    quote = read(await scene.quote(ann, 15_000))
    assert (quote["fee_minor"], quote["arrives_minor"], quote["arrives_within_seconds"]) == (15, 14_985, 7200)
    assert await scene.balance(ann) == 50_000, "a quote reserves nothing"

    made = read(await scene.house.funding.withdraw(scene.withdraw_call(ann, quote["id"])))
    assert made["state"] == "processing"
    assert await scene.balance(ann) == 35_000
    assert await scene.on(withdrawing(ann)) == -15_000
    seen = await scene.control("unionpay").payout(made["payout_id"])
    assert (seen.payee, seen.amount_minor, seen.sent_count) == ("622202*********0018", 14_985, 1)

    await scene.time_passes()
    done = await scene.withdrawal(ann, made["id"])
    assert done.state == "succeeded"
    assert await scene.on(withdrawing(ann)) == 0
    assert await scene.on("platform:fees") == earned - 15
    assert await scene.balance(ann) == 35_000
    assert CARD not in str(await scene.rows(b"select p::text from payouts.payouts p"))
    assert CARD not in str(await scene.rows(b"select said, heard from channels.exchanges"))


async def test_what_a_bank_refuses_is_in_the_wallet_again_with_the_reason(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann, CLOSED)
    await scene.funded(ann, 50_000)
    earned = await scene.on("platform:fees")
    made = await scene.withdraw(ann, 15_000)
    await scene.time_passes()
    failed = await scene.withdrawal(ann, made["id"])
    assert (failed.state, failed.reason) == ("failed", "66")
    assert await scene.balance(ann) == 50_000
    assert await scene.on("platform:fees") == earned
    assert await scene.on(withdrawing(ann)) == 0
    counted = await scene.rows(
        b"select used_minor from wallets.counters where kind = 'withdrawal' and user_id = %(id)s",
        id=ann.user_id,
    )
    assert counted == [(0,)], "it has used nothing of the day's limit"


async def test_what_comes_back_days_later_is_in_the_wallet_with_the_fee(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    earned = await scene.on("platform:fees")
    made = await scene.withdraw(ann, 15_000)
    await scene.time_passes()
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"

    await scene.control("unionpay").act_on_payout("payout_return", made["payout_id"])
    await _heard(scene, made["payout_id"])
    await scene.time_passes(seconds=86_400)
    await scene.time_passes()
    back = await scene.withdrawal(ann, made["id"])
    assert (back.state, back.reason) == ("returned", "66")
    assert await scene.balance(ann) == 50_000
    assert await scene.on("platform:fees") == earned
    assert await scene.on(withdrawing(ann)) == 0


async def test_r3_an_unknown_withdrawal_is_never_guessed_and_settles_when_the_channel_heals(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    await scene.control("unionpay").switch_on(Fault.LOST_REPLY)
    made = await scene.withdraw(ann, 15_000)
    assert made["state"] == "processing"
    for _ in range(3):
        await scene.time_passes(seconds=600)
    assert (await scene.withdrawal(ann, made["id"])).state == "processing"
    assert await scene.on(withdrawing(ann)) == -15_000
    await scene.control("unionpay").switch_off()
    await scene.time_passes(seconds=3600)
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"
    assert (await scene.control("unionpay").summary()).payouts_sent_more_than_once == 0


async def test_while_the_vault_is_locked_away_the_money_waits_and_goes_later(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    before = (await scene.control("unionpay").summary()).payouts
    destinations = await scene.vault.vault.destinations()
    key = next(each.origin for each in destinations if each.channel == "unionpay")
    await scene.vault.vault.disallow("unionpay", key, actor="operator:test")
    made = await scene.withdraw(ann, 15_000)
    for _ in range(2):
        await scene.time_passes(seconds=600)
    assert (await scene.withdrawal(ann, made["id"])).state == "processing"
    assert (await scene.control("unionpay").summary()).payouts == before
    pem = scene.simulators["unionpay"].credentials["encryption_certificate"].encode()
    await scene.vault.vault.allow_key("unionpay", pem, actor="operator:test")
    await scene.time_passes(seconds=3600)
    await scene.time_passes(seconds=3600)
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"


async def test_r4_a_withdrawal_asked_for_twenty_times_is_one(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    quote = read(await scene.quote(ann, 15_000))
    answers = await asyncio.gather(
        *(scene.house.funding.withdraw(scene.withdraw_call(ann, quote["id"], key="w1")) for _ in range(20)),
        return_exceptions=True,
    )
    given = [each for each in answers if not isinstance(each, BaseException) and each.status == 201]
    again = await scene.house.funding.withdraw(scene.withdraw_call(ann, quote["id"], key="w1"))
    assert {answer.body for answer in given} == {again.body}
    other_key = await scene.house.funding.withdraw(scene.withdraw_call(ann, quote["id"], key="w2"))
    assert read(other_key)["code"] == "funding.quote_over", "a quote is used once, whatever the key"
    await scene.time_passes()
    assert await scene.balance(ann) == 35_000
    assert await scene.rows(b"select count(*) from payouts.payouts where owner = %(id)s", id=ann.user_id) == [
        (1,)
    ]
    assert (await scene.control("unionpay").payout(read(again)["payout_id"])).sent_count == 1


async def test_r7_ten_withdrawals_at_once_from_money_for_exactly_five(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 5_000)
    quotes = [read(await scene.quote(ann, 1_000))["id"] for _ in range(10)]
    answers = await asyncio.gather(
        *(scene.house.funding.withdraw(scene.withdraw_call(ann, quote)) for quote in quotes)
    )
    said = [read(answer) for answer in answers]
    assert sorted(str(each.get("code") or each["state"]) for each in said) == sorted(
        ["processing"] * 5 + ["wallets.not_enough"] * 5
    )
    await scene.time_passes()
    assert await scene.balance(ann) == 0
    sent = await scene.rows(b"select count(*) from payouts.payouts where owner = %(id)s", id=ann.user_id)
    assert sent == [(5,)]


async def test_r1_a_process_that_dies_after_reserving_loses_nothing(scene: FundingScene) -> None:
    """The rows are committed, the process is gone: janitors of others finish it, once."""
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    quote = read(await scene.quote(ann, 15_000))
    wish = scene.withdraw_call(ann, quote["id"]).command
    ground = scene.house.funding._ground
    person = await ground.person(ann.user_id)
    async with scene.house.database.transaction() as tx:
        made = await withdraw(tx, ground, wish, person=person)
    for _ in range(3):
        await scene.time_passes()
    assert (await scene.withdrawal(ann, made.id)).state == "succeeded"
    assert (await scene.control("unionpay").payout(made.payout_id)).sent_count == 1


async def test_the_limits_of_a_day_the_balance_and_the_quotes_time_are_kept(scene: FundingScene) -> None:
    ann = await scene.somebody()
    assert read(await scene.quote(ann, 1_000))["code"] == "funding.no_such_bank_card"
    await scene.card(ann)
    await scene.funded(ann, 30_000)
    assert read(await scene.quote(ann, 5_000_001))["code"] == "funding.limit_reached"
    assert read(await scene.quote(ann, 99))["code"] == "funding.malformed"
    assert read(await scene.quote(ann, 30_001))["code"] == "wallets.not_enough", "before anybody confirms it"
    assert (await scene.withdraw(ann, 20_001))["code"] == "wallets.confirmation_missing"
    for _ in range(10):
        assert (await scene.withdraw(ann, 100))["state"] == "processing"
    assert read(await scene.quote(ann, 100))["code"] == "funding.limit_reached"
    scene.clock.move(hours=25)
    quote = read(await scene.quote(ann, 18_500))
    scene.clock.move(minutes=11)
    late = await scene.house.funding.withdraw(scene.withdraw_call(ann, quote["id"]))
    assert read(late)["code"] == "funding.quote_over"


async def test_money_on_its_way_waits_for_the_banks_people_and_arrives(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann, SLOW)
    await scene.funded(ann, 50_000)
    made = await scene.withdraw(ann, 15_000)
    await scene.time_passes(seconds=600)
    assert (await scene.withdrawal(ann, made["id"])).state == "processing"
    await scene.control("unionpay").act_on_payout("payout_succeed", made["payout_id"])
    await scene.time_passes(seconds=600)
    assert (await scene.withdrawal(ann, made["id"])).state == "succeeded"


async def _heard(scene: FundingScene, payout_id: str) -> None:
    """The channel tells by itself, in a notice that it has signed, over its one address for all notices."""
    [leg] = (await scene.house.payouts.get(payout_id)).legs
    fields = {
        "merId": MERCHANT,
        "orderId": str(write_number(payout_id)),
        "txnTime": write_time(leg.begun_at),
        "txnType": "12",
        "respCode": "66",
        "respMsg": "refused",
        "txnAmt": "14985",
        "currencyCode": "156",
        "queryId": "202611231234567890123",
    }
    signed = Seal(prepare_keys(scene.simulators["unionpay"].home)).seal(fields)
    notice = InboundNotice(headers={}, query="", body=write_form(signed))
    reply = await scene.house.payments.hear_notice("unionpay", notice)
    assert reply.status == 200, reply.body
    [leg] = (await scene.house.payouts.get(payout_id)).legs
    assert leg.doubted_at is not None, "believed only when it is asked"
    forged = InboundNotice(headers={}, query="", body=write_form({**signed, "respCode": "00"}))
    assert (await scene.house.payments.hear_notice("unionpay", forged)).status == 400
