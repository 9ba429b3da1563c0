"""Which fact makes which verb run? The only place where one context's news reaches another."""

from collections.abc import Sequence
from datetime import datetime

from tael.behaviour import events as behaviour_events
from tael.checkout import events as checkout_events
from tael.checkout.api import Checkout
from tael.disputes import events as dispute_events
from tael.disputes.api import Disputes
from tael.foundation.clock import Clock
from tael.foundation.courier import Subscription, on
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.foundation.jobs import Jobs
from tael.foundation.rule_changes import RuleChanged
from tael.funding import events as funding_events
from tael.identity import events as identity_events
from tael.merchants import events as merchant_events
from tael.merchants.api import Merchants, in_test_mode
from tael.partners import events as partner_events
from tael.payments import events as payment_events
from tael.payments.api import Payments
from tael.payments.events import (
    AttemptEnded,
    DisputeReported,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentEnded,
    RefundFailed,
    SurplusReceived,
)
from tael.payouts import events as payout_events
from tael.standing import events as standing_events
from tael.users import events as user_events
from tael.verification import events as verification_events
from tael.wallets import events as wallet_events
from tael.webhooks import events as webhook_events
from tael.webhooks.api import TOLD, Webhooks

FACTS = (
    RuleChanged,
    *merchant_events.EVENTS,
    *partner_events.EVENTS,
    *payment_events.EVENTS,
    *payout_events.EVENTS,
    *dispute_events.EVENTS,
    *checkout_events.EVENTS,
    *identity_events.EVENTS,
    *user_events.EVENTS,
    *verification_events.EVENTS,
    *webhook_events.EVENTS,
    *standing_events.EVENTS,
    *behaviour_events.EVENTS,
    *wallet_events.EVENTS,
    *funding_events.EVENTS,
)
"""Every fact that this version knows how to carry."""


def subscriptions(
    payments: Payments, disputes: Disputes, checkout: Checkout, webhooks: Webhooks, merchants: Merchants
) -> Sequence[Subscription]:
    """Fact by fact."""
    return [
        on(SurplusReceived, RefundFailed, do=payments.refund_surplus),
        on(DisputeReported, do=disputes.hear, apart=True),
        on(PaymentCaptured, PaymentAuthorised, PaymentEnded, do=checkout.sessions.hear_of_payments),
        on(AttemptEnded, do=checkout.counter.hear_of_attempts),
        on(PaymentCaptured, do=merchants.count_captured),
        on(*TOLD, do=webhooks.tell, numbered=True),
    ]


MERCHANT_FACTS = merchant_events.EVENTS
"""What may change a merchant's name, standing or fees."""


def mirroring(merchants: Merchants, beside: Merchants | None) -> Sequence[Subscription]:
    """What becomes of merchants in live is known in test mode, too, if there is one."""
    if beside is None:
        return []

    async def mirror(_tx: Transaction, facts: Sequence[Event]) -> None:
        for fact in {fact.object_id: fact for fact in facts}.values():
            await mirror_one(merchants, beside, fact.object_id, at=fact.happened_at)

    return [on(*MERCHANT_FACTS, do=mirror)]


MIRROR_ALL = "merchants.mirror_all"


def keep_mirroring(jobs: Jobs, merchants: Merchants, beside: Merchants, clock: Clock) -> None:
    """Look at every merchant once a day: that a fee plan or a promotion begins or ends is no fact that is told.

    The months that pick a tier are those of China: they begin at 16:00 UTC.
    """

    async def mirror() -> None:
        await mirror_all(merchants, beside, at=clock.now())

    jobs.add(MIRROR_ALL, mirror)
    jobs.daily(MIRROR_ALL, hour=16, minute=5)


async def mirror_all(merchants: Merchants, beside: Merchants, *, at: datetime) -> None:
    """Let test mode know every merchant: those, too, that were there before it."""
    after = None
    while page := await merchants.everybody(after=after, limit=200):
        for merchant in page:
            await mirror_one(merchants, beside, merchant.id, at=at)
        after = page[-1].id


async def mirror_one(merchants: Merchants, beside: Merchants, merchant_id: str, *, at: datetime) -> None:
    """Let test mode know a merchant as it stands in live at a moment."""
    merchant = (await merchants.find([merchant_id])).get(merchant_id)
    if merchant is None:
        return
    _, terms = await merchants.terms_of(merchant_id, at)
    await beside.mirror(in_test_mode(merchant), terms)
