"""Who calls the ledger's API in the tests? Somebody with a key, over HTTP, at a ledger that runs by itself."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tael.app.addresses import open_socket
from tael.app.house import House, open_house
from tael.app.houses import serve_roles
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.testing.platform import QUICK, Reply, until_answering

ACCOUNTS: list[dict[str, Any]] = [
    {"code": "bank", "currency": "CNY", "account_class": "asset"},
    {"code": "shop", "currency": "CNY", "account_class": "liability", "floor_minor": 0},
    {"code": "fees", "currency": "CNY", "account_class": "income"},
]


def lines(*parts: tuple[str, int], currency: str = "CNY") -> list[dict[str, Any]]:
    """Postings as they are sent."""
    return [{"code": code, "currency": currency, "amount_minor": minor} for code, minor in parts]


def sale(id: str, minor: int = 100, **more: object) -> dict[str, Any]:
    """The shop earns."""
    entry = {
        "id": id,
        "kind": "sale",
        "reference": "order-1",
        "postings": lines(("bank", minor), ("shop", -minor)),
    }
    return entry | more


def payout(id: str, minor: int = 100, **more: object) -> dict[str, Any]:
    """The shop takes its money out."""
    return sale(id, -minor, kind="payout", **more)


class Desk:
    """A caller with a key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, house: House, secret: str | None) -> None:
        self.session = session
        self.url = url
        self.house = house
        self.secret = secret

    def with_key(self, secret: str | None) -> "Desk":
        """The same with another key, or none."""
        return Desk(self.session, self.url, self.house, secret)

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Reply:
        """GET."""
        return await self.send("GET", path, params=query or {})

    async def post(self, path: str, body: object, query: Mapping[str, str | int] | None = None) -> Reply:
        """POST as JSON."""
        return await self.send("POST", path, body=msgspec.json.encode(body), params=query or {})

    async def patch(self, path: str, body: object, query: Mapping[str, str | int]) -> Reply:
        """PATCH as JSON."""
        return await self.send("PATCH", path, body=msgspec.json.encode(body), params=query)

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        media_type: str = "application/json",
        params: Mapping[str, str | int] | None = None,
    ) -> Reply:
        """Any bytes at all."""
        headers = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        if body is not None:
            headers["Content-Type"] = media_type
        async with self.session.request(
            method,
            self.url + path,
            data=io.BytesIO(body) if body else body,
            headers=headers,
            params=params or {},
        ) as response:
            return Reply(response.status, response.headers, await response.read())

    async def open(self, *accounts: Mapping[str, object]) -> list[Any]:
        """Open accounts; each must be open afterwards."""
        reply = await self.post("/v1/accounts", {"accounts": list(accounts)})
        assert reply.status == 200, reply.raw
        assert {result["status"] for result in reply.body["results"]} == {200}, reply.raw
        return [result["account"] for result in reply.body["results"]]

    async def booked(self, entry: Mapping[str, object]) -> Any:
        """Post an entry; it must be in the books afterwards."""
        reply = await self.post("/v1/entries", entry)
        assert reply.status == 201, reply.raw
        return reply.body

    async def account(self, code: str, currency: str = "CNY") -> Any:
        """An account with what is on it."""
        reply = await self.get("/v1/account", {"code": code, "currency": currency})
        assert reply.status == 200, reply.raw
        return reply.body

    async def balances(self) -> dict[str, int]:
        """Every balance that is not zero, by code."""
        items = await self.every("/v1/accounts", {"limit": 200})
        return {item["code"]: item["balance_minor"] for item in items if item["balance_minor"]}

    async def every(self, path: str, query: Mapping[str, str | int] | None = None) -> list[Any]:
        """The items of all pages, as they come."""
        items: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            reply = await self.get(path, {**(query or {}), **cursor})
            assert reply.status == 200, reply.raw
            items += reply.body["items"]
            if reply.body["next_cursor"] is None:
                return items
            cursor = {"cursor": reply.body["next_cursor"]}

    async def bulk(self, entries: Iterable[object], *, ndjson: bool = False, atomic: bool = False) -> Reply:
        """POST many."""
        query = {"atomic": "true"} if atomic else {}
        if not ndjson:
            return await self.post("/v1/entries/bulk", list(entries), query)
        body = b"\n".join(each if isinstance(each, bytes) else msgspec.json.encode(each) for each in entries)
        return await self.send(
            "POST", "/v1/entries/bulk", body=body, media_type="application/x-ndjson", params=query
        )


def results_of(reply: Reply) -> list[Any]:
    """The results of a bulk, in order, in whichever form they came."""
    assert reply.status == 200, reply.raw
    if reply.headers["Content-Type"].startswith("application/x-ndjson"):
        return [msgspec.json.decode(line) for line in reply.raw.splitlines()]
    results: list[Any] = reply.body["results"]
    return results


@asynccontextmanager
async def running_ledger(
    urls: DatabaseUrls, folder: Path, *, roles: Sequence[str] = ("ledger",), **settings: Any
) -> AsyncIterator[Desk]:
    """A ledger by itself, without merchants and channels; jobs run only if `roles` say so."""
    socket = open_socket("127.0.0.1", 0)
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    async with (
        open_house(Settings(home=folder, **{**QUICK, **settings}), urls.application) as house,
        aiohttp.ClientSession() as session,
    ):
        stop = asyncio.Event()
        serving = asyncio.create_task(serve_roles(house, roles, {"ledger": socket}, stop))
        made = await house.ledger_keys.create("tests", may=["read", "write", "close"], actor="operator:test")
        desk = Desk(session, url, house, made.secret)
        await until_answering(session, url, serving)
        try:
            yield desk
        finally:
            stop.set()
            await serving
