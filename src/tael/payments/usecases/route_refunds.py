"""Over which channel does money go back, and which accounts does that channel need?"""

from collections.abc import Sequence

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.api import Ledger
from tael.payments import postings
from tael.payments.model import Attempt, Payment, Refund, RefundWay
from tael.routing.api import Routing
from tael.routing.model import Decision, Purpose, RefundOf, Wanted


def choose_channel(
    routing: Routing, payment: Payment, paid: Attempt, *, refund_id: str, amount_minor: int
) -> Decision | Refusal:
    """Back the way that the money came if that is open and well; else to the payer's account, if we know it."""
    wanted = Wanted(
        subject=refund_id,
        purpose=Purpose.REFUND,
        amount=Money(amount_minor, payment.currency),
        merchant_id=payment.merchant_id,
        method=paid.method,
        refund_of=RefundOf(
            channel=paid.channel,
            paid_at=paid.ended_at or paid.created_at,
            payer_account_known=paid.payer_sealed is not None,
        ),
    )
    return routing.decide([wanted])[0]


async def open_accounts(tx: Transaction, refunds: Sequence[Refund], ledger: Ledger) -> None:
    """A channel that pays out for another may never have seen a payment in that currency."""
    accounts = {
        account.name: account
        for refund in refunds
        if refund.way is RefundWay.PAY_OUT
        for account in postings.accounts_of_channel(refund.channel, refund.currency)
    }
    for opened in await ledger.open_accounts(tx, list(accounts.values())) if accounts else []:
        if isinstance(opened, Refusal):
            raise RuntimeError(f"the books refuse an account of a channel: {opened.message}") from opened
