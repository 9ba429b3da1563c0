"""Money from user to user: exact, once, within limits, recallable until it arrives."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.model import JournalEntry, Phase, credit, debit
from tael.messages.api import AnswerQuiz
from tael.messages.rules.quizzes import right_answers
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.wallets import postings, store
from tael.wallets.api import RecallTransfer
from tests.integration.freezes import freeze, told
from tests.integration.waiting import until_somebody_waits
from tests.integration.wallets_scene import Person, Scene, code_of, id_of, wallets_scene


@pytest.fixture
async def scene(urls: DatabaseUrls, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Scene]:
    async with wallets_scene(urls, tmp_path, clock) as opened:
        yield opened
        assert not await faults_in_books(opened.house)


async def test_r7_sixty_four_payments_at_once_from_money_for_exactly_half(scene: Scene) -> None:
    payer, payee = await scene.persons(2)
    async with scene.house.database.transaction() as tx:
        await scene.give(tx, [payer.user_id], 32 * 100)
    answers = await asyncio.gather(*(scene.send(payer, payee, 100) for _ in range(64)))
    codes = [code_of(answer) for answer in answers]
    assert codes.count("arrived") == 32
    assert codes.count("wallets.not_enough") == 32
    assert (await scene.available(payer), await scene.available(payee)) == (0, 3_200)


async def by_hand(scene: Scene, transfer_id: str, phase: Phase) -> None:
    """A bookkeeper ends what is held for a transfer."""
    entry = JournalEntry(
        id=f"{transfer_id}:by_hand",
        kind="by_hand",
        reference=transfer_id,
        phase=phase,
        ends=f"{transfer_id}:held",
    )
    async with scene.house.database.transaction() as tx:
        [booked] = await scene.house.ledger.post(tx, [entry])
    assert not isinstance(booked, Refusal), booked


async def state_of(scene: Scene, payer: Person, transfer_id: str) -> str:
    return str((await scene.wallets.get_transfer(transfer_id, user_id=payer.user_id)).state)


@pytest.mark.parametrize(
    ("phase", "state", "there"), [(Phase.VOID, "returned", 1_000), (Phase.POST, "arrived", 1_100)]
)
async def test_what_a_bookkeeper_has_ended_is_told_as_it_ended(
    scene: Scene, clock: ManualClock, phase: Phase, state: str, there: int
) -> None:
    payer, payee = await scene.persons(2, 1_000)
    late = id_of(await scene.send(payer, payee, 100, delay_hours=2))
    await by_hand(scene, late, phase)
    clock.move(hours=3)
    await scene.wallets.settle_due()
    assert await state_of(scene, payer, late) == state
    assert await scene.available(payee) == there
    limits = {limit.name: limit.used for limit in await scene.wallets.limits(payer.user_id)}
    assert limits["spent_year"] == there - 1_000


async def test_what_a_bookkeeper_has_ended_can_be_recalled_if_its_payer_has_it(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 1_000)
    back, gone = [id_of(await scene.send(payer, payee, 100, delay_hours=2)) for _ in range(2)]
    await by_hand(scene, back, Phase.VOID)
    await by_hand(scene, gone, Phase.POST)
    assert code_of(await recalled(scene, payer, back)) == "recalled"
    assert code_of(await recalled(scene, payer, gone)) == "wallets.not_recallable"
    assert (await scene.available(payer), await scene.available(payee)) == (900, 1_100)


async def test_whoever_recalls_twice_is_told_that_the_money_is_back(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 1_000)
    back = id_of(await scene.send(payer, payee, 100, delay_hours=2))
    assert code_of(await recalled(scene, payer, back)) == "recalled"
    again = await recalled(scene, payer, back, key="once more")
    assert code_of(again) == "wallets.not_recallable"
    assert b"in your wallet again" in again.body


async def recalled(scene: Scene, payer: Person, transfer_id: str, *, key: str = "back") -> Answer:
    command = RecallTransfer(transfer_id=transfer_id, payer_id=payer.user_id)
    caller = Caller(owner=payer.user_id, actor=f"user:{payer.user_id}")
    call = Call(
        caller=caller, action="wallets.recall", key=f"{key}-{transfer_id}", request=command, command=command
    )
    return await scene.wallets.recall(call)


async def test_what_arrives_and_what_goes_back_at_once_waits_for_who_spends(
    scene: Scene, clock: ManualClock
) -> None:
    """Whoever has a wallet may go on to the books: nobody holds these who waits for a wallet."""
    payer, payee, other = await scene.persons(3, 10_000)
    for each in (payee, other):
        assert code_of(await scene.send(payer, each, 4_000, delay_hours=2)) == "on_its_way"
    await freeze(scene, payer, 5_000)
    await told(scene)
    clock.move(hours=3)
    database, fen = scene.house.database, Money(1, "CNY")
    wallets = [postings.wallet(each.user_id, "CNY") for each in (payer, payee)]
    entry = JournalEntry(
        id="fen", kind="t", reference="t", postings=(debit(wallets[1], fen), credit(wallets[0], fen))
    )
    async with database.transaction() as tx:
        await store.lock_wallets(tx, [payer.user_id], now=clock.now())
        settling = asyncio.create_task(scene.wallets.settle_due())
        await until_somebody_waits(database)
        [booked] = await scene.house.ledger.post(tx, [entry])
        assert not isinstance(booked, Refusal)
    await settling
    assert await scene.available(payee) + await scene.available(other) == 20_000 + 4_000 - 1


async def test_who_owes_a_quiz_sends_little_and_much_only_when_it_is_passed(scene: Scene) -> None:
    payer, payee = await scene.persons(2, 300_000)
    messages = scene.house.people.messages
    async with scene.house.database.transaction() as tx:
        quiz = await messages.assign_quiz(tx, payer.user_id, because="reported_fraud", required=True)
    assert code_of(await scene.send(payer, payee, 100)) == "arrived"
    assert code_of(await scene.send(payer, payee, 100_000)) == "wallets.quiz_owed"
    assert code_of(await scene.send(payee, payer, 100_000)) != "wallets.quiz_owed", "it is the payer's"
    answers = right_answers([question.name for question in quiz.questions])
    wanted = AnswerQuiz(quiz_id=quiz.id, user_id=payer.user_id, answers=answers)
    assert (await messages.do(wanted, actor="user", about=quiz.id)).passed
    assert code_of(await scene.send(payer, payee, 100_000)) != "wallets.quiz_owed"
