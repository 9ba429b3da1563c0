"""What if a channel is slow, changes its word, or takes money back, while another's top-up is on its way? Nobody else pays for it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import OutcomeState
from tael.foundation import outbox
from tael.foundation.money import Money
from tael.funding.errors import NoSuchDebt
from tael.funding.model import PLATFORM_PAYEE, TopUpDebt
from tael.ledger.model import JournalEntry, credit, debit
from tael.payments.events import PaymentReversed
from tael.payments.model import DisputeBooking, DisputeHolding, DisputeMove
from tael.simulators.base.faults import Fault
from tael.testing.databases import fresh_database
from tael.testing.patience import until
from tael.users.api import OpenKind, OpenThing
from tael.wallets import postings, store
from tests.integration.funding_scene import FundingScene, Somebody, funding_scene
from tests.integration.money_desk import MoneyDesk
from tests.integration.test_cli import tael
from tests.integration.waiting import until_somebody_waits


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


async def test_a_refund_that_is_still_under_way_is_not_taken_for_refused(scene: FundingScene) -> None:
    ann, bob = await scene.somebody(), await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    his = await _on_its_way(scene, bob, 20_000)
    attempt_id = await _attempt_of(scene, begun)
    await _sender_dies(scene, scene.refund(ann, begun["id"]), attempt_id, minor=15_000)
    for seconds in (21, 10, 10):
        scene.clock.move(seconds=seconds)
        await scene.house.funding.send_due_refunds()
        assert await scene.balance(ann) == 0, "nobody knows yet that it did not go"
    for _ in range(3):
        await scene.time_passes()
    assert (await scene.balance(ann), await scene.balance(bob)) == (0, 20_000)
    assert (await scene.house.funding.get_top_up(his["id"], user_id=bob.user_id)).state == "credited"
    order = await scene.control("alipay").order(attempt_id)
    assert order.refunded_minor == 15_000


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside another's top-up"])
async def test_a_refund_that_was_refused_and_went_after_all_is_owed_by_its_user(
    scene: FundingScene, *, beside: bool
) -> None:
    ann, bob = await scene.somebody(), await scene.somebody()
    refund_id, attempt_id = await _refused_refund(scene, ann, 15_000)
    if beside:
        await _on_its_way(scene, bob, 20_000)
    before = await scene.on("platform:recoverable")
    desk = MoneyDesk(scene.house, attempt_id=attempt_id)
    await desk.surely_told_of_refund(refund_id, OutcomeState.SUCCEEDED)
    await scene.time_passes()
    assert (await scene.balance(ann), await scene.balance(bob)) == (15_000, 20_000 if beside else 0)
    assert await scene.left_with_payee() == 0
    assert await scene.on("platform:recoverable") - before == 15_000
    [debt] = [each for each in await _debts(scene) if each.user_id == ann.user_id]
    assert (debt.id, debt.amount_minor) == (refund_id, 15_000)
    assert await scene.house.funding.still_open(ann.user_id) == [OpenThing(OpenKind.TOP_UP_DEBT, refund_id)]
    newest = (await scene.house.people.messages.list_kept(ann.user_id, limit=20))[0]
    assert newest.template == "top_up_owed"
    desk.now = scene.clock.now()
    await desk.surely_told_of_refund(refund_id, OutcomeState.FAILED)
    await scene.time_passes()
    assert await scene.balance(ann) == 15_000
    assert await scene.on("platform:recoverable") == before
    assert not [each for each in await _debts(scene) if each.user_id == ann.user_id], "it came back"


async def test_staff_say_how_a_debt_ended_and_it_is_on_record(scene: FundingScene) -> None:
    ann = await scene.somebody()
    refund_id, attempt_id = await _refused_refund(scene, ann, 15_000)
    await MoneyDesk(scene.house, attempt_id=attempt_id).surely_told_of_refund(
        refund_id, OutcomeState.SUCCEEDED
    )
    await scene.time_passes()
    where = {"TAEL_DATABASE_URL": scene.urls.application, "TAEL_HOME": str(scene.settings.home)}
    _, listed, errors = await tael("wallets", "debts", **where)
    assert (refund_id in listed, "150.00" in listed) == (True, True), errors
    await scene.house.funding.debts.end(refund_id, note="paid at the counter", actor="operator:li")
    assert await scene.house.funding.still_open(ann.user_id) == []
    [kept] = await scene.house.funding.debts.of(ann.user_id)
    assert (kept.note, kept.ended_at is not None) == ("paid at the counter", True)
    with pytest.raises(NoSuchDebt):
        await scene.house.funding.debts.end(refund_id, note="again", actor="operator:li")
    text = b"select actor, action from foundation.audit where object_id = %(id)s order by seq desc limit 1"
    assert await scene.rows(text, id=refund_id) == [("operator:li", "funding.end_debt")]


async def test_a_top_up_whose_transfer_a_bank_recalled_is_owed_once_however_often_it_is_told(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    fact = PaymentReversed(
        object_id=begun["payment_id"],
        happened_at=scene.clock.now(),
        merchant_id=PLATFORM_PAYEE,
        attempt_id=await _attempt_of(scene, begun),
        amount_minor=15_000,
        lost_minor=15_000,
        currency="CNY",
    )
    for _ in range(2):
        async with scene.house.database.transaction() as tx:
            await outbox.publish(tx, [fact])
        await scene.time_passes()
    [debt] = await scene.house.funding.debts.of(ann.user_id)
    assert (debt.amount_minor, debt.ended_at) == (15_000, None)
    assert await scene.balance(ann) == 15_000
    told = await scene.house.people.messages.list_kept(ann.user_id, limit=20)
    assert [each.template for each in told].count("top_up_owed") == 1


async def test_a_dispute_of_one_top_up_withholds_nothing_of_another(scene: FundingScene) -> None:
    ann, bob = await scene.somebody(), await scene.somebody()
    begun = await scene.funded(ann, 15_000)
    await _on_its_way(scene, bob, 20_000)
    booking = DisputeBooking(
        dispute_id="dsp_1",
        nth=1,
        payment_id=begun["payment_id"],
        attempt_id=await _attempt_of(scene, begun),
        move=DisputeMove.HELD,
        holding=DisputeHolding(amount_minor=15_000),
    )
    async with scene.house.database.transaction() as tx:
        held = await scene.house.payments.disputed_money.move(tx, "alipay", booking)
    assert (held.charged_minor, held.pending_minor) == (15_000, 0)
    await scene.time_passes()
    assert await scene.balance(bob) == 20_000
    assert await scene.left_with_payee() == 0


async def test_refunds_that_fail_together_do_not_lock_in_the_wrong_order(scene: FundingScene) -> None:
    house = scene.house
    ann, bob = await scene.somebody(), await scene.somebody()
    mine, his = await scene.funded(ann, 15_000), await scene.funded(bob, 15_000)
    await scene.control("alipay").switch_on(Fault.BALANCE_NOT_ENOUGH)
    await scene.refund(ann, mine["id"])
    await scene.refund(bob, his["id"])
    for _ in range(3):
        scene.clock.move(seconds=60)
        await house.payments.janitor.inquire_due()
        await house.payments.janitor.refund_due()
    await scene.control("alipay").switch_off()
    amount = Money(1, "CNY")
    lines = (
        debit(postings.wallet(ann.user_id, "CNY"), amount),
        credit(postings.wallet(bob.user_id, "CNY"), amount),
    )
    entry = JournalEntry(id=f"{ann.user_id}:x", kind="test", reference="x", postings=lines)
    async with house.database.transaction() as tx:
        await store.lock_wallets(tx, [bob.user_id], now=house.clock.now())
        hearing = asyncio.create_task(house.courier.deliver())
        await until_somebody_waits(house.database)
        await house.ledger.post(tx, [entry])
    await hearing
    await scene.time_passes()
    assert (await scene.balance(ann), await scene.balance(bob)) == (14_999, 15_001)
    text = b"select deadlocks from pg_stat_database where datname = current_database()"
    assert await scene.rows(text) == [(0,)]


async def _on_its_way(scene: FundingScene, who: Somebody, minor: int) -> dict[str, Any]:
    """A top-up that is captured, and lies with the platform's payee because nobody has told of it yet."""
    begun = await scene.top_up(who, minor)
    await scene.control("alipay").pay(begun["action"]["code_url"])
    scene.clock.move(seconds=60)
    await scene.house.payments.janitor.inquire_due()
    assert await scene.left_with_payee() == -minor
    return begun


async def _sender_dies(scene: FundingScene, call: Awaitable[Any], attempt_id: str, *, minor: int) -> None:
    """The channel has given it back, and whoever asked it dies before it has said so."""
    control = scene.control("alipay")
    await control.switch_on(Fault.DELAY, order=attempt_id, delay_seconds=5)
    calling = asyncio.ensure_future(call)

    async def done_there() -> bool:
        return (await control.order(attempt_id)).refunded_minor == minor

    await until(done_there, "a refund at the channel")
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await control.switch_off()


async def _refused_refund(scene: FundingScene, who: Somebody, minor: int) -> tuple[str, str]:
    """The refund of a top-up that its channel refused, with the attempt that it is of: the money is in the wallet again."""
    begun = await scene.funded(who, minor)
    await scene.control("alipay").switch_on(Fault.BALANCE_NOT_ENOUGH)
    await scene.refund(who, begun["id"])
    for _ in range(3):
        await scene.time_passes()
    await scene.control("alipay").switch_off()
    text = (
        b"select r.id, r.attempt_id, r.state from payments.refunds r"
        b" join funding.top_up_refunds t on t.refund_id = r.id where t.user_id = %(id)s"
    )
    [(refund_id, attempt_id, state)] = await scene.rows(text, id=who.user_id)
    assert (state, await scene.balance(who)) == ("failed", minor)
    return refund_id, attempt_id


async def _attempt_of(scene: FundingScene, begun: dict[str, Any]) -> str:
    text = b"select id from payments.attempts where payment_id = %(id)s"
    [(attempt_id,)] = await scene.rows(text, id=begun["payment_id"])
    return str(attempt_id)


async def _debts(scene: FundingScene) -> Sequence[TopUpDebt]:
    return await scene.house.funding.debts.open(limit=100)
