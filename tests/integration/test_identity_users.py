"""How do users come in, from which devices, and what do they have to show again?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.identity.errors import (
    CodeRefused,
    NoSuchDevice,
    NoSuchPasskey,
    PasskeyMalformed,
    PasskeyRefused,
    PasswordWrong,
    PaymentPasswordWeak,
    ProofTooOld,
    SessionEnded,
    TooManyTries,
)
from tael.identity.model import Factor, SessionKind
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.identity_desk import PASSWORD, Door, a_door
from tests.integration.people_desk import DIGITS, LAPTOP, PHONE, User, a_user

OTHER_DIGITS = "905172"


@pytest.fixture
async def door(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(urls, tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(door: Door) -> User:
    return await a_user(door)


async def test_the_password_is_enough_on_a_device_that_is_trusted(ann: User) -> None:
    again = await ann.sign_in(device_token=ann.device_token)
    assert (again.is_whole, again.is_new_device, again.device_token) == (True, False, None)
    assert again.device is not None
    assert again.device.id == ann.device.id
    assert again.session.session.kind is SessionKind.OWN
    present = await ann.identity.present_user(again.session.token)
    assert not ann.identity.is_fresh(present)


async def test_a_new_device_shows_one_thing_more_and_is_known_from_then_on(ann: User) -> None:
    half = await ann.sign_in(visitor=LAPTOP)
    assert half.factors == [Factor.CODE]
    code = await ann.session_code(half.session.token)
    whole = await ann.identity.prove_as(half.session.token, Factor.CODE, code, LAPTOP)
    assert (whole.is_new_device, whole.device and whole.device.name) == (True, "Firefox")
    with pytest.raises(SessionEnded):
        await ann.identity.prove_as(half.session.token, Factor.CODE, code, LAPTOP)
    again = await ann.sign_in(visitor=LAPTOP, device_token=whole.device_token)
    assert again.is_whole
    assert len(await ann.identity.devices(ann.login_id)) == 2


async def test_a_device_of_somebody_else_is_not_known_for_this_person(door: Door, ann: User) -> None:
    bob = await a_user(door, about="77aa")
    assert not (await ann.sign_in(device_token=bob.device_token)).is_whole
    assert not (await ann.sign_in(device_token="x" * 5_000)).is_whole


async def test_a_revoked_device_has_no_session_and_stands_in_for_nothing(door: Door, ann: User) -> None:
    visitor = PHONE
    async with door.database.transaction() as tx:
        await ann.identity.revoke_device(tx, ann.login_id, ann.device.id, visitor)
    with pytest.raises(SessionEnded):
        await ann.present()
    assert not (await ann.sign_in(device_token=ann.device_token)).is_whole
    assert await ann.identity.devices(ann.login_id) == []
    with pytest.raises(NoSuchDevice):
        async with door.database.transaction() as tx:
            await ann.identity.revoke_device(tx, ann.login_id, ann.device.id, visitor)


async def test_sessions_of_users_and_of_the_portal_are_not_taken_for_one_another(
    door: Door, ann: User
) -> None:
    merchant = await door.register()
    with pytest.raises(SessionEnded):
        await door.identity.present(ann.token)
    with pytest.raises(SessionEnded):
        await door.identity.present_user(merchant.confirmed.session.token)


async def test_an_authenticator_and_its_recovery_codes_make_half_a_session_whole(
    door: Door, ann: User
) -> None:
    secret = await ann.add_authenticator()
    await ann.present()
    half = await ann.sign_in(visitor=LAPTOP)
    assert list(half.factors) == [Factor.AUTHENTICATOR, Factor.CODE]
    door.clock.move(seconds=30)
    code = pyotp.TOTP(secret).at(door.clock.now())
    assert (await ann.identity.prove_as(half.session.token, Factor.AUTHENTICATOR, code, LAPTOP)).is_whole
    door.clock.move(seconds=30)
    code = pyotp.TOTP(secret).at(door.clock.now())
    present = await ann.identity.prove_again_as(await ann.present(), Factor.AUTHENTICATOR, code, PHONE)
    async with door.database.transaction() as tx:
        codes = await ann.identity.make_recovery_codes(tx, present, PHONE)
    half = await ann.sign_in(visitor=LAPTOP)
    whole = await ann.identity.prove_as(half.session.token, Factor.AUTHENTICATOR, codes[0], LAPTOP)
    assert whole.is_whole


async def test_a_user_sets_nothing_up_without_a_proof_of_the_last_minutes(door: Door, ann: User) -> None:
    door.clock.move(minutes=5)
    present = await ann.present()
    with pytest.raises(ProofTooOld):
        await ann.identity.offer_second_factor(present)
    with pytest.raises(ProofTooOld):
        await ann.identity.offer_passkey(present, name="Ann")
    with pytest.raises(ProofTooOld):
        await ann.identity.prepare_payment_password(present, DIGITS, PHONE)
    fresh = await ann.prove()
    await ann.identity.prepare_payment_password(fresh, DIGITS, PHONE)


async def test_a_payment_password_is_changed_with_the_old_one_or_with_password_and_proof(
    door: Door, ann: User
) -> None:
    identity = ann.identity
    await ann.set_payment_password()
    assert await identity.has_payment_password(ann.login_id)
    door.clock.move(minutes=6)
    present = await ann.present()
    with pytest.raises(CodeRefused):
        await identity.prepare_payment_password(present, OTHER_DIGITS, PHONE, old="111222")
    await identity.prepare_payment_password(present, OTHER_DIGITS, PHONE, old=DIGITS)
    with pytest.raises(ProofTooOld):
        await identity.prepare_payment_password(present, OTHER_DIGITS, PHONE, password=PASSWORD)
    fresh = await ann.prove()
    with pytest.raises(PasswordWrong):
        await identity.prepare_payment_password(fresh, OTHER_DIGITS, PHONE)
    await identity.prepare_payment_password(fresh, OTHER_DIGITS, PHONE, password=PASSWORD)
    with pytest.raises(PaymentPasswordWeak):
        await identity.prepare_payment_password(fresh, "001234", PHONE, old=DIGITS, about=("13800001234",))


async def test_a_payment_password_is_locked_after_five_wrong_tries(ann: User) -> None:
    await ann.set_payment_password()
    confirmation = await ann.ask()
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await ann.confirm(confirmation, proof="739419")
    with pytest.raises(TooManyTries) as locked:
        await ann.confirm(confirmation)
    assert locked.value.retry_after_seconds == 15 * 60 + 1


async def test_a_passkey_alone_opens_a_whole_session_once(ann: User) -> None:
    await ann.add_passkey()
    asked = await ann.identity.ask_passkey()
    answer = ann.passkeys.use(asked.options)
    signed_in = await ann.identity.show_passkey(asked.question, answer, LAPTOP)
    assert signed_in.is_whole
    assert (await ann.identity.present_user(signed_in.session.token)).login.id == ann.login_id
    with pytest.raises(PasskeyRefused):
        await ann.identity.show_passkey(asked.question, answer, LAPTOP)
    late = await ann.identity.ask_passkey()
    ann.door.clock.move(minutes=5)
    with pytest.raises(PasskeyRefused):
        await ann.identity.show_passkey(late.question, ann.passkeys.use(late.options), LAPTOP)
    with pytest.raises(PasskeyRefused):
        await ann.identity.show_passkey("00", answer, LAPTOP)


async def test_a_passkey_that_does_not_count_answers_once_all_the_same(ann: User) -> None:
    ann.passkeys = SoftAuthenticator(counts=False)
    await ann.add_passkey()
    asked = await ann.identity.ask_passkey()
    answer = ann.passkeys.use(asked.options)
    tried = await asyncio.gather(
        *(ann.identity.show_passkey(asked.question, answer, LAPTOP) for _ in range(4)), return_exceptions=True
    )
    assert sum(not isinstance(each, BaseException) for each in tried) == 1
    assert sum(isinstance(each, PasskeyRefused) for each in tried) == 3


async def test_a_passkey_makes_half_a_session_whole_and_no_other(ann: User) -> None:
    await ann.add_passkey()
    one, other = await ann.sign_in(visitor=LAPTOP), await ann.sign_in(visitor=LAPTOP)
    assert one.factors == [Factor.PASSKEY, Factor.CODE]
    present = await ann.identity.present_user(one.session.token, half=True)
    answer = ann.passkeys.use((await ann.identity.ask_passkey(present)).options)
    with pytest.raises(PasskeyRefused):
        await ann.identity.prove_as(other.session.token, Factor.PASSKEY, answer, LAPTOP)
    assert (await ann.identity.prove_as(one.session.token, Factor.PASSKEY, answer, LAPTOP)).is_whole


async def test_a_passkey_that_does_not_verify_its_holder_or_stands_elsewhere_is_refused(ann: User) -> None:
    present = await ann.prove()
    for spoil in ("verifies", "cross_origin", "origin"):
        browser = SoftAuthenticator()
        setattr(browser, spoil, {"verifies": False, "cross_origin": True}.get(spoil, "https://evil.example"))
        answer = browser.make((await ann.identity.offer_passkey(present, name="Ann")).options)
        with pytest.raises(PasskeyRefused):
            async with ann.door.database.transaction() as tx:
                await ann.identity.confirm_passkey(tx, present, answer, name="x", visitor=PHONE)
    for rubbish in ("", "[]", "{}", '{"id": 7}', "{" * 4_000, '{"response": {"clientDataJSON": "e30"}}'):
        with pytest.raises(PasskeyRefused):
            async with ann.door.database.transaction() as tx:
                await ann.identity.confirm_passkey(tx, present, rubbish, name="x", visitor=PHONE)
    assert await ann.identity.passkeys(ann.login_id) == []


async def test_a_copy_of_a_passkey_shows_by_its_count(ann: User) -> None:
    await ann.add_passkey()
    for back in (0, 2):
        ann.passkeys.count -= back
        asked = await ann.identity.ask_passkey()
        answer = ann.passkeys.use(asked.options)
        if not back:
            await ann.identity.show_passkey(asked.question, answer, LAPTOP)
            continue
        with pytest.raises(PasskeyRefused):
            await ann.identity.show_passkey(asked.question, answer, LAPTOP)


async def test_passkeys_have_names_and_are_forgotten_one_by_one(door: Door, ann: User) -> None:
    first, second = await ann.add_passkey("My phone"), await ann.add_passkey("My key")
    present = await ann.prove_by_passkey()
    async with door.database.transaction() as tx:
        await ann.identity.rename_passkey(tx, ann.login_id, first, "My old phone")
        await ann.identity.forget_passkey(tx, present, second, PHONE)
    listed = await ann.identity.passkeys(ann.login_id)
    assert [(each.id, each.name) for each in listed] == [(first, "My old phone")]
    asked = await ann.identity.ask_passkey()
    with pytest.raises(PasskeyRefused):
        await ann.identity.show_passkey(asked.question, ann.passkeys.use(asked.options), LAPTOP)
    bob = await a_user(door, about="77aa")
    for login_id, name, refusal in (
        (bob.login_id, "x", NoSuchPasskey),
        (ann.login_id, " ", PasskeyMalformed),
    ):
        with pytest.raises(refusal):
            async with door.database.transaction() as tx:
                await ann.identity.rename_passkey(tx, login_id, first, name)


async def test_no_secret_of_a_user_is_kept_in_plain(door: Door, ann: User) -> None:
    await ann.set_payment_password()
    async with door.database.transaction() as tx:
        code = await ann.identity.make_code(tx, about="99", purpose="register")
    async with door.database.transaction() as tx:
        kept = ""
        for table in ("devices", "one_time_codes", "payment_passwords", "sessions", "tries", "code_counts"):
            cursor = await tx.connection.execute(f"select t::text from identity.{table} t")
            kept += str(await cursor.fetchall())
    for secret in (ann.token, ann.device_token, code):
        assert secret.encode().hex() not in kept
        assert secret not in kept or secret.isdigit()
    assert f'"{DIGITS}"' not in kept
    assert "argon2id" in kept


async def test_sessions_are_looked_up_together_and_codes_are_tried_while_all_connections_are_taken(
    door: Door, ann: User
) -> None:
    """Twelve callers hold the twelve connections of the pool; each tries a code, and none waits for another."""
    await door.identity.start()
    try:
        found = await asyncio.gather(*(ann.present() for _ in range(200)))
        assert {each.login.id for each in found} == {ann.login_id}
        with pytest.raises(SessionEnded):
            await door.identity.present_user("nobody's")
        gathered = asyncio.Barrier(12)

        async def try_one(number: int) -> None:
            async with door.database.transaction() as tx:
                await gathered.wait()
                await door.identity.use_code(tx, about=f"{number:x}", purpose="register", code="123456")

        tried = await asyncio.gather(*(try_one(number) for number in range(12)), return_exceptions=True)
        assert all(isinstance(each, CodeRefused) for each in tried)
    finally:
        await door.identity.stop()
    await ann.present()
