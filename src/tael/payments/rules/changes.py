"""What can an outcome change, and what follows from it?"""

from enum import StrEnum

import msgspec

from tael.payments.model import Attempt, HoldStep, Payment, Refund, RefundReason


class Consequence(StrEnum):
    """What has to be booked and told."""

    ACTION_NEEDED = "action_needed"
    """The payer has something to do."""
    AUTHORISED = "authorised"
    INCREMENTED = "incremented"
    PART_CAPTURED = "part_captured"
    HOLD_ENDS_SOON = "hold_ends_soon"
    CAPTURED = "captured"
    SURPLUS = "surplus"
    ENDED = "ended"
    TAKEN_BACK = "taken_back"
    """Less has arrived than was captured, or is being given back."""
    VOIDED = "voided"
    """The channel gave back by itself what the payer had paid."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its attempt after an outcome, and what follows from it."""

    payment: Payment
    attempt: Attempt
    consequence: Consequence | None = None
    arrived_minor: int = 0
    """What has newly arrived, where payers choose the amount themselves; less than nothing: was taken back in time."""
    recovered_minor: int = 0
    """What of it makes good what was lost before."""
    surplus_minor: int = 0
    """What has to go back to the payer."""
    surplus_reason: RefundReason | None = None
    surplus_gone_minor: int = 0
    """What was taken back out of the surplus that had not been sent yet."""
    lost_minor: int = 0
    """What was taken back after it had been captured or sent back."""
    refunds: tuple[Refund, ...] = ()
    """The attempt's refunds of which more or less is owed now."""
    stopped: tuple[Refund, ...] = ()
    """The attempt's refunds that the channel never hears of."""
    taken: Refund | None = None
    """The refund that the channel made by itself."""
    step: HoldStep | None = None
    """The capture or the increment of which something was learnt."""
    step_is_new: bool = False
    """Whether it is a capture that was made without us."""

    @property
    def all_refunds(self) -> tuple[Refund, ...]:
        """Every refund that is new or changes."""
        return (*self.refunds, *self.stopped, *((self.taken,) if self.taken is not None else ()))


class RefundChange(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and its refund after an outcome, and the other refunds that change with it."""

    payment: Payment
    refund: Refund
    rivals: tuple[Refund, ...] = ()
    surplus_minor: int = 0
    """What of the rivals that were stopped has still to go back to the payer."""
