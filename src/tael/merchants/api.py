"""The verbs of merchants: register, suspend, give out and take back keys, say who is behind a key."""

from collections.abc import Sequence

from tael.foundation import api_keys, audit
from tael.foundation.api_keys import CACHE_SECONDS, KeyRing
from tael.foundation.audit import AuditEvent
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.ids import new_id
from tael.foundation.memory import Memory
from tael.merchants import rules, store
from tael.merchants.errors import KeyRefused, MerchantSuspended, NoSuchKey, NoSuchMerchant
from tael.merchants.model import ApiKey, KeyHolder, Merchant, MerchantState, NewApiKey


class Merchants:
    """Merchants and their keys in one database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._keys: KeyRing[KeyHolder] = KeyRing(clock, self._look_up)
        self._terms: Memory[str, Merchant] = Memory(clock, seconds=CACHE_SECONDS)

    async def register(self, *, name: str, fee_basis_points: int, actor: str) -> Merchant:
        """A new, active merchant; refuses `MerchantMalformed`."""
        refusal = rules.why_malformed(name, fee_basis_points)
        if refusal is not None:
            raise refusal
        merchant = Merchant(
            id=new_id("mer"),
            name=name.strip(),
            state=MerchantState.ACTIVE,
            fee_basis_points=fee_basis_points,
            created_at=self._clock.now(),
        )
        async with self._database.transaction() as tx:
            await store.insert_merchant(tx, merchant)
            await self._audit(tx, actor, "merchants.register", merchant.id)
        return merchant

    async def set_state(self, merchant_id: str, state: MerchantState, *, actor: str) -> None:
        """Suspend a merchant, or let it act again; refuses `NoSuchMerchant`."""
        async with self._database.transaction() as tx:
            if not await store.set_state(tx, merchant_id, state):
                raise NoSuchMerchant(f"There is no merchant {merchant_id}.", field="merchant_id")
            await self._audit(tx, actor, f"merchants.set_state_{state}", merchant_id)

    async def find(self, ids: Sequence[str]) -> dict[str, Merchant]:
        """The merchants among `ids`."""
        async with self._database.transaction() as tx:
            return await store.find_merchants(tx, ids)

    async def get(self, merchant_id: str) -> Merchant:
        """One merchant as it was at most `CACHE_SECONDS` ago; refuses `NoSuchMerchant`."""
        return await self._terms.get(merchant_id, lambda: self._find_one(merchant_id))

    async def everybody(self, *, limit: int = 200) -> Sequence[Merchant]:
        """Merchants, oldest first."""
        async with self._database.transaction() as tx:
            return await store.list_merchants(tx, limit=limit)

    async def create_key(self, merchant_id: str, *, actor: str) -> NewApiKey:
        """A new key; its secret is in the answer and nowhere else. Refuses `NoSuchMerchant`."""
        made = api_keys.make_secret()
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if not await store.find_merchants(tx, [merchant_id]):
                raise NoSuchMerchant(f"There is no merchant {merchant_id}.", field="merchant_id")
            await store.insert_key(
                tx,
                prefix=made.prefix,
                merchant_id=merchant_id,
                hash=api_keys.hash_of(made.secret),
                created_at=now,
            )
            await self._audit(tx, actor, "merchants.create_key", made.prefix)
        key = ApiKey(
            prefix=made.prefix, merchant_id=merchant_id, created_at=now, revoked_at=None, last_used_at=None
        )
        return NewApiKey(key=key, secret=made.secret)

    async def list_keys(self, merchant_id: str) -> Sequence[ApiKey]:
        """A merchant's keys without their secrets."""
        async with self._database.transaction() as tx:
            return await store.list_keys(tx, merchant_id)

    async def revoke_key(self, prefix: str, *, actor: str) -> None:
        """End a key, everywhere within `CACHE_SECONDS`; refuses `NoSuchKey`."""
        async with self._database.transaction() as tx:
            if not await store.revoke_key(tx, prefix, now=self._clock.now()):
                raise NoSuchKey(f"There is no key {prefix}.", field="prefix")
            await self._audit(tx, actor, "merchants.revoke_key", prefix)

    async def authenticate(self, secret: str) -> KeyHolder:
        """Who is behind a key; refuses `KeyRefused`, `MerchantSuspended`."""
        return await self._keys.holder_of(secret)

    async def note_uses(self) -> None:
        """Write down which keys were used since the last call."""
        used = self._keys.take_used()
        if used:
            async with self._database.transaction() as tx:
                await store.note_use(tx, used, now=self._clock.now())

    async def _find_one(self, merchant_id: str) -> Merchant:
        found = (await self.find([merchant_id])).get(merchant_id)
        if found is None:
            raise NoSuchMerchant(f"There is no merchant {merchant_id}.", field="merchant_id")
        return found

    async def _look_up(self, secret: str) -> KeyHolder:
        prefix = api_keys.prefix_of(secret)
        row = None
        if prefix is not None:
            async with self._database.transaction() as tx:
                row = await store.find_key(tx, prefix)
        if prefix is None or row is None or not api_keys.is_hash_of(secret, row.hash) or row.revoked_at:
            raise KeyRefused(
                "The API key is not valid, or it was revoked.",
                field="Authorization",
                hint="Send `Authorization: Bearer tael_…` with a key from `tael merchants keys create`.",
            )
        if row.state is not MerchantState.ACTIVE:
            raise MerchantSuspended(
                "This merchant is suspended.", hint="Speak with the operator of this platform."
            )
        return KeyHolder(merchant=row.merchant, prefix=prefix)

    async def _audit(self, tx: Transaction, actor: str, action: str, object_id: str) -> None:
        event = AuditEvent(
            happened_at=self._clock.now(), actor=actor, action=action, object_id=object_id, result="done"
        )
        await audit.record(tx, [event])
