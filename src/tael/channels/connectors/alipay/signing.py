"""Who signed this? RSA2 (SHA-256 with RSA, PKCS #1 v1.5), and the raw bytes that a signature covers.

Alipay signs the *text* of the answer's node, not its meaning, so the node has to be cut out of the body
byte for byte. Counting braces is not enough: a subject may hold a lone `}`. The scanner here knows strings
and their escapes and looks at every byte once, however the body is made.
"""

import base64
import binascii
import hashlib
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from tael.channels.port import fingerprint_of

_SMALLEST_KEY_BITS = 2048
_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()
_RSA_SIGNATURES = (
    SignatureAlgorithmOID.RSA_WITH_SHA1,
    SignatureAlgorithmOID.RSA_WITH_SHA256,
    SignatureAlgorithmOID.RSA_WITH_SHA384,
    SignatureAlgorithmOID.RSA_WITH_SHA512,
)
_ISSUER_PARTS = (
    ("CN", NameOID.COMMON_NAME),
    ("OU", NameOID.ORGANIZATIONAL_UNIT_NAME),
    ("O", NameOID.ORGANIZATION_NAME),
    ("C", NameOID.COUNTRY_NAME),
)
_PEM_BLOCK = re.compile(r"-----BEGIN [A-Z ]{3,30}-----[^-]{1,20000}-----END [A-Z ]{3,30}-----")

_MEMBER = re.compile(rb'\s*+"([A-Za-z_]{1,80})"\s*+:\s*+')
_AFTER_MEMBER = re.compile(rb"\s*+([,}])")
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[{}\[\]]', re.DOTALL)
"""A whole string (group 1 is empty if it never ends), or a bracket outside strings. Nothing backtracks."""


class Unreadable(Exception):
    """The body does not have the form of an envelope of Alipay."""


class Signer:
    """Signs with the application's private key."""

    def __init__(self, private_key_pem: str) -> None:
        """Load the key: PEM, or the bare base64 that Alipay's key tool writes (PKCS #1 or #8)."""
        text = private_key_pem.strip()
        key = (
            load_pem_private_key(text.encode(), password=None)
            if text.startswith("-----")
            else load_der_private_key(base64.b64decode(text), password=None)
        )
        if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY_BITS:
            raise ValueError(f"our key for Alipay must be RSA, {_SMALLEST_KEY_BITS} bits or more")
        self._key = key

    def sign(self, content: bytes) -> str:
        """The signature over `content`, in base64."""
        return base64.b64encode(self._key.sign(content, _PADDING, _DIGEST)).decode()


class Verifier:
    """Checks signatures with Alipay's public keys; one of them has to fit."""

    def __init__(self, public_keys: str) -> None:
        """Load the keys: PEM of keys or certificates one after the other, or bare base64 with empty lines between."""
        self._keys = [_load_public(block) for block in _blocks(public_keys)]
        if not self._keys:
            raise ValueError("Alipay's public key is missing")

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether `signature` (base64) was made over exactly `content` with one of Alipay's private keys."""
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return any(_fits(key, raw, content) for key in self._keys)


def fingerprints(public_keys: str) -> list[str]:
    """What may be known of Alipay's public keys, in their order; raises `ValueError`."""
    return [fingerprint_of(_load_public(block)) for block in _blocks(public_keys)]


def _blocks(text: str) -> list[str]:
    found = _PEM_BLOCK.findall(text)
    return found or [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]


def _load_public(block: str) -> RSAPublicKey:
    key: object
    if "CERTIFICATE" in block:
        key = x509.load_pem_x509_certificate(block.encode()).public_key()
    elif block.startswith("-----"):
        key = load_pem_public_key(block.encode())
    else:
        key = load_der_public_key(base64.b64decode(block))
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise ValueError(f"Alipay's key must be RSA, {_SMALLEST_KEY_BITS} bits or more")
    return key


def _fits(key: RSAPublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, _PADDING, _DIGEST)
    except (InvalidSignature, ValueError):
        return False
    return True


def certificate_names(app_certificate: str, root_certificates: str) -> dict[str, str]:
    """What certificate mode adds to every request: how Alipay names our certificate, and its roots.

    Raises `ValueError` for what is no certificate. Roots that are not signed with RSA (Alipay's list holds one of
    SM2) do not count.
    """
    ours = [x509.load_pem_x509_certificate(block.encode()) for block in _blocks(app_certificate)]
    roots = [x509.load_pem_x509_certificate(block.encode()) for block in _blocks(root_certificates)]
    if len(ours) != 1 or not roots:
        raise ValueError("certificate mode needs our certificate and Alipay's roots")
    names = [_name_of(root) for root in roots if root.signature_algorithm_oid in _RSA_SIGNATURES]
    return {"app_cert_sn": _name_of(ours[0]), "alipay_root_cert_sn": "_".join(names)}


def _name_of(certificate: x509.Certificate) -> str:
    """The MD5 of issuer and serial number: a name, not a proof."""
    parts = []
    for short, oid in _ISSUER_PARTS:
        values = certificate.issuer.get_attributes_for_oid(oid)
        parts.append(f"{short}={str(values[0].value) if values else None}")
    text = ",".join(parts) + str(certificate.serial_number)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def envelope_members(body: bytes) -> dict[str, bytes]:
    """The members of the outermost object, each value as its raw bytes; raises `Unreadable`.

    Values may be objects, lists or strings (a string's bytes come with its quotes). A name that comes
    twice is refused: two readers could take one each.
    """
    opening = re.match(rb"\s*+\{", body)
    if opening is None:
        raise Unreadable("the answer is not a JSON object")
    members: dict[str, bytes] = {}
    position = opening.end()
    while True:
        member = _MEMBER.match(body, position)
        if member is None:
            raise Unreadable("the answer is not well-formed JSON")
        name = member[1].decode()
        if name in members:
            raise Unreadable(f"the answer holds {name} twice")
        end = _end_of_value(body, member.end())
        members[name] = body[member.end() : end]
        after = _AFTER_MEMBER.match(body, end)
        if after is None:
            raise Unreadable("the answer is not well-formed JSON")
        position = after.end()
        if after[1] == b"}":
            break
    if body[position:].strip():
        raise Unreadable("something follows the answer's end")
    return members


def _end_of_value(body: bytes, start: int) -> int:
    """Where the object, list or string that begins at `start` ends."""
    if body[start : start + 1] not in (b"{", b"[", b'"'):
        raise Unreadable("the answer holds something that is neither an object nor a string")
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(body, start):
        first = token[0][:1]
        if first == b'"':
            if not token[1]:
                break
        else:
            depth += 1 if first in b"{[" else -1
        if depth == 0:
            return token.end()
    raise Unreadable("the answer breaks off")
