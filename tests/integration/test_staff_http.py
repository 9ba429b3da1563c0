"""Do members of staff change their colleagues' roles over HTTP, with four eyes and no others?"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.staff.api import Staff
from tael.staff.http import staff_routes
from tael.staff.model import NewMember, Role
from tael.testing.clocks import ManualClock

OPERATOR = "operator:test"


class Office:
    """Some members, and their browsers."""

    def __init__(self, staff: Staff, client: httpx.AsyncClient, members: Mapping[str, NewMember]) -> None:
        self.staff = staff
        self.client = client
        self.members = members

    def id(self, name: str) -> str:
        return self.members[name].member.id

    async def get(self, path: str, *, by: str) -> httpx.Response:
        return await self.client.get(path, headers=self._key(by))

    async def post(self, path: str, body: Mapping[str, Any], *, by: str) -> httpx.Response:
        return await self.client.post(path, json=body, headers=self._key(by))

    def _key(self, name: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.members[name].key.secret}"}


@pytest.fixture
async def office(urls: DatabaseUrls) -> AsyncIterator[Office]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    staff = Staff(database, ManualClock())
    roles = {
        "admin": Role.ADMINISTRATOR,
        "checker": Role.COMPLIANCE,
        "ann": Role.RISK,
        "dev": Role.DEVELOPER,
    }
    members = {
        name: await staff.add(name, email=f"{name}@pay.example", roles=[role], actor=OPERATOR)
        for name, role in roles.items()
    }

    async def authenticate(secret: str) -> Principal:
        holder = await staff.authenticate(secret)
        return Principal(owner="operations", actor=holder.actor, permissions=holder.permissions)

    app = make_app(staff_routes(staff), body_limit_bytes=10_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        yield Office(staff, client, members)
    await database.close()


async def test_s11_roles_change_over_http_when_another_approves(office: Office) -> None:
    path = f"/v1/staff/{office.id('ann')}/proposals"
    wanted = {"roles": ["operations"], "note": "moved teams"}
    for nobody in ("checker", "ann", "dev"):
        assert (await office.post(path, wanted, by=nobody)).status_code == 403
    proposal = (await office.post(path, wanted, by="admin")).json()
    assert proposal["change"]["before"] == ["risk"]
    decision = f"/v1/staff_proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"]}
    assert (await office.post(decision, yes, by="admin")).status_code == 403
    assert (await office.post(decision, {**yes, "digest": "0" * 64}, by="checker")).status_code == 409
    assert (await office.get(f"/v1/staff/{office.id('ann')}", by="admin")).json()["roles"] == ["risk"]
    assert (await office.post(decision, yes, by="checker")).json()["state"] == "approved"
    assert (await office.get(f"/v1/staff/{office.id('ann')}", by="admin")).json()["roles"] == ["operations"]
    assert (await office.post(decision, yes, by="checker")).status_code == 409
    listed = (await office.get("/v1/staff_proposals?state=approved", by="checker")).json()["items"]
    assert [each["id"] for each in listed] == [proposal["id"]]


async def test_s11_nobody_changes_their_own_roles_over_http(office: Office) -> None:
    own = await office.post(
        f"/v1/staff/{office.id('admin')}/proposals", {"roles": ["risk"], "note": "me"}, by="admin"
    )
    assert (own.status_code, own.json()["code"]) == (403, "staff.own_affair")
    clash = await office.post(
        f"/v1/staff/{office.id('ann')}/proposals", {"roles": ["risk", "operations"], "note": "x"}, by="admin"
    )
    assert (clash.status_code, clash.json()["code"]) == (400, "staff.roles_clash")


async def test_a_member_is_suspended_over_http_and_kept_out(office: Office) -> None:
    path = f"/v1/staff/{office.id('dev')}/state"
    suspended = await office.post(path, {"state": "suspended"}, by="admin")
    assert suspended.json()["state"] == "suspended"
    assert (await office.get("/v1/staff", by="dev")).status_code == 403
    own = await office.post(f"/v1/staff/{office.id('admin')}/state", {"state": "suspended"}, by="admin")
    assert own.json()["code"] == "staff.own_affair"
    assert (await office.post(path, {"state": "happy"}, by="admin")).status_code == 400
    assert (await office.post("/v1/staff/stf_x/state", {"state": "active"}, by="admin")).status_code == 400


async def test_members_are_listed_over_http_without_anything_secret(office: Office) -> None:
    first = (await office.get("/v1/staff?limit=3", by="checker")).json()
    rest = (await office.get(f"/v1/staff?limit=3&cursor={first['next_cursor']}", by="checker")).json()
    names = [member["name"] for member in (*first["items"], *rest["items"])]
    assert names == ["admin", "checker", "ann", "dev"]
    assert rest["next_cursor"] is None
    assert set(first["items"][0]) == {"id", "name", "email", "roles", "state", "created_at"}
    only = (await office.get("/v1/staff?role=risk", by="admin")).json()["items"]
    assert [member["name"] for member in only] == ["ann"]
    assert (await office.get("/v1/staff?cursor=%00", by="admin")).status_code == 400
