"""Whoever has taken somebody's telephone number over: do they move money with what they made themselves?"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.money import Money
from tael.identity.errors import PasskeyTooYoung, TooSoonAfterReset
from tael.identity.model import Factor, StepUpQuestion, Strength
from tests.integration.identity_desk import PASSWORD, Door, a_door
from tests.integration.people_desk import DIGITS, LAPTOP, User, a_user

CHOSEN_BY_THIEF = "green-kettle-lamp"
OTHER_DIGITS = "582047"


@pytest.fixture
async def door(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(urls, tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(door: Door) -> User:
    return await a_user(door)


async def taken_over(ann: User) -> User:
    """All codes reach the thief, who has chosen another password with one, and come in on a laptop with another."""
    async with ann.door.database.transaction() as tx:
        hash = await ann.identity.hash_of(CHOSEN_BY_THIEF)
        await ann.identity.reset_password(tx, ann.login_id, hash)
    half = await ann.sign_in(CHOSEN_BY_THIEF, LAPTOP)
    code = await ann.session_code(half.session.token)
    whole = await ann.identity.prove_as(half.session.token, Factor.CODE, code, LAPTOP)
    ann.token = whole.session.token
    return ann


async def set_payment_password(thief: User, password: str = CHOSEN_BY_THIEF) -> None:
    hash = await thief.identity.prepare_payment_password(
        await thief.present(), OTHER_DIGITS, LAPTOP, password=password
    )
    async with thief.door.database.transaction() as tx:
        await thief.identity.set_payment_password(tx, thief.login_id, hash)


async def test_a_password_chosen_by_code_opens_no_payment_password_for_a_day(door: Door, ann: User) -> None:
    await ann.set_payment_password()
    thief = await taken_over(ann)
    with pytest.raises(TooSoonAfterReset):
        await set_payment_password(thief)
    assert await ann.identity.prepare_payment_password(
        await thief.present(), OTHER_DIGITS, LAPTOP, old=DIGITS
    ), "who knows the one before needs no other proof"
    door.clock.move(hours=24)
    await thief.prove()
    await set_payment_password(thief)


async def test_nor_is_a_first_payment_password_set_in_that_day(ann: User) -> None:
    thief = await taken_over(ann)
    with pytest.raises(TooSoonAfterReset):
        await set_payment_password(thief)


async def test_a_passkey_made_in_that_day_confirms_nothing_before_it_is_over(door: Door, ann: User) -> None:
    thief = await taken_over(ann)
    await thief.add_passkey("The thief's")
    asked = await thief.ask(strength=Strength.TWO)
    with pytest.raises(PasskeyTooYoung):
        await thief.sign(asked)
    door.clock.move(hours=24)
    asked = await thief.ask(strength=Strength.TWO)
    assert (await thief.sign(asked)).confirmed_at


async def test_after_a_forgotten_payment_password_acts_are_confirmed_more_strongly(ann: User) -> None:
    await ann.set_payment_password()
    small = StepUpQuestion(
        login_id=ann.login_id, kind="transfer", amount=Money(10_000, "CNY"), at=ann.door.clock.now()
    )
    assert await ann.identity.step_up.strength(small) is Strength.ONE
    await ann.prove()
    await set_payment_password(ann, PASSWORD)
    assert await ann.identity.step_up.strength(small) is Strength.TWO
