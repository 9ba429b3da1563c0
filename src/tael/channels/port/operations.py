"""What can be asked of a channel, and in which scenes?"""

from enum import StrEnum


class Operation(StrEnum):
    """What we ask of a channel."""

    PAY = "pay"
    """Begin an order, in the way that its product says."""
    INQUIRE = "inquire"
    CLOSE = "close"
    """End an order that nobody has paid."""
    CANCEL = "cancel"
    """End an order whatever its state: unpaid it is closed, held it is released, paid it is given back."""
    CAPTURE = "capture"
    """Take what is held, or a part of it. Asked again under the same number, it takes nothing twice."""
    INCREMENT = "increment"
    """Hold more than before. Asked again under the same number, it adds nothing twice."""
    REFUND = "refund"
    INQUIRE_REFUND = "inquire_refund"
    SPLIT = "split"
    """Share the money of a paid order among receivers."""
    INQUIRE_SPLIT = "inquire_split"
    PAY_OUT = "pay_out"
    """Send money of ours to somebody's account."""
    INQUIRE_PAYOUT = "inquire_payout"
    SUBMIT_EVIDENCE = "submit_evidence"
    """Answer a payer's dispute."""
    INQUIRE_DISPUTE = "inquire_dispute"
    SWEEP = "sweep"
    """Gather what arrived for an order in our main account."""
    PROBE = "probe"
    """Ask something harmless, to see whether the channel answers and believes us."""


class Product(StrEnum):
    """The scene in which a payer pays."""

    CODE = "code"
    """The payer scans a code that we show."""
    BARCODE = "barcode"
    """We scan a code that the payer shows."""
    PAGE = "page"
    """A page of the channel, in a computer's browser."""
    H5 = "h5"
    """A page of the channel, in a phone's browser, that may open the wallet's app."""
    JSAPI = "jsapi"
    """Within the wallet's own browser or mini-program."""
    APP = "app"
    """From a merchant's app, through the wallet's kit for developers."""
    CARD = "card"
    """A card that a vault knows under a token."""
    TRANSFER = "transfer"
    """The payer sends money to an account or address that we name."""

    @property
    def payer_acts_last(self) -> bool:
        """Whether no money can move before the payer uses what the channel's answer holds.

        Then an order whose answer was lost harms nobody: another channel may be tried at once, while this
        order is closed. Otherwise the first order must have a definite end before a second one begins.
        """
        return self not in (Product.BARCODE, Product.CARD)


class ErrorClass(StrEnum):
    """Why something did not succeed, in the few kinds that call for different answers."""

    PAYER = "payer"
    """The payer cannot or will not: no money, wrong password, gone away."""
    DECLINED = "declined"
    """The channel or the bank behind it said no to this payment; another may say yes."""
    REQUEST = "request"
    """Our message was wrong. Somebody has to look."""
    ACCOUNT = "account"
    """Our contract, keys, permissions or balance at the channel. Somebody has to look; another channel may do."""
    BUSY = "busy"
    """Not now, and nothing was done: too many calls, maintenance."""
    TRANSPORT = "transport"
    """No whole answer came back."""
    TRUST = "trust"
    """An answer came that cannot be believed: signature, amount, order or form is wrong."""
    CHANNEL = "channel"
    """The channel said that something is wrong on its side."""

    @property
    def may_go_elsewhere(self) -> bool:
        """Whether another channel may do what this one definitely did not."""
        return self not in (ErrorClass.PAYER, ErrorClass.REQUEST)

    @property
    def channel_is_at_fault(self) -> bool:
        """Whether it counts against the channel's health."""
        return self in (ErrorClass.BUSY, ErrorClass.TRANSPORT, ErrorClass.TRUST, ErrorClass.CHANNEL)
