"""Has this been asked before? A key, the fingerprint of the request, and the answer that was given.

The caller sends `Idempotency-Key` with every request that changes something. The key is written in the same
transaction as the change, with the answer byte for byte. Keys belong to one owner (a merchant) and never expire.

* Same key, same request: the first answer again.
* Same key, other request: `KeyReused`, which names what differs.
* Same key while the first call is at work: `StillRunning`, with `Retry-After`.
* Same key after the first call died half way: the newcomer takes the work over.
"""

from datetime import datetime
from hashlib import blake2b

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
    called_at: datetime


def fingerprint(action: str, request: msgspec.Struct) -> bytes:
    """Eight bytes of hash for the action and for each field of the request, in the order of the fields.

    New fields of a request are only ever appended, so old fingerprints stay comparable.
    """
    parts = [action.encode()]
    parts += [msgspec.json.encode(getattr(request, name)) for name in request.__struct_fields__]
    return b"".join([blake2b(part, digest_size=_FIELD_BYTES).digest() for part in parts])


def key_reused(known: KnownCall, given: bytes, request: msgspec.Struct) -> KeyReused:
    """The refusal that says for what the key was used first and which fields differ now."""
    chunks = range(_FIELD_BYTES, max(len(given), len(known.fingerprint)), _FIELD_BYTES)
    same_action = known.fingerprint[:_FIELD_BYTES] == given[:_FIELD_BYTES]
    differing = [
        name
        for name, start in zip(request.__struct_fields__, chunks, strict=False)
        if known.fingerprint[start : start + _FIELD_BYTES] != given[start : start + _FIELD_BYTES]
    ]
    what = f"with another {', '.join(differing)}" if same_action else f"for {known.action}"
    about = f" ({known.object_id})" if known.object_id else ""
    return KeyReused(
        f"This Idempotency-Key was first used {what}{about} at {known.called_at:%Y-%m-%d %H:%M:%S} UTC.",
        field="Idempotency-Key",
        hint="Use a new key for a new request; repeat a request unchanged to get its first answer.",
    )


def still_running(known: KnownCall) -> StillRunning:
    """The refusal for a repeat that comes while the first call is at work."""
    about = f" about {known.object_id}" if known.object_id else ""
    return StillRunning(
        f"The first request{about} with this Idempotency-Key has not ended yet.",
        field="Idempotency-Key",
        hint="Send it again after Retry-After seconds to get its answer.",
        retry_after_seconds=1,
    )
