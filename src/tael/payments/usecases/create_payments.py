"""Create payments: the merchant's wish is written down; no channel is called and no money moves."""

from collections.abc import Sequence

import msgspec

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.payments import rules, store
from tael.payments.model import Payment


class CreatePayment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A payment to be made, with its id chosen beforehand so that a repeat makes no second one."""

    payment: Payment
    exponent: int | None


async def create_payments(tx: Transaction, commands: Sequence[CreatePayment]) -> list[Payment | Refusal]:
    """Each payment as it was written, or why it cannot be."""
    results: list[Payment | Refusal] = []
    for command in commands:
        payment = command.payment
        seconds = int((payment.expires_at - payment.created_at).total_seconds())
        try:
            refusal = rules.why_not_payable(payment.amount_minor, payment.currency, command.exponent, seconds)
        except Refusal as unknown_currency:
            refusal = unknown_currency
        results.append(refusal or payment)
    created = [result for result in results if isinstance(result, Payment)]
    if created:
        await store.insert_payments(tx, created)
    return results
