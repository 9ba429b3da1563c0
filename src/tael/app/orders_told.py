"""Who hears of merchants' orders? Their payers, by a message; and payments, which then ask the channel at once.

The channel sends no notices: without this, a payment would be known to be paid when the janitor asks. What was heard decides
nothing, so it may come twice, late, or never.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.money import Money
from tael.messages.api import Messages
from tael.messages.model import Post, Value
from tael.payments.api import Payments
from tael.wallets.events import (
    LooksLikeBusiness,
    OrderDeclined,
    OrderFact,
    OrderPaid,
    OrderRefunded,
    OrderShown,
)

HEARD_OF = "channel:balance"
"""Whose word it is, in the record of the payment."""


def when_orders_change(payments: Payments, messages: Messages) -> Sequence[Subscription]:
    """Fact by fact."""

    async def ask(_tx: Transaction, facts: Sequence[OrderFact]) -> None:
        await payments.look_again([fact.object_id for fact in facts], actor=HEARD_OF)

    async def tell(tx: Transaction, facts: Sequence[Any]) -> None:
        await messages.post(tx, [post_about(fact) for fact in facts])

    return [on(OrderPaid, OrderDeclined, do=ask), on(*_POSTS, do=tell)]


def post_about(fact: OrderFact | LooksLikeBusiness) -> Post:
    """What a fact is told as."""
    template, values = _POSTS[type(fact)]
    to = fact.user_id if isinstance(fact, OrderFact) else fact.object_id
    return Post(to=to, template=template, values=values(fact))


def _of_order(fact: OrderFact) -> dict[str, Value]:
    return {"amount": Money(fact.amount_minor, fact.currency), "payee": fact.payee or fact.subject}


def _paid(fact: Any) -> Mapping[str, Value]:
    return {**_of_order(fact), "at": fact.happened_at}


def _how_often(fact: Any) -> Mapping[str, Value]:
    return {"payments": fact.payments}


_POSTS: Mapping[type, tuple[str, Callable[[Any], Mapping[str, Value]]]] = {
    OrderShown: ("payment_waits", _of_order),
    OrderPaid: ("payment_made", _paid),
    OrderRefunded: ("refund_received", _of_order),
    LooksLikeBusiness: ("looks_like_business", _how_often),
}
