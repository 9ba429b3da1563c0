"""A house whose messages go to a post office of the test's own, moved by hand; the gateway's receipts come to a listener."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from tael.app.addresses import open_socket
from tael.app.serving import server_of
from tael.foundation.config import Settings
from tael.foundation.db import Database, Query, Transaction
from tael.foundation.http.app import make_app
from tael.foundation.sealing import Sealer
from tael.messages.api import DeliveryFilter, Messages
from tael.messages.http import receipt_routes
from tael.messages.model import Delivery, Post, PushAddress, Way
from tael.messages.model.carrier import Carrier
from tael.messages.transport import carriers
from tael.messages.usecases.desk import Desk
from tael.messages.usecases.record_steps import Try
from tael.messages.usecases.relay import Relay
from tael.testing.clocks import ManualClock
from tael.testing.loopback import port_of
from tael.testing.post_office import PostOffice, running_post_office

PHONE, MAILBOX = "+8613812341234", "ann@pay.example"
ANN = "usr_06dk3vg5m8x4t9c1h2zq7n0rby"


class PostScene(msgspec.Struct, frozen=True, kw_only=True):
    """Messages, and where they arrive."""

    messages: Messages
    office: PostOffice
    clock: ManualClock
    database: Database
    settings: Settings

    async def know(self, user_id: str = ANN, **address: Any) -> None:
        """Keep where somebody is reached."""
        async with self.database.transaction() as tx:
            await self.messages.address(tx, user_id, **address)

    async def post(self, template: str, *, to: str | None = ANN, **more: Any) -> str:
        """Post one message; gives its id."""
        post = Post(template=template, to=to, **more)
        async with self.database.transaction() as tx:
            await self.messages.post(tx, [post])
        return post.id

    async def deliveries(self, message_id: str | None = None) -> Sequence[Delivery]:
        """How messages went, the oldest first."""
        wanted = DeliveryFilter(message_id=message_id, limit=200)
        return list(reversed(await self.messages.list_deliveries(wanted)))

    async def rows(self, text: bytes) -> list[tuple[Any, ...]]:
        """What lies in the database."""
        async with self.database.transaction() as tx:
            return await tx.tuples(Query("question", text))

    async def browser(self, name: str) -> PushAddress:
        """A browser that takes our messages alone."""
        return await self.office.browser(name, key=self.messages.push_key() or "")

    def without_carriers(self) -> Messages:
        """The same messages where no way is set up."""
        settings = Settings(home=self.settings.home)
        return Messages(self.database, self.clock, Sealer(settings.keys_folder), settings)

    async def die_after_sending(self) -> None:
        """A relay sends what is due, and its process ends before it wrote down how that went."""
        doomed = _Doomed(
            self.database, self.clock, Desk(self.clock, self.sealer, self.settings), self.carriers
        )
        await doomed.work_off()

    @property
    def sealer(self) -> Sealer:
        """The keys."""
        return Sealer(self.settings.keys_folder)

    def carriers(self) -> Mapping[Way, Carrier]:
        """Those that the settings name."""
        return carriers(self.settings, self.clock)


class _Doomed(Relay):
    """A relay whose process ends after it has sent."""

    async def _record(self, tx: Transaction, tries: Sequence[Try]) -> Sequence[None]:
        raise ProcessEnded


class ProcessEnded(Exception):
    """Nothing of the transaction is there."""


@contextlib.asynccontextmanager
async def open_post_scene(
    database: Database, clock: ManualClock, folder: Path, **changes: Any
) -> AsyncIterator[PostScene]:
    """Messages with all ways set up; `changes` are other settings."""
    listener = open_socket("127.0.0.1", 0)
    notices_url = f"http://127.0.0.1:{port_of(listener)}"
    async with running_post_office(folder / "office", clock=clock) as office:
        settings = office.reached_by(Settings(home=folder, notices_url=notices_url, **changes))
        messages = Messages(database, clock, Sealer(settings.keys_folder), settings)
        server = server_of(make_app(receipt_routes(messages), body_limit_bytes=100_000), settings)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield PostScene(
                messages=messages, office=office, clock=clock, database=database, settings=settings
            )
        finally:
            server.should_exit = True
            await serving
