"""When and where does a merchant get its money? Settings from a day on."""

from datetime import datetime
from enum import StrEnum

import msgspec

from tael.merchants.model.application import BankAccount


class Cycle(StrEnum):
    """How often a merchant's balance is paid out."""

    T1 = "t1"
    """The next working day."""
    D1 = "d1"
    """The next day."""
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SettlementSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a merchant is settled, from a moment until the next settings begin."""

    id: str
    merchant_id: str
    effective_from: datetime
    cycle: Cycle
    minimum_minor: int
    """Less than this waits for the next time, in fen."""
    reserve_basis_points: int
    """What share of the sales is held back for refunds and disputes."""
    account: BankAccount | None
    """Masked."""
    set_by: str
    approved_by: str | None
    """Who looked at a change of the account, of the cycle or of the reserve."""
    created_at: datetime
