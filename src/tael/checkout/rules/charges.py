"""How far is a charge at a counter? One word that a cashier can act on."""

from collections.abc import Sequence

from tael.checkout.model import ChargeState
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState

_ENDS = {
    PaymentState.CAPTURED: ChargeState.SUCCEEDED,
    PaymentState.AUTHORISED: ChargeState.SUCCEEDED,
    PaymentState.FAILED: ChargeState.REFUSED,
    PaymentState.EXPIRED: ChargeState.EXPIRED,
}


def charge_state(payment: Payment, attempts: Sequence[Attempt]) -> ChargeState:
    """Never more than what is known: as long as money may have moved, the charge is being confirmed."""
    refused = bool(attempts) and all(each.state is AttemptState.FAILED for each in attempts)
    if payment.state in _ENDS:
        return _ENDS[payment.state]
    if payment.state is PaymentState.CANCELED:
        return ChargeState.REFUSED if refused else ChargeState.CANCELED
    if refused:
        return ChargeState.REFUSED
    if payment.closing_as is not None:
        return ChargeState.CONFIRMING
    waits = bool(attempts) and attempts[-1].state is AttemptState.WAITING
    return ChargeState.WAITING_FOR_PAYER if waits else ChargeState.CONFIRMING
