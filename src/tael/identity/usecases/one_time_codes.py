"""How is a one-time code made, and used? Six digits for one purpose, once, for some minutes.

A try is counted before anything is compared, and stays counted if the caller's transaction comes to nothing: otherwise a
refusal would take its own count back. So it is counted in a transaction of its own, over a connection of its own: whoever
waits there holds one already.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.errors import CodeRefused, TooManyCodes
from tael.identity.rules import OF_ONE_TIME_CODE, codes
from tael.identity.store import codes as store
from tael.identity.usecases import tries
from tael.identity.usecases.desk import Counted, Desk, Tried

_NOBODYS = hashlib.sha256(b"nobody's code").digest()


async def make(desk: Desk, tx: Transaction, *, about: str, purpose: str) -> str:
    """A new code; the one before for the same purpose works no more. Refuses `TooManyCodes`."""
    await count_made(desk, tx, about=about)
    now, code = desk.now(), codes.code_of(secrets.randbelow(10**codes.DIGITS))
    sealed = desk.sealer.seal(_hash_of(code), about=_place_of(about, purpose))
    await store.put(
        tx, about=about, purpose=purpose, sealed=sealed, now=now, expires_at=now + codes.CODE_LIFETIME
    )
    return code


async def count_made(desk: Desk, tx: Transaction, *, about: str) -> None:
    """Count a code, and make none; refuses `TooManyCodes`."""
    now = desk.now()
    if not await store.count(
        tx,
        about,
        now=now,
        last_before=now - codes.CODE_EVERY,
        counted_since=now - codes.CODES_COUNTED_FOR,
        most=codes.MOST_CODES,
    ):
        raise await _too_many(desk, tx, about)


async def use(desk: Desk, tx: Transaction, *, about: str, purpose: str, code: str) -> None:
    """Use a code up; refuses `CodeRefused`, `TooManyTries`. As much work whether there is one or not."""
    counted = await _counted(desk, Tried(about=about, purpose=purpose))
    place = _place_of(about, purpose)
    sealed = counted.sealed or desk.sealer.seal(_NOBODYS, about=place)
    right = hmac.compare_digest(desk.sealer.open(sealed, about=place), _hash_of(codes.code_as_typed(code)))
    used = (
        await store.use(tx, about=about, purpose=purpose, sealed=sealed, now=desk.now()) if right else False
    )
    if not used:
        raise CodeRefused(
            "This code is not right, it was used already, or its time is over.",
            field="code",
            hint="Check it, or ask for another one.",
        )


async def count(desk: Desk, tx: Transaction, tried: Sequence[Tried]) -> Sequence[Counted | Refusal]:
    """Count tries, each at the code that there is; `TooManyTries` for those at which nobody may try any more."""
    now, answers = desk.now(), []
    for each in tried:
        sealed = await store.find(tx, about=each.about, purpose=each.purpose, now=now)
        which = hashlib.sha256(f"{each.about}\0{each.purpose}\0".encode() + (sealed or b"")).hexdigest()
        subject = tries.Counted(subject=f"one_time:{which}", limit=OF_ONE_TIME_CODE)
        answers.append(await tries.count(tx, [subject], now=now) or Counted(sealed))
    return answers


async def _counted(desk: Desk, tried: Tried) -> Counted:
    if desk.counting is not None:
        return await desk.counting.submit(tried)
    async with desk.database.transaction() as tx:
        [answer] = await count(desk, tx, [tried])
    if isinstance(answer, Refusal):
        raise answer
    return answer


async def _too_many(desk: Desk, tx: Transaction, about: str) -> TooManyCodes:
    counted, now = await store.counted(tx, about), desk.now()
    free_at = now
    if counted is not None:
        full = counted.made >= codes.MOST_CODES and now < counted.since + codes.CODES_COUNTED_FOR
        free_at = counted.since + codes.CODES_COUNTED_FOR if full else counted.last_at + codes.CODE_EVERY
    seconds = max(1, int((free_at - now).total_seconds()))
    return TooManyCodes(
        "A code was sent a moment ago, or there were too many today.",
        hint=f"Ask again after {seconds} seconds.",
        retry_after_seconds=seconds,
    )


def _hash_of(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _place_of(about: str, purpose: str) -> str:
    return f"the one-time code of {about} for {purpose}"
