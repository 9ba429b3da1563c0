"""Whose keys are whose? Each product has its own: a shared secret, or a pair of SM2 keys on either side."""

import secrets
from collections.abc import Mapping
from pathlib import Path

from tael.foundation.signing import SigningKey, key_in
from tael.simulators.base import prepare_folder, write_private

PRODUCTS = ("identity_database", "mobile_operator", "bank_card", "document_face", "video")
WITH_SM2 = frozenset({"identity_database", "bank_card"})
"""The others share a secret."""
CLIENT = "tael-test"


def secret_of(home: Path, product: str) -> str:
    """The secret that a product's provider shares with its client."""
    prepare_folder(home)
    file = home / f"{product}.secret"
    if not file.exists():
        write_private(file, secrets.token_hex(32).encode())
    return file.read_text("ascii")


def client_key(home: Path, product: str) -> SigningKey:
    """The client's pair of keys."""
    return key_in(home, f"{product}-client", "sm2")


def provider_key(home: Path, product: str) -> SigningKey:
    """The provider's pair of keys."""
    return key_in(home, f"{product}-provider", "sm2")


def source_files(home: Path, url: str) -> Mapping[str, Mapping[str, str]]:
    """What a platform is told of each product; makes the keys if they are missing."""
    return {product: _source_file(home, url, product) for product in PRODUCTS}


def _source_file(home: Path, url: str, product: str) -> Mapping[str, str]:
    told = {"url": f"{url}/{product}/checks", "client": CLIENT}
    if product not in WITH_SM2:
        return {**told, "algorithm": "hmac-sha256", "secret": secret_of(home, product)}
    key = client_key(home, product)
    return {
        **told,
        "algorithm": "sm2-sm3",
        "private_key": f"sm2 {key.private.hex()} {key.public.hex()}",
        "provider_key": provider_key(home, product).name,
    }


def prepare_keys(home: Path) -> None:
    """Make every key that is missing."""
    source_files(home, "")
