"""What is a user asked before their money moves?"""

import msgspec

from tael.identity.model import Confirmation, Strength


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """How strongly an act is to be confirmed, and the question; no question if nothing has to be shown."""

    strength: Strength
    confirmation: Confirmation | None

    @property
    def confirmation_id(self) -> str:
        """The question's id; empty where nothing has to be shown."""
        return self.confirmation.id if self.confirmation is not None else ""
