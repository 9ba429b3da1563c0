"""Does a person become a user, come in again, and is nobody told whether somebody else is one?"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.foundation.calls import Call, Caller
from tael.foundation.db import Database
from tael.identity.model import Visitor
from tael.testing.clocks import ManualClock
from tael.users.api import Asked
from tael.users.errors import NoSuchUser
from tael.users.model import AgreementName
from tael.users.schemas.own import AcceptRequest
from tael.users.schemas.words import AcceptedText
from tael.users.usecases import agreements
from tests.integration.users_scene import ANN, BOB, PASSWORD, UsersScene, open_users_scene


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def test_a_number_with_its_code_becomes_a_user_who_is_signed_in_at_once(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    me = (await ann.get("/v1/me")).json()
    assert (me["id"], me["phone"], me["state"], me["identity"]) == (
        ann.user_id,
        "138****1234",
        "active",
        None,
    )
    agreed = (await ann.get("/v1/me/agreements")).json()["agreements"]
    assert [(each["agreement"], each["accepted"], each["due"]) for each in agreed] == [
        ("service", "2026-01", False),
        ("privacy", "2026-01", False),
        ("payment_account", "2026-01", False),
    ]
    assert await ann.told() == ["welcome"]
    assert await scene.standing_of(ann.user_id) == "none"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "000000"}, "identity.code_refused"),
        ({"password": "password1234"}, "identity.password_weak"),
        ({"agreements": "some"}, "users.agreement_differs"),
        ({"agreements": "another text"}, "users.agreement_differs"),
        ({"phone": "010 1234 5678"}, "phone_malformed"),
    ],
)
async def test_nobody_registers_without_code_password_and_every_agreement_as_it_is(
    scene: UsersScene, wrong: dict[str, Any], code: str
) -> None:
    ann = scene.somebody()
    await ann.ask_code()
    accepted = await scene.agreements()
    if wrong.get("agreements") == "some":
        wrong = {"agreements": accepted[:2]}
    elif "agreements" in wrong:
        wrong = {"agreements": [*accepted[:2], {**accepted[2], "digest": "0" * 64}]}
    refused = await ann.try_to_register(await ann.code(), **wrong)
    assert refused.json()["code"] == code, refused.text
    assert await scene.users.find_by_phone(ANN) is None


async def test_s10_a_code_is_answered_alike_for_every_number_until_it_is_shown(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    again, bob = scene.somebody(), scene.somebody(BOB)
    answers = [
        await each.ask_code(purpose) for purpose in ("register", "reset_password") for each in (again, bob)
    ]
    assert {(each.status_code, each.content) for each in answers} == {(202, b'{"good_for_seconds":300}')}
    await scene.people.messages.relay.work_off()
    assert len(await scene.office.arrived(to=BOB)) == 1, "nobody who is unknown gets a code for a password"
    guessed = await again.try_to_register("000000")
    assert guessed.json()["code"] == "identity.code_refused"
    await again.ask_code()
    taken = await again.try_to_register(await again.code())
    assert (taken.status_code, taken.json()["code"]) == (409, "users.phone_taken")
    assert "Sign in" in taken.json()["hint"]
    assert (await ann.get("/v1/me")).status_code == 200


async def test_s10_signing_in_tells_nothing_about_who_is_registered(scene: UsersScene) -> None:
    await scene.somebody().register()
    wrong = await scene.somebody().sign_in("another-long-password")
    unknown = await scene.somebody(BOB).sign_in()
    said = [{**each.json(), "instance": "", "request_id": ""} for each in (wrong, unknown)]
    assert said[0] == said[1]
    assert wrong.status_code == 401


async def test_a_known_device_needs_the_password_alone_and_a_new_one_a_code_and_is_told(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    here = await ann.sign_in()
    assert here.json()["is_whole"], here.text
    elsewhere = scene.somebody(device="Somebody's laptop")
    half = (await elsewhere.sign_in()).json()
    assert (half["is_whole"], half["factors"], half["user_id"]) == (False, ["code"], None)
    elsewhere.token = half["session_token"]
    assert (await elsewhere.get("/v1/me")).status_code == 401, "half a session opens nothing"
    scene.clock.move(minutes=1)
    sent = await elsewhere.post("/v1/users/sign_in/codes", {"session_token": half["session_token"]})
    assert sent.status_code == 202, sent.text
    proof = {"session_token": half["session_token"], "factor": "code", "proof": await elsewhere.code()}
    elsewhere.come_in(await elsewhere.post("/v1/users/sign_in/proof", proof))
    assert (await elsewhere.get("/v1/me")).json()["id"] == ann.user_id
    assert "sign_in_new_device" in await ann.told()
    assert (await elsewhere.post("/v1/me/sign_out", {})).status_code == 204
    assert (await elsewhere.get("/v1/me")).status_code == 401
    acts = await scene.people.behaviour.acts(ann.user_id, limit=10)
    assert [str(each.kind) for each in acts] == ["sign_in"] * 3, (
        "where she registered, there again, elsewhere"
    )


async def test_a_forgotten_password_is_chosen_anew_by_a_code_and_ends_every_session(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    await ann.ask_code("reset_password")
    body = {"phone": ANN, "code": await ann.code(), "password": "copper-lantern-meadow"}
    assert (await ann.post("/v1/users/reset_password", body)).status_code == 204
    assert (await ann.get("/v1/me")).status_code == 401
    assert (await ann.sign_in(PASSWORD)).status_code == 401
    assert (await ann.sign_in("copper-lantern-meadow")).status_code == 200
    assert "password_changed" in await ann.told()
    assert (await ann.post("/v1/users/reset_password", body)).json()["code"] == "identity.code_refused"


async def test_a_number_changes_with_codes_of_both_and_the_old_one_is_free(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    await ann.verify()
    scene.clock.move(minutes=1)
    sent = await ann.post("/v1/me/phone/codes", {"phone": BOB})
    assert sent.status_code == 202, sent.text
    codes = {"code": await ann.code(BOB), "old_code": await ann.code(ANN)}
    wrong = await ann.post("/v1/me/phone", {"phone": BOB, **codes, "old_code": "000000"})
    assert wrong.json()["code"] == "identity.code_refused"
    changed = await ann.post("/v1/me/phone", {"phone": BOB, **codes})
    assert (changed.json()["changed"], changed.json()["phone"]) == (True, "139****4321"), changed.text
    assert (await scene.somebody(BOB).sign_in()).status_code == 200
    assert await scene.users.find_by_phone(ANN) is None
    await scene.people.messages.relay.work_off()
    assert "139****4321" in (await scene.office.arrived(to=ANN))[0].text, "the old number is told"
    other = await scene.somebody(ANN).register()
    assert other.user_id != ann.user_id


async def test_nobody_takes_the_number_of_another_user(scene: UsersScene) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()
    await ann.say_who()
    await ann.verify()
    scene.clock.move(minutes=1)
    assert (await ann.post("/v1/me/phone/codes", {"phone": BOB})).status_code == 202
    body = {"phone": BOB, "code": await ann.code(BOB), "old_code": await ann.code(ANN)}
    assert (await ann.post("/v1/me/phone", body)).json()["code"] == "users.phone_taken"
    assert (await bob.get("/v1/me")).json()["phone"] == "139****4321"


async def test_a_lost_number_takes_a_face_and_two_people(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    await ann.verify()
    scene.clock.move(minutes=1)
    await ann.post("/v1/me/phone/codes", {"phone": BOB})
    body = {"phone": BOB, "code": await ann.code(BOB)}
    assert (await ann.post("/v1/me/phone", body)).json()["code"] == "users.proof_needed"
    await ann.show_face()
    asked = (await ann.post("/v1/me/phone", body)).json()
    assert (asked["changed"], asked["review"]["reason"]) == (False, "lost_phone")
    path = f"/v1/user_reviews/{asked['review']['id']}"
    decision = {"approve": True, "note": "compared"}
    alone = await scene.staff("risk", "users.approve", f"{path}/decide", decision)
    assert alone.json()["code"] == "users.not_looked_at"
    await scene.staff("risk", "users.change", f"{path}/look", {"note": "it is her"})
    same = await scene.staff("risk", "users.approve", f"{path}/decide", decision)
    assert same.json()["code"] == "users.same_eyes"
    done = await scene.staff("other", "users.approve", f"{path}/decide", decision)
    assert done.json()["state"] == "approved", done.text
    assert (await ann.get("/v1/me")).json()["phone"] == "139****4321"
    assert "review_decided" in await ann.told()


async def test_a_new_version_of_an_agreement_is_announced_once_and_holds_payments_up_until_it_is_accepted(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    today = scene.clock.now().date()
    known = agreements.versions()
    first = known[AgreementName.SERVICE][0]
    second = msgspec.structs.replace(
        first,
        version="2026-04",
        announced_on=today,
        effective_from=today + timedelta(days=30),
    )
    changed = {**known, AgreementName.SERVICE: [first, second]}
    later = scene.later(changed)
    await later.announce_agreements()
    await later.announce_agreements()
    assert (await ann.told()).count("agreement_changed") == 1
    assert "user.transaction" in (await later.principal(ann.token)).permissions
    scene.clock.move(days=31)
    ann.come_in(await ann.prove_anew())
    held = await later.principal(ann.token)
    assert "user.transaction" not in held.permissions
    assert held.why_not("user.transaction").code == "users.agreements_due"
    accepted = AcceptedText(agreement=AgreementName.SERVICE, version="2026-04", digest=second.digests["en"])
    asked = Asked(
        user_id=ann.user_id,
        actor=held.actor,
        visitor=Visitor(device="Tael on a phone", address="203.0.113.7"),
        about="",
        command=AcceptRequest(agreements=(accepted,), language="en"),
    )
    caller = Caller(owner=held.owner, actor=held.actor)
    call = Call(caller=caller, action="users.accept", key="accept", request=asked.command, command=asked)
    assert (await later.answer(call)).status == 200
    assert "user.transaction" in (await later.principal(ann.token)).permissions


async def test_a_payee_is_known_by_number_or_id_with_the_beginning_of_the_name_hidden(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("李小明")
    for who in (ANN, "13812341234", ann.user_id):
        payee = await scene.users.payee_of(who)
        assert (payee.user_id, payee.name, payee.phone) == (ann.user_id, "*小明", "138****1234")
    with pytest.raises(NoSuchUser):
        await scene.users.payee_of(BOB)


async def test_four_who_register_one_number_at_once_are_one_user(scene: UsersScene) -> None:
    people = [scene.somebody() for _ in range(4)]
    await people[0].ask_code()
    code = await people[0].code()
    answers = await asyncio.gather(*(each.try_to_register(code) for each in people))
    assert sorted(each.status_code for each in answers) == [201, 403, 403, 403]
