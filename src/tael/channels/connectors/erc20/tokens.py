"""How does a token's contract speak? The few words of ERC-20 that we need, as bytes."""

from collections.abc import Sequence

import msgspec
from eth_hash.auto import keccak

from tael.channels.connectors.erc20.keys import with_checksum
from tael.channels.connectors.erc20.rpc import Log, Question

TRANSFERRED = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
"""The first topic of the log that every transfer leaves."""
_TRANSFER = keccak(b"transfer(address,uint256)")[:4]
_BALANCE_OF = keccak(b"balanceOf(address)")[:4]
DECIMALS = "0x" + keccak(b"decimals()")[:4].hex()


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that went from one address to another."""

    sender: str
    receiver: str
    minor: int
    height: int
    """The number of its block."""
    block_hash: str
    transaction_id: str
    position: int
    """Among the logs of its block."""


def transfer_data(receiver: str, minor: int) -> str:
    """The call that sends tokens."""
    return f"0x{_TRANSFER.hex()}{topic_of(receiver)[2:]}{minor:064x}"


def balance_data(owner: str) -> str:
    """The call that asks how much somebody has."""
    return f"0x{_BALANCE_OF.hex()}{topic_of(owner)[2:]}"


def topic_of(address: str) -> str:
    """An address in 32 bytes, as it stands among topics and parameters."""
    return "0x" + address[2:].lower().rjust(64, "0")


def transfers_question(
    token: str, *, first: int, last: int | None, sender: str | None = None, receiver: str | None = None
) -> Question:
    """Ask for the transfers of a token between two blocks, both included; `last` None for the newest."""
    topics = [TRANSFERRED, *(topic_of(who) if who else None for who in (sender, receiver))]
    between = {"fromBlock": hex(first), "toBlock": "latest" if last is None else hex(last)}
    return Question("eth_getLogs", [{"address": token, "topics": topics, **between}])


def read_transfer(log: Log, token: str) -> Transfer | None:
    """The transfer that a log tells of; None if it is no transfer of this token, or has been taken back."""
    if log.removed or log.address.lower() != token.lower():
        return None
    if len(log.topics) != 3 or log.topics[0].lower() != TRANSFERRED or len(log.data) != 66:
        return None
    sender, receiver = (with_checksum(topic[-40:].lower()) for topic in log.topics[1:])
    return Transfer(
        sender=sender,
        receiver=receiver,
        minor=int(log.data, 16),
        height=int(log.block_number, 16),
        block_hash=log.block_hash.lower(),
        transaction_id=log.transaction_hash.lower(),
        position=int(log.log_index, 16),
    )


def sum_of(transfers: Sequence[Transfer]) -> int:
    """What they come to, in minor units."""
    return sum(transfer.minor for transfer in transfers)
