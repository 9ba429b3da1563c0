"""How does a test hold a passkey? An authenticator in software that speaks as a browser would (W3C Web Authentication)."""

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

_USER_PRESENT, _USER_VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40
_ES256, _P256 = -7, 1
_COORDINATE_BYTES = 32


class SoftAuthenticator:
    """A phone or a security key with any number of passkeys, in the browser that shows `origin`."""

    def __init__(self, origin: str = "http://localhost:8080", *, counts: bool = True) -> None:
        """counts: whether it counts its signatures, as security keys do; those that are synced do not."""
        self.origin = origin
        self.verifies = True
        """Whether its holder shows a finger."""
        self.cross_origin = False
        """Whether the page stands in a frame of another site."""
        self._counts = counts
        self._keys: dict[bytes, tuple[str, ec.EllipticCurvePrivateKey]] = {}
        self.count = 0

    def make(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.create` answers to these options, as JSON."""
        id, key = secrets.token_bytes(16), ec.generate_private_key(ec.SECP256R1())
        host = options["rp"]["id"]
        self._keys[id] = host, key
        numbers = key.public_key().public_numbers()
        public_key = {
            1: 2,
            3: _ES256,
            -1: _P256,
            -2: numbers.x.to_bytes(_COORDINATE_BYTES),
            -3: numbers.y.to_bytes(_COORDINATE_BYTES),
        }
        attested = bytes(16) + len(id).to_bytes(2) + id + encode_cbor(public_key)
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(host, _HAS_KEY) + attested,
        }
        client = self._client("webauthn.create", options["challenge"])
        return _answer(
            id,
            clientDataJSON=client,
            attestationObject=encode_cbor(statement),
            transports=["internal"],
        )

    def use(self, options: dict[str, Any]) -> str:
        """What `navigator.credentials.get` answers, with the newest key that fits."""
        host = options["rpId"]
        allowed = [_bytes(each["id"]) for each in options.get("allowCredentials", ())]
        fitting = [id for id, (of, _) in self._keys.items() if of == host and (not allowed or id in allowed)]
        id = fitting[-1]
        data = self._data(host)
        client = self._client("webauthn.get", options["challenge"])
        signed = data + hashlib.sha256(client).digest()
        signature = self._keys[id][1].sign(signed, ec.ECDSA(hashes.SHA256()))
        return _answer(id, clientDataJSON=client, authenticatorData=data, signature=signature)

    def _data(self, host: str, flags: int = 0) -> bytes:
        self.count += self._counts
        flags |= _USER_PRESENT | (_USER_VERIFIED if self.verifies else 0)
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, type: str, challenge: str) -> bytes:
        told = {
            "type": type,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(told).encode()


def _answer(id: bytes, **response: bytes | list[str]) -> str:
    written = {name: _text(value) if isinstance(value, bytes) else value for name, value in response.items()}
    return json.dumps({"id": _text(id), "rawId": _text(id), "type": "public-key", "response": written})


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
