"""What can users and members of staff ask of a standing over HTTP, what follows, and who sees nothing of it?"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tael.app.credentials import around_of
from tael.app.standing_confirmations import StandingConfirmations
from tael.foundation.db import Database, Query
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import new_id
from tael.identity.api import USER_TOKEN
from tael.identity.http import security_routes
from tael.staff.model import Role
from tael.staff.rules import PERMISSIONS
from tael.standing.http import standing_routes, standing_staff_routes
from tael.standing.model import AccountClass, Presence
from tael.testing.clocks import ManualClock
from tests.integration.users_scene import ANN, BOB, Somebody, UsersScene, open_users_scene

DIGITS = "739416"
SOURCES = ("identity_database", "mobile_operator", "bank_card")
LAW = {"kind": "by_law", "authority": "Court of Hangzhou", "order_number": "2026-117"}
_FACTS = Query("facts", b"select payload from foundation.outbox where object_id = %(id)s order by seq")


class Scene(msgspec.Struct, frozen=True):
    """Users with a standing, and members of staff who have one role each."""

    users: UsersScene
    public: httpx.AsyncClient
    internal: httpx.AsyncClient

    async def known(self, phone: str = ANN) -> Somebody:
        """A user of class II."""
        person = await self.users.somebody(phone).register()
        standing, got = self.users.people.standing, AccountClass.NONE
        for source in SOURCES:
            async with self.users.database.transaction() as tx:
                got = await standing.record_evidence(
                    tx, person.user_id, source, Presence.REMOTE, self.users.clock.now(), person=phone
                )
        assert got is AccountClass.TWO
        return person

    async def own(
        self, person: Somebody, path: str, body: Mapping[str, Any] | None = None, *, status: int = 200
    ) -> Any:
        """What a user is answered."""
        headers = {"authorization": f"Bearer {person.token}", "idempotency-key": new_id("key")}
        if body is None:
            response = await self.public.get(path, headers=headers)
        else:
            response = await self.public.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    async def staff(
        self,
        role: Role,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        who: str = "",
        status: int = 200,
        **query: Any,
    ) -> Any:
        """What a member of staff is answered; one for each role unless somebody is named."""
        headers = {
            "authorization": f"Bearer {who or role}/{role}",
            "idempotency-key": new_id("key"),
        }
        if body is None:
            response = await self.internal.get(path, headers=headers, params=query)
        else:
            response = await self.internal.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    async def facts(self, user_id: str, kind: str) -> list[Any]:
        """What was told of a user, of one kind."""
        async with self.users.database.transaction() as tx:
            told = [msgspec.json.decode(payload) for (payload,) in await tx.tuples(_FACTS, id=user_id)]
        return [each for each in told if each["type"] == kind]


@asynccontextmanager
async def open_scene(users: UsersScene) -> AsyncIterator[Scene]:
    people, clock = users.people, users.clock
    confirming = StandingConfirmations(users.database, people.identity)

    async def user(secret: str) -> Principal:
        return await people.users.principal(secret.removeprefix(USER_TOKEN))

    async def member(secret: str) -> Principal:
        who, _, role = secret.partition("/")
        return Principal(owner="operations", actor=f"staff:{who}", permissions=PERMISSIONS[Role(role)])

    around = around_of(users.database, clock, people.users, people.messages)
    public = make_app(
        [
            *standing_routes(people.standing, clock, confirming),
            *security_routes(people.identity, around),
        ],
        body_limit_bytes=100_000,
        authenticate=user,
    )
    internal = make_app(
        standing_staff_routes(people.standing, clock), body_limit_bytes=100_000, authenticate=member
    )
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=httpx.ASGITransport(app=app, client=("203.0.113.7", 40_000)),  # type: ignore[arg-type]
                    base_url="http://tael",
                )
            )
            for app in (public, internal)
        ]
        yield Scene(users, *clients)


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_users_scene(database, clock, tmp_path) as users, open_scene(users) as opened:
        yield opened


def given(standing: Any) -> set[str]:
    """What somebody may do now."""
    return {each["permission"] for each in standing["permissions"] if each["given"]}


async def test_a_user_sees_what_they_may_not_do_with_the_reason_and_what_to_do_about_it(scene: Scene) -> None:
    new = await scene.users.somebody(BOB).register()
    standing = await scene.own(new, "/v1/me/standing")
    assert standing["account_class"] == "none"
    [pay] = [each for each in standing["permissions"] if each["permission"] == "pay"]
    assert pay["why_not"]["code"] == "standing.verification_needed"
    assert pay["why_not"]["hint"]
    ann = await scene.known()
    standing = await scene.own(ann, "/v1/me/standing")
    assert (standing["account_class"], standing["limit_minor"]) == ("II", 10_000_000)
    assert "transfer" in given(standing)


async def test_a_user_freezes_at_once_and_thaws_with_a_confirmation_of_exactly_this(scene: Scene) -> None:
    ann, bob = await scene.known(), await scene.known(BOB)
    set_up = await scene.own(ann, "/v1/me/payment_password", {"payment_password": DIGITS})
    assert set_up
    frozen = await scene.own(ann, "/v1/me/restrictions", {"takes": ["transfer"]}, status=201)
    other = await scene.own(ann, "/v1/me/restrictions", {"takes": ["withdraw"]}, status=201)
    assert not {"transfer", "withdraw"} & given(await scene.own(ann, "/v1/me/standing"))
    one = f"/v1/me/restrictions/{frozen['id']}"
    for path in (f"{one}/confirmation", f"{one}/lift"):
        await scene.own(bob, path, {} if "conf" in path else {"confirmation_id": "cfm_x"}, status=404)
    asked = await scene.own(ann, f"{one}/confirmation", {}, status=201)
    wish = {"confirmation_id": asked["confirmation_id"]}
    refused = await scene.own(ann, f"{one}/lift", wish, status=403)
    assert refused["code"] == "identity.not_confirmed"
    await confirm(scene, ann, asked["confirmation_id"])
    elsewhere = await scene.own(ann, f"/v1/me/restrictions/{other['id']}/lift", wish, status=403)
    assert elsewhere["code"] == "identity.confirmation_of_another_act"
    lifted = await scene.own(ann, f"{one}/lift", wish)
    assert lifted["lifted_at"]
    may = given(await scene.own(ann, "/v1/me/standing"))
    assert ("transfer" in may, "withdraw" in may) == (True, False)
    await scene.own(ann, f"{one}/lift", wish, status=409)


async def test_nobody_is_asked_to_confirm_what_they_cannot_lift(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, "kind": "by_risk", "note": "case 12"}
    taken = await scene.staff(Role.RISK, "/v1/restrictions", body, status=201)
    path = f"/v1/me/restrictions/{taken['id']}/confirmation"
    refused = await scene.own(ann, path, {}, status=403)
    assert refused["code"] == "standing.not_yours_to_lift"


async def confirm(scene: Scene, person: Somebody, confirmation_id: str) -> None:
    """Show whatever it takes: the payment password, and a code to the telephone."""
    path = f"/v1/me/confirmations/{confirmation_id}"
    await scene.own(person, f"{path}/confirm", {"factor": "payment_password", "proof": DIGITS})
    missing = (await scene.own(person, path))["missing"]
    if missing:
        assert ["code"] in missing
        scene.users.clock.move(minutes=1)
        await scene.own(person, f"{path}/code", {})
        proof = {"factor": "code", "proof": await person.code()}
        await scene.own(person, f"{path}/confirm", proof)


async def test_a_request_is_answered_in_time_and_the_user_is_told(scene: Scene) -> None:
    ann = await scene.known()
    wish = {"limit": "transfer_day_minor", "wanted": 2_000_000, "words": "I buy a car"}
    asked = await scene.own(ann, "/v1/me/permission_requests", wish, status=201)
    assert (asked["state"], asked["overdue"]) == ("open", False)
    again = await scene.own(ann, "/v1/me/permission_requests", wish, status=409)
    assert again["code"] == "standing.asked_already"
    path = f"/v1/permission_requests/{asked['id']}/decision"
    yes = {"approve": True, "answer": "fine"}
    for role in (Role.OPERATIONS, Role.FINANCE, Role.AUDITOR, Role.DEVELOPER, Role.ADMINISTRATOR):
        await scene.staff(role, path, yes, status=403)
    decided = await scene.staff(Role.RISK, path, yes)
    assert (decided["state"], decided["decided_by"]) == ("approved", "staff:risk")
    own = await scene.own(ann, "/v1/me/permission_requests")
    assert "decided_by" not in own["items"][0]
    standing = await scene.own(ann, "/v1/me/standing")
    assert standing["personal_limits"]["transfer_day_minor"] == 2_000_000
    await scene.staff(Role.COMPLIANCE, path, yes, status=409)
    await scene.users.everything_told()
    assert "request_decided" in await ann.told()


async def test_a_lower_limit_holds_at_once_and_what_was_asked_for_can_be_taken_back(scene: Scene) -> None:
    ann, bob = await scene.known(), await scene.known(BOB)
    lower = {"limit": "pay_day_minor", "wanted": 1_000, "words": "enough for me"}
    assert (await scene.own(ann, "/v1/me/permission_requests", lower, status=201))["state"] == "approved"
    limits = (await scene.own(ann, "/v1/me/standing"))["personal_limits"]
    assert limits["pay_day_minor"] == 1_000
    higher = {**lower, "wanted": 2_000_000, "words": "no, more"}
    asked = await scene.own(ann, "/v1/me/permission_requests", higher, status=201)
    path = f"/v1/me/permission_requests/{asked['id']}/withdrawal"
    await scene.own(bob, path, {}, status=404)
    assert (await scene.own(ann, path, {}))["state"] == "withdrawn"
    decision = f"/v1/permission_requests/{asked['id']}/decision"
    await scene.staff(Role.RISK, decision, {"approve": True, "answer": "yes"}, status=409)
    nonsense = {"limit": "pay_day_minor", "words": "more"}
    await scene.own(ann, "/v1/me/permission_requests", nonsense, status=400)


async def test_a_request_that_nobody_answers_in_time_is_late_for_staff_and_told_once(scene: Scene) -> None:
    ann, bob = await scene.known(), await scene.known(BOB)
    wish = {"permission": None, "limit": "pay_day_minor", "wanted": 6_000_000, "words": "a wedding"}
    late = await scene.own(ann, "/v1/me/permission_requests", wish, status=201)
    scene.users.clock.move(days=30)
    bob.come_in(await bob.prove_anew())
    fresh = await scene.own(bob, "/v1/me/permission_requests", wish, status=201)
    listed = await scene.staff(Role.OPERATIONS, "/v1/permission_requests", state="open")
    assert [(each["id"], each["overdue"]) for each in listed["items"]] == [
        (late["id"], True),
        (fresh["id"], False),
    ]
    for _ in range(2):
        await scene.users.people.standing.tell_overdue()
    [fact] = await scene.facts(ann.user_id, "standing.request_overdue")
    assert fact["request_id"] == late["id"]
    assert not await scene.facts(bob.user_id, "standing.request_overdue")


async def test_an_objection_is_answered_by_somebody_else_than_who_set_the_restriction(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, "kind": "review", "note": "case 12"}
    for role in (Role.FINANCE, Role.AUDITOR, Role.DEVELOPER, Role.ADMINISTRATOR):
        await scene.staff(role, "/v1/restrictions", body, status=403)
    taken = await scene.staff(Role.RISK, "/v1/restrictions", body, status=201)
    assert "transfer" not in given(await scene.own(ann, "/v1/me/standing"))
    wish = {"restriction_id": taken["id"], "words": "It was me: I was on a journey"}
    made = await scene.own(ann, "/v1/me/objections", wish, status=201)
    assert made["days_left"] == 15
    path = f"/v1/objections/{made['id']}/answer"
    yes = {"grant": True, "answer": "You are right, sorry."}
    refused = await scene.staff(Role.RISK, path, yes, status=403)
    assert refused["code"] == "standing.own_restriction"
    await scene.staff(Role.OPERATIONS, path, yes, status=403)
    answered = await scene.staff(Role.COMPLIANCE, path, yes)
    assert answered["state"] == "granted"
    assert "transfer" in given(await scene.own(ann, "/v1/me/standing"))
    [own] = (await scene.own(ann, "/v1/me/objections"))["items"]
    assert own["answer"] == "You are right, sorry."


async def test_an_objection_that_nobody_answers_is_late_after_fifteen_days(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, "kind": "review", "note": "case 12"}
    taken = await scene.staff(Role.RISK, "/v1/restrictions", body, status=201)
    wish = {"restriction_id": taken["id"], "words": "why?"}
    made = await scene.own(ann, "/v1/me/objections", wish, status=201)
    scene.users.clock.move(days=16)
    [listed] = (await scene.staff(Role.AUDITOR, "/v1/objections"))["items"]
    assert (listed["overdue"], listed["days_left"]) == (True, 0)
    for _ in range(2):
        await scene.users.people.standing.tell_overdue()
    [fact] = await scene.facts(ann.user_id, "standing.objection_overdue")
    assert fact["objection_id"] == made["id"]


async def test_what_the_law_orders_holds_at_once_and_ends_by_two_people_alone(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, **LAW, "amount_minor": 50_000, "currency": "CNY"}
    without = await scene.staff(
        Role.RISK, "/v1/restrictions", {"user_id": ann.user_id, "kind": "by_law"}, status=400
    )
    assert without["code"] == "standing.restriction_malformed"
    taken = await scene.staff(Role.OPERATIONS, "/v1/restrictions", body, who="ann", status=201)
    standing = await scene.own(ann, "/v1/me/standing")
    [held] = standing["restrictions"]
    assert (held["amount_minor"], held["order_number"], held["takes"]) == (50_000, "2026-117", [])
    one = f"/v1/restrictions/{taken['id']}"
    await scene.staff(Role.OPERATIONS, f"{one}/review", {}, who="ann", status=403)
    await scene.staff(Role.RISK, f"{one}/review", {})
    alone = await scene.staff(Role.RISK, f"{one}/lift", {"note": "x"}, status=403)
    assert alone["code"] == "standing.two_people_needed"
    proposal = await scene.staff(
        Role.RISK, f"{one}/proposals", {"note": "let go by the court"}, who="rui", status=201
    )
    decision = f"/v1/restriction_proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"], "note": ""}
    own = await scene.staff(Role.RISK, decision, yes, who="rui", status=403)
    assert own["code"] == "proposals.same_eyes"
    other = {**yes, "digest": "0" * 64}
    await scene.staff(Role.COMPLIANCE, decision, other, status=409)
    ended = await scene.staff(Role.COMPLIANCE, decision, yes)
    assert ended["state"] == "approved"
    assert (await scene.own(ann, "/v1/me/standing"))["restrictions"] == []
    await scene.staff(Role.COMPLIANCE, decision, yes, status=409)


async def test_a_provisional_freeze_ends_by_itself_after_forty_eight_hours(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, **LAW, "provisional": True}
    await scene.staff(Role.RISK, "/v1/restrictions", body, status=201)
    assert "pay" not in given(await scene.own(ann, "/v1/me/standing"))
    scene.users.clock.move(hours=47, minutes=59)
    view = await scene.users.people.standing.reads.view(ann.user_id)
    assert view.restrictions
    scene.users.clock.move(minutes=1)
    assert not (await scene.users.people.standing.reads.view(ann.user_id)).restrictions
    body = {"user_id": ann.user_id, "kind": "by_risk", "note": "case 12", "provisional": True}
    await scene.staff(Role.RISK, "/v1/restrictions", body, status=400)


async def test_what_a_user_must_not_hear_nobody_hears_who_does_not_decide(scene: Scene) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, "kind": "by_risk", "hidden": True, "note": "ring 9"}
    taken = await scene.staff(Role.RISK, "/v1/restrictions", body, status=201)
    [own] = (await scene.own(ann, "/v1/me/restrictions"))["items"]
    assert (own["kind"], own["reason"]) == ("review", "being_checked")
    one = f"/v1/restrictions/{taken['id']}"
    for role, kind, note in (
        (Role.COMPLIANCE, "by_risk", "ring 9"),
        (Role.OPERATIONS, "review", ""),
        (Role.FINANCE, "review", ""),
        (Role.AUDITOR, "review", ""),
    ):
        seen = await scene.staff(role, one)
        assert (seen["kind"], seen["note"]) == (kind, note), role
        found = await scene.staff(role, "/v1/restrictions", kind="by_risk")
        assert bool(found["items"]) is (kind == "by_risk"), role
    history = f"/v1/users/{ann.user_id}/standing/history"
    assert (await scene.staff(Role.RISK, history))["items"]
    for role in (Role.OPERATIONS, Role.FINANCE, Role.AUDITOR, Role.DEVELOPER, Role.ADMINISTRATOR):
        await scene.staff(role, history, status=403)


async def test_lists_go_on_page_by_page_and_nobody_elses_things_are_found(scene: Scene) -> None:
    ann, bob = await scene.known(), await scene.known(BOB)
    for _ in range(3):
        await scene.own(ann, "/v1/me/restrictions", {"takes": ["transfer"]}, status=201)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await scene.own(ann, f"/v1/me/restrictions?limit=2{f'&cursor={cursor}' if cursor else ''}")
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 3
    assert (await scene.own(bob, "/v1/me/restrictions"))["items"] == []
    await scene.own(bob, "/v1/me/objections", {"restriction_id": seen[0], "words": "x"}, status=404)
    nobody = await scene.staff(Role.RISK, f"/v1/users/{new_id('usr')}/standing", status=404)
    assert nobody["code"] == "standing.no_such_user"


@pytest.mark.parametrize("note", [{}, {"note": ""}, {"note": " \n"}])
async def test_nothing_is_taken_without_saying_why(scene: Scene, note: dict[str, str]) -> None:
    ann = await scene.known()
    body = {"user_id": ann.user_id, "kind": "by_risk", **note}
    refused = await scene.staff(Role.RISK, "/v1/restrictions", body, status=400)
    assert refused["field"] == "note"
    assert (await scene.own(ann, "/v1/me/restrictions"))["items"] == []


async def test_the_same_key_restricts_once(scene: Scene) -> None:
    ann = await scene.known()
    headers = {"authorization": "Bearer rui/risk", "idempotency-key": new_id("key")}
    body = {"user_id": ann.user_id, "kind": "by_risk", "note": "case 12"}
    answers = [await scene.internal.post("/v1/restrictions", json=body, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len((await scene.own(ann, "/v1/me/restrictions"))["items"]) == 1
    other = await scene.internal.post("/v1/restrictions", json={**body, "note": "x"}, headers=headers)
    assert other.status_code == 409
