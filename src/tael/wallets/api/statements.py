"""Statements: ask for one, look how far it is, fetch it, and check one that somebody shows."""

from collections.abc import Sequence

from tael.foundation.calls import Answer, Call
from tael.foundation.clerk import Clerk
from tael.foundation.db import Transaction
from tael.users.events import UserErased
from tael.wallets.api.bills import Bills
from tael.wallets.errors import NoSuchStatement, StatementNotReady
from tael.wallets.model.statements import CreateStatement, StatementState, WalletStatement
from tael.wallets.rules.statements import read_code
from tael.wallets.schemas.statements import WalletStatementBody, statement_body
from tael.wallets.store import statements as kept
from tael.wallets.usecases import statements
from tael.wallets.usecases.ground import Ground


class Statements:
    """What moved the wallets of one house, in files."""

    def __init__(self, ground: Ground, clerk: Clerk, bills: Bills) -> None:
        self._ground = ground
        self._clerk = clerk
        self._bills = bills

    async def create(self, call: Call[CreateStatement]) -> Answer:
        """Ask for one; 202, for it is written by and by. Refuses `WalletMalformed`, `TooManyStatements`."""

        async def verb(tx: Transaction, wish: CreateStatement) -> WalletStatement:
            return await statements.create(tx, self._ground, wish)

        return await self._clerk.answer(call, verb, shown=_shown, status=202)

    async def get(self, statement_id: str, *, user_id: str) -> WalletStatement:
        """One of a user's; refuses `NoSuchStatement`."""
        now = self._ground.clock.now()
        async with self._ground.database.transaction() as tx:
            found = await kept.find(tx, statement_id, now=now)
        if found is None or found.user_id != user_id:
            raise NoSuchStatement(f"There is no statement {statement_id[:40]!r}.", field="statement_id")
        return found

    async def list(self, user_id: str, *, before: str | None, limit: int) -> Sequence[WalletStatement]:
        """One page of a user's, newest first."""
        now = self._ground.clock.now()
        async with self._ground.database.transaction() as tx:
            return await kept.page(tx, user_id, before=before, limit=limit, now=now)

    async def read(self, statement_id: str, *, user_id: str) -> tuple[WalletStatement, bytes]:
        """Its file, for its user alone; refuses `NoSuchStatement`, `StatementNotReady`."""
        statement = await self.get(statement_id, user_id=user_id)
        async with self._ground.database.transaction() as tx:
            sealed = await kept.find_file(tx, statement_id, now=self._ground.clock.now())
        if sealed is None:
            over = statement.state is StatementState.DONE
            raise StatementNotReady(
                "The file is not kept any more." if over else f"The statement is {statement.state}.",
                hint="Ask for another one." if over else "Wait until it is done.",
                state=statement.state,
            )
        return statement, self._ground.sealer.open(sealed, about=statements.about_file(statement_id))

    async def check(self, code: str) -> WalletStatement:
        """The complete one with a code, as it stands on the paper; refuses `NoSuchStatement`."""
        read, now = read_code(code), self._ground.clock.now()
        found = None
        if read is not None:
            async with self._ground.database.transaction() as tx:
                found = await kept.find_by_code(tx, read, now=now)
        if found is None:
            raise NoSuchStatement(
                "We made no statement with this code.",
                field="code",
                hint="Compare it with the paper, letter by letter. If it is the same, do not trust the paper.",
            )
        return found

    # What happens by itself.

    async def write_due(self) -> None:
        """Write what is asked for. Safe to do twice, and at once."""
        await statements.write_due(self._ground, self._bills.describers)

    async def forget(self) -> None:
        """Forget files and statements whose time is over."""
        async with self._ground.database.transaction() as tx:
            await kept.forget(tx, now=self._ground.clock.now())

    async def hear_erased(self, tx: Transaction, facts: Sequence[UserErased]) -> None:
        """Of whom nothing is kept any more, there is no paper either."""
        await kept.forget_of(tx, [fact.object_id for fact in facts])


def _shown(statement: WalletStatement) -> tuple[str, WalletStatementBody]:
    return statement.id, statement_body(statement)
