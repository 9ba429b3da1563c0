"""How do we take cards? Over Stripe's API: PaymentIntents for cards, Checkout Sessions for pages.

connector      the port's verbs, and which conversation each of them is
orders         an order is begun and asked about
endings        an order is ended, whatever its state; what is held is taken
finding        an order whose id we do not know is found, without any effect
refunds        money is given back
payouts        our money leaves for our bank
disputes       a payer's bank is answered
notices        an event's signature, age and meaning
feed           events whose webhooks were lost
bills          what moved our balance on a day
answers        what Stripe's objects say about our order
meanings       the tables: which of Stripe's codes means what
capabilities   what it can do, in which currencies
line           one call and its answer
objects        what we read of Stripe's messages
values         how Stripe writes amounts, times and numbers
settings       what we must be told
"""

from tael.channels.connectors.stripe.connector import StripeConnector
from tael.channels.connectors.stripe.settings import StripeCredentials, StripeSettings, files_url_of
from tael.channels.port import ConnectorKind

KIND = ConnectorKind(
    name="stripe",
    title="Cards (Stripe)",
    title_zh="银行卡（Stripe）",
    settings=StripeSettings,
    credentials=StripeCredentials,
    make=StripeConnector,
    addresses=lambda settings, _: sorted({settings.api_url, files_url_of(settings.api_url)}),
)

__all__ = ["KIND", "StripeConnector", "StripeCredentials", "StripeSettings"]
