"""Who signs transactions during a run? One that remembers for as long as the run lasts; the platform's writes it down."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from tael.channels.port import Signed, SignOnce

Words = Mapping[str, str | int]


class Keyring(Protocol):
    """Whoever has the private keys and knows the chain's form of a transaction."""

    def account_of(self, transaction: Words) -> str:
        """Whose nonces it uses."""
        ...

    def sign(self, transaction: Words, *, nonce: int) -> Signed:
        """The bytes to send."""
        ...


class _Kept(msgspec.Struct, frozen=True):
    nonce: int
    signed: Signed


class RememberingSigner:
    """A `conversations.Signer`: the same number gives the same bytes, and no two numbers share a nonce unless one
    replaces the other.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._kept: dict[str, _Kept] = {}
        self._next_nonces: dict[str, int] = {}

    async def sign_once(self, wanted: SignOnce) -> Signed:
        """The transaction for a number; an empty one asks what was signed, and signs nothing."""
        if wanted.number in self._kept:
            return self._kept[wanted.number].signed
        if not wanted.transaction:
            return Signed(raw=b"", transaction_id="")
        account = self._keyring.account_of(wanted.transaction)
        replaces = wanted.transaction.get("replaces")
        if replaces is not None:
            nonce = self._kept[str(replaces)].nonce
        else:
            on_the_chain = int(wanted.transaction.get("first_nonce", 0))
            nonce = max(self._next_nonces.get(account, 0), on_the_chain)
            self._next_nonces[account] = nonce + 1
        signed = self._keyring.sign(wanted.transaction, nonce=nonce)
        self._kept[wanted.number] = _Kept(nonce, signed)
        return signed
