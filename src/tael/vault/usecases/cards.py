"""How does a card get in, and what may be known of it? Tokens are made, described, kept and forgotten."""

from datetime import timedelta

from tael.foundation.clock import Clock, monotonic_seconds
from tael.foundation.db import Database
from tael.foundation.ids import new_id
from tael.vault import rules, store
from tael.vault.errors import NoSuchToken, TooManyCards
from tael.vault.model import AuditLine, Card, FieldsTicket, Secret, Token, TokenKind
from tael.vault.usecases.safe import Safe
from tael.vault.usecases.security_codes import SecurityCodes

KEPT_UNASKED = timedelta(hours=1)
"""After so long a card is forgotten that nobody kept."""
CARDS_PER_PAGE = 10
"""As many as one payer types in before one is right; more is somebody who tries numbers."""


class Cards:
    """The cards of one vault."""

    def __init__(self, database: Database, clock: Clock, safe: Safe, codes: SecurityCodes) -> None:
        self._database = database
        self._clock = clock
        self._safe = safe
        self._codes = codes

    async def tokenise(self, card: Card, ticket: FieldsTicket) -> Token:
        """A token for a card; its security code waits in memory for one authorisation.

        Refuses `CardRefused`, `TooManyCards`, `VaultSealed`.
        """
        rules.check_card(card, today=self._clock.now().date())
        secret = Secret(number=card.number, holder=card.holder)
        token = await self._take_in(secret, card, ticket, TokenKind.CARD)
        self._codes.keep(token.id, card.security_code, seconds=monotonic_seconds())
        return token

    async def take_network_token(self, secret: Secret, card: Card, *, merchant_id: str, actor: str) -> Token:
        """A token for what a card's network gave out in place of its number; `card` says what may be shown.

        Nobody asks a network for one yet: whoever will, brings it here.
        """
        rules.check_card(card, today=self._clock.now().date())
        ticket = FieldsTicket(
            session=actor, merchant_id=merchant_id, origin="", return_url="", ends_at=self._clock.now()
        )
        return await self._take_in(secret, card, ticket, TokenKind.NETWORK_TOKEN)

    async def describe(self, token: str) -> Token:
        """What may be known of a card; refuses `NoSuchToken`."""
        async with self._database.transaction() as tx:
            return await store.find_token(tx, token, now=self._clock.now())

    async def keep(self, token: str, *, merchant_id: str) -> None:
        """Keep a card until it is forgotten: its payer has agreed. Refuses `NoSuchToken`."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if not await store.keep_token(tx, token, merchant_id=merchant_id, now=now):
                raise NoSuchToken(f"There is no card behind {token[:40]!r}.", field="token")
            await store.record(tx, AuditLine(at=now, actor=merchant_id, action="keep", token=token))

    async def forget(self, token: str, *, merchant_id: str) -> None:
        """Forget a card for good; one that is forgotten already is no matter."""
        self._codes.forget(token)
        async with self._database.transaction() as tx:
            if await store.forget_token(tx, token, merchant_id=merchant_id):
                line = AuditLine(at=self._clock.now(), actor=merchant_id, action="forget", token=token)
                await store.record(tx, line)

    async def forget_expired(self, *, limit: int = 1000) -> int:
        """Forget cards that nobody kept, and security codes whose time is over."""
        self._codes.forget_old(seconds=monotonic_seconds())
        async with self._database.transaction() as tx:
            return await store.forget_expired(tx, now=self._clock.now(), limit=limit)

    async def _take_in(self, secret: Secret, card: Card, ticket: FieldsTicket, kind: TokenKind) -> Token:
        now = self._clock.now()
        async with self._database.transaction() as tx:
            if kind is TokenKind.CARD and await store.count_of_session(tx, ticket.session) >= CARDS_PER_PAGE:
                raise TooManyCards(
                    "This page has taken as many cards as it may.", hint="Open it anew from the shop."
                )
            token = Token(
                id=new_id("tok"),
                merchant_id=ticket.merchant_id,
                kind=kind,
                brand=rules.brand_of(card.number).name,
                first6=card.number[:6],
                last4=card.number[-4:],
                exp_month=card.exp_month,
                exp_year=card.exp_year,
                fingerprint=await self._safe.fingerprint(tx, card.number, now=now),
                created_at=now,
                expires_at=now + KEPT_UNASKED if kind is TokenKind.CARD else None,
            )
            sealed = await self._safe.seal(
                tx, secret, token=token.id, merchant_id=ticket.merchant_id, now=now
            )
            await store.insert_token(
                tx, token, session=ticket.session, data_key=sealed.data_key, sealed=sealed.sealed
            )
            await store.record(
                tx, AuditLine(at=now, actor=ticket.merchant_id, action="tokenise", token=token.id)
            )
        return token
