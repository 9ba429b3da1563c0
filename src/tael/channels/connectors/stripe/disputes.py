"""How do we answer a payer's dispute? With evidence, once, or by giving in.

Stripe takes an answer only while it waits for one. So we look first: if it does not wait any more, an earlier try of
ours has arrived, whatever we were told of it.
"""

import hashlib

from tael.channels.connectors.stripe.answers import ORDER_NUMBER
from tael.channels.connectors.stripe.line import Line, StripeRefused
from tael.channels.connectors.stripe.meanings import DISPUTE_STATES, EVIDENCE_FIELDS, EVIDENCE_FILES
from tael.channels.connectors.stripe.objects import DisputeObject, Intent, Unreadable
from tael.channels.connectors.stripe.orders import definitely_refused, never_sent
from tael.channels.connectors.stripe.values import read_id, read_money, read_number, read_time, read_words
from tael.channels.port import (
    Conversation,
    Dispute,
    DisputeState,
    Evidence,
    Outcome,
    OutcomeState,
    Request,
    unknown_outcome,
)

_LONGEST_EVIDENCE = 20_000
_MOST_EVIDENCE = 150_000
"""Of all texts together, as Stripe documents it."""
_MOST_BYTES = 4_500_000
"""Of all files together, likewise."""
_PURPOSE = "dispute_evidence"


def submit_evidence(line: Line, request: Request) -> Conversation[Outcome]:
    """Say what we have to say; Stripe takes it to the bank, and there is no second time."""
    evidence = request.the_evidence()
    why = None if evidence.accept else _why_unfit(evidence)
    if why is not None:
        return never_sent(request, why)
    looked = yield from inquire_dispute(line, request)
    if looked.dispute is None or looked.dispute.state is not DisputeState.NEEDS_RESPONSE:
        return looked
    outcome = yield from _answer(line, request)
    return outcome


def _answer(line: Line, request: Request) -> Conversation[Outcome]:
    evidence = request.the_evidence()
    number = evidence.dispute_number
    try:
        files = yield from _hand_in_files(line, evidence)
        texts = dict(sorted({**evidence.texts, **files}.items()))
        if evidence.accept:
            path, fields = f"/v1/disputes/{number}/close", {"expand[]": "payment_intent"}
        else:
            path = f"/v1/disputes/{number}"
            fields = {f"evidence[{name}]": text for name, text in texts.items()}
            fields |= {"submit": "true", "expand[]": "payment_intent"}
        digest = hashlib.sha256(repr((evidence.accept, texts)).encode("utf-8", "replace")).hexdigest()
        key = f"evidence:{number}:{digest[:32]}"
        known = yield from line.post(path, DisputeObject, fields, key=key)
    except StripeRefused as refused:
        return definitely_refused(request, refused)
    return _judge(request, known, number, live=line.access.live)


def _hand_in_files(line: Line, evidence: Evidence) -> Conversation[dict[str, str]]:
    """Stripe's ids of the files, by field: each is handed in by itself before it is named."""
    handed_in = {}
    for name, file in sorted(evidence.files.items()):
        key = f"file:{evidence.dispute_number}:{name}:{file.digest[:32]}"
        made = yield from line.upload(file, purpose=_PURPOSE, key=key)
        handed_in[name] = made.id
    return handed_in


def inquire_dispute(line: Line, request: Request) -> Conversation[Outcome]:
    """Where the dispute stands."""
    number = read_id(request.the_evidence().dispute_number, "dp", "du", "pdp")
    if number is None:
        return never_sent(request, "The dispute's number is not one of Stripe's (dp_…).")
    path = f"/v1/disputes/{number}"
    known = yield from line.get(path, DisputeObject, {"expand[]": "payment_intent"})
    return _judge(request, known, number, live=line.access.live)


def outcome_of_dispute(known: DisputeObject) -> Outcome:
    """What a dispute says of itself, in an answer or in an event; raises `Unreadable`."""
    amount = read_money(known.amount, known.currency)
    state = DISPUTE_STATES.get(known.status)
    if amount is None or state is None:
        raise Unreadable("the dispute names no amount or no state that we know")
    intent = known.payment_intent
    due_by = known.evidence_details.due_by if known.evidence_details else None
    return Outcome(
        state=OutcomeState.SUCCEEDED,
        order_number=(read_number(intent.metadata.get(ORDER_NUMBER)) or "")
        if isinstance(intent, Intent)
        else "",
        channel_reference=intent.id if isinstance(intent, Intent) else intent,
        dispute=Dispute(
            dispute_number=known.id,
            state=state,
            amount=amount,
            reason=read_words(known.reason, longest=64) or "general",
            respond_by=read_time(due_by),
            warning=known.status.startswith("warning_"),
        ),
        happened_at=read_time(known.created),
        code=read_words(known.status, longest=64),
    )


def _judge(request: Request, known: DisputeObject, number: str, *, live: bool) -> Outcome:
    if known.id != number or known.livemode is not live:
        return unknown_outcome(request, "Stripe's answer is about another dispute.")
    outcome = outcome_of_dispute(known)
    ours = request.order.order_number if request.order else None
    if ours and outcome.order_number and ours != outcome.order_number:
        return unknown_outcome(request, "The dispute is about another order.")
    return outcome


def _why_unfit(evidence: Evidence) -> str | None:
    texts = evidence.texts
    if not evidence.files and not any(text.strip() for text in texts.values()):
        return "There is no evidence in this answer to the dispute."
    for name, text in texts.items():
        if name not in EVIDENCE_FIELDS - EVIDENCE_FILES:
            return f"Stripe takes no evidence called {read_words(name, longest=40)!r}."
        if len(text) > _LONGEST_EVIDENCE or any("\ud800" <= character <= "\udfff" for character in text):
            return f"The evidence {name} is too long or not text."
    if sum(map(len, texts.values())) > _MOST_EVIDENCE:
        return f"All evidence together is longer than {_MOST_EVIDENCE} characters."
    for name in evidence.files:
        if name not in EVIDENCE_FILES:
            return f"Stripe takes no file called {read_words(name, longest=40)!r}."
    if sum(len(file.content) for file in evidence.files.values()) > _MOST_BYTES:
        return f"All files together have more than {_MOST_BYTES} bytes."
    return None
