"""Who is behind a secret, and when and from where was it used?"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.foundation import api_keys
from tael.foundation.api_keys import CACHE_SECONDS
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, queries
from tael.foundation.http.admission import Network
from tael.foundation.http.signatures import PublicKey, read_public_key
from tael.foundation.memory import Memory
from tael.merchants.errors import KeyExpired, KeyRefused, MerchantSuspended
from tael.merchants.keys import verbs
from tael.merchants.model import MerchantState
from tael.merchants.model.keys import ApiKey, SigningKey
from tael.merchants.rules.keys import networks_of, permissions_of
from tael.merchants.rules.standing import permissions_left

SQL = queries("tael.merchants")


class KeyHolder(msgspec.Struct, frozen=True, kw_only=True):
    """Who is behind a valid API key, and what the key asks of its requests."""

    key: ApiKey
    state: MerchantState
    permissions: frozenset[str]
    withheld: frozenset[str]
    """What the key may do, but not in the state in which its merchant is."""
    networks: tuple[Network, ...]
    signers: Mapping[str, PublicKey]
    """By id, the public keys by which requests may be signed."""
    reads_per_second: int
    changes_per_second: int
    good_until: datetime | None
    """When this secret is no longer good, as far as that is settled."""

    @property
    def refusal(self) -> MerchantSuspended | None:
        """Why something is withheld."""
        if not self.withheld:
            return None
        return MerchantSuspended(
            f"This merchant is {self.state}.", hint="Speak with the operator of this platform."
        )

    @property
    def merchant_id(self) -> str:
        """Whose key it is."""
        return self.key.merchant_id

    @property
    def prefix(self) -> str:
        """What may be shown of it."""
        return self.key.prefix


class _KeptKey(ApiKey, frozen=True, kw_only=True):
    hash: bytes
    old_hash: bytes | None
    merchant_state: MerchantState


class Ring:
    """Who is behind each secret, as it was at most `CACHE_SECONDS` ago, and which keys were used."""

    def __init__(self, database: Database, clock: Clock, settings: Settings, *, word: str) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._word = word
        self._holders: Memory[bytes, KeyHolder] = Memory(clock, seconds=CACHE_SECONDS)
        self._used: dict[str, str | None] = {}

    async def holder_of(self, secret: str) -> KeyHolder:
        """Who is behind a secret; refuses `KeyRefused`, `KeyExpired`."""
        holder = await self._holders.get(api_keys.hash_of(secret), lambda: self._look_up(secret))
        if holder.good_until is not None and holder.good_until <= self._clock.now():
            raise _expired()
        self._used.setdefault(holder.key.prefix, None)
        return holder

    def note(self, prefix: str, address: str | None) -> None:
        """Remember that a key was used, and from where."""
        self._used[prefix] = address

    async def note_uses(self) -> None:
        """Write down what was remembered since the last call."""
        used, self._used = self._used, {}
        if not used:
            return
        ordered = sorted(used)
        async with self._database.transaction() as tx:
            await tx.run(
                SQL.note_use,
                prefixes=ordered,
                addresses=[used[prefix] for prefix in ordered],
                now=self._clock.now(),
            )

    async def _look_up(self, secret: str) -> KeyHolder:
        prefix = api_keys.prefix_of(secret)
        kept, signers = None, list[SigningKey]()
        if prefix is not None:
            async with self._database.transaction() as tx:
                kept = await tx.row(SQL.open_key, _KeptKey, prefix=prefix)
                signers = await verbs.signing_keys(tx, [prefix])
        if kept is None or kept.revoked_at is not None:
            raise self._refusal()
        good_until = kept.expires_at
        if not api_keys.is_hash_of(secret, kept.hash):
            if kept.old_hash is None or not api_keys.is_hash_of(secret, kept.old_hash):
                raise self._refusal()
            good_until = min(filter(None, (kept.old_secret_until, kept.expires_at)))
        if good_until is not None and good_until <= self._clock.now():
            raise _expired()
        permissions = permissions_of(kept)
        left = permissions_left(kept.merchant_state, permissions)
        return KeyHolder(
            key=kept,
            state=kept.merchant_state,
            permissions=left,
            withheld=permissions - left,
            networks=networks_of(kept.addresses),
            signers={
                each.id: read_public_key(each.public_key, each.algorithm)  # type: ignore[arg-type]  # it was read before
                for each in signers
                if each.revoked_at is None
            },
            reads_per_second=kept.reads_per_second or self._settings.key_reads_per_second,
            changes_per_second=kept.changes_per_second or self._settings.key_changes_per_second,
            good_until=good_until,
        )

    def _refusal(self) -> KeyRefused:
        return KeyRefused(
            "The API key is not valid, or it was revoked.",
            field="Authorization",
            hint=f"Send `Authorization: Bearer {self._word}_…` with a key from `tael merchants keys create`.",
        )


def _expired() -> KeyExpired:
    return KeyExpired(
        "The API key has expired, or it was given another secret.",
        field="Authorization",
        hint="Use the secret of its last rotation, or make another key.",
    )
