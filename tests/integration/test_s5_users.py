"""S5: is what tells who somebody is nowhere in clear, in the user's own copy whole, and gone when they have left?"""

import io
import logging
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.foundation.telemetry import set_up_logging
from tael.testing.clocks import ManualClock
from tael.users.api import OpenKind, OpenThing
from tests.integration.users_scene import ANN, BOB, Somebody, UsersScene, id_number, open_users_scene

NAME, NUMBER = "欧阳植入", id_number(sequence=93)
PLANTED = [NAME, NUMBER, ANN, ANN.removeprefix("+86")]


@pytest.fixture
async def scene(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[UsersScene]:
    async with open_users_scene(database, clock, tmp_path) as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "everything.log"
    set_up_logging("debug", "json", file=file)
    yield file
    for handler in logging.getLogger().handlers:
        handler.close()
    set_up_logging("error", "json")


async def dump_of(urls: DatabaseUrls) -> dict[str, bytes]:
    """Every table of the database as text."""
    found: dict[str, bytes] = {}
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        tables = await owner.execute(
            "select schemaname || '.' || tablename from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        for (table,) in await tables.fetchall():
            async with (
                owner.cursor() as cursor,
                cursor.copy(f"copy (select * from {table}) to stdout".encode()) as out,
            ):
                found[str(table)] = b"".join([bytes(part) async for part in out])
    return found


def written(log: Path) -> dict[str, bytes]:
    return {"log": log.read_bytes()}


def places_of(planted: list[str], dump: dict[str, bytes]) -> list[tuple[str, str]]:
    return [
        (place, each)
        for place, content in dump.items()
        for each in planted
        if each.encode() in content or each.encode().hex().encode() in content
    ]


async def a_known_user(scene: UsersScene) -> Somebody:
    ann = await scene.somebody().register()
    await ann.say_who(NAME, number=NUMBER)
    assert (await ann.verify())["state"] == "matched"
    await scene.everything_told()
    return ann


async def test_s5_name_number_and_telephone_are_nowhere_in_database_or_log(
    scene: UsersScene, urls: DatabaseUrls, log: Path
) -> None:
    ann = await a_known_user(scene)
    await ann.post("/v1/me/corrections", {"name": NAME + "人", "words": "misspelt"})
    await ann.say_who(NAME, number="1" * 17)
    await ann.post("/v1/me/phone/codes", {"phone": BOB})
    await scene.staff("ann", "users.read", "/v1/users/search", {"phone": ANN})
    dump = await dump_of(urls) | written(log)
    assert ann.user_id.encode() in dump["users.people"]
    assert places_of([*PLANTED, BOB], dump) == []


async def test_s5_after_the_keys_were_changed_nothing_is_under_the_old_one_and_all_opens(
    scene: UsersScene,
) -> None:
    ann = await a_known_user(scene)
    people = scene.people
    Sealer(scene.home / "keys").add_key()
    people.personal.add_index_key()
    assert await people.resealing.left() > 0
    assert (await scene.users.find_by_phone(ANN)) is not None, "found while half is done"
    done = await people.resealing.run()
    assert (done.broken, await people.resealing.left()) == ([], 0)
    found = await scene.staff("ann", "users.read", "/v1/users/search", {"phone": ANN})
    assert [each["id"] for each in found.json()["items"]] == [ann.user_id]
    document = {"kind": "resident_identity_card", "number": NUMBER}
    found = await scene.staff("ann", "users.read", "/v1/users/search", {"document": document})
    assert [each["id"] for each in found.json()["items"]] == [ann.user_id]
    found = await scene.staff("ann", "users.read", "/v1/users/search", {"name": NAME})
    assert [each["id"] for each in found.json()["items"]] == [ann.user_id]
    body = {"fields": ["name", "document", "phone"], "reason": "order 7"}
    clear = (await scene.staff("cy", "users.unmask", f"/v1/users/{ann.user_id}/unmask", body)).json()
    assert clear["name"] == NAME
    assert (clear["document"], clear["phone"]) == (f"resident_identity_card CHN {NUMBER}", ANN)


async def test_users_are_found_by_name_whole_also_those_from_before_names_had_an_index(
    scene: UsersScene,
) -> None:
    ann = await a_known_user(scene)

    async def found(name: str) -> list[str]:
        said = await scene.staff("ann", "users.read", "/v1/users/search", {"name": name})
        return [each["id"] for each in said.json()["items"]]

    assert await found(NAME) == await found(f" {NAME[0]} {NAME[1:]} ") == [ann.user_id]
    assert await found(NAME[:-1]) == await found(NAME + "人") == []
    both = await scene.staff("ann", "users.read", "/v1/users/search", {"name": NAME, "phone": ANN})
    assert (both.status_code, both.json()["code"]) == (400, "users.malformed")
    async with scene.database.transaction() as tx:
        await tx.connection.execute(b"update users.people set name_index = default")
    assert (await found(NAME), await scene.people.resealing.left()) == ([], 1)
    await scene.people.resealing.job()
    assert (await found(NAME), await scene.people.resealing.left()) == ([ann.user_id], 0)


async def test_reading_in_clear_takes_its_own_permission_and_leaves_a_reason(scene: UsersScene) -> None:
    ann = await a_known_user(scene)
    path, body = f"/v1/users/{ann.user_id}/unmask", {"fields": ["phone"], "reason": "call back"}
    for permission in ("users.read", "users.change", "users.approve"):
        assert (await scene.staff("ann", permission, path, body)).status_code == 403
    said = (await scene.staff("cy", "users.unmask", path, body)).json()
    assert said == {"user_id": ann.user_id, "name": None, "document": None, "phone": ANN}
    assert (await scene.staff("cy", "users.unmask", path, {**body, "reason": ""})).status_code == 400
    kept = (await scene.staff("au", "users.read", "/v1/user_unmaskings", user=ann.user_id)).json()["items"]
    assert [(each["by"], each["fields"], each["reason"]) for each in kept] == [
        ("staff:cy", ["phone"], "call back")
    ]


async def test_a_copy_of_ones_data_is_whole_sealed_and_fetched_once(
    scene: UsersScene, urls: DatabaseUrls
) -> None:
    ann, bob = await a_known_user(scene), await scene.somebody(BOB).register()
    asked = (await ann.post("/v1/me/personal_data_requests", {"kind": "export"})).json()
    path = f"/v1/me/personal_data_requests/{asked['id']}"
    assert (await ann.post(f"{path}/fetch", {})).json()["code"] == "users.file_gone"
    await scene.users.work_off_requests()
    assert (await ann.get(path)).json()["state"] == "ready"
    assert "personal_data_ready" in await ann.told()
    assert places_of(PLANTED, await dump_of(urls)) == []
    assert (await bob.get(path)).status_code == (await bob.post(f"{path}/fetch", {})).status_code == 404
    fetched = await ann.post(f"{path}/fetch", {})
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        copy = msgspec.json.decode(archive.read("personal_information.json"))
        page = archive.read("personal_information.html").decode()
    assert (copy["identity"]["name"], copy["identity"]["number"], copy["account"]["phone"]) == (
        NAME,
        NUMBER,
        ANN,
    )
    assert len(copy["agreements"]) == 3
    assert copy["verifications"][0]["state"] == "matched"
    assert NAME in page
    assert (await ann.post(f"{path}/fetch", {})).json()["code"] == "users.file_gone"
    assert (await ann.get(path)).json()["state"] == "fetched"


async def test_whoever_was_verified_leaves_restricted_and_is_erased_after_ten_years(
    scene: UsersScene, urls: DatabaseUrls
) -> None:
    ann = await a_known_user(scene)
    asked = await ann.post("/v1/me/personal_data_requests", {"kind": "deletion"})
    assert asked.status_code == 202, asked.text
    await scene.users.work_off_requests()
    await scene.users.work_off_requests()
    assert (await ann.get("/v1/me")).status_code == 401
    assert (await ann.sign_in()).status_code == 401
    left = (await scene.staff("ann", "users.read", f"/v1/users/{ann.user_id}")).json()
    assert (left["state"], left["retained_until"][:4]) == ("closed", "2036")
    assert places_of(PLANTED, await dump_of(urls)) == []
    again = await scene.somebody().register()
    assert again.user_id != ann.user_id
    assert (await again.say_who(NAME, number=NUMBER)).json()["identity"]["state"] == "claimed"
    scene.clock.move(days=3652)
    await scene.users.erase_old()
    left = (await scene.staff("ann", "users.read", f"/v1/users/{ann.user_id}")).json()
    assert (left["state"], left["phone"]) == ("closed", "138****1234")
    scene.clock.move(days=2)
    await scene.users.erase_old()
    left = (await scene.staff("ann", "users.read", f"/v1/users/{ann.user_id}")).json()
    assert (left["state"], left["phone"], left["identity"]) == ("erased", "", None)
    dump = await dump_of(urls)
    for table in ("users.people", "users.acceptances", "users.verifications", "users.reviews"):
        assert ann.user_id.encode() not in dump[table], table


async def test_whoever_never_said_who_they_are_is_erased_at_once(
    scene: UsersScene, urls: DatabaseUrls
) -> None:
    ann = await scene.somebody().register()
    await ann.post("/v1/me/personal_data_requests", {"kind": "deletion"})
    await scene.users.work_off_requests()
    [row] = [
        line for line in (await dump_of(urls))["users.users"].splitlines() if ann.user_id.encode() in line
    ]
    assert b"erased" in row
    assert b"138****1234" not in row
    assert ann.user_id.encode() not in (await dump_of(urls))["users.acceptances"]


async def test_nobody_leaves_while_something_of_theirs_is_open(scene: UsersScene) -> None:
    ann = await a_known_user(scene)

    async def owes(user_id: str) -> list[OpenThing]:
        return [OpenThing(OpenKind.BALANCE, "12.80 CNY")] if user_id == ann.user_id else []

    scene.users.ask_before_closing(owes)
    refused = await ann.post("/v1/me/personal_data_requests", {"kind": "deletion"})
    assert (refused.status_code, refused.json()["code"]) == (409, "users.still_open")
    assert refused.json()["open"] == "balance: 12.80 CNY"


async def test_what_is_kept_is_said_kind_by_kind_and_masked(scene: UsersScene) -> None:
    ann = await a_known_user(scene)
    said = await ann.get("/v1/me/personal_information")
    kept = {each["what"]: each for each in said.json()["kept"]}
    assert kept["phone"]["shown"] == "138****1234"
    assert "ten years" in kept["document"]["kept_until"]
    assert all(each not in said.text for each in PLANTED)
