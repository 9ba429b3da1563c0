"""What is asked of a channel, when, and when may another be tried? No input, no output, no clock."""

from datetime import datetime, timedelta
from enum import StrEnum

from tael.channels.port import Capabilities, ErrorClass, Operation, Product
from tael.payments.model import Attempt, AttemptState, Payment, PaymentState

SURPLUS_PAUSES = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1), timedelta(days=3))
"""How long a surplus waits after each refusal: our account at the channel may be empty today. After the last one it
stays on its account in the books until people send it again."""
SURPLUS_TRIES = 1 + len(SURPLUS_PAUSES)


class Question(StrEnum):
    """What to ask a channel about a live attempt."""

    CLOSE = "close"
    """Nobody should pay any more: end it there, too."""
    PAY = "pay"
    """There is nothing with which the payer could pay."""
    INQUIRE = "inquire"


def question_about(payment: Payment, attempt: Attempt, now: datetime) -> Question:
    """What to ask next about an attempt; of one that has ended, only whether it was paid after all.

    What began with something that only the payer could show (a code, a card) is not begun anew without them.
    """
    if not attempt.live:
        to_be_voided = attempt.voided and attempt.doubted_at is not None
        return Question.CLOSE if to_be_voided else Question.INQUIRE
    if payment.ended or payment.closing_as is not None or attempt.abandoned or now >= payment.over_at:
        return Question.CLOSE
    if payment.state is PaymentState.AUTHORISED:
        return Question.INQUIRE if attempt.holds else Question.CLOSE
    begins_anew = attempt.action is None and attempt.product in BEGUN_BY_US
    return Question.PAY if begins_anew else Question.INQUIRE


BEGUN_BY_US = frozenset({Product.CODE, Product.PAGE, Product.H5, Product.APP, Product.TRANSFER})
"""The products for which a channel need know nothing of the payer."""


def needs_asking(attempt: Attempt, now: datetime) -> bool:
    """Whether the channel has to be asked before the payer can go on."""
    if not attempt.product.payer_acts_last:
        return attempt.state is AttemptState.CREATED
    return attempt.action is None or (
        attempt.action_expires_at is not None and attempt.action_expires_at <= now
    )


def way_to_end(can: Capabilities, product: Product, *, held: bool = False) -> Operation | None:
    """How an unpaid attempt is ended at its channel, or `None` if the channel only lets it expire.

    What is held is released by a cancellation, whatever the product.
    """
    if (held or not product.payer_acts_last) and Operation.CANCEL in can.operations:
        return Operation.CANCEL
    return Operation.CLOSE if Operation.CLOSE in can.operations else None


def goes_elsewhere(attempt: Attempt) -> bool:
    """Whether another channel may be tried in an attempt's place.

    | why it did not succeed | definitely failed | not known, the payer acts last | not known, money may move by itself |
    |---|---|---|---|
    | payer, request | no | no | no |
    | any other | yes | yes, while the first order is closed | no: wait for its end |

    Never if there is something already with which the payer could pay.
    """
    if attempt.error_class is None or not attempt.error_class.may_go_elsewhere or attempt.action is not None:
        return False
    if attempt.state is AttemptState.FAILED:
        return True
    return attempt.state is AttemptState.UNKNOWN and attempt.product.payer_acts_last


def ended_later(before: Attempt, after: Attempt) -> bool:
    """Whether an attempt by which the payer shows something ended unpaid when whoever began it had gone on.

    Then no other channel is tried in its place, whatever the reason, and what was shown is not shown again.
    """
    waited = before.state in (AttemptState.WAITING, AttemptState.UNKNOWN)
    ended = after.state in (AttemptState.FAILED, AttemptState.CLOSED)
    return waited and ended and not before.product.payer_acts_last


def tells_of_channel(attempt: Attempt) -> bool | None:
    """What an attempt's end says of its channel: that it did, that it did not, or (`None`) nothing.

    Whether somebody scans a code is their own affair; that there was one to scan is not. A channel that holds the money has
    done what it was chosen for.
    """
    if attempt.state is AttemptState.SUCCEEDED or attempt.holds:
        return True
    if attempt.error_class is ErrorClass.PAYER or (
        attempt.action is not None and attempt.error_class is None
    ):
        return None
    return False if attempt.state is AttemptState.FAILED or attempt.abandoned else None
