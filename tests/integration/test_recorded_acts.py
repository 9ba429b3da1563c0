"""Is what is done and tried in a user's name on their record, with the device at which it was, and do the rules see it there?"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest

from tael.behaviour.model import ActKind, ActResult, Follows, Reason, RecordedAct
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.foundation.outbox import SQL
from tael.identity.api import USER_TOKEN
from tael.identity.errors import CodeRefused
from tael.identity.model import Factor, SignedIn, Strength, Visitor
from tael.testing.clocks import ManualClock
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.test_identity_http import DIGITS, NEW_PASSWORD, ask, did, prove, refused
from tests.integration.users_scene import BOB, PASSWORD, Somebody, UsersScene, open_users_scene

WRONG, WRONG_DIGITS = "000000", "582047"
LAPTOP = Visitor(device="Somebody's laptop", address="198.51.100.9")
HOME = "http://127.0.0.1:8080"


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def acts_of(
    who: Somebody, kind: ActKind | None = None, result: ActResult | None = None
) -> list[RecordedAct]:
    """What they did, when everything is told, the oldest first."""
    await who.scene.everything_told()
    found = await who.scene.people.behaviour.acts(who.user_id, kind=kind, result=result, limit=100)
    return [*reversed(found)]


async def failed(who: Somebody) -> list[tuple[str, str | None]]:
    """What was tried in their name and refused, the oldest first."""
    return [(str(each.kind), each.what) for each in await acts_of(who, result=ActResult.FAILED)]


async def reasons_told(who: Somebody) -> dict[str, set[Reason]]:
    """Of which acts they were warned, by what was done, and why."""
    behaviour = who.scene.people.behaviour
    done = {each.id: f"{each.kind} {each.what}" for each in await acts_of(who)}
    await behaviour.look()
    warnings = await behaviour.warnings(user_id=who.user_id, limit=50)
    return {done[each.act_id]: {*each.reasons} for each in warnings if each.follows is not Follows.NOTHING}


async def unrecorded_sign_in(who: Somebody) -> SignedIn:
    """At a laptop, whose process died before it wrote down that somebody has come in."""
    scene, identity = who.scene, who.scene.people.identity
    login_id = (await scene.users.find([who.user_id]))[who.user_id].login_id
    half = await identity.sign_in_as(login_id, PASSWORD, LAPTOP, about="ann")
    scene.clock.move(minutes=1)
    async with scene.database.transaction() as tx:
        present = await identity.present_user(half.session.token, half=True)
        code = await identity.make_session_code(tx, present)
    return await identity.prove_as(half.session.token, Factor.CODE, code, LAPTOP)


async def half_a_session(who: Somebody) -> str:
    """The password is right, at a device that nobody knows."""
    said = (await who.scene.somebody(device="Somebody's laptop").sign_in()).json()
    assert not said["is_whole"]
    return str(said["session_token"])


async def test_every_change_is_recorded_with_the_device_at_which_it_was_made(scene: UsersScene) -> None:
    ann, phone = await scene.somebody().register(), SoftAuthenticator(HOME)
    [device] = (await ann.get("/v1/me/devices")).json()["items"]
    await did(ann, "payment_password", payment_password=DIGITS)
    options = (await ann.get("/v1/me/passkeys/options")).json()["options"]
    passkey = await did(ann, "passkeys", name="My phone", answer=phone.make(options))
    await did(ann, f"passkeys/{passkey['id']}/forget")
    secret = (await ann.get("/v1/me/authenticator")).json()["secret"]
    await did(ann, "authenticator", code=pyotp.TOTP(secret).at(scene.clock.now()))
    await did(ann, "small_amounts", most_minor=10_000)
    await did(ann, "recovery_codes")
    await did(ann, "authenticator/forget")
    await did(ann, "password", old=PASSWORD, password=NEW_PASSWORD)
    assert (await ann.say_who()).status_code == 200
    await ann.verify()
    assert (await ann.post("/v1/me/personal_data_requests", {"kind": "export"})).status_code == 202
    scene.clock.move(minutes=1)
    assert (await ann.post("/v1/me/phone/codes", {"phone": BOB})).status_code == 202
    await did(ann, "phone", phone=BOB, code=await ann.code(BOB), old_code=await ann.code())
    await did(ann, f"devices/{device['id']}/revoke")
    changes = await acts_of(ann, ActKind.CHANGE)
    assert {each.what for each in changes} == {
        "payment_password",
        "passkey_added",
        "passkey_removed",
        "second_factor",
        "small_amounts",
        "password",
        "identity",
        "verification",
        "personal_data_export",
        "phone",
        "device_revoked",
    }
    assert {(each.device_id, each.address) for each in changes} == {(device["id"], "203.0.113.7")}


async def test_a_change_at_a_device_that_was_never_seen_is_found(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await did(ann, "payment_password", payment_password=DIGITS)
    assert await reasons_told(ann) == {}, "a first device is not a new one"
    there = await unrecorded_sign_in(ann)
    ann.token = USER_TOKEN + there.session.token
    await did(ann, "recovery_codes")
    assert await reasons_told(ann) == {"change second_factor": {Reason.NEW_DEVICE}}
    [change] = [each for each in await acts_of(ann, ActKind.CHANGE) if each.what == "second_factor"]
    assert there.device is not None
    assert change.device_id == there.device.id


async def test_where_somebody_registered_is_no_new_device_and_where_they_come_in_next_is(
    scene: UsersScene,
) -> None:
    ann, laptop = await scene.somebody().register(), scene.somebody(device="Somebody's laptop")
    laptop.come_in(await laptop.prove_anew())
    assert await reasons_told(ann) == {"sign_in None": {Reason.NEW_DEVICE}}
    scene.clock.move(hours=25)
    await prove(ann)
    await did(ann, "payment_password", payment_password=DIGITS)
    assert len(await reasons_told(ann)) == 1, "nobody is told twice in a day, but this is a day later"


async def test_a_fact_that_was_written_before_devices_were_told_is_still_heard(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    login_id = (await scene.users.find([ann.user_id]))[ann.user_id].login_id
    old = {
        "type": "identity.credential_changed",
        "object_id": login_id,
        "happened_at": scene.clock.now(),
        "what": "second_factor",
        "device": "Firefox",
        "address": "203.0.113.7",
    }
    async with scene.database.transaction() as tx:
        await tx.run(
            SQL.insert_events,
            types=[old["type"]],
            object_ids=[login_id],
            payloads=[msgspec.json.encode(old)],
            times=[scene.clock.now()],
        )
    [act] = await acts_of(ann, ActKind.CHANGE)
    assert (act.what, act.device_id, act.address) == ("second_factor", None, "203.0.113.7")


async def test_wrong_codes_after_the_right_password_are_recorded_and_warned_of(scene: UsersScene) -> None:
    ann, eve = await scene.somebody().register(), scene.somebody(device="Somebody's laptop")
    token = await half_a_session(ann)
    scene.clock.move(minutes=1)
    await eve.post("/v1/users/sign_in/codes", {"session_token": token})
    proofs = [
        {"session_token": token, "factor": factor, "proof": WRONG}
        for factor in ("code", "code", "code", "code", "authenticator")
    ]
    said = [(await eve.post("/v1/users/sign_in/proof", proof)).json()["code"] for proof in proofs]
    assert {*said} == {"identity.code_refused"}
    assert await failed(ann) == [*[("sign_in", "code")] * 4, ("sign_in", "authenticator")]
    assert await reasons_told(ann) == {"sign_in authenticator": {Reason.MANY_FAILURES}}
    assert {each.device_id for each in await acts_of(ann, result=ActResult.FAILED)} == {None}


async def test_a_refused_confirmation_is_recorded_once_as_what_was_not_done(scene: UsersScene) -> None:
    ann, phone = await scene.somebody().register(), SoftAuthenticator(HOME)
    [device] = (await ann.get("/v1/me/devices")).json()["items"]
    await did(ann, "payment_password", payment_password=DIGITS)
    options = (await ann.get("/v1/me/passkeys/options")).json()["options"]
    await did(ann, "passkeys", name="My phone", answer=phone.make(options))
    id = await ask(ann, Strength.TWO)
    confirm, key = f"/v1/me/confirmations/{id}/confirm", new_id("key")
    code = {"factor": "code", "proof": WRONG}
    answers = [await ann.post(confirm, code, key=key) for _ in range(3)]
    assert {each.json()["code"] for each in answers} == {"identity.code_refused"}
    question = (await ann.get("/v1/me/security/passkey")).json()["options"]
    of_another = {"factor": "passkey", "proof": phone.use(question)}
    assert (await ann.post(confirm, of_another)).json()["code"] == "identity.passkey_refused"
    body = {"factor": "payment_password", "proof": WRONG_DIGITS}
    assert (await ann.post(confirm, body)).json()["code"] == "identity.code_refused"
    assert await failed(ann) == [
        ("payment", "code"),
        ("payment", "passkey"),
        ("payment", "payment_password"),
    ]
    assert {each.device_id for each in await acts_of(ann, result=ActResult.FAILED)} == {device["id"]}
    whole = await did(ann, f"confirmations/{id}/confirm", factor="payment_password", proof=DIGITS)
    assert not whole["is_confirmed"]


async def test_a_wrong_proof_on_a_page_is_recorded_like_one_of_a_program(scene: UsersScene) -> None:
    ann, identity = await scene.somebody().register(), scene.people.identity
    await did(ann, "payment_password", payment_password=DIGITS)
    id, present = (
        await ask(ann, Strength.TWO),
        await identity.present_user(ann.token.removeprefix(USER_TOKEN)),
    )
    for factor, proof in ((Factor.CODE, WRONG), (Factor.PAYMENT_PASSWORD, WRONG_DIGITS)):
        with pytest.raises(CodeRefused):
            await identity.confirm(present, id, factor, proof, LAPTOP)
        with pytest.raises(CodeRefused):
            await identity.prove_again_as(present, factor, proof, LAPTOP)
    assert await failed(ann) == [
        ("payment", "code"),
        ("sign_in", "code"),
        ("payment", "payment_password"),
        ("sign_in", "payment_password"),
    ]


async def test_a_wrong_password_in_a_session_is_recorded(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await did(ann, "payment_password", payment_password=DIGITS)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("payment_password", {"payment_password": "582047", "old": "000000"}),
        ("payment_password", {"payment_password": "582047", "password": "wrong"}),
        ("password", {"old": "wrong", "password": NEW_PASSWORD}),
        ("security/proof", {"factor": "payment_password", "proof": WRONG}),
        ("security/proof", {"factor": "code", "proof": WRONG}),
    ]
    for path, body in asked:
        assert await refused(ann, path, **body) in {"identity.code_refused", "identity.password_wrong"}
    assert await failed(ann) == [
        ("change", "payment_password"),
        ("change", "password"),
        ("change", "password"),
        ("sign_in", "payment_password"),
        ("sign_in", "code"),
    ]
    assert await reasons_told(ann) == {"sign_in code": {Reason.MANY_FAILURES}}


async def test_whoever_is_locked_out_or_nobody_leaves_no_act(scene: UsersScene) -> None:
    ann, eve = await scene.somebody().register(), scene.somebody(BOB, device="Somebody's laptop")
    for _ in range(3):
        assert (await eve.sign_in("a wrong password")).status_code == 401
    await did(ann, "payment_password", payment_password=DIGITS)
    id = await ask(ann, Strength.ONE)
    body = {"factor": "payment_password", "proof": WRONG_DIGITS}
    said = [(await ann.post(f"/v1/me/confirmations/{id}/confirm", body)).json()["code"] for _ in range(8)]
    assert said == [*["identity.code_refused"] * 5, *["identity.too_many_tries"] * 3]
    assert await failed(ann) == [("payment", "payment_password")] * 5
    async with scene.database.transaction() as tx:
        cursor = await tx.connection.execute(
            "select count(*) from behaviour.acts where user_id <> %s", [ann.user_id]
        )
        assert await cursor.fetchone() == (0,)
