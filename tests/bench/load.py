"""How is load put on the API? Merchants' servers and payers, in a process of their own, each waiting for its answer.

create     POST a payment, and again
complete   POST a payment, POST an attempt, pay its code at the simulator, wait until the database says `captured`
"""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import msgspec
import psycopg

from tests.bench.drive import Window, run_load
from tests.bench.wire import Wire

LOOK_SECONDS = 0.02
"""How often one query asks which of the awaited payments are captured; there are no webhooks yet."""
_CAPTURED = "select id from payments.payments where state = 'captured' and id = any(%s)"


class LoadJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, where, how many at a time."""

    kind: Literal["create", "complete"]
    public_url: str
    simulator_url: str
    database_url: str
    secret: str
    at_a_time: int


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. Only what ended inside the window counts; `acknowledged` is all that was ever answered 201."""

    done: int
    latencies_ms: list[float]
    acknowledged: list[str]
    refused: list[str]


Answer = TypeVar("Answer")


class _Created(msgspec.Struct, frozen=True):
    id: str


class _Action(msgspec.Struct, frozen=True):
    code_url: str


class _Attempt(msgspec.Struct, frozen=True):
    action: _Action


class Merchant:
    """One caller after the other on one connection."""

    def __init__(self, wire: Wire, secret: str, numbers: "itertools.count[int]") -> None:
        self._wire = wire
        self._authorization = f"Authorization: Bearer {secret}\r\n"
        self._numbers = numbers
        self._run = secrets.token_hex(6)

    async def create(self) -> str:
        """A new payment."""
        number = next(self._numbers)
        body = (
            b'{"amount_minor":1280,"currency":"CNY","reference":"order-%d","description":"Two cups of tea"}'
            % number
        )
        return (await self._post("/v1/payments", body, number, _Created)).id

    async def start(self, payment_id: str) -> str:
        """The code that the payer scans."""
        number = next(self._numbers)
        path = f"/v1/payments/{payment_id}/attempts"
        return (await self._post(path, b'{"method":"alipay"}', number, _Attempt)).action.code_url

    async def _post(self, path: str, body: bytes, number: int, answer: type[Answer]) -> Answer:
        headers = f"{self._authorization}Idempotency-Key: {self._run}-{number}\r\n"
        status, text = await self._wire.post(path, body, headers)
        if status != 201:
            raise RuntimeError(f"POST {path}: {status} {text.decode()}")
        return msgspec.json.decode(text, type=answer)


class Captures:
    """Tells who waits that a payment was captured: one query every moment for all."""

    def __init__(self, connection: psycopg.AsyncConnection[tuple[str]]) -> None:
        self._connection = connection
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self.looking = asyncio.create_task(self._look())

    async def wait_for(self, payment_id: str) -> None:
        """Return once the payment is captured, as committed in the database."""
        self._awaited[payment_id] = asyncio.get_running_loop().create_future()
        await self._awaited[payment_id]

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            cursor = await self._connection.execute(_CAPTURED, [list(self._awaited)])
            for (payment_id,) in await cursor.fetchall():
                self._awaited.pop(payment_id).set_result(None)


class Tally:
    """What one load process has seen."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.latencies_ms: list[float] = []
        self.acknowledged: list[str] = []

    async def repeat(self, once: Callable[[], Awaitable[str]]) -> None:
        """Do it again and again until the window closes."""
        while not self.window.over:
            began = self.window.now()
            self.acknowledged.append(await once())
            if self.window.counts():
                self.latencies_ms.append((self.window.now() - began) * 1000)


async def prepare(job: LoadJob) -> Callable[[Window], Awaitable[LoadResult]]:
    """Connect; the work begins later."""
    numbers = itertools.count()
    merchants = [Merchant(await Wire.open(job.public_url), job.secret, numbers) for _ in range(job.at_a_time)]
    if job.kind == "create":
        return lambda window: _work(window, [merchant.create for merchant in merchants])
    connection = await psycopg.AsyncConnection.connect(job.database_url, autocommit=True)
    captures = Captures(connection)
    phones = [await Wire.open(job.simulator_url) for _ in merchants]

    def completing(merchant: Merchant, phone: Wire) -> Callable[[], Awaitable[str]]:
        async def complete() -> str:
            payment_id = await merchant.create()
            code = await merchant.start(payment_id)
            status, text = await phone.post("/_control/pay", msgspec.json.encode({"code": code}))
            if status != 200:
                raise RuntimeError(f"the payer could not pay: {status} {text.decode()}")
            await captures.wait_for(payment_id)
            return payment_id

        return complete

    return lambda window: _work(
        window,
        [completing(merchant, phone) for merchant, phone in zip(merchants, phones, strict=True)],
        captures,
    )


async def _work(
    window: Window, loops: list[Callable[[], Awaitable[str]]], captures: Captures | None = None
) -> LoadResult:
    tally = Tally(window)
    outcomes = await asyncio.gather(*(tally.repeat(once) for once in loops), return_exceptions=True)
    if captures is not None:
        captures.looking.cancel()
    return LoadResult(
        done=len(tally.latencies_ms),
        latencies_ms=tally.latencies_ms,
        acknowledged=tally.acknowledged,
        refused=[str(outcome) for outcome in outcomes if outcome is not None],
    )


if __name__ == "__main__":
    run_load(LoadJob, prepare)
