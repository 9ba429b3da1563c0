"""Take a charge at a counter: the payment is written down before the channel hears of it; then it is asked, once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.checkout import store
from tael.checkout.model import Charge
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.merchants.api import Merchants
from tael.merchants.model import Merchant
from tael.payments.api import CreatePayment, Means, Payments, new_payment

CHARGE_SECONDS = 120
"""How long a payer has to enter the password. Then the order is cancelled: whatever was paid goes back."""


class TakeCharge(msgspec.Struct, frozen=True, kw_only=True):
    """An amount, and what the payer shows for it."""

    merchant: Merchant
    amount_minor: int
    currency: str
    reference: str
    description: str
    metadata: dict[str, str]
    store_id: str | None
    terminal_id: str | None
    method: str
    means: Means
    actor: str


async def take_charges(
    tx: Transaction,
    commands: Sequence[TakeCharge],
    *,
    payments: Payments,
    merchants: Merchants,
    now: datetime,
) -> list[Charge | Refusal]:
    """The charge of each command, with its payment; or why it cannot be."""
    return [await _take(tx, command, payments=payments, merchants=merchants, now=now) for command in commands]


async def place_of(tx: Transaction, command: TakeCharge, merchants: Merchants) -> str | Refusal | None:
    """The store of a charge, if it is in one; or why it cannot be taken there."""
    return await merchants.place_of(
        tx, command.merchant.id, store_id=command.store_id, terminal_id=command.terminal_id
    )


async def _take(
    tx: Transaction, command: TakeCharge, *, payments: Payments, merchants: Merchants, now: datetime
) -> Charge | Refusal:
    store_id = await place_of(tx, command, merchants)
    if isinstance(store_id, Refusal):
        return store_id
    where = command.terminal_id or store_id
    payment = new_payment(
        command.merchant,
        amount_minor=command.amount_minor,
        currency=command.currency,
        reference=command.reference,
        description=command.description,
        now=now,
        seconds=CHARGE_SECONDS,
        metadata=command.metadata,
        source=f"counter:{where}" if where else "counter",
    )
    made = (
        await payments.create_within(
            tx, [CreatePayment(payment=payment, exponent=None, merchant=command.merchant)]
        )
    )[0]
    if isinstance(made, Refusal):
        return made
    charge = Charge(
        payment_id=made.id,
        merchant_id=made.merchant_id,
        store_id=store_id,
        terminal_id=command.terminal_id,
        method=command.method,
        actor=command.actor,
        created_at=now,
    )
    await store.insert(tx, charge)
    return charge
