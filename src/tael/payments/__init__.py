"""Payments: from a merchant's wish to be paid to money in the books, and back to the payer in refunds.

Owns     payments, attempts, refunds.
Words    *payment*: what a merchant asks a payer for. *attempt*: one try to pay it over one channel; its id is the
         order number that the channel sees. *capture*: the money is the merchant's, less the fee. *refund*: money
         on its way back. *surplus*: money that came late or twice; the platform gives it back by itself.
         *recoverable*: money that payers got or took back and nobody owed them.
Tables   payments.payments, payments.attempts, payments.refunds.
Events   PaymentCaptured, PaymentEnded, PaymentReversed, SurplusReceived, RefundSucceeded, RefundFailed.

Where to look: `rules.py` says what an outcome does to a payment; `postings.py` says what it does to the books.
"""
