"""How is load put on the API? Merchants' servers and payers, in a process of their own, each waiting for its answer.

create     POST a payment, and again
complete   POST a payment with its attempt, pay the code at the simulator, wait for the webhook that says `payment.captured`
"""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import msgspec

from tests.bench.drive import Window, run_load
from tests.bench.receiver import Receiver
from tests.bench.wire import Wire


class LoadJob(msgspec.Struct, frozen=True, kw_only=True):
    """What to do, where, how many at a time."""

    kind: Literal["create", "complete"]
    public_urls: list[str]
    """The platform's processes; merchants' servers take turns among them."""
    simulator_url: str
    receiver_port: int
    """Where the merchant's server listens for webhooks."""
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


class _Begun(msgspec.Struct, frozen=True):
    id: str
    attempt: _Attempt


_WANTED = b'{"amount_minor":1280,"currency":"CNY","reference":"order-%d","description":"Two cups of tea"%s}'


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
        return (await self._post("/v1/payments", _WANTED % (number, b""), number, _Created)).id

    async def begin(self) -> tuple[str, str]:
        """A new payment with its attempt: its id, and the code that the payer scans."""
        number = next(self._numbers)
        begun = await self._post(
            "/v1/payments", _WANTED % (number, b',"attempt":{"method":"alipay"}'), number, _Begun
        )
        return begun.id, begun.attempt.action.code_url

    async def _post(self, path: str, body: bytes, number: int, answer: type[Answer]) -> Answer:
        headers = f"{self._authorization}Idempotency-Key: {self._run}-{number}\r\n"
        status, text = await self._wire.post(path, body, headers)
        if status != 201:
            raise RuntimeError(f"POST {path}: {status} {text.decode()}")
        return msgspec.json.decode(text, type=answer)


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
    addresses = itertools.islice(itertools.cycle(job.public_urls), job.at_a_time)
    merchants = [Merchant(await Wire.open(url), job.secret, numbers) for url in addresses]
    if job.kind == "create":
        return lambda window: _work(window, [merchant.create for merchant in merchants])
    receiver = await Receiver.open(job.receiver_port)
    phones = [await Wire.open(job.simulator_url) for _ in merchants]

    def completing(merchant: Merchant, phone: Wire) -> Callable[[], Awaitable[str]]:
        async def complete() -> str:
            payment_id, code = await merchant.begin()
            status, text = await phone.post("/_control/pay", msgspec.json.encode({"code": code}))
            if status != 200:
                raise RuntimeError(f"the payer could not pay: {status} {text.decode()}")
            await receiver.wait_for(payment_id)
            return payment_id

        return complete

    return lambda window: _work(
        window, [completing(merchant, phone) for merchant, phone in zip(merchants, phones, strict=True)]
    )


async def _work(window: Window, loops: list[Callable[[], Awaitable[str]]]) -> LoadResult:
    tally = Tally(window)
    outcomes = await asyncio.gather(*(tally.repeat(once) for once in loops), return_exceptions=True)
    return LoadResult(
        done=len(tally.latencies_ms),
        latencies_ms=tally.latencies_ms,
        acknowledged=tally.acknowledged,
        refused=[str(outcome) for outcome in outcomes if outcome is not None],
    )


if __name__ == "__main__":
    run_load(LoadJob, prepare)
