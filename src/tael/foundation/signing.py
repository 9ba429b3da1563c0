"""Whose word is it? Keys that sign, kept in files, and the check of a signature by public key.

A public key is written as one word, algorithm and bytes: `ed25519:<64 hex digits>` (RFC 8032) or `sm2:<128 hex
digits>` (GB/T 32918, the point's two coordinates). A private key lies in a file that its owner alone may read; it is
made when it is first needed. Keys that are out of use stay in the folder under any other name: what they signed
remains believed.
"""

from pathlib import Path
from typing import Literal

import gmssl_pyx  # type: ignore[import-untyped]  # it ships a stub without the mark that says so
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tael.foundation.errors import Conflict
from tael.foundation.files import write_unless_there

Algorithm = Literal["ed25519", "sm2"]


class KeyUnreadable(Conflict):
    """A file that should hold a key holds something else."""

    code = "key_unreadable"


class SigningKey(msgspec.Struct, frozen=True):
    """A private key with its public half."""

    algorithm: Algorithm
    private: bytes
    public: bytes

    @property
    def name(self) -> str:
        """The public key as one word."""
        return f"{self.algorithm}:{self.public.hex()}"

    def sign(self, message: bytes) -> bytes:
        """A signature of `message`."""
        if self.algorithm == "sm2":
            return bytes(gmssl_pyx.sm2_sign(self.private, self.public, message))
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.name})"


def make_key(algorithm: Algorithm) -> SigningKey:
    """A fresh key."""
    if algorithm == "sm2":
        public, private = gmssl_pyx.sm2_key_generate()
        return SigningKey(algorithm, private, public)
    private_key = Ed25519PrivateKey.generate()
    return SigningKey(algorithm, private_key.private_bytes_raw(), private_key.public_key().public_bytes_raw())


def is_signed(message: bytes, signature: bytes, *, by: str) -> bool:
    """Whether `signature` is that of `message` by the public key `by`; false also if the key makes no sense."""
    algorithm, _, digits = by.partition(":")
    try:
        public = bytes.fromhex(digits)
        if algorithm == "sm2":
            return bool(gmssl_pyx.sm2_verify(public, message, signature))
        if algorithm == "ed25519":
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
            return True
    except (InvalidSignature, ValueError, gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError):
        return False
    return False


def key_in(folder: Path, name: str, algorithm: Algorithm) -> SigningKey:
    """The key `<name>.<algorithm>` of a folder; it is made, with the folder, if it is missing.

    Two processes that make it at the same time end up with the same one. Raises `KeyUnreadable`.
    """
    file = folder / f"{name}.{algorithm}"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = make_key(algorithm)
        write_unless_there(file, f"{key.algorithm} {key.private.hex()} {key.public.hex()}\n".encode())
    return _read(file)


def trusted_keys_in(folder: Path, name: str) -> frozenset[str]:
    """The public keys in a folder whose files begin with `name`: of private keys, in use or not, and in `.pub` files."""
    private = [_read(file).name for kind in ("ed25519", "sm2") for file in folder.glob(f"{name}*.{kind}")]
    public = [file.read_text("ascii").strip() for file in folder.glob(f"{name}*.pub")]
    return frozenset(private + public)


def _read(file: Path) -> SigningKey:
    try:
        algorithm, private, public = file.read_text("ascii").split()
        return SigningKey(
            msgspec.convert(algorithm, Algorithm), bytes.fromhex(private), bytes.fromhex(public)
        )
    except ValueError as error:
        raise KeyUnreadable(
            f"{file} does not hold a key.",
            hint="Put the key back from a copy; without it nothing can be signed.",
        ) from error
