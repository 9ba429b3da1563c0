"""What does the context of offers refuse?"""

from tael.foundation.errors import Conflict, Declined, Forbidden, Malformed, NotFound


class OfferMalformed(Malformed):
    """The terms of an offer contradict themselves, or cannot be meant."""

    code = "offers.malformed"


class NoSuchOffer(NotFound):
    """There is no such offer, or it is another merchant's."""

    code = "offers.no_such_offer"


class NoSuchCoupon(NotFound):
    """No offer is opened by this code."""

    code = "offers.no_such_coupon"


class OfferNotYours(Forbidden):
    """The offer is at somebody else's cost, who alone changes it."""

    code = "offers.not_yours"


class OfferEnded(Conflict):
    """The offer has ended for good."""

    code = "offers.ended"


class OfferNotUsable(Declined):
    """The offer does not hold for this purchase; the message says why, and `reason` in one word."""

    code = "offers.not_usable"


class OfferChanged(Conflict):
    """What is taken off is not what the payer was shown."""

    code = "offers.changed"
