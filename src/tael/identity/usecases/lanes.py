"""How does one process look two thousand sessions up in a second, and count tries that nothing may take back? In lanes.

A session is looked up each time, so whoever is signed out is out with the next request on every process. What would cost a
transaction each is gathered: while one look-up is under way, the next ones wait and go together.
"""

from collections.abc import Sequence

from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.identity import store
from tael.identity.model import Present
from tael.identity.usecases import one_time_codes
from tael.identity.usecases.desk import Counted, Desk, Tried


class Lanes:
    """The lanes of one process, from start to stop."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._apart: Database | None = None

    async def start(self) -> None:
        """Connect, and begin to take turns; to be called inside the event loop."""
        desk = self._desk
        self._apart = desk.database.apart(pool_size=1)
        await self._apart.open()

        async def count(tx: Transaction, tried: Sequence[Tried]) -> Sequence[Counted | Refusal]:
            return await one_time_codes.count(desk, tx, tried)

        desk.looking = Lane("identity.look", desk.database, look)
        desk.counting = Lane("identity.codes", self._apart, count)
        desk.looking.start()
        desk.counting.start()

    async def stop(self) -> None:
        """Finish what waits, and let the connection go."""
        desk = self._desk
        for lane in (desk.looking, desk.counting):
            if lane is not None:
                await lane.stop()
        desk.looking = desk.counting = None
        if self._apart is not None:
            await self._apart.close()
            self._apart = None


async def look(tx: Transaction, hashes: Sequence[bytes]) -> Sequence[Present | None]:
    """Who is behind each token."""
    found = await store.find_presents(tx, hashes)
    return [found.get(each) for each in hashes]


async def look_up(desk: Desk, hash: bytes) -> Present | None:
    """Who is behind one token."""
    if desk.looking is not None:
        return await desk.looking.submit(hash)
    async with desk.database.transaction() as tx:
        [found] = await look(tx, [hash])
    return found
