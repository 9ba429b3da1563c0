"""What may anybody know of a key, so that people can compare it with what the other side says?"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def fingerprint_of(key: PublicKeyTypes) -> str:
    """SHA-256 of a public key (DER, SubjectPublicKeyInfo): `openssl pkey -pubin -outform DER | sha256sum` says the same."""
    content = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"SHA-256 {hashlib.sha256(content).hexdigest()}"
