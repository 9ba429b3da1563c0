"""What moved a wallet: the list, one of it, and what a month comes to."""

from collections.abc import Iterable, Sequence

from tael.users.api import OpenThing
from tael.wallets.model.bills import Bill, BillFilter, BillKind, BillPage, Describe, MonthSummary
from tael.wallets.usecases import bills, closing
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.left_behind import LeftBehind, left_behind

CURRENCY = "CNY"


class Bills:
    """Everything that moved the wallets of one house, as the ledger says."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.describers: dict[BillKind, Describe] = {}
        """Who knows of the kinds that wallets do not know themselves."""

    def let_describe(self, kinds: Iterable[BillKind], describe: Describe) -> None:
        """Whom to ask for what is known of kinds that wallets do not know themselves."""
        self.describers |= dict.fromkeys(kinds, describe)

    async def list(self, wanted: BillFilter) -> BillPage:
        """One page, newest first; refuses `WalletMalformed`. A page may be short without being the last (decision 31)."""
        return await bills.page_of(self._ground, self.describers, wanted)

    async def get(self, bill_id: str, *, user_id: str, currency: str = CURRENCY) -> Bill:
        """One of a user's; refuses `NoSuchBill`."""
        return await bills.one_of(self._ground, self.describers, bill_id, user_id=user_id, currency=currency)

    async def month(self, user_id: str, month: str, *, currency: str = CURRENCY) -> MonthSummary:
        """What a month (`2026-11`) comes to; refuses `WalletMalformed`, `MonthArchived`."""
        return await bills.month_of(self._ground, user_id, month, currency=currency)

    async def left_behind(self, *, limit: int) -> Sequence[LeftBehind]:
        """What is in wallets of users who have left: it stays theirs, and staff see to it that they get it."""
        return await left_behind(self._ground, limit=limit)

    # What users asks for.

    async def still_open(self, user_id: str) -> Sequence[OpenThing]:
        """What of a user's must end before their account is closed: money, and what is under way."""
        return await closing.still_open(self._ground, user_id)

    async def all_of(self, user_id: str) -> object:
        """What is kept of a user here, for the copy of their data."""
        return await closing.all_of(self._ground, self.describers, user_id)
