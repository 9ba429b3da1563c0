"""What does the payer see, for each state that a payment can be in?

One rule is worth more than the others: **pending is not failed**. As long as we do not know, the
page says so and asks the payer not to pay again; only an end of the payment is shown as an end.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from tael.foundation.money import Money
from tael.payments.model import Attempt, Payment, PaymentState


class CheckoutState(StrEnum):
    """Which panel of the page is shown."""

    PREPARING = "preparing"
    """The channel has not given us a code yet; it is coming."""
    OPEN = "open"
    """There is a code to scan."""
    CONFIRMING = "confirming"
    """The time is over or the payment is being closed, and the channel has not said yet whether it was paid."""
    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"
    CANCELED = "canceled"
    EXPIRED = "expired"
    FAILED = "failed"


_UNDECIDED = {CheckoutState.PREPARING, CheckoutState.OPEN, CheckoutState.CONFIRMING}


class CheckoutView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the checkout page shows of a payment at one moment."""

    payment_id: str
    merchant_name: str
    description: str
    reference: str
    """The merchant's own order number."""
    amount: Money
    refunded: Money
    """What has gone back to the payer for good."""
    state: CheckoutState
    method: str | None
    """The way in which the payer pays, once there is one."""
    methods: tuple[str, ...] = ()
    """The ways that are offered."""
    code_url: str | None
    """What the QR code holds; only while the state is `open`."""
    expires_at: datetime
    """Until when the payment can be paid. A code that runs out before is replaced."""
    ended_at: datetime | None
    now: datetime
    """When this was true."""
    return_url: str | None
    """Where the page leads back to."""

    @property
    def ended(self) -> bool:
        """Whether the payer has nothing more to wait for."""
        return self.state not in _UNDECIDED

    @property
    def code_version(self) -> str:
        """Changes whenever the code does; empty while there is none."""
        return hashlib.sha256(self.code_url.encode()).hexdigest()[:12] if self.code_url else ""

    @property
    def seconds_left(self) -> int:
        """Whole seconds until the payment expires, never negative."""
        return max(int((self.expires_at - self.now).total_seconds()), 0)


class CheckoutDesk(Protocol):
    """What the page needs of payments. Each verb raises `foundation.errors.NotFound`."""

    async def open(self, payment_id: str, method: str | None = None) -> CheckoutView:
        """The payment, with a live code of the wanted way to pay (the first that is offered, if none is said).

        Calls the channel if there is no live code. May be repeated at will: it never opens a second code
        beside a live one, and answers `preparing` rather than fail if the channel does not answer.
        """
        ...

    async def look(self, payment_id: str, method: str | None = None) -> CheckoutView:
        """The payment as our records have it; never calls the channel."""
        ...

    def changes(self, payment_id: str, method: str | None = None) -> AsyncIterator[CheckoutView]:
        """The payment as it is, then again each time that it has changed; ends after an end state.

        It starts to listen before it looks, so that nothing can happen in between.
        """
        ...


def view_of(
    payment: Payment,
    attempt: Attempt | None,
    *,
    merchant_name: str,
    now: datetime,
    method: str | None = None,
    methods: tuple[str, ...] = (),
) -> CheckoutView:
    """The page's view of a payment and its latest attempt in the way that the payer has chosen."""
    state = _state_of(payment, attempt, now)
    return CheckoutView(
        payment_id=payment.id,
        merchant_name=merchant_name,
        description=payment.description,
        reference=payment.reference,
        amount=payment.amount,
        refunded=Money(payment.refunded_minor, payment.currency),
        state=state,
        method=attempt.method if attempt else method,
        methods=methods,
        code_url=attempt.code_url if attempt and state is CheckoutState.OPEN else None,
        expires_at=payment.expires_at,
        ended_at=payment.ended_at,
        now=now,
        return_url=payment.return_url,
    )


_ENDS = {
    PaymentState.CANCELED: CheckoutState.CANCELED,
    PaymentState.FAILED: CheckoutState.FAILED,
    PaymentState.EXPIRED: CheckoutState.EXPIRED,
}


def _state_of(payment: Payment, attempt: Attempt | None, now: datetime) -> CheckoutState:
    if payment.state in _ENDS:
        return _ENDS[payment.state]
    if payment.state is PaymentState.CAPTURED:
        return _captured(payment)
    if payment.state is PaymentState.AUTHORISED or payment.closing_as or now >= payment.expires_at:
        return CheckoutState.CONFIRMING
    return CheckoutState.OPEN if attempt and _has_live_code(attempt, now) else CheckoutState.PREPARING


def _captured(payment: Payment) -> CheckoutState:
    if payment.refunded_minor == 0:
        return CheckoutState.PAID
    whole = payment.refunded_minor >= payment.captured_minor
    return CheckoutState.REFUNDED if whole else CheckoutState.PARTLY_REFUNDED


def _has_live_code(attempt: Attempt, now: datetime) -> bool:
    """Whether there is a code to show; one inquiry without an answer does not take it from the payer."""
    return (
        attempt.live
        and attempt.code_url is not None
        and (attempt.action_expires_at is None or now < attempt.action_expires_at)
    )


def safe_link(url: str | None, *, schemes: frozenset[str] = frozenset({"https", "http"})) -> str | None:
    """`url` if a page may link to it: never `javascript:` and its kin, whoever gave it to us."""
    return url if url and urlsplit(url).scheme.lower() in schemes else None
