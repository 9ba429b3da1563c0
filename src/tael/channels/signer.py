"""Who signs transactions, so that each number has one effect? One that writes down what it signs before it hands it out.

The nonce is allotted, the transaction signed and both are written in one transaction of the database. Whoever dies before
the commit has signed nothing; whoever dies after it finds the same bytes under the same number. So nonces have no gaps but
those of transactions that were signed and not sent, and asking what became of such a number sends it.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from tael.channels.port import Signed, SignOnce
from tael.channels.store import SQL
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, Contention, Database, Transaction
from tael.foundation.errors import Conflict

ATTEMPTS = 5
_CONTROL = ("first_nonce", "replaces")
_OF_FEES = ("gas", "fee_wei", "tip_wei")

Words = Mapping[str, str | int]


class SigningRefused(Conflict):
    """A number stands for one transaction; now it was asked to stand for another."""

    code = "channels.signing_refused"


class Keyring(Protocol):
    """Whoever has the private keys and knows the chain's form of a transaction."""

    def account_of(self, transaction: Words) -> str:
        """Whose nonces it uses: the same text whatever the channel."""
        ...

    def sign(self, transaction: Words, *, nonce: int) -> Signed:
        """The bytes to send."""
        ...


class _Kept(msgspec.Struct, frozen=True):
    """What was signed under a number."""

    account: str
    nonce: int
    words: str
    transaction_id: str
    raw: bytes

    @property
    def signed(self) -> Signed:
        return Signed(raw=self.raw, transaction_id=self.transaction_id)


class SealedSigner:
    """A channel's signer. Several may run at once: the database lets one after the other allot a nonce."""

    def __init__(self, database: Database, keyring: Keyring, *, channel: str, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._channel = channel
        self._clock = clock

    async def sign_once(self, wanted: SignOnce) -> Signed:
        """The bytes for a number, made when they are first asked for.

        An empty transaction asks what was signed, and signs nothing: `raw` is empty if there is nothing. Two words
        are for us: `first_nonce`, how many transactions of the account are on the chain already, and `replaces`, the
        number whose nonce is used again. Raises `SigningRefused` if the number stands for something else.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._database.transaction() as tx:
                    return await self._sign_once(tx, wanted)
            except (CommitUnknown, Contention):
                # Nothing was handed out: what is there, or will be now, is as good as what was lost.
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    async def _sign_once(self, tx: Transaction, wanted: SignOnce) -> Signed:
        kept = await self._find(tx, wanted.number)
        if kept is not None:
            return self._same(kept, wanted)
        if not wanted.transaction:
            return Signed(raw=b"", transaction_id="")
        account = self._keyring.account_of(wanted.transaction)
        await tx.run(SQL.know_account, account=account)
        ((next_nonce,),) = await tx.tuples(SQL.lock_nonce, account=account)
        kept = await self._find(tx, wanted.number)
        if kept is not None:
            return self._same(kept, wanted)
        nonce = await self._nonce_for(tx, wanted, account, next_nonce)
        signed = self._keyring.sign(wanted.transaction, nonce=nonce)
        if nonce >= next_nonce:
            await tx.run(SQL.set_next_nonce, account=account, next_nonce=nonce + 1)
        await tx.run(
            SQL.insert_signature,
            channel=self._channel,
            number=wanted.number,
            account=account,
            nonce=nonce,
            replaces=wanted.transaction.get("replaces"),
            words=msgspec.json.encode(wanted.transaction).decode(),
            transaction_id=signed.transaction_id,
            raw=signed.raw,
            signed_at=self._clock.now(),
        )
        return signed

    async def _nonce_for(self, tx: Transaction, wanted: SignOnce, account: str, next_nonce: int) -> int:
        """That of the replaced transaction, else the next one that neither we nor the chain have used."""
        replaces = wanted.transaction.get("replaces")
        if replaces is None:
            return max(next_nonce, int(wanted.transaction.get("first_nonce", 0)))
        replaced = await self._find(tx, str(replaces))
        if replaced is None or replaced.account != account:
            raise SigningRefused(
                f"{wanted.number} replaces {replaces}, which was not signed for this account."
            )
        _refuse_other_purpose(replaced, wanted)
        return replaced.nonce

    async def _find(self, tx: Transaction, number: str) -> _Kept | None:
        return await tx.row(SQL.find_signature, _Kept, channel=self._channel, number=number)

    def _same(self, kept: _Kept, wanted: SignOnce) -> Signed:
        if wanted.transaction:
            _refuse_other_purpose(kept, wanted)
        return kept.signed


def _refuse_other_purpose(kept: _Kept, wanted: SignOnce) -> None:
    """Under one number only the fees may be asked for anew."""
    if _purpose(msgspec.json.decode(kept.words)) != _purpose(wanted.transaction):
        raise SigningRefused(f"{wanted.number} was signed for something else.")


def _purpose(words: Words) -> Words:
    return {name: word for name, word in words.items() if name not in (*_CONTROL, *_OF_FEES)}
