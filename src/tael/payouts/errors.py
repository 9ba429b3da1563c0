"""What does the payouts context refuse?"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound


class NoSuchPayout(NotFound):
    """There is no such payout."""

    code = "payouts.no_such_payout"


class PayoutDiffers(Conflict):
    """A payout of that id was made before, and it is another one."""

    code = "payouts.payout_differs"


class PayoutMalformed(Malformed):
    """The amount is not above zero, or a text is too long."""

    code = "payouts.payout_malformed"


class PayoutMismatch(Declined):
    """A channel speaks of another amount than ours: it is not believed."""

    code = "payouts.payout_mismatch"


class NowhereToInquire(Declined):
    """No channel has been asked for this payout, so none can be asked about it."""

    code = "payouts.nowhere_to_inquire"
