"""Do the links that `tael merchants team` and `tael logins` print let the right person in, once?"""

from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tael.foundation.sealing import Sealer
from tael.merchants.errors import InvitationSpent
from tael.merchants.usecases.team import Team
from tests.integration.identity_desk import AT_HOME, a_door
from tests.integration.test_cli import tael

NEW_PASSWORD = "brass-lantern-meadow"


async def test_the_first_owner_comes_by_a_printed_link(urls: DatabaseUrls, tmp_path: Path) -> None:
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
    _, merchant, _ = await tael("merchants", "create", "--name", "Blue Teapot", **where)
    invite = ("merchants", "team", "invite", merchant.strip(), "ann@teapot.example")
    status, link, errors = await tael(*invite, **where)
    assert status == 0, errors
    assert "/portal/invitations/" in link
    async with a_door(urls, tmp_path / "keys") as door:
        ann = await door.register("ann@teapot.example")
        door.clock.move(seconds=(SystemClock().now() - door.clock.now()).total_seconds())
        team = Team(door.database, door.clock, Sealer(tmp_path / "keys"))
        token = link.strip().rpartition("/")[2]
        async with door.database.transaction() as tx:
            member = await team.accept(
                tx, token, login_id=ann.login.id, email=ann.login.email, name=ann.login.name
            )
        with pytest.raises(InvitationSpent):
            await team.invitation(token)
    assert member.role == "owner"
    _, listed, _ = await tael("merchants", "team", "list", merchant.strip(), **where)
    assert "ann@teapot.example" in listed
    status, _, errors = await tael("merchants", "team", "remove", merchant.strip(), member.id, **where)
    assert status != 0
    assert "the only owner" in errors
    assert "Traceback" not in errors


async def test_a_printed_link_chooses_a_new_password(urls: DatabaseUrls, tmp_path: Path) -> None:
    where = {"TAEL_DATABASE_URL": urls.application, "TAEL_HOME": str(tmp_path)}
    status, _, errors = await tael("logins", "reset", "nobody@teapot.example", **where)
    assert status != 0
    assert "Nobody signs in with" in errors
    async with a_door(urls, tmp_path / "keys") as door:
        ann = await door.register()
        door.clock.move(seconds=(SystemClock().now() - door.clock.now()).total_seconds())
        status, link, errors = await tael("logins", "reset", ann.login.email, **where)
        assert status == 0, errors
        half = await door.identity.reset(link.strip().rpartition("/")[2], NEW_PASSWORD, AT_HOME)
        await door.identity.prove(half.token, ann.code(), AT_HOME)
