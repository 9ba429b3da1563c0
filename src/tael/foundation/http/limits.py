"""How much may one key ask? So much a second and a little ahead, however many processes serve it.

Each key has a bucket of tokens for what it reads and one for what it changes: a request takes a token, and tokens come
back at the key's rate until the bucket is full. What has no key has buckets by other names, and other rates (`strangers`). The buckets lie in the database, where each token is given out once.
A process takes some in advance, so that few requests ask the database: a 32nd of what is left, but at least a fiftieth
of a second's worth; what it does not use within a second it brings back with its next draw. So all processes together
never let in more than the bucket had, and miss of it no more than they hold. While one draw is under way, all who need
another wait and are drawn for together, each from its own bucket: a thousand users who ask once a second cost a few
transactions, not a thousand.

`RateLimit-Policy` and `RateLimit` say so on each answer (draft-ietf-httpapi-ratelimit-headers-10).
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from tael.foundation.batches import run_halving
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction, queries
from tael.foundation.errors import Throttled
from tael.foundation.patience import until_committed
from tael.foundation.telemetry import LANE_BATCH_SIZE, LANE_SECONDS

SQL = queries("tael.foundation")

BURST_SECONDS = 2
"""How many seconds' worth of tokens a bucket holds."""
LEASE_SECONDS = 1
"""How long a process may use what it took in advance."""
_LEAST_LEASES_A_SECOND = 50
_DRAW = "limits.draw"
_BATCH_LIMIT = 512
"""From how many buckets is drawn at a time."""
_MICRO = 1_000_000
_LIMIT = 10_000
_FULL_AFTER = timedelta(hours=2)
"""No bucket takes longer to fill."""

Headers = list[tuple[bytes, bytes]]


class RateLimited(Throttled):
    """The key, or the person, asked more than the rate allows. Nothing happened."""

    code = "rate_limited"


class Rate(msgspec.Struct, frozen=True):
    """How many tokens a bucket holds, and in how many seconds as many come back."""

    tokens: int
    seconds: int

    @property
    def micro_per_second(self) -> int:
        """Millionths of tokens that come back in a second."""
        return self.tokens * _MICRO // self.seconds

    @property
    def least(self) -> int:
        """The smallest number of tokens that a process takes in advance."""
        return max(1, self.tokens // (self.seconds * _LEAST_LEASES_A_SECOND))


class Taken(msgspec.Struct, frozen=True):
    """What came of asking for a token."""

    remaining: int = 0
    """Tokens that are left."""
    wait_seconds: int = 0
    """After how long there will be one; 0 if one was given."""


class _Lease(msgspec.Struct):
    """The tokens that this process may give out."""

    tokens: int
    left: int
    """Tokens that were in the bucket after the draw."""
    good_until: datetime


class Limits:
    """The buckets of all keys, as one process gives out their tokens."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._leases: dict[str, _Lease] = {}
        self._drawing: dict[str, asyncio.Future[None]] = {}
        """What is drawn from now or next, and who waits for it."""
        self._wanted: dict[str, Rate] = {}
        """The part of it that no draw has begun for."""
        self._worker: asyncio.Task[None] | None = None

    async def take(self, name: str, kind: str, *, per_second: int) -> Headers:
        """One token of the bucket `name`/`kind`; gives what the answer says of it, or raises `RateLimited`."""
        taken = await self.ask(f"{name} {kind}", _ahead(per_second))
        if taken.wait_seconds:
            what = "reads" if kind == "read" else "changes"
            raise RateLimited(
                f"The rate for {what} is {per_second} a second.",
                hint="Nothing happened. Send the same request again, with the same Idempotency-Key, after Retry-After seconds.",
                retry_after_seconds=taken.wait_seconds,
            )
        return limit_headers(kind, per_second, remaining=taken.remaining)

    async def ask(self, bucket: str, rate: Rate) -> Taken:
        """One token of a bucket, or how long to wait for it."""
        lease = self._leases.get(bucket)
        while lease is None or lease.tokens < 1 or self._clock.now() >= lease.good_until:
            if (
                lease is not None
                and lease.tokens < 1
                and self._clock.now() < lease.good_until
                and lease.left < 0
            ):
                return Taken(wait_seconds=self._until(lease))
            await self._draw_once(bucket, rate)
            lease = self._leases.get(bucket)
        lease.tokens -= 1
        return Taken(remaining=lease.tokens + lease.left)

    def give_back(self, bucket: str) -> None:
        """A token that was not needed after all, if this process still holds what it drew."""
        lease = self._leases.get(bucket)
        if lease is not None:
            lease.tokens += 1

    async def forget_full(self) -> None:
        """Forget buckets that nobody drew from for so long that they are full again: they begin full."""
        async with self._database.transaction() as tx:
            await tx.run(SQL.forget_buckets, before=self._clock.now() - _FULL_AFTER)

    async def _draw_once(self, bucket: str, rate: Rate) -> None:
        """Draw, or wait for who is drawing; whoever goes away does not take the draw from the others."""
        drawing = self._drawing.get(bucket)
        if drawing is None:
            drawing = self._drawing[bucket] = asyncio.get_running_loop().create_future()
            self._wanted[bucket] = rate
            if self._worker is None:
                self._worker = asyncio.create_task(self._work(), name=_DRAW)
        await asyncio.shield(drawing)

    async def _work(self) -> None:
        """Draw from all buckets that are wanted, until none is."""
        try:
            while self._wanted:
                batch = dict(islice(self._wanted.items(), _BATCH_LIMIT))
                for bucket in batch:
                    del self._wanted[bucket]
                LANE_BATCH_SIZE.labels(_DRAW).observe(len(batch))
                with LANE_SECONDS.labels(_DRAW).time():
                    await run_halving(list(batch.items()), self._draw, self._blame)
        finally:
            self._worker = None
            for drawing in self._drawing.values():  # none, unless we are being stopped
                drawing.cancel()
            self._drawing.clear()

    async def _blame(self, wanted: tuple[str, Rate], error: Exception) -> None:
        self._drawing.pop(wanted[0]).set_exception(error)

    async def _draw(self, wanted: Sequence[tuple[str, Rate]]) -> None:
        """Draw from many buckets, each with its own rate."""
        batch, now = dict(wanted), self._clock.now()
        kept = {bucket: lease.tokens for bucket in batch if (lease := self._leases.pop(bucket, None))}
        names, rates = list(batch), list(batch.values())

        async def draw(tx: Transaction) -> list[tuple[str, int, int]]:
            return await tx.tuples(
                SQL.draw_tokens,
                now=now,
                names=names,
                rates=[rate.micro_per_second for rate in rates],
                bursts=[rate.tokens * _MICRO for rate in rates],
                leasts=[rate.least for rate in rates],
                returned=[kept.get(name, 0) for name in names],
            )

        drawn = await until_committed(self._database, draw, what=_DRAW, calls=len(batch))
        if len(self._leases) + len(drawn) > _LIMIT:
            self._leases.clear()
        # From now on, however long the database took: otherwise a slow one would be asked without end.
        now = self._clock.now()
        for bucket, granted, micro in drawn:
            self._leases[bucket] = _lease(batch[bucket], granted=granted, micro=micro, now=now)
        for bucket in batch:
            self._drawing.pop(bucket).set_result(None)

    def _until(self, lease: _Lease) -> int:
        return max(1, -((self._clock.now() - lease.good_until) // timedelta(seconds=1)))


def _lease(rate: Rate, *, granted: int, micro: int, now: datetime) -> _Lease:
    """What may be done with whole tokens that were granted, and millionths of tokens that are left in the bucket."""
    if granted:
        return _Lease(granted, micro // _MICRO, now + timedelta(seconds=LEASE_SECONDS))
    missing = timedelta(seconds=1) * (rate.least * _MICRO - micro) / rate.micro_per_second
    return _Lease(0, -1, now + max(missing, timedelta(microseconds=1)))


def _ahead(per_second: int) -> Rate:
    """The rate of a key."""
    return Rate(per_second * BURST_SECONDS, BURST_SECONDS)


def limit_headers(kind: str, per_second: int, *, remaining: int) -> Headers:
    """What an answer says of the limit: how large the bucket is, and what is left in it."""
    full = per_second * BURST_SECONDS
    refill = -(-(full - remaining) // per_second) if remaining < full else 0
    return [
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (kind.encode(), full, BURST_SECONDS)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (kind.encode(), max(0, remaining), refill)),
    ]
