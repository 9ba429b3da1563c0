"""Which fact becomes which event? One line for each fact that merchants are told.

A context that publishes a new fact adds its line here, and hands in (in `app/house.py`) who shows its objects. What the
object looks like is said by the API of the context alone: an event holds what `GET` of the object would have answered.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from tael.checkout import events as checkout
from tael.disputes import events as disputes
from tael.foundation.db import Transaction
from tael.foundation.events import Event
from tael.merchants import events as merchants
from tael.merchants.model import MerchantState
from tael.payments import events as payments
from tael.webhooks.events import EndpointDisabled

TEST_EVENT = "webhook_endpoint.test"
"""Sent to one endpoint, whatever it wants to hear, because its merchant asked for it."""

Show = Callable[[Transaction, Sequence[str]], Awaitable[Mapping[str, msgspec.Struct]]]
"""Objects as the API shows them, by id."""


class Telling(msgspec.Struct, frozen=True):
    """How a fact is told."""

    types: tuple[str, ...]
    """The types of event that it can become."""
    type_of: Callable[[Any], str]
    object_of: Callable[[Any], str]
    """The id of the object that the event shows."""
    merchant_of: Callable[[Any], str]
    says: Callable[[Any], Mapping[str, object]] | None = None
    """What the object of the event says beside its id, if nobody shows objects of its kind."""


def _object(fact: Event) -> str:
    return fact.object_id


def _refund(fact: payments.RefundSucceeded | payments.RefundFailed) -> str:
    return fact.refund_id


def _dispute(fact: disputes.DisputeEvent) -> str:
    return fact.dispute_id


def _merchant(fact: Any) -> str:
    return str(fact.merchant_id)


def as_(
    type: str,
    *,
    object_of: Callable[[Any], str] = _object,
    merchant_of: Callable[[Any], str] = _merchant,
) -> Telling:
    """A fact that always becomes the same event, about the object in whose order it is told unless another is said."""
    return Telling((type,), lambda _: type, object_of, merchant_of)


def about_merchant(
    type: str, state: MerchantState | None, says: Callable[[Any], Mapping[str, object]] = lambda _: {}
) -> Telling:
    """A fact about the merchant itself: what `GET /v1/merchant` calls its `state`, and why, as the fact has it."""

    def all_said(fact: Event) -> Mapping[str, object]:
        return {"state": state, **says(fact)} if state else says(fact)

    return Telling((type,), lambda _: type, _object, _object, all_said)


TELLINGS: Mapping[type[Event], Telling] = {
    payments.PaymentCreated: as_("payment.created"),
    payments.PaymentRequiresAction: as_("payment.requires_action"),
    payments.PaymentAuthorised: as_("payment.authorised"),
    payments.PaymentPartiallyCaptured: as_("payment.partially_captured"),
    payments.PaymentCaptured: as_("payment.captured"),
    payments.PaymentEnded: Telling(
        ("payment.canceled", "payment.expired", "payment.failed"),
        lambda fact: f"payment.{fact.state}",
        _object,
        _merchant,
    ),
    payments.RefundSucceeded: as_("refund.succeeded", object_of=_refund),
    payments.RefundFailed: as_("refund.failed", object_of=_refund),
    checkout.CheckoutSessionCompleted: as_("checkout_session.completed"),
    checkout.CheckoutSessionExpired: as_("checkout_session.expired"),
    disputes.DisputeOpened: as_("dispute.opened", object_of=_dispute),
    disputes.DisputeUpdated: as_("dispute.updated", object_of=_dispute),
    disputes.DisputeDueSoon: as_("dispute.due_soon", object_of=_dispute),
    disputes.DisputeWon: as_("dispute.won", object_of=_dispute),
    disputes.DisputeLost: as_("dispute.lost", object_of=_dispute),
    merchants.MerchantApproved: about_merchant("merchant.approved", MerchantState.ACTIVE),
    merchants.MerchantChanged: about_merchant(
        "merchant.changed", None, lambda fact: {"change": fact.what.removeprefix("merchants.")}
    ),
    merchants.MerchantSuspended: about_merchant(
        "merchant.suspended", MerchantState.SUSPENDED, lambda fact: {"state_reason": fact.reason}
    ),
    merchants.MerchantResumed: about_merchant("merchant.resumed", MerchantState.ACTIVE),
    merchants.MerchantClosing: about_merchant(
        "merchant.closing",
        MerchantState.CLOSING,
        lambda fact: {"state_reason": fact.reason, "closes_at": fact.closes_at},
    ),
    merchants.MerchantClosed: about_merchant("merchant.closed", MerchantState.CLOSED),
    EndpointDisabled: as_("webhook_endpoint.disabled"),
}
TOLD = tuple(TELLINGS)
"""The facts to subscribe to."""
EVENT_TYPES = tuple(sorted({type for telling in TELLINGS.values() for type in telling.types} | {TEST_EVENT}))
