"""Somebody holds another's session, or misuses their own: what do they get that they should not?"""

import io
import re
import zipfile
from typing import Any, cast

import httpx

from tael.behaviour import store as behaviour_store
from tael.behaviour.model import ActWarning, Follows, Reason
from tael.foundation.calls import Call, Caller
from tael.foundation.config import Settings
from tael.foundation.http.app import make_app
from tael.foundation.http.strangers import Strangers
from tael.foundation.ids import new_id
from tael.identity.model import Visitor
from tael.standing.model import Kind, NewRestriction, Permission
from tael.testing.passkeys import SoftAuthenticator
from tael.users.api import Asked
from tael.users.http import door_routes
from tael.users.schemas.staff import LookRequest
from tests.integration.test_wallets_http_orders import CHARGE, SIX, Program, Town, town
from tests.integration.users_scene import id_number, identity_of

__all__ = ["town"]


async def said(who: Program, path: str, body: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
    known = {"authorization": f"Bearer {who.secret}", "idempotency-key": new_id("key"), **headers}
    return await who.client.post(path, json=body or {}, headers=known)


async def newcomer(town: Town) -> Program:
    """Somebody who has not said yet who they are."""
    who = await town.scene.somebody(verified=False)
    return Program(town.client, await town.scene.session(who), who.user_id)


async def warned(town: Town, who: Program) -> str:
    await said(who, "/v1/me/language", {"language": "en"})
    acts = await town.scene.house.people.behaviour.acts(who.user_id, limit=1)
    warning = ActWarning(
        id=new_id("wrn"),
        user_id=who.user_id,
        act_id=acts[0].id if acts else new_id("act"),
        reasons=(Reason.NEW_PLACE,),
        score=60,
        follows=Follows.ASK_MORE,
        made_at=town.scene.clock.now(),
    )
    async with town.scene.house.database.transaction() as tx:
        await behaviour_store.insert_warnings(tx, [warning])
    return warning.id


async def test_a_session_alone_does_not_say_that_it_was_me(town: Town) -> None:
    ann = await town.user(1_000)
    warning = f"/v1/me/warnings/{await warned(town, ann)}/answer"
    town.scene.clock.move(minutes=6)
    refused = await said(ann, warning, {"mine": True})
    assert (refused.status_code, refused.json()["code"]) == (403, "behaviour.answer_unproven")
    assert (await said(ann, warning, {"mine": False})).status_code == 200


async def test_a_session_alone_neither_copies_nor_ends_what_we_keep(town: Town) -> None:
    ann = await town.user()
    export = await said(ann, "/v1/me/personal_data_requests", {"kind": "export"})
    assert export.status_code == 202
    await town.scene.house.people.users.work_off_requests()
    town.scene.clock.move(minutes=6)
    file = f"/v1/me/personal_data_requests/{export.json()['id']}/fetch"
    for path, body in ((file, {}), ("/v1/me/personal_data_requests", {"kind": "deletion"})):
        refused = await said(ann, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "identity.proof_too_old")
    assert (await ann.get(f"/v1/me/personal_data_requests/{export.json()['id']}"))["state"] == "ready"


async def test_nobody_has_us_send_messages_to_one_number_after_another(town: Town) -> None:
    ann = await town.user()
    token = await town.scene.token(cast(Any, ann))
    sent = [
        await said(ann, "/v1/me/bank_cards/code", {"card_token": token, "phone": f"1390000{number:04}"})
        for number in range(3)
    ]
    assert [each.status_code for each in sent] == [200, 429, 429], sent[-1].text


async def test_whose_passwords_are_restricted_changes_nothing_that_confirms_what_they_do(town: Town) -> None:
    ann = await town.user()
    taken = NewRestriction(
        user_id=ann.user_id, kind=Kind.BY_RISK, takes=(Permission.PASSWORD,), note="somebody else is in"
    )
    async with town.scene.house.database.transaction() as tx:
        await town.scene.house.people.standing.restrict(tx, taken)
    phone = SoftAuthenticator(town.scene.settings.public_url)
    await ann.post("/v1/me/security/proof", {"factor": "payment_password", "proof": SIX})
    options = (await ann.get("/v1/me/passkeys/options"))["options"]
    for path, body in (
        ("/v1/me/payment_password", {"payment_password": "582047", "old": SIX}),
        ("/v1/me/passkeys", {"name": "Mine", "answer": phone.make(options)}),
        ("/v1/me/recovery_codes", {}),
        ("/v1/me/authenticator/forget", {}),
    ):
        refused = await said(ann, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "standing.restricted"), path


async def test_one_network_keeps_nobody_else_from_registering_by_choosing_passwords(town: Town) -> None:
    house = town.scene.house
    few = Strangers(house.database, town.scene.clock, Settings(network_codes_per_hour=2))
    app = make_app(
        door_routes(house.people.users, few, house.people.identity),
        body_limit_bytes=100_000,
        authenticate=house.people.users.principal,
    )
    guess = {"phone": "13900000001", "code": "123456", "password": "violet-otter-umbrella"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=cast(Any, app)), base_url="http://t"
    ) as client:
        tried = [await client.post("/v1/users/reset_password", json=guess) for _ in range(3)]
    assert [each.status_code for each in tried] == [403, 403, 429]
    assert tried[-1].json()["code"] == "network_limited"


async def test_nobody_learns_who_is_here_by_claiming_to_be_one_after_another(town: Town) -> None:
    eve = await newcomer(town)
    claims = [
        await said(eve, "/v1/me/identity", identity_of(number=id_number(sequence=number)))
        for number in range(100, 112)
    ]
    codes = [each.status_code for each in claims]
    assert codes == [200] * 10 + [429] * 2, claims[-1].text
    assert claims[-1].json()["code"] == "users.too_many_claims"
    town.scene.clock.move(days=1)
    assert (
        await said(eve, "/v1/me/identity", identity_of(number=id_number(sequence=113)))
    ).status_code == 200


async def test_a_copy_says_neither_who_else_has_the_document_nor_what_staff_noted_nor_a_score(
    town: Town,
) -> None:
    people, mine = town.scene.house.people, identity_of(number=id_number(sequence=200))
    ann, eve = await newcomer(town), await newcomer(town)
    for each in (ann, eve):
        assert (await said(each, "/v1/me/identity", mine)).status_code == 200
    [review] = (await eve.get("/v1/me/reviews"))["items"]
    await warned(town, eve)
    looked = Asked(
        user_id="",
        actor="staff:cy",
        visitor=Visitor(device="", address=""),
        about=review["id"],
        command=LookRequest(note="planted words"),
    )
    caller = Caller(owner="operations", actor="staff:cy")
    call = Call(caller=caller, action="users.look", key=new_id("key"), request=looked.command, command=looked)
    assert (await people.users.answer(call)).status == 200
    asked = await said(eve, "/v1/me/personal_data_requests", {"kind": "export"})
    await people.users.work_off_requests()
    fetched = await said(eve, f"/v1/me/personal_data_requests/{asked.json()['id']}/fetch")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        told = archive.read("personal_information.json").decode()
    assert review["id"] in told
    for hidden in (ann.user_id, "staff:cy", "planted words", '"score"'):
        assert hidden not in told, hidden


async def test_a_merchant_does_not_hear_that_their_payer_is_restricted_or_frozen(town: Town) -> None:
    amount = {"amount_minor": 1_000, "currency": "CNY"}
    for how in ({"hidden": True}, amount):
        ann = await town.user(1_000)
        shown = await ann.post("/v1/me/payment_codes")
        by_law = NewRestriction(
            user_id=ann.user_id, kind=Kind.BY_LAW, order_number="1", authority="court", **cast(Any, how)
        )
        async with town.scene.house.database.transaction() as tx:
            await town.scene.house.people.standing.restrict(tx, by_law)
        wanted = {**CHARGE, "amount_minor": 1_000, "payer_code": shown["code"]}
        charge = await town.merchant.post("/v1/counter/charges", wanted, status=201)
        assert (charge["state"], charge["channel_code"]) == ("refused", "standing.not_permitted")


async def test_on_the_page_a_session_alone_is_led_to_where_it_is_proven(town: Town) -> None:
    ann = await town.user(1_000)
    warning_id = await warned(town, ann)
    town.scene.clock.move(minutes=6)
    cookie = {"cookie": f"tael_wallet={ann.secret.removeprefix('tael_user_')}"}
    shown = await ann.client.get("/wallet/activity", headers=cookie)
    kept = dict(re.findall(r'name="(_token|_once|advice)" value="([^"]+)"', shown.text))
    answered = await ann.client.post(
        f"/wallet/activity/warnings/{warning_id}",
        data={**kept, "advice_read": "true", "mine": "true"},
        headers={**cookie, "sec-fetch-site": "same-origin"},
    )
    assert answered.status_code == 303, answered.text
    assert answered.headers["location"] == "/wallet/security/proof?next=/wallet/activity"


async def test_after_a_forgotten_password_a_freeze_of_ones_own_is_lifted_by_a_signature_alone(
    town: Town,
) -> None:
    ann, phone = await town.user(), SoftAuthenticator(town.scene.settings.public_url)
    await ann.post("/v1/me/security/proof", {"factor": "payment_password", "proof": SIX})
    options = (await ann.get("/v1/me/passkeys/options"))["options"]
    await ann.post("/v1/me/passkeys", {"name": "Mine", "answer": phone.make(options)}, status=201)
    frozen = f"/v1/me/restrictions/{(await ann.post('/v1/me/restrictions', status=201))['id']}"
    id = (await ann.post(f"{frozen}/confirmation", status=201))["confirmation_id"]
    question = (await ann.get(f"/v1/me/confirmations/{id}/passkey"))["options"]
    await ann.confirm(id, "passkey", phone.use(question))
    house = town.scene.house
    login_id = (await house.people.users.find([ann.user_id]))[ann.user_id].login_id
    async with house.database.transaction() as tx:
        await house.people.identity.be_wary(tx, login_id)
    refused = await said(ann, f"{frozen}/lift", {"confirmation_id": id})
    assert (refused.status_code, refused.json()["code"]) == (403, "identity.not_confirmed")
    again = (await ann.post(f"{frozen}/confirmation", status=201))["confirmation_id"]
    asked = await ann.get(f"/v1/me/confirmations/{again}")
    assert asked["missing"] == [["payment_password", "passkey"]]
