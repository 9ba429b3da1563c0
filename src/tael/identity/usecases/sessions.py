"""How does a session begin, go on and end? A random token at the browser, its hash with us."""

import secrets
from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.ids import new_id
from tael.identity import proofs, rules, store
from tael.identity.errors import NoSuchSession, ProofTooOld, SessionEnded
from tael.identity.model import Factor, NewSession, Present, Session, SessionKind, Visitor, actor_of
from tael.identity.usecases.desk import Desk

MOST_SESSIONS = 100
"""How many are listed."""


async def begin(
    desk: Desk,
    tx: Transaction,
    login_id: str,
    visitor: Visitor,
    *,
    proven: bool,
    acts_for: str | None = None,
    kind: SessionKind = SessionKind.DESK,
    device_id: str | None = None,
    proven_with: Factor | None = None,
) -> NewSession:
    """A new session; half of one until a second factor is `proven`."""
    now = desk.now()
    session = Session(
        id=new_id("ses"),
        login_id=login_id,
        device=rules.device_as_kept(visitor.device),
        address=visitor.address,
        acts_for=acts_for,
        created_at=now,
        last_seen_at=now,
        proven_at=now if proven else None,
        kind=kind,
        device_id=device_id,
        proven_with=proven_with,
    )
    token = secrets.token_urlsafe(32)
    await store.insert_session(tx, session, token_hash=proofs.hash_of_token(token))
    return NewSession(session=session, token=token)


async def find(
    desk: Desk, tx: Transaction, token: str, *, half: bool = False, of_user: bool = False
) -> Present:
    """Who is behind a token; refuses `SessionEnded`. `half`: whether the password alone is enough."""
    hash = proofs.hash_of_token(token)
    found = (await store.find_presents(tx, [hash])).get(hash)
    return let_in(found, now=desk.now(), half=half, of_user=of_user)


async def find_users(desk: Desk, tx: Transaction, tokens: Sequence[str]) -> list[Present | SessionEnded]:
    """Which user is behind each of many tokens, or that their session has ended."""
    hashes = [proofs.hash_of_token(token) for token in tokens]
    found, now = await store.find_presents(tx, hashes), desk.now()
    return [_user_or_ended(found.get(hash), now) for hash in hashes]


def _user_or_ended(found: Present | None, now: datetime) -> Present | SessionEnded:
    try:
        return let_in(found, now=now, half=False, of_user=True)
    except SessionEnded as refusal:
        return refusal


def let_in(found: Present | None, *, now: datetime, half: bool, of_user: bool) -> Present:
    """Who is there, if their session holds; refuses `SessionEnded`. A user's is none at the portal, nor the other way round."""
    if (
        found is None
        or rules.has_ended(found.session, now)
        or (found.session.proven_at is None and not half)
        or (found.session.kind is not SessionKind.DESK) is not of_user
    ):
        raise ended()
    return found


def ended() -> SessionEnded:
    """The same for one that has ended, was ended, or never was."""
    return SessionEnded("Your session has ended.", hint="Sign in again.")


async def again(tx: Transaction, present: Present) -> Present:
    """The same session as it stands now; refuses `SessionEnded`."""
    session = await store.find_session(tx, present.session.id)
    if session is None:
        raise ended()
    return Present(session=session, login=present.login)


def is_fresh(desk: Desk, present: Present) -> bool:
    """Whether the second factor was shown lately."""
    return rules.is_fresh(present.session, desk.now())


async def check_fresh(desk: Desk, present: Present) -> None:
    """Refuses `ProofTooOld` unless the second factor was shown lately."""
    if not is_fresh(desk, present):
        raise proof_too_old()


def proof_too_old() -> ProofTooOld:
    """What is said to whoever shows no more than their session."""
    return ProofTooOld(
        "This takes a second factor that was shown in the last minutes.",
        field="code",
        hint="A user shows one to `POST /v1/me/security/proof`; at the portal it is a fresh code. Then do this again.",
    )


async def see(desk: Desk, present: Present) -> None:
    """Remember that a person was there, about once a minute."""
    now = desk.now()
    if now - present.session.last_seen_at >= rules.LIFETIMES[present.session.kind].seen_every:
        async with desk.database.transaction() as tx:
            await store.see_session(tx, present.session.id, now=now)


async def of_login(desk: Desk, login_id: str) -> Sequence[Session]:
    """Where a person is signed in."""
    now = desk.now()
    async with desk.database.transaction() as tx:
        found = await store.list_sessions(
            tx,
            login_id,
            created_after=now - rules.LONGEST_LIFETIME,
            seen_after=now - rules.LONGEST_IDLE,
            limit=MOST_SESSIONS,
        )
    return [each for each in found if not rules.has_ended(each, now)]


async def choose(desk: Desk, present: Present, acts_for: str | None, visitor: Visitor) -> Present:
    """Act on somebody's behalf from now on. Whether the person may is asked each time, by whoever knows."""
    async with desk.database.transaction() as tx:
        await store.act_for(tx, present.session.id, acts_for)
        await desk.audit(
            tx,
            actor=actor_of(present.login.id),
            action="act_for",
            object_id=acts_for,
            visitor=visitor,
        )
    return msgspec.structs.replace(
        present, session=msgspec.structs.replace(present.session, acts_for=acts_for)
    )


async def end(desk: Desk, login_id: str, session_id: str, *, because: str, visitor: Visitor) -> None:
    """End a session of a login; refuses `NoSuchSession`."""
    async with desk.database.transaction() as tx:
        await end_one(desk, tx, login_id, session_id, because=because, visitor=visitor)


async def end_one(
    desk: Desk, tx: Transaction, login_id: str, session_id: str, *, because: str, visitor: Visitor
) -> None:
    """The same in a transaction of the caller's."""
    if not await store.end_session(tx, session_id, login_id=login_id, because=because, now=desk.now()):
        raise NoSuchSession("This session has ended already.", field="session_id")
    await desk.audit(tx, actor=actor_of(login_id), action=because, object_id=session_id, visitor=visitor)


async def end_others(desk: Desk, present: Present, visitor: Visitor) -> int:
    """End every session of a login but this one; gives how many."""
    async with desk.database.transaction() as tx:
        return await end_all(
            desk,
            tx,
            present.login.id,
            but=present.session.id,
            because="ended_from_another",
            visitor=visitor,
        )


async def end_all(
    desk: Desk, tx: Transaction, login_id: str, *, but: str, because: str, visitor: Visitor | None
) -> int:
    """End every session of a login, but one at most; gives how many."""
    ended = await store.end_sessions(tx, login_id, but=but, because=because, now=desk.now())
    await desk.audit(
        tx, actor=actor_of(login_id), action="end_other_sessions", object_id=login_id, visitor=visitor
    )
    return ended
