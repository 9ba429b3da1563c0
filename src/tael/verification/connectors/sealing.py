"""Is this message from the provider, and how does the provider know that a message is ours?

Signed is a text of lines: what kind of message it is, what it answers or where it goes, the client, the time, a word used
once, and the SHA-256 of the body. Two ways are known: `hmac-sha256` with a secret that both have, and `sm2-sm3` (GB/T 32918)
with a pair of keys on either side. Signatures are written in base64.

The card's number is the one thing that no signature of ours covers: our vault writes it into the message on its way. The
digest of a question is that of its JSON without the member `card_number`, written in the one way of RFC 8785.
"""

import base64
import hashlib
import hmac
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from tael.foundation.signing import SigningKey, is_signed
from tael.verification.errors import SourceRefused

CARD_FIELD = "card_number"
Algorithm = Literal["hmac-sha256", "sm2-sm3"]
_LEAST_SECRET = 32


class Seal(Protocol):
    """What signs for us, and knows the provider's signature."""

    def sign(self, lines: Sequence[str]) -> str:
        """Our signature."""
        ...

    def is_theirs(self, lines: Sequence[str], signature: str) -> bool:
        """Whether the provider signed these lines."""
        ...


class HmacSeal:
    """HMAC-SHA-256 under a shared secret."""

    def __init__(self, secret: str) -> None:
        if len(secret) < _LEAST_SECRET:
            raise SourceRefused(f"A secret has at least {_LEAST_SECRET} characters.", field="secret")
        self._secret = secret.encode()

    def sign(self, lines: Sequence[str]) -> str:
        """Our signature."""
        return base64.b64encode(hmac.new(self._secret, _text(lines), hashlib.sha256).digest()).decode()

    def is_theirs(self, lines: Sequence[str], signature: str) -> bool:
        """Whether whoever has the secret signed these lines."""
        return hmac.compare_digest(self.sign(lines).encode(), signature.encode("utf-8", "replace"))


class Sm2Seal:
    """SM2 with SM3: our private key, the provider's public one."""

    def __init__(self, private_key: str, provider_key: str) -> None:
        """private_key: `sm2`, private and public part in hexadecimal digits; provider_key: `sm2:` and the public part."""
        try:
            kind, private, public = private_key.split()
            self._key = SigningKey("sm2", bytes.fromhex(private), bytes.fromhex(public))
        except ValueError:
            raise SourceRefused(
                "A private key is written as `sm2`, private and public part.", field="private_key"
            ) from None
        if kind != "sm2" or not provider_key.startswith("sm2:"):
            raise SourceRefused("Both keys are of SM2.", field="provider_key")
        self._theirs = provider_key

    def sign(self, lines: Sequence[str]) -> str:
        """Our signature."""
        return base64.b64encode(self._key.sign(_text(lines))).decode()

    def is_theirs(self, lines: Sequence[str], signature: str) -> bool:
        """Whether the provider signed these lines."""
        try:
            raw = base64.b64decode(signature, validate=True)
        except (NotBase64, ValueError):
            return False
        return is_signed(_text(lines), raw, by=self._theirs)


def question_digest(body: Mapping[str, Any]) -> str:
    """SHA-256 of a question's body without the card's number."""
    covered = {name: value for name, value in body.items() if name != CARD_FIELD}
    return hashlib.sha256(msgspec.json.encode(covered, order="sorted")).hexdigest()


def body_digest(body: bytes) -> str:
    """SHA-256 of a body as it came."""
    return hashlib.sha256(body).hexdigest()


def _text(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode()
