"""What somebody outside says of a user: who passes it on, what follows, who lets in what raises, and does it count once?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tael.foundation.db import Database
from tael.staff.model import Role
from tael.standing.model import Signal
from tael.testing.clocks import ManualClock
from tests.integration.test_standing_http import Scene, given, open_scene
from tests.integration.users_scene import Somebody, open_users_scene

LOW = {
    "kind": "low_credit",
    "source": "Baihang Credit",
    "reference": "2026-117",
    "reason": "score 420, was 640",
}
GOOD = {**LOW, "kind": "good_credit", "reference": "2026-118", "reason": "score 780"}
FRAUD = {
    "kind": "fraud_report",
    "source": "Police of Hangzhou",
    "reference": "A-9",
    "reason": "named by a victim",
}
PROPOSALS = "/v1/restriction_proposals"


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_users_scene(database, clock, tmp_path) as users, open_scene(users) as opened:
        yield opened


async def passed_on(
    scene: Scene, person: Somebody, said: dict[str, str], *, who: str = "ann", status: int = 201
) -> Any:
    path = f"/v1/users/{person.user_id}/signals"
    return await scene.staff(Role.OPERATIONS, path, said, who=who, status=status)


async def limits(scene: Scene, person: Somebody) -> tuple[int, int]:
    """Of transfers in a day: how much, how often."""
    own = (await scene.own(person, "/v1/me/standing"))["personal_limits"]
    return own["transfer_day_minor"], own["transfers_day"]


async def titles(scene: Scene, person: Somebody) -> list[str]:
    await scene.users.everything_told()
    return await person.told()


async def test_bad_credit_lowers_limits_at_once_and_the_user_is_told_why(scene: Scene) -> None:
    ann = await scene.known()
    assert await limits(scene, ann) == (1_000_000, 100)
    heard = await passed_on(scene, ann, LOW)
    assert (heard["proposal_id"], heard["kind"], heard["reference"]) == (None, "low_credit", "2026-117")
    assert await limits(scene, ann) == (100_000, 10)
    changed = (await scene.facts(ann.user_id, "standing.standing_changed"))[-1]
    assert changed["reason"] == "low_credit"
    assert "limits_changed" in await titles(scene, ann)
    await scene.own(
        ann,
        "/v1/me/permission_requests",
        {"limit": "transfer_day_minor", "wanted": 1_000_000, "words": "it is a mistake"},
        status=201,
    )


async def test_a_report_of_fraud_takes_money_out_and_in_and_its_user_can_object(scene: Scene) -> None:
    ann = await scene.known()
    await passed_on(scene, ann, FRAUD)
    standing = await scene.own(ann, "/v1/me/standing")
    assert not given(standing) & {"withdraw", "transfer", "receive"}
    [held] = standing["restrictions"]
    assert (held["kind"], held["reason"], held["until"]) == ("behaviour", "reported_fraud", None)
    assert "Hangzhou" not in str(standing), "who said so, and what, is for staff"
    assert "account_restricted" in await titles(scene, ann)
    wrong = {"restriction_id": held["id"], "words": "I was the victim"}
    await scene.own(ann, "/v1/me/objections", wrong, status=201)


async def test_a_report_counts_once_whoever_passes_it_on_and_however_often(scene: Scene) -> None:
    ann = await scene.known()
    many = await asyncio.gather(*(passed_on(scene, ann, FRAUD, who=f"ann{n}") for n in range(8)))
    assert len({each["id"] for each in many}) == 1
    spaced = await passed_on(scene, ann, {**FRAUD, "reference": " A-9 "})
    assert spaced["id"] == many[0]["id"]
    other = await passed_on(scene, ann, {**FRAUD, "reference": "A-10"})
    assert other["id"] != many[0]["id"]
    path = f"/v1/users/{ann.user_id}/signals"
    listed = (await scene.staff(Role.RISK, path))["items"]
    assert [each["reference"] for each in listed] == ["A-10", "A-9"]
    assert listed[1]["reason"] == "named by a victim"
    page = await scene.staff(Role.RISK, path, limit=1)
    assert [each["id"] for each in page["items"]] == [other["id"]]
    older = await scene.staff(Role.RISK, path, limit=1, cursor=page["next_cursor"])
    assert [each["reference"] for each in older["items"]] == ["A-9"]
    assert len(await scene.facts(ann.user_id, "standing.restriction_set")) == 1


async def test_s11_what_would_raise_a_limit_takes_two_people(scene: Scene) -> None:
    ann = await scene.known()
    heard = await passed_on(scene, ann, GOOD)
    assert await limits(scene, ann) == (1_000_000, 100), "nothing holds yet"
    assert (await passed_on(scene, ann, GOOD, who="bob")) == heard, "the same report waits once"
    [proposal] = (await scene.staff(Role.OPERATIONS, PROPOSALS, state="open"))["items"]
    assert (proposal["id"], proposal["kind"]) == (heard["proposal_id"], "users.raise_limits")
    assert (proposal["report"], proposal["reference"], proposal["restriction_id"]) == (
        "good_credit",
        "2026-118",
        None,
    )
    decision = f"{PROPOSALS}/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"], "note": ""}
    own = await scene.staff(Role.RISK, decision, yes, who="ann", status=403)
    assert own["code"] == "proposals.same_eyes"
    await scene.staff(Role.RISK, decision, {**yes, "digest": "0" * 64}, status=409)
    await scene.staff(Role.RISK, decision, yes)
    assert await limits(scene, ann) == (5_000_000, 100)
    assert "limits_changed" in await titles(scene, ann)
    after = await passed_on(scene, ann, GOOD)
    assert (after["id"], after["proposal_id"]) == (heard["id"], None), "and once let in, it counts once"


async def test_a_refused_raise_changes_nothing_and_may_be_passed_on_anew(scene: Scene) -> None:
    ann = await scene.known()
    heard = await passed_on(scene, ann, GOOD)
    no = {"approve": False, "digest": heard["digest"], "note": "of another person"}
    ended = await scene.staff(Role.COMPLIANCE, f"{PROPOSALS}/{heard['proposal_id']}/decision", no)
    assert ended["state"] == "refused"
    assert await limits(scene, ann) == (1_000_000, 100)
    assert (await scene.staff(Role.RISK, f"/v1/users/{ann.user_id}/signals"))["items"] == []
    assert (await passed_on(scene, ann, GOOD))["proposal_id"] != heard["proposal_id"]


async def test_a_limit_that_a_user_chose_is_not_raised_and_so_nobody_has_to_decide(scene: Scene) -> None:
    ann = await scene.known()
    lower = {"limit": "transfer_day_minor", "wanted": 200_000, "words": "less"}
    await scene.own(ann, "/v1/me/permission_requests", lower, status=201)
    assert (await passed_on(scene, ann, GOOD))["proposal_id"] is None
    assert (await limits(scene, ann))[0] == 200_000


async def test_the_house_itself_raises_without_asking_anybody(scene: Scene) -> None:
    ann = await scene.known()
    said = Signal(user_id=ann.user_id, kind="good_credit", reason="model 3", at=scene.users.clock.now())
    async with scene.users.database.transaction() as tx:
        await scene.users.people.standing.apply(tx, [said])
    assert (await limits(scene, ann))[0] == 5_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "warning"},
        {"weight": 9},
        *({field: blank} for field in ("source", "reference", "reason") for blank in ("", " ")),
    ],
)
async def test_what_the_platform_sees_itself_and_what_has_no_source_is_refused(
    scene: Scene, wrong: dict[str, Any]
) -> None:
    ann = await scene.known()
    assert (await passed_on(scene, ann, {**LOW, **wrong}, status=400))["code"]
    assert await limits(scene, ann) == (1_000_000, 100)


async def test_finance_passes_nothing_on_and_operations_do_not_read_what_was_said(scene: Scene) -> None:
    ann = await scene.known()
    path = f"/v1/users/{ann.user_id}/signals"
    await scene.staff(Role.FINANCE, path, LOW, status=403)
    await scene.staff(Role.OPERATIONS, path, status=403)
    nobody = "usr_06dk3vg5m8x4t9c1h2zq7n0rby"
    await scene.staff(Role.RISK, f"/v1/users/{nobody}/signals", LOW, status=404)
