"""Who signed this? RSA2 (SHA-256 with RSA, PKCS #1 v1.5), and the raw bytes that a signature covers.

Alipay signs the *text* of the answer's node, not its meaning, so the node has to be cut out of the body
byte for byte. Counting braces is not enough: a subject may hold a lone `}`. The scanner here knows strings
and their escapes and looks at every byte once, however the body is made.
"""

import base64
import binascii
import re

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

_SMALLEST_KEY_BITS = 2048
_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()

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
    """Checks signatures with Alipay's public key."""

    def __init__(self, public_key_pem: str) -> None:
        """Load the key: PEM, or the bare base64 that Alipay's console shows."""
        text = public_key_pem.strip()
        key = (
            load_pem_public_key(text.encode())
            if text.startswith("-----")
            else load_der_public_key(base64.b64decode(text))
        )
        if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
            raise ValueError(f"Alipay's key must be RSA, {_SMALLEST_KEY_BITS} bits or more")
        self._key = key

    def signed(self, content: bytes, signature: bytes) -> bool:
        """Whether `signature` (base64) was made over exactly `content` with Alipay's private key."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), content, _PADDING, _DIGEST)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


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
