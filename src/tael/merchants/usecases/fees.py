"""Which fee terms apply to a merchant, and how much did it capture?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from tael.foundation.clock import Clock
from tael.foundation.db import Database, Transaction
from tael.foundation.ids import new_id
from tael.foundation.memory import Memory
from tael.foundation.patience import until_committed
from tael.merchants import store
from tael.merchants.errors import NoSuchFeeTerms
from tael.merchants.model import FeePlan, FeeTerms, Merchant, Promotion, Tier, fee_terms_id, flat_rate
from tael.merchants.rules import fees
from tael.merchants.store import SQL


class Captured(Protocol):
    """A fact that says: so much was captured for a merchant."""

    @property
    def merchant_id(self) -> str:
        """Whose payment it is."""
        ...

    @property
    def amount_minor(self) -> int:
        """How much."""
        ...

    @property
    def currency(self) -> str:
        """Of what."""
        ...

    @property
    def happened_at(self) -> datetime:
        """When."""
        ...


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides about a merchant's fees in one month."""

    merchant: Merchant
    plans: Sequence[FeePlan]
    promotions: Sequence[Promotion]
    captured_last_month: Mapping[str, int]

    def at(self, moment: datetime) -> FeeTerms:
        """The terms that apply at a moment of that month."""
        return fees.applying(
            self.plans,
            self.promotions,
            otherwise=flat_rate(self.merchant.fee_basis_points),
            captured_last_month=self.captured_last_month,
            at=moment,
        )


TERMS_SECONDS = 2
"""After this long every process knows fees that were agreed. What begins at a moment begins then, to the microsecond."""


async def agreed_with(tx: Transaction, merchant_id: str, at: datetime) -> Agreed:
    """What was agreed with a merchant, for the month of `at`; refuses `NoSuchMerchant`."""
    return Agreed(
        merchant=await store.standing_of(tx, merchant_id),
        plans=await store.plans_of(tx, merchant_id),
        promotions=await store.promotions_of(tx, merchant_id),
        captured_last_month=await store.captured_in(tx, merchant_id, fees.month_before(at)),
    )


async def count_captured(tx: Transaction, facts: Sequence[Captured]) -> None:
    """Add what was captured to the months in which it was. Each fact is told once: the courier's transaction is this one."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for fact in facts:
        counted = sums[fact.merchant_id, fees.month_of(fact.happened_at), fact.currency]
        counted[0] += fact.amount_minor
        counted[1] += 1
    if not sums:
        return
    keys = list(sums)
    await tx.run(
        SQL.add_volumes,
        merchants=[merchant_id for merchant_id, _, _ in keys],
        months=[month for _, month, _ in keys],
        currencies=[currency for _, _, currency in keys],
        amounts=[sums[key][0] for key in keys],
        counts=[sums[key][1] for key in keys],
    )


class Pricing:
    """The fee terms of one database's merchants, remembered."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._agreed = self._nothing_agreed()
        self._known: dict[str, FeeTerms] = {}

    async def terms_of(self, merchant_id: str, at: datetime) -> tuple[str, FeeTerms]:
        """The terms at a moment with their name; terms that nobody has asked for before are written down."""
        agreed = await self._agreed.get(
            (merchant_id, fees.month_before(at)), lambda: self._ask(merchant_id, at)
        )
        terms = agreed.at(at)
        id = fee_terms_id(terms)
        if id not in self._known:

            async def keep(tx: Transaction) -> None:
                await store.keep_terms(tx, {id: terms}, now=self._clock.now())

            await until_committed(self._database, keep, what="merchants.keep_terms")
            self._known[id] = terms
        return id, terms

    async def fee_terms(self, ids: Sequence[str]) -> Mapping[str, FeeTerms]:
        """The terms of these names; refuses `NoSuchFeeTerms`."""
        unknown = [id for id in ids if id not in self._known]
        if unknown:
            async with self._database.transaction() as tx:
                self._known |= await store.find_terms(tx, unknown)
        missing = next((id for id in unknown if id not in self._known), None)
        if missing is not None:
            raise NoSuchFeeTerms(f"There are no fee terms {missing[:40]!r}.", field="fee_terms_id")
        return {id: self._known[id] for id in ids}

    def forget(self) -> None:
        """Ask again what was agreed: something was just changed here."""
        self._agreed = self._nothing_agreed()

    async def _ask(self, merchant_id: str, at: datetime) -> Agreed:
        async with self._database.transaction() as tx:
            return await agreed_with(tx, merchant_id, at)

    def _nothing_agreed(self) -> Memory[tuple[str, str], Agreed]:
        return Memory(self._clock, seconds=TERMS_SECONDS)


async def mirror(tx: Transaction, merchant: Merchant, terms: FeeTerms, *, now: datetime) -> None:
    """Have a merchant here as it is elsewhere, paying what it pays there from now on."""
    await tx.run(
        SQL.mirror_merchant, **{name: getattr(merchant, name) for name in Merchant.__struct_fields__}
    )
    if (await agreed_with(tx, merchant.id, now)).at(now) == terms:
        return
    plan = FeePlan(
        id=new_id("pln"),
        merchant_id=merchant.id,
        effective_from=now,
        currency="CNY",
        tiers=(Tier(from_minor=0, terms=terms),),
        proposed_by="mirror",
        approved_by="mirror",
        approved_at=now,
    )
    await store.write(tx, SQL.insert_fee_plan, plan)
