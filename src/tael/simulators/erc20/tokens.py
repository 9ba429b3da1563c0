"""What are the tokens of this chain, and how are their contracts called?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from tael.simulators.erc20.wallets import Wallet, named_wallet

if TYPE_CHECKING:
    from tael.simulators.erc20.evm import Evm, MinedLog

TRANSFERRED = keccak(text="Transfer(address,address,uint256)")
NAMES = {"USDC": "USD Coin", "USDT": "Tether USD"}
"""In the order in which they are made, so that their addresses are always the same."""
ISSUER = named_wallet("issuer")
TOKEN = json.loads((Path(__file__).parent / "contracts" / "token.json").read_text())
_CODE = bytes.fromhex(TOKEN["bytecode"][2:])


def address_of(token: str) -> bytes:
    """The contract's address: it follows from who made it, and when."""
    nonce = list(NAMES).index(token) or 0x80  # a list of two in RLP, where nought is written as nothing
    return bytes(keccak(bytes([0xD6, 0x94]) + ISSUER.raw_address + bytes([nonce]))[12:])


def making(token: str) -> bytes:
    """The transaction that makes the contract."""
    data = _CODE + encode(["string", "string"], [NAMES[token], token])
    return ISSUER.sign(nonce=list(NAMES).index(token), to=b"", data=data, gas=1_500_000)


def minting(token: str, receiver: bytes, minor: int, *, nonce: int) -> bytes:
    """The transaction with which the issuer makes tokens."""
    data = _called("mint(address,uint256)", ["address", "uint256"], receiver, minor)
    return ISSUER.sign(nonce=nonce, to=address_of(token), data=data)


def barring(token: str, account: bytes, *, yes: bool, nonce: int) -> bytes:
    """The transaction with which the issuer bars an account, or lets it go."""
    data = _called("bar(address,bool)", ["address", "bool"], account, yes)
    return ISSUER.sign(nonce=nonce, to=address_of(token), data=data)


def transferring(token: str, sender: Wallet, receiver: bytes, minor: int, *, nonce: int) -> bytes:
    """The transaction that sends tokens."""
    data = _called("transfer(address,uint256)", ["address", "uint256"], receiver, minor)
    return sender.sign(nonce=nonce, to=address_of(token), data=data)


def balance(evm: "Evm", token: str, owner: bytes) -> int:
    """How many tokens somebody has."""
    output = evm.call(
        sender=owner, to=address_of(token), data=_called("balanceOf(address)", ["address"], owner)
    )
    return int(decode(["uint256"], output)[0])


def transfer_in(log: "MinedLog") -> tuple[bytes, bytes, int] | None:
    """Sender, receiver and amount, if the log tells of a transfer."""
    if len(log.topics) != 3 or log.topics[0] != TRANSFERRED:
        return None
    return log.topics[1][12:], log.topics[2][12:], int.from_bytes(log.data, "big")


def _called(signature: str, types: list[str], *values: object) -> bytes:
    return bytes(keccak(text=signature)[:4]) + encode(types, values)
