"""Merchants give money back to the wallets that it came from: each refund once for ever under its number.

One refund of an order at a time: what is left to give back depends on those before it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.wallets import postings, store
from tael.wallets.errors import NoSuchOrder, OrderDiffers, RefundExceedsPaid
from tael.wallets.events import OrderRefunded
from tael.wallets.model import SpendingKind, Used
from tael.wallets.model.orders import Order, OrderRefund, OrderState
from tael.wallets.rules import limits
from tael.wallets.rules.limits import Act
from tael.wallets.store import orders as kept
from tael.wallets.usecases.ground import Ground


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money is to go back to the wallet that it came from."""

    number: str
    order_number: str
    amount_minor: int
    currency: str
    reason: str = ""


async def refund_orders(
    tx: Transaction, ground: Ground, commands: Sequence[RefundOrder]
) -> list[OrderRefund | Refusal]:
    """Each refund as it was made, or why it is not: `NoSuchOrder`, `OrderDiffers`, `RefundExceedsPaid`."""
    results: dict[int, OrderRefund | Refusal] = {}
    pending = list(range(len(commands)))
    while pending:
        wave = _one_of_each(pending, commands)
        verdicts = await _refund_some(tx, ground, [commands[place] for place in wave])
        results |= dict(zip(wave, verdicts, strict=True))
        pending = [place for place in pending if place not in results]
    return [results[place] for place in range(len(commands))]


def _one_of_each(pending: Sequence[int], commands: Sequence[RefundOrder]) -> list[int]:
    """The first of each order and of each number."""
    wave: list[int] = []
    seen: set[str] = set()
    for place in pending:
        names = {commands[place].number, commands[place].order_number}
        if not names & seen:
            wave.append(place)
        seen |= names
    return wave


async def _refund_some(
    tx: Transaction, ground: Ground, commands: Sequence[RefundOrder]
) -> list[OrderRefund | Refusal]:
    now = ground.clock.now()
    orders = await kept.lock_orders(tx, {command.order_number for command in commands})
    known = await kept.find_refunds(tx, [command.number for command in commands])
    results = [_decide(command, orders, known, now) for command in commands]
    new = [each for each in results if isinstance(each, OrderRefund) and each.number not in known]
    await _unspend(tx, ground, orders, new, now)
    receipts = await ground.ledger.post(tx, [postings.order_refunded(refund) for refund in new])
    for receipt in receipts:
        if isinstance(receipt, Refusal):
            raise receipt  # one of a batch: whoever runs it halves it until this one stands alone
    await kept.insert_refunds(tx, new)
    await kept.update_orders(
        tx,
        [
            msgspec.structs.replace(order, refunded_minor=order.refunded_minor + refund.amount_minor)
            for refund in new
            for order in [orders[refund.order_number]]
        ],
    )
    await outbox.publish(tx, [_fact(refund, orders[refund.order_number]) for refund in new])
    return results


def _decide(
    command: RefundOrder, orders: Mapping[str, Order], known: Mapping[str, OrderRefund], now: datetime
) -> OrderRefund | Refusal:
    """The refund as it is, or shall be."""
    order = orders.get(command.order_number)
    if order is None or order.state is not OrderState.PAID or order.user_id is None:
        return NoSuchOrder(f"No order {command.order_number[:64]!r} is paid.", field="order")
    before = known.get(command.number)
    asked = (command.order_number, command.amount_minor, command.currency)
    if before is not None:
        if (before.order_number, before.amount_minor, before.currency) != asked:
            return OrderDiffers(f"Refund {command.number} is about {before.amount}.", field="number")
        return before
    left = order.amount_minor - order.refunded_minor
    if command.currency != order.currency or command.amount_minor > left:
        return RefundExceedsPaid(
            f"{order.amount} was paid, of which {order.refunded_minor} minor units went back.",
            field="amount_minor",
            left_minor=left,
        )
    return OrderRefund(
        number=command.number,
        order_number=order.number,
        user_id=order.user_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        reason=command.reason,
        refunded_at=now,
    )


async def _unspend(
    tx: Transaction,
    ground: Ground,
    orders: Mapping[str, Order],
    refunds: Sequence[OrderRefund],
    now: datetime,
) -> None:
    """If the rule says so, what went back counts as not spent, in the period in which it was."""
    if not refunds or not ground.limits(now).refund_gives_back:
        return
    await store.lock_wallets(tx, {refund.user_id for refund in refunds}, now=now)
    given = [
        (key, Used(refund.amount_minor, 0))
        for refund in refunds
        for order in [orders[refund.order_number]]
        for act in [_act(refund, order)]
        for key in limits.given_back(act, order.strength)
    ]
    await store.give_back_counters(tx, given)


def _act(refund: OrderRefund, order: Order) -> Act:
    """A paid order has its moment."""
    return Act(
        user_id=refund.user_id,
        kind=SpendingKind.PAYMENT,
        amount=refund.amount,
        at=order.ended_at or order.created_at,
        static=order.static,
    )


def _fact(refund: OrderRefund, order: Order) -> OrderRefunded:
    return OrderRefunded(
        object_id=order.number,
        happened_at=refund.refunded_at,
        user_id=refund.user_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        subject=order.subject,
        payee=order.payee,
    )
