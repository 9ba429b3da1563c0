"""Who stands behind the page? Payments and merchants, asked in the page's own words."""

from collections.abc import AsyncIterator

from tael.channels.errors import NoSuchChannel
from tael.foundation.clock import Clock
from tael.foundation.errors import Conflict, Declined
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.payments.api import Payments, PaymentStory
from tael.web.checkout.views import CheckoutView, view_of


class PaymentDesk:
    """The `CheckoutDesk` of a running platform; payers pay over `channel`."""

    def __init__(self, payments: Payments, merchants: Merchants, clock: Clock, *, channel: str) -> None:
        self._payments = payments
        self._merchants = merchants
        self._clock = clock
        self._channel = channel

    async def open(self, payment_id: str) -> CheckoutView:
        """The payment, with a live code if it can be paid; refuses `NoSuchPayment`."""
        try:
            story = await self._payments.open_checkout(_checked(payment_id), channel=self._channel)
        except (Conflict, Declined, NoSuchChannel):  # it ended just now: that, too, is something to show
            return await self.look(payment_id)
        return await self._view(story)

    async def look(self, payment_id: str) -> CheckoutView:
        """The payment as our records have it; refuses `NoSuchPayment`."""
        return await self._view(await self._payments.get(_checked(payment_id), merchant_id=None))

    async def changes(self, payment_id: str) -> AsyncIterator[CheckoutView]:
        """The payment as it is, then again each time that it has changed, until it ended."""
        async for _ in self._payments.watch(payment_id):
            yield await self.look(payment_id)

    async def _view(self, story: PaymentStory) -> CheckoutView:
        merchant = await self._merchants.get(story.payment.merchant_id)
        attempt = story.attempts[-1] if story.attempts else None
        return view_of(story.payment, attempt, merchant_name=merchant.name, now=self._clock.now())


def _checked(payment_id: str) -> str:
    """Refuses `Malformed`: what stands in an address may be anything."""
    return check_id(payment_id, prefix="pay", field="payment_id")
