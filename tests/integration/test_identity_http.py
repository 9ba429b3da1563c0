"""Can a user look after what proves who they are over HTTP, and confirm an act there? One effect and one answer each."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from tael.behaviour.model import ActKind, ActResult
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.identity.model import Strength, Used
from tael.testing.clocks import ManualClock
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.users_scene import PASSWORD, Somebody, UsersScene, open_users_scene

DIGITS, NEW_PASSWORD = "739418", "brass-lantern-meadow"
TEA = hashlib.sha256(b"12.80 CNY to the teapot shop").digest()
WORDS = {"kind": "payment", "amount": "12.80", "currency": "CNY", "to": "茶*"}


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def did(ann: Somebody, path: str, key: str | None = None, **body: Any) -> Any:
    """What she hears of something that is accepted."""
    response = await ann.post(f"/v1/me/{path}", body, key=key)
    assert response.status_code in {200, 201}, response.text
    return response.json()


async def refused(ann: Somebody, path: str, **body: Any) -> str:
    """The code of a refusal."""
    response = await ann.post(f"/v1/me/{path}", body)
    assert response.status_code >= 400, response.text
    return str(response.json()["code"])


async def prove(ann: Somebody) -> None:
    """She shows a code that was sent to her phone."""
    ann.scene.clock.move(minutes=1)
    await did(ann, "security/code")
    await did(ann, "security/proof", factor="code", proof=await ann.code())


async def ask(ann: Somebody, strength: Strength) -> str:
    """She is about to pay for her tea; gives the confirmation."""
    identity = ann.scene.people.identity
    present = await identity.present_user(ann.token.removeprefix("tael_user_"))
    async with ann.scene.database.transaction() as tx:
        asked = await identity.ask_confirmation(
            tx,
            login_id=present.login.id,
            session_id=present.session.id,
            about=TEA,
            factors=identity.factors_for(strength),
            words=WORDS,
        )
    return asked.id


async def test_credentials_are_set_up_looked_at_and_told(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    key = new_id("key")
    said = await did(ann, "payment_password", key, payment_password=DIGITS)
    assert said["has_payment_password"]
    assert await did(ann, "payment_password", key, payment_password=DIGITS) == said
    assert await refused(ann, "payment_password", payment_password="341234", old=DIGITS) == (
        "identity.payment_password_weak"
    ), "the end of her telephone number"
    offered = (await ann.get("/v1/me/authenticator")).json()
    code = pyotp.TOTP(offered["secret"]).at(scene.clock.now())
    key = new_id("key")
    codes = await did(ann, "authenticator", key, code=code)
    assert len(codes["secret"]) == codes["made"] == 10
    assert (await did(ann, "authenticator", key, code=code))["secret"] is None
    await did(ann, "small_amounts", most_minor=10_000)
    security = (await ann.get("/v1/me/security")).json()
    assert (security["has_payment_password"], security["has_authenticator"]) == (True, True)
    assert (security["recovery_codes_left"], security["small_amounts"]["most_minor"]) == (10, 10_000)
    await scene.everything_told()
    assert (await ann.told())[:3] == [
        "small_amounts_changed",
        "second_factor_changed",
        "payment_password_changed",
    ]
    acts = await scene.people.behaviour.acts(ann.user_id, kind=ActKind.CHANGE, limit=10)
    assert {act.what for act in acts} == {"small_amounts", "second_factor", "payment_password"}


async def test_a_password_is_changed_and_the_other_sessions_end(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    old = ann.token
    ann.come_in(await ann.sign_in())
    assert len((await ann.get("/v1/me/sessions")).json()["items"]) == 2
    assert await refused(ann, "password", old="wrong", password=NEW_PASSWORD) == "identity.password_wrong"
    assert await refused(ann, "password", old=PASSWORD, password="13812341234abc") == "identity.password_weak"
    key = new_id("key")
    body = {"old": PASSWORD, "password": NEW_PASSWORD}
    replies = await asyncio.gather(*(ann.post("/v1/me/password", body, key=key) for _ in range(4)))
    assert {(each.status_code, each.content) for each in replies} == {(200, replies[0].content)}
    ann.token, here = old, ann.token
    assert (await ann.get("/v1/me/security")).status_code == 401
    ann.token = here
    [session] = (await ann.get("/v1/me/sessions")).json()["items"]
    [device] = (await ann.get("/v1/me/devices")).json()["items"]
    assert (session["is_this"], device["is_this"], device["is_trusted"]) == (True, True, True)
    assert await did(ann, f"devices/{device['id']}/revoke") == {"id": device["id"], "ended": 1}
    assert (await ann.get("/v1/me/devices")).status_code == 401


async def test_an_act_is_confirmed_by_payment_password_and_a_code_for_this_act(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await did(ann, "payment_password", payment_password=DIGITS)
    id = await ask(ann, Strength.TWO)
    seen = (await ann.get(f"/v1/me/confirmations/{id}")).json()
    assert (seen["words"], seen["is_confirmed"]) == (WORDS, False)
    wrong = await refused(ann, f"confirmations/{id}/confirm", factor="payment_password", proof="000000")
    assert wrong == "identity.code_refused"
    half = await did(ann, f"confirmations/{id}/confirm", factor="payment_password", proof=DIGITS)
    assert ["code"] in half["missing"]
    scene.clock.move(minutes=1)
    await did(ann, f"confirmations/{id}/code")
    whole = await did(ann, f"confirmations/{id}/confirm", factor="code", proof=await ann.code())
    assert whole["is_confirmed"]
    login_id = (await scene.users.find([ann.user_id]))[ann.user_id].login_id
    used = Used(id=id, login_id=login_id, about=TEA, strength=Strength.TWO)
    async with scene.database.transaction() as tx:
        assert await scene.people.identity.use_confirmations(tx, [used]) == [None]
    assert await refused(ann, f"confirmations/{id}/confirm", factor="payment_password", proof=DIGITS) == (
        "identity.confirmation_used"
    )


async def test_a_passkey_is_made_signs_an_act_and_is_forgotten(scene: UsersScene) -> None:
    ann, phone = await scene.somebody().register(), SoftAuthenticator("http://127.0.0.1:8080")
    scene.clock.move(minutes=5)
    assert (await ann.get("/v1/me/passkeys/options")).json()["code"] == "identity.proof_too_old"
    await prove(ann)
    options = (await ann.get("/v1/me/passkeys/options")).json()["options"]
    assert options["user"]["name"] == "138****1234"
    made = await did(ann, "passkeys", name="My phone", answer=phone.make(options))
    id = await ask(ann, Strength.TWO)
    asked = (await ann.get(f"/v1/me/confirmations/{id}/passkey")).json()["options"]
    confirmed = await did(ann, f"confirmations/{id}/confirm", factor="passkey", proof=phone.use(asked))
    assert confirmed["is_confirmed"]
    await did(ann, f"passkeys/{made['id']}", name="My old phone")
    [listed] = (await ann.get("/v1/me/passkeys")).json()["items"]
    assert listed["name"] == "My old phone"
    assert (await ann.get("/v1/me/security")).json()["is_proven_firmly"], "she has just made it"
    await prove(ann)
    assert await refused(ann, f"passkeys/{made['id']}/forget") == "identity.code_not_enough"
    question = (await ann.get("/v1/me/security/passkey")).json()["options"]
    said = await did(ann, "security/proof", factor="passkey", proof=phone.use(question))
    assert said["is_proven_firmly"]
    await did(ann, f"passkeys/{made['id']}/forget")
    assert (await ann.get("/v1/me/passkeys")).json()["items"] == []
    await scene.everything_told()
    assert set(await ann.told()) >= {"passkey_added", "passkey_removed"}
    said = await scene.people.messages.list_kept(ann.user_id)
    assert [each.text.partition("”")[0] for each in said if each.template.startswith("passkey_")] == [
        "The passkey “My old phone",
        "The passkey “My phone",
    ]


async def test_a_change_of_a_credential_is_among_what_its_user_did(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await did(ann, "payment_password", payment_password=DIGITS)
    await prove(ann)
    await did(ann, "recovery_codes")
    await scene.everything_told()
    acts = await scene.people.behaviour.acts(ann.user_id, kind=ActKind.CHANGE, limit=10)
    assert {act.what for act in acts} == {"payment_password", "second_factor"}
    assert all(act.address and act.result is ActResult.DONE for act in acts)


async def test_nothing_secret_is_kept_of_a_call(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await did(ann, "payment_password", payment_password=DIGITS)
    await prove(ann)
    codes = await did(ann, "recovery_codes")
    async with scene.database.transaction() as tx:
        kept = ""
        for table in ("calls", "audit"):
            cursor = await tx.connection.execute(f"select t::text from foundation.{table} t")
            kept += str(await cursor.fetchall())
        cursor = await tx.connection.execute("select convert_from(body, 'UTF8') from foundation.calls")
        kept += str(await cursor.fetchall())
    assert len(codes["secret"]) == 10
    for secret in (DIGITS, *codes["secret"]):
        assert secret not in kept
