"""What is a chain? Blocks of transactions, carried out by a real Ethereum machine (py-evm), and nothing else.

The chain is what its blocks' transactions make of its first state: to take blocks away, it is made anew without them. So
a restart and a reorganisation are the same thing, and neither can leave anything behind.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from eth.abc import BlockHeaderAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.constants import POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.exceptions import Revert
from eth.vm.forks.cancun import CancunVM
from eth_typing import BlockNumber
from eth_utils.exceptions import ValidationError

from tael.simulators.erc20.wallets import CHAIN_ID

GAS_LIMIT = 30_000_000
FIRST_TIMESTAMP = 1_700_000_000


class Reverted(Exception):
    """A contract refused the call; `data` is what it said."""

    def __init__(self, data: bytes) -> None:
        super().__init__("execution reverted")
        self.data = data


class MinedLog(msgspec.Struct, frozen=True, kw_only=True):
    """What a contract told, and where."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    position: int


class MinedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction in a block."""

    hash: bytes
    raw: bytes
    sender: bytes
    receiver: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    logs: tuple[MinedLog, ...]


class Mined(msgspec.Struct, frozen=True, kw_only=True):
    """A block."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    base_fee: int
    transactions: tuple[MinedTransaction, ...]


class _Chain(MiningChain):
    """A chain of one kind of rules, whose blocks do not look at the clock."""

    chain_id = CHAIN_ID
    vm_configuration = ((BlockNumber(0), CancunVM),)

    def create_header_from_parent(self, parent_header: BlockHeaderAPI, **parts: Any) -> BlockHeaderAPI:
        """The next block's head."""
        fixed = {"gas_limit": GAS_LIMIT, "timestamp": parent_header.timestamp + 1}
        return super().create_header_from_parent(parent_header, **(fixed | parts))


class Evm:
    """A chain, from the accounts that have wei in its first block."""

    def __init__(self, wei: Mapping[bytes, int]) -> None:
        self._wei = dict(wei)
        self._begin()

    def _begin(self) -> None:
        state = {
            account: {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
            for account, balance in self._wei.items()
        }
        first: dict[str, Any] = {
            "difficulty": 0,
            "gas_limit": GAS_LIMIT,
            "timestamp": FIRST_TIMESTAMP,
            "mix_hash": POST_MERGE_MIX_HASH,
            "nonce": POST_MERGE_NONCE,
        }
        chain: Any = _Chain  # the library's own types stop at the class that can be mined
        self._chain = chain.from_genesis(AtomicDB(), first, state)
        header = self._chain.get_canonical_block_header_by_number(0)
        self.blocks = [_mined(header, ())]
        self.transactions: dict[bytes, MinedTransaction] = {}

    @property
    def head(self) -> Mined:
        """The newest block."""
        return self.blocks[-1]

    @property
    def next_base_fee(self) -> int:
        """What a unit of gas will cost in the next block."""
        return int(self._chain.header.base_fee_per_gas)

    def mine(self, raws: Sequence[bytes], *, timestamp: int) -> Mined:
        """One more block with those of the transactions that the chain's rules allow."""
        chain = self._chain
        chain.header = chain.header.copy(timestamp=max(timestamp, self.head.timestamp + 1))
        done: list[tuple[SignedTransactionAPI, bytes, Any]] = []
        for raw in raws:
            transaction = self.decode(raw)
            try:
                _, receipt, _ = chain.apply_transaction(transaction)
            except ValidationError:
                continue
            done.append((transaction, raw, receipt))
        header = chain.mine_block(blob_gas_used=0).header
        mined = _mined(header, _transactions(header, done))
        self.blocks.append(mined)
        self.transactions.update({transaction.hash: transaction for transaction in mined.transactions})
        return mined

    def rewind(self, blocks: int) -> list[MinedTransaction]:
        """Take the newest blocks away; gives the transactions that were in them."""
        kept, gone = self.blocks[1 : len(self.blocks) - blocks], self.blocks[len(self.blocks) - blocks :]
        self._begin()
        for block in kept:
            self.mine([transaction.raw for transaction in block.transactions], timestamp=block.timestamp)
        return [transaction for block in gone for transaction in block.transactions]

    def decode(self, raw: bytes) -> SignedTransactionAPI:
        """A transaction from its bytes; raises what a hostile one makes the library raise."""
        transaction: SignedTransactionAPI = self._chain.get_vm().get_transaction_builder().decode(raw)
        return transaction

    def balance(self, account: bytes, height: int | None = None) -> int:
        """How many wei it has, after the block of that height."""
        return int(self._vm_after(height).state.get_balance(account))

    def count(self, account: bytes, height: int | None = None) -> int:
        """How many transactions it has sent."""
        return int(self._vm_after(height).state.get_nonce(account))

    def code(self, account: bytes) -> bytes:
        """The contract at an address."""
        return bytes(self._vm_after(None).state.get_code(account))

    def call(
        self, *, sender: bytes, to: bytes, data: bytes, value: int = 0, height: int | None = None
    ) -> bytes:
        """What a call would give; raises `Reverted`."""
        vm = self._vm_after(height)
        computation = vm.execute_bytecode(
            origin=sender,
            gas_price=0,
            gas=GAS_LIMIT // 2,
            to=to,
            sender=sender,
            value=value,
            data=data,
            code=vm.state.get_code(to),
        )
        if computation.is_error:
            said = computation.error.args[0] if isinstance(computation.error, Revert) else b""
            raise Reverted(said)
        return bytes(computation.output)

    def _vm_after(self, height: int | None) -> Any:
        header = self._chain.get_canonical_block_header_by_number(
            self.head.number if height is None else height
        )
        return self._chain.get_vm(at_header=self._chain.create_header_from_parent(header))


def _mined(header: BlockHeaderAPI, transactions: tuple[MinedTransaction, ...]) -> Mined:
    return Mined(
        number=header.block_number,
        hash=header.hash,
        parent_hash=header.parent_hash,
        timestamp=header.timestamp,
        base_fee=header.base_fee_per_gas or 0,
        transactions=transactions,
    )


def _transactions(
    header: BlockHeaderAPI, done: Sequence[tuple[SignedTransactionAPI, bytes, Any]]
) -> tuple[MinedTransaction, ...]:
    found: list[MinedTransaction] = []
    position, gas_before = 0, 0
    for transaction, raw, receipt in done:
        logs = tuple(
            MinedLog(
                address=log.address,
                topics=tuple(topic.to_bytes(32, "big") for topic in log.topics),
                data=log.data,
                block_number=header.block_number,
                block_hash=header.hash,
                transaction_hash=transaction.hash,
                position=position + offset,
            )
            for offset, log in enumerate(receipt.logs)
        )
        position += len(logs)
        found.append(
            MinedTransaction(
                hash=transaction.hash,
                raw=raw,
                sender=transaction.sender,
                receiver=transaction.to,
                block_number=header.block_number,
                block_hash=header.hash,
                succeeded=receipt.state_root == b"\x01",
                gas_used=receipt.gas_used - gas_before,
                logs=logs,
            )
        )
        gas_before = receipt.gas_used
    return tuple(found)
