"""Whoever reads somebody's messages for as long as they like: do they ever set up what confirms payments?"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tael.foundation.db import Database
from tael.testing.clocks import ManualClock
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.users_scene import PASSWORD, Somebody, UsersScene, open_users_scene

DIGITS, OTHER_DIGITS = "739418", "582047"
SITE = "http://127.0.0.1:8080"
CHOSEN_BY_THIEF = "brass-lantern-meadow"
NOT_ENOUGH = "identity.code_not_enough"


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def somebody(scene: UsersScene, *, level: str = "II") -> Somebody:
    """Verified, with a payment password."""
    ann = await scene.somebody().register()
    await ann.say_who()
    await ann.verify()
    if level == "II":
        await ann.verify("mobile_operator")
        await ann.show_face()
    assert await scene.standing_of(ann.user_id) == level
    assert await said(ann, "payment_password", payment_password=DIGITS) == ""
    return ann


async def said(who: Somebody, path: str, **body: Any) -> str:
    """The code of the refusal, or nothing."""
    response = await who.post(f"/v1/me/{path}", body)
    return "" if response.status_code < 300 else str(response.json()["code"])


async def prove(who: Somebody) -> None:
    who.scene.clock.move(minutes=1)
    assert await said(who, "security/code") == ""
    assert await said(who, "security/proof", factor="code", proof=await who.code()) == ""


async def taken_over(ann: Somebody) -> Somebody:
    """A thief to whom all messages go has chosen another password, and waited for a week."""
    await ann.ask_code("reset_password")
    body = {"phone": ann.phone, "code": await ann.code(), "password": CHOSEN_BY_THIEF}
    assert (await ann.post("/v1/users/reset_password", body)).status_code < 300
    ann.scene.clock.move(days=7)
    half = (await ann.sign_in(CHOSEN_BY_THIEF)).json()
    if not half["is_whole"]:
        await ann.post("/v1/users/sign_in/codes", {"session_token": half["session_token"]})
        proof = {"session_token": half["session_token"], "factor": "code", "proof": await ann.code()}
        half = (await ann.post("/v1/users/sign_in/proof", proof)).json()
    ann.token = half["session_token"]
    await prove(ann)
    return ann


async def forgotten(who: Somebody, password: str) -> str:
    return await said(who, "payment_password", payment_password=OTHER_DIGITS, password=password)


async def test_codes_and_a_chosen_password_set_up_and_give_up_nothing_that_confirms(
    scene: UsersScene,
) -> None:
    thief = await taken_over(await somebody(scene))
    assert await forgotten(thief, CHOSEN_BY_THIEF) == NOT_ENOUGH
    options = await thief.get("/v1/me/passkeys/options")
    assert options.json()["code"] == NOT_ENOUGH
    made = SoftAuthenticator(SITE).make(
        {"rp": {"id": "127.0.0.1"}, "challenge": "AAAA", "user": {"id": "AAAA"}}
    )
    assert await said(thief, "passkeys", name="Mine", answer=made) == NOT_ENOUGH
    assert await said(thief, "authenticator", code="123456") == NOT_ENOUGH
    assert await said(thief, "authenticator/forget") == NOT_ENOUGH
    assert await said(thief, "recovery_codes") == NOT_ENOUGH
    assert await said(thief, "small_amounts", most_minor=20_000) == NOT_ENOUGH


async def test_the_payment_password_makes_a_code_firm_and_proves_nothing_without_one(
    scene: UsersScene,
) -> None:
    ann = await somebody(scene)
    scene.clock.move(days=2)
    ann.come_in(await ann.prove_anew())
    scene.clock.move(minutes=5)
    shown = {"factor": "payment_password", "proof": DIGITS}
    assert await said(ann, "security/proof", **shown) == "identity.proof_too_old"
    await prove(ann)
    assert await said(ann, "small_amounts", most_minor=20_000) == NOT_ENOUGH
    wrong = {"factor": "payment_password", "proof": OTHER_DIGITS}
    assert await said(ann, "security/proof", **wrong) == "identity.code_refused"
    scene.clock.move(minutes=3)
    assert await said(ann, "security/proof", **shown) == ""
    assert await said(ann, "small_amounts", most_minor=20_000) == ""
    scene.clock.move(minutes=2)
    assert await said(ann, "recovery_codes") == "identity.proof_too_old", "it prolongs nothing"


async def test_half_a_session_is_not_made_whole_by_the_payment_password(scene: UsersScene) -> None:
    ann = await somebody(scene)
    ann.device_token = None
    half = (await ann.sign_in()).json()
    proof = {"session_token": half["session_token"], "factor": "payment_password", "proof": DIGITS}
    refused = await ann.post("/v1/users/sign_in/proof", proof)
    assert refused.status_code in {400, 403, 422}, refused.text


async def test_a_face_shown_since_the_password_was_chosen_speaks_for_a_day(scene: UsersScene) -> None:
    ann = await somebody(scene)
    await prove(ann)
    assert await forgotten(ann, PASSWORD) == "", "she has shown her face today"
    thief = await taken_over(ann)
    assert await said(thief, "recovery_codes") == NOT_ENOUGH
    await thief.show_face()
    assert await said(thief, "recovery_codes") == "", "so the thief is she"
    scene.clock.move(hours=25)
    await prove(ann)
    assert await said(ann, "recovery_codes") == NOT_ENOUGH


async def test_a_face_from_before_another_password_was_chosen_does_not_speak_for_whoever_chose_it(
    scene: UsersScene,
) -> None:
    ann = await somebody(scene)
    scene.clock.move(minutes=30)
    await ann.ask_code("reset_password")
    body = {"phone": ann.phone, "code": await ann.code(), "password": CHOSEN_BY_THIEF}
    assert (await ann.post("/v1/users/reset_password", body)).status_code < 300
    half = (await ann.sign_in(CHOSEN_BY_THIEF)).json()
    ann.token = half["session_token"]
    if half["is_whole"]:
        await prove(ann)
    assert await said(ann, "small_amounts", most_minor=20_000) == NOT_ENOUGH


async def test_of_class_one_a_code_and_the_password_are_enough_until_there_is_more(scene: UsersScene) -> None:
    ann, phone = await somebody(scene, level="I"), SoftAuthenticator(SITE)
    scene.clock.move(days=2)
    ann.come_in(await ann.prove_anew())
    await prove(ann)
    assert await forgotten(ann, PASSWORD) == ""
    options = (await ann.get("/v1/me/passkeys/options")).json()["options"]
    assert await said(ann, "passkeys", name="Mine", answer=phone.make(options)) == ""
    scene.clock.move(days=2)
    ann.come_in(await ann.prove_anew())
    await prove(ann)
    assert await forgotten(ann, PASSWORD) == NOT_ENOUGH
    question = (await ann.get("/v1/me/security/passkey")).json()["options"]
    assert await said(ann, "security/proof", factor="passkey", proof=phone.use(question)) == ""
    assert await forgotten(ann, PASSWORD) == ""
