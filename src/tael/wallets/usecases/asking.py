"""How is a user asked whether they want to send or pay exactly this? By one question that says how strongly, and by what.

How strongly depends on the amount, on what was done today, and on what the user lets pass without being asked. If nothing
has to be shown there is no question, and the act can be done at once. What is answered now may be too little later, if
something else was paid meanwhile: then the act is refused, and is asked about again.
"""

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.standing.model import Permission
from tael.wallets import store
from tael.wallets.errors import NoSuchOrder, OrderEnded
from tael.wallets.model import SpendingKind
from tael.wallets.model.asked import Asked
from tael.wallets.model.orders import Order, OrderState
from tael.wallets.rules import limits
from tael.wallets.rules.acts import about_of, why_not_to, words_of
from tael.wallets.rules.limits import Act
from tael.wallets.rules.refused import cannot_receive
from tael.wallets.store import orders as kept
from tael.wallets.usecases.ground import Ground


class AskAbout(msgspec.Struct, frozen=True, kw_only=True):
    """An act that a user wants to do, in the session in which they will confirm it."""

    user_id: str
    login_id: str
    session_id: str
    kind: SpendingKind
    amount_minor: int
    currency: str
    to: str
    """Whom it is for: a user's id, an order's number."""
    to_shown: str
    """The same as the user reads it."""
    shown_as: str = ""
    """What the user reads that it is, if that is not its kind: `red_packet`."""
    payee_id: str | None = None
    """A user who would receive it."""
    at_least: Strength = Strength.NONE


async def ask_about(tx: Transaction, ground: Ground, wish: AskAbout) -> Asked:
    """A question about exactly this. Refuses `WalletMalformed`, `LimitReached`, `PayeeCannotReceive` of what can never be."""
    now, amount = ground.clock.now(), Money(wish.amount_minor, wish.currency)
    refusal: Refusal | None = limits.why_not_at_all(amount, ground.limits(now).currencies)
    if refusal is not None:
        raise refusal
    if wish.payee_id is not None:
        await _check_payee(tx, ground, wish.payee_id, payer_id=wish.user_id)
    counters = await store.find_counters(tx, [wish.user_id], periods=[limits.day_of(now)])
    act = Act(user_id=wish.user_id, kind=wish.kind, amount=amount, at=now)
    question = limits.question_of(act, counters, login_id=wish.login_id)
    [needed] = await ground.identity.step_up.strengths(tx, [question])
    strength = wish.at_least if wish.at_least.reaches(needed) else needed
    if strength is Strength.NONE:
        return Asked(strength=strength, confirmation=None)
    asked = await ground.identity.ask_confirmation(
        tx,
        login_id=wish.login_id,
        session_id=wish.session_id,
        about=about_of(wish.kind, amount, wish.to),
        factors=ground.identity.factors_for(strength),
        words=words_of(wish.shown_as or wish.kind, amount, wish.to_shown),
    )
    return Asked(strength=strength, confirmation=asked)


async def _check_payee(tx: Transaction, ground: Ground, payee_id: str, *, payer_id: str) -> None:
    refusal: Refusal | None = why_not_to(payee_id, payer_id=payer_id)
    if refusal is None:
        [verdict] = await ground.standing.check(tx, [(payee_id, Permission.RECEIVE)])
        refusal = cannot_receive() if verdict is not None else None
    if refusal is not None:
        raise refusal


class AskAboutOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A user wants to pay an order."""

    number: str
    user_id: str
    login_id: str
    session_id: str
    at_least: Strength = Strength.NONE


async def ask_about_order(tx: Transaction, ground: Ground, wish: AskAboutOrder) -> Asked:
    """A question about exactly this order. Refuses `NoSuchOrder`, `OrderEnded`, and as `ask_about` does."""
    order = await order_for(tx, wish.number, user_id=wish.user_id)
    over = order.state is not OrderState.WAITING or order.expires_at <= ground.clock.now()
    if over:
        raise OrderEnded("The order can be paid no more.", field="number", state=order.state)
    about = AskAbout(
        user_id=wish.user_id,
        login_id=wish.login_id,
        session_id=wish.session_id,
        kind=SpendingKind.PAYMENT,
        amount_minor=order.amount_minor,
        currency=order.currency,
        to=order.number,
        to_shown=order.payee or order.subject,
        at_least=wish.at_least,
    )
    return await ask_about(tx, ground, about)


async def order_for(tx: Transaction, number: str, *, user_id: str) -> Order:
    """One that a user may see: nobody's yet, or their own. Refuses `NoSuchOrder`."""
    order = (await kept.find_orders(tx, [number])).get(number)
    if order is None or order.user_id not in (None, user_id):
        raise NoSuchOrder(f"There is no order {number[:64]!r}.", field="number")
    return order
