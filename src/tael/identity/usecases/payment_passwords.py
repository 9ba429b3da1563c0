"""How does somebody get a payment password, and another one? First with a fresh proof, then with the old one.

Whoever has forgotten it shows what they know and what they have: the password with which they sign in, and more than a code that
was sent (`firm_proofs`).
"""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity.errors import CodeRefused
from tael.identity.events import Change
from tael.identity.model import Factor, Present, Visitor, actor_of
from tael.identity.rules import payment_passwords as rules
from tael.identity.store import payment_passwords as store
from tael.identity.usecases import doubts, factors, firm_proofs, passwords, tries
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.factors import Shown


async def has(desk: Desk, login_id: str) -> bool:
    """Whether somebody has one."""
    async with desk.database.transaction() as tx:
        return await store.find(tx, login_id) is not None


async def hash_of(desk: Desk, digits: str, *, about: Sequence[str]) -> str:
    """What is kept of one; slow on purpose. Refuses `PaymentPasswordWeak`, `TooBusy`."""
    rules.check_payment_password(digits, about=about)
    return await desk.hash_of(digits)


async def prepare(
    desk: Desk,
    present: Present,
    digits: str,
    visitor: Visitor,
    *,
    old: str | None,
    password: str | None,
    about: Sequence[str],
) -> str:
    """Whether they may set this one, and what is kept of it. old: theirs until now; password: in its place, if forgotten.

    One that replaces a forgotten one lets us be wary for a day. Refuses `PaymentPasswordWeak`, `CodeRefused`, `ProofTooOld`,
    `CodeNotEnough`, `TooSoonAfterReset`, `PasswordWrong`, `TooManyTries`, `TooBusy`.
    """
    rules.check_payment_password(digits, about=about)
    has_one = await has(desk, present.login.id)
    if has_one and old is not None:
        await _check_old(desk, present, old, visitor)
        return await desk.hash_of(digits)
    async with desk.database.transaction() as tx:
        await firm_proofs.check(desk, tx, present)
    await doubts.check_password(desk, present)
    if has_one:
        await passwords.check(desk, present.login, password or "", visitor, action="reset_payment_password")
        await doubts.begin(desk, present.login.id)
    return await desk.hash_of(digits)


async def put(
    desk: Desk, tx: Transaction, login_id: str, hash: str, *, visitor: Visitor | None = None
) -> None:
    """Set one whose hash was made before; wrong tries at the one before are forgotten."""
    await store.put(tx, login_id, hash, now=desk.now())
    await desk.allow_and_tell(tx, login_id, Change.PAYMENT_PASSWORD, visitor=visitor)
    await tries.was_right(tx, tries.at_payment_password(login_id))
    await desk.audit(
        tx, actor=actor_of(login_id), action="set_payment_password", object_id=login_id, visitor=visitor
    )


async def _check_old(desk: Desk, present: Present, old: str, visitor: Visitor) -> None:
    shown = Shown(
        login_id=present.login.id,
        factor=Factor.PAYMENT_PASSWORD,
        proof=old,
        purpose="",
        challenge=b"",
    )
    async with factors.written_down(
        desk, shown, visitor, action="set_payment_password", object_id=present.login.id
    ):
        try:
            await factors.compare(desk, shown)
        except CodeRefused as refusal:
            raise CodeRefused(refusal.message, field="old") from refusal
