"""Whatever happened to a wallet: do its bills come to what the ledger says, and do its months join?"""

import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import CHINA
from tael.payments.model import Payment
from tael.testing.books import faults_in_books
from tael.testing.clocks import ManualClock
from tael.testing.databases import fresh_database
from tael.wallets.api import RecallTransfer
from tael.wallets.model.bills import BillKind, Direction
from tests.integration.bill_reader import all_of, sum_of
from tests.integration.orders_scene import Shop, orders_scene
from tests.integration.packets import claim, send_packet
from tests.integration.wallets_scene import Person, code_of, id_of


@pytest.fixture(scope="module")
async def shop(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        orders_scene(urls, tmp_path_factory.mktemp("histories"), ManualClock()) as opened,
    ):
        yield opened
        assert not await faults_in_books(opened.house)


class History:
    """Something happens to some people, again and again."""

    def __init__(self, shop: Shop, people: Sequence[Person], chance: random.Random) -> None:
        self.shop, self.people, self.chance = shop, people, chance
        self.paid: list[tuple[Payment, int]] = []

    async def happens(self) -> None:
        act = self.chance.choice([self.transfer, self.transfer, self.packet, self.order, self.refund])
        await act()
        self.shop.clock.move(hours=self.chance.choice([0.1, 1, 30, 100]))
        await self.shop.wallets.settle_due()
        await self.shop.wallets.packets.return_due()
        await self.shop.told()

    async def transfer(self) -> None:
        shop, (payer, payee) = self.shop, self.chance.sample(self.people, 2)
        delay = self.chance.choice([0, 0, 2, 24])
        sent = await shop.send(payer, payee, self.chance.randrange(1, 900), delay_hours=delay)
        if sent.status == 201 and delay and self.chance.random() < 0.3:
            wish = RecallTransfer(transfer_id=id_of(sent), payer_id=payer.user_id)
            call: Any = shop.call(payer, payee, 1)
            await shop.wallets.recall(msgspec.structs.replace(call, command=wish))

    async def packet(self) -> None:
        owner, *others = self.chance.sample(self.people, 3)
        sent = await send_packet(self.shop, owner, self.chance.randrange(10, 900), 3)
        for who in others[: self.chance.randrange(3)]:
            await claim(self.shop, who, sent["id"])

    async def order(self) -> None:
        payment, number = await self.shop.order(self.chance.randrange(1, 900))
        if code_of(await self.shop.pay(self.chance.choice(self.people), number)) == "paid":
            self.paid.append((payment, payment.amount_minor))

    async def refund(self) -> None:
        if self.paid:
            payment, minor = self.paid.pop(self.chance.randrange(len(self.paid)))
            await self.shop.refund(payment, self.chance.randrange(1, minor + 1))
            await self.shop.janitor_comes()


async def months_join(shop: Shop, who: Person, *, since: datetime) -> int:
    """Each month begins with what the one before ended with; gives the last."""
    after, month = 0, since.astimezone(CHINA).date().replace(day=1)
    while month <= shop.clock.now().astimezone(CHINA).date():
        summary = await shop.wallets.bills.month(who.user_id, f"{month:%Y-%m}")
        assert summary.opening_minor == after
        after = summary.opening_minor + summary.in_minor - summary.out_minor
        assert summary.closing_minor == after
        assert summary.count == sum(each.count for each in summary.kinds)
        month = (month + timedelta(days=31)).replace(day=1)
    return after


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.drill) for seed in (1, 2))])
async def test_whatever_happened_bills_come_to_what_the_ledger_says_and_months_join(
    shop: Shop, seed: int
) -> None:
    chance = random.Random(seed)
    people, begun = await shop.persons(3, 500_000), shop.clock.now()
    history = History(shop, people, chance)
    for _ in range(40):
        await history.happens()
    kinds = set[BillKind]()
    for who in people:
        bills = await all_of(shop, who, limit=chance.randrange(1, 9))
        assert bills == sorted(bills, key=lambda each: (each.no, each.position), reverse=True)
        assert len({bill.id for bill in bills}) == len(bills)
        [balance] = await shop.wallets.balances(who.user_id)
        assert sum_of(bills) == balance.total_minor == await months_join(shop, who, since=begun)
        kinds |= {bill.kind for bill in bills}
    assert len(kinds) >= 5, kinds


async def test_bills_of_orders_and_red_packets_say_what_they_were_for(shop: Shop) -> None:
    ann, bob = await shop.persons(2, 5_000)
    payment, number = await shop.order(1280)
    await shop.pay(ann, number)
    await shop.told()
    await shop.refund(payment, 80)
    await shop.janitor_comes()
    await shop.told()
    sent = await send_packet(shop, ann, 300, 2, greeting="生日快乐")
    await claim(shop, bob, sent["id"])
    shop.clock.move(hours=25)
    await shop.wallets.packets.return_due()
    bills = {(bill.kind, bill.direction): bill for bill in await all_of(shop, ann)}
    paid = bills[BillKind.PAYMENT, Direction.OUT]
    assert (paid.reference, paid.amount_minor) == (number, 1280)
    assert (paid.details.title, paid.details.merchant) == ("Two cups of tea", "蓝茶壶 Blue Teapot")
    refunded = bills[BillKind.REFUND, Direction.IN]
    assert (refunded.amount_minor, refunded.details.merchant) == (80, "蓝茶壶 Blue Teapot")
    assert bills[BillKind.RED_PACKET, Direction.OUT].details.title == "生日快乐"
    assert bills[BillKind.RED_PACKET_RETURNED, Direction.IN].reference == sent["id"]
    claimed = (await all_of(shop, bob))[0]
    assert (claimed.kind, claimed.details.title) == (BillKind.RED_PACKET_CLAIMED, "生日快乐")
