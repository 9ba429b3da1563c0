"""How long does a merchant wait for a list, a search, a payment, when a million payments lie in the tables?

`make bench SUITE=lists` alone; `SUITE=payments` ends with it. Seven of ten payments are one merchant's. They are written with
COPY, before the indexes are analysed; ids, states, methods and amounts are drawn from a fixed seed. A search is for a text, or
for a mixture of filters that fits next to nothing.
"""

import asyncio
import itertools
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import aiohttp
import msgspec
import psycopg
import uvloop
from rich.console import Console

from tael.foundation.clock import monotonic_seconds
from tests.bench.stage import set_stage

PAYMENTS = 1_000_000
CHUNK = 50_000
AT_A_TIME = 4
SECONDS = 6.0
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_STATES = (("captured", 930), ("failed", 30), ("expired", 25), ("canceled", 12), ("created", 3))
_METHODS = (("alipay", 600), ("wechatpay", 300), ("card", 95), ("bank_transfer", 5))
_METHODS_OF_OTHERS = (("alipay", 400), ("unionpay", 400), ("card", 200))
_SHOPS = ("north", "south", "east")
_SHOPS_OF_OTHERS = ("harbour", "north")
RARELY = 100_000
"""Of so many payments of the merchant, one is by a method and in a currency that the others use every day."""
_AMOUNTS = (990, 1280, 1990, 2990, 4990, 9900, 12800, 29900, 99900)
_PAYMENT_COLUMNS = (
    "id, merchant_id, reference, description, amount_minor, currency, state, captured_by, captured_minor, refunded_minor,"
    " fee_basis_points, fee_minor, created_at, expires_at, ended_at, metadata, method, channel"
)
_ATTEMPT_COLUMNS = (
    "id, payment_id, channel, method, product, state, amount_minor, currency, created_at, ended_at"
)
_REFUND_COLUMNS = (
    "id, payment_id, attempt_id, channel, merchant_id, reason, note, state, amount_minor, currency, fee_returned_minor,"
    " created_at, ended_at"
)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The last line."""

    list_p99_ms: float
    search_p99_ms: float
    detail_p99_ms: float


class Made(msgspec.Struct, frozen=True):
    """A payment that was written, as far as questions about it need to know."""

    id: str
    reference: str
    amount_minor: int
    created_at: datetime


def id_at(prefix: str, moment: datetime, number: int) -> str:
    """The id that a process would have made then."""
    value = int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0b10 << 62 | number
    return f"{prefix}_" + "".join([_PAIRS[(value >> shift) & 0x3FF] for shift in range(120, -1, -10)])


def _drawn(chance: random.Random, among: Sequence[tuple[str, int]]) -> str:
    return chance.choices([name for name, _ in among], [weight for _, weight in among])[0]


class Growth:
    """Payments as they might have come over a year."""

    def __init__(self, merchant_id: str, count: int) -> None:
        self._merchant_id = merchant_id
        self._count = count
        self._chance = random.Random(7)
        self.sample: list[Made] = []
        self._begin = datetime.now(UTC) - timedelta(days=365)
        self._step = timedelta(days=364) / count
        self.attempts: list[str] = []
        self.refunds: list[str] = []

    def payment(self, number: int) -> str:
        """A line for COPY; those of its attempt and refund are put aside."""
        chance = self._chance
        made = self._begin + self._step * number
        at, ended = made.isoformat(), (made + timedelta(seconds=40)).isoformat()
        own = chance.random() < 0.7
        merchant = self._merchant_id if own else f"mer_other{chance.randrange(40):02}"
        id, order = id_at("pay", made, number), id_at("att", made, number)
        state, method = _drawn(chance, _STATES), _drawn(chance, _METHODS if own else _METHODS_OF_OTHERS)
        currency = "CNY" if own or chance.random() < 0.5 else "USD"
        if own and number % RARELY < 2:
            method, currency = "unionpay", "USD"
        amount = chance.choice(_AMOUNTS) if chance.random() < 0.5 else chance.randrange(100, 200_000)
        captured = state == "captured"
        refunded = amount // 2 if captured and chance.random() < 0.04 else 0
        reference = f"order-{number:08}"
        shop, basket = chance.choice(_SHOPS if own else _SHOPS_OF_OTHERS), chance.randrange(10**12)
        metadata = f'{{"shop": "{shop}", "basket": "b{basket}"}}' if chance.random() < 0.3 else "{}"
        if own and chance.random() < 0.01:
            self.sample.append(Made(id, reference, amount, made))
        attempt_state = "succeeded" if captured else "closed"
        if state != "created":
            self.attempts.append(
                f"{order}\t{id}\t{method}\t{method}\tcode\t{attempt_state}\t{amount}\t{currency}\t{at}\t{ended}\n"
            )
        if refunded:
            refund = id_at("rfd", made, number)
            self.refunds.append(
                f"{refund}\t{id}\t{order}\t{method}\t{merchant}\tmerchant\t\tsucceeded\t{refunded}\t{currency}\t0\t{at}\t{ended}\n"
            )
        paid = (order, amount, 0) if captured else ("\\N", 0, 0)
        end = "\\N" if state == "created" else ended
        way = "\\N" if state == "created" else method
        return (
            f"{id}\t{merchant}\t{reference}\tTwo cups of tea\t{amount}\t{currency}\t{state}\t{paid[0]}\t{paid[1]}\t{refunded}"
            f"\t60\t{paid[2]}\t{at}\t{(made + timedelta(minutes=15)).isoformat()}\t{end}\t{metadata}\t{way}\t{way}\n"
        )


async def grow(owner_url: str, merchant_id: str, *, count: int, say: Callable[[str], None]) -> list[Made]:
    """Fill the tables; gives a sample of the merchant's payments."""
    growth = Growth(merchant_id, count)
    async with await psycopg.AsyncConnection.connect(owner_url, autocommit=True) as connection:
        await connection.execute("set synchronous_commit = off")
        for begin in range(0, count, CHUNK):
            lines = [growth.payment(number) for number in range(begin, min(begin + CHUNK, count))]
            for table, names, rows in (
                ("payments", _PAYMENT_COLUMNS, lines),
                ("attempts", _ATTEMPT_COLUMNS, growth.attempts),
                ("refunds", _REFUND_COLUMNS, growth.refunds),
            ):
                async with (
                    connection.cursor() as cursor,
                    cursor.copy(f"copy payments.{table} ({names}) from stdin".encode()) as copy,
                ):
                    await copy.write("".join(rows))
            growth.attempts.clear()
            growth.refunds.clear()
            if (begin // CHUNK) % 5 == 4:
                say(f"{begin + CHUNK:,} payments are in")
        for table in ("payments", "attempts", "refunds"):
            await connection.execute(f"vacuum analyze payments.{table}".encode())
        await connection.execute("checkpoint")
    return growth.sample


def lists(sample: Sequence[Made], chance: random.Random) -> Iterator[str]:
    """Addresses of lists: what people click, and what is rare."""
    kinds: list[Callable[[Made], dict[str, object]]] = [
        lambda _: {},
        lambda _: {"limit": 200},
        lambda made: {"cursor": made.id},
        lambda made: {"cursor": made.id, "state": "captured"},
        lambda _: {"state": "failed"},
        lambda _: {"state": "created"},
        lambda _: {"state": "requires_action"},
        lambda made: {"reference": made.reference},
        lambda made: {"amount_from_minor": made.amount_minor, "amount_to_minor": made.amount_minor},
        lambda made: {"amount_from_minor": made.amount_minor, "amount_to_minor": made.amount_minor + 500},
        lambda _: {"amount_from_minor": 199_900},
        lambda _: {"amount_from_minor": 10_000_000},
        lambda _: {"method": "alipay"},
        lambda made: {"method": "card", "cursor": made.id},
        lambda _: {"channel": "bank_transfer"},
        lambda made: {
            "created_from": (made.created_at - timedelta(days=1)).isoformat(),
            "created_before": made.created_at.isoformat(),
        },
        lambda made: {"created_before": made.created_at.isoformat(), "state": "expired"},
        lambda made: {"ended_before": made.created_at.isoformat()},
        lambda _: {"metadata[shop]": "north"},
        lambda _: {"metadata[shop]": "nowhere"},
        lambda _: {"currency": "CNY", "expand": "attempts,refunds,captures"},
        lambda _: {"source": "api"},
    ]
    while True:
        for kind in kinds:
            yield "/v1/payments?" + urlencode(kind(chance.choice(sample)))
        yield "/v1/refunds"
        yield "/v1/refunds?" + urlencode({"payment_id": chance.choice(sample).id})


_FAR_BACK = timedelta(days=300)
AWKWARD: list[Callable[[Made], dict[str, object]]] = [
    lambda _: {"method": "unionpay"},
    lambda _: {"channel": "unionpay"},
    lambda _: {"method": "nobody_uses_it"},
    lambda _: {"currency": "USD"},
    lambda _: {"currency": "EUR"},
    lambda _: {"metadata[shop]": "harbour"},
    lambda _: {"metadata[shop]": "harbour", "state": "captured", "method": "card"},
    lambda _: {"state": "failed", "method": "unionpay"},
    lambda made: {
        "state": "failed",
        "method": "bank_transfer",
        "created_before": made.created_at.isoformat(),
    },
    lambda _: {"state": "captured", "currency": "CNY", "method": "unionpay"},
    lambda _: {"method": "card", "currency": "USD", "amount_from_minor": 100, "amount_to_minor": 150_000},
    lambda _: {"ended_from": datetime.now(UTC).isoformat()},
    lambda made: {"ended_from": made.created_at.isoformat(), "state": "expired", "method": "unionpay"},
    lambda _: {"amount_from_minor": 990, "amount_to_minor": 990, "currency": "USD"},
    lambda _: {"amount_from_minor": 990, "amount_to_minor": 990, "ended_from": datetime.now(UTC).isoformat()},
    lambda _: {"amount_from_minor": 199_990, "state": "failed", "channel": "card"},
    lambda _: {"source": "payment_link:lnk_none", "state": "captured"},
    lambda made: {"reference": made.reference, "state": "failed", "method": "unionpay"},
    lambda made: {
        "created_before": (made.created_at - _FAR_BACK).isoformat(),
        "method": "unionpay",
        "limit": 200,
    },
]
"""Filters that hardly anything fits, though much fits each of them, or others' payments do: what planners get wrong."""


def searches(sample: Sequence[Made], chance: random.Random) -> Iterator[str]:
    """Addresses of searches: by a text, and by filters that fit little."""
    while True:
        made = chance.choice(sample)
        for text in (
            made.id,
            made.reference,
            made.reference[:11],
            f"{made.amount_minor // 100}.{made.amount_minor % 100:02}",
            f"b{chance.randrange(10**12)}",
            "nothing of the kind",
            "north",
            "harbour",
        ):
            yield "/v1/search?" + urlencode({"q": text})
        for filters in AWKWARD:
            yield "/v1/payments?" + urlencode(filters(chance.choice(sample)))
        yield "/v1/refunds?" + urlencode({"state": "failed"})
        yield "/v1/refunds?" + urlencode({"reason": "late_success", "currency": "USD"})
        yield "/v1/disputes?" + urlencode({"state": "needs_response"})


def details(sample: Sequence[Made], chance: random.Random) -> Iterator[str]:
    """Addresses of payments."""
    while True:
        yield f"/v1/payments/{chance.choice(sample).id}"


async def p99_ms(url: str, secret: str, addresses: Iterator[str], slowest: dict[str, float]) -> float:
    """What 99 of 100 answers did not exceed, with a few readers at a time; notes the slowest of each kind."""
    latencies: list[float] = []
    connector = aiohttp.TCPConnector(limit=AT_A_TIME)
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        end = monotonic_seconds() + SECONDS + 1

        async def read() -> None:
            while (begun := monotonic_seconds()) < end:
                address = next(addresses)
                async with session.get(url + address) as response:
                    body = await response.read()
                    if response.status != 200:
                        raise RuntimeError(f"{address}: {response.status} {body[:300]!r}")
                took = (monotonic_seconds() - begun) * 1000
                if begun > end - SECONDS:
                    latencies.append(took)
                    slowest[address] = max(took, slowest.get(address, 0.0))

        await asyncio.gather(*(read() for _ in range(AT_A_TIME)))
    ordered = sorted(latencies)
    return round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 1)


async def measure(url: str, secret: str, sample: Sequence[Made], *, console: Console) -> Summary:
    """Lists, searches, single payments, one after the other."""
    found = {}
    ways: dict[str, Callable[[Sequence[Made], random.Random], Iterator[str]]] = {
        "list": lists,
        "search": searches,
        "detail": details,
    }
    for name, addresses in ways.items():
        slowest: dict[str, float] = {}
        found[name] = await p99_ms(url, secret, addresses(sample, random.Random(1)), slowest)
        worst = sorted(slowest.items(), key=lambda each: -each[1])
        console.print(f"[dim]→ {name}: p99 {found[name]} ms; the slowest:[/dim]")
        for address, took in itertools.islice(worst, 4):
            console.print(f"[dim]    {took:7.1f} ms  {address}[/dim]")
    return Summary(list_p99_ms=found["list"], search_p99_ms=found["search"], detail_p99_ms=found["detail"])


async def measure_apart(console: Console, *, count: int = PAYMENTS) -> Summary:
    """On a stage of their own: nothing that load has left behind is at work there."""

    def say(step: str) -> None:
        console.print(f"[dim]→ {step}[/dim]")

    async with set_stage(say) as stage:
        say(f"lists, search and single payments, among {count:,} payments")
        sample = await grow(stage.urls.owner, stage.merchant_id, count=count, say=say)
        return await measure(stage.lanes.url, stage.secret, sample, console=console)


async def main() -> None:
    """The bench of lists alone."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAYMENTS
    summary = await measure_apart(Console(highlight=False), count=count)
    print(msgspec.json.encode(summary).decode())


if __name__ == "__main__":
    uvloop.run(main())
