"""A payment that was paid over a channel, in a real database, and a channel that says whatever a test wants."""

from datetime import timedelta
from typing import Any

import msgspec

from tael.app.house import House
from tael.channels.port import Outcome, OutcomeState, Product
from tael.foundation.db import Query
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.payments import postings, rules, store
from tael.payments.events import RefundFailed, SurplusReceived
from tael.payments.model import Attempt, Payment, Refund
from tael.payments.rules import Pauses
from tael.payments.usecases.apply_offers import promotion_going_back
from tael.payments.usecases.record_outcomes import Recorded, RecordOutcome, Scene, record_outcomes
from tael.payments.usecases.record_refund_outcomes import record_refund_outcomes
from tests.unit.test_payments_rules import attempt, payment
from tests.unit.test_payments_rules_of_refunds import refund as a_refund

CHANNEL, CNY = "alipay", "CNY"
_FACTS = Query("facts", b"select type, payload from foundation.outbox order by seq")
_TRAIL = Query("trail", b"select result from foundation.audit where object_id = %(id)s order by seq")
_OF_SURPLUS = {"payments.surplus_received": SurplusReceived, "payments.refund_failed": RefundFailed}


class MoneyDesk:
    """Tells what a channel says, as replies, notices and inquiries do."""

    def __init__(self, house: House, *, payment_id: str = "pay_1", attempt_id: str = "att_1") -> None:
        self.house = house
        self.now = house.clock.now()
        self.payment_id, self.attempt_id = payment_id, attempt_id
        self._delivered = 0

    async def begin(self, product: Product = Product.CODE, **of_payment: Any) -> None:
        """A payment over 12.80 with one attempt, of which a payer may pay."""
        async with self.house.database.transaction() as tx:
            await store.insert_payments(tx, [payment(expires_at=self.now + timedelta(days=1), **of_payment)])
            await store.insert_attempts(tx, [attempt(product=product)])

    async def told(self, state: OutcomeState, *, asked: bool = False, **more: Any) -> Recorded:
        """What the channel says of the order; `asked` if it was asked."""
        if state is OutcomeState.SUCCEEDED:
            more.setdefault("amount", Money(1280, CNY))
        outcome = Outcome(state=state, order_number=self.attempt_id, **more)
        async with self.house.database.transaction() as tx:
            (recorded,) = await record_outcomes(tx, [self._heard(outcome, asked=asked)], scene=self._scene())
        assert isinstance(recorded, Recorded), recorded
        return recorded

    async def has_received(self, minor: int) -> Recorded:
        """What has arrived in all, asked twice: only then is it believed that it is less."""
        self.now += timedelta(seconds=1)
        await self.told(OutcomeState.WAITING, asked=True, received=Money(minor, CNY))
        self.now += timedelta(seconds=1)
        return await self.told(OutcomeState.WAITING, asked=True, received=Money(minor, CNY))

    async def told_of_refund(self, refund_id: str, state: OutcomeState, *, asked: bool = False) -> Refund:
        """What the channel says of a refund."""
        outcome = Outcome(state=state, order_number=self.attempt_id, refund_number=refund_id)
        async with self.house.database.transaction() as tx:
            (refund,) = await record_refund_outcomes(
                tx, [self._heard(outcome, asked=asked)], scene=self._scene()
            )
        assert isinstance(refund, Refund), refund
        return refund

    async def surely_told_of_refund(self, refund_id: str, state: OutcomeState) -> Refund:
        """The channel says it by itself, and again when it is asked."""
        await self.told_of_refund(refund_id, state)
        self.now += timedelta(seconds=3)
        return await self.told_of_refund(refund_id, state, asked=True)

    async def merchant_refunds(self, minor: int, *, refund_id: str = "rfd_1") -> Refund:
        """The merchant gives money back, and the channel is asked to do so."""
        payment = await self.payment()
        made = a_refund(
            id=refund_id,
            attempt_id=self.attempt_id,
            amount_minor=minor,
            fee_returned_minor=rules.fee_returned(payment, minor),
        )
        payment = msgspec.structs.replace(
            payment,
            refunding_minor=payment.refunding_minor + minor,
            fee_returned_minor=payment.fee_returned_minor + made.fee_returned_minor,
        )
        async with self.house.database.transaction() as tx:
            created = postings.refund_created(made)
            share_minor = await promotion_going_back(tx, self.house.offers, payment)
            promotion = postings.promotion_returned(payment, created, share_minor)
            for receipt in await self.house.ledger.post(tx, [created, *([promotion] if share_minor else [])]):
                assert not isinstance(receipt, Refusal), receipt
            await store.insert_refunds(tx, [made])
            await store.update_payments(tx, [payment])
        return made

    async def merchant_is_paid_out(self, minor: int) -> None:
        """So that there is nothing left to charge."""
        elsewhere = AccountSpec("elsewhere", CNY, AccountClass.ASSET)
        amount = Money(minor, CNY)
        lines = (debit(postings.merchant_pending("mer_1", CNY), amount), credit(elsewhere, amount))
        async with self.house.database.transaction() as tx:
            await self.house.ledger.open_accounts(tx, [elsewhere])
            entry = JournalEntry(id="paid_out", kind="paid_out", reference="mer_1", postings=lines)
            (receipt,) = await self.house.ledger.post(tx, [entry])
            assert not isinstance(receipt, Refusal), receipt

    async def deliver(self) -> None:
        """What is owed to the payer is given back by itself, once that has been heard of."""
        async with self.house.database.transaction() as tx:
            facts = await tx.tuples(_FACTS)
            for type, payload in facts[self._delivered :]:
                if type in _OF_SURPLUS:
                    fact = msgspec.json.decode(payload, type=_OF_SURPLUS[type])
                    await self.house.payments.refund_surplus(tx, [fact])
            self._delivered = len(facts)

    async def send_all(self) -> None:
        """The janitor takes every refund that is due: from now on the channel may have heard of it."""
        async with self.house.database.transaction() as tx:
            later = self.now + timedelta(days=9)
            await store.claim_due_refunds(tx, CHANNEL, now=later, lease_until=later, limit=9)

    async def refunds(self) -> list[Refund]:
        """Oldest first."""
        async with self.house.database.transaction() as tx:
            return await store.refunds_of(tx, self.payment_id)

    async def payment(self) -> Payment:
        """As it stands."""
        async with self.house.database.transaction() as tx:
            return (await store.find_payments(tx, [self.payment_id]))[self.payment_id]

    async def attempt(self) -> Attempt:
        """As it stands."""
        async with self.house.database.transaction() as tx:
            return (await store.find_attempts(tx, [self.attempt_id]))[self.attempt_id]

    async def balances(self) -> dict[str, int]:
        """What is on each account, on its own side; accounts with nothing on them are left out."""
        async with self.house.database.transaction() as tx:
            lines = await self.house.ledger.trial_balance(tx)
        return {
            line.code: line.balance_minor * line.account_class.normal_sign
            for line in lines
            if line.balance_minor
        }

    async def facts(self) -> list[str]:
        """What was told to the rest of the house, oldest first."""
        async with self.house.database.transaction() as tx:
            return [type.removeprefix("payments.") for type, _ in await tx.tuples(_FACTS)]

    async def trail(self, object_id: str) -> list[str]:
        """What the audit trail says of an object."""
        async with self.house.database.transaction() as tx:
            return [result for (result,) in await tx.tuples(_TRAIL, id=object_id)]

    def _heard(self, outcome: Outcome, *, asked: bool) -> RecordOutcome:
        asked_at = self.now if asked else None
        return RecordOutcome(outcome=outcome, source="janitor", channel=CHANNEL, asked_at=asked_at)

    def _scene(self) -> Scene:
        house = self.house
        return Scene(
            ledger=house.ledger,
            channels=house.channels,
            routing=house.routing,
            sealer=house.sealer,
            pauses=Pauses(unknown=[2, 3, 5], waiting=[10, 20]),
            merchants=house.merchants,
            offers=house.offers,
            now=self.now,
        )
