"""How often may a user look for payees? So that nobody reads our users off by trying numbers, or names by trying characters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tael.foundation.http.limits import Limits, Rate
from tael.wallets.api import Wallets
from tael.wallets.errors import TooManyLookups

_MINUTE, _HOUR = 60, 3600


class Lookups:
    """Counts each user's, wherever they look: in the app's pages, through the API, with a transfer."""

    def __init__(self, limits: Limits, wallets: Wallets) -> None:
        self._limits = limits
        self._wallets = wallets

    async def count(self, user_id: str) -> None:
        """One more; refuses `TooManyLookups`."""
        rule = self._wallets.rule
        for seconds, most in ((_MINUTE, rule.lookups_minute), (_HOUR, rule.lookups_hour)):
            taken = await self._limits.ask(_bucket(user_id, seconds), Rate(most, seconds))
            if taken.wait_seconds:
                raise TooManyLookups(
                    f"You have looked for more than {most} payees in a short time.",
                    retry_after_seconds=taken.wait_seconds,
                    hint="Come back later. Whom you have paid before is in your bills.",
                )

    @asynccontextmanager
    async def counting_wrong(self, user_id: str) -> AsyncIterator[None]:
        """Count a guess if it is refused within; who has none left is not told of a right one either: `TooManyLookups`."""
        await self.count(user_id)
        yield
        for seconds in (_MINUTE, _HOUR):
            self._limits.give_back(_bucket(user_id, seconds))


def _bucket(user_id: str, seconds: int) -> str:
    return f"payees {user_id} {seconds}"
