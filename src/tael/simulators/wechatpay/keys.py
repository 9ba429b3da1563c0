"""Who signs and seals what? The merchant its requests, WeChat Pay its answers and notices, in one of two ways.

Newer merchants check with a public key that has an id, older ones with a platform certificate. Here both work at
once, and there are two certificates, so that one can take over from the other. A request that names a key in
`Wechatpay-Serial` is answered with that key; others with the certificate that is in use.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

from tael.simulators.base import load_rsa, prepare_folder, prepare_rsa_pair, write_private

APP_ID = "wx2026simulator01"
MERCHANT_ID = "1900000109"
MERCHANT_SERIAL = "3775B6A45ACD588826D15E583A95F5DD00C0FFEE"
PUBLIC_KEY_ID = "PUB_KEY_ID_0119000001092026010100000000"
SCHEME = "WECHATPAY2-SHA256-RSA2048"

_CERTIFICATES = ("platform_old", "platform_new")
_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()
_SENSITIVE = OAEP(mgf=MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303 - WeChat Pay's choice
_VALID_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_VALID_TO = datetime(2044, 1, 1, tzinfo=UTC)


class SimulatorKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant would be given, and what WeChat Pay keeps, side by side."""

    merchant_private_pem: str
    """Not used by the simulator: it is here so that whoever sets up a client has it."""
    merchant_public_pem: str
    public_key_pem: str
    certificate_pems: tuple[str, ...]
    """The older one first."""
    private_pems: tuple[str, ...]
    """Of the public key, then of the certificates."""
    apiv3_key: str

    def __repr__(self) -> str:
        """Without the keys themselves."""
        return "SimulatorKeys(hidden)"


def prepare_keys(folder: Path) -> SimulatorKeys:
    """The keys in `folder`, made there first if they are missing; the folder is 0700, each file 0600."""
    prepare_folder(folder)
    merchant_private, merchant_public = prepare_rsa_pair(folder, "merchant")
    private, public = prepare_rsa_pair(folder, "wechatpay")
    pairs = [_prepare_certificate(folder, name) for name in _CERTIFICATES]
    key_file = folder / "apiv3_key.txt"
    if not key_file.exists():
        write_private(key_file, secrets.token_hex(16).encode())
    return SimulatorKeys(
        merchant_private_pem=merchant_private,
        merchant_public_pem=merchant_public,
        public_key_pem=public,
        certificate_pems=tuple(certificate for _, certificate in pairs),
        private_pems=(private, *(key for key, _ in pairs)),
        apiv3_key=key_file.read_text(),
    )


def _prepare_certificate(folder: Path, name: str) -> tuple[str, str]:
    """A private key and its certificate, signed by itself."""
    private_pem, _ = prepare_rsa_pair(folder, name)
    file = folder / f"{name}_certificate.pem"
    if not file.exists():
        key = load_rsa(private_pem)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tenpay.com sign (simulator)")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number((1 << 158) | secrets.randbits(156))  # 40 hexadecimal digits, as the real ones
            .not_valid_before(_VALID_FROM)
            .not_valid_after(_VALID_TO)
            .sign(key, _DIGEST)
        )
        write_private(file, certificate.public_bytes(serialization.Encoding.PEM))
    return private_pem, file.read_text()


def serial_of(certificate_pem: str) -> str:
    """A certificate's serial number as it stands in headers."""
    return f"{x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number:X}"


class Seal:
    """All keys, loaded once."""

    def __init__(self, keys: SimulatorKeys) -> None:
        self.serials = (PUBLIC_KEY_ID, *(serial_of(pem) for pem in keys.certificate_pems))
        self.certificate_pems = keys.certificate_pems
        self._keys: Mapping[str, rsa.RSAPrivateKey] = {
            serial: load_rsa(pem) for serial, pem in zip(self.serials, keys.private_pems, strict=True)
        }
        merchant = serialization.load_pem_public_key(keys.merchant_public_pem.encode())
        if not isinstance(merchant, rsa.RSAPublicKey):
            raise ValueError("the simulator's keys must be RSA")
        self._merchant = merchant
        self._sealing = AESGCM(keys.apiv3_key.encode())
        self.in_use = self.serials[1]
        """The certificate that signs for those who name no key."""

    def headers(self, body: bytes, *, serial: str, now: datetime, forged: bool = False) -> dict[str, str]:
        """The five headers that speak for an answer or notice."""
        timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
        serial = serial if serial in self._keys else self.in_use
        content = f"{timestamp}\n{nonce}\n".encode() + body + (b"!\n" if forged else b"\n")
        signature = self._keys[serial].sign(content, _PADDING, _DIGEST)
        return {
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": SCHEME,
            "Wechatpay-Timestamp": timestamp,
        }

    def signed_by_merchant(self, content: bytes, signature: str) -> bool:
        """Whether the merchant signed exactly `content`."""
        try:
            raw = base64.b64decode(signature, validate=True)
            self._merchant.verify(raw, content, _PADDING, _DIGEST)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return base64.b64encode(raw).decode() == signature

    def seal(self, text: bytes, *, about: str) -> dict[str, str]:
        """What only the merchant can read, in the form of a notice's `resource`."""
        nonce = secrets.token_hex(6)
        ciphertext = self._sealing.encrypt(nonce.encode(), text, about.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(ciphertext).decode(),
            "associated_data": about,
            "nonce": nonce,
        }

    def unseal(self, sensitive: str, *, serial: str) -> str | None:
        """A person's name that the merchant sealed for us; None if it cannot be read."""
        key = self._keys.get(serial)
        try:
            return (
                key.decrypt(base64.b64decode(sensitive, validate=True), _SENSITIVE).decode() if key else None
            )
        except (binascii.Error, ValueError):
            return None
