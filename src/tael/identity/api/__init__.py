"""The verbs of identity: register, sign in, prove it, confirm what one does, and change what proves it."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules, shipped_rules
from tael.foundation.db import Database, Transaction
from tael.foundation.http.permissions import Principal
from tael.foundation.resealing import SealedColumn
from tael.foundation.sealing import Sealer
from tael.identity import proofs, rules, store
from tael.identity.api.credentials import Credentials
from tael.identity.api.forgetting import Forgetting
from tael.identity.api.keys import Keys
from tael.identity.api.logins import Logins
from tael.identity.errors import SessionEnded
from tael.identity.model import Present, SetUp, SmallAmounts, Strength
from tael.identity.proofs.breached import Breached
from tael.identity.proofs.passkeys import Site
from tael.identity.store import codes, confirmations, passkeys, payment_passwords
from tael.identity.usecases import doubts, sessions
from tael.identity.usecases.desk import AboutHolder, Desk, MayChange
from tael.identity.usecases.factors import Shown
from tael.identity.usecases.lanes import Lanes
from tael.identity.usecases.sessions import proof_too_old
from tael.identity.usecases.step_up import Caution, DatedStepUp, StepUp

SESSION_SECONDS = int(rules.LIFETIME.total_seconds())
SHORTEST_PASSWORD, LONGEST_PASSWORD = rules.SHORTEST_PASSWORD, rules.LONGEST_PASSWORD
USER_TOKEN = "tael_user_"  # noqa: S105 - what such a token begins with
"""What `Authorization: Bearer` of a user begins with, before the token of the session."""
SEALED = (
    *(
        SealedColumn(place="identity.second_factors", field=field, about="the second factor of {login_id}")
        for field in ("secret_sealed", "offered_sealed")
    ),
    *(
        SealedColumn(place="identity.authenticators", field=field, about="the authenticator of {holder}")
        for field in ("secret_sealed", "offered_sealed")
    ),
)
"""Its columns with sealed content. One-time codes are gone before anybody seals them anew."""
_SESSIONS_KEPT = timedelta(days=90)
_TRIES_KEPT = timedelta(days=2)
_CONFIRMATIONS_KEPT, _CONFIRMATIONS_LOOKED_FOR = timedelta(days=1), timedelta(days=3)


class UserPrincipal(Principal, frozen=True, kw_only=True):
    """A user who is signed in, and where: `owner` is the user."""

    present: Present


def device_of(principal: object) -> str | None:
    """At which of their devices somebody asks; `None` of whoever is not a user who is signed in."""
    return principal.present.session.device_id if isinstance(principal, UserPrincipal) else None


class Identity(Logins, Credentials, Keys, Forgetting):
    """The people of one installation, and how they prove who they are."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sealer: Sealer,
        dated_rules: DatedRules | None = None,
        *,
        public_url: str = "http://localhost:8080",
        breached_passwords: Path | None = None,
    ) -> None:
        """What the operator has chosen; refuses `ConfigurationRefused`.

        public_url          how browsers reach us; passkeys are good at this host only
        breached_passwords  a list of passwords that nobody may choose (`proofs.breached`)
        """
        dated_rules = dated_rules or DatedRules(database, shipped_rules("identity"))
        breached = Breached(breached_passwords) if breached_passwords else None
        desk = Desk(database, clock, sealer, dated_rules, site=Site.at(public_url), breached=breached)
        Logins.__init__(self, desk)
        Credentials.__init__(self, desk)
        Keys.__init__(self, desk)
        Forgetting.__init__(self, desk)
        self._lanes = Lanes(desk)

    async def set_up_of(self, login_id: str) -> tuple[SetUp, SmallAmounts | None]:
        """What somebody proves who they are with, and up to how much passes without it: read once."""
        async with self._database.transaction() as tx:
            small = await payment_passwords.small_amounts(tx, [login_id])
            return await store.set_up_of(tx, login_id), small.get(login_id)

    def ask_more_of(self, caution: Caution) -> None:
        """Who knows of whom it is not sure that it is they."""
        self.step_up = DatedStepUp(self._desk, caution)

    def ask_before_changes(self, may_change: MayChange) -> None:
        """Who knows whether somebody may change what proves who they are."""
        self._desk.may_change = may_change

    async def raised(self, tx: Transaction, login_id: str, plain: Strength) -> Strength:
        """How strongly what is no amount of money is confirmed: more strongly for a day after a forgotten password."""
        return await doubts.raised(self._desk, tx, login_id, plain)

    async def be_wary(self, tx: Transaction, login_id: str) -> None:
        """Somebody had nothing but a weak proof: for a time their acts are confirmed more strongly."""
        await payment_passwords.be_wary(tx, login_id, now=self._desk.now())

    async def start(self) -> None:
        """Look sessions up many at once, from now on; without it each is looked up by itself."""
        await self._lanes.start()

    async def stop(self) -> None:
        """Finish what waits."""
        await self._lanes.stop()

    async def present_users(self, tx: Transaction, tokens: Sequence[str]) -> Sequence[Present | SessionEnded]:
        """`present_user` of many tokens, in the caller's transaction; each with whom it found, or the refusal."""
        return await sessions.find_users(self._desk, tx, tokens)

    async def forget_old(self) -> None:
        """Drop what nobody will ask about: sessions of last season, tries and codes of the day before yesterday."""
        now = self._desk.now()
        async with self._database.transaction() as tx:
            await store.forget_old(tx, tries_before=now - _TRIES_KEPT, sessions_before=now - _SESSIONS_KEPT)
            await codes.forget(tx, before=now - _TRIES_KEPT)
            await passkeys.forget_questions(tx, before=now)
            await confirmations.forget(
                tx, after=now - _CONFIRMATIONS_LOOKED_FOR, before=now - _CONFIRMATIONS_KEPT
            )


def authenticator_address(secret: str, *, email: str) -> str:
    """What the QR code of a second factor says to an authenticator."""
    return proofs.address_of(secret, email=email)


__all__ = [
    "LONGEST_PASSWORD",
    "SEALED",
    "SESSION_SECONDS",
    "SHORTEST_PASSWORD",
    "USER_TOKEN",
    "AboutHolder",
    "Caution",
    "Identity",
    "MayChange",
    "Shown",
    "StepUp",
    "UserPrincipal",
    "authenticator_address",
    "device_of",
    "proof_too_old",
]
