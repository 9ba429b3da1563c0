"""What is money that may not be spent?"""

from datetime import datetime
from enum import StrEnum

import msgspec


class FreezeKind(StrEnum):
    """Who wants it."""

    BY_USER = "by_user"
    BY_RISK = "by_risk"
    BY_LAW = "by_law"


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """Money of a user that may not be spent. What arrives may arrive."""

    id: str
    user_id: str
    kind: FreezeKind
    amount_minor: int | None
    """So much of the balance, and if there is less: of what arrives, too. `None`: everything."""
    currency: str
    order_number: str | None
    authority: str | None
    set_by: str
    set_at: datetime
    until: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it counts then."""
        return (
            self.set_at <= moment and self.lifted_at is None and (self.until is None or moment < self.until)
        )
