"""What becomes of a login whose person leaves? Nobody signs in with it again; what they signed stays as long as it must."""

from tael.foundation.db import Transaction
from tael.identity.model import Visitor
from tael.identity.store import forgetting as store
from tael.identity.usecases import sessions, tries
from tael.identity.usecases.desk import Desk


async def forget(
    desk: Desk, tx: Transaction, login_id: str, *, because: str, visitor: Visitor | None
) -> None:
    """End every session, and keep neither devices nor anything that proves who it is."""
    await sessions.end_all(desk, tx, login_id, but="", because=because, visitor=visitor)
    counted = [*tries.at_payment_password(login_id), *tries.at_code(login_id)]
    await store.forget(tx, login_id, subjects=[each.subject for each in counted], now=desk.now())
