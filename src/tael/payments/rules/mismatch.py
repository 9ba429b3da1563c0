"""Does an outcome speak of what we asked for? Of another amount, or of no amount at all, it is not believed."""

from tael.channels.port import Outcome, OutcomeState
from tael.foundation.money import Money
from tael.payments.errors import OutcomeMismatch


def why_mismatched(outcome: Outcome, amount_minor: int, currency: str) -> OutcomeMismatch | None:
    """The refusal of an outcome that speaks of another amount than ours, or of a payment without one; or `None`.

    Notices of refunds name no amount of the one refund: its number is what they are believed by.
    """
    ours = Money(amount_minor, currency)
    if outcome.received is not None and outcome.received.currency != currency:
        return OutcomeMismatch(f"{outcome.received} arrived, the order is over {ours}.", field="received")
    silent_success = (
        outcome.state is OutcomeState.SUCCEEDED
        and outcome.amount is None
        and outcome.received is None
        and outcome.refund_number is None
    )
    if silent_success:
        return OutcomeMismatch(
            f"The channel says paid, but not how much; the order is over {ours}.", field="amount"
        )
    if outcome.amount is None or outcome.amount == ours:
        return None
    return OutcomeMismatch(
        f"The channel speaks of {outcome.amount}, the order is over {ours}.", field="amount"
    )
