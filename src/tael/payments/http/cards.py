"""With which card is a payment paid? The one that was sent, or one that its payer let the merchant save."""

from tael.customers.api import Customers
from tael.customers.errors import (
    MandateExceeded,
    MandateNeeded,
    MethodDetached,
    NoSuchMandate,
    NoSuchPaymentMethod,
)
from tael.customers.model import Usable
from tael.foundation.ids import check_id
from tael.foundation.money import Money
from tael.payments.api import Payments
from tael.payments.errors import PaymentMalformed
from tael.payments.schemas import StartAttemptRequest

REFUSED_BY_CUSTOMERS = (NoSuchPaymentMethod, MethodDetached, NoSuchMandate, MandateNeeded, MandateExceeded)


async def saved_means(
    payments: Payments, customers: Customers, merchant_id: str, payment_id: str, data: StartAttemptRequest
) -> Usable:
    """The card's token, and the one channel that knows it if only one does; refuses `REFUSED_BY_CUSTOMERS`."""
    if data.payment_method is None:
        if data.off_session or data.mandate is not None:
            raise PaymentMalformed("Off session a saved payment method is charged.", field="payment_method")
        await customers.check_token(data.card_token, merchant_id=merchant_id)
        return Usable(card_token=data.card_token, channel=None)
    if data.card_token:
        raise PaymentMalformed("It is either a saved payment method or a token.", field="card_token")
    story = await payments.get(payment_id, merchant_id=merchant_id)
    usable = await customers.usable(
        merchant_id,
        check_id(data.payment_method, prefix="pm", field="payment_method"),
        payment_id=payment_id,
        amount=Money(story.payment.amount_minor, story.payment.currency),
        mandate_id=data.mandate and check_id(data.mandate, prefix="mdt", field="mandate"),
        off_session=data.off_session,
    )
    if usable.channel is not None and data.channel not in (None, usable.channel):
        raise PaymentMalformed(f"{usable.channel} alone knows that card.", field="channel")
    return usable
