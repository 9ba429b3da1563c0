"""What is a user told of money that moved between users, and who hears that an account is in use?

A whole batch of facts is told in one call: thousands of transfers a second are a few statements here. Whoever sends at once has
seen it on the screen; of what was on its way for hours both are told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.foundation.money import Money
from tael.funding.events import TopUpCredited, WithdrawalMade
from tael.messages.api import Messages
from tael.messages.model import Post, Value
from tael.standing.api import Standing
from tael.users.api import Users
from tael.users.model import Known, PersonState
from tael.wallets.events import (
    OrderPaid,
    OrderRefunded,
    RedPacketClaimed,
    RedPacketReturned,
    RedPacketSent,
    StatementReady,
    TransferArrived,
    TransferEvent,
    TransferMade,
    TransferRecalled,
    TransferReturned,
)

Called = Callable[[str], str]
"""How somebody is called in a message to whom they paid, or who paid them."""


def when_wallets_move(messages: Messages, users: Users, standing: Standing) -> Sequence[Subscription]:
    """Who hears of transfers, red packets and statements; and who hears of everything that moved money."""

    async def tell(tx: Transaction, facts: Sequence[Event]) -> None:
        others = {user_id for fact in facts for user_id in _OTHERS[type(fact)](fact)}
        known = await users.known(sorted(others)) if others else {}
        await messages.post(tx, [post for fact in facts for post in posts_about(fact, known)])

    async def note(tx: Transaction, facts: Sequence[Event]) -> None:
        moved = {user_id for fact in facts for user_id in _MOVED[type(fact)](fact)}
        await standing.note_activity(tx, moved)

    return [on(*_POSTS, do=tell), on(*_MOVED, do=note)]


def posts_about(fact: Event, known: Mapping[str, Known]) -> Sequence[Post]:
    """What a fact is told as."""

    def called(user_id: str) -> str:
        return _called(known.get(user_id))

    return list(_POSTS[type(fact)](fact, called))


def _called(known: Known | None) -> str:
    """`*明 138****1234`: as payers see payees before they pay."""
    if known is None:
        return "***"
    person = known.person
    sure = person is not None and person.state is not PersonState.IN_REVIEW
    name = person.payee_shown if person is not None and sure else ""
    return f"{name} {known.user.phone_shown}".strip() or "***"


def _post(to: str, template: str, **values: Value) -> Post:
    return Post(to=to, template=template, values=values)


def _money(fact: Any) -> Money:
    return Money(fact.amount_minor, fact.currency)


def _made(fact: TransferMade, called: Called) -> Iterable[Post]:
    payee = called(fact.payee_id)
    yield _post(
        fact.payer_id, "transfer_on_its_way", amount=_money(fact), payee=payee, arrives=fact.arrives_at
    )


def _arrived(fact: TransferArrived, called: Called) -> Iterable[Post]:
    amount, at = _money(fact), fact.happened_at
    yield _post(fact.payee_id, "money_received", amount=amount, payer=called(fact.payer_id), at=at)
    if fact.delayed:
        yield _post(fact.payer_id, "transfer_sent", amount=amount, payee=called(fact.payee_id), at=at)


def _recalled(fact: TransferRecalled, called: Called) -> Iterable[Post]:
    yield _post(fact.payer_id, "transfer_recalled", amount=_money(fact), payee=called(fact.payee_id))


def _returned(fact: TransferReturned, called: Called) -> Iterable[Post]:
    yield _post(fact.payer_id, "transfer_returned", amount=_money(fact), payee=called(fact.payee_id))


def _packet_sent(fact: RedPacketSent, called: Called) -> Iterable[Post]:
    payer = called(fact.owner_id)
    for user_id in fact.only_for:
        yield _post(user_id, "red_packet_waits", payer=payer, greeting=fact.greeting or "🧧")


def _packet_claimed(fact: RedPacketClaimed, called: Called) -> Iterable[Post]:
    yield _post(fact.user_id, "red_packet_received", amount=_money(fact), payer=called(fact.owner_id))


def _packet_returned(fact: RedPacketReturned, _: Called) -> Iterable[Post]:
    yield _post(fact.owner_id, "red_packet_returned", amount=_money(fact))


def _statement(fact: StatementReady, _: Called) -> Iterable[Post]:
    yield _post(fact.user_id, "statement_ready", month=f"{fact.first_day} – {fact.last_day}")


def _both(fact: TransferEvent) -> tuple[str, ...]:
    return (fact.payer_id, fact.payee_id)


def _owner(fact: Any) -> tuple[str, ...]:
    return (fact.owner_id,)


def _user(fact: Any) -> tuple[str, ...]:
    return (fact.user_id,)


_POSTS: Mapping[type[Event], Callable[[Any, Called], Iterable[Post]]] = {
    TransferMade: _made,
    TransferArrived: _arrived,
    TransferRecalled: _recalled,
    TransferReturned: _returned,
    RedPacketSent: _packet_sent,
    RedPacketClaimed: _packet_claimed,
    RedPacketReturned: _packet_returned,
    StatementReady: _statement,
}
_OTHERS: Mapping[type[Event], Callable[[Any], tuple[str, ...]]] = {
    TransferMade: _both,
    TransferArrived: _both,
    TransferRecalled: _both,
    TransferReturned: _both,
    RedPacketSent: _owner,
    RedPacketClaimed: _owner,
    RedPacketReturned: _owner,
    StatementReady: _user,
}
"""Who may have to be called by name."""
_MOVED: Mapping[type[Event], Callable[[Any], tuple[str, ...]]] = {
    TransferArrived: _both,
    OrderPaid: _user,
    OrderRefunded: _user,
    RedPacketSent: _owner,
    RedPacketClaimed: _user,
    RedPacketReturned: _owner,
    TopUpCredited: _user,
    WithdrawalMade: _user,
}
"""Whose wallet moved: an account without any such thing for long falls dormant."""
