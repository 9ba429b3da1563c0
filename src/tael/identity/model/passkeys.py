"""What is kept of a passkey, and what is it asked? (W3C Web Authentication, level 3)"""

from datetime import datetime
from typing import Any

import msgspec


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair of which the person's device keeps the private half."""

    id: str
    login_id: str
    name: str
    """What the person calls it."""
    is_synced: bool
    """Whether other devices of the person may have it, too."""
    created_at: datetime
    last_used_at: datetime | None = None


class PasskeyQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser asks its passkeys, to make one or to use one."""

    question: str
    """To be sent back with the answer. It says what was asked, sealed; it can be answered once, for some minutes."""
    options: dict[str, Any]
    """For `navigator.credentials`, as `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` take it."""
