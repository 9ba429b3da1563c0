"""The verbs of payments: create, start, close, refund, hear a notice, look, watch; and the janitor's rounds."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from tael.channels.api import Channels
from tael.channels.port import Capabilities, InboundNotice, NoticeReply, Product
from tael.customers.api import Customers
from tael.foundation.calls import Answer, Call, is_known
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Database, Transaction
from tael.foundation.errors import Refusal
from tael.foundation.ids import new_id
from tael.foundation.sealing import Sealer
from tael.ledger.api import Ledger
from tael.merchants.api import Merchants
from tael.offers.api import Offers
from tael.payments import reads, rules, store
from tael.payments.errors import NoSuchPayment
from tael.payments.events import RefundFailed, SurplusReceived
from tael.payments.model import Attempt, Payment, Refund, RefundReason
from tael.payments.reads import PaymentStory, Watch
from tael.payments.usecases.answer_calls import CallDesk
from tael.payments.usecases.apply_offers import Asked, why_shown_otherwise
from tael.payments.usecases.ask_channels import ChannelDesk
from tael.payments.usecases.create_payments import CreatePayment, create_payments, new_payment
from tael.payments.usecases.create_refunds import CreateRefund
from tael.payments.usecases.disputed_money import DisputedMoney
from tael.payments.usecases.hear_notices import HearOfPayout, NoticeDesk
from tael.payments.usecases.janitor import Janitor
from tael.payments.usecases.lanes import PaymentLanes
from tael.payments.usecases.look_again import look_again
from tael.payments.usecases.look_in_stores import InStores
from tael.payments.usecases.look_through import Found, Lists, PaymentFilter, RefundFilter, Sought
from tael.payments.usecases.price_payments import Price, Prices
from tael.payments.usecases.request_closes import RequestClose, end_untried
from tael.payments.usecases.request_steps import RequestStep
from tael.payments.usecases.return_surpluses import TRIES, return_again, return_surpluses
from tael.payments.usecases.start_attempts import Means, SavedCard, StartAttempt
from tael.payments.usecases.summaries import DaySum, MethodSum, RefundSum, Span, Summaries, ToDo
from tael.payments.usecases.try_channels import ChannelTries
from tael.routing.api import Routing

log = structlog.get_logger("tael.payments")

__all__ = [
    "Asked",
    "CreatePayment",
    "CreateRefund",
    "DaySum",
    "DisputedMoney",
    "Found",
    "Lists",
    "Means",
    "MethodSum",
    "PaymentFilter",
    "PaymentStory",
    "Payments",
    "Price",
    "Prices",
    "RefundFilter",
    "RefundSum",
    "RequestClose",
    "RequestStep",
    "SavedCard",
    "Sought",
    "Span",
    "StartAttempt",
    "Summaries",
    "ToDo",
    "new_payment",
]


class Payments:
    """Payments of one database, with the lanes in which they change."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        channels: Channels,
        routing: Routing,
        merchants: Merchants,
        *,
        offers: Offers,
        customers: Customers,
        sealer: Sealer,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._channels = channels
        self._routing = routing
        self._clock = clock
        self._public_url = settings.public_url
        self._lanes = PaymentLanes(
            database,
            ledger,
            channels,
            routing,
            merchants,
            offers=offers,
            customers=customers,
            sealer=sealer,
            clock=clock,
            settings=settings,
        )
        self._desk = ChannelDesk(
            database,
            channels,
            self._lanes,
            clock,
            sealer=sealer,
            notices_url=settings.notices_url,
            public_url=settings.public_url,
        )
        self._tries = ChannelTries(
            database, self._lanes, self._desk, patience_seconds=settings.routing_patience_seconds
        )
        self._calls = CallDesk(
            database,
            self._lanes,
            self._desk,
            self._tries,
            customers=customers,
            public_url=settings.public_url,
        )
        self._watch = Watch(database)
        self.lists = Lists(database)
        self.in_stores = InStores(database, self.lists)
        self.summaries = Summaries(database)
        self.prices = Prices(channels, offers)
        self.disputed_money = DisputedMoney(ledger, channels)
        self._notices = NoticeDesk(database, channels, self._lanes, clock, disputed_money=self.disputed_money)
        self.janitor = Janitor(database, self._lanes, self._desk, clock)

    def start(self) -> None:
        """Begin to take work."""
        self._lanes.start()

    async def stop(self) -> None:
        """Finish what is in the lanes."""
        await self._lanes.stop()

    # Verbs for merchants. Each takes a call and gives the answer that goes over the wire.

    async def knows(self, call: Call[Any]) -> bool:
        """Whether something was done under the call's key: then it is a repeat, which is refused nothing anew."""
        async with self._database.transaction() as tx:
            return await is_known(tx, call)

    async def create(self, call: Call[CreatePayment]) -> Answer:
        """Write down that a merchant wants to be paid; and begin the first attempt, if the way is known already."""
        return await self._calls.create(call)

    async def create_within(
        self, tx: Transaction, commands: Sequence[CreatePayment]
    ) -> Sequence[Payment | Refusal]:
        """Payments that another context wants, in its own transaction; or why one cannot be."""
        return await create_payments(tx, commands)

    async def start_attempt(self, call: Call[StartAttempt]) -> Answer:
        """Get what the payer needs from a channel; what is live already, if there is something.

        If the channel does not do, another is tried. 202 if none answered in a way that can be trusted.
        """
        return await self._calls.start_attempt(call)

    async def close(self, call: Call[RequestClose]) -> Answer:
        """End a payment unpaid; 202 while the channel has not confirmed it, refused if it turns out to be paid.

        What is held is released; what was captured of it before stays captured.
        """
        return await self._calls.close(call)

    async def refund(self, call: Call[CreateRefund]) -> Answer:
        """Give money back; 202 while the channel has not confirmed it."""
        return await self._calls.refund(call)

    async def take_step(self, call: Call[RequestStep]) -> Answer:
        """Capture what is held, or have more held; 202 while the channel has not confirmed it.

        If a notice has told of the hold, the channel is asked first what may be done with it; by a new call only, since
        a repeat just wants to hear its answer.
        """
        return await self._calls.take_step(call)

    async def get(self, payment_id: str, *, merchant_id: str | None) -> PaymentStory:
        """One payment with its attempts and refunds; refuses `NoSuchPayment`. Payers ask without a merchant's id."""
        async with self._database.transaction() as tx:
            return await reads.story(tx, payment_id, merchant_id=merchant_id)

    async def find(self, ids: Sequence[str]) -> Mapping[str, Payment]:
        """Payments by id, whosever they are; without those that there are not."""
        async with self._database.transaction() as tx:
            return await store.find_payments(tx, ids)

    async def subjects_of(self, payment_id: str) -> list[str]:
        """What routing decided about for a payment: its attempts and refunds; none if there is no such payment."""
        try:
            story = await self.get(payment_id, merchant_id=None)
        except NoSuchPayment:
            return []
        return [each.id for each in story.attempts] + [each.id for each in story.refunds]

    async def attempts_beside(self, attempt_ids: Sequence[str]) -> dict[str, list[Attempt]]:
        """By payment, all attempts of the payments to which these attempts belong, oldest first."""
        async with self._database.transaction() as tx:
            payment_ids = await store.payment_ids_of_attempts(tx, attempt_ids)
            return await store.attempts_of(tx, sorted(set(payment_ids.values())))

    async def get_refund(self, refund_id: str, *, merchant_id: str) -> Refund:
        """One refund; refuses `NoSuchRefund`."""
        async with self._database.transaction() as tx:
            return await reads.find_refund(tx, refund_id, merchant_id=merchant_id)

    async def show(self, tx: Transaction, ids: Sequence[str]) -> Mapping[str, msgspec.Struct]:
        """Payments and refunds as the API shows them, by id."""
        return await reads.show(tx, ids, public_url=self._public_url)

    # Verbs for payers.

    async def open_checkout(
        self,
        payment_id: str,
        *,
        method: str,
        product: Product = Product.CODE,
        card_token: str = "",
        channel: str | None = None,
        asked: Asked | None = None,
    ) -> PaymentStory:
        """A payment with what the payer needs to pay in this way, if it can still be paid.

        Asking again changes nothing: what is live already is not begun a second time, whatever the card.

        card_token   the card, for `Product.CARD`
        channel      the only one that knows it
        asked        which discount; with other coupons than before, what is live already is given up
        """
        story = await self.get(payment_id, merchant_id=None)
        if rules.why_not_startable(story.payment, self._clock.now()) is not None:
            return story
        now = self._clock.now()
        for each in story.attempts:
            same_way = each.method == method and each.product is product and not each.abandoned
            as_asked = asked is None or (
                asked.codes in (None, each.taken_off.codes) and why_shown_otherwise(each, asked) is None
            )
            if each.live and same_way and as_asked and not rules.needs_asking(each, now):
                return story
        command = StartAttempt(
            payment_id=payment_id,
            merchant_id=None,
            channel=channel,
            method=method,
            means=Means(product=product, card_token=card_token),
            attempt_id=new_id("att"),
            asked=asked or Asked(),
        )
        started = await self._lanes.starts.submit(command)
        await self._tries.pay(started.attempt.id, command, actor="payer", started=started)
        return await self.get(payment_id, merchant_id=None)

    def methods(self, payment: Payment, *, product: Product = Product.CODE) -> Sequence[str]:
        """The ways in which a payment can be paid in a scene, in alphabetical order."""
        return sorted(
            {
                can.method
                for channel in self._channels.names()
                if rules.why_not_offered(
                    payment, channel, can := self._channels.capabilities(channel), product
                )
                is None
                and rules.why_not_held_by(payment, channel, can, product) is None
            }
        )

    def capabilities(self) -> Sequence[Capabilities]:
        """What the channels can do that are there."""
        return [self._channels.capabilities(channel) for channel in self._channels.names()]

    def watch(self, payment_id: str) -> AsyncIterator[Payment]:
        """The payment, and again each time it has changed, until it ended."""
        return self._watch.changes(payment_id)

    # Verbs for channels.

    async def hear_notice(self, channel: str, inbound: InboundNotice) -> NoticeReply:
        """Record what a channel says by itself; it is accepted only after its consequences are committed."""
        return await self._notices.hear(channel, inbound)

    def pass_on_payouts(self, to: HearOfPayout) -> None:
        """Hand what channels say by themselves of payouts to whoever made them."""
        self._notices.hear_of_payout = to

    async def look_again(self, attempt_ids: Sequence[str], *, actor: str) -> None:
        """Ask channels now how attempts stand of which somebody has heard something; ids of others are passed over."""
        await look_again(self._database, self._desk, attempt_ids, actor=actor)

    async def fetch_notices(self, channel: str) -> int:
        """Fetch and record what a channel tells only when asked; gives how many notices. Safe to do again."""
        return await self._notices.fetch(channel)

    # What hears of facts.

    async def refund_surplus(self, tx: Transaction, facts: Sequence[SurplusReceived | RefundFailed]) -> None:
        """Give back what came late or twice, again if the channel refused; the janitor sends the refunds."""
        facts = [fact for fact in facts if fact.reason not in _NO_SURPLUS]
        await return_surpluses(
            tx,
            facts,
            ledger=self._ledger,
            routing=self._routing,
            now=self._clock.now(),
            new_ids=[new_id("rfd") for _ in facts],
        )

    async def end_untried(self, tx: Transaction, payment_ids: Sequence[str]) -> int:
        """End payments, in their owner's transaction, of which no attempt is live and none will follow; says how many."""
        return await end_untried(tx, payment_ids, now=self._clock.now())

    # Verbs for operations.

    async def surpluses_left(self, *, limit: int = 100) -> Sequence[Refund]:
        """The last refund of each surplus that no channel gave back, newest first."""
        async with self._database.transaction() as tx:
            return await store.list_surpluses_left(tx, tries=TRIES, limit=limit)

    async def return_surplus_again(self, refund_id: str, *, actor: str) -> Refund:
        """Send such a surplus once more, in a new refund; refuses `NoSuchRefund`, `SurplusNotLeft`."""
        async with self._database.transaction() as tx:
            return await return_again(
                tx,
                refund_id,
                ledger=self._ledger,
                routing=self._routing,
                actor=actor,
                now=self._clock.now(),
                new_id=new_id("rfd"),
            )


_NO_SURPLUS = (RefundReason.MERCHANT, RefundReason.VOIDED)
"""Why money goes back that had been captured."""
