"""What does every change from outside pass through? A call: who asks, under which key, what; and the answer.

`answering(verb, ...)` turns a verb on commands into a verb on calls, ready for a lane. In the transaction of
the verb it looks the keys up, runs the verb on what is new, and writes the answers and the audit trail.

A call that must speak with a channel has two transactions. The first *opens* it (the row is committed before
the channel is called) and gives back `Begun`; the second *closes* it with the answer. If the first caller dies
in between, a repeat takes over after the lease and gets `Begun`, too, for the same object.
"""

import itertools
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import msgspec

from tael.foundation import audit, idempotency
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Contention, Transaction, queries
from tael.foundation.errors import Refusal
from tael.foundation.idempotency import KnownCall
from tael.foundation.problems import problem_body

SQL = queries("tael.foundation")

C = TypeVar("C", bound=msgspec.Struct)
R = TypeVar("R")


_PROCESS = secrets.token_hex(8)
_COUNT = itertools.count()


class Caller(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who asks, and from where."""

    owner: str
    """Whose data this is about: the merchant. Idempotency keys belong to the owner."""
    actor: str
    """Who acts for the owner, for the audit trail: `key:tael_k3v…`."""
    request_id: str | None = None
    remote_address: str | None = None


class Call(msgspec.Struct, Generic[C], frozen=True, kw_only=True, gc=False):
    """One command from outside."""

    caller: Caller
    action: str
    """The verb in words, such as `payments.create`."""
    key: str
    """The caller's Idempotency-Key."""
    request: msgspec.Struct
    """What the caller sent, as it was understood: a repeat must send the same."""
    command: C
    nonce: str = msgspec.field(default_factory=lambda: f"{_PROCESS}-{next(_COUNT)}")
    """Tells this call from its repeats: after a COMMIT in doubt it knows its own row again."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the caller hears, byte for byte; `replayed` if it was said before."""

    status: int
    body: bytes
    replayed: bool = False
    retry_after_seconds: int | None = None


class Begun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The call is open: its object is committed, and the rest of the work happens outside of the transaction."""

    object_id: str
    result: Any = None
    """What the verb gave, for whoever does that work; `None` if it was taken over from a caller who died."""


class Reply(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a verb's result means for the caller: an answer now, or `None` while the call stays open."""

    object_id: str
    answer: Answer | None


class Closing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The end of an open call."""

    owner: str
    key: str
    answer: Answer


CommandVerb = Callable[[Transaction, Sequence[C]], Awaitable[Sequence[R | Refusal]]]
CallVerb = Callable[[Transaction, Sequence[Call[C]]], Awaitable[Sequence[Answer | Begun]]]


class _Raced(Contention):
    """Another transaction committed one of our keys between our look and our write: look again."""


PrintKey = Callable[[], bytes]
"""The key of fingerprints, where requests tell who somebody is."""


def no_key() -> bytes:
    """Where they do not."""
    return b""


def answering(
    verb: CommandVerb[C, R], reply: Callable[[R], Reply], *, clock: Clock, print_key: PrintKey = no_key
) -> CallVerb[C]:
    """`verb` for calls: each key has one effect and one answer, and every call leaves a line in the audit trail."""

    async def answer(tx: Transaction, calls: Sequence[Call[C]]) -> Sequence[Answer | Begun]:
        now, secret = clock.now(), print_key()
        prints = [idempotency.fingerprint(each.action, each.request, key=secret) for each in calls]
        known = await _find(tx, calls)
        fresh: dict[tuple[str, str], int] = {}
        for position, each in enumerate(calls):
            identity = (each.caller.owner, each.key)
            if identity not in known:
                fresh.setdefault(identity, position)
        results = await verb(tx, [calls[position].command for position in fresh.values()]) if fresh else []
        new = [
            _first_call(calls[position], prints[position], _reply_to(result, reply), now)
            for position, result in zip(fresh.values(), results, strict=True)
        ]
        await _write(tx, [calls[position] for position in fresh.values()], new, results)
        known |= {(each.owner, each.key): each for each in new}
        given_back = dict(zip(fresh.values(), results, strict=True))
        taken_over = await _take_over(tx, calls, prints, known, now) if len(fresh) < len(calls) else set()
        return [
            _answer_to(
                each,
                given,
                known[identity],
                first=fresh.get(identity) == position,
                mine=position in taken_over,
                result=given_back.get(position),
                secret=secret,
            )
            for position, (each, given) in enumerate(zip(calls, prints, strict=True))
            for identity in [(each.caller.owner, each.key)]
        ]

    return answer


async def is_known(tx: Transaction, call: Call[C]) -> bool:
    """Whether something was committed under the call's key: what could have been refused before that was not."""
    return bool(await _find(tx, [call]))


async def close_calls(tx: Transaction, closings: Sequence[Closing]) -> None:
    """Write the answers of open calls; one that was answered meanwhile keeps its answer."""
    if not closings:
        return
    await tx.run(
        SQL.answer_calls,
        owners=[closing.owner for closing in closings],
        keys=[closing.key for closing in closings],
        statuses=[closing.answer.status for closing in closings],
        bodies=[closing.answer.body for closing in closings],
    )


async def forget_calls(tx: Transaction, owner: str) -> None:
    """Keep of the calls of somebody who is gone for good that they were made, and nothing of what was said."""
    await tx.run(SQL.forget_calls_of, owner=owner)


def refusal_answer(refusal: Refusal) -> Answer:
    """A refusal as the caller hears it."""
    return Answer(
        status=refusal.status,
        body=problem_body(refusal),
        retry_after_seconds=refusal.retry_after_seconds,
    )


def _reply_to(result: R | Refusal, reply: Callable[[R], Reply]) -> Reply:
    if isinstance(result, Refusal):
        return Reply(object_id="", answer=refusal_answer(result))
    return reply(result)


def _first_call(call: Call[C], fingerprint: bytes, reply: Reply, now: datetime) -> KnownCall:
    return KnownCall(
        owner=call.caller.owner,
        key=call.key,
        action=call.action,
        fingerprint=fingerprint,
        object_id=reply.object_id or None,
        status=reply.answer.status if reply.answer else None,
        body=reply.answer.body if reply.answer else None,
        leased_until=None if reply.answer else now + timedelta(seconds=idempotency.LEASE_SECONDS),
        leased_by=None if reply.answer else call.nonce,
        called_at=now,
    )


def _answer_to(
    call: Call[C], given: bytes, known: KnownCall, *, first: bool, mine: bool, result: object, secret: bytes
) -> Answer | Begun:
    """The answer to one call, given what is known under its key."""
    if known.fingerprint != given:
        return refusal_answer(idempotency.key_reused(known, given, call.request, key=secret))
    if known.status is not None and known.body is not None:
        return Answer(status=known.status, body=known.body, replayed=not first)
    if (first or mine or known.leased_by == call.nonce) and known.object_id:
        return Begun(object_id=known.object_id, result=result)
    return refusal_answer(idempotency.still_running(known))


async def _find(tx: Transaction, calls: Sequence[Call[C]]) -> dict[tuple[str, str], KnownCall]:
    found = await tx.rows(
        SQL.find_calls,
        KnownCall,
        owners=[each.caller.owner for each in calls],
        keys=[each.key for each in calls],
    )
    return {(each.owner, each.key): each for each in found}


async def _take_over(
    tx: Transaction,
    calls: Sequence[Call[C]],
    prints: Sequence[bytes],
    known: dict[tuple[str, str], KnownCall],
    now: datetime,
) -> set[int]:
    """Claim the open calls whose first caller has died, as the end of its lease shows; for one repeat each."""
    newcomers: dict[tuple[str, str], int] = {}
    for position, (call, given) in enumerate(zip(calls, prints, strict=True)):
        orphan = known[call.caller.owner, call.key]
        if orphan.leased_until is not None and orphan.leased_until <= now and orphan.fingerprint == given:
            newcomers.setdefault((call.caller.owner, call.key), position)
    if not newcomers:
        return set()
    claimed = await tx.tuples(
        SQL.take_over_calls,
        owners=[owner for owner, _ in newcomers],
        keys=[key for _, key in newcomers],
        lessees=[calls[position].nonce for position in newcomers.values()],
        now=now,
        leased_until=now + timedelta(seconds=idempotency.LEASE_SECONDS),
    )
    return {newcomers[owner, key] for owner, key in claimed}


async def _write(
    tx: Transaction, calls: Sequence[Call[C]], new: Sequence[KnownCall], results: Sequence[R | Refusal]
) -> None:
    if not new:
        return
    ordered = sorted(new, key=lambda each: (each.owner, each.key))
    written = await tx.run(
        SQL.insert_calls,
        owners=[each.owner for each in ordered],
        keys=[each.key for each in ordered],
        actions=[each.action for each in ordered],
        fingerprints=[each.fingerprint for each in ordered],
        object_ids=[each.object_id for each in ordered],
        statuses=[each.status for each in ordered],
        bodies=[each.body for each in ordered],
        leases=[each.leased_until for each in ordered],
        lessees=[each.leased_by for each in ordered],
        times=[each.called_at for each in ordered],
    )
    if written < len(new):
        raise _Raced("The same Idempotency-Key was used at the same moment.")
    await audit.record(
        tx,
        [
            AuditEvent(
                happened_at=known.called_at,
                actor=call.caller.actor,
                action=call.action,
                object_id=known.object_id,
                result=_result(result, known),
                request_id=call.caller.request_id,
                remote_address=call.caller.remote_address,
            )
            for call, known, result in zip(calls, new, results, strict=True)
        ],
    )


def _result(result: R | Refusal, known: KnownCall) -> str:
    if isinstance(result, Refusal):
        return result.code
    return "begun" if known.status is None else "done"
