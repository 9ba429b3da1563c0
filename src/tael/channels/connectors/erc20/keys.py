"""Which address belongs to an order? One derived from its number and our extended public key (BIP-32).

Whoever holds the extended *private* key derives the private key of the same address by the same path, so nothing has
to be kept per order. Only children that are not hardened can be derived from a public key. The price: one private
key of an address *and* the extended public key together give away the whole account, so no private key of an
address ever leaves the signer.
"""

import hashlib
import hmac
import re
from functools import lru_cache
from typing import Self

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_hash.auto import keccak

HOT_WALLET = (0, 0)
"""The path of the account that pays out."""
DEPOSITS = 1
"""What the paths of orders' addresses begin with."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PUBLIC, _PRIVATE = bytes.fromhex("0488b21e"), bytes.fromhex("0488ade4")
_PRIME = 2**256 - 2**32 - 977
"""Of the field over which secp256k1 lies."""
_COMPONENTS = 4
_POINTS_KEPT = 4_096


class ExtendedKey(msgspec.Struct, frozen=True):
    """A public key from which others follow."""

    x: int
    y: int
    chain_code: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """An `xpub…`; raises `ValueError` for anything else, above all for a private key."""
        version, chain_code, key = read_extended(text)
        if version != _PUBLIC:
            raise ValueError("this is not an extended public key (xpub…)")
        try:
            numbers = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key).public_numbers()
        except ValueError:
            raise ValueError("the extended public key holds no point of the curve") from None
        return cls(numbers.x, numbers.y, chain_code)

    @property
    def address(self) -> str:
        """The address that this key owns, with its checksum of capitals (EIP-55)."""
        point = self.x.to_bytes(32, "big") + self.y.to_bytes(32, "big")
        return with_checksum(keccak(point)[12:].hex())

    def child(self, index: int) -> "ExtendedKey":
        """The child that is not hardened: our point and that of the digest, added on the curve."""
        compressed = bytes([2 + self.y % 2]) + self.x.to_bytes(32, "big")
        digest = hmac.digest(self.chain_code, compressed + index.to_bytes(4, "big"), "sha512")
        step = ec.derive_private_key(int.from_bytes(digest[:32], "big"), ec.SECP256K1())
        numbers = step.public_key().public_numbers()
        slope = (self.y - numbers.y) * pow(self.x - numbers.x, -1, _PRIME) % _PRIME
        x = (slope * slope - numbers.x - self.x) % _PRIME
        return ExtendedKey(x, (slope * (numbers.x - x) - numbers.y) % _PRIME, digest[32:])

    def at(self, path: tuple[int, ...]) -> "ExtendedKey":
        """The descendant at the end of `path`."""
        key = self
        for index in path:
            key = key.child(index)
        return key


def read_extended(text: str) -> tuple[bytes, bytes, bytes]:
    """Version, chain code and key (33 bytes) of an extended key; raises `ValueError`, which never shows the text."""
    number = 0
    if len(text) > 120:
        raise ValueError("the extended key is too long")
    for character in text:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise ValueError("the extended key holds a character that is not of base 58")
        number = number * 58 + digit
    if number >= 1 << 656:
        raise ValueError("the extended key is too long")
    raw = number.to_bytes(82, "big")
    body, check = raw[:-4], raw[-4:]
    if hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] != check:
        raise ValueError("the extended key's check sum is wrong")
    if body[:4] not in (_PUBLIC, _PRIVATE):
        raise ValueError("this is not an extended key of the main chain (xpub… or xprv…)")
    return body[:4], body[13:45], body[45:]


def read_private(text: str) -> tuple[int, bytes]:
    """The number and the chain code of an `xprv…`; raises `ValueError`."""
    version, chain_code, key = read_extended(text)
    if version != _PRIVATE or key[0] != 0:
        raise ValueError("this is not an extended private key (xprv…)")
    return int.from_bytes(key[1:], "big"), chain_code


def public_of(text: str) -> ExtendedKey:
    """What an `xprv…` looks like to everybody else; raises `ValueError`."""
    number, chain_code = read_private(text)
    public = ec.derive_private_key(number, ec.SECP256K1()).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return ExtendedKey(int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big"), chain_code)


def path_of(order_number: str) -> tuple[int, ...]:
    """Where an order's address lies: 124 bits of the number's digest, so that no two orders ever meet."""
    digest = hashlib.sha256(order_number.encode()).digest()
    parts = [int.from_bytes(digest[4 * part : 4 * part + 4], "big") for part in range(_COMPONENTS)]
    return (DEPOSITS, *(part & 0x7FFF_FFFF for part in parts))


@lru_cache(maxsize=_POINTS_KEPT)
def address_at(account: ExtendedKey, path: tuple[int, ...]) -> str:
    """The address at the end of `path`."""
    return account.at(path).address


def read_address(text: str) -> str:
    """An address with its checksum; raises `ValueError` if it is none, or if its capitals say that it is mistyped."""
    if not _ADDRESS.fullmatch(text):
        raise ValueError("an address is 0x and 40 hexadecimal digits")
    address = with_checksum(text[2:].lower())
    if text[2:] not in (text[2:].lower(), text[2:].upper(), address[2:]):
        raise ValueError("the address is mistyped: its checksum of capital letters is wrong")
    return address


def with_checksum(digits: str) -> str:
    """An address whose letters are capital where the digest of its digits is large (EIP-55)."""
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark in "89abcdef" else digit for digit, mark in zip(digits, marks, strict=False)
    )
