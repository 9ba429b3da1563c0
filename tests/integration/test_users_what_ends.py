"""What ends with an account, and which text does not begin at all?"""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tael.foundation.db import Database
from tael.testing.clocks import ManualClock
from tael.users.model import AgreementName, DataRequestKind, DataRequestState
from tael.users.store import data
from tael.users.usecases import agreements
from tests.integration.users_scene import BOB, Somebody, UsersScene, id_number, open_users_scene


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("name", ["", "李小明"])
async def test_no_copy_is_written_for_whoever_has_left_meanwhile(scene: UsersScene, name: str) -> None:
    ann = await scene.somebody().register()
    if name:
        await ann.say_who(name)
        await ann.verify()
    for kind in ("deletion", "export"):
        asked = await ann.post("/v1/me/personal_data_requests", {"kind": kind})
        assert asked.status_code == 202, asked.text

    await scene.users.work_off_requests()

    async with scene.database.transaction() as tx:
        kept = {each.kind: each for each in await data.requests_of(tx, ann.user_id, before=None, limit=5)}
    assert kept[DataRequestKind.DELETION].state == "done"
    copy = kept[DataRequestKind.EXPORT]
    assert (copy.state, copy.file_bytes) == (DataRequestState.EXPIRED, None)


async def test_the_document_of_whoever_has_left_is_watched_no_longer(scene: UsersScene) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()
    ends = scene.clock.now().date() + timedelta(days=40)
    for who, sequence in ((ann, 21), (bob, 23)):
        await who.say_who(number=id_number(sequence=sequence), valid_until=ends.isoformat())
        await who.verify()
    await leave(scene, ann)

    for days in (20, 30):
        scene.clock.move(days=days)
        await scene.users.watch_documents()

    assert "document_expires" in await bob.told()
    assert await ann.told() == []
    async with scene.database.transaction() as tx:
        assert [str(each.kind) for each in await scene.people.standing.restrictions_of(tx, bob.user_id)] == [
            "document_expired"
        ]
        assert await scene.people.standing.restrictions_of(tx, ann.user_id) == []


async def test_what_a_source_says_of_whoever_has_left_meanwhile_changes_nothing(scene: UsersScene) -> None:
    ann = await scene.somebody().register()
    await ann.say_who("郑迟到")
    await ann.verify()
    await until_the_sources_have_answered(scene, ann.user_id)
    ann.device_token = None
    ann.come_in(await ann.prove_anew())
    assert (await ann.verify("mobile_operator"))["state"] == "pending"
    await leave(scene, ann)

    await until_the_sources_have_answered(scene, ann.user_id)
    await scene.users.sweep_verifications()

    path = f"/v1/users/{ann.user_id}/verifications"
    said = (await scene.staff("ann", "users.read", path)).json()["items"]
    assert [(each["state"], each["counts"]) for each in said] == [("matched", False), ("matched", True)]
    assert await ann.told() == []


async def test_a_verification_that_nobody_finished_is_ended_behind_hundreds_that_sources_still_think_about(
    scene: UsersScene,
) -> None:
    ann = await scene.somebody().register()
    async with scene.database.transaction() as tx:
        await tx.connection.execute(
            """
            insert into users.verifications (check_id, user_id, source, state, presence, asked_at)
            select 'chk_' || to_char(each, 'FM000'), %(user)s, 'video', 'pending', 'remote', %(now)s
            from generate_series(0, 205) each
            """,
            {"user": ann.user_id, "now": scene.clock.now()},
        )
        await tx.connection.execute(
            """
            insert into verification.checks (id, subject, source, digest, state, reason, elements, findings, reference,
                page_url, times_asked, created_at, next_ask_at)
            select check_id, user_id, source, '', 'unknown', 'pending', '{}', '{}', '', '', 1, asked_at, asked_at + interval '1 day'
            from users.verifications where check_id > 'chk_000'
            """
        )
    scene.clock.move(minutes=16)
    await scene.users.sweep_verifications()
    async with scene.database.transaction() as tx:
        cursor = await tx.connection.execute(
            "select check_id from users.verifications where state = 'given_up' order by check_id"
        )
        assert await cursor.fetchall() == [("chk_000",)]


async def test_a_copy_that_cannot_be_written_holds_up_nobody_elses(scene: UsersScene) -> None:
    ann, bob = await scene.somebody().register(), await scene.somebody(BOB).register()

    async def broken(user_id: str) -> str:
        if user_id == ann.user_id:
            raise RuntimeError("Their bills cannot be read.")
        return "nothing"

    scene.users.contribute("bills", broken)
    paths = []
    for who in (ann, bob):
        asked = await who.post("/v1/me/personal_data_requests", {"kind": "export"})
        paths.append(f"/v1/me/personal_data_requests/{asked.json()['id']}")

    await scene.users.work_off_requests()

    assert (await bob.get(paths[1])).json()["state"] == "ready"
    assert (await ann.get(paths[0])).json()["state"] == "asked"


async def leave(scene: UsersScene, who: Somebody) -> None:
    asked = await who.post("/v1/me/personal_data_requests", {"kind": "deletion"})
    assert asked.status_code == 202, asked.text
    await scene.users.work_off_requests()
    assert (await who.get("/v1/me")).status_code == 401


async def until_the_sources_have_answered(scene: UsersScene, user_id: str) -> None:
    for _ in range(20):
        scene.clock.move(minutes=30)
        await scene.people.verification.ask_due()
        await scene.everything_told()
        if not any(check.is_open for check in await scene.people.verification.of(user_id)):
            return
    raise AssertionError("A source has not answered in ten hours.")


async def test_a_text_that_is_announced_too_late_does_not_come_into_force(scene: UsersScene) -> None:
    known, today = agreements.versions(), scene.clock.now().date()
    first = known[AgreementName.SERVICE][0]
    hasty = msgspec.structs.replace(
        first, version="2026-04", announced_on=today, effective_from=today + timedelta(days=29)
    )
    users = scene.later({**known, AgreementName.SERVICE: [first, hasty]})

    with pytest.raises(ValueError, match="less than 30 days"):
        users.start()
