"""Does what was shown fit what is kept? Passwords, codes of authenticators, tokens."""

import hashlib
import hmac

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

RECOVERY_CODES = 10
SALT_BYTES = 16
_ISSUER = "Tael"
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP's second choice for Argon2id: 19 MiB, two passes."""
NOBODYS = f"$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}${'A' * 22}${'A' * 43}"
"""What a password is compared with if there is no such login: as much work as for one that exists. Salt and hash are zeros."""


def hash_of_password(password: str, *, salt: bytes) -> str:
    """Argon2id, with parameters and salt; slow on purpose."""
    return _HASHER.hash(password, salt=salt)


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password whose hash is kept; slow on purpose."""
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def hash_of_token(token: str) -> bytes:
    """What is kept of something random that only its holder knows."""
    return hashlib.sha256(token.encode()).digest()


def matching_step(secret: str, code: str, *, step: int) -> int | None:
    """The half minute to which a code belongs, this one or one beside it; none if it fits nowhere."""
    authenticator = pyotp.TOTP(secret)
    fitting = [
        each
        for each in (step - 1, step, step + 1)
        if hmac.compare_digest(authenticator.generate_otp(each).encode(), code.encode())
    ]
    return fitting[-1] if fitting else None


def address_of(secret: str, *, email: str) -> str:
    """What the QR code says to an authenticator (`otpauth://`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)
