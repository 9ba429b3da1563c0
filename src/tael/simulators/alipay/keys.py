"""Who signs what? The application signs requests, Alipay signs answers and notices: RSA2 both."""

import base64
import binascii
import os
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

APP_ID = "2021000199990001"
SELLER_ID = "2088000199990001"

_PADDING = PKCS1v15()
_DIGEST = hashes.SHA256()


class SimulatorKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant would be given, and what Alipay keeps, side by side."""

    app_id: str
    seller_id: str
    app_private_pem: str
    """Not used by the simulator: it is here so that whoever sets up a client has it."""
    app_public_pem: str
    alipay_private_pem: str
    alipay_public_pem: str

    def __repr__(self) -> str:
        """Without the keys themselves."""
        return f"SimulatorKeys(app_id={self.app_id!r}, seller_id={self.seller_id!r}, keys hidden)"


def prepare_keys(folder: Path) -> SimulatorKeys:
    """The keys in `folder`, made there first if they are missing; the folder is 0700, each file 0600."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    app_private, app_public = _prepare_pair(folder, "app")
    alipay_private, alipay_public = _prepare_pair(folder, "alipay")
    return SimulatorKeys(
        app_id=APP_ID,
        seller_id=SELLER_ID,
        app_private_pem=app_private,
        app_public_pem=app_public,
        alipay_private_pem=alipay_private,
        alipay_public_pem=alipay_public,
    )


def _prepare_pair(folder: Path, owner: str) -> tuple[str, str]:
    private_file, public_file = folder / f"{owner}_private.pem", folder / f"{owner}_public.pem"
    if not private_file.exists():
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        _write_private(private_file, pem)
    if not public_file.exists():
        public = _load_private(private_file.read_text()).public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        _write_private(public_file, pem)
    return private_file.read_text(), public_file.read_text()


def _write_private(file: Path, content: bytes) -> None:
    """Write the whole file or nothing, readable by its owner only."""
    draft = file.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
    draft.rename(file)


def _load_private(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("the simulator's keys must be RSA")
    return key


class Seal:
    """Alipay's private key and the application's public key, loaded once."""

    def __init__(self, keys: SimulatorKeys) -> None:
        self._alipay = _load_private(keys.alipay_private_pem)
        app = serialization.load_pem_public_key(keys.app_public_pem.encode())
        if not isinstance(app, rsa.RSAPublicKey):
            raise ValueError("the simulator's keys must be RSA")
        self._app = app

    def sign(self, content: bytes) -> str:
        """Alipay's signature in base64."""
        return base64.b64encode(self._alipay.sign(content, _PADDING, _DIGEST)).decode()

    def signed_by_app(self, content: bytes, signature: str) -> bool:
        """Whether the application signed exactly `content`."""
        try:
            self._app.verify(base64.b64decode(signature, validate=True), content, _PADDING, _DIGEST)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def signing_text(parameters: dict[str, str], *without: str) -> str:
    """Sorted `name=value` pairs joined by `&`, empty values and the named parameters left out."""
    names = sorted(name for name, value in parameters.items() if value and name not in without)
    return "&".join([f"{name}={parameters[name]}" for name in names])
