"""What do API keys look like on the wire? Requests that are strict, and a body without the secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.http.signatures import Algorithm
from tael.foundation.printable import PRINTABLE
from tael.merchants.model.keys import ApiKey, SigningKey

Prefix = Annotated[
    str, Meta(description="What may be shown and logged of the key", examples=["tael_k3vqm2x7ab"])
]
KeyName = Annotated[
    str,
    Meta(
        max_length=64,
        pattern=PRINTABLE,
        description="What the key is for, in at most 64 printable characters",
        examples=["Shop in Hangzhou"],
    ),
]
Scopes = Annotated[
    tuple[str, ...] | None,
    Meta(
        description="What it may do: permissions such as `payments.read`; null is everything, also what comes later",
        examples=[["payments.read", "payments.write"]],
    ),
]
Addresses = Annotated[
    tuple[str, ...],
    Meta(
        description="Networks (CIDR) in which it may be used, at most 32; none means anywhere",
        examples=[["203.0.113.0/24", "2001:db8::/48"]],
    ),
]
MustSign = Annotated[bool, Meta(description="Whether a request without a signature is refused")]
Version = Annotated[
    str, Meta(max_length=32, description="The version of the API that it speaks", examples=["2026-11-22"])
]
ExpiresAt = Annotated[
    Annotated[datetime, Meta(tz=True)] | None,
    Meta(description="From when it is no longer good; null is never", examples=["2027-11-22T00:00:00Z"]),
]
_Moment = Annotated[datetime, Meta(tz=True)] | None


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class CreateKeyRequest(_Strict, frozen=True, kw_only=True):
    """What a new key shall be; everything that is left out is as wide as your own key."""

    name: KeyName = ""
    scopes: Scopes = None
    preset: Annotated[
        str | None,
        Meta(description="Instead of scopes: full, read_only, checkout, counter", examples=[None]),
    ] = None
    publishable: Annotated[
        bool, Meta(description="Whether it may be seen by everybody: it opens the pages of payers only")
    ] = False
    addresses: Addresses = ()
    expires_at: ExpiresAt = None
    version: Annotated[
        Version | None, Meta(description="The version of the API that it speaks; the newest if null")
    ] = None


class ChangeKeyRequest(_Strict, frozen=True, kw_only=True):
    """What shall change of a key; null leaves it as it is."""

    name: KeyName | None = None
    addresses: Addresses | None = None
    must_sign: MustSign | None = None
    version: Version | None = None


class RotateKeyRequest(_Strict, frozen=True, kw_only=True):
    """How long the secret that it has stays good beside the new one."""

    overlap_seconds: Annotated[
        int, Meta(ge=0, le=604_800, description="At most seven days; 0 ends it at once", examples=[86_400])
    ]


class RevokeKeyRequest(_Strict, frozen=True, kw_only=True):
    """Nothing: a key ends for good."""


class SigningKeyRequest(_Strict, frozen=True, kw_only=True):
    """A public key by which requests may be signed."""

    algorithm: Annotated[Algorithm, Meta(description="How it signs", examples=["ed25519"])]
    public_key: Annotated[
        str,
        Meta(
            max_length=4_000,
            description="PEM, as `openssl pkey -pubout` prints it",
            examples=["-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n"],
        ),
    ]
    name: KeyName = ""


class SigningKeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A public key by which requests may be signed."""

    id: Annotated[
        str, Meta(description="The `keyid` of its signatures", examples=["sgk_06dk3vg5m8x4t9c1h2zq7n0rby"])
    ]
    name: KeyName
    algorithm: Annotated[str, Meta(description="How it signs", examples=["ed25519"])]
    public_key: Annotated[str, Meta(description="PEM")]
    created_at: Annotated[datetime, Meta(tz=True, description="When it was registered")]
    revoked_at: Annotated[_Moment, Meta(description="Since when it is no longer believed", examples=[None])]


class KeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A key, as it can be shown again."""

    prefix: Prefix
    name: KeyName
    scopes: Scopes
    permissions: Annotated[
        tuple[str, ...], Meta(description="What it may do today", examples=[["payments.read"]])
    ]
    publishable: Annotated[bool, Meta(description="Whether it may be seen by everybody")]
    addresses: Addresses
    must_sign: MustSign
    version: Version
    reads_per_second: Annotated[
        int | None, Meta(description="What it may read, if not as usual", examples=[None])
    ]
    changes_per_second: Annotated[
        int | None, Meta(description="What it may change, if not as usual", examples=[None])
    ]
    signing_keys: Annotated[
        tuple[SigningKeyBody, ...], Meta(description="By what its requests may be signed", examples=[[]])
    ]
    created_at: Annotated[datetime, Meta(tz=True, description="When it was made")]
    expires_at: ExpiresAt
    rotated_at: Annotated[_Moment, Meta(description="When it was given its secret", examples=[None])]
    old_secret_until: Annotated[
        _Moment, Meta(description="Until when the secret before that is good, too", examples=[None])
    ]
    revoked_at: Annotated[_Moment, Meta(description="Since when it is no longer good", examples=[None])]
    last_used_at: Annotated[
        _Moment, Meta(description="When it was used last, to some seconds", examples=[None])
    ]
    last_used_from: Annotated[str | None, Meta(description="From which address", examples=["203.0.113.7"])]
    secret: Annotated[
        str | None,
        Meta(
            description="The key itself: in the first answer that makes or rotates it, and never again",
            examples=[None],
        ),
    ] = None


def body_of(key: ApiKey, signing_keys: Sequence[SigningKey], permissions: frozenset[str]) -> KeyBody:
    """A key as its merchant sees it."""
    plain = {
        name: getattr(key, name)
        for name in KeyBody.__struct_fields__
        if name not in ("permissions", "signing_keys", "secret")
    }
    mine = [each for each in signing_keys if each.prefix == key.prefix]
    return KeyBody(
        **plain,
        permissions=tuple(sorted(permissions)),
        signing_keys=tuple(
            SigningKeyBody(**{name: getattr(each, name) for name in SigningKeyBody.__struct_fields__})
            for each in mine
        ),
    )
