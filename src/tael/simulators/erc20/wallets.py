"""Whose keys are there? The merchant's account, the payers', and the issuer of the tokens.

Derived with an independent library, from the *private* side: the connector derives the same addresses from the extended
public key, and the two have to agree.
"""

import hashlib
import hmac
import os
from pathlib import Path

import msgspec
from eth_account import Account
from eth_account.hdaccount.deterministic import HDPath, Node, derive_child_key
from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak

from tael.simulators.base import prepare_folder, write_private

CHAIN_ID = 1_337
CONFIRMATIONS = 2
"""How many the settings of a platform that speaks to it ask for."""
ACCOUNT = "m/44'/60'/0'"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FEE_WEI, TIP_WEI = 100_000_000_000, 5_000_000_000


class Wallet:
    """Somebody's private key."""

    def __init__(self, key: bytes) -> None:
        self._account = Account.from_key(key)
        self.address = str(self._account.address)
        self.raw_address = bytes.fromhex(self.address[2:])

    def sign(self, *, nonce: int, to: bytes, data: bytes = b"", value: int = 0, gas: int = 200_000) -> bytes:
        """A transaction's bytes."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": CHAIN_ID,
                "nonce": nonce,
                "to": to,
                "value": value,
                "data": data,
                "gas": gas,
                "maxFeePerGas": FEE_WEI,
                "maxPriorityFeePerGas": TIP_WEI,
            }
        )
        return bytes(signed.raw_transaction)


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """The account of whoever is paid."""

    seed: bytes

    @property
    def hot_wallet(self) -> str:
        """The address that pays out."""
        return self._address("0/0")

    def address_of(self, order_number: str) -> str:
        """The address that belongs to an order, as the connector's documents say."""
        digest = hashlib.sha256(order_number.encode()).digest()
        parts = [int.from_bytes(digest[start : start + 4], "big") % 2**31 for start in range(0, 16, 4)]
        return self._address("/".join(str(part) for part in (1, *parts)))

    @property
    def account_key(self) -> str:
        """The extended public key of the account."""
        key, chain_code = self._account()
        public = PrivateKey(key).public_key.to_compressed_bytes()
        return _extended("0488b21e", chain_code, public)

    @property
    def signing_key(self) -> str:
        """The extended private key of the account."""
        key, chain_code = self._account()
        return _extended("0488ade4", chain_code, b"\0" + key)

    def _address(self, path: str) -> str:
        return Wallet(HDPath(f"{ACCOUNT}/{path}").derive(self.seed)).address

    def _account(self) -> tuple[bytes, bytes]:
        node = hmac.digest(b"Bitcoin seed", self.seed, "sha512")
        key, chain_code = node[:32], node[32:]
        for part in ACCOUNT.split("/")[1:]:
            key, chain_code = derive_child_key(key, chain_code, Node.decode(part))
        return key, chain_code


def prepare_merchant(home: Path) -> Merchant:
    """The merchant of this folder; made first if there is none."""
    prepare_folder(home)
    file = home / "seed.hex"
    if not file.exists():
        write_private(file, os.urandom(32).hex().encode())
    return Merchant(seed=bytes.fromhex(file.read_text()))


def named_wallet(name: str) -> Wallet:
    """A wallet of somebody else, the same in every simulator: it holds nothing of worth."""
    return Wallet(keccak(f"tael simulator: {name}".encode()))


def _extended(version: str, chain_code: bytes, key: bytes) -> str:
    body = bytes.fromhex(version) + bytes([3]) + bytes(4) + (2**31).to_bytes(4, "big") + chain_code + key
    raw = body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, text = int.from_bytes(raw, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return text
