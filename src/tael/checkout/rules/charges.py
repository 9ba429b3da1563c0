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
    """Never more than what is known: as long as money may have moved or another channel may be asked, it is being confirmed."""
    if payment.state in _ENDS:
        return _ENDS[payment.state]
    if payment.state is PaymentState.CANCELED:
        return ChargeState.REFUSED if attempts and none_took(attempts) else ChargeState.CANCELED
    waits = bool(attempts) and attempts[-1].state is AttemptState.WAITING
    return ChargeState.WAITING_FOR_PAYER if waits and payment.closing_as is None else ChargeState.CONFIRMING


def none_took(attempts: Sequence[Attempt]) -> bool:
    """Whether every channel that was asked said no."""
    return all(each.state is AttemptState.FAILED for each in attempts)
