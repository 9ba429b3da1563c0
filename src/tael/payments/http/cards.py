"""With which card is a payment paid? The one that was sent, or one that its payer let the merchant save."""

from typing import Any

from tael.customers.api import Customers
from tael.customers.errors import (
    MandateExceeded,
    MandateNeeded,
    MethodDetached,
    NoSuchMandate,
    NoSuchPaymentMethod,
)
from tael.foundation.calls import Call
from tael.foundation.ids import check_id
from tael.payments.api import Payments, SavedCard
from tael.payments.errors import PaymentMalformed
from tael.payments.schemas import StartAttemptRequest

REFUSED_BY_CUSTOMERS = (NoSuchPaymentMethod, MethodDetached, NoSuchMandate, MandateNeeded, MandateExceeded)


def saved_card(data: StartAttemptRequest, *, within: str = "") -> SavedCard | None:
    """The saved card that is to be charged; whether it may be is decided when the attempt begins.

    within   where these fields stand in what was sent
    """
    if data.payment_method is None:
        if data.off_session or data.mandate is not None:
            raise PaymentMalformed(
                "Off session a saved payment method is charged.", field=f"{within}payment_method"
            )
        return None
    if data.card_token:
        raise PaymentMalformed("It is either a saved payment method or a token.", field=f"{within}card_token")
    return SavedCard(
        payment_method_id=check_id(data.payment_method, prefix="pm", field=f"{within}payment_method"),
        mandate_id=data.mandate and check_id(data.mandate, prefix="mdt", field=f"{within}mandate"),
    )


async def check_token(payments: Payments, customers: Customers, call: Call[Any], card_token: str) -> None:
    """Refuses `NoSuchPaymentMethod` for another merchant's card. A repeat hears its answer, whatever became of the card."""
    if card_token and not await payments.knows(call):
        await customers.check_token(card_token, merchant_id=call.caller.owner)
