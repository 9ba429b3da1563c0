"""Does a code fit whoever signs in with a key of their own? The second factor of those who have no login here.

The first code makes what was offered theirs. There are no recovery codes: whoever has lost theirs asks the operator at the
machine, who takes it away; then it is set up anew.
"""

import pyotp

from tael.foundation.db import Transaction
from tael.identity import proofs, rules, store
from tael.identity.errors import CodeRefused
from tael.identity.model import Visitor
from tael.identity.usecases import tries
from tael.identity.usecases.desk import Desk


async def is_set_up(desk: Desk, holder: str) -> bool:
    """Whether somebody has one."""
    async with desk.database.transaction() as tx:
        return (await store.find_authenticator(tx, holder)).secret_sealed is not None


async def offer(desk: Desk, holder: str) -> str | None:
    """The secret for a first one, the same until it is confirmed; `None` if there is one."""
    sealed = desk.sealer.seal(pyotp.random_base32().encode(), about=_about(holder))
    async with desk.database.transaction() as tx:
        if (await store.find_authenticator(tx, holder)).secret_sealed is not None:
            return None
        return _opened(desk, holder, await store.offer_authenticator(tx, holder, sealed))


async def show(desk: Desk, holder: str, code: str, visitor: Visitor) -> None:
    """A code that is shown; the first one confirms what was offered. Refuses `CodeRefused`, `TooManyTries`."""
    counted = tries.at_code(holder)
    async with desk.database.transaction() as tx:
        refusal = await tries.count(tx, counted, now=desk.now())
        if refusal is not None:
            await _told(desk, tx, holder, visitor, refusal.code)
    if refusal is not None:
        raise refusal
    async with desk.database.transaction() as tx:
        if await _fits(desk, tx, holder, code.strip().replace(" ", "")):
            await tries.was_right(tx, counted)
            await _told(desk, tx, holder, visitor, "done")
            return
        await _told(desk, tx, holder, visitor, CodeRefused.code)
    raise CodeRefused(
        "This code is not right, or it was used already.",
        field="code",
        hint="Wait for the next code of your authenticator.",
    )


async def forget(desk: Desk, holder: str, *, actor: str) -> None:
    """Take somebody's away; they set one up anew."""
    async with desk.database.transaction() as tx:
        await store.forget_authenticator(tx, holder)
        await desk.audit(tx, actor=actor, action="forget_authenticator", object_id=holder)


async def _fits(desk: Desk, tx: Transaction, holder: str, code: str) -> bool:
    kept = await store.find_authenticator(tx, holder)
    sealed = kept.secret_sealed or kept.offered_sealed
    if sealed is None:
        return False
    step = proofs.matching_step(_opened(desk, holder, sealed), code, step=rules.step_of(desk.now()))
    if step is None:
        return False
    if kept.secret_sealed is None:
        return await store.confirm_authenticator(tx, holder, sealed, step=step)
    return await store.use_step_of_authenticator(tx, holder, step)


async def _told(desk: Desk, tx: Transaction, holder: str, visitor: Visitor, result: str) -> None:
    await desk.audit(tx, actor=holder, action="show_code", object_id=holder, visitor=visitor, result=result)


def _opened(desk: Desk, holder: str, sealed: bytes) -> str:
    return desk.sealer.open(sealed, about=_about(holder)).decode()


def _about(holder: str) -> str:
    return f"the authenticator of {holder}"
