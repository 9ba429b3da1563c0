"""Merchants are paid by balance: orders are placed, paid, closed, refunded, each once for ever under its number.

The number is the payment's at its channel. Whatever is asked again has the same answer: paid stays paid, and declined stays
declined. An order that is paid by a payment code and has to be confirmed waits for the user, who is asked in the app.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.behaviour.model import Act as BehaviourAct
from tael.behaviour.model import ActKind, ActResult, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.model import Strength
from tael.wallets import postings, store
from tael.wallets.errors import (
    CodeRefused,
    ConfirmationMissing,
    NoSuchOrder,
    OrderDiffers,
    OrderEnded,
    OrderPaid,
    RefundExceedsPaid,
)
from tael.wallets.events import OrderPaid as OrderWasPaid
from tael.wallets.events import OrderRefunded
from tael.wallets.model import SpendingKind, Used
from tael.wallets.model.orders import Order, OrderRefund, OrderState
from tael.wallets.rules import limits
from tael.wallets.rules.acts import about_of
from tael.wallets.rules.codes import payment_code_hash
from tael.wallets.rules.limits import Act
from tael.wallets.store import orders as kept
from tael.wallets.store.orders import NewOrder
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.spend import Spending, spend

ACT = "payment"


class PayOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order is to be paid: by its user, who is signed in, or by a payment code that they have shown."""

    number: str
    user_id: str | None = None
    login_id: str | None = None
    payment_code: str | None = None
    confirmation_id: str | None = None
    circumstances: Circumstances


class RefundOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Money is to go back to the wallet that it came from."""

    number: str
    order_number: str
    amount_minor: int
    currency: str
    reason: str = ""


async def place_order(tx: Transaction, ground: Ground, new: NewOrder) -> Order:
    """Hold an order ready for its payer; refuses `OrderDiffers`."""
    await kept.insert_orders(tx, [new], now=ground.clock.now())
    order = (await kept.lock_orders(tx, [new.number]))[new.number]
    if (order.amount_minor, order.currency) != (new.amount_minor, new.currency):
        raise OrderDiffers(f"Order {new.number} is about {order.amount}.", field="amount_minor")
    return order


async def pay_orders(tx: Transaction, ground: Ground, commands: Sequence[PayOrder]) -> list[Order | Refusal]:
    """Each order as it stands now, or why it could not be paid; one that was paid before by the same user is paid."""
    now = ground.clock.now()
    locked = await kept.lock_orders(tx, {command.number for command in commands})
    payers = await _payers(tx, commands, now)
    results: dict[int, Order | Refusal] = {}
    wanted: dict[int, Spending] = {}
    taken: set[str] = set()
    for place, command in enumerate(commands):
        order, payer = locked.get(command.number), payers.get(place)
        settled = _settled(order, command, payer, now) if command.number not in taken else None
        if settled is not None:
            results[place] = settled
        elif command.number in taken or order is None or payer is None:
            results[place] = OrderEnded("The order is being paid at this moment.", field="number")
        else:
            taken.add(command.number)
            wanted[place] = _spending(order, command, payer, now)
    verdicts = await spend(tx, ground, list(wanted.values()))
    for (place, spending), verdict in zip(wanted.items(), verdicts, strict=True):
        before, by_code = locked[commands[place].number], commands[place].payment_code is not None
        after = _after(before, spending, verdict, by_code=by_code, now=now)
        results[place] = verdict if after is before and isinstance(verdict, Refusal) else after
    changed = [
        result
        for result in results.values()
        if isinstance(result, Order) and locked[result.number] is not result
    ]
    await kept.update_orders(tx, changed)
    await outbox.publish(tx, [_paid(order, now) for order in changed if order.state is OrderState.PAID])
    await _remember(tx, ground, [(commands[place], wish) for place, wish in wanted.items()], verdicts)
    return [results[place] for place in range(len(commands))]


async def _payers(tx: Transaction, commands: Sequence[PayOrder], now: datetime) -> dict[int, tuple[str, str]]:
    """User and login behind each command; those whose code is refused are missing."""
    shown = {
        command.number: payment_code_hash(command.payment_code)
        for command in commands
        if command.payment_code is not None
    }
    by_code = await kept.use_payment_codes(tx, shown, now=now)
    found: dict[int, tuple[str, str]] = {}
    for place, command in enumerate(commands):
        if command.payment_code is not None:
            if command.number in by_code:
                found[place] = by_code[command.number]
        elif command.user_id is not None and command.login_id is not None:
            found[place] = (command.user_id, command.login_id)
    return found


def _settled(
    order: Order | None, command: PayOrder, payer: tuple[str, str] | None, now: datetime
) -> Order | Refusal | None:
    """What there is to say without moving money; `None`: it is to be paid."""
    if order is None:
        return NoSuchOrder(f"There is no order {command.number[:64]!r}.", field="number")
    if order.state is OrderState.PAID and (payer is None or payer[0] == order.user_id):
        return order
    if order.state is not OrderState.WAITING:
        return order if command.payment_code is not None else _ended(order)
    if order.expires_at <= now:
        closed = msgspec.structs.replace(order, state=OrderState.CLOSED, ended_at=now)
        return closed if command.payment_code is not None else _ended(closed)
    if payer is None:
        return msgspec.structs.replace(
            order, state=OrderState.DECLINED, ended_at=now, reason=CodeRefused.code
        )
    if order.user_id not in (None, payer[0]):
        return NoSuchOrder(f"There is no order {command.number[:64]!r}.", field="number")
    return None


def _ended(order: Order) -> OrderEnded:
    return OrderEnded(f"The order is {order.state}.", field="number", state=order.state)


def _spending(order: Order, command: PayOrder, payer: tuple[str, str], now: datetime) -> Spending:
    user_id, login_id = payer
    return Spending(
        act=Act(user_id=user_id, kind=SpendingKind.PAYMENT, amount=order.amount, at=now),
        login_id=login_id,
        entry=postings.order_paid(order, user_id),
        accounts=(postings.balance_receivable(order.currency),),
        confirmation_id=command.confirmation_id,
        about=about_of(ACT, order.amount, order.number),
    )


def _after(order: Order, wish: Spending, verdict: object, *, by_code: bool, now: datetime) -> Order:
    """The order after somebody tried to pay it; unchanged if they may try again."""
    if isinstance(verdict, ConfirmationMissing) and by_code:
        return msgspec.structs.replace(order, user_id=wish.act.user_id)
    if isinstance(verdict, Refusal):
        if not by_code:
            return order
        return msgspec.structs.replace(
            order, state=OrderState.DECLINED, user_id=wish.act.user_id, reason=verdict.code, ended_at=now
        )
    strength: Strength = getattr(verdict, "strength", Strength.NONE)
    return msgspec.structs.replace(
        order, state=OrderState.PAID, user_id=wish.act.user_id, strength=strength, ended_at=now
    )


def _paid(order: Order, now: datetime) -> OrderWasPaid:
    return OrderWasPaid(
        object_id=order.number,
        happened_at=now,
        user_id=order.user_id or "",
        amount_minor=order.amount_minor,
        currency=order.currency,
        subject=order.subject,
    )


async def _remember(
    tx: Transaction,
    ground: Ground,
    done: Sequence[tuple[PayOrder, Spending]],
    verdicts: Sequence[object],
) -> None:
    await ground.behaviour.record(
        tx,
        [
            BehaviourAct(
                user_id=wish.act.user_id,
                kind=ActKind.PAYMENT,
                amount=wish.act.amount,
                counterparty=command.number,
                circumstances=command.circumstances,
                result=ActResult.FAILED if isinstance(verdict, Refusal) else ActResult.DONE,
                what=verdict.code if isinstance(verdict, Refusal) else None,
            )
            for (command, wish), verdict in zip(done, verdicts, strict=True)
        ],
    )


async def close_order(tx: Transaction, ground: Ground, number: str) -> Order:
    """Let nobody pay an order any more; refuses `NoSuchOrder`, `OrderPaid`."""
    order = (await kept.lock_orders(tx, [number])).get(number)
    if order is None:
        raise NoSuchOrder(f"There is no order {number[:64]!r}.", field="number")
    if order.state is OrderState.PAID:
        raise OrderPaid("The order is paid.", field="number")
    if order.state is not OrderState.WAITING:
        return order
    closed = msgspec.structs.replace(order, state=OrderState.CLOSED, ended_at=ground.clock.now())
    await kept.update_orders(tx, [closed])
    return closed


async def refund_order(tx: Transaction, ground: Ground, command: RefundOrder) -> OrderRefund:
    """Give money back; refuses `NoSuchOrder`, `OrderDiffers`, `RefundExceedsPaid`."""
    now = ground.clock.now()
    order = (await kept.lock_orders(tx, [command.order_number])).get(command.order_number)
    if order is None or order.state is not OrderState.PAID or order.user_id is None:
        raise NoSuchOrder(f"No order {command.order_number[:64]!r} is paid.", field="order")
    known = (await kept.find_refunds(tx, [command.number])).get(command.number)
    asked = (command.order_number, command.amount_minor, command.currency)
    if known is not None:
        if (known.order_number, known.amount_minor, known.currency) != asked:
            raise OrderDiffers(f"Refund {command.number} is about {known.amount}.", field="number")
        return known
    if command.currency != order.currency or order.refunded_minor + command.amount_minor > order.amount_minor:
        raise RefundExceedsPaid(
            f"{order.amount} was paid, of which {order.refunded_minor} minor units went back.",
            field="amount_minor",
            left_minor=order.amount_minor - order.refunded_minor,
        )
    refund = OrderRefund(
        number=command.number,
        order_number=order.number,
        user_id=order.user_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        reason=command.reason,
        refunded_at=now,
    )
    await _give_back(tx, ground, order, refund, now)
    [receipt] = await ground.ledger.post(tx, [postings.order_refunded(refund)])
    if isinstance(receipt, Refusal):
        raise receipt
    await kept.insert_refunds(tx, [refund])
    refunded = order.refunded_minor + refund.amount_minor
    await kept.update_orders(tx, [msgspec.structs.replace(order, refunded_minor=refunded)])
    fact = OrderRefunded(
        object_id=order.number,
        happened_at=now,
        user_id=refund.user_id,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        subject=order.subject,
    )
    await outbox.publish(tx, [fact])
    return refund


async def _give_back(
    tx: Transaction, ground: Ground, order: Order, refund: OrderRefund, now: datetime
) -> None:
    """If the rule says so, what went back counts as not spent, in the period in which it was."""
    if not ground.limits(now).refund_gives_back or order.ended_at is None:
        return
    act = Act(user_id=refund.user_id, kind=SpendingKind.PAYMENT, amount=refund.amount, at=order.ended_at)
    await store.lock_wallets(tx, [refund.user_id], now=now)
    await store.give_back_counters(
        tx, [(key, Used(refund.amount_minor, 0)) for key in limits.given_back(act, order.strength)]
    )
