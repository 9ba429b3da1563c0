"""How is a card sealed and opened? By the data key of the day, bound to its token and merchant."""

import hashlib
import hmac
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.vault import store
from tael.vault.errors import VaultSealed
from tael.vault.keyring import Keyring, new_key, seal, unseal
from tael.vault.model import DataKey, SealedCard, Secret

CARDS, FINGERPRINTS = "cards", "fingerprints"
CARDS_PER_KEY = 10_000
"""A data key seals no more cards than these, and none of another day than its own."""
_TRIES = 3


class Safe:
    """Seals and opens with the keys in hand."""

    def __init__(self, keyring: Keyring) -> None:
        self.keyring = keyring

    async def seal(
        self, tx: Transaction, secret: Secret, *, token: str, merchant_id: str, now: datetime
    ) -> SealedCard:
        """A card as it is kept; refuses `VaultSealed`."""
        id, key = await self._key_of_today(tx, now)
        about = _about(token, merchant_id)
        sealed = seal(key, msgspec.json.encode(secret), about=about)
        return SealedCard(id=token, merchant_id=merchant_id, data_key=id, sealed=sealed)

    async def open(self, tx: Transaction, token: str) -> Secret:
        """The card behind a token; refuses `NoSuchToken`, `VaultSealed`."""
        for _ in range(_TRIES):
            card = await store.find_sealed(tx, token)
            key = await self._key(tx, card.data_key)
            if key is not None:  # else it was sealed anew between the two looks
                return _read(card, key)
        raise VaultSealed(f"The data key of {token} is gone.")

    async def seal_anew(self, tx: Transaction, card: SealedCard, *, data_key: str) -> SealedCard:
        """The same card under another data key."""
        before = await self._key(tx, card.data_key)
        after = await self._key(tx, data_key)
        if before is None or after is None:
            raise VaultSealed(f"The data key of {card.id} is gone.")
        about = _about(card.id, card.merchant_id)
        sealed = seal(after, unseal(before, card.sealed, about=about), about=about)
        return msgspec.structs.replace(card, data_key=data_key, sealed=sealed)

    async def fingerprint(self, tx: Transaction, number: str, *, now: datetime) -> str:
        """The same for the same number, in this installation alone."""
        kept = await store.newest_data_key(tx, FINGERPRINTS)
        if kept is None:
            await self.new_data_key(tx, FINGERPRINTS, now=now)
            kept = await store.newest_data_key(tx, FINGERPRINTS)
        if kept is None:
            raise VaultSealed("There is no key for fingerprints.")
        digest = hmac.new(self.keyring.data_key(kept), number.encode(), hashlib.sha256).digest()
        return digest[:16].hex()

    async def new_data_key(self, tx: Transaction, purpose: str, *, now: datetime) -> str:
        """Make a data key and write it down, sealed by the newest master key; refuses `VaultSealed`."""
        masters = await store.list_masters(tx)
        id, key, master = new_id("dek"), new_key(), masters[-1].number
        sealed = self.keyring.seal_data_key(id, key, master=master)
        await store.insert_data_key(
            tx, DataKey(id=id, purpose=purpose, master=master, sealed=sealed, made_at=now)
        )
        return id

    async def _key_of_today(self, tx: Transaction, now: datetime) -> tuple[str, bytes]:
        newest = await store.newest_data_key(tx, CARDS)
        is_of_today = newest is not None and newest.made_at.date() == now.date()
        if (
            newest is not None
            and is_of_today
            and await store.count_cards_of_key(tx, newest.id) < CARDS_PER_KEY
        ):
            return newest.id, self.keyring.data_key(newest)
        id = await self.new_data_key(tx, CARDS, now=now)
        key = await self._key(tx, id)
        if key is None:
            raise VaultSealed("The new data key is gone.")
        return id, key

    async def _key(self, tx: Transaction, id: str) -> bytes | None:
        known = self.keyring.has_data_key(id)
        if known is not None:
            return known
        kept = await store.find_data_key(tx, id)
        return None if kept is None else self.keyring.data_key(kept)


def _read(card: SealedCard, key: bytes) -> Secret:
    return msgspec.json.decode(unseal(key, card.sealed, about=_about(card.id, card.merchant_id)), type=Secret)


def _about(token: str, merchant_id: str) -> str:
    return f"card {token} of {merchant_id}"
