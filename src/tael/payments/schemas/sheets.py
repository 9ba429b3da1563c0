"""What is a line of an exported list of payments?"""

from tael.foundation.money import Money
from tael.payments.model import (
    Payment,
)

SHEET_COLUMNS = (
    "id created_at state currency amount captured refunded refunding fee fee_returned"
    " reference description expires_at ended_at"
).split()
"""Of an exported list. Amounts are decimals there, because people add them up in spreadsheets."""


def payment_row(payment: Payment) -> list[str]:
    """A payment as a line of an exported list."""
    amounts = [
        payment.amount_minor,
        payment.captured_minor,
        payment.refunded_minor,
        payment.refunding_minor,
        payment.fee_minor,
        payment.fee_returned_minor,
    ]
    return [
        payment.id,
        payment.created_at.isoformat(),
        payment.state,
        payment.currency,
        *[Money(amount, payment.currency).decimal() for amount in amounts],
        payment.reference,
        payment.description,
        payment.expires_at.isoformat(),
        payment.ended_at.isoformat() if payment.ended_at else "",
    ]
