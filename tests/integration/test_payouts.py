"""Does money reach the account, once, whatever its channel says, and is it told and booked what became of it?"""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import ErrorClass, Outcome, OutcomeState
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.payouts.errors import NowhereToInquire, PayoutDiffers
from tael.payouts.model import Destination, NewPayout, Payout, PayoutFilter, PayoutState
from tael.payouts.usecases.record_outcomes import RecordOutcome
from tael.simulators.bank import PROPS
from tael.simulators.base.faults import Fault
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tael.testing.simulators import ControlFailed
from tests.integration.payments_scene import QuietHouse, quiet_house

AMOUNT = Money(30_000, "CNY")
SLOW = Destination(kind="bank_account", account=PROPS["slow_payee_account"], name="李四")
"""To such accounts the bank sends only when its people say so."""
ELSEWHERE = AccountSpec("test:elsewhere", "CNY", AccountClass.ASSET)


@pytest.fixture(scope="module")
async def quiet(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[QuietHouse]:
    """One for all of them; each payout has an owner of its own."""
    async with (
        fresh_database(server) as urls,
        quiet_house(urls, tmp_path_factory.mktemp("payouts"), "first", "second", simulator="bank") as opened,
    ):
        yield opened
        assert not await faults_in_books(opened.house)


def wanted(**more: object) -> NewPayout:
    """A payout to Zhang San's account, whose money is set aside."""
    owner = new_id("usr")
    new = NewPayout(
        id=new_id("pyo"),
        amount=AMOUNT,
        to=Destination(kind="bank_account", account="6222020000001234", name="张三", bank="102100099996"),
        shown="622202******1234",
        purpose="withdrawal",
        owner=owner,
        reference="wdr_1",
        funded_by=f"user:{owner}:withdrawing",
        statement="Withdrawal",
    )
    return msgspec.structs.replace(new, **more)


async def created(quiet: QuietHouse, new: NewPayout | None = None) -> Payout:
    """A payout as another context makes it, with its money set aside in the same transaction."""
    house, new = quiet.house, new or wanted()
    aside = AccountSpec(new.funded_by, "CNY", AccountClass.LIABILITY, floor_minor=0)
    async with house.database.transaction() as tx:
        [made] = await house.payouts.create(tx, [new])
        await house.ledger.open_accounts(tx, [aside, ELSEWHERE])
        lines = (debit(ELSEWHERE, new.amount), credit(aside, new.amount))
        await house.ledger.post(
            tx, [JournalEntry(id=f"{new.id}:aside", kind="test", reference=new.id, postings=lines)]
        )
    assert isinstance(made, Payout), made
    return made


async def on(quiet: QuietHouse, account: str) -> int:
    """Debits less credits of an account."""
    async with quiet.house.database.transaction() as tx:
        lines = await quiet.house.ledger.trial_balance(tx)
    return sum(line.balance_minor for line in lines if line.code == account)


async def time_passes(quiet: QuietHouse, *, seconds: int = 60) -> None:
    """The janitor makes its rounds, and the banks' mailboxes are read."""
    quiet.clock.move(seconds=seconds)
    for channel in quiet.simulators:
        await quiet.house.payments.fetch_notices(channel)
    await quiet.house.payouts.janitor.send_due()
    await quiet.house.payouts.janitor.inquire_due()


async def state(quiet: QuietHouse, payout: Payout) -> PayoutState:
    return (await quiet.house.payouts.get(payout.id)).payout.state


async def facts(quiet: QuietHouse, payout: Payout) -> list[str]:
    """What is to be told of a payout, in order."""
    told = Query("told", b"select type from foundation.outbox where object_id = %(id)s order by seq")
    async with quiet.house.database.transaction() as tx:
        return [type for (type,) in await tx.tuples(told, id=payout.id)]


async def carried_out(quiet: QuietHouse, payout: Payout, channel: str) -> None:
    control = quiet.control(channel)
    if (await control.payout(payout.id)).state != "done":
        await control.act_on_payout("payout_succeed", payout.id)


async def test_a_payout_is_sent_carried_out_booked_and_told_once(quiet: QuietHouse) -> None:
    payout = await created(quiet)
    before = {name: await on(quiet, f"channel:{name}:receivable") for name in quiet.simulators}
    sent = await quiet.house.payouts.send(payout.id, actor="user:usr_1")
    assert sent.state is PayoutState.PROCESSING
    [leg] = (await quiet.house.payouts.get(payout.id)).legs
    seen = await quiet.control(leg.channel).payout(payout.id)
    assert (seen.amount_minor, seen.sent_count) == (AMOUNT.minor, 1)
    assert seen.payee.startswith("张三 62220200")
    assert await on(quiet, payout.funded_by) == -AMOUNT.minor, "nothing moves before it is known"

    await carried_out(quiet, payout, leg.channel)
    await time_passes(quiet)
    assert await state(quiet, payout) is PayoutState.SUCCEEDED
    assert await on(quiet, payout.funded_by) == 0
    receivable = await on(quiet, f"channel:{leg.channel}:receivable")
    assert receivable == before[leg.channel] - AMOUNT.minor
    await time_passes(quiet)
    assert await facts(quiet, payout) == ["payouts.payout_succeeded"]


async def test_what_its_maker_did_not_live_to_send_the_janitor_sends_and_only_once(quiet: QuietHouse) -> None:
    payout = await created(quiet)
    await quiet.house.payouts.janitor.send_due()
    assert (await quiet.house.payouts.get(payout.id)).legs == [], "it has a moment to do so itself"
    await asyncio.gather(*(time_passes(quiet) for _ in range(3)))
    [leg] = (await quiet.house.payouts.get(payout.id)).legs
    assert (await quiet.control(leg.channel).payout(payout.id)).sent_count == 1
    other = next(name for name in quiet.simulators if name != leg.channel)
    with pytest.raises(ControlFailed):
        await quiet.control(other).payout(payout.id)


async def test_an_answer_that_is_lost_is_inquired_about_and_no_other_channel_gets_it(
    quiet: QuietHouse,
) -> None:
    payout = await created(quiet)
    for channel in quiet.simulators:
        await quiet.control(channel).switch_on(Fault.LOST_REPLY)
    assert (await quiet.house.payouts.send(payout.id, actor="user:usr_1")).state is PayoutState.UNKNOWN
    await time_passes(quiet)
    assert await state(quiet, payout) is PayoutState.UNKNOWN, "nobody can say"
    assert await facts(quiet, payout) == []
    for channel in quiet.simulators:
        await quiet.control(channel).switch_off()
    [leg] = (await quiet.house.payouts.get(payout.id)).legs
    await carried_out(quiet, payout, leg.channel)
    await time_passes(quiet, seconds=1000)
    assert await state(quiet, payout) is PayoutState.SUCCEEDED
    assert (await quiet.control(leg.channel).payout(payout.id)).sent_count == 1


async def test_money_that_the_bank_sends_back_days_later_is_set_aside_again_and_told(
    quiet: QuietHouse,
) -> None:
    payout = await created(quiet)
    await quiet.house.payouts.send(payout.id, actor="user:usr_1")
    [leg] = (await quiet.house.payouts.get(payout.id)).legs
    await carried_out(quiet, payout, leg.channel)
    await time_passes(quiet)
    assert await state(quiet, payout) is PayoutState.SUCCEEDED

    await quiet.control(leg.channel).act_on_payout("payout_return", payout.id)
    await time_passes(quiet, seconds=3 * 86_400)
    await time_passes(quiet)
    assert await state(quiet, payout) is PayoutState.RETURNED
    assert await on(quiet, payout.funded_by) == -AMOUNT.minor
    assert await facts(quiet, payout) == ["payouts.payout_succeeded", "payouts.payout_returned"]


async def test_what_a_bank_refuses_for_the_account_itself_fails_and_no_other_is_asked(
    quiet: QuietHouse,
) -> None:
    payout = await created(quiet, wanted(to=SLOW))
    await quiet.house.payouts.send(payout.id, actor="user:usr_1")
    [leg] = (await quiet.house.payouts.get(payout.id)).legs
    await quiet.control(leg.channel).act_on_payout("payout_fail", payout.id, text="AC04")
    await time_passes(quiet)
    story = await quiet.house.payouts.get(payout.id)
    assert (story.payout.state, story.payout.reason, len(story.legs)) == (PayoutState.FAILED, "AC04", 1)
    assert await facts(quiet, payout) == ["payouts.payout_failed"]
    assert await on(quiet, payout.funded_by) == -AMOUNT.minor, "its owner takes it back"


async def test_what_one_bank_cannot_do_for_its_own_reasons_another_does(quiet: QuietHouse) -> None:
    payout = await created(quiet, wanted(to=SLOW))
    before = {name: await on(quiet, f"channel:{name}:receivable") for name in quiet.simulators}
    await quiet.house.payouts.send(payout.id, actor="user:usr_1")
    [first] = (await quiet.house.payouts.get(payout.id)).legs
    await quiet.control(first.channel).act_on_payout("payout_fail", payout.id, text="AM04")
    await time_passes(quiet)
    await time_passes(quiet)
    refused, second = (await quiet.house.payouts.get(payout.id)).legs
    assert (refused.state, refused.channel_code) == ("failed", "AM04")
    assert second.channel != first.channel
    await carried_out(quiet, payout, second.channel)
    await time_passes(quiet)
    assert await state(quiet, payout) is PayoutState.SUCCEEDED
    assert await on(quiet, f"channel:{first.channel}:receivable") == before[first.channel]
    assert await on(quiet, f"channel:{second.channel}:receivable") == before[second.channel] - AMOUNT.minor


async def test_what_had_gone_after_all_is_not_given_back_because_another_bank_refuses(
    quiet: QuietHouse,
) -> None:
    """Its money has reached the account: whoever is told that it failed would have it twice."""
    payout = await created(quiet, wanted(to=SLOW))
    lost = await on(quiet, "platform:recoverable")
    await quiet.house.payouts.send(payout.id, actor="user:usr_1")
    [first] = (await quiet.house.payouts.get(payout.id)).legs
    await quiet.control(first.channel).act_on_payout("payout_fail", payout.id, text="AM04")
    await time_passes(quiet)
    await time_passes(quiet)
    gone = Outcome(state=OutcomeState.SUCCEEDED, payout_number=payout.id, amount=AMOUNT)
    await quiet.house.payouts.hear(first.channel, gone)
    quiet.clock.move(seconds=1)
    asked = RecordOutcome(outcome=gone, channel=first.channel, source="test", asked_at=quiet.clock.now())
    await quiet.house.payouts._outcomes.submit(asked)
    assert await state(quiet, payout) is PayoutState.PROCESSING, "another bank has it"
    assert await on(quiet, "platform:recoverable") == lost + AMOUNT.minor

    _, second = (await quiet.house.payouts.get(payout.id)).legs
    refused = Outcome(state=OutcomeState.FAILED, payout_number=payout.id, error_class=ErrorClass.ACCOUNT)
    await quiet.house.payouts.hear(second.channel, refused)
    story = await quiet.house.payouts.get(payout.id)
    assert (story.payout.state, story.payout.paid_by) == (PayoutState.SUCCEEDED, 1)
    assert [leg.unowed for leg in story.legs] == [False, False]
    assert await facts(quiet, payout) == ["payouts.payout_succeeded"]
    assert await on(quiet, "platform:recoverable") == lost
    assert await on(quiet, payout.funded_by) == 0


async def test_the_same_payout_made_twice_is_one_and_another_under_its_id_is_refused(
    quiet: QuietHouse,
) -> None:
    new = wanted()
    first, second = await created(quiet, new), await created(quiet, new)
    assert first == second
    other = msgspec.structs.replace(new, amount=Money(1, "CNY"))
    async with quiet.house.database.transaction() as tx:
        [refused] = await quiet.house.payouts.create(tx, [other])
    assert isinstance(refused, PayoutDiffers)


async def test_without_a_channel_for_such_accounts_it_waits_and_fails_in_the_end(quiet: QuietHouse) -> None:
    new = wanted(to=Destination(kind="carrier_pigeon", account="coop 7"))
    assert isinstance(quiet.house.payouts.why_none(new), Refusal)
    assert quiet.house.payouts.why_none(wanted()) is None
    payout = await created(quiet, new)
    assert (await quiet.house.payouts.send(payout.id, actor="user:usr_1")).state is PayoutState.CREATED
    with pytest.raises(NowhereToInquire):
        await quiet.house.payouts.inquire(payout.id, actor="operator:test")
    for _ in range(7):
        await time_passes(quiet, seconds=3600)
    story = await quiet.house.payouts.get(payout.id)
    assert (story.payout.state, story.payout.reason) == (PayoutState.FAILED, "no_channel")
    assert await facts(quiet, payout) == ["payouts.payout_failed"]


async def test_where_it_goes_is_sealed_and_operators_see_the_masked_number(quiet: QuietHouse) -> None:
    payout = await created(quiet)
    row = Query("row", b"select p::text from payouts.payouts p where id = %(id)s")
    async with quiet.house.database.transaction() as tx:
        [(text,)] = await tx.tuples(row, id=payout.id)
    assert "6222020000001234" not in text
    assert "张三" not in text
    [listed] = await quiet.house.payouts.page(PayoutFilter(owner=payout.owner))
    assert listed.payout.shown == "622202******1234"
    assert await quiet.house.payouts.page(PayoutFilter(owner=payout.owner, state=PayoutState.FAILED)) == []
