"""How is load put on wallets? Users in a process of their own, each sending small amounts and waiting for the answer."""

import asyncio
import itertools
import random
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from tests.bench.drive import Window, run_load
from tests.bench.load import LoadResult, Tally
from tests.bench.wire import Wire


class Payer(msgspec.Struct, frozen=True):
    """A user who is signed in."""

    user_id: str
    token: str


FRIENDS = 4
"""To so many people each user sends: whoever pays many strangers is asked to confirm it."""


class PurseJob(msgspec.Struct, frozen=True, kw_only=True):
    """Who sends to whom, and how many at a time."""

    urls: list[str]
    """The platform's processes; users take turns among them."""
    payers: list[Payer]
    payee: str | None
    """To whom everybody sends; `None`: each to their friends."""
    at_a_time: int


class _Made(msgspec.Struct):
    id: str


class Purse:
    """One connection, by which one user after the other sends one fen."""

    def __init__(self, wire: Wire, job: PurseJob, number: int) -> None:
        self._wire = wire
        self._job = job
        self._places = itertools.cycle(range(number, len(job.payers), job.at_a_time))
        self._run = f"{number:04}-{secrets.token_hex(6)}"
        self._numbers = itertools.count()
        self._read = msgspec.json.Decoder(_Made)

    async def send(self) -> str:
        """One transfer; its id."""
        place, payers = next(self._places), self._job.payers
        payer, friend = payers[place], payers[(place + random.randint(1, FRIENDS)) % len(payers)]
        payee = self._job.payee or friend.user_id
        status, text = await self._wire.post(
            "/v1/me/transfers",
            f'{{"payee":"{payee}","amount_minor":1}}'.encode(),
            f"Authorization: Bearer {payer.token}\r\nIdempotency-Key: {self._run}-{next(self._numbers)}\r\n",
        )
        if status != 201:
            raise RuntimeError(f"POST /v1/me/transfers: {status} {text.decode()}")
        return self._read.decode(text).id


async def prepare(job: PurseJob) -> Callable[[Window], Awaitable[LoadResult]]:
    """Connect; the work begins later."""
    addresses = itertools.islice(itertools.cycle(job.urls), job.at_a_time)
    purses = [Purse(await Wire.open(url), job, number) for number, url in enumerate(addresses)]

    async def work(window: Window) -> LoadResult:
        tally = Tally(window)
        outcomes = await asyncio.gather(
            *(tally.repeat(purse.send) for purse in purses), return_exceptions=True
        )
        return LoadResult(
            done=len(tally.latencies_ms),
            latencies_ms=tally.latencies_ms,
            acknowledged=tally.acknowledged,
            refused=[str(outcome) for outcome in outcomes if outcome is not None],
        )

    return work


if __name__ == "__main__":
    run_load(PurseJob, prepare)
