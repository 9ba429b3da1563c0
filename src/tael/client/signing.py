"""How does a request prove who wrote it? It is signed (RFC 9421) with a private key that never leaves your machine.

    from tael.client import Tael
    from tael.client.signing import signer

    mine = signer("sgk_…", Path("private.pem").read_bytes())
    tael = Tael("https://pay.example.com", key="tael_…", signer=mine)

`sgk_…` is what `tael.keys.add_signing_key` gave for the public half. Keys are made by `openssl genpkey -algorithm`
with `ed25519`, `RSA` (2048 bits and more) or `SM2`, as PEM without a password.
"""

import base64
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import gmssl_pyx  # type: ignore[import-untyped]  # it ships a stub without the mark that says so
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_der_private_key
from http_message_signatures import HTTPMessageSigner, HTTPSignatureAlgorithm

from tael.foundation.clock import SystemClock

__all__ = ["KeySigner", "signer"]

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----(.+?)-----END PRIVATE KEY-----", re.DOTALL)
_SM2_CURVE = bytes.fromhex("06082a811ccf5501822d")
"""The curve's name in DER (GM/T 0006): 1.2.156.10197.1.301."""
_PRIVATE, _PUBLIC = bytes.fromhex("0201010420"), bytes.fromhex("03420004")
"""What stands before the two halves of an elliptic key in DER (RFC 5915)."""


class _Anything(HTTPSignatureAlgorithm):
    """The library builds what is signed, and we sign: the request does not say how, its key does."""

    algorithm_id = "by-its-key"

    def __init__(self, public_key: Any = None, private_key: Any = None) -> None:
        """Needs neither."""


class _Message(msgspec.Struct):
    """A request, as the library reads it."""

    method: str
    url: str
    headers: dict[str, str]


class KeySigner(msgspec.Struct, frozen=True, kw_only=True):
    """Signs the method, the address, the body, and the headers that change what is done."""

    key_id: str
    sign_bytes: Callable[[bytes], bytes]

    def sign(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, str]:
        """The headers of the signature, with a new nonce: it is good once."""
        message = _Message(method, url, dict(headers))
        covered = ["@method", "@target-uri"]
        covered += [name for name in ("Idempotency-Key", "Tael-Version") if name in headers]
        library = HTTPMessageSigner(signature_algorithm=_Anything)
        prepared = library.prepare(
            message,
            key_id=self.key_id,
            created=SystemClock().now(),
            nonce=secrets.token_hex(16),
            label="sig",
            include_alg=False,
            covered_component_ids=[name.lower() for name in covered],
            body=body,
        )
        library.apply(message, prepared, self.sign_bytes(prepared.signature_base))
        return {name: value for name, value in message.headers.items() if name not in headers}


def signer(key_id: str, private_key: bytes) -> KeySigner:
    """A signer by a private key in PEM; raises `ValueError` for one that cannot sign here."""
    match = _PEM.search(private_key)
    if match is None:
        raise ValueError("This is no private key: it begins with -----BEGIN PRIVATE KEY-----.")
    return KeySigner(key_id=key_id, sign_bytes=_signing(base64.b64decode(match[1])))


def _signing(der: bytes) -> Callable[[bytes], bytes]:
    if _SM2_CURVE in der:
        private = der.partition(_PRIVATE)[2][:32]
        public = der.partition(_PUBLIC)[2][:64]
        return lambda text: bytes(gmssl_pyx.sm2_sign(private, public, text))
    try:
        key = load_der_private_key(der, password=None)
    except UnsupportedAlgorithm as error:
        raise ValueError("This key is of an algorithm that nobody signs with here.") from error
    match key:
        case Ed25519PrivateKey():
            return key.sign
        case RSAPrivateKey():
            pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
            return lambda text: key.sign(text, pss, hashes.SHA512())
        case _:
            raise ValueError(f"{type(key).__name__} is no key of Ed25519, RSA or SM2.")
