"""What can be asked?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from typing import Generic

from tael.client.api.application import Agreements, Application, Documents
from tael.client.api.checkout import PaymentLinks, StaticCodes
from tael.client.api.customers import Customers, Mandates, PaymentMethods
from tael.client.api.disputes import Disputes
from tael.client.api.keys import Keys, Team
from tael.client.api.merchant import Merchant, Settlement
from tael.client.api.offers import Offers
from tael.client.api.payments import Refunds
from tael.client.api.stores import Stores, Terminals
from tael.client.api.waiting import Charges, CheckoutSessions, Exports, Payments
from tael.client.api.webhook import Events, WebhookDeliveries, WebhookEndpoints
from tael.client.bound import M, Sender


class Api(Generic[M]):
    """Every resource, bound to one client."""

    def __init__(self, sender: Sender) -> None:
        self.payments = Payments[M](sender)
        self.refunds = Refunds[M](sender)
        self.customers = Customers[M](sender)
        self.payment_methods = PaymentMethods[M](sender)
        self.mandates = Mandates[M](sender)
        self.checkout_sessions = CheckoutSessions[M](sender)
        self.payment_links = PaymentLinks[M](sender)
        self.static_codes = StaticCodes[M](sender)
        self.charges = Charges[M](sender)
        self.offers = Offers[M](sender)
        self.disputes = Disputes[M](sender)
        self.exports = Exports[M](sender)
        self.events = Events[M](sender)
        self.webhook_endpoints = WebhookEndpoints[M](sender)
        self.webhook_deliveries = WebhookDeliveries[M](sender)
        self.keys = Keys[M](sender)
        self.team = Team[M](sender)
        self.stores = Stores[M](sender)
        self.terminals = Terminals[M](sender)
        self.application = Application[M](sender)
        self.documents = Documents[M](sender)
        self.agreements = Agreements[M](sender)
        self.settlement = Settlement[M](sender)
        self.merchant = Merchant[M](sender)
