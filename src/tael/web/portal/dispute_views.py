"""What do the portal's pages show of disputes: how long is left, what happened, what is still missing? Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from tael.disputes.model import AnswerKind, Dispute, DisputeState, Draft
from tael.foundation.money import Money
from tael.ledger.model import PostedEntry

TONES = {
    DisputeState.NEEDS_RESPONSE: "warning",
    DisputeState.UNDER_REVIEW: "neutral",
    DisputeState.WON: "good",
    DisputeState.LOST: "danger",
    DisputeState.ACCEPTED: "danger",
    DisputeState.CLOSED: "neutral",
}
_FIRST: Mapping[str, Sequence[str]] = {
    "product_not_received": (
        "shipping_tracking_number",
        "shipping_carrier",
        "shipping_date",
        "shipping_address",
        "shipping_documentation",
    ),
    "product_unacceptable": ("product_description", "refund_policy_disclosure", "refund_refusal_explanation"),
    "credit_not_processed": ("refund_policy_disclosure", "refund_refusal_explanation", "refund_policy"),
    "duplicate": ("duplicate_charge_explanation", "duplicate_charge_id", "duplicate_charge_documentation"),
    "subscription_canceled": (
        "cancellation_policy_disclosure",
        "cancellation_rebuttal",
        "cancellation_policy",
    ),
    "fraudulent": ("customer_name", "customer_email_address", "customer_purchase_ip", "customer_signature"),
}
"""What speaks to each reason, besides what always does."""
_ALWAYS = (
    "product_description",
    "uncategorized_text",
    "receipt",
    "customer_communication",
    "uncategorized_file",
)


_SHORT_ENDINGS = ("_number", "_carrier", "_date", "_name", "_id", "_ip", "_email_address")


class Urgency(StrEnum):
    """How near a deadline is; its words are `portal.urgency_of.URGENCY`."""

    CALM = "calm"
    SOON = "soon"
    URGENT = "urgent"
    OVER = "over"

    @property
    def tone(self) -> str:
        """How it is coloured, beside its words."""
        return {Urgency.CALM: "neutral", Urgency.SOON: "warning"}.get(self, "danger")


class Left(msgspec.Struct, frozen=True):
    """How long something can still be said."""

    until: datetime
    seconds: int

    @property
    def urgency(self) -> Urgency:
        """By days, since answering takes some."""
        if self.seconds <= 0:
            return Urgency.OVER
        days = self.seconds / timedelta(days=1).total_seconds()
        return Urgency.URGENT if days <= 1 else Urgency.SOON if days <= 3 else Urgency.CALM

    @property
    def words(self) -> tuple[str, dict[str, int]]:
        """The largest two units that count: the message, and its numbers."""
        minutes, seconds = divmod(max(0, self.seconds), 60)
        hours, minutes = divmod(minutes, 60)
        days, hours = divmod(hours, 24)
        if days:
            return "portal.left_of.days", {"days": days, "hours": hours}
        if hours:
            return "portal.left_of.hours", {"hours": hours, "minutes": minutes}
        if self.seconds > 0:
            return "portal.left_of.minutes", {"minutes": minutes, "seconds": seconds}
        return "portal.left_of.over", {}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """An entry by which a dispute took money, gave it back, or kept it."""

    at: datetime
    kind: str
    """Its words are `portal.dispute_entry_of.KIND`."""
    amount: Money
    from_balance: Money
    """What of it went from the merchant's balance, or back into it if it is positive."""
    id: str


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a dispute; its words are `portal.dispute_moment_of.WHAT`."""

    at: datetime
    what: str
    tone: str = "neutral"
    note: str = ""


def can_be_answered(dispute: Dispute, now: datetime) -> bool:
    """Whether the merchant can still write."""
    waits = dispute.state is DisputeState.NEEDS_RESPONSE and dispute.answer is None
    return waits and (dispute.respond_by is None or now <= dispute.respond_by)


def left_of(dispute: Dispute, now: datetime) -> Left | None:
    """How long the merchant can still write; none where nothing is waited for."""
    waits = dispute.state is DisputeState.NEEDS_RESPONSE and dispute.answer is None
    if not waits or dispute.respond_by is None:
        return None
    return Left(dispute.respond_by, int((dispute.respond_by - now).total_seconds()))


def by_deadline(disputes: Sequence[Dispute]) -> list[Dispute]:
    """What is due first stands first; what has no deadline stands last."""
    return sorted(disputes, key=lambda each: (each.respond_by is None, each.respond_by or each.opened_at))


def next_of(dispute: Dispute, now: datetime) -> str:
    """What happens next; its words are `portal.dispute_next_of.NEXT`."""
    if dispute.state is not DisputeState.NEEDS_RESPONSE:
        return str(dispute.state)
    if dispute.answering:
        return "answering"
    if dispute.answer is not None:
        return "answered"
    if not can_be_answered(dispute, now):
        return "late"
    return "asked" if dispute.warning else "answer"


def in_order(fields: Collection[str], reason: str, draft: Collection[str]) -> tuple[list[str], list[str]]:
    """The fields that speak to this reason or hold something already, and all others."""
    wanted = [*_FIRST.get(reason, ()), *_ALWAYS]
    first = [name for name in wanted if name in fields]
    first += [name for name in sorted(fields) if name in draft and name not in first]
    first = first or sorted(fields)
    return first, [name for name in sorted(fields) if name not in first]


def is_short(field: str) -> bool:
    """Whether a field holds a few words only, by how the channel calls it."""
    return field.endswith(_SHORT_ENDINGS)


def moves_of(entries: Sequence[PostedEntry], dispute: Dispute) -> list[Moved]:
    """What the books say of a dispute, oldest first."""
    moves = []
    for entry in entries:
        if entry.id.partition(":")[0] != dispute.id:
            continue
        ours = {
            posting.code.rpartition(":")[2]: -posting.amount_minor
            for posting in entry.postings
            if posting.code.startswith(f"merchant:{dispute.merchant_id}:")
        }
        moves.append(
            Moved(
                at=entry.booked_at,
                kind=entry.kind.rpartition(".")[2],
                amount=Money(abs(ours.get("disputed", 0)), dispute.currency),
                from_balance=Money(ours.get("pending", 0), dispute.currency),
                id=entry.id,
            )
        )
    return moves


def timeline_of(dispute: Dispute, draft: Draft, moves: Sequence[Moved]) -> list[Happened]:
    """Everything that happened to a dispute, newest first."""
    moments = [Happened(at=dispute.opened_at, what="opened", tone="warning")]
    moments += [Happened(at=each.uploaded_at, what="file", note=each.name) for each in draft.files]
    tones = {"held": "warning", "returned": "good", "lost": "danger"}
    moments += [
        Happened(at=each.at, what=f"money_{each.kind}", tone=tones.get(each.kind, "neutral"))
        for each in moves
    ]
    if dispute.answered_at is not None:
        given_in = dispute.answer is AnswerKind.ACCEPT
        moments.append(Happened(at=dispute.answered_at, what="accepted" if given_in else "answered"))
    if dispute.ended_at is not None:
        moments.append(
            Happened(at=dispute.ended_at, what=f"ended_{dispute.state}", tone=TONES[dispute.state])
        )
    return sorted(moments, key=lambda each: each.at, reverse=True)
