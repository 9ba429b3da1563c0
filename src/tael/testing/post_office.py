"""How does a test see what arrived? At a stand-in for gateway, mail server and push service, over real HTTP and SMTP."""

import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from tael.app.post_office import leading_to
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.messages.model import PushAddress
from tael.simulators.base import SimulatorOptions, Switch
from tael.simulators.base.control import Switches
from tael.simulators.messages import Arrived
from tael.simulators.registry import PROVIDERS

_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")


class _Items(msgspec.Struct, frozen=True):
    items: list[Arrived]


class PostOffice:
    """A stand-in that runs, and what arrived there."""

    def __init__(self, url: str, home: Path, session: aiohttp.ClientSession, smtp_url: str) -> None:
        self.url = url
        self._home = home
        self._session = session
        self._smtp_url = smtp_url

    def reached_by(self, settings: Settings) -> Settings:
        """The settings of a house that sends everything here."""
        led = leading_to(settings, self.url, self._home)
        return msgspec.structs.replace(led, smtp_url=self._smtp_url)

    async def arrived(self, *, to: str = "", kind: str = "") -> list[Arrived]:
        """What arrived, the newest first; at one telephone, mailbox or browser, if one is named."""
        asked = {"to": to, "kind": kind}
        async with self._session.get(f"{self.url}/inbox.json", params=asked) as response:
            return msgspec.json.decode(await response.read(), type=_Items).items

    async def code(self, to: str) -> str:
        """The six digits of the newest message at an address."""
        newest = (await self.arrived(to=to))[0]
        found = _CODE.search(newest.text)
        assert found is not None, f"no code in {newest.text!r}"
        return found[0]

    async def requests(self) -> dict[str, int]:
        """How often each text message was handed over, by our id."""
        async with self._session.get(f"{self.url}/requests.json") as response:
            return msgspec.json.decode(await response.read(), type=dict[str, int])

    async def browser(self, name: str, *, key: str = "") -> PushAddress:
        """A browser that subscribes, and what it hands to a page."""
        subscribed = await self._post("push/browsers", {"name": name, "key": key})
        return PushAddress(endpoint=subscribed["endpoint"], **subscribed["keys"])

    async def forget_browser(self, name: str) -> None:
        """A browser that subscribes no more."""
        await self._post("push/browsers/forget", {"name": name})

    async def switch_on(self, *switches: Switch) -> None:
        """Let exactly these faults be on; methods are `sms.send`, `sms.inquire`, `push`."""
        body = msgspec.json.encode(Switches(list(switches)))
        async with self._session.put(f"{self.url}/_control/faults", data=body) as response:
            assert response.status == 200, await response.text()

    async def _post(self, path: str, body: object) -> Any:
        async with self._session.post(f"{self.url}/{path}", data=msgspec.json.encode(body)) as response:
            assert response.status < 300, await response.text()
            text = await response.read()
        return msgspec.json.decode(text) if text else None


@contextlib.asynccontextmanager
async def running_post_office(folder: Path, *, clock: Clock | None = None) -> AsyncIterator[PostOffice]:
    """One in this event loop, with its keys in `folder`, on any free port."""
    options = SimulatorOptions(home=folder, remembers=False, speed=20)
    async with (
        PROVIDERS["messages"].serving(options, clock=clock) as url,
        aiohttp.ClientSession() as session,
    ):
        async with session.get(f"{url}/addresses") as response:
            addresses = await response.json()
        yield PostOffice(url, folder, session, addresses["smtp"])
