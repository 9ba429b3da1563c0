"""What if the connection to PostgreSQL breaks at the worst moment? A socket in between that makes it so.

It understands one message of the protocol, COMMIT, and breaks the connection just before it or just after it:

    async with BreakingWire(urls.application) as wire:
        wire.break_next(Break.AFTER_COMMIT)
        ...  # open a `Database` on wire.url
"""

import asyncio
import shutil
import tempfile
from collections import deque
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

_COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


class Break(StrEnum):
    """What becomes of a COMMIT."""

    BEFORE_COMMIT = "before_commit"
    """The server never hears of it, and rolls back."""
    AFTER_COMMIT = "after_commit"
    """The server commits; its answer is lost."""
    NONE = "none"
    """Nothing happens to it: for the pattern "this one passes, the next one does not"."""


class BreakingWire:
    """A way to one PostgreSQL server through a socket of our own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        where = parse_qs(parts.query)
        self._server_socket = f"{where['host'][0]}/.s.PGSQL.{where['port'][0]}"
        self._folder = Path(tempfile.mkdtemp(prefix="tael-wire-"))
        self._socket = self._folder / ".s.PGSQL.5432"
        self.url = urlunsplit(parts._replace(query=f"host={quote(str(self._folder), safe='')}&port=5432"))
        self.broken = 0
        """How many connections it has broken."""
        self._breaks: deque[Break] = deque()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def break_next(self, *breaks: Break) -> None:
        """What shall become of the next COMMITs, one after another."""
        self._breaks.extend(breaks)

    def mend(self) -> None:
        """Break nothing any more."""
        self._breaks.clear()

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_unix_server(self._accept, self._socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        server, to_server = await asyncio.open_unix_connection(self._server_socket)
        answers_lost = asyncio.Event()
        back = asyncio.create_task(_carry_answers(server, to_client, answers_lost))
        try:
            while message := await client.read(65_536):
                if message == _COMMIT and self._breaks:
                    fate = self._breaks.popleft()
                    self.broken += fate is not Break.NONE
                    if fate is Break.BEFORE_COMMIT:
                        break
                    if fate is Break.AFTER_COMMIT:
                        answers_lost.set()
                to_server.write(message)
                if answers_lost.is_set():
                    await back
                    break
        except ConnectionError:
            pass
        finally:
            back.cancel()
            for writer in (to_server, to_client):
                writer.close()
            await asyncio.gather(back, return_exceptions=True)


async def _carry_answers(
    server: asyncio.StreamReader, to_client: asyncio.StreamWriter, lost: asyncio.Event
) -> None:
    """What the server says, until it hangs up or its answers are to be lost."""
    while answer := await server.read(65_536):
        if lost.is_set():
            return
        to_client.write(answer)
    to_client.close()
