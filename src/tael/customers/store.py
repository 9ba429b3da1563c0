"""Where do customers, their methods and mandates lie? The context's only SQL."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.customers.errors import CustomerExists, NoSuchCustomer, NoSuchMandate, NoSuchPaymentMethod
from tael.customers.model import CardAgreed, Customer, Mandate, MandateUse, RevokedBy, SavedMethod
from tael.foundation.db import Transaction, queries

SQL = queries("tael.customers")


async def insert_customer(tx: Transaction, customer: Customer, *, sealed: bytes) -> None:
    """Write a new customer; refuses `CustomerExists`."""
    if not await tx.run(SQL.insert_customer, **msgspec.structs.asdict(customer), sealed=sealed):
        raise CustomerExists(f"You have a customer {customer.reference!r} already.", field="reference")


async def find_customer(tx: Transaction, id: str, *, merchant_id: str) -> Customer:
    """One of a merchant's customers; refuses `NoSuchCustomer`."""
    found = await tx.row(SQL.find_customer, Customer, id=id, merchant_id=merchant_id)
    if found is None:
        raise NoSuchCustomer(f"There is no customer {id[:40]}.", field="customer")
    return found


async def list_customers(
    tx: Transaction, merchant_id: str, *, reference: str | None, before: str | None, limit: int
) -> Sequence[Customer]:
    """A merchant's customers, newest first."""
    return await tx.rows(
        SQL.list_customers, Customer, merchant_id=merchant_id, reference=reference, before=before, limit=limit
    )


async def insert_method(tx: Transaction, method: SavedMethod) -> None:
    """Write a new payment method."""
    row = msgspec.structs.asdict(method)
    del row["detached_at"]
    await tx.run(SQL.insert_method, **row)


async def find_method(tx: Transaction, id: str, *, merchant_id: str) -> SavedMethod:
    """One of a merchant's payment methods; refuses `NoSuchPaymentMethod`."""
    found = await tx.row(SQL.find_method, SavedMethod, id=id, merchant_id=merchant_id)
    if found is None:
        raise NoSuchPaymentMethod(f"There is no payment method {id[:40]}.", field="payment_method")
    return found


async def list_methods(
    tx: Transaction, merchant_id: str, *, customer_id: str | None, before: str | None, limit: int
) -> Sequence[SavedMethod]:
    """A merchant's payment methods, newest first."""
    return await tx.rows(
        SQL.list_methods,
        SavedMethod,
        merchant_id=merchant_id,
        customer_id=customer_id,
        before=before,
        limit=limit,
    )


async def detach_method(tx: Transaction, id: str, *, now: datetime) -> None:
    """Give up a payment method, and every mandate that is about it."""
    await tx.run(SQL.detach_method, id=id, now=now)
    await tx.run(SQL.revoke_mandates_of_method, payment_method_id=id, now=now, by=RevokedBy.MERCHANT)


async def insert_mandate(tx: Transaction, mandate: Mandate) -> None:
    """Write a new mandate."""
    row = msgspec.structs.asdict(mandate)
    del row["revoked_at"], row["revoked_by"]
    await tx.run(SQL.insert_mandate, **row)


async def find_mandate(tx: Transaction, id: str, *, merchant_id: str, lock: bool = False) -> Mandate:
    """One of a merchant's mandates; refuses `NoSuchMandate`."""
    query = SQL.lock_mandate if lock else SQL.find_mandate
    found = await tx.row(query, Mandate, id=id, merchant_id=merchant_id)
    if found is None:
        raise NoSuchMandate(f"There is no mandate {id[:40]}.", field="mandate")
    return found


async def list_mandates(
    tx: Transaction, merchant_id: str, *, payment_method_id: str | None, before: str | None, limit: int
) -> Sequence[Mandate]:
    """A merchant's mandates, newest first."""
    return await tx.rows(
        SQL.list_mandates,
        Mandate,
        merchant_id=merchant_id,
        payment_method_id=payment_method_id,
        before=before,
        limit=limit,
    )


async def revoke_mandate(tx: Transaction, id: str, *, by: RevokedBy, now: datetime) -> None:
    """End a mandate; whoever ended it first has ended it."""
    await tx.run(SQL.revoke_mandate, id=id, by=by, now=now)


async def uses_since(tx: Transaction, mandate_id: str, *, since: datetime, but: str) -> list[MandateUse]:
    """How other payments than `but` were charged by a mandate since then, whatever came of it."""
    return await tx.rows(SQL.uses_since, MandateUse, mandate_id=mandate_id, since=since, payment_id=but)


async def insert_use(tx: Transaction, use: MandateUse, *, used_at: datetime) -> None:
    """Write down that an attempt charges by a mandate."""
    await tx.run(SQL.insert_use, **msgspec.structs.asdict(use), used_at=used_at)


async def insert_card_agreed(tx: Transaction, agreed: CardAgreed) -> None:
    """Write down that a card may be kept."""
    await tx.run(SQL.insert_card_agreed, **msgspec.structs.asdict(agreed))


async def list_cards_agreed(tx: Transaction, *, after: str, limit: int) -> list[CardAgreed]:
    """Cards that may be kept, by their attempts."""
    return await tx.rows(SQL.list_cards_agreed, CardAgreed, after=after, limit=limit)


async def delete_card_agreed(tx: Transaction, attempt_id: str) -> None:
    """It is decided."""
    await tx.run(SQL.delete_card_agreed, attempt_id=attempt_id)
