"""How does somebody get a password, and another one? At the beginning, with the old one, or by a one-time link."""

import secrets
from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.identity import proofs, rules, store
from tael.identity.errors import LinkSpent, LoginExists, NoSuchLogin, PasswordWrong
from tael.identity.events import Change
from tael.identity.model import LinkKind, Login, NewLink, NewSession, Present, Visitor, actor_of
from tael.identity.store.payment_passwords import be_wary
from tael.identity.usecases import sessions, tries
from tael.identity.usecases.desk import Desk


async def register(
    desk: Desk,
    tx: Transaction,
    *,
    name: str,
    email: str,
    password_hash: str,
    visitor: Visitor,
    acts_for: str | None = None,
) -> tuple[Login, NewSession]:
    """A new login, and half a session in which it sets up its second factor; refuses `LoginMalformed`, `LoginExists`."""
    name, email = rules.check_particulars(name, email)
    now = desk.now()
    login = Login(
        id=new_id("lgn"),
        email=email,
        name=name,
        has_second_factor=False,
        password_changed_at=now,
        created_at=now,
    )
    if not await store.insert_login(tx, login, password_hash=password_hash):
        raise LoginExists("Somebody signs in with this address already.", field="email", hint="Sign in.")
    await desk.audit(tx, actor=actor_of(login.id), action="register", object_id=login.id, visitor=visitor)
    return login, await sessions.begin(desk, tx, login.id, visitor, proven=False, acts_for=acts_for)


async def change(
    desk: Desk, present: Present, old: str, new: str, visitor: Visitor, *, about: Sequence[str] = ()
) -> None:
    """Another password; every other session ends. Refuses `PasswordWrong`, `PasswordWeak`, `TooManyTries`, `TooBusy`."""
    password_hash = await prepare(desk, present, old, new, visitor, about=about)
    async with desk.database.transaction() as tx:
        await put(desk, tx, present, password_hash, visitor)


async def prepare(
    desk: Desk, present: Present, old: str, new: str, visitor: Visitor, *, about: Sequence[str] = ()
) -> str:
    """Whether they may have this one, and what is kept of it; refuses as `change` does."""
    login = present.login
    await desk.check_password(new, about=(login.email, login.name, *about))
    await check(desk, login, old, visitor, action="change_password")
    return await desk.hash_of(new)


async def put(desk: Desk, tx: Transaction, present: Present, password_hash: str, visitor: Visitor) -> None:
    """Set a password whose hash was made before; every other session ends."""
    login_id = present.login.id
    await _set(desk, tx, login_id, password_hash, but=present.session.id)
    await desk.allow_and_tell(tx, login_id, Change.PASSWORD, visitor=visitor)
    await desk.audit(
        tx, actor=actor_of(login_id), action="change_password", object_id=login_id, visitor=visitor
    )


async def check(desk: Desk, login: Login, password: str, visitor: Visitor, *, action: str) -> None:
    """Whether this is somebody's present password; refuses `PasswordWrong`, `TooManyTries`, `TooBusy`."""
    desk.door.check()
    counted = (
        tries.at_password(login.email, visitor) if login.email else tries.at_password_of(login.id, visitor)
    )
    async with desk.database.transaction() as tx:
        refusal = await tries.count(tx, counted, now=desk.now())
        kept = await store.find_login(tx, id=login.id)
    if refusal is not None:
        raise refusal
    right = await desk.is_password(password, kept.password_hash if kept else None)
    async with desk.database.transaction() as tx:
        if right:
            await tries.was_right(tx, counted)
            return
        await desk.audit(
            tx,
            actor=actor_of(login.id),
            action=action,
            object_id=login.id,
            visitor=visitor,
            result=PasswordWrong.code,
        )
        await desk.tell_refused(tx, login.id, "password", visitor, action=action)
    raise PasswordWrong("This is not your present password.", field="old")


async def reset_for(
    desk: Desk, tx: Transaction, login_id: str, password_hash: str, *, visitor: Visitor | None = None
) -> None:
    """Another password for somebody who has proved who they are elsewhere; every session ends."""
    await _set(desk, tx, login_id, password_hash, but="")
    await be_wary(tx, login_id, now=desk.now())
    await desk.audit(
        tx, actor=actor_of(login_id), action="reset_password", object_id=login_id, visitor=visitor
    )


async def make_link(desk: Desk, email: str, kind: LinkKind, *, actor: str) -> NewLink:
    """A link with which a person chooses a new password, to be handed to them; refuses `NoSuchLogin`.

    Whoever gives it out has to know that they are who they say: with it they are.
    """
    now = desk.now()
    link = NewLink(id=new_id("lnk"), token=secrets.token_urlsafe(32), expires_at=now + rules.LINK_LIFETIME)
    async with desk.database.transaction() as tx:
        kept = await store.find_login(tx, email=rules.email_as_kept(email))
        if kept is None:
            raise NoSuchLogin(f"Nobody signs in with {email[:80]!r}.", field="email")
        await store.insert_link(
            tx,
            link.id,
            kind=kind,
            login_id=kept.id,
            token_hash=proofs.hash_of_token(link.token),
            created_by=actor,
            now=now,
            expires_at=link.expires_at,
        )
        await desk.audit(tx, actor=actor, action=f"link_{kind}", object_id=kept.id)
    return link


async def look_at_link(desk: Desk, token: str) -> Login:
    """Whose link this is; refuses `LinkSpent`."""
    async with desk.database.transaction() as tx:
        kept = await _link(desk, tx, token)
        login = await store.find_login(tx, id=kept.login_id)
    assert login is not None, "a link has a login"  # noqa: S101 - a foreign key says so
    return login.login


async def reset(desk: Desk, token: str, password: str, visitor: Visitor) -> NewSession:
    """Choose a password by a link, which works once; every session ends, and half of one begins.

    Refuses `LinkSpent`, `PasswordWeak`.
    """
    login = await look_at_link(desk, token)
    await desk.check_password(password, about=(login.email, login.name))
    password_hash = await desk.hash_of(password)
    async with desk.database.transaction() as tx:
        kept = await _link(desk, tx, token)
        if not await store.use_link(tx, kept.id, now=desk.now()):
            raise _spent()
        if kept.kind is LinkKind.RESET_ALL:
            await store.forget_factor(tx, login.id)
        await _set(desk, tx, login.id, password_hash, but="")
        for each in (*tries.at_password(login.email, visitor)[1:], *tries.at_code(login.id)):
            await store.forget_tries(tx, each.subject)
        await desk.audit(
            tx, actor=actor_of(login.id), action=str(kept.kind), object_id=login.id, visitor=visitor
        )
        return await sessions.begin(desk, tx, login.id, visitor, proven=False)


async def _set(desk: Desk, tx: Transaction, login_id: str, password_hash: str, *, but: str) -> None:
    now = desk.now()
    await store.set_password(tx, login_id, password_hash, now=now)
    await store.end_sessions(tx, login_id, but=but, because="password_changed", now=now)


async def _link(desk: Desk, tx: Transaction, token: str) -> store.KeptLink:
    kept = await store.find_link(tx, proofs.hash_of_token(token), now=desk.now())
    if kept is None:
        raise _spent()
    return kept


def _spent() -> LinkSpent:
    return LinkSpent("This link was used, or its time is over.", hint="Ask for another one.")
