"""What do merchants tell others? Facts, after commit, in order for each merchant. `object_id` is the merchant."""

from datetime import datetime

from tael.foundation.events import Event


class MerchantApplied(Event, frozen=True, kw_only=True, tag="merchants.merchant_applied"):
    """An application was handed in."""

    application_id: str


class MerchantApproved(Event, frozen=True, kw_only=True, tag="merchants.merchant_approved"):
    """A merchant was let in: it may act in live mode."""

    by: str


class MerchantChanged(Event, frozen=True, kw_only=True, tag="merchants.merchant_changed"):
    """Something about a merchant is different: its name, fees, settlement. Whoever wants to know asks."""

    what: str
    """The verb, or the change that was approved: `merchants.change_fee_plan`."""


class MerchantSuspended(Event, frozen=True, kw_only=True, tag="merchants.merchant_suspended"):
    """No new payments until it is resumed."""

    reason: str


class MerchantResumed(Event, frozen=True, kw_only=True, tag="merchants.merchant_resumed"):
    """It acts again as before."""

    by: str


class MerchantClosing(Event, frozen=True, kw_only=True, tag="merchants.merchant_closing"):
    """Notice was given: no new payments, and closed at the earliest then."""

    closes_at: datetime
    reason: str


class MerchantClosed(Event, frozen=True, kw_only=True, tag="merchants.merchant_closed"):
    """Nothing is open any more, and nothing more will come."""


EVENTS = (
    MerchantApplied,
    MerchantApproved,
    MerchantChanged,
    MerchantSuspended,
    MerchantResumed,
    MerchantClosing,
    MerchantClosed,
)
