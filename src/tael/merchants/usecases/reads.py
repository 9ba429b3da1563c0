"""How does a merchant stand, and what has it handed in, signed, agreed? Questions that change nothing, page by page.

A page is asked for by the key at which the one before ended; lists are newest first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation import proposals
from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.proposals import Proposal, ProposalFilter, ProposalState
from tael.foundation.sealing import Sealer
from tael.merchants import store
from tael.merchants.errors import NoSuchMerchantRecord
from tael.merchants.model import (
    AgreementStanding,
    AgreementText,
    AgreementVersion,
    Application,
    ApplicationState,
    ApplicationView,
    FeePlan,
    FeeTerms,
    Listed,
    MerchantDocument,
    MerchantFilter,
    MerchantHistoryLine,
    MerchantState,
    Promotion,
    SettlementSettings,
    SignedAgreement,
    Standing,
    Store,
    Terminal,
    Volume,
    fee_terms_id,
)
from tael.merchants.rules import standing as standing_rules
from tael.merchants.store import SQL
from tael.merchants.usecases import agreement
from tael.merchants.usecases.application import view_of
from tael.merchants.usecases.desk import about_document, plain
from tael.merchants.usecases.fees import agreed_with
from tael.merchants.usecases.settlement import settings_or_first

KIND = "merchants"


class FeesView(msgspec.Struct, frozen=True, kw_only=True):
    """What a merchant pays now, and what was agreed."""

    fee_terms_id: str
    terms: FeeTerms
    """They apply now."""
    plans: Sequence[FeePlan]
    """The one that begins last first."""
    promotions: Sequence[Promotion]
    volumes: Sequence[Volume]
    """What was captured, the latest month first: last month's decides about the tier."""


class MerchantView(msgspec.Struct, frozen=True, kw_only=True):
    """The state of everything, in one answer."""

    merchant: Standing
    live: bool
    """Whether it may take payments in live mode."""
    may: Sequence[str]
    """What is left of the permissions of its people and keys in live mode."""
    application: ApplicationView | None
    """`None`: it was registered, or whoever asks may not read its papers."""
    agreement: AgreementStanding
    fees: FeesView
    settlement: SettlementSettings
    stores: int
    """Open ones."""
    terminals: int
    to_do: Sequence[str]
    """What the merchant should see to: `application.submit`, `application.changes`, `agreement.sign`."""


class Reads:
    """The questions about one database's merchants."""

    def __init__(self, database: Database, clock: Clock, sealer: Sealer) -> None:
        self._database = database
        self._clock = clock
        self._sealer = sealer

    async def merchant(self, merchant_id: str) -> MerchantView:
        """The state of everything; refuses `NoSuchMerchant`."""
        now = self._clock.now()
        async with self._database.transaction() as tx:
            merchant = await store.standing_of(tx, merchant_id)
            application = await _application(tx, merchant_id, now)
            signed = await agreement.standing(tx, merchant_id, now=now)
            stores, terminals = (await tx.tuples(SQL.count_places, merchant_id=merchant_id))[0]
            settings = await settings_or_first(tx, merchant_id, at=now)
            fees = await _fees(tx, merchant_id, now)
        return MerchantView(
            merchant=merchant,
            live=merchant.state is MerchantState.ACTIVE,
            may=sorted(standing_rules.LEFT[merchant.state]),
            application=application,
            agreement=signed,
            fees=fees,
            settlement=plain(settings, SettlementSettings),
            stores=stores,
            terminals=terminals,
            to_do=_to_do(application, signed),
        )

    async def merchants(self, wanted: MerchantFilter) -> Sequence[Listed]:
        """Merchants, newest first."""
        async with self._database.transaction() as tx:
            return await tx.rows(SQL.list_affairs, Listed, **msgspec.structs.asdict(wanted))

    async def counts(self) -> Mapping[str, int]:
        """How many merchants are in each state, and applications: `merchant.active`, `application.submitted`."""
        async with self._database.transaction() as tx:
            merchants = await tx.tuples(SQL.count_merchants)
            applications = await tx.tuples(SQL.count_applications)
        return {f"merchant.{state}": count for state, count in merchants} | {
            f"application.{state}": count for state, count in applications
        }

    async def application(self, merchant_id: str) -> ApplicationView:
        """An application, masked; refuses `NoSuchMerchantRecord`."""
        async with self._database.transaction() as tx:
            found = await _application(tx, merchant_id, self._clock.now())
        if found is None:
            raise NoSuchMerchantRecord("This merchant has no application: it was registered.")
        return found

    async def same_company(self, merchant_id: str) -> Sequence[str]:
        """Other merchants whose applications say the same credit code."""
        async with self._database.transaction() as tx:
            found = await _application(tx, merchant_id, self._clock.now())
            business = found.particulars.business if found else None
            if business is None:
                return []
            rows = await tx.tuples(
                SQL.others_with_code, credit_code=business.credit_code, merchant_id=merchant_id
            )
        return [id for (id,) in rows]

    async def documents(
        self, merchant_id: str, *, before: str | None = None, limit: int = 50
    ) -> Sequence[MerchantDocument]:
        """What a merchant handed in, also what it took out again."""
        async with self._database.transaction() as tx:
            return await tx.rows(
                SQL.documents_of,
                MerchantDocument,
                merchant_id=merchant_id,
                removed=True,
                before=before,
                limit=limit,
            )

    async def document(self, merchant_id: str, id: str) -> tuple[MerchantDocument, bytes]:
        """A document with its bytes; refuses `NoSuchMerchantRecord`."""
        async with self._database.transaction() as tx:
            document = await store.find(tx, SQL.find_document, MerchantDocument, id, merchant_id=merchant_id)
            [(sealed,)] = await tx.tuples(SQL.document_content, id=id, merchant_id=merchant_id)
        return document, self._sealer.open(bytes(sealed), about=about_document(id))

    async def agreements(self, merchant_id: str) -> AgreementStanding:
        """Which version holds, what was signed, what has to be."""
        async with self._database.transaction() as tx:
            return await agreement.standing(tx, merchant_id, now=self._clock.now())

    async def signed_agreement(self, merchant_id: str, id: str) -> SignedAgreement:
        """A signed agreement, to be kept; refuses `NoSuchMerchantRecord`."""
        async with self._database.transaction() as tx:
            return await agreement.signed_agreement(tx, merchant_id, id)

    def agreement_text(self, version: str, language: str) -> AgreementText:
        """The text of a version; refuses `NoSuchMerchantRecord`."""
        return agreement.agreement_text(version, language)

    def agreement_versions(self) -> Sequence[AgreementVersion]:
        """Every version, the earliest first."""
        return agreement.versions()

    async def fees(self, merchant_id: str) -> FeesView:
        """What a merchant pays; refuses `NoSuchMerchant`."""
        async with self._database.transaction() as tx:
            return await _fees(tx, merchant_id, self._clock.now())

    async def settlement(
        self, merchant_id: str, *, before: str | None = None, limit: int = 50
    ) -> Sequence[SettlementSettings]:
        """Settlement settings, those of the past as well; the first that has begun holds."""
        async with self._database.transaction() as tx:
            return await tx.rows(
                SQL.settings_of, SettlementSettings, merchant_id=merchant_id, before=before, limit=limit
            )

    async def settlement_at(self, merchant_id: str, at: datetime) -> SettlementSettings:
        """The settings that hold at a moment, or those with which everybody begins."""
        async with self._database.transaction() as tx:
            return plain(await settings_or_first(tx, merchant_id, at=at), SettlementSettings)

    async def stores(
        self, merchant_id: str, *, before: str | None = None, open_only: bool = False, limit: int = 50
    ) -> Sequence[Store]:
        """A merchant's stores."""
        async with self._database.transaction() as tx:
            return await tx.rows(
                SQL.list_stores, Store, merchant_id=merchant_id, before=before, open=open_only, limit=limit
            )

    async def store(self, merchant_id: str, id: str) -> Store:
        """One store, open or closed; refuses `NoSuchMerchantRecord`."""
        async with self._database.transaction() as tx:
            return await store.find(tx, SQL.find_store, Store, id, merchant_id=merchant_id)

    async def terminals(
        self,
        merchant_id: str,
        *,
        store_id: str | None = None,
        before: str | None = None,
        open_only: bool = False,
        limit: int = 50,
    ) -> Sequence[Terminal]:
        """A merchant's terminals, or those of a store."""
        async with self._database.transaction() as tx:
            return await tx.rows(
                SQL.list_terminals,
                Terminal,
                merchant_id=merchant_id,
                store_id=store_id,
                before=before,
                open=open_only,
                limit=limit,
            )

    async def terminal(self, merchant_id: str, id: str) -> Terminal:
        """One terminal, in use or not; refuses `NoSuchMerchantRecord`."""
        async with self._database.transaction() as tx:
            return await store.find(tx, SQL.find_terminal, Terminal, id, merchant_id=merchant_id)

    async def history(
        self, merchant_id: str, *, before: int | None = None, limit: int = 50
    ) -> Sequence[MerchantHistoryLine]:
        """All that happened with a merchant."""
        async with self._database.transaction() as tx:
            return await tx.rows(
                SQL.list_history, MerchantHistoryLine, merchant_id=merchant_id, before=before, limit=limit
            )

    async def proposals(
        self,
        *,
        merchant_id: str | None = None,
        state: ProposalState | None = None,
        change: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> Sequence[Proposal]:
        """What was proposed about merchants, or about one; all of it, or one kind of `change`."""
        kind = KIND if change is None else f"{KIND}.{change}"
        wanted = ProposalFilter(kind=kind, subject=merchant_id, state=state, before=before, limit=limit)
        async with self._database.transaction() as tx:
            return await proposals.list_proposals(tx, wanted, now=self._clock.now())

    async def proposal(self, id: str) -> Proposal:
        """One proposal of ours; refuses `NoSuchProposal`."""
        async with self._database.transaction() as tx:
            return await proposals.get(tx, id, now=self._clock.now(), kind=KIND)


async def _application(tx: Transaction, merchant_id: str, now: datetime) -> ApplicationView | None:
    found = await tx.row(SQL.find_application, Application, merchant_id=merchant_id)
    return None if found is None else await view_of(tx, found, now=now)


async def _fees(tx: Transaction, merchant_id: str, now: datetime) -> FeesView:
    agreed = await agreed_with(tx, merchant_id, now)
    terms = agreed.at(now)
    return FeesView(
        fee_terms_id=fee_terms_id(terms),
        terms=terms,
        plans=agreed.plans,
        promotions=agreed.promotions,
        volumes=await tx.rows(SQL.volumes_of, Volume, merchant_id=merchant_id, limit=24),
    )


def _to_do(application: ApplicationView | None, signed: AgreementStanding) -> list[str]:
    to_do = []
    if application is not None and application.state is ApplicationState.CHANGES_REQUESTED:
        to_do.append("application.changes")
    if application is not None and application.state is ApplicationState.DRAFT:
        to_do.append("application.submit")
    if signed.must_sign:
        to_do.append("agreement.sign")
    return to_do
