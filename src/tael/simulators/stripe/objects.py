"""Which things does Stripe know? In the very form in which its API shows them.

Ids stand for other things; the API puts the thing itself in their place when it is asked to (`expand`).
"""

from typing import Any

import msgspec

Metadata = dict[str, str]
API_VERSION = "2026-10-28.endive"


class Thing(msgspec.Struct, kw_only=True):
    """What all of them have."""

    id: str
    object: str
    created: int
    livemode: bool = False
    metadata: Metadata = {}


class PaymentMethod(Thing, kw_only=True):
    """A card. Its number is not kept; `behaviour` names the test card that it is."""

    object: str = "payment_method"
    type: str = "card"
    card: dict[str, Any] = {}
    billing_details: dict[str, Any] = {}
    customer: str | None = None
    behaviour: str = ""
    """Ours: not shown."""


class PaymentIntent(Thing, kw_only=True):
    """One order."""

    object: str = "payment_intent"
    status: str = "requires_payment_method"
    amount: int
    amount_capturable: int = 0
    amount_received: int = 0
    currency: str
    capture_method: str = "automatic"
    confirmation_method: str = "automatic"
    client_secret: str = ""
    description: str | None = None
    payment_method: str | None = None
    payment_method_types: list[str] = msgspec.field(default_factory=lambda: ["card"])
    payment_method_options: dict[str, Any] = {}
    latest_charge: str | None = None
    last_payment_error: dict[str, Any] | None = None
    next_action: dict[str, Any] | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None
    customer: str | None = None
    receipt_email: str | None = None
    statement_descriptor: str | None = None
    statement_descriptor_suffix: str | None = None
    return_url: str = ""
    """Ours: not shown."""
    session: str | None = None
    """Ours: the page on which it is paid."""


class Charge(Thing, kw_only=True):
    """One go at a card."""

    object: str = "charge"
    status: str = "succeeded"
    amount: int
    amount_captured: int = 0
    amount_refunded: int = 0
    currency: str
    balance_transaction: str | None = None
    captured: bool = False
    description: str | None = None
    disputed: bool = False
    dispute: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    outcome: dict[str, Any] = {}
    paid: bool = True
    payment_intent: str
    payment_method: str
    payment_method_details: dict[str, Any] = {}
    refunded: bool = False


class Refund(Thing, kw_only=True):
    """Money on its way back to a card."""

    object: str = "refund"
    status: str = "succeeded"
    amount: int
    currency: str
    balance_transaction: str | None = None
    charge: str
    payment_intent: str
    reason: str | None = None
    failure_reason: str | None = None
    failure_balance_transaction: str | None = None
    destination_details: dict[str, Any] = msgspec.field(
        default_factory=lambda: {"type": "card", "card": {"type": "refund"}}
    )


class Dispute(Thing, kw_only=True):
    """A payer's bank takes the money back."""

    object: str = "dispute"
    status: str = "needs_response"
    amount: int
    currency: str
    charge: str
    payment_intent: str
    reason: str = "fraudulent"
    balance_transactions: list[dict[str, Any]] = []
    evidence: dict[str, Any] = {}
    evidence_details: dict[str, Any] = {}
    is_charge_refundable: bool = False


class File(Thing, kw_only=True):
    """A file that was handed in. Its bytes are not kept."""

    object: str = "file"
    purpose: str
    filename: str = ""
    size: int
    type: str
    url: str | None = None


class Payout(Thing, kw_only=True):
    """Money on its way to the merchant's bank account."""

    object: str = "payout"
    status: str = "pending"
    amount: int
    currency: str
    arrival_date: int
    automatic: bool = False
    balance_transaction: str | None = None
    description: str | None = None
    destination: str = ""
    failure_balance_transaction: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    method: str = "standard"
    source_type: str = "card"
    statement_descriptor: str | None = None
    type: str = "bank_account"


class BalanceTransaction(Thing, kw_only=True):
    """A movement of the merchant's balance."""

    object: str = "balance_transaction"
    amount: int
    available_on: int
    currency: str
    description: str | None = None
    exchange_rate: float | None = None
    fee: int = 0
    fee_details: list[dict[str, Any]] = []
    net: int
    reporting_category: str = ""
    source: str | None = None
    status: str = "available"
    type: str


class Session(Thing, kw_only=True):
    """A page on which one order is paid."""

    object: str = "checkout.session"
    status: str = "open"
    payment_status: str = "unpaid"
    mode: str = "payment"
    amount_subtotal: int
    amount_total: int
    currency: str
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer: str | None = None
    expires_at: int
    payment_intent: str | None = None
    payment_method_types: list[str] = msgspec.field(default_factory=lambda: ["card"])
    success_url: str | None = None
    url: str | None = None
    title: str = ""
    """Ours: what the page shows."""
    intent_data: dict[str, Any] = {}
    """Ours: what the intent will carry."""


class Event(Thing, kw_only=True):
    """Something that happened, and how the thing was then."""

    object: str = "event"
    api_version: str = API_VERSION
    data: dict[str, Any]
    pending_webhooks: int = 0
    request: dict[str, Any] = {}
    type: str
    account: str | None = None
    about: str = ""
    """Ours: the merchant's number of what it is about."""


class WebhookEndpoint(Thing, kw_only=True):
    """Where events are sent."""

    object: str = "webhook_endpoint"
    api_version: str | None = None
    description: str | None = None
    enabled_events: list[str] = msgspec.field(default_factory=lambda: ["*"])
    secret: str = ""
    status: str = "enabled"
    url: str


class Remembered(Thing, kw_only=True):
    """Ours: the first answer under an idempotency key, which is its id."""

    object: str = "idempotency_key"
    fingerprint: str
    status: int
    body: str
    request_id: str
    busy_until: float


NOT_SHOWN = frozenset({"behaviour", "return_url", "session", "title", "intent_data", "about"})
TIMES = ("created", "canceled_at", "available_on", "arrival_date", "expires_at")
"""The fields that `advance` moves."""
