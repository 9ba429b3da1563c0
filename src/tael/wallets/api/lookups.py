"""How often may a user look for payees? So that nobody reads our users off by trying numbers, or names by trying characters."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tael.foundation.http.limits import Limits, Rate
from tael.wallets.api import Wallets
from tael.wallets.errors import TooManyLookups

_MINUTE, _HOUR, _TWO_HOURS = 60, 3600, 7200


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
    async def counting_wrong(self, user_id: str, payee_id: str) -> AsyncIterator[None]:
        """Count a guess of a payee's name if it is refused within; who has none left is not told of a right one either.

        Refuses `TooManyLookups`. A hundred family names are those of nearly everybody, so of one payee there are but a few.
        """
        await self.count(user_id)
        bucket, most = f"names {user_id} {payee_id}", self._wallets.rule.name_guesses
        taken = await self._limits.ask(bucket, Rate(most, _TWO_HOURS))
        if taken.wait_seconds:
            raise TooManyLookups(
                f"You have typed {most} wrong names of this payee.",
                retry_after_seconds=taken.wait_seconds,
                hint="Ask the person themselves whether it is really them, and come back later.",
            )
        yield
        for used in (bucket, _bucket(user_id, _MINUTE), _bucket(user_id, _HOUR)):
            self._limits.give_back(used)


def _bucket(user_id: str, seconds: int) -> str:
    return f"payees {user_id} {seconds}"
