"""What do those see who operate the platform: over HTTP, at the terminal, in test mode?"""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tael.app.house import make_house
from tael.app.simulated import write_provider_files
from tael.app.stand_in_places import other_stand_ins
from tael.app.stand_ins_in_use import use_stand_ins
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import new_id
from tael.testing.clocks import ManualClock
from tael.testing.verification import RunningSources, particulars, running_sources
from tael.verification.http import verification_staff_routes
from tael.verification.model import SourceName, State
from tests.integration.test_cli import tael
from tests.integration.verification_desk import VerificationDesk, verification_desk

IDENTITY, PHONE = SourceName.IDENTITY_DATABASE, SourceName.MOBILE_OPERATOR


@pytest.fixture
async def sources(tmp_path: Path) -> AsyncIterator[RunningSources]:
    async with running_sources(tmp_path / "providers") as running:
        yield running


async def _staff(secret: str) -> Principal:
    return Principal(owner="platform", actor=f"staff:{secret}", permissions=frozenset({secret}))


async def _asked(desk: VerificationDesk, permission: str, path: str, **query: Any) -> httpx.Response:
    app = make_app(verification_staff_routes(desk.verification), body_limit_bytes=10_000, authenticate=_staff)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # the same callable, in others' words
    async with httpx.AsyncClient(transport=transport, base_url="http://internal") as client:
        return await client.get(path, params=query, headers={"Authorization": f"Bearer {permission}"})


async def test_staff_page_through_checks_without_learning_who_somebody_is(
    database: Database, tmp_path: Path
) -> None:
    clock = ManualClock()
    async with (
        running_sources(tmp_path / "providers", clock=clock) as sources,
        verification_desk(database, clock, sources, tmp_path / "keys") as desk,
    ):
        subject = new_id("usr")
        first = await desk.verification.check(subject, IDENTITY, particulars("王不符"))
        second = await desk.verification.check(subject, PHONE, particulars("吴超时"))
        path = "/v1/verification/checks"
        page = (await _asked(desk, "users.read", path, limit=1)).json()
        assert [item["id"] for item in page["items"]] == [second.id]
        rest = (await _asked(desk, "users.read", path, cursor=page["next_cursor"])).json()
        assert [item["id"] for item in rest["items"]] == [first.id]
        for query, expected in (
            ({"subject": subject, "state": "mismatched"}, [first.id]),
            ({"open": "true"}, [second.id]),
            ({"source": "video"}, []),
        ):
            items = (await _asked(desk, "users.read", path, **query)).json()["items"]
            assert [item["id"] for item in items] == expected
        told = (await _asked(desk, "users.read", "/v1/verification/sources")).json()["items"]
        did = {each["source"]: each["day"] for each in told if each["day"]["asked"]}
        assert did.keys() == {"identity_database", "mobile_operator"}
        assert (did["identity_database"]["mismatched"], did["identity_database"]["open"]) == (1, 0)
        assert (did["mobile_operator"]["mismatched"], did["mobile_operator"]["open"]) == (0, 1)
        assert did["identity_database"]["median_milliseconds"] is not None
        assert did["mobile_operator"]["answered_last_at"] is None
        one = await _asked(desk, "users.read", f"{path}/{first.id}")
        assert one.json()["findings"] == {"name": "mismatched", "document": "matched"}
        assert "王不符" not in one.text
        assert (await _asked(desk, "wallets.read", path)).status_code == 403
        assert (await _asked(desk, "users.read", f"{path}/{new_id('chk')}")).status_code == 404
        assert (await _asked(desk, "users.read", path, state="perhaps")).status_code == 400


async def test_the_terminal_sets_sources_up_lists_checks_and_asks_again(
    urls: DatabaseUrls, sources: RunningSources, tmp_path: Path
) -> None:
    home = tmp_path / "platform"
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(home)}
    told = write_provider_files("verification", sources.home, sources.url)
    status, said, errors = await tael("verification", "install", str(told), **where)
    assert (status, "Set up: bank_card" in said) == (0, True), errors
    assert (home / "keys/verification/video.toml").stat().st_mode & 0o077 == 0
    status, said, errors = await tael("verification", "sources", **where)
    assert (said.count("yes"), "0.30 CNY" in said) == (5, True), errors
    house = make_house(Settings(home=home), urls.application)
    await house.database.open()
    check = await house.people.verification.check(new_id("usr"), IDENTITY, particulars("褚故障"))
    status, said, errors = await tael("verification", "list", "--open", **where)
    assert check.id in said, errors
    assert "褚故障" not in said
    await tael("verification", "again", check.id, **where)
    status, said, errors = await tael("verification", "again", check.id, **where)
    assert (status, said.strip()) == (0, "matched"), errors
    status, said, errors = await tael("verification", "again", check.id, **where)
    assert status != 0
    assert "has ended" in errors
    assert (await house.people.verification.get(check.id)).state is State.MATCHED
    await house.people.wires.close()
    await house.database.close()


async def test_a_file_that_says_nonsense_sets_nothing_up(urls: DatabaseUrls, tmp_path: Path) -> None:
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path / "platform")}
    file = tmp_path / "video.toml"
    file.write_text("url = 'ftp://p.example'\nclient = 'c'\nalgorithm = 'hmac-sha256'\nsecret = 'short'")
    status, _, errors = await tael("verification", "install", str(file), **where)
    assert status != 0
    assert "Traceback" not in errors
    assert not (tmp_path / "platform/keys/verification/video.toml").exists()


async def test_test_mode_asks_its_stand_ins_unless_its_operator_has_set_up_others(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "platform")
    house = make_house(settings.of_test_mode(), urls.application)
    await house.database.open()
    await use_stand_ins(house, settings)
    assert len(house.people.verification.set_up()) == 5
    own = house.people.verification.sources.file_of(PHONE)
    said = tomllib.loads(own.read_text("utf-8"))
    own.write_text(own.read_text("utf-8").partition("\n")[2].replace(said["client"], "mine"))
    elsewhere = Settings(home=tmp_path / "platform", simulators_listen="127.0.0.1:9061")
    await use_stand_ins(house, elsewhere)
    assert tomllib.loads(own.read_text("utf-8"))["client"] == "mine"
    other = house.people.verification.sources.file_of(IDENTITY)
    played_at = other_stand_ins(elsewhere)["verification"].url
    assert tomllib.loads(other.read_text("utf-8"))["url"].startswith(played_at)
    await house.database.close()
