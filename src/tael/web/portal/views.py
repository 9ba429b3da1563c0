"""What do the portal's pages show of payments, in rows, figures and a timeline? Pure: everything is handed in."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.model import Exchange, ExchangeKind
from tael.foundation.money import Money
from tael.ledger.model import PostedEntry
from tael.payments.api import DaySum, PaymentStory, RefundSum
from tael.payments.model import PaymentState

TONES = {
    PaymentState.CREATED: "neutral",
    PaymentState.PROCESSING: "warning",
    PaymentState.REQUIRES_ACTION: "warning",
    PaymentState.AUTHORISED: "warning",
    PaymentState.CAPTURED: "good",
    PaymentState.CANCELED: "neutral",
    PaymentState.FAILED: "danger",
    PaymentState.EXPIRED: "neutral",
}
STEP_TONES = {
    "succeeded": "good",
    "captured": "good",
    "failed": "danger",
    "unknown": "warning",
    "waiting": "warning",
    "processing": "warning",
    "authorised": "warning",
}
COLUMNS = ("created", "amount", "state", "description", "reference", "captured", "refunded", "id")
"""What a row of payments can show, in this order; an amount and a state are always there."""
ALWAYS = ("created", "amount", "state", "id")
USUAL = ("created", "amount", "state", "description", "reference", "id")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """How a span of time went, in one currency."""

    captured: Money
    paid: int
    made: int
    success_basis_points: int | None
    """Of the payments that have ended, how many were paid; none if none has ended."""
    refunded: Money
    refunds: int


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a payment."""

    at: datetime
    what: str
    """Its words are `portal.moment_of.WHAT`."""
    state: str = ""
    amount: Money | None = None
    about: str = ""
    """A channel or a method."""
    id: str = ""
    note: str = ""

    @property
    def tone(self) -> str:
        """How it is coloured."""
        return STEP_TONES.get(self.state, "neutral")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry moved on the merchant's account."""

    at: datetime
    kind: str
    id: str
    amount: Money


def figures_of(days: Sequence[DaySum], refunds: Sequence[RefundSum], currency: str) -> Figures:
    """The sum of some days."""
    ours = [each for each in days if each.currency == currency]
    back = [each for each in refunds if each.currency == currency]
    paid, ended = sum(each.paid for each in ours), sum(each.ended for each in ours)
    return Figures(
        captured=Money(sum(each.captured_minor for each in ours), currency),
        paid=paid,
        made=sum(each.made for each in ours),
        success_basis_points=min(10_000, 10_000 * paid // ended) if ended else None,
        refunded=Money(sum(each.amount_minor for each in back), currency),
        refunds=sum(each.made for each in back),
    )


def timeline_of(story: PaymentStory) -> list[Moment]:
    """Everything that happened to a payment, oldest first."""
    payment = story.payment
    moments = [Moment(at=payment.created_at, what="created", amount=payment.amount, id=payment.id)]
    for attempt in story.attempts:
        amount = Money(attempt.amount_minor, attempt.currency)
        told = {"about": attempt.method, "id": attempt.id, "amount": amount}
        moments.append(Moment(at=attempt.created_at, what="attempt", **told))  # type: ignore[arg-type]
        if attempt.ended_at:
            moments.append(
                Moment(
                    at=attempt.ended_at,
                    what="attempt_ended",
                    state=attempt.state,
                    note=attempt.channel_code or "",
                    **told,  # type: ignore[arg-type]
                )
            )
    for step in story.steps:
        what = str(step.kind)
        moments.append(
            Moment(
                at=step.ended_at or step.created_at,
                what=what,
                state=step.state,
                amount=step.amount,
                id=step.id,
            )
        )
    for refund in story.refunds:
        amount = Money(refund.amount_minor, refund.currency)
        moments.append(
            Moment(at=refund.created_at, what="refund", amount=amount, id=refund.id, note=refund.note)
        )
        if refund.ended_at:
            moments.append(
                Moment(
                    at=refund.ended_at, what="refund_ended", state=refund.state, amount=amount, id=refund.id
                )
            )
    if payment.ended_at:
        moments.append(Moment(at=payment.ended_at, what="ended", state=payment.state))
    return sorted(moments, key=lambda each: each.at)


def told_once(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """The conversation, newest first, without what a channel's feed told again and again: of that the first time is shown."""
    told: set[tuple[str, str, str | None]] = set()
    kept = []
    for each in reversed(exchanges):
        news = (each.number, each.state, each.code)
        if each.kind is not ExchangeKind.FEED or news not in told:
            kept.append(each)
        if each.kind is ExchangeKind.FEED:
            told.add(news)
    return kept[::-1]


def lines_of(entries: Sequence[PostedEntry], merchant_id: str) -> list[Line]:
    """What the books say on the merchant's own accounts; what they get is positive."""
    return [
        Line(
            at=entry.booked_at,
            kind=entry.kind,
            id=entry.id,
            amount=Money(-posting.amount_minor, posting.currency),
        )
        for entry in entries
        for posting in entry.postings
        if posting.code.startswith(f"merchant:{merchant_id}:")
    ]
