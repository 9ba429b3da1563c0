"""Do people see and choose what they are told and learn, staff what reached them, and nobody what is somebody else's?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tael.foundation.db import Database
from tael.foundation.errors import Unauthenticated
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import new_id
from tael.messages.http import message_routes, message_staff_routes
from tael.messages.rules import quizzes
from tael.simulators.base import Fault, Switch
from tael.testing.clocks import ManualClock
from tests.integration.post_scene import ANN, MAILBOX, PHONE, PostScene, open_post_scene

BOB = "usr_06dk3vg5m8x4t9c1h2zq7n0rbz"
_STAFF = {
    "eve": frozenset({"messages.read", "messages.change"}),
    "kim": frozenset({"messages.read", "messages.approve"}),
}


async def authenticate(secret: str) -> Principal:
    if secret in _STAFF:
        return Principal(owner="tael", actor=f"staff:{secret}", permissions=_STAFF[secret])
    if secret in (ANN, BOB):
        return Principal(owner=secret, actor=f"user:{secret}", permissions=frozenset({"user.basic"}))
    raise Unauthenticated("Who are you?")


class Caller:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def get(self, path: str, *, by: str = ANN, status: int = 200, **query: Any) -> Any:
        headers = {"Authorization": f"Bearer {by}"}
        response = await self._client.get(path, params=query, headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    async def post(self, path: str, body: object, *, by: str = ANN, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {by}", "Idempotency-Key": new_id("idem")}
        response = await self._client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return response.json()


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[PostScene]:
    async with open_post_scene(database, clock, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def calling(scene: PostScene) -> AsyncIterator[Caller]:
    routes = [*message_routes(scene.messages), *message_staff_routes(scene.messages)]
    app = make_app(routes, body_limit_bytes=100_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
        yield Caller(client)


@pytest.fixture
async def caller(scene: PostScene) -> AsyncIterator[Caller]:
    async with calling(scene) as opened:
        yield opened


async def test_a_person_reads_page_by_page_and_what_was_read_stays_read(
    scene: PostScene, caller: Caller
) -> None:
    posted = [await scene.post("welcome") for _ in range(3)]
    await scene.post("welcome", to=BOB)
    first = await caller.get("/v1/me/messages", limit=2)
    assert [each["id"] for each in first["items"]] == [posted[2], posted[1]]
    assert first["unread"] == 3
    second = await caller.get("/v1/me/messages", limit=2, cursor=first["next_cursor"])
    assert [each["id"] for each in second["items"]] == [posted[0]]
    assert second["next_cursor"] is None
    await caller.post("/v1/me/messages/read", {"ids": [posted[1]]}, by=BOB)
    assert (await caller.get("/v1/me/messages"))["unread"] == 3
    await caller.post("/v1/me/messages/read", {"up_to": posted[1]})
    after = await caller.get("/v1/me/messages", unread=True)
    assert [each["id"] for each in after["items"]] == [posted[2]]


async def test_a_code_stands_in_nobodys_list(scene: PostScene, caller: Caller) -> None:
    await scene.know(phone=PHONE)
    await scene.post("code_sign_in", values={"code": "314159"})
    assert (await caller.get("/v1/me/messages"))["items"] == []


async def test_preferences_are_a_persons_own_but_for_codes_and_security(
    scene: PostScene, caller: Caller
) -> None:
    await scene.know(phone=PHONE)
    known = await caller.get("/v1/me/message_preferences")
    assert (known["quiet_from"], known["quiet_until"]) == ("22:00", "08:00")
    assert known["reached_at"] == {"sms": "138****1234"}
    changed = await caller.post(
        "/v1/me/message_preferences", {"language": "en", "off": ["money:push"], "quiet_until": "07:30"}
    )
    assert (changed["language"], changed["off"], changed["quiet_until"]) == ("en", ["money:push"], "07:30")
    refused = await caller.post("/v1/me/message_preferences", {"off": ["code:sms"]}, status=400)
    assert refused["code"] == "messages.cannot_be_switched_off"
    assert await caller.get("/v1/me/message_preferences", by=BOB) != changed


async def test_a_browser_is_told_only_by_services_that_are_allowed(scene: PostScene, caller: Caller) -> None:
    offered = await caller.get("/v1/me/push_subscriptions")
    browser = await scene.office.browser("phone", key=offered["application_server_key"])
    body = {"endpoint": browser.endpoint, "keys": {"p256dh": browser.p256dh, "auth": browser.auth}}
    for elsewhere in ("http://127.0.0.1:1/push", "https://evil.example/push", "file:///etc/passwd"):
        refused = await caller.post("/v1/me/push_subscriptions", body | {"endpoint": elsewhere}, status=400)
        assert refused["code"] == "messages.push_service_unknown"
    added = await caller.post("/v1/me/push_subscriptions", body | {"device": "my phone"}, status=201)
    await caller.post(f"/v1/me/push_subscriptions/{added['id']}/remove", {}, by=BOB, status=404)
    await scene.post("welcome", ways=("push",))
    await scene.messages.relay.work_off()
    assert len(await scene.office.arrived(to="phone")) == 1
    await caller.post(f"/v1/me/push_subscriptions/{added['id']}/remove", {})
    assert (await caller.get("/v1/me/push_subscriptions"))["items"] == []


async def test_a_warning_is_shown_before_the_act_and_its_reading_is_kept(
    scene: PostScene, caller: Caller
) -> None:
    async with scene.database.transaction() as tx:
        advice = await scene.messages.advise(tx, ANN, "payment_code_shown")
    assert advice is not None
    await caller.post(f"/v1/me/tips/{advice.id}/read", {}, by=BOB, status=404)
    read = await caller.post(f"/v1/me/tips/{advice.id}/read", {})
    assert read["read_at"] == "2026-03-01T04:00:00Z"
    scene.clock.move(hours=1)
    assert (await caller.post(f"/v1/me/tips/{advice.id}/read", {}))["read_at"] == read["read_at"]
    async with scene.database.transaction() as tx:
        assert await scene.messages.advise(tx, ANN, "payment_code_shown") is None
    figures = await caller.get("/v1/message_figures", by="eve")
    [shown] = [each for each in figures["tips"] if each["tip"] == advice.tip]
    assert (shown["shown"], shown["read"]) == (1, 1)
    assert len((await caller.get("/v1/me/tips"))["items"]) >= 15


async def test_a_quiz_is_owed_until_it_is_passed_and_every_answer_is_kept(
    scene: PostScene, caller: Caller
) -> None:
    async with scene.database.transaction() as tx:
        quiz = await scene.messages.assign_quiz(tx, ANN, because="unusual_act", required=True)
        again = await scene.messages.assign_quiz(tx, ANN, because="unusual_act", required=True)
        assert again.id == quiz.id
        assert await scene.messages.owes_quiz(tx, [ANN, BOB]) == {ANN}
    [asked] = (await caller.get("/v1/me/quizzes", open=True))["items"]
    right = quizzes.right_answers([each["name"] for each in asked["questions"]])
    path = f"/v1/me/quizzes/{quiz.id}/answers"
    await caller.post(path, {"answers": right}, by=BOB, status=404)
    failed = await caller.post(path, {"answers": [(each + 1) % 3 for each in right]})
    assert (failed["passed"], failed["score"]) == (False, 0)
    names = {each["name"] for each in failed["quiz"]["questions"]}
    assert not names & {each["name"] for each in asked["questions"]}
    right = quizzes.right_answers([each["name"] for each in failed["quiz"]["questions"]])
    assert (await caller.post(path, {"answers": right}))["passed"]
    await caller.post(path, {"answers": right}, status=409)
    async with scene.database.transaction() as tx:
        assert await scene.messages.owes_quiz(tx, [ANN]) == set()
    assert await scene.rows(b"select score, passed from messages.quiz_answers order by id") == [
        (0, False),
        (3, True),
    ]
    [figures] = (await caller.get("/v1/message_figures", by="eve"))["quizzes"]
    assert (figures["assigned"], figures["passed"], figures["answered"]) == (1, 1, 2)


async def test_staff_see_the_masked_log_and_send_again_what_did_not_arrive(
    scene: PostScene, caller: Caller
) -> None:
    await scene.know(phone=PHONE)
    await scene.office.switch_on(Switch(fault=Fault.SYSTEM_ERROR_BEFORE, method="sms.send"))
    message_id = await scene.post("password_changed", values={"at": scene.clock.now()})
    for _ in range(12):
        await scene.messages.relay.work_off()
        scene.clock.move(hours=4)
    log = await caller.get("/v1/messages", by="eve", state="failed", way="sms", user=ANN)
    [delivery] = log["items"]
    assert (delivery["address"], delivery["message_id"]) == ("138****1234", message_id)
    assert "13812341234" not in str(log)
    await scene.office.switch_on()
    await caller.post(f"/v1/messages/{message_id}/again", {"way": "sms"}, by="kim", status=403)
    await caller.post(f"/v1/messages/{message_id}/again", {"way": "sms"}, by="eve")
    await scene.messages.relay.work_off()
    assert len(await scene.office.arrived(to=PHONE)) == 1
    detail = await caller.get(f"/v1/messages/{message_id}", by="kim")
    assert detail["attempts"][-1]["outcome"] == "sent"
    await caller.get("/v1/messages", by=ANN, status=403)


async def test_a_campaign_takes_two_people_and_tells_everybody_once(scene: PostScene, caller: Caller) -> None:
    for user_id in (ANN, BOB):
        await scene.know(user_id, language="en")
    path = "/v1/message_campaign_proposals"
    await caller.post(path, {"tip": "no_such_tip", "note": "why"}, by="eve", status=404)
    proposed = await caller.post(
        path, {"tip": "no_safe_accounts", "note": "many cases"}, by="eve", status=201
    )
    assert await scene.messages.tell_next() is False
    decision = {"approve": True, "digest": proposed["digest"]}
    await caller.post(f"{path}/{proposed['id']}/decision", decision, by="eve", status=403)
    await caller.post(f"{path}/{proposed['id']}/decision", decision, by="kim")
    while await scene.messages.tell_next():
        pass
    for user_id in (ANN, BOB):
        [told] = (await caller.get("/v1/me/messages", by=user_id))["items"]
        assert told["title"] == "There are no safe accounts"
    [campaign] = (await caller.get("/v1/message_campaigns", by="kim"))["items"]
    assert (campaign["state"], campaign["posted"], campaign["because"]) == ("done", 2, proposed["id"])


async def test_the_calendar_tells_everybody_once_on_its_day_of_china_and_who_has_read_it_is_counted(
    scene: PostScene, caller: Caller
) -> None:
    for user_id in (ANN, BOB):
        await scene.know(user_id, language="en")
    assert await scene.messages.start_due_campaigns() == 0
    scene.clock.move(days=13, hours=13)  # 15 March in China
    assert await scene.messages.start_due_campaigns() == 1
    assert await scene.messages.start_due_campaigns() == 0
    while await scene.messages.tell_next():
        pass
    [told] = (await caller.get("/v1/me/messages"))["items"]
    assert len((await caller.get("/v1/me/messages", by=BOB))["items"]) == 1
    await caller.post("/v1/me/messages/read", {"up_to": told["id"]})
    figures = (await caller.get("/v1/message_figures", by="eve"))["tips"]
    [counted] = [each for each in figures if each["told"]]
    assert (counted["told"], counted["told_read"]) == (2, 1)


async def test_one_click_in_a_mail_program_ends_tips_and_nothing_else(
    scene: PostScene, caller: Caller
) -> None:
    await scene.know(email=MAILBOX)
    await scene.post("tip.no_safe_accounts", ways=("email",))
    await scene.messages.relay.work_off()
    [mail] = await scene.office.arrived(to=MAILBOX)
    url = mail.headers["List-Unsubscribe"].strip("<>")
    path = "/v1/unsubscriptions/" + url.rpartition("/")[2]
    assert (await caller.post(path + "x", {}))["unsubscribed"] is False
    assert (await caller.post(path, {}))["unsubscribed"] is True
    known = await caller.get("/v1/me/message_preferences")
    assert known["off"] == ["education:email", "education:push", "education:sms"]
