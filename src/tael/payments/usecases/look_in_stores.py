"""Look through what came from some sources only: for people who work in some of a merchant's stores."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from tael.foundation.db import Database
from tael.payments.model import Payment, PaymentState, Refund
from tael.payments.store import SQL
from tael.payments.usecases.look_through import Found, Lists, PaymentFilter, RefundFilter
from tael.payments.usecases.summaries import Span


class InStores:
    """Lists of one database. `sources`: as payments name where they came from."""

    def __init__(self, database: Database, lists: Lists) -> None:
        self._database = database
        self._lists = lists

    async def payments(self, wanted: PaymentFilter, sources: Sequence[str]) -> Found[Payment]:
        """A page of payments, by state, method and when they were made; other filters are not looked at."""
        return await self._lists.page_from(wanted, sources)

    async def states(self, span: Span, sources: Sequence[str]) -> Mapping[PaymentState, int]:
        """How many such payments are in each state; states without any are left out."""
        asked = msgspec.structs.asdict(span)
        async with self._database.transaction() as tx:
            counted = await tx.tuples(SQL.count_states_from, **asked, sources=list(sources))
        return {PaymentState(state): count for state, count in counted}

    async def refunds(self, wanted: RefundFilter, sources: Sequence[str]) -> Found[Refund]:
        """A page of refunds of such payments, by state; other filters are not looked at."""
        return await self._lists.refund_page_from(wanted, sources)

    async def of_these(self, payment_ids: Collection[str], sources: Sequence[str]) -> frozenset[str]:
        """Those of some payments that came from there."""
        async with self._database.transaction() as tx:
            found = await tx.tuples(SQL.which_are_from, ids=sorted(payment_ids), sources=list(sources))
        return frozenset(id for (id,) in found)
