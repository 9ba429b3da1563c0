"""What does a channel tell that has to be fetched? Read once for all cases, as the platform does."""

import asyncio

from tael.channels.conversations import Wire, carry_on
from tael.channels.port import Connector, Notice, Outcome
from tael.foundation.clock import Clock

LONGEST_PAGES = 1_000


class Feed:
    """All that was fetched so far."""

    def __init__(self, connector: Connector, wire: Wire, *, clock: Clock) -> None:
        self._connector = connector
        self._wire = wire
        self._clock = clock
        self._cursor = ""
        self._turn = asyncio.Lock()
        self.notices: list[Notice] = []

    async def read(self) -> None:
        """Fetch what is new; raises what the wire raises, and then goes on from the same place."""
        async with self._turn:
            for _ in range(LONGEST_PAGES):
                conversation = self._connector.fetch_notices(self._cursor, now=self._clock.now())
                page = await carry_on(conversation, self._wire)
                self.notices += page.notices
                self._cursor = page.cursor
                if not page.more:
                    return

    async def read_from_the_beginning(self) -> list[Notice]:
        """Everything once more: the same page may come again."""
        other = Feed(self._connector, self._wire, clock=self._clock)
        await other.read()
        return other.notices

    def outcomes_about(self, *numbers: str) -> list[Outcome]:
        """What was told of an order or a payout, by any of its numbers."""
        told = [notice.outcome for notice in self.notices if notice.outcome is not None]
        wanted = {number for number in numbers if number}
        return [
            outcome
            for outcome in told
            if wanted & {outcome.order_number, outcome.payout_number, outcome.channel_reference}
        ]

    def notices_about(self, *numbers: str) -> list[Notice]:
        """The notices of an order or a payout, with their ids."""
        told = self.outcomes_about(*numbers)
        return [notice for notice in self.notices if notice.outcome in told]
