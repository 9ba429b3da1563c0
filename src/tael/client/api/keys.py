"""What can be asked about keys?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class TeamRole(Word):
    """What somebody does at a merchant."""

    CASHIER = "cashier"
    DEVELOPER = "developer"
    FINANCE = "finance"
    OWNER = "owner"
    VIEWER = "viewer"


class MemberState(Word):
    """Whether somebody is there."""

    ACTIVE = "active"
    INVITED = "invited"
    REMOVED = "removed"


class TeamMember(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A person at a merchant."""

    id: str
    merchant_id: str
    email: str
    name: str
    role: TeamRole
    stores: list[str]
    state: MemberState
    login_id: str | None
    invited_by: str
    invited_at: str
    expires_at: str | None
    joined_at: str | None


class Invitation(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who was invited, and the link for them."""

    member: TeamMember
    link: str | None
    """Hand it to the person; it works once. Null as soon as it was used or taken back"""


class SigningKey(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A public key by which requests may be signed."""

    id: str
    """The `keyid` of its signatures"""
    name: str
    """What the key is for, in at most 64 printable characters"""
    algorithm: str
    """How it signs"""
    public_key: str
    """PEM"""
    created_at: datetime
    """When it was registered"""
    revoked_at: datetime | None
    """Since when it is no longer believed"""


class Key(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A key, as it can be shown again."""

    prefix: str
    """What may be shown and logged of the key"""
    name: str
    """What the key is for, in at most 64 printable characters"""
    scopes: list[str] | None
    """What it may do: permissions such as `payments.read`; null is everything, also what comes later"""
    permissions: list[str]
    """What it may do today"""
    publishable: bool
    """Whether it may be seen by everybody"""
    addresses: list[str]
    """Networks (CIDR) in which it may be used, at most 32; none means anywhere"""
    must_sign: bool
    """Whether a request without a signature is refused"""
    version: str
    """The version of the API that it speaks"""
    reads_per_second: int | None
    """What it may read, if not as usual"""
    changes_per_second: int | None
    """What it may change, if not as usual"""
    signing_keys: list[SigningKey]
    """By what its requests may be signed"""
    created_at: datetime
    """When it was made"""
    expires_at: datetime | None
    """From when it is no longer good; null is never"""
    rotated_at: datetime | None
    """When it was given its secret"""
    old_secret_until: datetime | None
    """Until when the secret before that is good, too"""
    revoked_at: datetime | None
    """Since when it is no longer good"""
    last_used_at: datetime | None
    """When it was used last, to some seconds"""
    last_used_from: str | None
    """From which address"""
    secret: str | None = None
    """The key itself: in the first answer that makes or rotates it, and never again"""


class Keys(Resource[M]):
    """Keys."""

    @operation
    def create(
        self,
        *,
        name: str | None = None,
        scopes: Sequence[str] | None = None,
        preset: str | None = None,
        publishable: bool | None = None,
        addresses: Sequence[str] | None = None,
        expires_at: datetime | None = None,
        version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Key]:
        """Make an API key. Its secret is in this answer and nowhere else: a repeat shows the key without it.

        `name`: What the key is for, in at most 64 printable characters. `scopes`: What it may do: permissions
        such as `payments.read`; null is everything, also what comes later. `preset`: Instead of scopes: full,
        read_only, checkout, counter. `publishable`: Whether it may be seen by everybody: it opens the pages
        of payers only. `addresses`: Networks (CIDR) in which it may be used, at most 32; none means anywhere.
        `expires_at`: From when it is no longer good; null is never. `version`: The version of the API that it
        speaks; the newest if null.
        """
        return change("/v1/keys", Key, locals())

    @operation
    def get(self, prefix: str) -> Call[Key]:
        """One API key. When it was used last and from where, and by what its requests may be signed."""
        return read("/v1/keys/{prefix}", Key, locals())

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Key]]:
        """API keys, newest first, without their secrets. Also those that were revoked.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/keys", Page[Key], locals())

    @operation
    def change(
        self,
        prefix: str,
        *,
        name: str | None = None,
        addresses: Sequence[str] | None = None,
        must_sign: bool | None = None,
        version: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Key]:
        """Change an API key's name, networks, duty to sign or version. What it may do stays: make another key
        for that.
        """
        return change("/v1/keys/{prefix}", Key, locals())

    @operation
    def rotate(self, prefix: str, *, overlap_seconds: int, idempotency_key: str | None = None) -> Call[Key]:
        """Give an API key another secret. The one it had stays good for `overlap_seconds`; a key may rotate
        itself.

        `overlap_seconds`: At most seven days; 0 ends it at once.
        """
        return change("/v1/keys/{prefix}/rotate", Key, locals())

    @operation
    def revoke(self, prefix: str, *, idempotency_key: str | None = None) -> Call[Key]:
        """End an API key for good. Within seconds nobody is let in with it."""
        return change("/v1/keys/{prefix}/revoke", Key, locals())

    @operation
    def add_signing_key(
        self,
        prefix: str,
        *,
        algorithm: Literal["ed25519", "rsa-pss-sha512", "rsa-v1_5-sha256", "sm2-sm3"],
        public_key: str,
        name: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Key]:
        """Register a public key. Requests with the API key may then be signed (RFC 9421), and are refused if
        it is wrong.

        `algorithm`: How it signs. `public_key`: PEM, as `openssl pkey -pubout` prints it. `name`: What the
        key is for, in at most 64 printable characters.
        """
        return change("/v1/keys/{prefix}/signing_keys", Key, locals())

    @operation
    def revoke_signing_key(
        self, prefix: str, signing_key_id: str, *, idempotency_key: str | None = None
    ) -> Call[Key]:
        """Believe a public key no longer. Register its successor first if the API key must sign."""
        return change("/v1/keys/{prefix}/signing_keys/{signing_key_id}/revoke", Key, locals())


class Team(Resource[M]):
    """Team."""

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[TeamMember]]:
        """List the team. Who is there or invited, in the order in which they came.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/team", Page[TeamMember], locals())

    @operation
    def invite(
        self,
        *,
        email: str,
        role: TeamRole | Literal["cashier", "developer", "finance", "owner", "viewer"],
        stores: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Invitation]:
        """Invite somebody to the team. Asked again for the same address, there is a new link, and the old one
        is void.

        `stores`: The only stores in which they act; empty: everywhere. Left out or null: as they were, and
        everywhere for whoever is new.
        """
        return change("/v1/team/invitations", Invitation, locals())

    @operation
    def change(
        self,
        member_id: str,
        *,
        role: TeamRole | Literal["cashier", "developer", "finance", "owner", "viewer"],
        stores: Sequence[str] | None = None,
        idempotency_key: str | None = None,
    ) -> Call[TeamMember]:
        """Change a member. Another role, or other stores; a merchant is never without an owner.

        `stores`: The only stores in which they act; empty: everywhere. Left out or null: as they were, and
        everywhere for whoever is new.
        """
        return change("/v1/team/{member_id}", TeamMember, locals())

    @operation
    def remove(self, member_id: str, *, idempotency_key: str | None = None) -> Call[TeamMember]:
        """Remove a member. They are let in no more, at once; an invitation is taken back."""
        return change("/v1/team/{member_id}/remove", TeamMember, locals())
