"""Payments: from a merchant's wish to be paid to money in the books, and back to the payer in refunds.

Owns     payments, attempts, refunds, and the captures and increments of money that is held.
Words    *payment*: what a merchant asks a payer for. *attempt*: one try to pay it over one channel; its id is the
         order number that the channel sees. *hold*: the payer's money is set aside for us, not
         taken. *capture*: the money is the merchant's, less the fee. *step*: a capture or an increment of what is held.
         *refund*: money on its way back. *surplus*: money that came late or twice; the platform gives it back by itself.
         *recoverable*: money that payers got or took back and nobody owed them.
Tables   payments.payments, payments.attempts, payments.refunds, payments.hold_steps.
Events   PaymentCreated, PaymentRequiresAction, PaymentAuthorised, PaymentPartiallyCaptured, AuthorisationEnding,
         PaymentCaptured, AttemptEnded, PaymentEnded, PaymentReversed, SurplusReceived, SurplusLeft, RefundSucceeded,
         RefundFailed, DisputeReported.

Where to look: `rules/lifecycle.py` has every state and every event; `rules` says what an outcome does to a payment; `postings.py` says what it does to the books.
"""
