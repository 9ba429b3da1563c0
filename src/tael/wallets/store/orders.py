"""Where do orders, their refunds, payment codes and personal codes lie?"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.wallets.model.codes import PersonalCode
from tael.wallets.model.orders import Order, OrderRefund

SQL = queries("tael.wallets")


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a merchant wants to be paid, under the number that the payment has for its channel."""

    number: str
    amount_minor: int
    currency: str
    subject: str
    expires_at: datetime
    return_url: str = ""
    payee: str = ""
    """Whom it pays, as its payer reads it."""
    static: bool = False
    """Whether its payer comes to it by a printed code of the merchant's."""


async def insert_orders(tx: Transaction, orders: Sequence[NewOrder], *, now: datetime) -> None:
    """Write orders; those that are there stay as they are."""
    if orders:
        fields = "number amount_minor currency subject expires_at return_url payee static"
        await tx.run(SQL.insert_orders, **columns(orders, fields), created_at=now)


async def lock_orders(tx: Transaction, numbers: Collection[str]) -> dict[str, Order]:
    """The orders, locked until the transaction ends."""
    found = await tx.rows(SQL.lock_orders, Order, numbers=list(numbers))
    return {order.number: order for order in found}


async def find_orders(tx: Transaction, numbers: Collection[str]) -> dict[str, Order]:
    """The orders as they stand."""
    found = await tx.rows(SQL.find_orders, Order, numbers=list(numbers))
    return {order.number: order for order in found}


async def waiting_orders(tx: Transaction, user_id: str, *, now: datetime, limit: int) -> list[Order]:
    """What waits for a user to confirm it, newest first."""
    return await tx.rows(SQL.list_waiting_orders, Order, user_id=user_id, now=now, limit=limit)


async def update_orders(tx: Transaction, orders: Sequence[Order]) -> None:
    """Write what changed of locked orders."""
    if orders:
        fields = "number state user_id reason strength ended_at refunded_minor"
        await tx.run(SQL.update_orders, **columns(orders, fields))


async def close_due_orders(tx: Transaction, *, now: datetime, limit: int) -> int:
    """Close some of those that nobody paid in time; says how many."""
    return await tx.run(SQL.close_due_orders, now=now, limit=limit)


async def insert_refunds(tx: Transaction, refunds: Sequence[OrderRefund]) -> None:
    """Write refunds that are done."""
    if refunds:
        fields = "number order_number user_id amount_minor currency reason refunded_at"
        await tx.run(SQL.insert_refunds, **columns(refunds, fields))


async def find_refunds(tx: Transaction, numbers: Collection[str]) -> dict[str, OrderRefund]:
    """The refunds of these numbers that are done."""
    found = await tx.rows(SQL.find_refunds, OrderRefund, numbers=list(numbers))
    return {refund.number: refund for refund in found}


# Payment codes.


async def insert_payment_code(
    tx: Transaction, hash: bytes, *, user_id: str, login_id: str, made_at: datetime, accepted_until: datetime
) -> bool:
    """Write one; false if the same number is somebody's already."""
    written = await tx.run(
        SQL.insert_payment_code,
        hash=hash,
        user_id=user_id,
        login_id=login_id,
        made_at=made_at,
        accepted_until=accepted_until,
    )
    return bool(written)


async def use_payment_codes(
    tx: Transaction, shown: Mapping[str, bytes], *, now: datetime
) -> dict[str, tuple[str, str]]:
    """Use codes up, each for one order: whose they are (user and login), by the order's number; the others are refused.

    shown   the hash by the order's number
    """
    if not shown:
        return {}
    found = await tx.tuples(SQL.use_payment_codes, hashes=list(shown.values()), numbers=list(shown), now=now)
    return {number: (user_id, login_id) for number, user_id, login_id in found}


async def forget_payment_codes(tx: Transaction, *, before: datetime) -> None:
    """Forget those that nobody takes any more."""
    await tx.run(SQL.forget_payment_codes, before=before)


# Personal codes.


async def insert_personal_code(tx: Transaction, code: PersonalCode) -> None:
    """Write a new one."""
    values = msgspec.structs.asdict(code)
    del values["revoked_at"]
    await tx.run(SQL.insert_personal_code, **values)


async def revoke_static_codes(tx: Transaction, user_id: str, *, now: datetime) -> None:
    """A user's printed code is good no more."""
    await tx.run(SQL.revoke_static_codes, user_id=user_id, now=now)


async def find_personal_code(tx: Transaction, code: str) -> PersonalCode | None:
    """The code, whatever has become of it."""
    return await tx.row(SQL.find_personal_code, PersonalCode, code=code)


async def find_static_code(tx: Transaction, user_id: str) -> PersonalCode | None:
    """A user's printed code."""
    return await tx.row(SQL.find_static_code, PersonalCode, user_id=user_id)


async def list_personal_codes(
    tx: Transaction, user_id: str, *, now: datetime, limit: int
) -> list[PersonalCode]:
    """A user's codes that are good, newest first."""
    return await tx.rows(SQL.list_personal_codes, PersonalCode, user_id=user_id, now=now, limit=limit)


async def revoke_personal_code(
    tx: Transaction, code: str, *, user_id: str, now: datetime
) -> PersonalCode | None:
    """One of a user's codes, which is good no more; `None` if they have no such code."""
    return await tx.row(SQL.revoke_personal_code, PersonalCode, code=code, user_id=user_id, now=now)


async def forget_personal_codes(tx: Transaction, *, before: datetime) -> None:
    """Forget dynamic ones that are over."""
    await tx.run(SQL.forget_personal_codes, before=before)
