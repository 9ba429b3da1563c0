"""Who stands behind the page? Payments, merchants and sessions, asked in the page's own words."""

from collections.abc import AsyncIterator, Sequence

from tael.channels.port import Action, GoTo, PostForm, Product
from tael.checkout.api import Checkout
from tael.checkout.model import Session
from tael.foundation.clock import Clock
from tael.foundation.errors import Conflict, Declined
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.payments.api import Payments, PaymentStory
from tael.payments.model import Attempt, Payment
from tael.web.checkout.views import BEGUN_BY_PAYER, NO_WISH, CheckoutView, Wish, view_of
from tael.web.checkout.wallets import Way, wallet_in_front, ways_on


class PaymentDesk:
    """The `CheckoutDesk` of a running platform."""

    def __init__(self, payments: Payments, merchants: Merchants, checkout: Checkout, clock: Clock) -> None:
        self._payments = payments
        self._merchants = merchants
        self._checkout = checkout
        self._clock = clock

    async def open(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment, with what the payer needs, if it can be paid; refuses `NoSuchPayment`."""
        story, session = await self._story(payment_id)
        ways = self._ways(story, session, wish)
        way = _chosen(story, ways, wish)
        if way is not None and way.product not in BEGUN_BY_PAYER and way in ways:
            try:
                story = await self._payments.open_checkout(payment_id, method=way.method, product=way.product)
            except (Conflict, Declined):  # it ended just now: that, too, is something to show
                return await self.look(payment_id, wish)
        return await self._view(story, session, way, ways)

    async def begin(self, payment_id: str, wish: Wish = NO_WISH) -> Action | None:
        """Where the channel's page is; begun at the channel if that was not done before."""
        story, session = await self._story(payment_id)
        ways = self._ways(story, session, wish)
        way = _chosen(story, ways, wish)
        if way is None or way.product not in (Product.PAGE, Product.H5) or way not in ways:
            return None
        try:
            story = await self._payments.open_checkout(payment_id, method=way.method, product=way.product)
        except (Conflict, Declined):
            return None
        attempt = _latest(story, way)
        action = attempt.action if attempt is not None and attempt.live else None
        return action if isinstance(action, GoTo | PostForm) else None

    async def look(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment as our records have it; refuses `NoSuchPayment`."""
        story, session = await self._story(payment_id)
        ways = self._ways(story, session, wish)
        return await self._view(story, session, _chosen(story, ways, wish), ways)

    async def changes(self, payment_id: str, wish: Wish = NO_WISH) -> AsyncIterator[CheckoutView]:
        """The payment as it is, then again each time that it has changed, until it ended."""
        async for _ in self._payments.watch(payment_id):
            yield await self.look(payment_id, wish)

    async def _story(self, payment_id: str) -> tuple[PaymentStory, Session | None]:
        """Refuses `Malformed`, too: what stands in an address may be anything."""
        check_id(payment_id, prefix="pay", field="payment_id")
        story = await self._payments.get(payment_id, merchant_id=None)
        by_session = story.payment.source != "api"
        return story, await self._checkout.sessions.of_payment(payment_id) if by_session else None

    async def _view(
        self, story: PaymentStory, session: Session | None, way: Way | None, ways: Sequence[Way]
    ) -> CheckoutView:
        merchant = await self._merchants.get(story.payment.merchant_id)
        return view_of(
            story.payment,
            _latest(story, way),
            merchant_name=merchant.name,
            now=self._clock.now(),
            way=way,
            methods=tuple(each.method for each in ways),
            session=session,
        )

    def _ways(self, story: PaymentStory, session: Session | None, wish: Wish) -> list[Way]:
        """What is offered for this payment on this device; the payer's usual way comes first."""

        def offered(product: Product) -> Sequence[str]:
            return self._offered(story.payment, session, product)

        ways = ways_on(wish.user_agent, offered)
        front = wallet_in_front(wish.user_agent)
        return sorted(ways, key=lambda way: (way.method != front, way.method != wish.usual))

    def _offered(self, payment: Payment, session: Session | None, product: Product) -> Sequence[str]:
        allowed = session.methods if session is not None else ()
        methods = self._payments.methods(payment, product=product)
        return [each for each in methods if not allowed or each in allowed]


def _chosen(story: PaymentStory, ways: Sequence[Way], wish: Wish) -> Way | None:
    """The way that the payer chose; else the one with which they began, else the first that is offered."""
    begun = [each for each in reversed(story.attempts) if each.live and not each.abandoned]
    by_method = {way.method: way for way in ways}
    wishes = [wish.method, *(each.method for each in begun), *by_method]
    chosen = next((by_method[each] for each in wishes if each in by_method), None)
    if chosen is None and begun:
        return Way(begun[0].method, begun[0].product)
    return chosen


def _latest(story: PaymentStory, way: Way | None) -> Attempt | None:
    """The last attempt in a way; one that is live counts before one that has ended."""
    own = [
        each
        for each in story.attempts
        if way is not None
        and each.method == way.method
        and each.product is way.product
        and not each.abandoned
    ]
    return max(own, key=lambda each: (each.live, each.id), default=None)
