"""Who signed this? RSA over the SHA-256 of the fields, with a certificate that comes along and proves itself.

The fields but `signature` are sorted by name and joined as `k=v&k=v`; the SHA-256 of that text, written in small
hexadecimal letters, is what is signed (SHA256withRSA, `signMethod=01` of version 5.1.0). UnionPay sends its
certificate with every message (`signPubKeyCert`). Anybody can send a certificate, so it counts only if it was issued by
one of the authorities that we were told of, is valid now, and names UnionPay as its owner: the same authority issues
certificates to others, too. Several authorities may be trusted at a time, so that old and new ones can overlap.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SIGNATURE = "signature"
CERTIFICATE = "signPubKeyCert"

_SMALLEST_KEY_BITS = 2048
_LONGEST_CERTIFICATE = 8_000
_PADDING = PKCS1v15()
_SHA256 = hashes.SHA256()
_ISSUED_WITH = (hashes.SHA1, hashes.SHA256, hashes.SHA384, hashes.SHA512)
"""CFCA still issues with SHA-1. It is no danger here: whoever could make use of a collision is the issuer."""

_CERTIFICATE_PROBLEMS = (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.DuplicateExtension)


def text_to_sign(fields: Mapping[str, str]) -> bytes:
    """What is signed, in UTF-8: the digest of all fields but the signature itself."""
    text = "&".join([f"{name}={fields[name]}" for name in sorted(fields) if name != SIGNATURE])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest().encode()


def signed_by(certificate: x509.Certificate, fields: Mapping[str, str]) -> bool:
    """Whether `signature` was made over exactly these fields with the certificate's key."""
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        return False
    try:
        signature = base64.b64decode(fields.get(SIGNATURE, ""), validate=True)
        key.verify(signature, text_to_sign(fields), _PADDING, _SHA256)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


class Signer:
    """Signs with the merchant's private key."""

    def __init__(self, *, private_key_pem: str, certificate_pem: str) -> None:
        """Load both; raises `ValueError` if they do not belong together."""
        key = load_pem_private_key(private_key_pem.strip().encode(), password=None)
        if not isinstance(key, RSAPrivateKey) or key.key_size < _SMALLEST_KEY_BITS:
            raise ValueError(f"our key for UnionPay must be RSA, {_SMALLEST_KEY_BITS} bits or more")
        certificate = x509.load_pem_x509_certificate(certificate_pem.strip().encode())
        if certificate.public_key() != key.public_key():
            raise ValueError("our certificate for UnionPay belongs to another private key")
        self._key = key
        self.certificate_number = str(certificate.serial_number)
        """`certId`, by which UnionPay finds the key to check with."""

    def sign(self, fields: Mapping[str, str]) -> dict[str, str]:
        """The fields with `certId` and the signature."""
        complete = {**fields, "certId": self.certificate_number}
        signature = self._key.sign(text_to_sign(complete), _PADDING, _SHA256)
        complete[SIGNATURE] = base64.b64encode(signature).decode()
        return complete


class EncryptionCertificate(msgspec.Struct, frozen=True):
    """For whom fields are encrypted that only UnionPay may read."""

    pem: str
    number: str
    """`encryptCertId`, by which UnionPay finds the key to decrypt with."""


def read_certificate(pem: str) -> EncryptionCertificate | None:
    """UnionPay's certificate for sensitive fields, if we were told one; raises `ValueError` for what is none."""
    if not pem.strip():
        return None
    certificate = x509.load_pem_x509_certificate(pem.strip().encode())
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise ValueError(
            f"UnionPay's certificate for sensitive fields must be RSA, {_SMALLEST_KEY_BITS} bits or more"
        )
    return EncryptionCertificate(pem.strip(), str(certificate.serial_number))


class Trust:
    """Knows whose certificates are UnionPay's."""

    def __init__(self, *, authorities_pem: str, owners: tuple[str, ...]) -> None:
        """Raises `ValueError` unless every authority in the text goes back to a root in the same text."""
        authorities = x509.load_pem_x509_certificates(authorities_pem.strip().encode())
        for authority in authorities:
            if not _is_authority(authority):
                raise ValueError(f"{_name_of(authority)} is no certificate of an authority")
            if not any(_issued(authority, by=other) for other in authorities):
                raise ValueError(f"nobody vouches for {_name_of(authority)}: its root is missing")
        self._authorities = authorities
        self._owners = owners
        self._load = lru_cache(maxsize=8)(self._load_believed)

    def believes(self, fields: Mapping[str, str], *, now: datetime) -> bool:
        """Whether UnionPay signed exactly these fields."""
        text = fields.get(CERTIFICATE, "")
        if not text or len(text) > _LONGEST_CERTIFICATE:
            return False
        certificate = self._load(text)
        if certificate is None:
            return False
        begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        return begins <= now <= ends and signed_by(certificate, fields)

    def _load_believed(self, text: str) -> x509.Certificate | None:
        """The certificate in the text, if one of our authorities issued it to UnionPay."""
        try:
            certificate = x509.load_pem_x509_certificate(text.encode())
            issued = any(_issued(certificate, by=authority) for authority in self._authorities)
            names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        except _CERTIFICATE_PROBLEMS:
            return None
        parts = str(names[-1].value).split("@") if names else []
        owner = parts[2] if len(parts) > 2 else ""
        return certificate if issued and owner in self._owners else None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _issued(certificate: x509.Certificate, *, by: x509.Certificate) -> bool:
    key, digest = by.public_key(), certificate.signature_hash_algorithm
    if certificate.issuer != by.subject or not isinstance(key, RSAPublicKey):
        return False
    if not isinstance(digest, _ISSUED_WITH):
        return False
    try:
        key.verify(certificate.signature, certificate.tbs_certificate_bytes, _PADDING, digest)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _name_of(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()[:120]
