"""Does a confirmation serve the one act that the person saw, once, for some minutes, and as strongly as it must?"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pyotp
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.identity.errors import (
    AmountTooLarge,
    CodeRefused,
    ConfirmationExpired,
    ConfirmationOfAnotherAct,
    ConfirmationUsed,
    FactorRefused,
    NoSuchConfirmation,
    NotConfirmed,
    PasskeyRefused,
    PaymentPasswordMissing,
    ProofTooOld,
)
from tael.identity.model import Confirmation, Factor, StepUpQuestion, Strength, Used
from tests.integration.identity_desk import Door, a_door
from tests.integration.people_desk import DIGITS, OTHER, PHONE, TEA, User, a_user


@pytest.fixture
async def door(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(urls, tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(door: Door) -> User:
    """She has a payment password."""
    registered = await a_user(door)
    await registered.set_payment_password()
    return registered


async def used(ann: User, *confirmations: Confirmation, **changed: object) -> Sequence[Refusal | None]:
    """What each act hears that comes with a confirmation, all in one transaction."""
    asked = [
        msgspec.structs.replace(Used(id=each.id, login_id=ann.login_id, about=TEA), **changed)
        for each in confirmations
    ]
    async with ann.door.database.transaction() as tx:
        return await ann.identity.use_confirmations(tx, asked)


async def test_what_was_confirmed_serves_its_act_once(ann: User) -> None:
    confirmation = await ann.ask()
    assert [type(each) for each in await used(ann, confirmation)] == [NotConfirmed]
    confirmed = await ann.confirm(confirmation)
    assert (confirmed.shown, list(confirmed.missing)) == ((Factor.PAYMENT_PASSWORD,), [])
    assert [type(each) for each in await used(ann, confirmation, confirmation)] == [
        type(None),
        ConfirmationUsed,
    ]
    assert [type(each) for each in await used(ann, confirmation)] == [ConfirmationUsed]


async def test_a_confirmation_of_one_act_never_serves_another(door: Door, ann: User) -> None:
    confirmation = await ann.ask()
    await ann.confirm(confirmation)
    bob = await a_user(door, about="77aa")
    assert [type(each) for each in await used(ann, confirmation, about=OTHER)] == [ConfirmationOfAnotherAct]
    assert [type(each) for each in await used(ann, confirmation, login_id=bob.login_id)] == [
        NoSuchConfirmation
    ]
    assert [type(each) for each in await used(ann, confirmation, strength=Strength.TWO)] == [NotConfirmed]
    assert await used(ann, confirmation) == [None]


async def test_a_confirmation_is_over_after_five_minutes(door: Door, ann: User) -> None:
    asked, confirmed = await ann.ask(), await ann.ask()
    await ann.confirm(confirmed)
    door.clock.move(minutes=5)
    assert [type(each) for each in await used(ann, confirmed)] == [ConfirmationExpired]
    with pytest.raises(ConfirmationExpired):
        await ann.confirm(asked)


async def test_of_many_acts_at_the_same_moment_one_gets_the_confirmation(ann: User) -> None:
    several = [await ann.ask() for _ in range(3)]
    for each in several:
        await ann.confirm(each)
    backwards = several[::-1]
    answers = await asyncio.gather(*(used(ann, *(several, backwards)[n % 2]) for n in range(16)))
    assert sum(each is None for batch in answers for each in batch) == 3
    refused = {type(each) for batch in answers for each in batch if each is not None}
    assert refused == {ConfirmationUsed}


async def test_it_is_answered_where_it_was_asked(ann: User) -> None:
    confirmation = await ann.ask()
    elsewhere = await ann.sign_in(device_token=ann.device_token)
    present = await ann.identity.present_user(elsewhere.session.token)
    with pytest.raises(NoSuchConfirmation):
        await ann.identity.confirm(present, confirmation.id, Factor.PAYMENT_PASSWORD, DIGITS, PHONE)
    with pytest.raises(NoSuchConfirmation):
        await ann.identity.confirmation(await ann.present(), "cfm_nothing")


async def test_two_factors_are_shown_one_after_the_other(door: Door, ann: User) -> None:
    secret = await ann.add_authenticator()
    confirmation = await ann.ask(strength=Strength.TWO)
    first = await ann.confirm(confirmation)
    assert first.confirmed_at is None
    assert [Factor.AUTHENTICATOR] in first.missing
    with pytest.raises(CodeRefused):
        await ann.confirm(confirmation, Factor.AUTHENTICATOR, "000000")
    door.clock.move(seconds=30)
    code = pyotp.TOTP(secret).at(door.clock.now())
    assert (await ann.confirm(confirmation, Factor.AUTHENTICATOR, code)).confirmed_at is not None
    assert await used(ann, confirmation, strength=Strength.TWO) == [None]


async def test_a_sent_code_confirms_the_act_for_which_it_was_sent(door: Door, ann: User) -> None:
    one, other = await ann.ask(strength=Strength.TWO), await ann.ask(strength=Strength.TWO)
    door.clock.move(minutes=1)
    async with door.database.transaction() as tx:
        _, code = await ann.identity.make_confirmation_code(tx, await ann.present(), one.id)
    with pytest.raises(CodeRefused):
        await ann.confirm(other, Factor.CODE, code)
    await ann.confirm(one, Factor.CODE, code)
    assert (await ann.confirm(one)).confirmed_at is not None
    with pytest.raises(FactorRefused):
        async with door.database.transaction() as tx:
            await ann.identity.make_confirmation_code(tx, await ann.present(), (await ann.ask()).id)


async def test_a_passkey_signs_the_act_and_no_other(door: Door, ann: User) -> None:
    await ann.add_passkey()
    one, other = await ann.ask(strength=Strength.SIGNED), await ann.ask(OTHER, strength=Strength.SIGNED)
    asked = await ann.identity.ask_passkey(await ann.present(), confirmation_id=one.id)
    answer = ann.passkeys.use(asked.options)
    with pytest.raises(PasskeyRefused):
        await ann.confirm(other, Factor.PASSKEY, answer)
    await ann.confirm(one, Factor.PASSKEY, answer)
    assert [type(each) for each in await used(ann, one)] == [NotConfirmed]
    await ann.confirm(one)
    assert await used(ann, one, strength=Strength.SIGNED) == [None]
    async with door.database.transaction() as tx:
        cursor = await tx.connection.execute(
            "select signature from identity.confirmations where id = %s", [one.id]
        )
        [kept] = [row[0] for row in await cursor.fetchall()]
    assert set(kept) == {"passkey", "clientDataJSON", "authenticatorData", "signature"}


async def test_a_passkey_alone_is_two_factors(ann: User) -> None:
    await ann.add_passkey()
    confirmation = await ann.ask(strength=Strength.TWO)
    assert (await ann.sign(confirmation)).confirmed_at is not None
    assert (await ann.sign(confirmation)).confirmed_at is not None, "said again, nothing happens"


async def test_whoever_has_no_payment_password_hears_so(door: Door) -> None:
    bob = await a_user(door, about="77aa")
    with pytest.raises(PaymentPasswordMissing):
        await bob.confirm(await bob.ask())


async def test_after_a_forgotten_password_acts_are_confirmed_more_strongly_for_a_day(
    door: Door, ann: User
) -> None:
    async def asked() -> list[Strength]:
        questions = [
            StepUpQuestion(
                login_id=ann.login_id, kind="payment", amount=Money(minor, "CNY"), at=door.clock.now()
            )
            for minor in (100, 200_000, 500_001)
        ]
        async with door.database.transaction() as tx:
            return list(await ann.identity.step_up.strengths(tx, questions))

    assert await asked() == [Strength.ONE, Strength.TWO, Strength.SIGNED]
    async with door.database.transaction() as tx:
        await ann.identity.reset_password(tx, ann.login_id, await ann.identity.hash_of("green-kettle-lamp"))
    assert await asked() == [Strength.TWO, Strength.SIGNED, Strength.SIGNED]
    door.clock.move(hours=25)
    assert await asked() == [Strength.ONE, Strength.TWO, Strength.SIGNED]


async def test_small_amounts_pass_without_a_confirmation_once_a_person_agreed(door: Door, ann: User) -> None:
    def question(minor: int, *, weak: int = 0) -> StepUpQuestion:
        return StepUpQuestion(
            login_id=ann.login_id,
            kind="payment",
            amount=Money(minor, "CNY"),
            at=door.clock.now(),
            weak_today_minor=weak,
            unsigned_today_minor=weak,
        )

    step_up = ann.identity.step_up
    assert await step_up.strength(question(1)) is Strength.ONE
    present = await ann.prove()
    async with door.database.transaction() as tx:
        await ann.identity.agree_to_small_amounts(tx, present, Money(20_000, "CNY"), PHONE)
    agreed = await ann.identity.small_amounts(ann.login_id)
    assert agreed is not None
    assert agreed.most == Money(20_000, "CNY")
    asked = [question(20_000), question(20_001), question(20_000, weak=80_001), question(500_001)]
    async with door.database.transaction() as tx:
        answers = await step_up.strengths(tx, asked)
    assert list(answers) == [Strength.NONE, Strength.ONE, Strength.TWO, Strength.SIGNED]
    with pytest.raises(AmountTooLarge):
        async with door.database.transaction() as tx:
            await ann.identity.agree_to_small_amounts(tx, present, Money(20_001, "CNY"), PHONE)
    door.clock.move(minutes=6)
    old = await ann.present()
    with pytest.raises(ProofTooOld):
        async with door.database.transaction() as tx:
            await ann.identity.agree_to_small_amounts(tx, old, Money(1, "CNY"), PHONE)
    async with door.database.transaction() as tx:
        await ann.identity.agree_to_small_amounts(tx, old, None, PHONE)
    assert await step_up.strength(question(1)) is Strength.ONE


async def test_what_served_no_act_is_forgotten_and_what_did_is_kept(door: Door, ann: User) -> None:
    served, idle = await ann.ask(), await ann.ask()
    await ann.confirm(served)
    await used(ann, served)
    door.clock.move(hours=timedelta(days=1, minutes=6).total_seconds() / 3600)
    await ann.identity.forget_old()
    async with door.database.transaction() as tx:
        cursor = await tx.connection.execute("select id from identity.confirmations")
        assert [row[0] for row in await cursor.fetchall()] == [served.id]
    assert idle.id != served.id
