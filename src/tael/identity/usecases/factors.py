"""Does what somebody shows fit, beside their password? One place for signing in, for sensitive acts and for confirmations.

First `compare`, outside of any transaction: it counts the try before it compares, and does what is slow. Then `use`, in the
transaction in which it counts: there a code is used up, and a passkey's count goes up.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity import store
from tael.identity.errors import WRONG_PROOFS, CodeRefused, FactorRefused, PaymentPasswordMissing
from tael.identity.model import Factor, Visitor, actor_of
from tael.identity.store import passkeys as passkey_store
from tael.identity.store import payment_passwords
from tael.identity.usecases import one_time_codes, passkeys, tries
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.second_factors import fits

FOR_SIGNING_IN = (Factor.PASSKEY, Factor.AUTHENTICATOR, Factor.CODE)
"""What makes half a session whole: something that one has. Another thing that one knows does not."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody shows, and for what."""

    login_id: str
    factor: Factor
    proof: str
    """Digits, or what a browser's passkey answered, as JSON."""
    purpose: str
    """What a one-time code was made for."""
    challenge: bytes
    """What a passkey was asked."""
    act: str = ""
    """Of what kind the act is that it confirms, if it confirms one."""

    def __repr__(self) -> str:
        return f"Shown({self.factor} of {self.login_id})"


async def of_login(tx: Transaction, login_id: str, *, has_authenticator: bool) -> Sequence[Factor]:
    """With what somebody can make half a session whole. A code can be sent to everybody."""
    has = {
        Factor.CODE: True,
        Factor.PASSKEY: bool(await passkey_store.descriptors(tx, login_id)),
        Factor.AUTHENTICATOR: has_authenticator or await store.count_recovery_codes(tx, login_id) > 0,
    }
    return [each for each in FOR_SIGNING_IN if has[each]]


async def compare(desk: Desk, shown: Shown) -> None:
    """What can be refused before the transaction: `TooManyTries`, `TooBusy`, `CodeRefused`, `PaymentPasswordMissing`."""
    counted = _counted(shown)
    knows = shown.factor is Factor.PAYMENT_PASSWORD
    if not counted:
        return
    if knows:
        desk.door.check()
    async with desk.database.transaction() as tx:
        refusal = await tries.count(tx, counted, now=desk.now())
        kept = await payment_passwords.find(tx, shown.login_id) if knows else None
    if refusal is not None:
        raise refusal
    if not knows:
        return
    if kept is None:
        raise PaymentPasswordMissing(
            "You have not set a payment password yet.", field="factor", hint="Set one first."
        )
    if not await desk.is_password(shown.proof, kept):
        raise CodeRefused("This is not your payment password.", field="proof")


async def use(desk: Desk, tx: Transaction, shown: Shown) -> dict[str, Any] | None:
    """Use it up; gives the signature, if it was one. Refuses `CodeRefused`, `TooManyTries`, `PasskeyRefused`, `FactorRefused`."""
    signature = None
    if shown.factor is Factor.CODE:
        await one_time_codes.use(desk, tx, about=shown.login_id, purpose=shown.purpose, code=shown.proof)
    elif shown.factor is Factor.PASSKEY:
        signature = await passkeys.use(
            desk, tx, shown.proof, challenge=shown.challenge, login_id=shown.login_id
        )
    elif shown.factor is Factor.AUTHENTICATOR:
        if not await fits(desk, tx, shown.login_id, shown.proof):
            raise CodeRefused(
                "This code is not right, or it was used already.",
                field="proof",
                hint="Wait for the next code of your authenticator, or use one of your recovery codes.",
            )
    elif shown.factor is not Factor.PAYMENT_PASSWORD:
        raise no_help(shown.factor)
    await tries.was_right(tx, _counted(shown))
    return signature


@asynccontextmanager
async def written_down(
    desk: Desk, shown: Shown, visitor: Visitor, *, action: str, object_id: str
) -> AsyncIterator[None]:
    """Where something is shown: if it is refused, that is written down, too."""
    try:
        yield
    except Refusal as refusal:
        await write_down(desk, shown, visitor, action=action, object_id=object_id, refusal=refusal)
        raise


async def write_down(
    desk: Desk, shown: Shown, visitor: Visitor, *, action: str, object_id: str, refusal: Refusal
) -> None:
    """Write down that what was shown was refused; if it was looked at and is wrong, others hear of it."""
    async with desk.database.transaction() as tx:
        await desk.audit(
            tx,
            actor=actor_of(shown.login_id),
            action=action,
            object_id=object_id,
            visitor=visitor,
            result=refusal.code,
        )
        if isinstance(refusal, WRONG_PROOFS):
            await tell_wrong(desk, tx, shown, visitor, action=action)


async def tell_wrong(desk: Desk, tx: Transaction, shown: Shown, visitor: Visitor, *, action: str) -> None:
    """Let others hear that what was shown is wrong."""
    await desk.tell_refused(tx, shown.login_id, shown.factor, visitor, action=action, act=shown.act)


def no_help(factor: Factor) -> FactorRefused:
    """A factor that is none here."""
    return FactorRefused(f"A {factor} does not help here.", field="factor")


def _counted(shown: Shown) -> Sequence[tries.Counted]:
    """On what a try is counted here. One-time codes count their own; nobody guesses a passkey."""
    if shown.factor is Factor.PAYMENT_PASSWORD:
        return tries.at_payment_password(shown.login_id)
    if shown.factor is Factor.AUTHENTICATOR:
        return tries.at_code(shown.login_id)
    return ()
