"""Who signs transactions, so that each number has one effect? One that writes down what it signs before it hands it out.

The nonce is allotted, the transaction signed and both are written in one transaction of the database. Whoever dies before
the commit has signed nothing; whoever dies after it finds the same bytes under the same number. So nonces have no gaps but
those of transactions that were signed and not sent, and asking what became of such a number sends it.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec
import structlog

from tael.channels.port import Signed, SignOnce
from tael.channels.store import SQL
from tael.foundation.clock import Clock
from tael.foundation.db import CommitUnknown, Contention, Database, Transaction
from tael.foundation.errors import Conflict

log = structlog.get_logger("tael.channels")

ATTEMPTS = 5
MOST_BEFORE_US = 1_000_000
"""How many transactions an account may have behind it that we have never signed for."""
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
        number whose nonce is used again. Raises `SigningRefused` if the number stands for something else, or the chain
        has seen more of the account's transactions than we have signed.
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
        is_new = await tx.run(SQL.know_account, account=account) > 0
        ((next_nonce,),) = await tx.tuples(SQL.lock_nonce, account=account)
        kept = await self._find(tx, wanted.number)
        if kept is not None:
            return self._same(kept, wanted)
        if "replaces" in wanted.transaction:
            nonce = await self._nonce_of_replaced(tx, wanted, account)
        else:
            nonce = self._next(wanted, account, next_nonce, is_new=is_new)
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

    def _next(self, wanted: SignOnce, account: str, next_nonce: int, *, is_new: bool) -> int:
        """The next nonce that we have not given out, whatever the chain has seen of those before.

        A node that counts more transactions than we have signed lies, follows another chain, or knows of somebody else
        with our key. Its count would leave a gap, behind which our money waits for ever, so we do not follow it. Only an
        account that we have never signed for begins where the chain says.
        """
        on_the_chain = int(wanted.transaction.get("first_nonce", 0))
        if on_the_chain <= next_nonce:
            return next_nonce
        told = {"channel": self._channel, "account": account, "signed": next_nonce, "told": on_the_chain}
        if is_new and on_the_chain <= MOST_BEFORE_US:
            log.warning("account_was_used_before", **told)
            return on_the_chain
        log.error("nonces_disagree", number=wanted.number, **told)
        raise SigningRefused(
            f"The node counts {on_the_chain} transactions of {account}; we have signed {next_nonce}.",
            hint="Nothing was signed. Ask another node; if it says the same, somebody else has the key,"
            " or our records are older than the chain: move to a new account.",
        )

    async def _nonce_of_replaced(self, tx: Transaction, wanted: SignOnce, account: str) -> int:
        """That of the transaction that this one takes the place of; refuses `SigningRefused` if it is not ours."""
        replaces = str(wanted.transaction["replaces"])
        replaced = await self._find(tx, replaces)
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
