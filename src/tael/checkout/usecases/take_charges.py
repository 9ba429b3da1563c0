"""Take a charge at a counter: the payment is written down before the channel hears of it; then it is asked, once."""

import msgspec

from tael.checkout import store
from tael.checkout.errors import NotYourStore
from tael.checkout.model import Charge, ChargeTerms
from tael.checkout.usecases.ground import Ground
from tael.foundation.db import Transaction
from tael.merchants.model import Merchant
from tael.payments.api import Means, new_payment

CHARGE_SECONDS = 120
"""How long a payer has to enter the password. Then the order is cancelled: whatever was paid goes back."""


class TakeCharge(msgspec.Struct, frozen=True, kw_only=True):
    """An amount, and what the payer shows for it."""

    merchant: Merchant
    terms: ChargeTerms
    terminal_id: str | None
    method: str
    means: Means
    codes: tuple[str, ...] = ()
    """Coupons that the payer has."""
    actor: str
    within: frozenset[str] = frozenset()
    """The only stores in which whoever takes it may; none are named: all, and outside of them."""


async def place_of(ground: Ground, tx: Transaction, command: TakeCharge) -> str | None:
    """The store of a charge, if it is in one; refuses `NoSuchMerchantRecord`, `NotFromThisState`, `NotYourStore`."""
    found = await ground.merchants.place_of(
        tx, command.merchant.id, store_id=command.terms.store_id, terminal_id=command.terminal_id
    )
    if command.within and found not in command.within:
        raise NotYourStore(
            "You take payments in your own stores only.", field="store_id", hint="Choose one of them."
        )
    return found


async def take_charge(ground: Ground, tx: Transaction, command: TakeCharge) -> Charge:
    """The charge, with its payment."""
    store_id = await place_of(ground, tx, command)
    where = command.terminal_id or store_id
    now, terms = ground.clock.now(), command.terms
    payment = new_payment(
        command.merchant,
        amount_minor=terms.amount_minor,
        currency=terms.currency,
        reference=terms.reference,
        description=terms.description,
        now=now,
        seconds=CHARGE_SECONDS,
        metadata=terms.metadata,
        source=f"counter:{where}" if where else "counter",
    )
    made = await ground.write(tx, payment, command.merchant)
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
