"""Which transactions wait for a block, and which are not even let in? The rules of geth's pool that matter to a sender."""

from collections.abc import Callable

import msgspec
from eth.abc import SignedTransactionAPI

from tael.simulators.erc20.evm import GAS_LIMIT, Evm
from tael.simulators.erc20.wallets import CHAIN_ID

INVALID = -32000
REPLACED_FOR = 110
"""In hundredths: what another transaction with the same nonce must offer at least."""


class Rejected(Exception):
    """The node does not take it; in geth's words."""

    def __init__(self, message: str, code: int = INVALID) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that no block holds yet."""

    hash: bytes
    raw: bytes
    sender: bytes
    nonce: int
    fee_wei: int
    tip_wei: int


class Pool:
    """Waiting transactions by sender and nonce."""

    def __init__(self, evm: Evm) -> None:
        self._evm = evm
        self._waiting: dict[tuple[bytes, int], Waiting] = {}
        self.least_tip_wei = 0
        """What the makers of blocks want for a unit of gas; whoever offers less waits."""

    def add(self, raw: bytes) -> Waiting:
        """Let a transaction in; raises `Rejected`."""
        transaction = self._decode(raw)
        entry = Waiting(
            hash=transaction.hash,
            raw=raw,
            sender=transaction.sender,
            nonce=transaction.nonce,
            fee_wei=transaction.max_fee_per_gas,
            tip_wei=transaction.max_priority_fee_per_gas,
        )
        place = (entry.sender, entry.nonce)
        rival = self._waiting.get(place)
        if rival is not None and rival.hash == entry.hash:
            raise Rejected("already known")
        count = self._evm.count(entry.sender)
        if entry.nonce < count:
            raise Rejected(f"nonce too low: next nonce {count}, tx nonce {entry.nonce}")
        if entry.tip_wei > entry.fee_wei:
            raise Rejected("max priority fee per gas higher than max fee per gas")
        if transaction.gas > GAS_LIMIT:
            raise Rejected("exceeds block gas limit")
        if transaction.gas < transaction.intrinsic_gas:
            raise Rejected("intrinsic gas too low")
        if self._evm.balance(entry.sender) < transaction.gas * entry.fee_wei + transaction.value:
            raise Rejected("insufficient funds for gas * price + value")
        if rival is not None and not _outbids(entry, rival):
            raise Rejected("replacement transaction underpriced")
        self._waiting[place] = entry
        return entry

    def for_a_block(self) -> list[bytes]:
        """Those that can be carried out now, each sender's in the order of nonces."""
        base_fee = self._evm.next_base_fee
        chosen: list[bytes] = []
        for sender in dict.fromkeys(sender for sender, _ in self._waiting):
            nonce = self._evm.count(sender)
            while (entry := self._waiting.get((sender, nonce))) is not None:
                tip = min(entry.tip_wei, entry.fee_wei - base_fee)
                if tip < self.least_tip_wei:
                    break
                chosen.append(entry.raw)
                nonce += 1
        return chosen

    def tidy(self) -> None:
        """Forget those whose nonce has been used."""
        self._forget(lambda entry: entry.nonce < self._evm.count(entry.sender))

    def drop(self, hash: bytes) -> None:
        """Forget one transaction, as nodes do that are short of memory."""
        self._forget(lambda entry: entry.hash == hash)

    def find(self, hash: bytes) -> Waiting | None:
        """The waiting transaction of that hash."""
        return next((entry for entry in self._waiting.values() if entry.hash == hash), None)

    def next_nonce(self, sender: bytes) -> int:
        """The first nonce that is neither used nor waiting."""
        nonce = self._evm.count(sender)
        while (sender, nonce) in self._waiting:
            nonce += 1
        return nonce

    @property
    def hashes(self) -> list[bytes]:
        """All that wait."""
        return [entry.hash for entry in self._waiting.values()]

    def _forget(self, whether: Callable[[Waiting], bool]) -> None:
        self._waiting = {place: entry for place, entry in self._waiting.items() if not whether(entry)}

    def _decode(self, raw: bytes) -> SignedTransactionAPI:
        try:
            transaction = self._evm.decode(raw)
            transaction.validate()
            transaction.check_signature_validity()
            known = transaction.chain_id, transaction.sender
        except Exception as error:  # whatever the bytes make the library raise, a node says the same
            raise Rejected(f"invalid transaction: {type(error).__name__}") from error
        if known[0] != CHAIN_ID:
            raise Rejected("invalid chain id for signer")
        return transaction


def _outbids(entry: Waiting, rival: Waiting) -> bool:
    return (
        entry.fee_wei * 100 >= rival.fee_wei * REPLACED_FOR
        and entry.tip_wei * 100 >= rival.tip_wei * REPLACED_FOR
    )
