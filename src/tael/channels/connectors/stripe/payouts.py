"""How does our money leave Stripe for our bank account? As a payout that carries our number as metadata."""

from datetime import datetime

from tael.channels.connectors.stripe.answers import PAYOUT_NUMBER, why_not_ours
from tael.channels.connectors.stripe.finding import list_numbered, sent_long_ago, since
from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.meanings import PAYOUT_FAILURES, PAYOUT_STATES
from tael.channels.connectors.stripe.objects import PayoutObject, Unreadable
from tael.channels.connectors.stripe.orders import definitely_refused, never_sent
from tael.channels.connectors.stripe.values import (
    CannotBeWritten,
    read_id,
    read_money,
    read_time,
    read_words,
    write_minor,
)
from tael.channels.port import (
    Conversation,
    ErrorClass,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)


def pay_out(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """Send money of ours to one of our bank accounts at Stripe (`ba_…`), or to the usual one if none is named."""
    wanted = request.the_payout()
    if sent_long_ago(wanted.created_at, now):
        outcome = yield from inquire_payout(line, request, now=now)
        return outcome
    try:
        fields: dict[str, str | int] = {
            "amount": write_minor(wanted.amount),
            "currency": wanted.amount.currency.lower(),
            "method": "standard",
            f"metadata[{PAYOUT_NUMBER}]": wanted.payout_number,
        }
    except CannotBeWritten as problem:
        return never_sent(request, str(problem))
    if wanted.payee_account:
        if not read_id(wanted.payee_account, "ba", "card"):
            return never_sent(request, "The account is not one of ours at Stripe (ba_…, card_…).")
        fields["destination"] = wanted.payee_account
    if words := read_words(wanted.purpose, longest=250):
        fields["description"] = words
    key = f"payout:{wanted.payout_number}"
    try:
        made = yield from line.create("/v1/payouts", PayoutObject, fields, key=key)
    except StripeRefused as refused:
        return definitely_refused(request, refused)
    return judge_payout(request, made, live=line.access.live)


def inquire_payout(line: Line, request: Request, *, now: datetime) -> Conversation[Outcome]:
    """What became of our payout."""
    wanted = request.the_payout()
    payout_id = read_id(wanted.channel_reference, "po")
    if payout_id is None:
        payout_id = yield from list_numbered(
            line,
            "/v1/payouts",
            since(wanted.created_at, now),
            name=PAYOUT_NUMBER,
            number=wanted.payout_number,
            kind="po",
        )
    if payout_id is None:
        return Outcome(state=OutcomeState.ABSENT, payout_number=wanted.payout_number)
    known = yield from line.get(f"/v1/payouts/{payout_id}", PayoutObject)
    if known.id != payout_id:
        raise Unreadable("it is another payout than was asked for")
    return judge_payout(request, known, live=line.access.live)


def judge_payout(request: Request, known: PayoutObject, *, live: bool) -> Outcome:
    """What a payout of Stripe's says about ours."""
    wanted = request.the_payout()
    why = why_not_ours(
        known.livemode, known.metadata.get(PAYOUT_NUMBER), live=live, number=wanted.payout_number
    )
    if why is not None:
        return unknown_outcome(request, why)
    outcome = outcome_of_payout(known, payout_number=wanted.payout_number)
    if outcome.amount != wanted.amount:
        return unknown_outcome(request, f"Stripe sent {outcome.amount}, our payout is of {wanted.amount}.")
    return outcome


def outcome_of_payout(known: PayoutObject, *, payout_number: str) -> Outcome:
    """What a payout says of itself, in an answer or in an event."""
    state = PAYOUT_STATES.get(known.status, OutcomeState.UNKNOWN)
    failed = state is OutcomeState.FAILED
    why = PAYOUT_FAILURES.get(known.failure_code or "", ErrorClass.DECLINED) if failed else None
    return Outcome(
        state=state,
        payout_number=payout_number,
        amount=read_money(known.amount, known.currency),
        channel_reference=known.id,
        happened_at=read_time(known.created),
        code=read_words(known.failure_code or known.status, longest=64),
        message=read_words(known.failure_message),
        error_class=ErrorClass.TRUST if state is OutcomeState.UNKNOWN else why,
    )
