"""What does identity tell others? That what proves who somebody is has changed: they have to hear of it."""

from enum import StrEnum

from tael.foundation.events import Event


class Change(StrEnum):
    """What has changed."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind
    PAYMENT_PASSWORD = "payment_password"  # noqa: S105 - likewise
    SECOND_FACTOR = "second_factor"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    DEVICE_REVOKED = "device_revoked"
    SMALL_AMOUNTS = "small_amounts"
    """Up to how much passes without a confirmation, or that nothing does any longer."""


class CredentialChanged(Event, frozen=True, kw_only=True, tag="identity.credential_changed"):
    """A credential of a login has changed; `object_id` is the login."""

    what: Change
    called: str = ""
    """What its holder calls it: of a passkey."""
    device: str = ""
    """With what it was done, as the browser calls itself."""
    address: str = ""
    """From where."""
    device_id: str | None = None
    """At which device of theirs, if they were signed in."""


class ProofRefused(Event, frozen=True, kw_only=True, tag="identity.proof_refused"):
    """Something wrong was shown by somebody who is signed in, or half in: they knew the password. `object_id` is the login."""

    factor: str
    """What should have been shown: a factor, or `password`."""
    action: str
    """What it was shown for, as in the audit trail: `sign_in`, `prove`, `confirm`, `change_password` and the like."""
    act: str = ""
    """Of `confirm`: of what kind the act is that was not confirmed, such as `transfer`."""
    device: str = ""
    """With what, as the browser calls itself."""
    address: str = ""
    """From where."""
    device_id: str | None = None
    """At which device of theirs, if they were signed in."""


EVENTS = (CredentialChanged, ProofRefused)
