"""Does what sources say become evidence, what they do not be said by name, and does everybody keep to one person?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tael.app.contexts import CONTEXTS
from tael.foundation.calls import Call, Caller
from tael.foundation.dated_rules import shipped_rules
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.identity.model import Visitor
from tael.testing.clocks import ManualClock
from tael.users.api import Asked
from tael.users.schemas.own import IdentityRequest
from tael.users.usecases.agreements import versions
from tests.integration.users_scene import BOB, UsersScene, id_number, identity_of, open_users_scene


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


async def decide(scene: UsersScene, reason: str, *, approve: bool = True) -> dict[str, Any]:
    """The one open review for a reason, decided; by two people where it takes two."""
    found = await scene.staff("ann", "users.read", "/v1/user_reviews", state="open", reason=reason)
    [review] = found.json()["items"]
    path = f"/v1/user_reviews/{review['id']}"
    if review["four_eyes"]:
        await scene.staff("ann", "users.change", f"{path}/look", {"note": "seen"})
    body = {"approve": approve, "note": "compared with the document"}
    done = await scene.staff("bob", "users.approve", f"{path}/decide", body)
    assert done.status_code == 200, done.text
    return dict(done.json())


async def test_each_source_counts_and_three_of_them_reach_class_two(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    assert (await ann.say_who()).json()["identity"]["state"] == "claimed"
    classes = []
    for source in ("identity_database", "mobile_operator"):
        assert (await ann.verify(source))["state"] == "matched"
        classes.append(await scene.standing_of(ann.user_id))
    assert (await ann.show_face())["counts"]
    classes.append(await scene.standing_of(ann.user_id))
    assert classes == ["I", "I", "II"]
    me = (await ann.get("/v1/me")).json()["identity"]
    assert (me["state"], me["name"], me["document_number"]) == (
        "verified",
        "张*",
        "110***********0170"[:-4] + id_number()[-4:],
    )
    assert (await ann.told()).count("verification_passed") == 2, "where her class changed"


async def test_sources_of_one_group_count_once_towards_the_class(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    shipped = shipped_rules(*CONTEXTS)
    together = [
        msgspec.structs.replace(
            each,
            value={
                source: {**terms, "group": "police" if source != "document_face" else "camera"}
                for source, terms in each.value.items()
            },
        )
        if each.name == "verification.sources"
        else each
        for each in shipped.versions
    ]
    rules = msgspec.structs.replace(shipped, versions=together)
    async with open_users_scene(database, clock, tmp_path, shipped=rules) as scene:
        ann = await scene.somebody().register()
        await ann.say_who()
        for source in ("identity_database", "mobile_operator"):
            assert (await ann.verify(source))["counts"]
        assert (await ann.show_face())["counts"]
        assert await scene.standing_of(ann.user_id) == "I", "three sources, and two groups"
        assert (await scene.people.standing.reads.view(ann.user_id)).independent_sources == 2


async def test_a_mismatch_names_the_element_and_tries_end_for_the_day(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("王不符")
    said = await ann.verify()
    assert (said["state"], said["wrong"], said["counts"]) == ("mismatched", ["name"], False)
    assert "verification_failed" in await ann.told()
    for _ in range(4):
        await ann.verify()
    body = {"source": "identity_database"}
    assert (await ann.post("/v1/me/verifications", body)).status_code == 429
    assert await scene.standing_of(ann.user_id) == "none"
    assert (await ann.say_who("张三")).status_code == 200, "a claim that no source confirmed is said anew"
    scene.clock.move(hours=25)
    ann.come_in(await ann.sign_in())
    assert (await ann.verify())["state"] == "matched"


async def test_what_a_source_does_not_know_yet_is_pending_and_finished_by_itself(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("郑迟到")
    asked = await ann.verify()
    assert (asked["state"], asked["ended_at"]) == ("pending", None)
    again = await ann.post("/v1/me/verifications", {"source": "identity_database"})
    assert again.json()["code"] == "users.verification_pending"
    for _ in range(20):
        scene.clock.move(minutes=30)
        await scene.people.verification.ask_due()
        await scene.everything_told()
        if await scene.standing_of(ann.user_id) == "I":
            break
    ann.come_in(await ann.sign_in())
    assert (await ann.get(f"/v1/me/verifications/{asked['id']}")).json()["state"] == "matched"


async def test_one_request_asks_a_source_once_however_often_it_is_sent(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    body = {"source": "identity_database"}
    answers = [await ann.post("/v1/me/verifications", body, key="once") for _ in range(3)]
    assert len({each.content for each in answers}) == 1
    assert len(await scene.people.verification.of(ann.user_id)) == 1


async def test_what_is_not_enough_to_ask_a_source_leaves_no_trace(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    refused = await ann.post("/v1/me/verifications", {"source": "bank_card"})
    assert (refused.status_code, refused.json()["field"]) == (400, "card_token")
    assert (await ann.get("/v1/me/verifications")).json()["items"] == []


async def test_a_face_is_compared_only_after_a_consent_of_its_own(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    refused = await ann.post("/v1/me/verifications", {"source": "document_face"})
    assert (refused.status_code, refused.json()["code"]) == (403, "users.consent_needed")
    assert (await ann.consent()).status_code == 201
    assert (await ann.consent(given=False)).status_code == 201
    again = await ann.post("/v1/me/verifications", {"source": "document_face"})
    assert again.json()["code"] == "users.consent_needed"
    kept = (await ann.get("/v1/me/consents")).json()["items"]
    assert [(each["purpose"], each["given"]) for each in kept] == [
        ("biometrics", False),
        ("biometrics", True),
    ]


async def test_consents_are_asked_for_what_is_done_in_the_language_of_whoever_is_asked(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    [mine] = (await ann.get("/v1/me/consent_texts")).json()
    assert mine["purpose"] == "biometrics"
    assert mine["text"].startswith("I agree that my face")
    [chinese] = (await ann.get("/v1/me/consent_texts", language="zh-CN")).json()
    assert chinese["text"].startswith("本人单独同意")


async def test_the_same_document_in_a_second_user_waits_for_a_person(scene: UsersScene) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()
    await ann.say_who()
    await ann.verify()
    assert (await bob.say_who()).json()["identity"]["state"] == "in_review"
    waits = await bob.post("/v1/me/verifications", {"source": "identity_database"})
    assert waits.json()["code"] == "users.identity_needed"
    review = await decide(scene, "duplicate_person", approve=False)
    assert (review["user_id"], review["other_user_id"]) == (bob.user_id, ann.user_id)
    assert (await bob.get("/v1/me")).json()["identity"] is None
    assert "review_decided" in await bob.told()
    mine = (await bob.get("/v1/me/reviews")).json()["items"][0]
    assert (mine["state"], mine["answer"]) == ("refused", "compared with the document")
    assert (await ann.get(f"/v1/me/reviews/{mine['id']}")).status_code == 404


async def test_a_second_user_whom_a_reviewer_allows_is_no_first_account(scene: UsersScene) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()
    await ann.say_who()
    await ann.verify()
    await bob.say_who()
    await decide(scene, "duplicate_person")
    assert (await bob.verify())["state"] == "matched"
    assert await scene.standing_of(bob.user_id) == "none", "class I is for a person's first account"


async def test_a_foreign_document_is_looked_at_before_any_source(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    said = await ann.say_who("Ann Miller", kind="passport", number="E1234567", issued_by="GBR")
    assert said.json()["identity"]["state"] == "in_review"
    await decide(scene, "foreign_document")
    assert (await ann.get("/v1/me")).json()["identity"]["state"] == "claimed"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"number": "110101199003070018"}, "identity_document_malformed"),
        ({"valid_until": "2020-01-01"}, "identity_document_expired"),
        ({"number": id_number("20150307")}, "users.too_young"),
    ],
)
async def test_a_document_that_cannot_be_is_refused_at_once(
    scene: UsersScene, document: dict[str, str], code: str
) -> None:
    ann = await scene.somebody().register()
    refused = await ann.say_who(**document)
    assert refused.json()["code"] == code, refused.text
    assert document.get("number", "nothing") not in refused.text


async def test_a_name_is_corrected_by_two_people_and_verified_anew(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    await ann.verify()
    assert (await ann.say_who("张四")).json()["code"] == "users.identity_settled"
    asked = await ann.post("/v1/me/corrections", {"name": "张四三", "words": "married"})
    assert asked.json()["wanted"]["name"] == "张*三", asked.text
    await decide(scene, "name_correction")
    me = (await ann.get("/v1/me")).json()["identity"]
    assert (me["name"], me["state"]) == ("张*三", "claimed")
    assert await scene.standing_of(ann.user_id) == "none", "what sources said of the old name counts no more"


async def test_nobody_decides_in_time_and_the_user_is_told(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("Ann Miller", kind="passport", number="E1234567", issued_by="GBR")
    scene.clock.move(days=8)
    await scene.users.expire_reviews()
    assert "review_decided" in await ann.told()
    ann.come_in(await ann.sign_in())
    assert (await ann.get("/v1/me")).json()["identity"] is None


async def test_a_document_that_ends_is_warned_of_twice_and_then_restricts_until_it_is_renewed(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    ends = (scene.clock.now() + timedelta(days=100)).date()
    await ann.say_who(valid_until=ends.isoformat())
    await ann.verify()
    for days in (1, 10, 10, 50, 10, 10):
        scene.clock.move(days=days)
        await scene.users.watch_documents()
        await scene.users.watch_documents()
    assert (await ann.told()).count("document_expires") == 2
    scene.clock.move(days=10)
    await scene.users.watch_documents()
    await scene.users.watch_documents()
    ann.come_in(await ann.prove_anew())
    assert (await ann.get("/v1/me")).json()["identity"]["expired"]
    held = (await scene.people.standing.reads.view(ann.user_id)).restrictions
    assert [str(each.kind) for each in held] == ["document_expired"]
    renewed = await ann.say_who(valid_until="2046-01-01")
    assert renewed.json()["identity"]["state"] == "claimed", renewed.text
    assert (await ann.verify())["counts"]
    assert (await scene.people.standing.reads.view(ann.user_id)).restrictions == ()


async def test_the_number_of_somebody_else_who_left_is_looked_at_first(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who()
    await ann.verify()
    await ann.post("/v1/me/personal_data_requests", {"kind": "deletion"})
    await scene.users.work_off_requests()
    bob = await scene.somebody().register()
    said = await bob.say_who("李四", number=id_number("19880512"))
    assert said.json()["identity"]["state"] == "in_review"
    review = await decide(scene, "phone_of_another")
    assert (review["user_id"], review["other_user_id"]) == (bob.user_id, ann.user_id)
    assert (await bob.verify())["counts"]


async def test_whom_sources_know_by_half_again_and_again_a_person_looks_at(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("赵半知")
    assert (await ann.verify())["state"] == "partial"
    waiting = await scene.staff("ann", "users.read", "/v1/user_reviews", state="open")
    assert waiting.json()["items"] == []
    assert (await ann.verify())["wrong"] == ["document"]
    await ann.verify()
    review = await decide(scene, "partial_answers")
    assert review["user_id"] == ann.user_id


async def test_where_a_second_user_is_refused_whoever_has_the_document_is_told_to_sign_in(
    scene: UsersScene,
) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()
    await ann.say_who()
    shipped = shipped_rules(*CONTEXTS)
    stricter = [
        msgspec.structs.replace(each, value={**each.value, "second_user": "refuse"})
        if each.name == "users.registration"
        else each
        for each in shipped.versions
    ]
    users = scene.later(versions(), rules=msgspec.structs.replace(shipped, versions=stricter))
    claim = msgspec.convert(identity_of(), IdentityRequest, strict=False)
    asked = Asked(
        user_id=bob.user_id, actor="user", visitor=Visitor(device="", address=""), about="", command=claim
    )
    caller = Caller(owner=bob.user_id, actor="user")
    call = Call(caller=caller, action="users.say", key=new_id("key"), request=claim, command=asked)
    refused = msgspec.json.decode((await users.answer(call)).body)
    assert (refused["status"], refused["code"]) == (409, "users.person_known")
    assert "Sign in with that number" in refused["hint"]
