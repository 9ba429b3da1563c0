"""Whatever a channel says of disputes, in whatever order, between refunds: are the books right, and is no money given twice?"""

import random
from datetime import timedelta

import msgspec
import pytest

from tael.app.house import House
from tael.channels.port import DisputeState as Said
from tael.disputes import rules
from tael.disputes import store as disputes_store
from tael.disputes.model import Dispute, MoneyState, News
from tael.disputes.usecases.record_news import Heard, record_news
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, credit, debit
from tael.payments import postings, store
from tael.payments.model import AttemptState, Payment, PaymentState
from tael.payments.rules.fees import fee_returned
from tael.payments.rules.refusals import why_not_refundable
from tael.testing.books import faults_in_books
from tests.unit.test_payments_rules import attempt, payment
from tests.unit.test_payments_rules_of_refunds import refund as a_refund

CNY, CHANNEL, AMOUNT = "CNY", "alipay", 1280
STORIES, STEPS = 8, 25
ELSEWHERE = AccountSpec("elsewhere", CNY, AccountClass.ASSET)


class Case:
    """A captured payment, what its channel has taken back, and what is said of that."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name = house, name
        self.payment_id, self.attempt_id, self.merchant_id = f"pay_{name}", f"att_{name}", f"mer_{name}"
        self.now = house.clock.now()
        self.truth: dict[str, News] = {}
        self.told: dict[str, list[News]] = {}
        self.count = 0

    async def begin(self) -> None:
        """The payer has paid."""
        paid = payment(
            PaymentState.CAPTURED,
            id=self.payment_id,
            merchant_id=self.merchant_id,
            captured_by=self.attempt_id,
            created_at=self.now,
            expires_at=self.now + timedelta(days=1),
            ended_at=self.now,
        )
        order = attempt(AttemptState.SUCCEEDED, id=self.attempt_id, payment_id=self.payment_id)
        async with self.house.database.transaction() as tx:
            await store.insert_payments(tx, [msgspec.structs.replace(paid, state=PaymentState.CREATED)])
            await store.update_payments(tx, [paid])
            await store.insert_attempts(tx, [order])
            await store.update_attempts(tx, [order])
            accounts = [*postings.accounts_of_payment(paid, CHANNEL), ELSEWHERE]
            await self.house.ledger.open_accounts(tx, accounts)
        assert await self._post(
            JournalEntry(
                id=f"{self.attempt_id}:captured",
                kind="payment.captured",
                reference=self.payment_id,
                postings=(
                    debit(postings.channel_receivable(CHANNEL, CNY), Money(AMOUNT, CNY)),
                    credit(postings.merchant_pending(self.merchant_id, CNY), Money(AMOUNT - 8, CNY)),
                    credit(postings.fees(CNY), Money(8, CNY)),
                ),
            )
        )

    async def _post(self, entry: JournalEntry) -> bool:
        async with self.house.database.transaction() as tx:
            [receipt] = await self.house.ledger.post(tx, [entry])
        return not isinstance(receipt, Refusal)

    async def merchant_is_paid_out(self, minor: int) -> None:
        """If there is so much."""
        self.count += 1
        amount = Money(minor, CNY)
        lines = (debit(postings.merchant_pending(self.merchant_id, CNY), amount), credit(ELSEWHERE, amount))
        await self._post(
            JournalEntry(id=f"{self.name}:out:{self.count}", kind="out", reference="x", postings=lines)
        )

    async def refund(self, minor: int) -> None:
        """Set aside, if the rules and the books allow it."""
        self.count += 1
        async with self.house.database.transaction() as tx:
            found = (await store.lock_payments(tx, [self.payment_id]))[self.payment_id]
            if why_not_refundable(found, minor) is not None:
                return
            made = a_refund(
                id=f"rfd_{self.name}{self.count}",
                payment_id=self.payment_id,
                attempt_id=self.attempt_id,
                merchant_id=self.merchant_id,
                amount_minor=minor,
                fee_returned_minor=fee_returned(found, minor),
            )
            [receipt] = await self.house.ledger.post(tx, [postings.refund_created(made)])
            if isinstance(receipt, Refusal):
                return
            await store.insert_refunds(tx, [made])
            after = msgspec.structs.replace(
                found,
                refunding_minor=found.refunding_minor + minor,
                fee_returned_minor=found.fee_returned_minor + made.fee_returned_minor,
            )
            await store.update_payments(tx, [after])

    def happens(self, number: str, state: Said, *, warning: bool, minor: int) -> None:
        """Something new at the bank, of which somebody will hear."""
        news = News(
            state=state,
            warning=warning and state in (Said.NEEDS_RESPONSE, Said.UNDER_REVIEW),
            amount_minor=minor,
            currency=CNY,
            reason="general",
            respond_by=None,
        )
        self.truth[number] = news
        self.told.setdefault(number, []).append(news)

    async def hear(self, number: str, news: News) -> Dispute:
        """It is heard."""
        heard = Heard(
            channel=CHANNEL,
            number=f"{self.name}:{number}",
            news=news,
            source="test",
            payment_id=self.payment_id,
            attempt_id=self.attempt_id,
        )
        async with self.house.database.transaction() as tx:
            return await record_news(tx, heard, money=self.house.payments.disputed_money, now=self.now)

    async def ask(self, number: str) -> Dispute:
        """The channel is asked, and says the truth; twice, so that what contradicts is believed."""
        await self._asked(number)
        return await self._asked(number)

    async def _asked(self, number: str) -> Dispute:
        self.now += timedelta(seconds=1)
        return await self.hear(number, msgspec.structs.replace(self.truth[number], asked_at=self.now))

    async def look(self) -> tuple[Payment, list[Dispute]]:
        async with self.house.database.transaction() as tx:
            found = (await store.find_payments(tx, [self.payment_id]))[self.payment_id]
            return found, await disputes_store.of_payments(tx, [self.payment_id])


async def balances(house: House) -> dict[str, int]:
    async with house.database.transaction() as tx:
        return {line.code: line.balance_minor for line in await house.ledger.trial_balance(tx)}


async def step(case: Case, chance: random.Random) -> None:
    number = chance.choice(("dp_1", "dp_2"))
    match chance.choice("bank bank tell tell tell tell refund pay_out ask".split()):
        case "bank":
            case.happens(
                number,
                chance.choice(list(Said)),
                warning=chance.random() < 0.3,
                minor=chance.choice((1, 640, AMOUNT, 2 * AMOUNT)),
            )
        case "tell" if number in case.told:
            await case.hear(number, chance.choice(case.told[number]))
        case "refund":
            await case.refund(chance.choice((1, 300, AMOUNT)))
        case "pay_out":
            await case.merchant_is_paid_out(chance.choice((1, 500, AMOUNT - 8)))
        case "ask" if number in case.truth:
            await case.ask(number)


async def check(case: Case, found: Payment, disputes: list[Dispute]) -> int:
    """What must hold of the case; gives what its disputes hold of what its channel owed us."""
    assert found.refunded_minor + found.refunding_minor + found.disputed_minor <= found.captured_minor
    assert found.disputed_minor == sum(each.charged_minor for each in disputes)
    withheld = sum(each.held_minor for each in disputes if each.money is MoneyState.HELD)
    there = (await balances(case.house)).get(f"merchant:{case.merchant_id}:disputed", 0)
    assert -there == withheld
    return sum(each.held_minor for each in disputes)


@pytest.mark.parametrize("seed", range(2))
async def test_books_balance_and_no_money_is_given_twice(house: House, seed: int) -> None:
    taken, covered, refunded = 0, 0, 0
    for story in range(STORIES):
        chance = random.Random(1000 * seed + story)
        case = Case(house, f"{seed}x{story}")
        await case.begin()
        for _ in range(STEPS):
            case.now += timedelta(seconds=1)
            await step(case, chance)
        for number in case.truth:
            told = await case.ask(number)
            assert told.money is rules.wanted_money(told), "the money is where the channel says"
            assert (told.state.value, told.amount_minor) == (
                case.truth[number].state.value,
                case.truth[number].amount_minor,
            ), "in the end we say what the channel says"
        found, disputes = await case.look()
        taken += await check(case, found, disputes)
        refunded += found.refunding_minor
        covered += sum(each.pending_minor for each in disputes)
    ours = await balances(house)
    assert ours[f"channel:{CHANNEL}:receivable"] == STORIES * AMOUNT - taken
    assert ours.get("platform:recoverable", 0) == taken - covered, "every loss has its reason"
    assert await faults_in_books(house) == []
    assert min(taken, refunded) > 0, "both happen in these stories"
