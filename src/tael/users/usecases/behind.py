"""Which user is behind a session? Asked with each request, so many are looked up in one transaction.

Nothing is remembered: who is signed out, or closed, is out with the next request on every process. While one look-up is under
way the next ones wait and go together.
"""

from collections.abc import Sequence

import msgspec

from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.identity.api import Identity
from tael.identity.errors import SessionEnded
from tael.identity.model import Present
from tael.users import store
from tael.users.model import User, UserState


class Behind(msgspec.Struct, frozen=True, gc=False):
    """Who is there: the session, and the user whose it is."""

    present: Present
    user: User


class Lookups:
    """The look-ups of one process, from start to stop; before and after, each has a transaction of its own."""

    def __init__(self, database: Database, identity: Identity) -> None:
        self._database = database
        self._identity = identity
        self._lane: Lane[str, Behind] | None = None

    def start(self) -> None:
        """Look many up at once from now on; to be called inside the event loop."""
        self._lane = Lane("users.look", self._database, self._look)
        self._lane.start()

    async def stop(self) -> None:
        """Finish what waits."""
        if self._lane is not None:
            await self._lane.stop()
            self._lane = None

    async def behind(self, token: str) -> Behind:
        """Who is behind a token; refuses `SessionEnded`."""
        if self._lane is not None:
            return await self._lane.submit(token)
        async with self._database.transaction() as tx:
            [found] = await self._look(tx, [token])
        if isinstance(found, Refusal):
            raise found
        return found

    async def _look(self, tx: Transaction, tokens: Sequence[str]) -> Sequence[Behind | Refusal]:
        presents = await self._identity.present_users(tx, tokens)
        logins = [each.login.id for each in presents if isinstance(each, Present)]
        users = await store.users_of_logins(tx, logins) if logins else {}
        return [
            each if isinstance(each, Refusal) else _with_user(each, users.get(each.login.id))
            for each in presents
        ]


def _with_user(present: Present, user: User | None) -> Behind | SessionEnded:
    if user is None or user.state is not UserState.ACTIVE:
        return SessionEnded("Your session has ended.", hint="Sign in again.")
    return Behind(present, user)
