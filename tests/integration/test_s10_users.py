"""S10 for users: does the door of those who sign in with a telephone number hold, and does it tell who lives there?"""

import asyncio
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import monotonic_seconds
from tael.foundation.errors import Refusal
from tael.identity.errors import (
    CodeRefused,
    FactorRefused,
    PasswordWeak,
    SessionEnded,
    SignInRefused,
    TooManyCodes,
    TooManyTries,
)
from tael.identity.model import Factor, SessionKind, Visitor
from tests.integration.identity_desk import PASSWORD, Door, a_door
from tests.integration.people_desk import LAPTOP, PHONE, User, a_user

ROUNDS, BATCHES = 30, 8
LARGEST_DIFFERENCE_PERCENT = 5
NEW_PASSWORD = "brass-lantern-meadow"
NOBODY = "0000"


@pytest.fixture
async def door(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(urls, tmp_path) as opened:
        yield opened


@pytest.fixture
async def ann(door: Door) -> User:
    return await a_user(door)


def visitor(number: int) -> Visitor:
    return Visitor(device="Firefox", address=f"198.51.{number // 250}.{number % 250}")


async def refusal_of(door: Door, who: User | None, from_where: Visitor, about: str = NOBODY) -> Refusal:
    """A wrong password of somebody, or of nobody."""
    with pytest.raises((SignInRefused, TooManyTries)) as refused:
        await door.identity.sign_in_as(
            who.login_id if who else None,
            "a wrong password",
            from_where,
            about=who.about if who else about,
        )
    return refused.value


@pytest.mark.parametrize("name", ["ann", "nobody"])
async def test_s10_a_user_is_locked_after_five_wrong_tries_whether_they_exist_or_not(
    door: Door, ann: User, name: str
) -> None:
    who = ann if name == "ann" else None
    for number in range(5):
        assert (await refusal_of(door, who, visitor(number))).code == "identity.sign_in_refused"
    locked = await refusal_of(door, who, visitor(6))
    assert (locked.code, locked.retry_after_seconds) == ("identity.too_many_tries", 61)
    if who is not None:
        with pytest.raises(TooManyTries):
            await ann.sign_in(visitor=visitor(7), device_token=ann.device_token)
    door.clock.move(minutes=1)
    assert (await refusal_of(door, who, visitor(8))).code == "identity.sign_in_refused"


async def test_s10_whoever_tries_hears_the_same_of_users_who_exist_and_who_do_not(
    door: Door, ann: User
) -> None:
    known, unknown = await refusal_of(door, ann, LAPTOP), await refusal_of(door, None, LAPTOP)
    told = [(type(each), each.message, each.hint, each.field, each.facts) for each in (known, unknown)]
    assert told[0] == told[1]


@pytest.mark.alone
async def test_s10_it_takes_as_long_for_users_who_exist_as_for_others(door: Door, ann: User) -> None:
    """One of each in turn, as in `test_s10_sign_in`: medians differ by less than a twentieth."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    known = unknown = 0.0
    for batch in range(BATCHES):
        for number in range(batch * ROUNDS, (batch + 1) * ROUNDS):
            door.clock.move(hours=25)
            for exists in (True, False) if number % 2 else (False, True):
                began = monotonic_seconds()
                await refusal_of(door, ann if exists else None, visitor(2 * number + exists))
                taken[exists].append(monotonic_seconds() - began)
        known, unknown = statistics.median(taken[True]), statistics.median(taken[False])
        if 100 * abs(known - unknown) / max(known, unknown) < LARGEST_DIFFERENCE_PERCENT:
            return
    pytest.fail(f"{known:.4f} s for a user who exists, {unknown:.4f} s for one who does not")


async def test_s10_a_sent_code_works_once_for_one_purpose_and_five_minutes(door: Door) -> None:
    identity = door.identity

    async def made(purpose: str) -> str:
        door.clock.move(minutes=1)
        async with door.database.transaction() as tx:
            return await identity.make_code(tx, about="5f3a", purpose=purpose)

    async def is_taken(purpose: str, code: str, about: str = "5f3a") -> bool:
        try:
            async with door.database.transaction() as tx:
                await identity.use_code(tx, about=about, purpose=purpose, code=code)
        except CodeRefused:
            return False
        return True

    code = await made("register")
    assert len(code) == 6
    assert code.isdigit()
    assert not await is_taken("reset", code)
    assert not await is_taken("register", code, about="77aa")
    assert await is_taken("register", f" {code[:3]} {code[3:]}")
    assert not await is_taken("register", code)
    old, new = await made("register"), await made("register")
    assert old == new or not await is_taken("register", old)
    door.clock.move(minutes=5)
    assert not await is_taken("register", new)


async def test_s10_a_sixth_try_at_a_sent_code_is_refused_even_if_each_one_was_rolled_back(door: Door) -> None:
    async with door.database.transaction() as tx:
        code = await door.identity.make_code(tx, about="5f3a", purpose="register")
    wrong = "000000" if code != "000000" else "000001"

    async def try_it(text: str) -> None:
        async with door.database.transaction() as tx:
            await door.identity.use_code(tx, about="5f3a", purpose="register", code=text)

    for _ in range(5):
        with pytest.raises(CodeRefused):
            await try_it(wrong)
    with pytest.raises(TooManyTries):
        await try_it(code)


async def test_s10_of_four_who_use_a_code_at_the_same_moment_one_is_in(door: Door) -> None:
    async with door.database.transaction() as tx:
        code = await door.identity.make_code(tx, about="5f3a", purpose="register")

    async def use_it() -> None:
        async with door.database.transaction() as tx:
            await door.identity.use_code(tx, about="5f3a", purpose="register", code=code)
            await tx.connection.execute("select pg_sleep(0.05)")

    tried = await asyncio.gather(*(use_it() for _ in range(4)), return_exceptions=True)
    assert sum(each is None for each in tried) == 1
    assert sum(isinstance(each, CodeRefused) for each in tried) == 3


async def test_s10_codes_are_sent_once_a_minute_and_ten_times_a_day(door: Door) -> None:
    async def make(about: str = "5f3a") -> None:
        async with door.database.transaction() as tx:
            await door.identity.make_code(tx, about=about, purpose="register")

    await make()
    with pytest.raises(TooManyCodes) as soon:
        await make()
    assert soon.value.retry_after_seconds == 60
    await make("77aa")
    for _ in range(9):
        door.clock.move(minutes=1)
        await make()
    door.clock.move(minutes=1)
    with pytest.raises(TooManyCodes) as full:
        await make()
    assert full.value.retry_after_seconds == 24 * 3600 - 600
    door.clock.move(hours=24)
    await make()


async def test_s10_a_visit_ends_after_fifteen_idle_minutes_and_ones_own_phone_after_seven_days(
    door: Door, ann: User
) -> None:
    half = await ann.sign_in(visitor=LAPTOP)
    code = await ann.session_code(half.session.token)
    visit = await ann.identity.prove_as(half.session.token, Factor.CODE, code, LAPTOP, trust=False)
    assert visit.session.session.kind is SessionKind.VISIT
    door.clock.move(minutes=15)
    with pytest.raises(SessionEnded):
        await ann.identity.present_user(visit.session.token)
    present = await ann.present()
    assert present.session.kind is SessionKind.OWN
    door.clock.move(days=6)
    await ann.identity.see(await ann.present())
    door.clock.move(days=6)
    await ann.present()
    door.clock.move(days=1)
    with pytest.raises(SessionEnded):
        await ann.present()


async def test_s10_old_sessions_die_when_the_password_changes_or_is_reset(door: Door, ann: User) -> None:
    there = await ann.sign_in(device_token=ann.device_token)
    present = await ann.present()
    hash = await ann.identity.prepare_password(present, PASSWORD, NEW_PASSWORD, PHONE)
    async with door.database.transaction() as tx:
        await ann.identity.put_password(tx, present, hash, PHONE)
    await ann.present()
    with pytest.raises(SessionEnded):
        await ann.identity.present_user(there.session.token)
    async with door.database.transaction() as tx:
        await ann.identity.reset_password(tx, ann.login_id, await ann.identity.hash_of(PASSWORD), PHONE)
    with pytest.raises(SessionEnded):
        await ann.present()
    with pytest.raises(SignInRefused):
        await ann.sign_in(NEW_PASSWORD)


async def test_s10_a_password_made_of_what_is_known_of_the_person_is_refused(door: Door) -> None:
    with pytest.raises(PasswordWeak):
        await door.identity.hash_of("13800001234abc", about=("13800001234",))
    await door.identity.hash_of("13800001234 wet-bricks", about=("13800001234",))


async def test_s10_a_stolen_password_opens_half_a_session_on_a_new_device(ann: User) -> None:
    stolen = await ann.sign_in(visitor=LAPTOP)
    assert (stolen.is_whole, stolen.is_new_device) == (False, True)
    with pytest.raises(SessionEnded):
        await ann.identity.present_user(stolen.session.token)
    await ann.set_payment_password()
    with pytest.raises(FactorRefused):
        await ann.identity.prove_as(stolen.session.token, Factor.PAYMENT_PASSWORD, "739418", LAPTOP)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await ann.identity.prove_as(stolen.session.token, Factor.AUTHENTICATOR, "000000", LAPTOP)
    with pytest.raises(TooManyTries):
        await ann.identity.prove_as(stolen.session.token, Factor.AUTHENTICATOR, "000000", LAPTOP)
