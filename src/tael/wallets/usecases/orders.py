"""Merchants are paid by balance: orders are placed, paid, closed, each once for ever under its number.

The number is the payment's at its channel. Whatever is asked again has the same answer: paid stays paid, and declined stays
declined. An order that is paid by a payment code and has to be confirmed waits for the user, who is asked in the app.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.behaviour.model import Act as BehaviourAct
from tael.behaviour.model import ActKind, ActResult, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.identity.model import Strength
from tael.wallets import postings
from tael.wallets.errors import (
    CodeRefused,
    ConfirmationMissing,
    NoSuchOrder,
    OrderDiffers,
    OrderEnded,
    OrderPaid,
    PayerDeclined,
)
from tael.wallets.events import OrderDeclined, OrderFact, OrderShown
from tael.wallets.events import OrderPaid as OrderWasPaid
from tael.wallets.model import SpendingKind
from tael.wallets.model.orders import Order, OrderState
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


async def place_orders(tx: Transaction, ground: Ground, news: Sequence[NewOrder]) -> list[Order | Refusal]:
    """Hold orders ready for their payers; one that is there already stays as it is. Refuses `OrderDiffers`."""
    await kept.insert_orders(tx, news, now=ground.clock.now())
    found = await kept.find_orders(tx, {new.number for new in news})
    return [_as_placed(found[new.number], new) for new in news]


def _as_placed(order: Order, new: NewOrder) -> Order | OrderDiffers:
    if (order.amount_minor, order.currency) == (new.amount_minor, new.currency):
        return order
    return OrderDiffers(f"Order {new.number} is about {order.amount}.", field="amount_minor")


async def pay_orders(tx: Transaction, ground: Ground, commands: Sequence[PayOrder]) -> list[Order | Refusal]:
    """Each order as it stands now, or why it could not be paid; one that was paid before by the same user is paid.

    Who pays one that others pay, too, comes after them and finds it as they have left it.
    """
    results: dict[int, Order | Refusal] = {}
    pending = list(range(len(commands)))
    while pending:
        first = {commands[place].number: place for place in reversed(pending)}
        wave = sorted(first.values())
        done = await _pay_some(tx, ground, [commands[place] for place in wave])
        results |= dict(zip(wave, done, strict=True))
        pending = [place for place in pending if place not in results]
    return [results[place] for place in range(len(commands))]


async def _pay_some(tx: Transaction, ground: Ground, commands: Sequence[PayOrder]) -> list[Order | Refusal]:
    """The same of commands about as many orders."""
    now = ground.clock.now()
    locked = await kept.lock_orders(tx, {command.number for command in commands})
    payers = await _payers(tx, commands, now)
    results: dict[int, Order | Refusal] = {}
    wanted: dict[int, Spending] = {}
    for place, command in enumerate(commands):
        order, payer = locked.get(command.number), payers.get(place)
        settled = _settled(order, command, payer, now)
        if settled is not None:
            results[place] = settled
        elif order is not None and payer is not None:
            wanted[place] = _spending(order, command, payer, now)
    verdicts = await spend(tx, ground, list(wanted.values()))
    for (place, spending), verdict in zip(wanted.items(), verdicts, strict=True):
        before, by_code = locked[commands[place].number], commands[place].payment_code is not None
        after = _after(before, spending, verdict, by_code=by_code, now=now)
        results[place] = verdict if isinstance(verdict, Refusal) and not by_code else after
    changed = [
        result
        for result in results.values()
        if isinstance(result, Order) and locked[result.number] is not result
    ]
    await kept.update_orders(tx, changed)
    await outbox.publish(tx, [fact for order in changed for fact in _facts(order, now)])
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
        act=Act(user_id=user_id, kind=SpendingKind.PAYMENT, amount=order.amount, at=now, static=order.static),
        login_id=login_id,
        entry=postings.order_paid(order, user_id),
        accounts=(postings.balance_receivable(order.currency),),
        confirmation_id=command.confirmation_id,
        about=about_of(ACT, order.amount, order.number),
    )


def _after(order: Order, wish: Spending, verdict: object, *, by_code: bool, now: datetime) -> Order:
    """The order after somebody tried to pay it; unchanged if they may try again."""
    if isinstance(verdict, ConfirmationMissing) and by_code:
        asked = order.user_id == wish.act.user_id
        return order if asked else msgspec.structs.replace(order, user_id=wish.act.user_id)
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


_FACTS: Mapping[OrderState, type[OrderFact]] = {
    OrderState.WAITING: OrderShown,
    OrderState.PAID: OrderWasPaid,
}


def _facts(order: Order, now: datetime) -> list[OrderFact]:
    """What there is to tell of an order that has changed."""
    fact = _FACTS.get(order.state)
    return [] if fact is None else [_fact(fact, order, now)]


def _fact(of: type[OrderFact], order: Order, now: datetime) -> OrderFact:
    return of(
        object_id=order.number,
        happened_at=now,
        user_id=order.user_id or "",
        amount_minor=order.amount_minor,
        currency=order.currency,
        subject=order.subject,
        payee=order.payee,
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


class DeclineOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A user does not want to pay what waits for them."""

    number: str
    user_id: str


async def decline_order(tx: Transaction, ground: Ground, wish: DeclineOrder) -> Order:
    """Say no to an order for which one's own code was scanned; refuses `NoSuchOrder`, `OrderEnded`."""
    order = (await kept.lock_orders(tx, [wish.number])).get(wish.number)
    if order is None or order.user_id != wish.user_id:
        raise NoSuchOrder(f"No order {wish.number[:64]!r} waits for you.", field="number")
    if order.state is OrderState.DECLINED:
        return order
    if order.state is not OrderState.WAITING:
        raise _ended(order)
    now = ground.clock.now()
    declined = msgspec.structs.replace(
        order, state=OrderState.DECLINED, reason=PayerDeclined.code, ended_at=now
    )
    await kept.update_orders(tx, [declined])
    await outbox.publish(tx, [_fact(OrderDeclined, declined, now)])
    return declined


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
