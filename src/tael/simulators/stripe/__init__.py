"""How does Stripe behave? A stand-in that speaks its API for one account in test mode, and can be made to fail.

Nothing here imports our connector, and Stripe's own client drives it in our tests. It knows Stripe's test cards, asks
the payer's bank (3-D Secure), lets payers dispute, lets payouts arrive, and answers a key of idempotency once.

channel     what can be done with it, what is seen of it
gateway     who calls, the keys of idempotency, what goes wrong
api         the table of calls
intents     an order's money: charged, stepped up, held, taken, let go
sessions    pages on which an order is paid
money_out   refunds and payouts
disputes    a payer goes to their bank
webhooks    events, signed and repeated
lists       pages of lists, searches
book        what the account has; the balance; events
store       where everything is kept, all of a call or nothing
objects     the things, in the form in which the API shows them
cards       the test cards
forms       how a form is read, which amounts there are
wrong       answers and events that say something else than happened
refusals    how it says no
pages       the card form, the bank's question
views       orders and payouts by the merchant's numbers
keys, words

It is no payment service and moves no money.
"""

from tael.simulators.stripe.channel import StripeSimulator, credentials, settings
from tael.simulators.stripe.keys import AccountKeys, prepare_keys
from tael.simulators.stripe.money_out import USUAL_ACCOUNT

PROPS = {
    "card_token": "pm_card_authenticationRequired",
    "payee_account": USUAL_ACCOUNT,
    "evidence": {"uncategorized_text": "winning_evidence"},
}
"""Whom it knows: a payer whose bank asks, so that there is a moment between the order and its payment."""

__all__ = ["PROPS", "AccountKeys", "StripeSimulator", "credentials", "prepare_keys", "settings"]
