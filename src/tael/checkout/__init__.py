"""Checkout: the ways in which payers come to a payment, and how far each has got.

Owns     sessions, payment links, static codes of stores, charges at the counter, what known payers spent by static codes.
Words    *session*: one payer's visit to pay one amount; it has one payment. *payment link*: an address that makes a session
         for whoever opens it. *static code*: a printed code of a store. *charge*: a payment at a counter, by a code or a
         card that the payer shows.
Tables   checkout.sessions, checkout.links, checkout.static_codes, checkout.charges, checkout.payer_days.
Events   CheckoutSessionCompleted, CheckoutSessionExpired.

Where to look: `rules/` says what may be asked for; `usecases/ground.py` how a payment is made and begun for a caller who
may die or repeat at any moment; `usecases/settle_sessions.py` what a payment's end does to all of them. The pages are
`web.checkout`.
"""
