"""What is an API key, and what may be asked of one?"""

from datetime import datetime, timedelta

import msgspec


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A public key by which requests with an API key may be signed."""

    id: str
    prefix: str
    """The API key's."""
    name: str
    algorithm: str
    public_key: str
    """PEM."""
    created_at: datetime
    revoked_at: datetime | None = None


class WantedKey(msgspec.Struct, frozen=True, kw_only=True):
    """What a key shall be."""

    name: str = ""
    """What it is for, in the words of whoever made it."""
    scopes: tuple[str, ...] | None = None
    """Permissions of `merchants.rules`; `None` is everything, also what comes later."""
    publishable: bool = False
    """Whether it may be seen by everybody: it opens nothing but the pages of payers."""
    addresses: tuple[str, ...] = ()
    """Networks (CIDR) in which it may be used; nothing means anywhere."""
    must_sign: bool = False
    """Whether a request without a signature is refused."""
    expires_at: datetime | None = None
    version: str | None = None
    """The version of the API that its holder was written for; the newest unless it is said."""
    reads_per_second: int | None = None
    """Instead of the installation's setting."""
    changes_per_second: int | None = None


class ApiKey(WantedKey, frozen=True, kw_only=True):
    """A key as it can be shown again: without its secret."""

    prefix: str
    merchant_id: str
    version: str
    created_at: datetime
    revoked_at: datetime | None = None
    rotated_at: datetime | None = None
    old_secret_until: datetime | None = None
    """Until then the secret before the last rotation is good, too."""
    last_used_at: datetime | None = None
    last_used_from: str | None = None
    """The address of its last use."""


class NewApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key at the only moment at which its secret is known."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"NewApiKey({self.key.prefix}…)"


class KeyCommand(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done with keys; of one merchant's, unless an operator does it."""

    merchant_id: str | None


class CreateKey(KeyCommand, frozen=True, kw_only=True):
    """Make a key; its secret was drawn already."""

    merchant_id: str
    prefix: str
    hash: bytes
    wanted: WantedKey


class RotateKey(KeyCommand, frozen=True, kw_only=True):
    """Give a key another secret; the one it had stays good for `overlap`."""

    prefix: str
    hash: bytes
    overlap: timedelta


class ChangeKey(KeyCommand, frozen=True, kw_only=True):
    """Change what a key asks of its requests; `None` leaves it as it is."""

    prefix: str
    name: str | None = None
    addresses: tuple[str, ...] | None = None
    must_sign: bool | None = None
    version: str | None = None


class RevokeKey(KeyCommand, frozen=True, kw_only=True):
    """End a key for good."""

    prefix: str


class AddSigningKey(KeyCommand, frozen=True, kw_only=True):
    """Let requests with a key be signed by one more private key."""

    prefix: str
    key: SigningKey


class RevokeSigningKey(KeyCommand, frozen=True, kw_only=True):
    """Believe a signing key no longer."""

    prefix: str
    id: str
