"""Do sessions, codes, links and passwords work as long as they should, and no longer?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.identity.errors import (
    CodeRefused,
    LinkSpent,
    LoginExists,
    NoSuchSession,
    PasswordWrong,
    ProofTooOld,
    SessionEnded,
    SignInRefused,
    TooManyTries,
)
from tael.identity.model import LinkKind, Visitor
from tests.integration.identity_desk import AT_HOME, PASSWORD, Door, a_door

ELSEWHERE = Visitor(device="Safari", address="198.51.100.9")
NEW_PASSWORD = "brass-lantern-meadow"


@pytest.fixture
async def door(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(urls, tmp_path) as opened:
        yield opened


async def test_half_a_session_opens_nothing_but_the_next_step(door: Door) -> None:
    ann = await door.register()
    half = await door.identity.sign_in(ann.login.email, PASSWORD, AT_HOME)
    with pytest.raises(SessionEnded):
        await door.identity.present(half.token)
    with pytest.raises(ProofTooOld):
        await door.identity.offer_second_factor(await door.identity.present(half.token, half=True))
    whole = await door.identity.prove(half.token, ann.code(), AT_HOME)
    assert (await door.identity.present(whole.token)).login.email == ann.login.email
    with pytest.raises(SessionEnded):
        await door.identity.present(half.token, half=True)
    assert whole.token not in repr(whole)


async def test_a_session_is_renewed_by_a_person_and_ends_by_the_clock(door: Door) -> None:
    ann = await door.register()
    token = (await ann.sign_in()).token
    for _ in range(3):
        door.clock.move(minutes=14)
        await door.identity.see(await door.identity.present(token))
    door.clock.move(minutes=15)
    with pytest.raises(SessionEnded):
        await door.identity.present(token)
    assert await door.identity.sessions(ann.login.id) == []


async def test_sessions_are_listed_with_their_devices_and_ended_one_by_one_or_all(door: Door) -> None:
    ann = await door.register()
    here, there = await ann.sign_in(), await ann.sign_in(ELSEWHERE)
    listed = await door.identity.sessions(ann.login.id)
    assert {each.device for each in listed} == {"Firefox", "Safari"}
    present = await door.identity.present(here.token)
    await door.identity.end_session(present, there.session.id, AT_HOME)
    with pytest.raises(SessionEnded):
        await door.identity.present(there.token)
    bob = await door.register("bob@teapot.example")
    with pytest.raises(NoSuchSession):
        await door.identity.end_session(present, bob.confirmed.session.session.id, AT_HOME)
    await ann.sign_in(ELSEWHERE)
    assert await door.identity.end_others(present, AT_HOME) == 2
    assert [each.id for each in await door.identity.sessions(ann.login.id)] == [here.session.id]
    await door.identity.sign_out(here.token, AT_HOME)
    with pytest.raises(SessionEnded):
        await door.identity.present(here.token)


async def test_a_recovery_code_stands_in_for_the_phone_once(door: Door) -> None:
    ann = await door.register()
    code = ann.confirmed.recovery_codes[0]
    half = await door.identity.sign_in(ann.login.email, PASSWORD, AT_HOME)
    whole = await door.identity.prove(half.token, code.lower(), AT_HOME)
    assert await door.identity.recovery_codes_left(ann.login.id) == 9
    with pytest.raises(CodeRefused):
        await door.identity.prove_again(whole.token, code, AT_HOME)
    present = await door.identity.present(whole.token)
    renewed = await door.identity.renew_recovery_codes(present, AT_HOME)
    assert len(set(renewed)) == 10
    with pytest.raises(CodeRefused):
        await door.identity.prove_again(whole.token, ann.confirmed.recovery_codes[1], AT_HOME)
    await door.identity.prove_again(whole.token, renewed[0], AT_HOME)


async def test_sensitive_acts_take_a_fresh_code(door: Door) -> None:
    ann = await door.register()
    token = (await ann.sign_in()).token
    door.clock.move(minutes=5)
    old = await door.identity.present(token)
    assert not door.identity.is_fresh(old)
    with pytest.raises(ProofTooOld):
        await door.identity.renew_recovery_codes(old, AT_HOME)
    again = await door.identity.prove_again(token, ann.code(), AT_HOME)
    assert door.identity.is_fresh(again)
    await door.identity.check_fresh(again)


async def test_a_link_chooses_a_new_password_once(door: Door) -> None:
    ann = await door.register()
    token = (await ann.sign_in()).token
    first = await door.identity.make_link(ann.login.email, LinkKind.RESET_PASSWORD, actor="operator:test")
    link = await door.identity.make_link(ann.login.email, LinkKind.RESET_PASSWORD, actor="operator:test")
    with pytest.raises(LinkSpent):
        await door.identity.look_at_link(first.token)
    half = await door.identity.reset(link.token, NEW_PASSWORD, AT_HOME)
    with pytest.raises(LinkSpent):
        await door.identity.reset(link.token, PASSWORD, AT_HOME)
    with pytest.raises(SessionEnded):
        await door.identity.present(token)
    await door.identity.prove(half.token, ann.code(), AT_HOME)
    with pytest.raises(SignInRefused):
        await door.identity.sign_in(ann.login.email, PASSWORD, AT_HOME)


async def test_a_link_expires_and_may_take_the_second_factor_away(door: Door) -> None:
    ann = await door.register()
    old = await door.identity.make_link(ann.login.email, LinkKind.RESET_ALL, actor="operator:test")
    door.clock.move(hours=24)
    with pytest.raises(LinkSpent):
        await door.identity.reset(old.token, NEW_PASSWORD, AT_HOME)
    link = await door.identity.make_link(ann.login.email, LinkKind.RESET_ALL, actor="operator:test")
    half = await door.identity.reset(link.token, NEW_PASSWORD, AT_HOME)
    with pytest.raises(CodeRefused):
        await door.identity.prove(half.token, ann.code(), AT_HOME)
    secret = await door.identity.offer_second_factor(await door.identity.present(half.token, half=True))
    assert secret != ann.secret
    await door.identity.confirm_second_factor(half.token, door.code(secret), AT_HOME)


async def test_an_address_has_one_login_however_it_is_written(door: Door) -> None:
    await door.register("ann@teapot.example")
    with pytest.raises(LoginExists):
        await door.register("ANN@Teapot.Example")


async def test_the_old_password_is_needed_for_a_new_one(door: Door) -> None:
    ann = await door.register()
    present = await door.identity.present(ann.confirmed.session.token)
    with pytest.raises(PasswordWrong):
        await door.identity.change_password(present, "not this one, no", NEW_PASSWORD, AT_HOME)


async def test_tries_at_the_same_moment_are_all_counted(door: Door) -> None:
    ann = await door.register()
    tried = await asyncio.gather(
        *(door.identity.sign_in(ann.login.email, f"wrong password {n}", AT_HOME) for n in range(9)),
        return_exceptions=True,
    )
    assert sum(isinstance(each, SignInRefused) for each in tried) == 5
    assert sum(isinstance(each, TooManyTries) for each in tried) == 4


async def test_whoever_signs_in_between_cannot_try_others_for_ever(door: Door) -> None:
    mallory = await door.register("mallory@teapot.example")
    for number in range(9):
        with pytest.raises(SignInRefused):
            await door.identity.sign_in(f"victim{number}@teapot.example", "a wrong password", AT_HOME)
        await door.identity.sign_in(mallory.login.email, PASSWORD, AT_HOME)
    with pytest.raises(SignInRefused):
        await door.identity.sign_in("victim@teapot.example", "a wrong password", AT_HOME)
    with pytest.raises(TooManyTries):
        await door.identity.sign_in(mallory.login.email, PASSWORD, AT_HOME)


class _Line(msgspec.Struct):
    actor: str
    action: str
    result: str
    remote_address: str | None


async def test_everything_at_the_door_is_written_down(door: Door) -> None:
    ann = await door.register()
    with pytest.raises(SignInRefused):
        await door.identity.sign_in(ann.login.email, "a wrong password", ELSEWHERE)
    whole = await ann.sign_in()
    await door.identity.sign_out(whole.token, AT_HOME)
    async with door.database.transaction() as tx:
        cursor = await tx.connection.execute(
            "select actor, action, result, remote_address from foundation.audit order by seq"
        )
        lines = [_Line(*row) for row in await cursor.fetchall()]
    said = [(each.action.removeprefix("identity."), each.result) for each in lines]
    assert said == [
        ("register", "done"),
        ("set_second_factor", "done"),
        ("sign_in", "identity.sign_in_refused"),
        ("password_shown", "done"),
        ("code_shown", "done"),
        ("sign_in", "done"),
        ("sign_out", "done"),
    ]
    assert lines[2].remote_address == ELSEWHERE.address
    assert PASSWORD not in str(lines)


async def test_no_secret_is_kept_in_plain(door: Door) -> None:
    ann = await door.register()
    await door.identity.make_link(ann.login.email, LinkKind.RESET_ALL, actor="operator:test")
    async with door.database.transaction() as tx:
        kept = ""
        for table in ("logins", "second_factors", "recovery_codes", "sessions", "links", "tries"):
            cursor = await tx.connection.execute(f"select t::text from identity.{table} t")
            kept += str(await cursor.fetchall())
    codes = [code.replace("-", "") for code in ann.confirmed.recovery_codes]
    for secret in (PASSWORD, ann.secret, ann.confirmed.session.token, *codes):
        assert secret not in kept
        assert secret.encode().hex() not in kept
    assert "argon2id" in kept


async def test_whoever_signs_in_does_not_wait_for_those_who_sign_up(door: Door) -> None:
    """Thirty newcomers are being hashed one after the other; somebody with a login comes last and is in first."""
    ann = await door.register()
    newcomers = [asyncio.create_task(door.identity.hash_of(PASSWORD)) for _ in range(30)]
    await asyncio.sleep(0)
    assert (await door.identity.sign_in(ann.login.email, PASSWORD, AT_HOME)).token
    waiting = [each for each in newcomers if not each.done()]
    await asyncio.gather(*newcomers)
    assert len(waiting) >= 10
