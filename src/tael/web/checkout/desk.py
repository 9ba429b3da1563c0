"""Who stands behind the page? Payments, merchants and sessions, asked in the page's own words."""

from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from tael.channels.port import Action, GoTo, PostForm, Product
from tael.checkout.api import Checkout
from tael.checkout.model import Session
from tael.foundation.clock import Clock
from tael.foundation.errors import Conflict, Declined
from tael.foundation.http.strangers import Deed, Strangers
from tael.foundation.ids import check_id
from tael.merchants.api import Merchants
from tael.payments.api import Payments, PaymentStory
from tael.payments.model import Attempt, Payment
from tael.web.checkout.cards import CardChoice, HostedCards
from tael.web.checkout.savings import Savings, discounts_of, savings_of
from tael.web.checkout.views import BEGUN_BY_PAYER, NO_WISH, CheckoutState, CheckoutView, Kind, Wish, view_of
from tael.web.checkout.wallets import Way, page_of, wallet_in_front, ways_on

_BEGUN_BY_STRANGERS = ("payment_link:", "static_code:")
"""Sources of payments that no server of the merchant asked for."""


class PaymentDesk:
    """The `CheckoutDesk` of a running platform."""

    def __init__(
        self,
        payments: Payments,
        merchants: Merchants,
        checkout: Checkout,
        clock: Clock,
        *,
        cards: HostedCards,
        strangers: Strangers,
    ) -> None:
        self._payments = payments
        self._merchants = merchants
        self._checkout = checkout
        self._clock = clock
        self._cards = cards
        self._strangers = strangers

    async def open(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment, with what the payer needs, if it can be paid; refuses `NoSuchPayment`, `TooMuchFromNetwork`."""
        story, session = await self._story(payment_id)
        ways = await self._ways(story, session, wish)
        way = _chosen(story, ways, wish)
        savings = await savings_of(self._payments.prices, story, session, ways, wish)
        begins = way is not None and way.product not in BEGUN_BY_PAYER and way.product.payer_acts_last
        if way is not None and begins and way in ways:
            await self._count(story, way, savings, wish)
            try:
                story = await self._payments.open_checkout(
                    payment_id, method=way.method, product=way.product, asked=savings.asked(way)
                )
            except (Conflict, Declined):  # it ended just now: that, too, is something to show
                return await self.look(payment_id, wish)
        view = await self._view(story, session, way, ways, savings)
        if view.kind is Kind.CARD and view.state is CheckoutState.OPEN and not view.begun:
            page = page_of(view.method, self._offers(story.payment, session))
            form = await self._cards.form(story.payment, session)
            return msgspec.structs.replace(view, card=form, has_page=page is not None)
        return view

    async def begin(self, payment_id: str, wish: Wish = NO_WISH) -> Action | None:
        """Where the channel's page is, begun at the channel if that was not done before; or that of the card's bank."""
        story, session = await self._story(payment_id)
        ways = await self._ways(story, session, wish)
        way = _chosen(story, ways, wish)
        if way is None or way not in ways:
            return None
        if way.product is Product.CARD and not _begun(story, way):
            way = page_of(way.method, self._offers(story.payment, session))
        if way is not None and way.product in (Product.PAGE, Product.H5):
            savings = await savings_of(self._payments.prices, story, session, [way], wish)
            await self._count(story, way, savings, wish)
            try:
                story = await self._payments.open_checkout(
                    payment_id, method=way.method, product=way.product, asked=savings.asked(way, wish)
                )
            except (Conflict, Declined):
                return None
        attempt = _latest(story, way)
        action = attempt.action if attempt is not None and attempt.live else None
        return action if isinstance(action, GoTo | PostForm) else None

    async def pay_by_card(self, payment_id: str, choice: CardChoice, wish: Wish = NO_WISH) -> bool:
        """Try a card that was typed into the fields, or one that is kept; whether the payer's bank has to ask them first.

        Refuses `TooMuchFromNetwork`, and `Malformed` and `NotFound` for a card that is not theirs.
        """
        story, session = await self._story(payment_id)
        way = _chosen(story, await self._ways(story, session, wish), wish)
        if way is None or way.product is not Product.CARD:
            return False
        if not _begun(story, way):
            usable = await self._cards.usable(story.payment, session, choice)
            savings = await savings_of(self._payments.prices, story, session, [way], wish)
            await self._count(story, way, savings, wish)
            try:
                story = await self._payments.open_checkout(
                    payment_id,
                    method=way.method,
                    product=way.product,
                    card_token=usable.card_token,
                    channel=usable.channel,
                    asked=savings.asked(way, wish),
                )
            except (Conflict, Declined):
                return False
            begun = _latest(story, way)
            if begun is not None:
                await self._agree(session, choice, begun, wish)
        attempt = _latest(story, way)
        return attempt is not None and attempt.live and isinstance(attempt.action, GoTo | PostForm)

    async def _agree(self, session: Session | None, choice: CardChoice, begun: Attempt, wish: Wish) -> None:
        agreed = self._cards.agreed(session, choice, begun, address=wish.address)
        if agreed is not None:
            await self._checkout.agreed_cards.take(agreed, begun)

    async def look(self, payment_id: str, wish: Wish = NO_WISH) -> CheckoutView:
        """The payment as our records have it; refuses `NoSuchPayment`."""
        story, session = await self._story(payment_id)
        ways = await self._ways(story, session, wish)
        savings = await savings_of(self._payments.prices, story, session, ways, wish)
        return await self._view(story, session, _chosen(story, ways, wish), ways, savings)

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
        self,
        story: PaymentStory,
        session: Session | None,
        way: Way | None,
        ways: Sequence[Way],
        savings: Savings,
    ) -> CheckoutView:
        merchant = await self._merchants.get(story.payment.merchant_id)
        attempt = _latest(story, way)
        return view_of(
            story.payment,
            attempt,
            merchant_name=merchant.name,
            now=self._clock.now(),
            way=way,
            methods=tuple(each.method for each in ways),
            session=session,
            discounts=discounts_of(story, attempt, savings, way),
            savings=savings,
        )

    async def _count(self, story: PaymentStory, way: Way, savings: Savings, wish: Wish) -> None:
        """Before something is begun that was not: so much of it comes from one network, of discounts less.

        A discount is held from here on until the payment ends: strangers who begin and never pay hold a part of the
        offer's budget at most.
        """
        if _begun(story, way) or story.payment.ended:
            return
        await self._strangers.take(wish.address, Deed.ATTEMPT)
        price = savings.prices.get(way.method)
        if price is not None and price.offers and story.payment.source.startswith(_BEGUN_BY_STRANGERS):
            await self._strangers.take(wish.address, Deed.DISCOUNT)

    async def _ways(self, story: PaymentStory, session: Session | None, wish: Wish) -> list[Way]:
        """What is offered for this payment on this device; the payer's usual way comes first.

        Where money may have moved already, nothing else is: a second way could take it twice.
        """
        undecided = next((each for each in story.attempts if _may_have_moved(each)), None)
        if undecided is not None:
            return [Way(undecided.method, undecided.product)]
        typed = await self._cards.are_taken()
        offers = self._offers(story.payment, session)
        ways = ways_on(
            wish.user_agent, lambda product: offers(product) if typed or product is not Product.CARD else ()
        )
        front = wallet_in_front(wish.user_agent)
        return sorted(ways, key=lambda way: (way.method != front, way.method != wish.usual))

    def _offers(self, payment: Payment, session: Session | None) -> Callable[[Product], Sequence[str]]:
        allowed = session.methods if session is not None else ()

        def offers(product: Product) -> Sequence[str]:
            methods = self._payments.methods(payment, product=product)
            return [each for each in methods if not allowed or each in allowed]

        return offers


def _chosen(story: PaymentStory, ways: Sequence[Way], wish: Wish) -> Way | None:
    """The way that the payer chose; else the one with which they began, else the first that is offered."""
    begun = [each for each in reversed(story.attempts) if each.live and not each.abandoned]
    by_method = {way.method: way for way in ways}
    wishes = [wish.method, *(each.method for each in begun), *by_method]
    chosen = next((by_method[each] for each in wishes if each in by_method), None)
    if chosen is None and begun:
        return Way(begun[0].method, begun[0].product)
    return chosen


def _may_have_moved(attempt: Attempt) -> bool:
    return attempt.live and not attempt.abandoned and not attempt.product.payer_acts_last


def _begun(story: PaymentStory, way: Way) -> bool:
    attempt = _latest(story, way)
    return attempt is not None and attempt.live


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
