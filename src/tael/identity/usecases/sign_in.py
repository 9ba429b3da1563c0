"""How does somebody come in? By the password first, which opens half a session, then by a second factor, which opens it whole.

Whoever tries learns nothing about which logins exist: the answer is the same, and so is the work.
"""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity import rules, store
from tael.identity.errors import CodeRefused, SignInRefused
from tael.identity.model import Login, NewSession, Present, Visitor, actor_of
from tael.identity.usecases import sessions, tries
from tael.identity.usecases.desk import Desk
from tael.identity.usecases.second_factors import fits

_NOBODY = "visitor"


async def sign_in(desk: Desk, email: str, password: str, visitor: Visitor) -> NewSession:
    """Half a session for whoever knows the password; refuses `SignInRefused`, `TooManyTries`, `TooBusy`."""
    counted = tries.at_password(email, visitor)
    kept = await whose_password(desk, password, visitor, counted, email=rules.email_as_kept(email))
    async with desk.database.transaction() as tx:
        await tries.was_right(tx, counted)
        await password_shown(desk, tx, kept.id, visitor)
        return await sessions.begin(desk, tx, kept.id, visitor, proven=False)


async def whose_password(
    desk: Desk,
    password: str,
    visitor: Visitor,
    counted: Sequence[tries.Counted],
    *,
    email: str | None = None,
    login_id: str | None = None,
) -> store.KeptLogin:
    """The login whose password this is; refuses `SignInRefused`, `TooManyTries`, `TooBusy`.

    Without a login there is the same answer after the same work.
    """
    desk.door.check()
    async with desk.database.transaction() as tx:
        refusal = await tries.count(tx, counted, now=desk.now())
        kept = await store.find_login(tx, email=email, id=login_id)
        if refusal is not None:
            await refused(desk, tx, kept, visitor, refusal.code)
    if refusal is not None:
        raise refusal
    if await desk.is_password(password, kept.password_hash if kept else None) and kept is not None:
        return kept
    async with desk.database.transaction() as tx:
        await refused(desk, tx, kept, visitor, SignInRefused.code)
    if email is not None:
        raise SignInRefused("E-mail or password are not right.", hint="Check both, or ask for a reset.")
    raise SignInRefused(
        "Telephone number or password are not right.",
        hint="Check both, or choose another password by a code.",
    )


async def password_shown(desk: Desk, tx: Transaction, login_id: str, visitor: Visitor) -> None:
    """Write down that somebody knew the password."""
    await desk.audit(
        tx, actor=actor_of(login_id), action="password_shown", object_id=login_id, visitor=visitor
    )


async def prove(desk: Desk, token: str, code: str, visitor: Visitor) -> NewSession:
    """A whole session for half of one and a code; refuses `SessionEnded`, `CodeRefused`, `TooManyTries`."""
    present = await try_code(desk, token, code, visitor, half=True)
    async with desk.database.transaction() as tx:
        await store.end_session(
            tx, present.session.id, login_id=present.login.id, because="proven", now=desk.now()
        )
        begun = await sessions.begin(desk, tx, present.login.id, visitor, proven=True)
        await desk.audit(
            tx,
            actor=actor_of(present.login.id),
            action="sign_in",
            object_id=begun.session.id,
            visitor=visitor,
        )
    return begun


async def prove_again(desk: Desk, token: str, code: str, visitor: Visitor) -> Present:
    """Show a second factor for a sensitive act; refuses `SessionEnded`, `CodeRefused`, `TooManyTries`."""
    present = await try_code(desk, token, code, visitor, half=False)
    now = desk.now()
    async with desk.database.transaction() as tx:
        await store.prove_session(tx, present.session.id, factor=None, proven_at=now, now=now)
        return await sessions.find(desk, tx, token)


async def try_code(desk: Desk, token: str, code: str, visitor: Visitor, *, half: bool) -> Present:
    """Who is behind a token and a code that fits; the code is used up."""
    async with desk.database.transaction() as tx:
        present = await sessions.find(desk, tx, token, half=half)
        counted = tries.at_code(present.login.id)
        refusal = await tries.count(tx, counted, now=desk.now())
        if refusal is not None:
            await refused(desk, tx, present.login, visitor, refusal.code)
    if refusal is not None:
        raise refusal
    async with desk.database.transaction() as tx:
        if await fits(desk, tx, present.login.id, code):
            await tries.was_right(tx, counted)
            await desk.audit(
                tx,
                actor=actor_of(present.login.id),
                action="code_shown",
                object_id=present.login.id,
                visitor=visitor,
            )
            return present
        await refused(desk, tx, present.login, visitor, CodeRefused.code)
    raise CodeRefused(
        "This code is not right, or it was used already.",
        field="code",
        hint="Wait for the next code of your authenticator, or use one of your recovery codes.",
    )


async def refused(
    desk: Desk, tx: Transaction, login: store.KeptLogin | Login | None, visitor: Visitor, result: str
) -> None:
    """Write down that somebody was not let in."""
    await desk.audit(
        tx,
        actor=_NOBODY,
        action="sign_in",
        object_id=login.id if login else None,
        visitor=visitor,
        result=result,
    )
