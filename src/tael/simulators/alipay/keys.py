"""Who signs what? The application signs requests, Alipay signs answers and notices: RSA2 both.

In certificate mode the same keys lie in certificates of a root that was made here, and both sides name them by their
"SN": the MD5 of issuer and serial number.
"""

import base64
import binascii
import hashlib
from datetime import timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID

from tael.foundation.clock import SystemClock
from tael.simulators.base import load_rsa, prepare_folder, prepare_rsa_pair, write_private

APP_ID = "2021000199990001"
SELLER_ID = "2088000199990001"

_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()
_NAMES = (
    (NameOID.COMMON_NAME, "CN"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "OU"),
    (NameOID.ORGANIZATION_NAME, "O"),
    (NameOID.COUNTRY_NAME, "C"),
)


class SimulatorKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant would be given, and what Alipay keeps, side by side."""

    app_id: str
    seller_id: str
    app_private_pem: str
    """Not used by the simulator: it is here so that whoever sets up a client has it."""
    app_public_pem: str
    alipay_private_pem: str
    alipay_public_pem: str
    app_certificate_pem: str
    alipay_certificate_pem: str
    root_certificate_pem: str

    def __repr__(self) -> str:
        """Without the keys themselves."""
        return f"SimulatorKeys(app_id={self.app_id!r}, seller_id={self.seller_id!r}, keys hidden)"


def prepare_keys(folder: Path) -> SimulatorKeys:
    """The keys in `folder`, made there first if they are missing; the folder is 0700, each file 0600."""
    prepare_folder(folder)
    app_private, app_public = prepare_rsa_pair(folder, "app")
    alipay_private, alipay_public = prepare_rsa_pair(folder, "alipay")
    root = load_rsa(alipay_private)
    return SimulatorKeys(
        app_id=APP_ID,
        seller_id=SELLER_ID,
        app_private_pem=app_private,
        app_public_pem=app_public,
        alipay_private_pem=alipay_private,
        alipay_public_pem=alipay_public,
        app_certificate_pem=_prepare_certificate(folder, "app", load_rsa(app_private).public_key(), root),
        alipay_certificate_pem=_prepare_certificate(folder, "alipay", root.public_key(), root),
        root_certificate_pem=_prepare_certificate(folder, "root", root.public_key(), root),
    )


def _prepare_certificate(folder: Path, owner: str, key: rsa.RSAPublicKey, root: rsa.RSAPrivateKey) -> str:
    file = folder / f"{owner}_certificate.pem"
    if not file.exists():
        issuer = _name("Simulated root")
        now = SystemClock().now()
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(f"Simulated {owner}"))
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(root, hashes.SHA256())
        )
        write_private(file, certificate.public_bytes(serialization.Encoding.PEM))
    return file.read_text()


def _name(common_name: str) -> x509.Name:
    values = (common_name, "Simulators", "Tael", "CN")
    return x509.Name([x509.NameAttribute(oid, value) for (oid, _), value in zip(_NAMES, values, strict=True)])


def sn_of(certificate_pem: str) -> str:
    """How Alipay names a certificate."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    parts = [f"{short}={certificate.issuer.get_attributes_for_oid(oid)[0].value!s}" for oid, short in _NAMES]
    return hashlib.md5((",".join(parts) + str(certificate.serial_number)).encode()).hexdigest()


class Seal:
    """Alipay's private key and the application's public keys."""

    def __init__(self, keys: SimulatorKeys) -> None:
        self._alipay = load_rsa(keys.alipay_private_pem)
        self._app: list[rsa.RSAPublicKey] = []
        self.accept(keys.app_public_pem)
        self.app_sn = sn_of(keys.app_certificate_pem)
        self.root_sn = sn_of(keys.root_certificate_pem)
        self.alipay_sn = sn_of(keys.alipay_certificate_pem)

    def sign(self, content: bytes) -> str:
        """Alipay's signature in base64."""
        return base64.b64encode(self._alipay.sign(content, _PADDING, _DIGEST)).decode()

    def signed_by_app(self, content: bytes, signature: str) -> bool:
        """Whether the application signed exactly `content`, with any of its keys."""
        return any(_signed(key, content, signature) for key in self._app)

    def accept(self, *public_pems: str) -> None:
        """From now on the application signs with these keys and no others: several while one takes over."""
        keys = [serialization.load_pem_public_key(pem.encode()) for pem in public_pems]
        self._app = [key for key in keys if isinstance(key, rsa.RSAPublicKey)]


def _signed(key: rsa.RSAPublicKey, content: bytes, signature: str) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), content, _PADDING, _DIGEST)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def signing_text(parameters: dict[str, str], *without: str) -> str:
    """Sorted `name=value` pairs joined by `&`, empty values and the named parameters left out."""
    names = sorted(name for name, value in parameters.items() if value and name not in without)
    return "&".join([f"{name}={parameters[name]}" for name in names])
