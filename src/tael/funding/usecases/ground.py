"""What do the verbs of funding stand on? The books, the wallets, both ways of money, and whoever knows people."""

from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from tael.behaviour.api import Behaviour
from tael.foundation.clock import Clock
from tael.foundation.dated_rules import DatedRules
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.idempotency import LEASE_SECONDS
from tael.foundation.identity_documents import IdentityDocument
from tael.foundation.personal import Personal
from tael.funding.errors import PersonNotVerified
from tael.funding.model import FundingTerms
from tael.identity.api import Identity
from tael.ledger.api import Ledger
from tael.ledger.model import AccountSpec, JournalEntry
from tael.merchants.api import Merchants
from tael.messages.api import Messages
from tael.messages.model import Language
from tael.payments.api import Payments
from tael.payouts.api import Payouts
from tael.standing.api import Standing
from tael.standing.model import Permission
from tael.vault.api import VaultClient
from tael.verification.api import Verification
from tael.wallets.api import Wallets

HEAD_START = timedelta(seconds=LEASE_SECONDS + 10)
"""Whoever began something may still be at work; later, the open call of one that died can be taken over."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who a user is, as we have verified it. Shows itself to nobody."""

    name: str
    document: IdentityDocument
    phone: str
    """With its country: `+8613800001234`."""

    def __repr__(self) -> str:
        return "Person(…)"


class Persons(Protocol):
    """Who knows who users are."""

    async def known(self, user_id: str) -> Person | None:
        """Who a user is; `None` of somebody who has not been verified."""
        ...


class Ground(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    database: Database
    clock: Clock
    rules: DatedRules
    personal: Personal
    ledger: Ledger
    merchants: Merchants
    wallets: Wallets
    payments: Payments
    payouts: Payouts
    vault: VaultClient
    verification: Verification
    standing: Standing
    identity: Identity
    messages: Messages
    behaviour: Behaviour
    persons: Persons

    def terms(self, at: datetime) -> FundingTerms:
        """The rule `funding.terms` at a moment."""
        return self.rules.read("funding.terms", FundingTerms, at=at)

    async def person(self, user_id: str) -> Person:
        """Who a user is; refuses `PersonNotVerified`."""
        found = await self.persons.known(user_id)
        if found is None:
            raise PersonNotVerified(
                "We do not know yet who you are.", hint="Say your name and document, and have them verified."
            )
        return found

    async def allow(self, tx: Transaction, user_id: str, permission: Permission) -> None:
        """Refuses what standing says that the user may not do now."""
        [refusal] = await self.standing.check(tx, [(user_id, permission)])
        if refusal is not None:
            raise refusal

    async def language_of(self, tx: Transaction, user_id: str) -> Language:
        """In which language a user reads."""
        return (await self.messages.languages(tx, [user_id]))[user_id]

    async def book(self, tx: Transaction, entry: JournalEntry, *accounts: AccountSpec) -> None:
        """Post what has happened: a refusal here is a bug, or an account that is closed, and undoes the transaction."""
        results = [
            *await self.ledger.open_accounts(tx, list(accounts)),
            *await self.ledger.post(tx, [entry]),
        ]
        for result in results:
            if isinstance(result, Refusal):
                raise RuntimeError(f"the books refuse what has happened: {result.message}") from result
