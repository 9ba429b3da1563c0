"""Has this been asked before? A key, the fingerprint of the request, and the answer that was given.

The caller sends `Idempotency-Key` with every request that changes something. The key is written in the same
transaction as the change, with the answer byte for byte. Keys belong to one owner (a merchant) and never expire.

* Same key, same request: the first answer again.
* Same key, other request: `KeyReused`, which names what differs.
* Same key while the first call is at work: `StillRunning`, with `Retry-After`.
* Same key after the first call died half way: the newcomer takes the work over.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from tael.foundation.errors import Conflict

LEASE_SECONDS = 30
"""How long a call that speaks with a channel may take before another with the same key takes over."""
_FIELD_BYTES = 8


class KeyReused(Conflict):
    """The Idempotency-Key was used before, for another request."""

    code = "idempotency_key_reused"


class StillRunning(Conflict):
    """The first call with this Idempotency-Key has not ended yet."""

    code = "idempotency_in_flight"


class KnownCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was made before under the same key."""

    owner: str
    key: str
    action: str
    fingerprint: bytes
    object_id: str | None
    status: int | None
    body: bytes | None
    leased_until: datetime | None
    leased_by: str | None
    called_at: datetime


class _Field(NamedTuple):
    """One thing that the caller said, or left at its default."""

    name: str
    value: object
    default: object


def fingerprint(action: str, request: msgspec.Struct, *, key: bytes = b"") -> bytes:
    """Eight bytes of hash for the action and for each field of the request, in the order of the fields.

    Fields at the end that have their defaults leave no trace: new fields of a request are only ever appended,
    with a default, so old fingerprints stay comparable.

    key   for what tells who somebody is: of all telephone numbers a plain hash is found in seconds
    """
    fields = list(_fields(request))
    while fields and fields[-1].value == fields[-1].default:
        fields.pop()
    return b"".join([_hash_of(action, key), *[_hash_of(field.value, key) for field in fields]])


def key_reused(known: KnownCall, given: bytes, request: msgspec.Struct, *, key: bytes = b"") -> KeyReused:
    """The refusal that says for what the key was used first and which fields differ now; `key` that of the fingerprint."""
    same_action = known.fingerprint[:_FIELD_BYTES] == given[:_FIELD_BYTES]
    differing = [
        field.name
        for place, field in enumerate(_fields(request), start=1)
        if _part(known.fingerprint, place, field, key) != _part(given, place, field, key)
    ]
    what = f"with another {', '.join(differing) or 'request'}" if same_action else f"for {known.action}"
    about = f" ({known.object_id})" if known.object_id else ""
    return KeyReused(
        f"This Idempotency-Key was first used {what}{about} at {known.called_at:%Y-%m-%d %H:%M:%S} UTC.",
        field="Idempotency-Key",
        hint="Use a new key for a new request; repeat a request unchanged to get its first answer.",
        **_about(known),
    )


def _fields(request: msgspec.Struct) -> Iterator[_Field]:
    """Every field; a request within the request stands there field by field."""
    for name, default in _defaults(type(request)):
        value = getattr(request, name)
        if isinstance(value, msgspec.Struct):
            yield from _fields(value)
        else:
            yield _Field(name, value, default)


@cache
def _defaults(kind: type[msgspec.Struct]) -> list[tuple[str, object]]:
    """Each field's name with its default, or with `NODEFAULT`."""
    return [
        (field.name, field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory())
        for field in msgspec.structs.fields(kind)
    ]


def _part(print_: bytes, place: int, field: _Field, key: bytes) -> bytes:
    """The hash of one field in a fingerprint; of its default if the fingerprint ends before it."""
    part = print_[place * _FIELD_BYTES : (place + 1) * _FIELD_BYTES]
    return part or (b"" if field.default is msgspec.NODEFAULT else _hash_of(field.default, key))


def _hash_of(value: object, key: bytes) -> bytes:
    return blake2b(msgspec.json.encode(value), digest_size=_FIELD_BYTES, key=key).digest()


def still_running(known: KnownCall) -> StillRunning:
    """The refusal for a repeat that comes while the first call is at work."""
    about = f" about {known.object_id}" if known.object_id else ""
    return StillRunning(
        f"The first request{about} with this Idempotency-Key has not ended yet.",
        field="Idempotency-Key",
        hint="Send it again after Retry-After seconds to get its answer.",
        retry_after_seconds=1,
        **_about(known),
    )


def _about(known: KnownCall) -> dict[str, Any]:
    """What the first call was about, for whoever wants to look at it."""
    return {"object_id": known.object_id} if known.object_id else {}
