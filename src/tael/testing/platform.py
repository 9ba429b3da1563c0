"""How does a test get a whole platform? Every role and the channel's simulator in one process, on free ports."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from litestar.types import ASGIApp, Receive, Scope, Send

from tael.app.addresses import open_socket
from tael.app.house import House, open_house
from tael.app.houses import serve_roles
from tael.app.listeners import make_listener
from tael.app.purse_channel import install_balance
from tael.app.roles import LISTENERS, ROLES
from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.ids import new_id
from tael.merchants.model import Merchant
from tael.testing.loopback import port_of
from tael.testing.patience import once
from tael.testing.simulators import RunningSimulator, running_simulator

QUICK: Mapping[str, Any] = {
    "inquiry_seconds": [0.2, 0.5, 1, 2],
    "waiting_inquiry_seconds": [1, 2, 5],
    "channel_timeout_seconds": 2.0,
    "stop_seconds": 5.0,
    "log_level": "error",
    "test_mode": False,
    "webhook_networks": "127.0.0.0/8",
    "person_changes_per_second": 100_000,
    "network_sign_ups_per_hour": 100_000,
    "network_codes_per_hour": 100_000,
    "network_payments_per_minute": 100_000,
    "network_discounts_per_hour": 100_000,
}
"""Settings that make tests short: everything happens as it does in production, only sooner."""


class Reply(msgspec.Struct, frozen=True):
    """An answer of the API."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON in it."""
        return msgspec.json.decode(self.raw)


class MerchantClient:
    """A merchant's server: calls the API over HTTP with its key."""

    def __init__(self, session: aiohttp.ClientSession, url: str, merchant: Merchant, secret: str) -> None:
        self._session = session
        self.url = url
        self.merchant = merchant
        self.secret = secret

    async def get(self, path: str, **query: str | int) -> Reply:
        """GET `path`."""
        return await self._send("GET", path, params=query)

    async def post(self, path: str, body: object, *, key: str | None = None) -> Reply:
        """POST `body` as JSON under a new Idempotency-Key, or the one that is given."""
        headers = {"Idempotency-Key": key or new_id("key"), "Content-Type": "application/json"}
        return await self._send("POST", path, data=BytesIO(msgspec.json.encode(body)), headers=headers)

    async def post_raw(self, path: str, body: bytes, *, key: str | None = None) -> Reply:
        """POST any bytes at all."""
        headers = {"Idempotency-Key": key or new_id("key"), "Content-Type": "application/json"}
        return await self._send("POST", path, data=body, headers=headers)

    async def create_payment(self, amount_minor: int = 1280, **more: object) -> Any:
        """A new payment."""
        wanted = {
            "amount_minor": amount_minor,
            "currency": "CNY",
            "reference": "order-1",
            "description": "Two cups of tea",
        }
        reply = await self.post("/v1/payments", wanted | more)
        assert reply.status == 201, reply.raw
        return reply.body

    async def start_attempt(self, payment_id: str) -> Any:
        """The live attempt of a payment."""
        reply = await self.post(f"/v1/payments/{payment_id}/attempts", {"method": "alipay"})
        assert reply.status in (201, 202), reply.raw
        return reply.body

    async def payment(self, payment_id: str) -> Any:
        """A payment as it is now."""
        return (await self.get(f"/v1/payments/{payment_id}")).body

    async def payment_once(self, payment_id: str, state: str, *, seconds: float = 20) -> Any:
        """A payment as soon as it is in `state`."""
        return await self.once(f"/v1/payments/{payment_id}", state, seconds=seconds)

    async def once(self, path: str, *states: str, seconds: float = 20) -> Any:
        """What is at an address, as soon as its `state` is one of these."""

        async def look() -> Any:
            return (await self.get(path)).body

        return await once(look, lambda seen: seen["state"] in states, seconds=seconds)

    async def _send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **how: Any
    ) -> Reply:
        with_key = {"Authorization": f"Bearer {self.secret}"} | dict(headers or {})
        async with self._session.request(method, self.url + path, headers=with_key, **how) as response:
            return Reply(response.status, dict(response.headers), await response.read())


class Platform(msgspec.Struct, frozen=True, kw_only=True):
    """A running platform."""

    house: House
    test_house: House | None
    public_url: str
    notices_url: str
    internal_url: str
    ledger_url: str
    simulator: RunningSimulator
    """The first channel's."""
    simulators: Mapping[str, RunningSimulator]
    """By the name of the channel."""
    merchant: MerchantClient
    session: aiohttp.ClientSession

    async def new_merchant(
        self, name: str = "蓝茶壶 Blue Teapot", fee_basis_points: int = 60
    ) -> MerchantClient:
        """Another merchant with a key of its own."""
        merchant = await self.house.merchants.register(
            name=name, fee_basis_points=fee_basis_points, actor="operator:test"
        )
        made = await self.house.merchant_keys.create(merchant.id, actor="operator:test")
        return MerchantClient(self.session, self.public_url, merchant, made.secret)

    async def captured_payment(self, amount_minor: int = 1280) -> Any:
        """A payment that was paid at the simulator."""
        payment = await self.merchant.create_payment(amount_minor)
        attempt = await self.merchant.start_attempt(payment["id"])
        await self.simulator.control.pay(attempt["action"]["code_url"])
        return await self.merchant.payment_once(payment["id"], "captured")


@asynccontextmanager
async def running_platform(
    urls: DatabaseUrls,
    folder: Path,
    *,
    clock: Clock | None = None,
    channels: Sequence[str] = ("alipay",),
    simulators: Mapping[str, RunningSimulator] | None = None,
    told: Mapping[str, Mapping[str, Any]] | None = None,
    balance: bool = False,
    host: str = "127.0.0.1",
    beside: DatabaseUrls | None = None,
    **settings: Any,
) -> AsyncIterator[Platform]:
    """Everything, until the block ends.

    channels    their names; each has the simulator of that name, but for those in `simulators`
    simulators  that run already, by the name of the channel
    told        what a channel is told otherwise than its simulator would like: another address, to put a faulty wire between
    balance     whether merchants can be paid from wallets
    host        by which name browsers reach it; `localhost` where passkeys are used, which know no IP addresses
    beside      the database of test mode, if there shall be one; its channels have the same simulators
    settings    of the platform
    """
    async with contextlib.AsyncExitStack() as stack:
        behind = await _simulators(stack, channels, simulators or {}, folder)
        sockets = {listener: open_socket("127.0.0.1", 0) for listener in LISTENERS}
        listening = {f"{name}_url": f"http://127.0.0.1:{port_of(sock)}" for name, sock in sockets.items()}
        listening["public_url"] = f"http://{host}:{port_of(sockets['public'])}"
        chosen = Settings(
            home=folder,
            public_url=listening["public_url"],
            notices_url=listening["notices_url"],
            **{**QUICK, **settings},
        )
        test_house = None
        if beside is not None:
            opening = open_house(chosen.of_test_mode(), beside.application, clock=clock)
            test_house = await stack.enter_async_context(opening)
        opening = open_house(chosen, urls.application, clock=clock, beside=test_house)
        house = await stack.enter_async_context(opening)
        for each in filter(None, (house, test_house)):
            await _install_all(each, behind, told or {}, balance=balance)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stop = asyncio.Event()
        serving = asyncio.create_task(
            serve_roles(house, ROLES, sockets, stop, beside=test_house, make=_made_when_called)
        )
        stack.push_async_callback(_stop, stop, serving)
        await until_answering(session, listening["public_url"], serving)
        merchant = await _register(house, session, listening["public_url"])
        yield Platform(
            house=house,
            test_house=test_house,
            simulator=next(iter(behind.values())),
            simulators=behind,
            merchant=merchant,
            session=session,
            **listening,
        )


def _made_when_called(house: House, listener: str, *, beside: House | None = None) -> ASGIApp:
    """A listener that is made with its first call: most tests call only one of the four, and each takes half a second."""
    made: list[ASGIApp] = []

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        if not made:
            made.append(make_listener(house, listener, beside=beside))
        await made[0](scope, receive, send)

    return call


async def _simulators(
    stack: contextlib.AsyncExitStack,
    channels: Sequence[str],
    there: Mapping[str, RunningSimulator],
    folder: Path,
) -> dict[str, RunningSimulator]:
    """Those that run already, and one for each other channel, until the stack is left."""
    behind = dict(there)
    for name in channels:
        if name not in behind:
            behind[name] = await stack.enter_async_context(running_simulator(name, folder / name, speed=200))
    return behind


async def _install_all(
    house: House,
    behind: Mapping[str, RunningSimulator],
    told: Mapping[str, Mapping[str, Any]],
    *,
    balance: bool,
) -> None:
    for name, simulator in behind.items():
        await install(house, name, simulator, **told.get(name, {}))
    if balance:
        await install_balance(house, by="operator:test")
        await house.channels.refresh()
        await house.routing.refresh()


async def install(house: House, channel: str, simulator: RunningSimulator, **told: Any) -> None:
    """Let a house speak to a simulator under the name of a channel, at once."""
    async with house.database.transaction() as tx:
        await house.channels.install(
            tx,
            channel,
            connector=simulator.connector,
            settings={**simulator.settings, **told},
            credentials=simulator.credentials,
            by="operator:test",
        )
    await house.channels.refresh()
    await house.routing.refresh()


async def _register(house: House, session: aiohttp.ClientSession, url: str) -> MerchantClient:
    merchant = await house.merchants.register(
        name="蓝茶壶 Blue Teapot", fee_basis_points=60, actor="operator:test"
    )
    made = await house.merchant_keys.create(merchant.id, actor="operator:test")
    return MerchantClient(session, url, merchant, made.secret)


async def until_answering(session: aiohttp.ClientSession, url: str, serving: "asyncio.Task[None]") -> None:
    """Wait until a listener takes calls; raises what stopped it if it never will."""

    async def ask() -> None:
        async with session.get(f"{url}/health") as response:
            response.raise_for_status()

    asking = asyncio.create_task(ask())
    await asyncio.wait([asking, serving], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        asking.cancel()
        await serving
    await asking


async def _stop(stop: asyncio.Event, serving: "asyncio.Task[None]") -> None:
    stop.set()
    await serving
