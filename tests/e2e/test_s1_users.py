"""S1, R4: is what belongs to a user as unknown to others as nothing, and has every POST of theirs one effect and one answer?

Every route under `/v1/me`, as its document describes it. The things are those that somebody gathered who used all of it.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import msgspec
import pytest

from tael.app.listeners import make_listener
from tael.app.supervisor import DatabaseUrls
from tael.behaviour import store as behaviour_store
from tael.behaviour.model import ActWarning, Follows, Reason
from tael.foundation.http.permissions import PUBLIC
from tael.foundation.ids import new_id
from tael.identity.api import USER_TOKEN
from tael.merchants.rules import EVERY_PERMISSION
from tael.staff.model import Role
from tael.testing.databases import fresh_database
from tael.testing.platform import Reply
from tests.e2e.asked_routes import Matrix, Operation, kind_of, operations_in, target_of
from tests.e2e.in_process import ask, document_of
from tests.integration.funding_scene import CARD
from tests.integration.users_scene import BOB, Somebody
from tests.integration.whole_person import WholeScene, dump_of, rows_about, whole_scene

_ID = re.compile(r"\b([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}\b")
_EXAMPLE = re.compile(rb"([a-z]+)_0[0-9a-hjkmnp-tv-z]{25}")
NOT_MADE: Mapping[str, str] = {
    "1": "orders are shown to whoever holds their number: tests of orders",
    "2000-01": "a version of an agreement, which everybody may read",
    "en": "a language",
    "mfrggzdfmztwq2lk": "a code that its owner shows others: tests of codes and statements",
    "payment_account": "the name of an agreement",
    "bil": "bills are named by what they are of",
    "payment": "the name of an agreement",
    "pkt": "a red packet is for whoever holds its link: tests of red packets",
}
"""Kinds of things that are not made here, and why."""
ENDS_IT_ALL = (
    "/v1/me/sign_out",
    "/v1/me/personal_data_requests",
    "/v1/me/sessions/end_others",
    "/v1/me/password",
)
"""What would end the story of whoever asks."""


ENDS_A_SESSION = ("/end", "/revoke")
SHOWN_ONCE = "/v1/me/recovery_codes"
KEYLESS: Mapping[str, str] = {
    "/v1/me/card_fields": "an address, which is kept nowhere",
    "/v1/me/payees": "a question, which is counted and changes nothing",
    "/v1/me/payment_codes": "a code for a minute; the newest counts, and the one before is spent with it",
    "/v1/me/personal_data_requests/{request_id}/fetch": "the file goes out once, and is kept with no answer",
    "/v1/me/restrictions/{restriction_id}/confirmation": "a question; asked twice there are two, and one of them serves",
    "/v1/me/sign_out": "ended twice is ended",
}
"""POSTs that take no key, and why they need none."""
FOR_THE_VERIFIED = (
    "/v1/me/bank_cards",
    "/v1/me/phone",
    "/v1/me/phone/codes",
    "/v1/me/red_packets",
    "/v1/me/top_ups",
    "/v1/me/transfers",
    "/v1/me/withdrawal_quotes",
    "/v1/me/withdrawals",
)
AT_A_TIME = 3


class Scene(msgspec.Struct, frozen=True):
    """Two users, and everything that can be asked."""

    whole: WholeScene
    matrix: Matrix
    ann: Somebody
    things: Mapping[str, str]

    async def send(
        self, operation: Operation, who: Somebody | None, things: Mapping[str, str], *, key: str = ""
    ) -> Reply:
        headers = {"Idempotency-Key": key or new_id("key"), "Content-Type": "application/json"}
        if who is not None:
            headers["Authorization"] = f"Bearer {who.token}"
        body = _EXAMPLE.sub(lambda it: things.get(it[1].decode(), it[0].decode()).encode(), operation.least)
        target = target_of(operation, things)
        return await ask(self.matrix.app, operation.method, target, headers=headers, body=body)


@pytest.fixture(scope="module")
async def scene(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with (
        fresh_database(server) as urls,
        whole_scene(urls, tmp_path_factory.mktemp("whole")) as whole,
    ):
        app = make_listener(whole.funding.house, "public")
        matrix = Matrix(app, operations_in(await document_of(app, at="/users")))
        ann = await whole.known()
        yield Scene(whole, matrix, ann, await gather(whole, ann))


async def gather(whole: WholeScene, ann: Somebody) -> dict[str, str]:
    """One of each thing that is somebody's: made here, or found in the rows that name them."""
    people, now = whole.users.people, whole.users.clock.now()
    login_id = (await whole.users.users.find([ann.user_id]))[ann.user_id].login_id
    await ann.post("/v1/me/personal_data_requests", {"kind": "export"})
    day = (now - timedelta(days=1)).date().isoformat()
    await ann.post("/v1/me/statements", {"format": "pdf", "from_day": day, "to_day": day})
    [act] = await people.behaviour.acts(ann.user_id, limit=1)
    warning = ActWarning(
        id=new_id("wrn"),
        user_id=ann.user_id,
        act_id=act.id,
        reasons=(Reason.NEW_PLACE,),
        score=40,
        follows=Follows.WARN,
        made_at=now,
    )
    async with whole.users.database.transaction() as tx:
        await behaviour_store.insert_warnings(tx, [warning])
        await people.messages.assign_quiz(tx, ann.user_id, because="unusual_act")
        await people.messages.advise(tx, ann.user_id, "new_device")
    found: dict[str, str] = {}
    for lines in rows_about(await dump_of(whole.urls), ann.user_id, login_id).values():
        for each in _ID.finditer(" ".join(lines)):
            found.setdefault(each[1], each[0])
    return found


def said(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body.get("code", "") if reply.status >= 400 else ""


async def test_s1_what_belongs_to_another_user_is_as_unknown_as_nothing(scene: Scene) -> None:
    bob = await scene.whole.users.somebody(BOB).register()
    asked = [each for each in scene.matrix.operations if each.ids]
    missing = {kind_of(name) for each in asked for name in each.ids.values()} - scene.things.keys()
    assert sorted(missing - NOT_MADE.keys()) == [], "none was made of these: say in NOT_MADE why"
    for operation in asked:
        by_bob, of_nobody = [said(await scene.send(operation, bob, things)) for things in (scene.things, {})]
        assert by_bob == of_nobody, str(operation)
        assert by_bob[0] in (400, 403, 404), f"{operation}: {by_bob}"


async def test_s1_nobody_without_a_users_session_is_let_in(scene: Scene) -> None:
    house = scene.whole.funding.house
    member = await house.staff.add("Risk", email="risk@s1.example", roles=[Role.RISK], actor="operator:test")
    merchant = await house.merchants.register(name="Teapot", fee_basis_points=60, actor="operator:test")
    key = await house.merchant_keys.create(merchant.id, actor="operator:test")
    own = [each for each in scene.matrix.operations if each.permission != PUBLIC]
    matrix = Matrix(scene.matrix.app, own)
    await matrix.refuses_all(None, 401, "unauthenticated")
    await matrix.refuses_all(member.key.secret, 401, "merchants.key_refused")
    await matrix.refuses_all(scene.ann.token.removeprefix(USER_TOKEN), 401, "merchants.key_refused")
    await matrix.lets_in(key.secret, EVERY_PERMISSION)


async def test_s1_whoever_is_not_verified_moves_no_money_and_keeps_no_card(scene: Scene) -> None:
    newcomer = await scene.whole.users.somebody("+8613800000777").register()
    token = str((await scene.whole.funding.vault.tokenise(CARD, merchant_id=newcomer.user_id))["id"])
    things = {**scene.things, "tok": token}
    asked = {each.path: each for each in scene.matrix.operations if each.method == "POST"}
    found = {path: said(await scene.send(asked[path], newcomer, things)) for path in FOR_THE_VERIFIED}
    refused = {(403, "standing.verification_needed"), (403, "funding.person_not_verified")}
    assert {path: each for path, each in found.items() if each not in refused} == {}


async def test_r4_every_post_of_users_has_one_effect_and_one_answer(scene: Scene) -> None:
    posts = [each for each in scene.matrix.operations if each.method == "POST" and each.permission != PUBLIC]
    keyed = [each for each in posts if each.path not in ENDS_IT_ALL and each.path not in KEYLESS]
    done = set[str]()
    for operation in sorted(keyed, key=lambda each: each.path.endswith(ENDS_A_SESSION)):
        key = new_id("key")
        at_once = [scene.send(operation, scene.ann, scene.things, key=key) for _ in range(AT_A_TIME)]
        replies = [each for each in await asyncio.gather(*at_once) if not is_under_way(each)]
        if operation.path.endswith(ENDS_A_SESSION):
            assert {each.status for each in replies} <= {200, 401}, str(operation)
            continue
        again = await scene.send(operation, scene.ann, scene.things, key=key)
        if again.status >= 300:
            assert all(each.status >= 400 for each in replies), f"{operation}: refused, and done all the same"
            continue
        done.add(operation.path)
        assert {kept(operation, each) for each in replies} == {kept(operation, again)}, str(operation)
        assert again.headers["Idempotent-Replayed"] == "true", str(operation)
        other = await scene.ann.post("/v1/me/message_preferences", {"quiet_from": "21:00"}, key=key)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len(done) > 15, sorted(done)


async def test_r4_every_post_of_users_asks_for_a_key_or_keeps_nothing(scene: Scene) -> None:
    document = await document_of(scene.matrix.app, at="/users")
    without = {
        path
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post"
        and operation["x-permission"] != PUBLIC
        and not any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
    }
    assert without == KEYLESS.keys()


def is_under_way(reply: Reply) -> bool:
    """Whether it only says that the same request is being answered."""
    return reply.status == 409 and reply.body.get("code") == "idempotency_in_flight"


def kept(operation: Operation, reply: Reply) -> tuple[int, bytes]:
    """An answer as every repeat gives it: what is shown once is kept nowhere."""
    return reply.status, b"" if operation.path == SHOWN_ONCE else reply.raw
