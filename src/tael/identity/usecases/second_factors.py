"""How is a second factor set up, and does a code fit it? A secret that an authenticator holds (RFC 6238), and recovery codes."""

import secrets
from collections.abc import Sequence

import pyotp

from tael.foundation.db import Transaction
from tael.identity import proofs, rules, store
from tael.identity.errors import CodeRefused
from tael.identity.events import Change
from tael.identity.model import Confirmed, Present, Session, SessionKind, Visitor, actor_of
from tael.identity.usecases import sessions, tries
from tael.identity.usecases.desk import Desk

_RECOVERY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_RECOVERY_LENGTH = 16


async def offer(desk: Desk, present: Present) -> str:
    """The secret for a new authenticator, the same until it is confirmed. Refuses `ProofTooOld`."""
    await _check_may_set_up(desk, present)
    sealed = desk.sealer.seal(pyotp.random_base32().encode(), about=_about(present.login.id))
    async with desk.database.transaction() as tx:
        offered = await store.offer_factor(tx, present.login.id, sealed)
    return _opened(desk, present.login.id, offered)


async def confirm(desk: Desk, token: str, code: str, visitor: Visitor) -> Confirmed:
    """Make what was offered the second factor, if the authenticator shows the right code.

    The session is a new one, and whole; all others of the login end. Refuses `CodeRefused`, `TooManyTries`, `ProofTooOld`.
    """
    async with desk.database.transaction() as tx:
        present = await sessions.find(desk, tx, token, half=True)
    await prepare(desk, present)
    async with desk.database.transaction() as tx:
        begun = await sessions.begin(
            desk, tx, present.login.id, visitor, proven=True, acts_for=present.session.acts_for
        )
        codes = await make_theirs(desk, tx, begun.session, code, visitor)
    return Confirmed(session=begun, recovery_codes=codes)


async def prepare(desk: Desk, present: Present) -> None:
    """Count a try at what was offered; refuses `TooManyTries`, `ProofTooOld`."""
    await _check_may_set_up(desk, present)
    async with desk.database.transaction() as tx:
        refusal = await tries.count(tx, tries.at_code(present.login.id), now=desk.now())
    if refusal is not None:
        raise refusal


async def make_theirs(
    desk: Desk, tx: Transaction, session: Session, code: str, visitor: Visitor
) -> Sequence[str]:
    """Make what was offered the second factor; all sessions but this one end. Gives recovery codes; refuses `CodeRefused`."""
    login_id, now = session.login_id, desk.now()
    kept, step = await store.find_factor(tx, login_id), None
    if kept.offered_sealed is not None:
        secret = _opened(desk, login_id, kept.offered_sealed)
        step = proofs.matching_step(secret, code.strip(), step=rules.step_of(now))
    confirmed = kept.offered_sealed is not None and step is not None
    if not confirmed or not await store.confirm_factor(
        tx, login_id, kept.offered_sealed or b"", step=step or 0
    ):
        raise CodeRefused(
            "This code is not right.",
            field="code",
            hint="Scan the code again, and see that the clock of your phone is right.",
        )
    await tries.was_right(tx, tries.at_code(login_id))
    codes = await new_recovery_codes(tx, login_id)
    await store.end_sessions(tx, login_id, but=session.id, because="second_factor_changed", now=now)
    await desk.allow_and_tell(tx, login_id, Change.SECOND_FACTOR, visitor=visitor)
    await desk.audit(
        tx, actor=actor_of(login_id), action="set_second_factor", object_id=login_id, visitor=visitor
    )
    return codes


async def take_away(desk: Desk, tx: Transaction, present: Present, visitor: Visitor) -> None:
    """Have no authenticator and no recovery codes any more. Refuses `ProofTooOld`."""
    await sessions.check_fresh(desk, present)
    await store.forget_factor(tx, present.login.id)
    await desk.allow_and_tell(tx, present.login.id, Change.SECOND_FACTOR, visitor=visitor)
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action="forget_second_factor",
        object_id=present.login.id,
        visitor=visitor,
    )


async def renew_recovery_codes(desk: Desk, present: Present, visitor: Visitor) -> Sequence[str]:
    """New recovery codes, shown this one time; the old ones work no more. Refuses `ProofTooOld`."""
    async with desk.database.transaction() as tx:
        return await renew(desk, tx, present, visitor)


async def renew(desk: Desk, tx: Transaction, present: Present, visitor: Visitor) -> Sequence[str]:
    """The same in a transaction of the caller's."""
    await sessions.check_fresh(desk, present)
    codes = await new_recovery_codes(tx, present.login.id)
    await desk.allow_and_tell(tx, present.login.id, Change.SECOND_FACTOR, visitor=visitor)
    await desk.audit(
        tx,
        actor=actor_of(present.login.id),
        action="renew_recovery_codes",
        object_id=present.login.id,
        visitor=visitor,
    )
    return codes


async def fits(desk: Desk, tx: Transaction, login_id: str, text: str) -> bool:
    """Whether this is a code that the authenticator shows, or a recovery code; then it is used up."""
    text = text.strip().replace(" ", "")
    if text.isascii() and text.isdigit():
        kept = await store.find_factor(tx, login_id)
        if kept.secret_sealed is None:
            return False
        secret = _opened(desk, login_id, kept.secret_sealed)
        step = proofs.matching_step(secret, text, step=rules.step_of(desk.now()))
        return step is not None and await store.use_step(tx, login_id, step)
    hash = proofs.hash_of_token(rules.recovery_code_as_kept(text))
    return await store.use_recovery_code(tx, login_id, hash, now=desk.now())


async def _check_may_set_up(desk: Desk, present: Present) -> None:
    """At the portal the first second factor takes the password only, for there is no other; else it takes one before."""
    if present.login.has_second_factor or present.session.kind is not SessionKind.DESK:
        await sessions.check_fresh(desk, present)


async def new_recovery_codes(tx: Transaction, login_id: str) -> Sequence[str]:
    """Codes that stand in for the authenticator, once each; those before work no more."""
    codes = [
        "".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(_RECOVERY_LENGTH))
        for _ in range(proofs.RECOVERY_CODES)
    ]
    await store.replace_recovery_codes(tx, login_id, [proofs.hash_of_token(code) for code in codes])
    return [rules.readable(code) for code in codes]


def _opened(desk: Desk, login_id: str, sealed: bytes) -> str:
    return desk.sealer.open(sealed, about=_about(login_id)).decode()


def _about(login_id: str) -> str:
    return f"the second factor of {login_id}"
