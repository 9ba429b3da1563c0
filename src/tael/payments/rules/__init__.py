"""What is decided about payments without asking anybody?

lifecycle  in which state what can happen, and where it leads
refusals   what may not be done
outcomes   what an outcome makes of a payment
arrivals   what follows from how much has arrived
holds      what follows for money that is held first and captured later
voids      what follows if the channel gives back by itself
asking     what is asked of a channel, when, and when another is tried
refunds    what an outcome makes of a refund
fees       what the platform keeps
"""

from tael.channels.port import Pauses, inquire_at
from tael.payments.rules.arrivals import is_settled, still_owed_minor
from tael.payments.rules.asking import (
    BEGUN_BY_US,
    SURPLUS_PAUSES,
    SURPLUS_TRIES,
    Question,
    ended_later,
    goes_elsewhere,
    needs_asking,
    question_about,
    tells_of_channel,
    way_to_end,
)
from tael.payments.rules.changes import Change, Consequence, RefundChange
from tael.payments.rules.fees import FeeOf, fee_of, fee_returned
from tael.payments.rules.holds import apply_step_outcome, hold_of, taken_so_far, under_way
from tael.payments.rules.lifecycle import ENDING, AttemptEvent, PaymentEvent, Settling, may, move
from tael.payments.rules.mismatch import why_mismatched
from tael.payments.rules.outcomes import ATTEMPTS_LIMIT, LAST_LOOK_SECONDS, apply_outcome
from tael.payments.rules.refunds import apply_refund_outcome, charged_to_nobody, not_charged
from tael.payments.rules.refusals import (
    LARGEST_AMOUNT_MINOR,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    why_not_addable,
    why_not_capturable,
    why_not_closable,
    why_not_held_by,
    why_not_offered,
    why_not_payable,
    why_not_refundable,
    why_not_refundable_by,
    why_not_startable,
    why_not_steppable,
)

__all__ = [
    "ATTEMPTS_LIMIT",
    "BEGUN_BY_US",
    "ENDING",
    "LARGEST_AMOUNT_MINOR",
    "LAST_LOOK_SECONDS",
    "LONGEST_SECONDS",
    "SHORTEST_SECONDS",
    "SURPLUS_PAUSES",
    "SURPLUS_TRIES",
    "AttemptEvent",
    "Change",
    "Consequence",
    "FeeOf",
    "Pauses",
    "PaymentEvent",
    "Question",
    "RefundChange",
    "Settling",
    "apply_outcome",
    "apply_refund_outcome",
    "apply_step_outcome",
    "charged_to_nobody",
    "ended_later",
    "fee_of",
    "fee_returned",
    "goes_elsewhere",
    "hold_of",
    "inquire_at",
    "is_settled",
    "may",
    "move",
    "needs_asking",
    "not_charged",
    "question_about",
    "still_owed_minor",
    "taken_so_far",
    "tells_of_channel",
    "under_way",
    "way_to_end",
    "why_mismatched",
    "why_not_addable",
    "why_not_capturable",
    "why_not_closable",
    "why_not_held_by",
    "why_not_offered",
    "why_not_payable",
    "why_not_refundable",
    "why_not_refundable_by",
    "why_not_startable",
    "why_not_steppable",
]
