"""How is load put on the ledger's API? Callers in a process of their own, each posting one entry and waiting for its answer."""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from tests.bench.drive import Window, run_load
from tests.bench.load import LoadResult, Tally
from tests.bench.transfers import ACCOUNTS
from tests.bench.wire import Wire


class PostJob(msgspec.Struct, frozen=True, kw_only=True):
    """Where to post, with which key, how many at a time."""

    url: str
    secret: str
    at_a_time: int


class Caller:
    """One post after the other on one connection."""

    def __init__(self, wire: Wire, secret: str, number: int) -> None:
        self._wire = wire
        self._authorization = f"Authorization: Bearer {secret}\r\n"
        self._run = f"{number:04}-{secrets.token_hex(6)}"
        self._posted = 0

    async def post(self) -> str:
        """A new transfer between two accounts drawn at random."""
        self._posted += 1
        id = f"http-{self._posted:012}-{self._run}"
        giver, taker = random.sample(ACCOUNTS, 2)
        body = (
            f'{{"id":"{id}","kind":"bench.transfer","reference":"{giver.code}","postings":['
            f'{{"code":"{giver.code}","currency":"CNY","amount_minor":100}},'
            f'{{"code":"{taker.code}","currency":"CNY","amount_minor":-100}}]}}'
        )
        status, text = await self._wire.post("/v1/entries", body.encode(), self._authorization)
        if status != 201:
            raise RuntimeError(f"POST /v1/entries: {status} {text.decode()}")
        return id


async def prepare(job: PostJob) -> Callable[[Window], Awaitable[LoadResult]]:
    """Connect; the work begins later."""
    callers = [Caller(await Wire.open(job.url), job.secret, number) for number in range(job.at_a_time)]

    async def work(window: Window) -> LoadResult:
        tally = Tally(window)
        outcomes = await asyncio.gather(
            *(tally.repeat(caller.post) for caller in callers), return_exceptions=True
        )
        return LoadResult(
            done=len(tally.latencies_ms),
            latencies_ms=tally.latencies_ms,
            acknowledged=tally.acknowledged,
            refused=[str(outcome) for outcome in outcomes if outcome is not None],
        )

    return work


if __name__ == "__main__":
    run_load(PostJob, prepare)
