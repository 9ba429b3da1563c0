"""What does the payments context refuse?"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound


class NoSuchPayment(NotFound):
    """The merchant has no payment of that id."""

    code = "payments.no_such_payment"


class NoSuchRefund(NotFound):
    """The merchant has no refund of that id."""

    code = "payments.no_such_refund"


class NoSuchAttempt(NotFound):
    """A channel speaks of an order number that is not ours."""

    code = "payments.no_such_attempt"


class NoSuchStep(NotFound):
    """There is no such capture or increment."""

    code = "payments.no_such_step"


class PaymentMalformed(Malformed):
    """The particulars of a payment or refund cannot be used."""

    code = "payments.malformed"


class PaymentEnded(Conflict):
    """The payment has ended: nothing more can be paid with it."""

    code = "payments.ended"


class AlreadyCaptured(Conflict):
    """The payment is paid: it can be refunded, not closed."""

    code = "payments.already_captured"


class PaymentClosing(Conflict):
    """The payment is being closed at the channel: nothing new can be started."""

    code = "payments.closing"


class TooManyAttempts(Declined):
    """The payment was tried so often that a further attempt is pointless."""

    code = "payments.too_many_attempts"


class ChannelNotSuited(Declined):
    """The channel does not take this currency or amount."""

    code = "payments.channel_not_suited"


class SurplusNotLeft(Conflict):
    """The refund has left no surplus that could be sent again."""

    code = "payments.surplus_not_left"


class NotCaptured(Conflict):
    """The payment is not paid, so there is nothing to refund."""

    code = "payments.not_captured"


class RefundExceedsCaptured(Declined):
    """The refund is larger than what is left of the captured amount."""

    code = "payments.refund_exceeds_captured"


class MerchantBalanceTooLow(Declined):
    """The merchant's balance does not cover the refund."""

    code = "payments.merchant_balance_too_low"


class OutcomeMismatch(Conflict):
    """A channel names an amount or a currency that is not the one we asked for. Nothing is booked."""

    code = "payments.outcome_mismatch"


class AttemptUndecided(Conflict):
    """An earlier attempt may still take the payer's money: a second one could take it twice."""

    code = "payments.attempt_undecided"


class AlreadyAuthorised(Conflict):
    """The payer's money is held already: capture it, or close the payment to release it."""

    code = "payments.already_authorised"


class NotAuthorised(Conflict):
    """No money is held for the payment, so there is nothing to capture, and nothing to add to."""

    code = "payments.not_authorised"


class StepUndecided(Conflict):
    """An earlier capture or increment of the payment has not come to its end."""

    code = "payments.step_undecided"


class CaptureExceedsAuthorised(Declined):
    """The capture is larger than what is held and was not taken yet."""

    code = "payments.capture_exceeds_authorised"


class HoldNotSuited(Declined):
    """The channel cannot do this with the money that it holds."""

    code = "payments.hold_not_suited"


class RefundNotSuited(Declined):
    """The channel over which it was paid does not give back in this way: too late, too often, or only all of it."""

    code = "payments.refund_not_suited"
