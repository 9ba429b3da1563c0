"""What do payouts tell others? Facts, after commit, in order for each payout."""

from tael.foundation.events import Event


class PayoutEvent(Event, frozen=True, kw_only=True):
    """What all facts about a payout say. `object_id` is the payout."""

    owner: str
    purpose: str
    reference: str
    amount_minor: int
    currency: str


class PayoutSucceeded(PayoutEvent, frozen=True, kw_only=True, tag="payouts.payout_succeeded"):
    """The money has gone, and is in the books as gone."""

    channel: str


class PayoutFailed(PayoutEvent, frozen=True, kw_only=True, tag="payouts.payout_failed"):
    """No channel has done it, and none will: the money is where it was set aside. Only ever said when it is definite."""

    reason: str


class PayoutReturned(PayoutEvent, frozen=True, kw_only=True, tag="payouts.payout_returned"):
    """It had gone, and the bank sent it back: the money is where it was set aside before."""

    reason: str
    nth: int
    """Which time: a channel may contradict itself more than once."""


EVENTS = (PayoutSucceeded, PayoutFailed, PayoutReturned)
