"""Who stands behind the page? Payments and merchants, asked in the page's own words."""

from collections.abc import AsyncIterator

from tael.foundation.clock import Clock
from tael.foundation.errors import Conflict, Declined
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.payments.api import Payments, PaymentStory
from tael.web.checkout.views import CheckoutView, view_of


class PaymentDesk:
    """The `CheckoutDesk` of a running platform. Payers pay by scanning a code."""

    def __init__(self, payments: Payments, merchants: Merchants, clock: Clock) -> None:
        self._payments = payments
        self._merchants = merchants
        self._clock = clock

    async def open(self, payment_id: str, method: str | None = None) -> CheckoutView:
        """The payment, with a live code if it can be paid; refuses `NoSuchPayment`."""
        story = await self._payments.get(_checked(payment_id), merchant_id=None)
        chosen = self._chosen(story, method)
        if chosen is not None:
            try:
                story = await self._payments.open_checkout(payment_id, method=chosen)
            except (Conflict, Declined):  # it ended just now: that, too, is something to show
                return await self.look(payment_id, method)
        return await self._view(story, method)

    async def look(self, payment_id: str, method: str | None = None) -> CheckoutView:
        """The payment as our records have it; refuses `NoSuchPayment`."""
        return await self._view(await self._payments.get(_checked(payment_id), merchant_id=None), method)

    async def _view(self, story: PaymentStory, method: str | None) -> CheckoutView:
        merchant = await self._merchants.get(story.payment.merchant_id)
        chosen = self._chosen(story, method)
        own = [each for each in story.attempts if each.method == chosen and not each.abandoned]
        return view_of(
            story.payment,
            own[-1] if own else None,
            merchant_name=merchant.name,
            now=self._clock.now(),
            method=chosen,
            methods=tuple(self._payments.methods(story.payment)),
        )

    async def changes(self, payment_id: str, method: str | None = None) -> AsyncIterator[CheckoutView]:
        """The payment as it is, then again each time that it has changed, until it ended."""
        async for _ in self._payments.watch(payment_id):
            yield await self.look(payment_id, method)

    def _chosen(self, story: PaymentStory, method: str | None) -> str | None:
        """The way that the payer chose; else the one with which they began, else the first that is offered."""
        offered = self._payments.methods(story.payment)
        begun = [each.method for each in story.attempts if each.live and not each.abandoned]
        wishes = [method, *reversed(begun), *offered]
        return next((each for each in wishes if each in offered), begun[-1] if begun else None)


def _checked(payment_id: str) -> str:
    """Refuses `Malformed`: what stands in an address may be anything."""
    return check_id(payment_id, prefix="pay", field="payment_id")
