"""How is money taken that a card holds, and how is more held?

Our capture's number goes with it as metadata of the intent: what was carried out under it can be read, so it is read
before anything is asked. Stripe counts captures of one intent in its sums: each of ours says what was taken before.

What carries our number was carried out, whatever became of the order since: more may have been taken at Stripe's own
pages, and the rest let go. A release takes nothing, so all that counts of it is how the order stands afterwards.
"""

from datetime import datetime

import msgspec

from tael.channels.connectors.stripe.answers import (
    CAPTURE_NUMBER,
    INCREMENT_NUMBER,
    ORDER_NUMBER,
    judge_intent,
    why_not_ours,
    why_not_sound,
)
from tael.channels.connectors.stripe.endings import key_of_now
from tael.channels.connectors.stripe.finding import EXPAND_INTENT, find_order, read_intent
from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.objects import Intent, Session
from tael.channels.connectors.stripe.orders import definitely_refused, judge, never_sent
from tael.channels.connectors.stripe.values import CannotBeWritten, read_money, write_minor
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)
from tael.foundation.money import Money

_STATE_CHANGED = frozenset(
    {"payment_intent_unexpected_state", "intent_invalid_state", "charge_already_captured"}
)


def capture(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """Take some of what is held, or release what earlier captures have left. The outcome's amount is what was taken."""
    order, wanted = request.the_order(), request.the_capture()
    found = yield from find_order(line, order, now=now)
    outcome = judge(line, request, found)
    intent = found.payment_intent if isinstance(found, Session) else found
    if not isinstance(intent, Intent) or intent.metadata.get(CAPTURE_NUMBER) == wanted.capture_number:
        return _taken(request, intent if isinstance(intent, Intent) else None, outcome)
    if outcome.state is not OutcomeState.AUTHORISED:
        return _taken(request, intent, outcome)
    unexpected = outcome.hold is not None and outcome.hold.taken != _before(request)
    if wanted.amount.minor and unexpected and outcome.hold is not None:
        return never_sent(request, f"{outcome.hold.taken} were taken already, which we did not ask for.")
    try:
        fields = _capture_fields(request, again=intent.amount_received > 0)
    except CannotBeWritten as problem:
        return never_sent(request, str(problem))
    path = f"/v1/payment_intents/{intent.id}/capture"
    try:
        after = yield from line.post(path, Intent, fields, key=_capture_key(request, now))
    except StripeRefused as refused:
        if refused.code not in _STATE_CHANGED:
            return definitely_refused(request, refused)
        after = yield from read_intent(line, intent.id)
    return _taken(request, after, judge_intent(request, after, live=line.access.live))


def _before(request: Request) -> Money:
    return request.the_capture().taken_before or Money(0, request.the_order().amount.currency)


def _capture_fields(request: Request, *, again: bool) -> dict[str, str | int]:
    wanted = request.the_capture()
    fields: dict[str, str | int] = {
        "amount_to_capture": write_minor(wanted.amount) if wanted.amount.minor else 0,
        f"metadata[{CAPTURE_NUMBER}]": wanted.capture_number,
        **EXPAND_INTENT,
    }
    if again or not wanted.last:
        fields["final_capture"] = "true" if wanted.last else "false"
    return fields


def _capture_key(request: Request, now: datetime) -> str:
    """The last capture can happen once only; any other is kept from happening twice by its key, for as long as it takes."""
    wanted = request.the_capture()
    if wanted.last:
        return key_of_now("capture", request.the_order(), now)
    return f"capture:{wanted.capture_number}"


def _taken(request: Request, intent: Intent | None, outcome: Outcome) -> Outcome:
    """What the order's state says about our capture, or about our release."""
    wanted = request.the_capture()
    if outcome.state is OutcomeState.UNKNOWN or not wanted.amount.minor:
        return outcome
    if outcome.state is OutcomeState.CLOSED:
        return never_sent(request, "The money is no longer held.", ErrorClass.PAYER)
    if intent is None or outcome.state not in (OutcomeState.SUCCEEDED, OutcomeState.AUTHORISED):
        why = f"The order is {outcome.code or outcome.state}: nothing was taken."
        return unknown_outcome(request, why, ErrorClass.REQUEST)
    if intent.metadata.get(CAPTURE_NUMBER) != wanted.capture_number:
        if outcome.state is OutcomeState.SUCCEEDED:
            return never_sent(request, "The money was taken by another capture than ours.")
        return unknown_outcome(request, "Stripe does not show our capture.")
    taken, expected = read_money(intent.amount_received, intent.currency), _before(request) + wanted.amount
    too_little = taken is None or taken.minor < expected.minor
    if too_little or (wanted.last and outcome.state is not OutcomeState.SUCCEEDED):
        return unknown_outcome(request, f"Stripe took {taken} in all, we expected {expected}.")
    return msgspec.structs.replace(outcome, state=OutcomeState.SUCCEEDED, amount=wanted.amount)


def increment(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """Hold more: Stripe is told the new sum, and says whether the card's bank agrees."""
    order, wanted = request.the_order(), request.the_increment()
    found = yield from find_order(line, order, now=now)
    intent = found.payment_intent if isinstance(found, Session) else found
    if not isinstance(intent, Intent):
        return unknown_outcome(request, "Stripe does not show what is held.")
    total = order.amount + wanted.amount
    if _is_over(intent, total) and intent.metadata.get(INCREMENT_NUMBER) == wanted.increment_number:
        return _added(line, request, intent)
    outcome = judge_intent(request, intent, live=line.access.live)
    if outcome.state in (OutcomeState.CLOSED, OutcomeState.SUCCEEDED):
        return never_sent(request, "The money is no longer held.", ErrorClass.PAYER)
    if outcome.state is not OutcomeState.AUTHORISED:
        return outcome
    try:
        fields: dict[str, str | int] = {
            "amount": write_minor(total),
            f"metadata[{INCREMENT_NUMBER}]": wanted.increment_number,
            **EXPAND_INTENT,
        }
    except CannotBeWritten as problem:
        return never_sent(request, str(problem))
    path = f"/v1/payment_intents/{intent.id}/increment_authorization"
    try:
        after = yield from line.post(path, Intent, fields, key=f"increment:{wanted.increment_number}")
    except StripeRefused as refused:
        if refused.code not in _STATE_CHANGED:
            return definitely_refused(request, refused)
        return unknown_outcome(request, refused.words, code=refused.code)
    return _added(line, request, after)


def _is_over(intent: Intent, amount: Money) -> bool:
    return read_money(intent.amount, intent.currency) == amount


def _added(line: Line, request: Request, intent: Intent) -> Outcome:
    """What the intent says, which must be over the new sum; whatever became of what is held since."""
    order, wanted = request.the_order(), request.the_increment()
    over = msgspec.structs.replace(order, amount=order.amount + wanted.amount)
    why = (
        why_not_ours(
            intent.livemode,
            intent.metadata.get(ORDER_NUMBER),
            live=line.access.live,
            number=order.order_number,
        )
        or why_not_sound(intent)
        or (
            None
            if intent.metadata.get(INCREMENT_NUMBER) == wanted.increment_number
            else "It is not our increment."
        )
        or (None if _is_over(intent, over.amount) else f"Stripe holds another sum than {over.amount}.")
    )
    if why is not None:
        return unknown_outcome(request, why)
    outcome = judge_intent(msgspec.structs.replace(request, order=over), intent, live=line.access.live)
    if outcome.state is OutcomeState.UNKNOWN:
        return outcome
    return msgspec.structs.replace(outcome, state=OutcomeState.SUCCEEDED, amount=wanted.amount)
