"""Is anything of a merchant still open? Payments on their way, refunds on their way, money that we hold for it."""

from tael.foundation.clock import Clock
from tael.foundation.db import Database
from tael.foundation.errors import Refusal
from tael.ledger.api import Ledger
from tael.merchants.api import Merchants, StillOpen
from tael.payments.api import PaymentFilter, Payments, RefundFilter
from tael.payments.model import PaymentState, RefundState

OPEN_PAYMENTS = (
    PaymentState.CREATED,
    PaymentState.PROCESSING,
    PaymentState.REQUIRES_ACTION,
    PaymentState.AUTHORISED,
)
OPEN_REFUNDS = (RefundState.PROCESSING, RefundState.UNKNOWN)
HELD = ("pending", "disputed")
"""The accounts on which we hold a merchant's money: its balance, and what a bank decides about."""


def still_open(
    database: Database, ledger: Ledger, merchants: Merchants, payments: Payments, clock: Clock
) -> StillOpen:
    """The question, for the round that closes merchants."""

    async def ask(merchant_id: str) -> bool:
        for state in OPEN_PAYMENTS:
            if await payments.lists.payments(PaymentFilter(merchant_id=merchant_id, state=state, limit=1)):
                return True
        for refund_state in OPEN_REFUNDS:
            if await payments.lists.refunds(
                RefundFilter(merchant_id=merchant_id, state=refund_state, limit=1)
            ):
                return True
        currencies = {each.currency for each in await merchants.volumes(merchant_id, limit=200)}
        names = [
            (f"merchant:{merchant_id}:{account}", currency)
            for account in HELD
            for currency in sorted(currencies)
        ]
        async with database.transaction() as tx:
            balances = await ledger.balances_at(tx, names, clock.now()) if names else []
        return any(not isinstance(each, Refusal) and each.balance_minor != 0 for each in balances)

    return ask
