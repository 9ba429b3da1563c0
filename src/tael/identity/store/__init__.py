"""Where do logins, second factors, sessions, links and tries lie? The context's only SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, queries
from tael.identity.model import Factor, LinkKind, Login, Present, SavedView, Session, SetUp, ViewPlace

SQL = queries("tael.identity")


class KeptLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A login with the hash of its password."""

    id: str
    email: str
    name: str
    password_hash: str
    has_second_factor: bool
    password_changed_at: datetime
    created_at: datetime

    @property
    def login(self) -> Login:
        """The person."""
        return msgspec.convert(self, Login, from_attributes=True)


class KeptFactor(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor, its secrets sealed."""

    secret_sealed: bytes | None = None
    offered_sealed: bytes | None = None


class KeptLink(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time link that can still be used."""

    id: str
    kind: LinkKind
    login_id: str


async def insert_login(tx: Transaction, login: Login, *, password_hash: str) -> bool:
    """Write a new login; false if somebody has the address already."""
    return (
        await tx.run(
            SQL.insert_login,
            id=login.id,
            email=login.email,
            name=login.name,
            password_hash=password_hash,
            now=login.created_at,
        )
        > 0
    )


async def find_login(tx: Transaction, *, email: str | None = None, id: str | None = None) -> KeptLogin | None:
    """A login by its address or its id."""
    return await tx.row(SQL.find_login, KeptLogin, email=email, id=id)


async def set_password(tx: Transaction, login_id: str, password_hash: str, *, now: datetime) -> None:
    """Write another password's hash."""
    await tx.run(SQL.set_password, id=login_id, password_hash=password_hash, now=now)


async def find_authenticator(tx: Transaction, holder: str) -> KeptFactor:
    """The authenticator of somebody without a login; an empty one if there is none."""
    return await tx.row(SQL.find_authenticator, KeptFactor, holder=holder) or KeptFactor()


async def offer_authenticator(tx: Transaction, holder: str, sealed: bytes) -> bytes:
    """Offer one; gives what was offered before, if it was not confirmed."""
    [(offered,)] = await tx.tuples(SQL.offer_authenticator, holder=holder, offered=sealed)
    return bytes(offered)


async def confirm_authenticator(tx: Transaction, holder: str, offered: bytes, *, step: int) -> bool:
    """Make what was offered theirs; false if another was confirmed meanwhile."""
    return await tx.run(SQL.confirm_authenticator, holder=holder, offered=offered, step=step) > 0


async def use_step_of_authenticator(tx: Transaction, holder: str, step: int) -> bool:
    """Use the code of a half minute up; false if it, or a later one, was used before."""
    return await tx.run(SQL.use_step_of_authenticator, holder=holder, step=step) > 0


async def forget_authenticator(tx: Transaction, holder: str) -> None:
    """Take one away."""
    await tx.run(SQL.forget_authenticator, holder=holder)


async def set_up_of(tx: Transaction, login_id: str) -> SetUp:
    """What somebody proves who they are with."""
    found = await tx.row(SQL.set_up_of, SetUp, login_id=login_id)
    assert found is not None, "it is one row, whoever it is"  # noqa: S101 - the statement says so
    return found


async def find_factor(tx: Transaction, login_id: str) -> KeptFactor:
    """A login's second factor; an empty one if there is none."""
    return await tx.row(SQL.find_factor, KeptFactor, login_id=login_id) or KeptFactor()


async def offer_factor(tx: Transaction, login_id: str, sealed: bytes) -> bytes:
    """Offer a new second factor; gives the one that was offered before, if it was not confirmed."""
    [(offered,)] = await tx.tuples(SQL.offer_factor, login_id=login_id, offered=sealed)
    return bytes(offered)


async def confirm_factor(tx: Transaction, login_id: str, offered: bytes, *, step: int) -> bool:
    """Make what was offered the second factor; false if another was confirmed meanwhile."""
    return await tx.run(SQL.confirm_factor, login_id=login_id, offered=offered, step=step) > 0


async def use_step(tx: Transaction, login_id: str, step: int) -> bool:
    """Use the code of a half minute; false if it, or a later one, was used."""
    return await tx.run(SQL.use_step, login_id=login_id, step=step) > 0


async def forget_factor(tx: Transaction, login_id: str) -> None:
    """Take a second factor away, and its recovery codes."""
    await tx.run(SQL.forget_factor, login_id=login_id)
    await tx.run(SQL.forget_recovery_codes, login_id=login_id)


async def replace_recovery_codes(tx: Transaction, login_id: str, hashes: Sequence[bytes]) -> None:
    """These recovery codes and no others."""
    await tx.run(SQL.forget_recovery_codes, login_id=login_id)
    await tx.run(SQL.insert_recovery_codes, login_id=login_id, hashes=list(hashes))


async def use_recovery_code(tx: Transaction, login_id: str, hash: bytes, *, now: datetime) -> bool:
    """Use a recovery code; false if there is none like it that is unused."""
    return await tx.run(SQL.use_recovery_code, login_id=login_id, hash=hash, now=now) > 0


async def count_recovery_codes(tx: Transaction, login_id: str) -> int:
    """How many are left."""
    [(count,)] = await tx.tuples(SQL.count_recovery_codes, login_id=login_id)
    return int(count)


async def insert_session(tx: Transaction, session: Session, *, token_hash: bytes) -> None:
    """Write a new session."""
    await tx.run(SQL.insert_session, **msgspec.structs.asdict(session), token_hash=token_hash)


async def find_session(tx: Transaction, id: str) -> Session | None:
    """A session by its id, unless it was ended."""
    return await tx.row(SQL.find_session, Session, id=id)


class _KeptPresent(Session, frozen=True, kw_only=True):
    """A session with its token's hash, and with its login."""

    token_hash: bytes
    email: str
    name: str
    has_second_factor: bool
    password_changed_at: datetime
    login_created_at: datetime

    @property
    def present(self) -> Present:
        """Who is there."""
        login = Login(
            id=self.login_id,
            email=self.email,
            name=self.name,
            has_second_factor=self.has_second_factor,
            password_changed_at=self.password_changed_at,
            created_at=self.login_created_at,
        )
        return Present(session=msgspec.convert(self, Session, from_attributes=True), login=login)


async def find_presents(tx: Transaction, hashes: Sequence[bytes]) -> Mapping[bytes, Present]:
    """Who is behind each token, by its hash, unless it was ended; the clock may have ended it since."""
    found = await tx.rows(SQL.find_presents, _KeptPresent, hashes=list(hashes))
    return {each.token_hash: each.present for each in found}


async def list_sessions(
    tx: Transaction, login_id: str, *, created_after: datetime, seen_after: datetime, limit: int
) -> list[Session]:
    """Where a person is signed in, the last seen first."""
    return await tx.rows(
        SQL.list_sessions,
        Session,
        login_id=login_id,
        created_after=created_after,
        seen_after=seen_after,
        limit=limit,
    )


async def see_session(tx: Transaction, id: str, *, now: datetime) -> None:
    """Remember that a person was there."""
    await tx.run(SQL.see_session, id=id, now=now)


async def prove_session(
    tx: Transaction, id: str, *, factor: Factor | None, proven_at: datetime, now: datetime
) -> None:
    """Remember that a second factor was shown, when, and which."""
    await tx.run(SQL.prove_session, id=id, factor=factor, proven_at=proven_at, now=now)


async def act_for(tx: Transaction, id: str, acts_for: str | None) -> None:
    """On whose behalf a session acts from now on."""
    await tx.run(SQL.act_for, id=id, acts_for=acts_for)


async def end_session(tx: Transaction, id: str, *, login_id: str, because: str, now: datetime) -> bool:
    """End a session of a login; false if it has none like it."""
    return await tx.run(SQL.end_session, id=id, login_id=login_id, because=because, now=now) > 0


async def end_sessions(tx: Transaction, login_id: str, *, but: str, because: str, now: datetime) -> int:
    """End the sessions of a login, all but one; gives how many."""
    return await tx.run(SQL.end_sessions, login_id=login_id, but=but, because=because, now=now)


async def end_sessions_at(
    tx: Transaction, login_id: str, *, device_id: str, because: str, now: datetime
) -> int:
    """End the sessions of a login at one device; gives how many."""
    return await tx.run(SQL.end_sessions_at, login_id=login_id, device_id=device_id, because=because, now=now)


async def insert_link(
    tx: Transaction,
    id: str,
    *,
    kind: LinkKind,
    login_id: str,
    token_hash: bytes,
    created_by: str,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write a one-time link; those that the login had before work no more."""
    await tx.run(SQL.spend_links, login_id=login_id, now=now)
    await tx.run(
        SQL.insert_link,
        id=id,
        kind=kind,
        login_id=login_id,
        token_hash=token_hash,
        created_by=created_by,
        now=now,
        expires_at=expires_at,
    )


async def find_link(tx: Transaction, token_hash: bytes, *, now: datetime) -> KeptLink | None:
    """A link that can still be used."""
    return await tx.row(SQL.find_link, KeptLink, token_hash=token_hash, now=now)


async def use_link(tx: Transaction, id: str, *, now: datetime) -> bool:
    """Use a link; false if somebody was quicker."""
    return await tx.run(SQL.use_link, id=id, now=now) > 0


async def count_try(
    tx: Transaction, subject: str, *, now: datetime, forgotten_before: datetime
) -> int | None:
    """The how manieth wrong try this would be; none if nobody may try now."""
    found = await tx.tuples(SQL.count_try, subject=subject, now=now, forgotten_before=forgotten_before)
    return int(found[0][0]) if found else None


async def locked_until(tx: Transaction, subject: str) -> datetime | None:
    """Until when nobody may try."""
    found = await tx.tuples(SQL.locked_until, subject=subject)
    return found[0][0] if found else None


async def lock_out(tx: Transaction, subject: str, *, until: datetime) -> None:
    """Let nobody try for a while."""
    await tx.run(SQL.lock_out, subject=subject, until=until)


async def forget_tries(tx: Transaction, subject: str) -> None:
    """Begin to count anew."""
    await tx.run(SQL.forget_tries, subject=subject)


async def take_try_back(tx: Transaction, subject: str) -> None:
    """A try was right after all."""
    await tx.run(SQL.take_try_back, subject=subject)


async def forget_old(tx: Transaction, *, tries_before: datetime, sessions_before: datetime) -> None:
    """Drop tries and sessions that nobody will ask about."""
    await tx.run(SQL.forget_old_tries, before=tries_before)
    await tx.run(SQL.forget_sessions, before=sessions_before)


async def save_view(tx: Transaction, place: ViewPlace, view: SavedView, *, most: int, now: datetime) -> bool:
    """Keep a view; false if there are too many."""
    kept = await tx.run(SQL.save_view, **_of(place), name=view.name, kept=view.query, most=most, now=now)
    return kept > 0


async def saved_views(tx: Transaction, place: ViewPlace) -> Sequence[SavedView]:
    """The views of a page."""
    return await tx.rows(SQL.saved_views, SavedView, **_of(place))


async def forget_view(tx: Transaction, place: ViewPlace, name: str) -> None:
    """Keep a view no longer."""
    await tx.run(SQL.forget_view, **_of(place), name=name)


def _of(place: ViewPlace) -> dict[str, str]:
    return msgspec.structs.asdict(place)
