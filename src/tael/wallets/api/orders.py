"""Orders of merchants: held ready for whoever pays them by balance, paid, closed, given back, looked at."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tael.foundation.calls import Answer, Call, Reply, answering
from tael.foundation.clerk import Clerk
from tael.foundation.config import Settings
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.patience import until_committed
from tael.wallets.errors import NoSuchOrder
from tael.wallets.model.orders import Order, OrderRefund
from tael.wallets.schemas.orders import order_body
from tael.wallets.store import orders as kept
from tael.wallets.store.orders import NewOrder
from tael.wallets.usecases.asking import order_for
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.order_refunds import RefundOrder, refund_orders
from tael.wallets.usecases.orders import (
    DeclineOrder,
    PayOrder,
    close_order,
    decline_order,
    pay_orders,
    place_orders,
)

__all__ = ["DeclineOrder", "NewOrder", "Orders", "PayOrder", "RefundOrder"]


class Orders:
    """Merchants' orders of one house. What many want at once is one transaction."""

    def __init__(self, ground: Ground, clerk: Clerk, settings: Settings) -> None:
        self._ground = ground
        self._clerk = clerk
        limits = {"batch_limit": settings.lane_batch_limit, "queue_limit": settings.lane_queue_limit}
        database = ground.database
        self._placing: Lane[NewOrder, Order] = Lane("wallets.orders", database, self._place, **limits)
        self._paying: Lane[Call[Any], Any] = Lane(
            "wallets.order_payments",
            database,
            answering(self._pay, _answered, clock=ground.clock),
            parallel=settings.lane_parallel,
            **limits,
        )
        self._by_code: Lane[PayOrder, Order] = Lane("wallets.payment_codes", database, self._pay, **limits)
        self._refunding: Lane[RefundOrder, OrderRefund] = Lane(
            "wallets.order_refunds", database, self._refund, **limits
        )

    @property
    def _lanes(self) -> Sequence[Lane[Any, Any]]:
        return (self._placing, self._paying, self._by_code, self._refunding)

    def start(self) -> None:
        """Begin to take orders; to be called inside the event loop."""
        for lane in self._lanes:
            lane.start()

    async def stop(self) -> None:
        """Finish what waits."""
        for lane in self._lanes:
            await lane.stop()

    # For the channel by which merchants are paid.

    async def place(self, new: NewOrder) -> Order:
        """Hold an order ready; asked again, it is the same one as it stands. Refuses `OrderDiffers`."""
        return await self._placing.submit(new)

    async def pay_by_code(self, command: PayOrder) -> Order:
        """Pay an order by the code that a user has shown: paid, declined, or waiting for that user. Refuses `NoSuchOrder`."""
        return await self._by_code.submit(command)

    async def close(self, number: str) -> Order:
        """Let nobody pay an order any more; refuses `NoSuchOrder`, `OrderPaid`."""

        async def work(tx: Transaction) -> Order:
            return await close_order(tx, self._ground, number)

        return await until_committed(self._ground.database, work, what="wallets.close_order")

    async def refund(self, command: RefundOrder) -> OrderRefund:
        """Give money back; refuses `NoSuchOrder`, `OrderDiffers`, `RefundExceedsPaid`."""
        return await self._refunding.submit(command)

    async def find(self, number: str) -> Order:
        """An order as it stands; refuses `NoSuchOrder`."""
        async with self._ground.database.transaction() as tx:
            found = (await kept.find_orders(tx, [number])).get(number)
        if found is None:
            raise NoSuchOrder(f"There is no order {number[:64]!r}.", field="number")
        return found

    async def find_refund(self, number: str) -> OrderRefund:
        """A refund that is done; refuses `NoSuchOrder`."""
        async with self._ground.database.transaction() as tx:
            found = (await kept.find_refunds(tx, [number])).get(number)
        if found is None:
            raise NoSuchOrder(f"There is no refund {number[:64]!r}.", field="number")
        return found

    # For users.

    async def pay(self, call: Call[PayOrder]) -> Answer:
        """Pay an order from one's own wallet; the same call again has the same answer."""
        answer: Answer = await self._paying.submit(call)
        return answer

    async def decline(self, call: Call[DeclineOrder]) -> Answer:
        """Say no to what waits for oneself; refuses `NoSuchOrder`, `OrderEnded`."""

        async def verb(tx: Transaction, wish: DeclineOrder) -> Order:
            return await decline_order(tx, self._ground, wish)

        return await self._clerk.answer_as(call, verb, _answered)

    async def look(self, number: str, *, user_id: str) -> Order:
        """An order that a user can pay, or has paid; refuses `NoSuchOrder`."""
        async with self._ground.database.transaction() as tx:
            return await order_for(tx, number, user_id=user_id)

    async def waiting(self, user_id: str, *, limit: int = 20) -> Sequence[Order]:
        """What waits for a user to confirm it, newest first."""
        async with self._ground.database.transaction() as tx:
            return await kept.waiting_orders(tx, user_id, now=self._ground.clock.now(), limit=limit)

    async def _place(self, tx: Transaction, news: Sequence[NewOrder]) -> Sequence[Order | Refusal]:
        return await place_orders(tx, self._ground, news)

    async def _pay(self, tx: Transaction, commands: Sequence[PayOrder]) -> Sequence[Order | Refusal]:
        return await pay_orders(tx, self._ground, commands)

    async def _refund(
        self, tx: Transaction, commands: Sequence[RefundOrder]
    ) -> Sequence[OrderRefund | Refusal]:
        return await refund_orders(tx, self._ground, commands)


def _answered(order: Order) -> Reply:
    body = msgspec.json.encode(order_body(order))
    return Reply(object_id=order.number, answer=Answer(status=200, body=body))
