"""What does somebody see who works in some stores only? The payments that were made there, and the refunds of these."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from tael.foundation.http.permissions import Principal
from tael.payments.api import Found, PaymentFilter, RefundFilter, Sought, Span
from tael.payments.errors import NoSuchPayment
from tael.payments.model import Payment, PaymentState, Refund
from tael.web.portal.behind import Behind
from tael.web.ui.pages import PageRequest

MOST_SOUGHT = 200
"""What a text may mean is looked for in the whole merchant, and cut down to the stores afterwards."""


class Sight:
    """What one person may look at."""

    def __init__(self, behind: Behind, request: PageRequest) -> None:
        self._behind = behind
        self._principal: Principal = request.scope["user"]

    @property
    def is_whole(self) -> bool:
        """Whether they see everything."""
        return not self._principal.stores

    async def payments(self, wanted: PaymentFilter) -> Found[Payment]:
        """A page of payments."""
        if self.is_whole:
            return await self._behind.payments.lists.page(wanted)
        found = await self._behind.payments.in_stores.payments(wanted, await self._sources())
        return msgspec.structs.replace(found, items=await self._here(found.items))

    async def states(self, span: Span) -> Mapping[PaymentState, int]:
        """How many payments are in each state."""
        if self.is_whole:
            return await self._behind.payments.summaries.states(span)
        return await self._behind.payments.in_stores.states(span, await self._sources())

    async def refunds(self, wanted: RefundFilter) -> Found[Refund]:
        """A page of refunds."""
        if self.is_whole:
            return await self._behind.payments.lists.refund_page(wanted)
        found = await self._behind.payments.in_stores.refunds(wanted, await self._sources())
        elsewhere = await self._elsewhere({each.payment_id for each in found.items})
        items = [each for each in found.items if each.payment_id not in elsewhere]
        return msgspec.structs.replace(found, items=items)

    async def find_payments(self, sought: Sought) -> Sequence[Payment]:
        """The payments that a text may mean."""
        if self.is_whole:
            return await self._behind.payments.lists.find_payments(sought)
        return (await self._here(await self._behind.payments.lists.find_payments(_wider(sought))))[
            : sought.limit
        ]

    async def find_refunds(self, sought: Sought) -> Sequence[Refund]:
        """The refunds that a text may mean."""
        if self.is_whole:
            return await self._behind.payments.lists.find_refunds(sought)
        found = await self._behind.payments.lists.find_refunds(_wider(sought))
        ids = {each.payment_id for each in found}
        seen = await self._behind.payments.in_stores.of_these(ids, await self._sources())
        seen -= await self._elsewhere(ids)
        return [each for each in found if each.payment_id in seen][: sought.limit]

    async def check(self, payment: Payment) -> None:
        """Refuses `NoSuchPayment` for one of another store: for them it is not there."""
        if not self.is_whole and not await self._here([payment]):
            raise NoSuchPayment(f"There is no payment {payment.id} in your stores.", field="payment_id")

    async def _here(self, payments: Sequence[Payment]) -> Sequence[Payment]:
        """Those that were made in their stores."""
        sources = set(await self._sources())
        elsewhere = await self._elsewhere({each.id for each in payments})
        return [each for each in payments if each.source in sources and each.id not in elsewhere]

    async def _elsewhere(self, payment_ids: Collection[str]) -> frozenset[str]:
        return await self._behind.checkout.taken_elsewhere(payment_ids, self._principal.stores)

    async def _sources(self) -> Sequence[str]:
        return await self._behind.checkout.sources_in(self._principal.owner, self._principal.stores)


def _wider(sought: Sought) -> Sought:
    return msgspec.structs.replace(sought, limit=MOST_SOUGHT)
