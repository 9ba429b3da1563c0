"""Who signed this? RSA with SHA-256 both ways, each message with the number of the key that signed it.

WeChat Pay signs with a key that it names in `Wechatpay-Serial`: the public key of newer merchants
(`PUB_KEY_ID_…`) or the platform certificate of older ones (a serial number in hexadecimal). While it changes
from one to the other, both are in use, so we hold several and take the one that is named.

A signature covers time, nonce and body. The time must be near ours: an old answer or notice that somebody
kept is not to be believed again. WeChat Pay also sends answers and notices with signatures that begin with
`WECHATPAY/SIGNTEST/` and are wrong on purpose, to see whether we look.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tael.channels.port import fingerprint_of

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
SIGNATURE_TEST = "WECHATPAY/SIGNTEST/"

_SMALLEST_KEY_BITS = 2048
_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()
# The protocol's own choice for sensitive fields.
_SEALED_TO_CHANNEL = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303
_BLOCK = re.compile(
    r"(?:(PUB_KEY_ID_[0-9A-Za-z]{1,64})\s{1,16})?"
    r"(-----BEGIN (PUBLIC KEY|CERTIFICATE)-----[^-]{1,10000}-----END \3-----)"
)
_SECONDS = re.compile(r"[0-9]{1,12}")
_NONCE = re.compile(r"[\x21-\x7e]{1,128}")


class Disbelieved(Exception):
    """A message is not WeChat Pay's, or not of now."""


class Signer:
    """Signs with the merchant's private key."""

    def __init__(self, private_key_pem: str, *, merchant_id: str, serial: str) -> None:
        """Load the key; raises `ValueError` if it is not RSA of 2048 bits or more."""
        key = load_pem_private_key(private_key_pem.strip().encode(), password=None)
        if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY_BITS:
            raise ValueError(f"our key for WeChat Pay must be RSA, {_SMALLEST_KEY_BITS} bits or more")
        self._key = key
        self._merchant_id = merchant_id
        self._serial = serial

    def sign(self, text: str) -> str:
        """The signature over `text`, in base64."""
        return base64.b64encode(self._key.sign(text.encode(), _PADDING, _DIGEST)).decode()

    def authorization(self, method: str, target: str, body: bytes, *, now: datetime) -> str:
        """The `Authorization` header of one request; `target` is its path and query."""
        timestamp, nonce = str(int(now.timestamp())), new_nonce()
        signature = self.sign(f"{method}\n{target}\n{timestamp}\n{nonce}\n{body.decode()}\n")
        return (
            f'{SCHEME} mchid="{self._merchant_id}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{timestamp}",serial_no="{self._serial}"'
        )


def new_nonce() -> str:
    """32 characters that nobody can foresee."""
    return secrets.token_hex(16).upper()


class ChannelKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of WeChat Pay's."""

    serial: str
    key: RSAPublicKey
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether its certificate, if it has one, is valid now."""
        return (self.valid_from is None or self.valid_from <= now) and (
            self.valid_to is None or now <= self.valid_to
        )


class ChannelKeys:
    """WeChat Pay's keys, old and new, by their numbers."""

    def __init__(self, pem: str) -> None:
        """Load them; raises `ValueError` with words for people if there is none, or one cannot be used."""
        self._keys = {key.serial: key for key in _read_keys(pem)}
        if not self._keys:
            raise ValueError(
                "there is no key of WeChat Pay's: neither a certificate nor a public key with its id"
            )

    def newest(self, now: datetime) -> ChannelKey:
        """The one to seal with, and to ask answers to be signed with: a public key before a certificate."""
        valid = [key for key in self._keys.values() if key.is_valid(now)] or list(self._keys.values())
        return max(valid, key=lambda key: (key.valid_to is None, str(key.valid_to or "")))

    def check(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
        """Raise `Disbelieved` unless WeChat Pay signed exactly this body, and signed it now."""
        timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        signature = headers.get("wechatpay-signature", "")
        if headers.get("wechatpay-signature-type") != SCHEME:
            raise Disbelieved("it is signed in a way that we do not know")
        if not signature or signature.startswith(SIGNATURE_TEST):
            raise Disbelieved("it carries no signature of WeChat Pay's")
        if not _SECONDS.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            raise Disbelieved("it does not say when it was signed")
        key = self._keys.get(headers.get("wechatpay-serial", ""))
        if key is None or not key.is_valid(now):
            raise Disbelieved("it is signed with a key that we do not have")
        content = timestamp.encode() + b"\n" + nonce.encode() + b"\n" + body + b"\n"
        if not _signed(key.key, content, signature):
            raise Disbelieved("its signature is wrong")
        if abs(int(timestamp) - now.timestamp()) > WINDOW_SECONDS:
            raise Disbelieved(f"it was signed more than {WINDOW_SECONDS} seconds from now")


def _signed(key: RSAPublicKey, content: bytes, signature: str) -> bool:
    """Whether `signature` is the one way to write down a right signature over `content`."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, content, _PADDING, _DIGEST)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return base64.b64encode(raw).decode() == signature


def seal_to(key: ChannelKey, text: str) -> str:
    """A person's name so that only WeChat Pay can read it."""
    return base64.b64encode(key.key.encrypt(text.encode(), _SEALED_TO_CHANNEL)).decode()


class Unsealer:
    """Opens what WeChat Pay seals with the key that only it and we have."""

    def __init__(self, apiv3_key: str) -> None:
        """Raises `ValueError` if it is not of 32 bytes."""
        key = apiv3_key.strip().encode()
        if len(key) != 32:
            raise ValueError("the APIv3 key has 32 characters")
        self._key = AESGCM(key)

    def open(self, ciphertext: str, *, nonce: str, associated_data: str) -> bytes:
        """The text; raises `Disbelieved` if it was not sealed with our key."""
        try:
            sealed = base64.b64decode(ciphertext, validate=True)
            return self._key.decrypt(nonce.encode(), sealed, associated_data.encode())
        except (InvalidTag, binascii.Error, ValueError, OverflowError):
            raise Disbelieved("it was not sealed with our APIv3 key") from None


def read_certificate(pem: bytes) -> ChannelKey:
    """The key of a platform certificate; raises `ValueError` if it cannot be used."""
    certificate = x509.load_pem_x509_certificate(pem)
    return ChannelKey(
        serial=f"{certificate.serial_number:X}",
        key=_strong(certificate.public_key()),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


def fingerprints(pem: str) -> list[str]:
    """What may be known of WeChat Pay's keys: the number and the fingerprint of each; raises `ValueError`."""
    return [f"{each.serial} {fingerprint_of(each.key)}" for each in _read_keys(pem)]


def _read_keys(pem: str) -> Iterator[ChannelKey]:
    for key_id, block, kind in _BLOCK.findall(pem):
        if kind == "CERTIFICATE":
            yield read_certificate(block.encode())
        elif not key_id:
            raise ValueError("a public key of WeChat Pay's needs its id (PUB_KEY_ID_…) in the line before it")
        else:
            yield ChannelKey(serial=key_id, key=_strong(load_pem_public_key(block.encode())))


def _strong(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise ValueError(f"a key of WeChat Pay's must be RSA, {_SMALLEST_KEY_BITS} bits or more")
    return key
