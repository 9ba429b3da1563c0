"""How do people with an e-mail address sign in, prove it, and change what proves it? Those of the portal and the console."""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.identity import proofs, rules, store
from tael.identity.errors import NoSuchLogin, SessionEnded
from tael.identity.model import (
    Confirmed,
    LinkKind,
    Login,
    NewLink,
    NewSession,
    Present,
    SavedView,
    Session,
    ViewPlace,
    Visitor,
)
from tael.identity.usecases import authenticators, lanes, passwords, second_factors, sessions, sign_in, views
from tael.identity.usecases.desk import Desk


class Logins:
    """Logins, sessions and second factors, whoever's they are."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._database = desk.database

    # At the door.

    def check_particulars(self, name: str, email: str) -> None:
        """Refuses `LoginMalformed`, as `register` would."""
        rules.check_particulars(name, email)

    def check_room(self) -> None:
        """Refuses `TooBusy` if more newcomers are here than can be looked at, as `hash_of` would."""
        self._desk.newcomers.check()

    async def hash_of(self, password: str, *, about: Sequence[str] = ()) -> str:
        """What `register` keeps of a password; slow on purpose, so not in a transaction. Refuses `PasswordWeak`, `TooBusy`.

        Newcomers wait for one another, not those who sign in for them.
        """
        await self._desk.check_password(password, about=about)
        return await self._desk.hash_of_newcomer(password)

    async def register(
        self,
        tx: Transaction,
        *,
        name: str,
        email: str,
        password_hash: str,
        visitor: Visitor,
        acts_for: str | None = None,
    ) -> tuple[Login, NewSession]:
        """A new login, and half a session to set up its second factor; refuses `LoginMalformed`, `LoginExists`."""
        return await passwords.register(
            self._desk,
            tx,
            name=name,
            email=email,
            password_hash=password_hash,
            visitor=visitor,
            acts_for=acts_for,
        )

    async def sign_in(self, email: str, password: str, visitor: Visitor) -> NewSession:
        """Half a session for whoever knows the password; refuses `SignInRefused`, `TooManyTries`, `TooBusy`."""
        return await sign_in.sign_in(self._desk, email, password, visitor)

    async def prove(self, token: str, code: str, visitor: Visitor) -> NewSession:
        """A whole session for half of one and a code; refuses `SessionEnded`, `CodeRefused`, `TooManyTries`."""
        return await sign_in.prove(self._desk, token, code, visitor)

    async def prove_again(self, token: str, code: str, visitor: Visitor) -> Present:
        """Show a second factor for a sensitive act; refuses `SessionEnded`, `CodeRefused`, `TooManyTries`."""
        return await sign_in.prove_again(self._desk, token, code, visitor)

    # Who is there.

    async def present(self, token: str, *, half: bool = False) -> Present:
        """Who is behind a session; refuses `SessionEnded`. `half`: whether the password alone is enough."""
        found = await lanes.look_up(self._desk, proofs.hash_of_token(token))
        return sessions.let_in(found, now=self._desk.now(), half=half, of_user=False)

    async def see(self, present: Present) -> None:
        """Remember that a person was there: a quarter of an hour without one ends the session."""
        await sessions.see(self._desk, present)

    def is_fresh(self, present: Present) -> bool:
        """Whether a sensitive act needs no new code."""
        return rules.is_fresh(present.session, self._desk.now())

    async def check_fresh(self, present: Present) -> None:
        """Refuses `ProofTooOld` unless the second factor was shown in the last minutes."""
        await sessions.check_fresh(self._desk, present)

    async def choose(self, present: Present, acts_for: str | None, visitor: Visitor) -> Present:
        """Act on somebody's behalf in this session; whether the person may is asked elsewhere, each time."""
        return await sessions.choose(self._desk, present, acts_for, visitor)

    async def find(self, login_id: str) -> Login:
        """One login; refuses `NoSuchLogin`."""
        async with self._database.transaction() as tx:
            kept = await store.find_login(tx, id=login_id)
        if kept is None:
            raise NoSuchLogin(f"There is no login {login_id[:40]!r}.", field="login_id")
        return kept.login

    async def has_login(self, email: str) -> bool:
        """Whether somebody signs in with this address. Not for whoever is not signed in and has no invitation."""
        async with self._database.transaction() as tx:
            return await store.find_login(tx, email=rules.email_as_kept(email)) is not None

    # Sessions.

    async def sessions(self, login_id: str) -> Sequence[Session]:
        """Where a person is signed in, the last seen first."""
        return await sessions.of_login(self._desk, login_id)

    async def sign_out(self, token: str, visitor: Visitor) -> None:
        """End the session of a token; nothing if it has ended."""
        try:
            present = await self.present(token, half=True)
        except SessionEnded:
            return
        await sessions.end(
            self._desk, present.login.id, present.session.id, because="sign_out", visitor=visitor
        )

    async def end_session(self, present: Present, session_id: str, visitor: Visitor) -> None:
        """End one of one's own sessions; refuses `NoSuchSession`."""
        await sessions.end(self._desk, present.login.id, session_id, because="end_session", visitor=visitor)

    async def end_others(self, present: Present, visitor: Visitor) -> int:
        """End all of one's own sessions but this one; gives how many."""
        return await sessions.end_others(self._desk, present, visitor)

    # What proves it.

    async def change_password(self, present: Present, old: str, new: str, visitor: Visitor) -> None:
        """Another password; every other session ends. Refuses `PasswordWrong`, `PasswordWeak`, `TooManyTries`."""
        await passwords.change(self._desk, present, old, new, visitor)

    async def offer_second_factor(self, present: Present) -> str:
        """The secret for a new authenticator; refuses `ProofTooOld` if there is one already."""
        return await second_factors.offer(self._desk, present)

    async def confirm_second_factor(self, token: str, code: str, visitor: Visitor) -> Confirmed:
        """Make what was offered the second factor; refuses `CodeRefused`, `TooManyTries`, `ProofTooOld`, `SessionEnded`."""
        return await second_factors.confirm(self._desk, token, code, visitor)

    async def renew_recovery_codes(self, present: Present, visitor: Visitor) -> Sequence[str]:
        """New recovery codes; the old ones work no more. Refuses `ProofTooOld`."""
        return await second_factors.renew_recovery_codes(self._desk, present, visitor)

    async def recovery_codes_left(self, login_id: str) -> int:
        """How many recovery codes are unused."""
        async with self._database.transaction() as tx:
            return await store.count_recovery_codes(tx, login_id)

    async def make_link(self, email: str, kind: LinkKind, *, actor: str) -> NewLink:
        """A link with which a person chooses a new password, to be handed to them; refuses `NoSuchLogin`."""
        return await passwords.make_link(self._desk, email, kind, actor=actor)

    async def look_at_link(self, token: str) -> Login:
        """Whose link this is; refuses `LinkSpent`."""
        return await passwords.look_at_link(self._desk, token)

    async def reset(self, token: str, password: str, visitor: Visitor) -> NewSession:
        """Choose a password by a link, once; half a session begins. Refuses `LinkSpent`, `PasswordWeak`."""
        return await passwords.reset(self._desk, token, password, visitor)

    # The second factor of those who sign in with a key of their own: `holder` as the audit trail names them.

    async def has_authenticator(self, holder: str) -> bool:
        """Whether they have one."""
        return await authenticators.is_set_up(self._desk, holder)

    async def offer_authenticator(self, holder: str) -> str | None:
        """The secret for a first one; `None` if they have one."""
        return await authenticators.offer(self._desk, holder)

    async def show_code(self, holder: str, code: str, visitor: Visitor) -> None:
        """Show a code, which confirms a first authenticator; refuses `CodeRefused`, `TooManyTries`."""
        await authenticators.show(self._desk, holder, code, visitor)

    async def forget_authenticator(self, holder: str, *, actor: str) -> None:
        """Take a lost one away."""
        await authenticators.forget(self._desk, holder, actor=actor)

    # What they look at.

    async def save_view(self, tx: Transaction, place: ViewPlace, view: SavedView) -> None:
        """Keep the filters of a page under a name; refuses `ViewMalformed`, `TooManyViews`."""
        await views.save(self._desk, tx, place, view)

    async def saved_views(self, place: ViewPlace) -> Sequence[SavedView]:
        """What somebody keeps of a page, the oldest first."""
        async with self._database.transaction() as tx:
            return await views.of(tx, place)

    async def forget_view(self, tx: Transaction, place: ViewPlace, name: str) -> None:
        """Keep a view no longer."""
        await views.forget(tx, place, name)
