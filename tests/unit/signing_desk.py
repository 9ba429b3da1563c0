"""How does a merchant sign a request, without our library? By the letter of RFC 9421."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

import gmssl_pyx  # type: ignore[import-untyped]  # it ships a stub without the mark that says so
import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tael.foundation.http.signatures import ALGORITHMS, Algorithm, SignedRequest

ORIGIN = "https://pay.example"
SM2_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


class Signer(msgspec.Struct, frozen=True):
    """A private key, as its holder uses it."""

    algorithm: Algorithm
    public_pem: str
    sign: Callable[[bytes], bytes]


def make_signer(algorithm: Algorithm) -> Signer:
    """A fresh key."""
    if algorithm == "sm2-sm3":
        public, private = gmssl_pyx.sm2_key_generate()
        return Signer(
            algorithm, pem(SM2_HEAD + public), lambda text: gmssl_pyx.sm2_sign(private, public, text)
        )
    if algorithm == "ed25519":
        key = Ed25519PrivateKey.generate()
        return Signer(algorithm, pem(_spki(key)), key.sign)
    own = rsa.generate_private_key(65537, 2048)
    if algorithm == "rsa-v1_5-sha256":
        return Signer(
            algorithm, pem(_spki(own)), lambda text: own.sign(text, padding.PKCS1v15(), hashes.SHA256())
        )
    pss = padding.PSS(padding.MGF1(hashes.SHA512()), 64)
    return Signer(algorithm, pem(_spki(own)), lambda text: own.sign(text, pss, hashes.SHA512()))


def _spki(key: Ed25519PrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(der: bytes) -> str:
    """DER as PEM."""
    text = base64.b64encode(der).decode()
    rows = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *rows, "-----END PUBLIC KEY-----", ""])


def digest_of(body: bytes) -> str:
    """Content-Digest (RFC 9530)."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def signed_headers(
    signer: Signer,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    created: datetime,
    headers: Mapping[str, str] = {},
    covered: tuple[str, ...] | None = None,
    key_id: str = "sgk_1",
    nonce: str = "n-0123456789",
    more: str = "",
    origin: str = ORIGIN,
) -> dict[str, str]:
    """`headers` with a signature of them, the method, the address and the body."""
    sent = {name.lower(): value for name, value in headers.items()}
    if body:
        sent["content-digest"] = digest_of(body)
    if covered is None:
        covered = ("@method", "@target-uri", *(name for name in sent if name != "content-type"))
    path, _, query = target.partition("?")
    derived = {
        "@method": method,
        "@target-uri": f"{origin}{target}",
        "@path": path,
        "@query": f"?{query}",
    }
    listed = " ".join(f'"{name}"' for name in covered)
    rest = f';created={int(created.timestamp())};keyid="{key_id}"'
    rest += f';nonce="{nonce}"' if nonce else ""
    parameters = f"({listed}){rest}{more}"
    lines = [f'"{name}": {(derived | sent)[name]}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    signature = base64.b64encode(signer.sign(base.encode())).decode()
    return sent | {"signature-input": f"sig1={parameters}", "signature": f"sig1=:{signature}:"}


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> SignedRequest:
    """The request as it arrives."""
    return SignedRequest(method=method, url=f"{ORIGIN}{target}", lines=list(headers.items()), body=body)


__all__ = ["ALGORITHMS", "make_signer", "request_of", "signed_headers"]
