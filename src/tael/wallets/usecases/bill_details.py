"""What is known of a bill beside what the books say? Asked for a whole page at once, of whoever made it happen."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.users.model import Known, PersonState
from tael.wallets import store
from tael.wallets.model.bills import (
    Bill,
    BillDetails,
    BillKind,
    BillState,
    Counterparty,
    Describe,
    Direction,
)
from tael.wallets.store import bills as kept
from tael.wallets.store import orders as kept_orders
from tael.wallets.usecases.ground import Ground

Describers = Mapping[BillKind, Describe]
"""Who knows of the kinds that wallets do not know themselves."""


class _Found(msgspec.Struct, frozen=True):
    """Details, and who stood on the other side."""

    details: BillDetails
    other_id: str | None = None


_Look = Callable[[Transaction, Sequence[str], str], Awaitable[Mapping[str, _Found]]]


async def with_details(
    ground: Ground, describers: Describers, bills: Sequence[Bill], user_id: str
) -> list[Bill]:
    """The same bills with what is known of them; those that know already keep it."""
    asked: dict[BillKind, list[str]] = {}
    for bill in bills:
        asked.setdefault(bill.kind, []).append(bill.reference)
    found: dict[tuple[BillKind, str], _Found] = {}
    async with ground.database.transaction() as tx:
        for kind, look in _LOOKS.items():
            if kind in asked:
                known = await look(tx, list(dict.fromkeys(asked[kind])), user_id)
                found |= {(kind, reference): each for reference, each in known.items()}
    for kind, describe in describers.items():
        if kind in asked:
            told = await describe(list(dict.fromkeys(asked[kind])))
            found |= {(kind, reference): _Found(each) for reference, each in told.items()}
    others = await _counterparties(ground, [each.other_id for each in found.values() if each.other_id])
    return [_detailed(bill, found.get((bill.kind, bill.reference)), others) for bill in bills]


def _detailed(bill: Bill, found: _Found | None, others: Mapping[str, Counterparty]) -> Bill:
    if found is None:
        return bill
    details = found.details
    if bill.balance_after_minor is None:
        details = msgspec.structs.replace(bill.details, title=details.title)
    elif bill.direction is Direction.IN:
        details = msgspec.structs.replace(details, state=BillState.DONE, arrives_at=None)
    if found.other_id is not None:
        details = msgspec.structs.replace(details, counterparty=others.get(found.other_id))
    return msgspec.structs.replace(bill, details=details)


async def _counterparties(ground: Ground, user_ids: Sequence[str]) -> Mapping[str, Counterparty]:
    if not user_ids:
        return {}
    known = await ground.users.known(sorted(set(user_ids)))
    return {user_id: counterparty_of(each) for user_id, each in known.items()}


def counterparty_of(known: Known) -> Counterparty:
    """Somebody as whoever paid them, or was paid by them, may see them."""
    person = known.person
    sure = person is not None and person.state is not PersonState.IN_REVIEW
    return Counterparty(
        user_id=known.user.id,
        name=person.payee_shown if person is not None and sure else "",
        phone=known.user.phone_shown,
    )


async def _transfers(tx: Transaction, ids: Sequence[str], user_id: str) -> Mapping[str, _Found]:
    return {
        each.id: _Found(
            BillDetails(note=each.note, arrives_at=each.arrives_at),
            each.payee_id if each.payer_id == user_id else each.payer_id,
        )
        for each in (await store.find_transfers(tx, ids)).values()
    }


async def _orders(tx: Transaction, numbers: Sequence[str], user_id: str) -> Mapping[str, _Found]:
    del user_id
    found = await kept_orders.find_orders(tx, numbers)
    return {
        number: _Found(BillDetails(title=order.subject, merchant=order.payee))
        for number, order in found.items()
    }


async def _packets(tx: Transaction, ids: Sequence[str], user_id: str) -> Mapping[str, _Found]:
    return {
        id: _Found(BillDetails(title=greeting), owner_id if owner_id != user_id else None)
        for id, owner_id, greeting in await kept.packets(tx, ids)
    }


_LOOKS: Mapping[BillKind, _Look] = {
    BillKind.TRANSFER: _transfers,
    BillKind.PAYMENT: _orders,
    BillKind.REFUND: _orders,
    BillKind.RED_PACKET: _packets,
    BillKind.RED_PACKET_CLAIMED: _packets,
    BillKind.RED_PACKET_RETURNED: _packets,
}
