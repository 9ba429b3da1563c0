"""Which fact makes which verb run? The only place where one context's news reaches another."""

from collections.abc import Sequence

from tael.foundation.courier import Subscription, on
from tael.partners import events as partner_events
from tael.payments import events as payment_events
from tael.payments.api import Payments
from tael.payments.events import RefundFailed, SurplusReceived

FACTS = (*partner_events.EVENTS, *payment_events.EVENTS)
"""Every fact that this version knows how to carry."""


def subscriptions(payments: Payments) -> Sequence[Subscription]:
    """Fact by fact."""
    return [
        on(SurplusReceived, RefundFailed, do=payments.refund_surplus),
    ]
