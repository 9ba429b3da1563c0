"""What does the node answer? JSON-RPC 2.0, one question or several in a message, as geth and the large providers do.

Where they differ, the stricter one is played: ranges of blocks beyond the newest are refused, and so are long ones.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from tael.simulators.erc20.evm import Mined, MinedLog, MinedTransaction, Reverted
from tael.simulators.erc20.network import Network
from tael.simulators.erc20.pool import Rejected
from tael.simulators.erc20.wallets import CHAIN_ID, TIP_WEI

MOST_LOGS = 10_000
MOST_QUESTIONS = 100
_HEX = re.compile(r"0x[0-9a-fA-F]*")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")

Parameters = Sequence[Any]


class Question(msgspec.Struct, frozen=True):
    """One call."""

    jsonrpc: str
    method: str
    id: str | int | None = None
    params: list[Any] = []


class RpcRefused(Exception):
    """An error object."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def told(self) -> dict[str, object]:
        """As it is written."""
        return {"code": self.code, "message": self.message} | ({"data": self.data} if self.data else {})


class Rpc:
    """The node's methods."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.longest_range = 10_000
        """How many blocks can be searched at a time."""
        self._methods: Mapping[str, Callable[[Parameters], object]] = {
            "web3_clientVersion": lambda _: "tael-simulator/1",
            "net_version": lambda _: str(CHAIN_ID),
            "eth_chainId": lambda _: hex(CHAIN_ID),
            "eth_blockNumber": lambda _: hex(network.evm.head.number),
            "eth_gasPrice": lambda _: hex(network.evm.next_base_fee + TIP_WEI),
            "eth_maxPriorityFeePerGas": lambda _: hex(TIP_WEI),
            "eth_getBlockByNumber": self._block,
            "eth_getLogs": self._logs,
            "eth_call": self._call,
            "eth_getBalance": lambda given: hex(network.evm.balance(_account(given), self._past(given, 1))),
            "eth_getTransactionCount": self._count,
            "eth_getCode": lambda given: "0x" + network.evm.code(_account(given)).hex(),
            "eth_getTransactionReceipt": self._receipt,
            "eth_getTransactionByHash": self._transaction,
        }

    def answer(self, question: Question, *, label: str) -> object:
        """The result; raises `RpcRefused`. `label` is what the sender calls it."""
        if question.method == "eth_sendRawTransaction":
            return self._send(question.params, label)
        method = self._methods.get(question.method)
        if method is None:
            raise RpcRefused(-32601, f"the method {question.method[:60]} does not exist/is not available")
        try:
            return method(question.params)
        except (IndexError, KeyError, TypeError, ValueError) as problem:
            raise RpcRefused(-32602, f"invalid argument: {problem}") from problem

    def _send(self, given: Parameters, label: str) -> str:
        try:
            return "0x" + self._network.send(_bytes(given[0]), label).hex()
        except Rejected as rejected:
            raise RpcRefused(rejected.code, rejected.message) from rejected
        except (IndexError, TypeError, ValueError) as problem:
            raise RpcRefused(-32602, f"invalid argument: {problem}") from problem

    def _block(self, given: Parameters) -> object:
        height = self._height(given, 0)
        blocks = self._network.evm.blocks
        return _block_view(blocks[height]) if 0 <= height < len(blocks) else None

    def _logs(self, given: Parameters) -> object:
        wanted = _object(given[0])
        head = self._network.evm.head.number
        first, last = (self._height([wanted.get(name, "latest")], 0) for name in ("fromBlock", "toBlock"))
        if first > last:
            raise RpcRefused(-32602, "invalid block range params")
        if last > head:
            raise RpcRefused(
                -32602, f"block range extends beyond current head block: requested {last}, head {head}"
            )
        if last - first + 1 > self.longest_range:
            raise RpcRefused(-32602, f"range {last - first + 1} exceeds limit of {self.longest_range}")
        found = [
            log
            for block in self._network.evm.blocks[first : last + 1]
            for transaction in block.transactions
            for log in transaction.logs
            if _fits(log, wanted)
        ]
        if len(found) > MOST_LOGS:
            raise RpcRefused(-32005, f"query returned more than {MOST_LOGS} results")
        return [_log_view(log) for log in found]

    def _call(self, given: Parameters) -> str:
        wanted = _object(given[0])
        try:
            output = self._network.evm.call(
                sender=_account([wanted.get("from", "0x" + "00" * 20)]),
                to=_account([wanted["to"]]),
                data=_bytes(wanted.get("data") or wanted.get("input") or "0x"),
                height=self._past(given, 1),
            )
        except Reverted as reverted:
            raise RpcRefused(3, "execution reverted", "0x" + reverted.data.hex()) from reverted
        return "0x" + output.hex()

    def _count(self, given: Parameters) -> str:
        account = _account(given)
        if len(given) > 1 and given[1] == "pending":
            return hex(self._network.pool.next_nonce(account))
        return hex(self._network.evm.count(account, self._past(given, 1)))

    def _receipt(self, given: Parameters) -> object:
        transaction = self._network.evm.transactions.get(_bytes(given[0]))
        return _receipt_view(transaction) if transaction is not None else None

    def _transaction(self, given: Parameters) -> object:
        hash = _bytes(given[0])
        mined = self._network.evm.transactions.get(hash)
        waiting = self._network.waiting(hash)
        if mined is None and waiting is None:
            return None
        number = hex(mined.block_number) if mined is not None else None
        return {"hash": "0x" + hash.hex(), "blockNumber": number}

    def _past(self, given: Parameters, position: int) -> int:
        """A block that there is."""
        height = self._height(given, position)
        if height > self._network.evm.head.number:
            raise RpcRefused(-32000, "header not found")
        return height

    def _height(self, given: Parameters, position: int) -> int:
        tag = given[position] if len(given) > position else "latest"
        if tag in ("latest", "pending", "safe", "finalized"):
            return self._network.evm.head.number
        if tag == "earliest":
            return 0
        return int(_hex(tag), 16)


def _fits(log: MinedLog, wanted: Mapping[str, Any]) -> bool:
    addresses = wanted.get("address")
    if addresses is not None:
        listed = addresses if isinstance(addresses, list) else [addresses]
        if log.address not in [_bytes(address) for address in listed]:
            return False
    for position, topic in enumerate(wanted.get("topics") or []):
        if topic is None:
            continue
        listed = topic if isinstance(topic, list) else [topic]
        if position >= len(log.topics) or log.topics[position] not in [_bytes(each) for each in listed]:
            return False
    return True


def _block_view(block: Mined) -> dict[str, object]:
    return {
        "number": hex(block.number),
        "hash": "0x" + block.hash.hex(),
        "parentHash": "0x" + block.parent_hash.hex(),
        "timestamp": hex(block.timestamp),
        "baseFeePerGas": hex(block.base_fee),
        "transactions": ["0x" + transaction.hash.hex() for transaction in block.transactions],
    }


def _log_view(log: MinedLog) -> dict[str, object]:
    return {
        "address": "0x" + log.address.hex(),
        "topics": ["0x" + topic.hex() for topic in log.topics],
        "data": "0x" + log.data.hex(),
        "blockNumber": hex(log.block_number),
        "blockHash": "0x" + log.block_hash.hex(),
        "transactionHash": "0x" + log.transaction_hash.hex(),
        "logIndex": hex(log.position),
        "removed": False,
    }


def _receipt_view(transaction: MinedTransaction) -> dict[str, object]:
    return {
        "transactionHash": "0x" + transaction.hash.hex(),
        "blockNumber": hex(transaction.block_number),
        "blockHash": "0x" + transaction.block_hash.hex(),
        "from": "0x" + transaction.sender.hex(),
        "to": "0x" + transaction.receiver.hex() if transaction.receiver else None,
        "status": "0x1" if transaction.succeeded else "0x0",
        "gasUsed": hex(transaction.gas_used),
        "logs": [_log_view(log) for log in transaction.logs],
    }


def _account(given: Parameters) -> bytes:
    if not isinstance(given[0], str) or not _ADDRESS.fullmatch(given[0]):
        raise ValueError("an address is wanted")
    return _bytes(given[0])


def _object(given: object) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise TypeError("an object is wanted")
    return given


def _hex(text: object) -> str:
    if not isinstance(text, str) or not _HEX.fullmatch(text) or len(text) > 300_000:
        raise ValueError("hexadecimal digits are wanted")
    return text


def _bytes(text: object) -> bytes:
    return bytes.fromhex(_hex(text)[2:])
