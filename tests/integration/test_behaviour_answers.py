"""Does somebody hear of what was not like them, say that it was not them, and lose nothing more?"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from tael.app.house import House
from tael.app.warned import when_unusual
from tael.behaviour.events import EVENTS
from tael.behaviour.http import behaviour_routes, behaviour_staff_routes
from tael.behaviour.model import Act, ActKind, ActResult, Circumstances
from tael.foundation.courier import Courier
from tael.foundation.db import Transaction
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import new_id
from tael.standing import events as standing_events
from tael.standing.errors import Restricted
from tael.standing.model import Permission

SHANGHAI, NEW_YORK = "114.114.114.114", "8.8.8.8"


class Desk:
    """A user with a standing, whoever hears of their behaviour, and a browser."""

    def __init__(self, house: House, client: httpx.AsyncClient) -> None:
        self.house, self.people, self.client = house, house.people, client
        self.user = new_id("usr")
        self.signed_out: list[str] = []
        heard = when_unusual(self.people.messages, self.people.standing, self._end_sessions)
        known = (*EVENTS, *standing_events.EVENTS)
        self.courier = Courier(house.database, house.clock, known, heard)

    async def _end_sessions(self, _: Transaction, user_id: str) -> None:
        self.signed_out.append(user_id)

    async def open(self) -> None:
        async with self.house.database.transaction() as tx:
            await self.people.standing.open(tx, self.user, self.house.clock.now())
            await self.people.messages.address(tx, self.user, language="en")

    async def do(
        self, kind: ActKind, *, address: str = SHANGHAI, device: str = "dev_1", **given: Any
    ) -> None:
        seen = Circumstances(address=address, device_id=device, at=self.house.clock.now())
        async with self.house.database.transaction() as tx:
            act = Act(user_id=self.user, kind=kind, circumstances=seen, **given)
            await self.people.behaviour.record(tx, [act])

    async def tell(self) -> None:
        """Look, and let everybody hear of it."""
        await self.people.behaviour.look()
        while await self.courier.deliver():
            pass

    async def may(self, permission: Permission) -> bool:
        [refusal] = await self.people.standing.check_here([self.user], permission)
        return not isinstance(refusal, Restricted)

    async def told(self) -> list[str]:
        kept = await self.people.messages.list_kept(self.user, limit=10)
        return [each.text for each in kept]

    async def get(self, path: str, *, by: str | None = None) -> Any:
        return (await self.client.get(path, headers=self._key(by))).json()

    async def answer(self, warning_id: str, *, mine: bool, key: str = "k-1", by: str | None = None) -> int:
        path, body = f"/v1/me/warnings/{warning_id}/answer", {"mine": mine}
        return (await self.client.post(path, json=body, headers=self._key(by, key))).status_code

    def _key(self, by: str | None, key: str = "k-1") -> Mapping[str, str]:
        return {"authorization": f"Bearer {by or self.user}", "idempotency-key": key}


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    async def authenticate(secret: str) -> Principal:
        if secret == "ann":
            permissions = frozenset({"users.read"})
            return Principal(owner="operations", actor="staff:ann", permissions=permissions)
        return Principal(owner=secret, actor=f"user:{secret}", permissions=frozenset({"user.basic"}))

    behaviour = house.people.behaviour
    routes = [*behaviour_routes(behaviour), *behaviour_staff_routes(behaviour)]
    app = make_app(routes, body_limit_bytes=10_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        desk = Desk(house, client)
        await desk.open()
        yield desk


async def test_a_warning_is_told_in_the_users_language_and_three_of_them_weigh(desk: Desk) -> None:
    await desk.do(ActKind.SIGN_IN)
    await desk.do(ActKind.SIGN_IN, device="dev_2")
    await desk.tell()
    [text] = await desk.told()
    assert "a sign-in (from a new device)" in text
    assert await desk.may(Permission.TRANSFER)
    assert desk.signed_out == []

    for _ in range(5):
        await desk.do(ActKind.SIGN_IN, result=ActResult.FAILED)
    await desk.tell()
    for number in range(7):
        await desk.do(ActKind.TRANSFER, counterparty=f"usr_{number}")
    await desk.tell()
    assert len(await desk.told()) >= 3
    assert not await desk.may(Permission.TRANSFER)
    assert await desk.may(Permission.PAY)


async def test_a_grave_warning_takes_what_moves_money_out_and_leaves_what_comes_in(desk: Desk) -> None:
    await desk.do(ActKind.SIGN_IN)
    await desk.do(ActKind.SIGN_IN, address=NEW_YORK, device="dev_2")
    await desk.tell()
    for permission in (Permission.PAY, Permission.TRANSFER, Permission.WITHDRAW):
        assert not await desk.may(permission)
    assert await desk.may(Permission.RECEIVE)
    assert await desk.may(Permission.SIGN_IN)


async def test_whoever_says_that_it_was_not_them_is_signed_out_everywhere_and_their_money_rests(
    desk: Desk,
) -> None:
    await desk.do(ActKind.SIGN_IN)
    await desk.do(ActKind.SIGN_IN, device="dev_2")
    await desk.tell()
    [warning] = (await desk.get("/v1/me/warnings"))["items"]
    assert (warning["reasons"], warning["mine"]) == (["new_device"], None)
    assert "score" not in warning
    assert await desk.answer(warning["id"], mine=False, by=new_id("usr")) == 404
    await desk.tell()
    assert await desk.may(Permission.TRANSFER)

    assert [await desk.answer(warning["id"], mine=False) for _ in range(2)] == [200, 200]
    await desk.tell()
    assert desk.signed_out == [desk.user]
    assert not await desk.may(Permission.PAY)
    assert await desk.answer(warning["id"], mine=True, key="k-2") == 409


async def test_users_see_where_they_were_and_staff_see_the_neighbourhood_alone(desk: Desk) -> None:
    await desk.do(ActKind.SIGN_IN)
    await desk.do(ActKind.CHANGE, what="password")
    own = (await desk.get("/v1/me/acts?limit=1"))["items"]
    assert [(each["kind"], each["what"], each["address"]) for each in own] == [
        ("change", "password", SHANGHAI)
    ]
    [shown] = (await desk.get(f"/v1/users/{desk.user}/acts?kind=sign_in&place=CN", by="ann"))["items"]
    assert (shown["address"], shown["place"]) == ("114.114.0.0/16", "CN")
    assert (await desk.get("/v1/me/acts", by=new_id("usr")))["items"] == []
    assert (await desk.get(f"/v1/users/{desk.user}/habits", by="ann"))["code"] == "behaviour.no_habits"
    await desk.people.behaviour.count_habits()
    habits = await desk.get(f"/v1/users/{desk.user}/habits", by="ann")
    assert (habits["acts"], habits["device_count"], habits["places"]) == (2, 1, ["CN"])
    assert (await desk.get(f"/v1/users/{desk.user}/acts"))["status"] == 403
