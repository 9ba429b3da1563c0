"""What does the checkout tell others? How sessions end, after commit."""

from tael.foundation.events import Event


class CheckoutSessionCompleted(Event, frozen=True, kw_only=True, tag="checkout.session_completed"):
    """The session's payment is paid, or its money is held. `object_id` is the session."""

    merchant_id: str
    payment_id: str
    amount_minor: int
    """With the tip."""
    tip_minor: int
    currency: str


class CheckoutSessionExpired(Event, frozen=True, kw_only=True, tag="checkout.session_expired"):
    """The session ended without a payment."""

    merchant_id: str
    payment_id: str | None
    amount_minor: int
    currency: str


EVENTS = (CheckoutSessionCompleted, CheckoutSessionExpired)
