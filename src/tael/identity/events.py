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


class CredentialChanged(Event, frozen=True, kw_only=True, tag="identity.credential_changed"):
    """A credential of a login has changed; `object_id` is the login."""

    what: Change
    device: str = ""
    """With what it was done, as the browser calls itself."""
    address: str = ""
    """From where."""


EVENTS = (CredentialChanged,)
