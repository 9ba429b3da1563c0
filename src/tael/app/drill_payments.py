"""Where do payments come from when a failover is practised and nobody shops? A merchant's server, in a few lines."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from tael.channels.port import Capabilities
from tael.foundation.errors import Unavailable
from tael.foundation.ids import new_id

LEAST_MINOR = 1_000
"""The amount of each, if the channel does not want more."""
_GRACE_SECONDS = 10


@asynccontextmanager
async def payments_coming_in(
    url: str, key: str, capabilities: Capabilities, *, each_second: float
) -> AsyncIterator[None]:
    """So many payments a second begin over HTTP, in the way that payers know the channel as. Nobody pays them."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=_GRACE_SECONDS)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as session:
        server = _Server(session, capabilities)
        await server.begin_one()  # a wrong key or address is told at once
        going_on = asyncio.create_task(server.go_on(1 / each_second), name="drill-payments")
        try:
            yield
        finally:
            going_on.cancel()
            await asyncio.gather(going_on, *server.under_way, return_exceptions=True)


class _Made(msgspec.Struct, frozen=True):
    """What a merchant needs of an answer."""

    id: str


class _Server:
    """A merchant's server."""

    def __init__(self, session: aiohttp.ClientSession, capabilities: Capabilities) -> None:
        self._session = session
        self._method = capabilities.method
        self._currency = min(capabilities.currencies)
        self._amount_minor = max(LEAST_MINOR, capabilities.amounts[self._currency].smallest_minor)
        self.under_way: set[asyncio.Task[None]] = set()

    async def go_on(self, pause_seconds: float) -> None:
        """Payments without end, whatever becomes of each: that is for the drill to find out."""
        while True:
            begun = asyncio.create_task(self.begin_one())
            self.under_way.add(begun)
            begun.add_done_callback(self._done)
            await asyncio.sleep(pause_seconds)

    def _done(self, begun: "asyncio.Task[None]") -> None:
        self.under_way.discard(begun)
        if not begun.cancelled():
            begun.exception()  # looked at, so that nobody is told of it twice

    async def begin_one(self) -> None:
        """One payment with its attempt; raises `Unavailable`."""
        payment = await self._post(
            "/v1/payments",
            {
                "amount_minor": self._amount_minor,
                "currency": self._currency,
                "reference": "drill",
                "description": "Failover drill",
            },
        )
        await self._post(f"/v1/payments/{payment.id}/attempts", {"method": self._method})

    async def _post(self, path: str, body: Mapping[str, str | int]) -> _Made:
        data, headers = msgspec.json.encode(body), {"Idempotency-Key": new_id("key")}
        try:
            async with self._session.post(path, data=data, headers=headers) as answer:
                answer.raise_for_status()
                return msgspec.json.decode(await answer.read(), type=_Made)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"No payment can be begun, {path}: {error}.") from error
