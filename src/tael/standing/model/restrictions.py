"""What is a restriction, with its papers, and what may its user hear of it?"""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from tael.standing.model.kept import InForce
from tael.standing.model.terms import PermissionList
from tael.standing.model.words import Kind, Reason


class Restriction(msgspec.Struct, frozen=True, kw_only=True):
    """A restriction with its papers, as members of staff see it."""

    id: str
    user_id: str
    kind: Kind
    takes: PermissionList
    amount_minor: int | None
    currency: str | None
    reason: Reason
    hidden: bool
    order_number: str | None
    authority: str | None
    note: str
    """For staff."""
    rule: str | None
    """The adjustment that set it."""
    set_by: str
    set_at: datetime
    until: datetime | None
    review_by: datetime | None
    """Until then a second person looks at it."""
    reviewed_by: str | None
    reviewed_at: datetime | None
    lifted_by: str | None
    lifted_at: datetime | None
    lift_reason: Reason | None
    lift_note: str | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it takes something then."""
        return self.lifted_at is None and (self.until is None or moment < self.until)


class NewRestriction(msgspec.Struct, frozen=True, kw_only=True):
    """A restriction that somebody wants to set."""

    user_id: str
    kind: Kind
    takes: PermissionList | None = None
    """`None`: what the kind usually takes."""
    reason: Reason | None = None
    """`None`: the usual one of the kind."""
    hidden: bool = False
    until: datetime | None = None
    provisional: bool = False
    """By law, for 48 hours, and then it ends by itself."""
    amount_minor: int | None = None
    currency: str | None = None
    order_number: str | None = None
    authority: str | None = None
    note: str = ""
    rule: str | None = None


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal to lift a restriction holds."""

    restriction_id: str
    user_id: str


REASON_WORDS: Mapping[Reason, str] = {
    Reason.OWN_WISH: "You asked for it yourself.",
    Reason.UNUSUAL_ACTIVITY: "Something unusual was seen on the account, and it is held to protect you.",
    Reason.TOO_MANY_WARNINGS: "There were several warnings within a short time.",
    Reason.REPORTED_FRAUD: "Somebody has reported a fraud in which the account was named.",
    Reason.LOW_CREDIT: "The account has been judged as less reliable than before.",
    Reason.GOOD_CREDIT: "The account has been judged as more reliable than before.",
    Reason.ORDER_OF_AUTHORITY: "An authority has ordered it.",
    Reason.DORMANT: "There was no transaction in the time in which the rules ask for one.",
    Reason.DOCUMENT_EXPIRED: "The identity document is no longer valid.",
    Reason.PHONE_CONFLICT: "The telephone number belongs to another person.",
    Reason.ACCOUNT_RENTING: "The police have found that the account was let or sold.",
    Reason.BEING_CHECKED: "We are checking something, and limit the account meanwhile.",
    Reason.EVIDENCE: "Who you are was confirmed.",
    Reason.EVIDENCE_EXPIRED: "What confirmed who you are is no longer valid.",
    Reason.EVIDENCE_WITHDRAWN: "What confirmed who you are no longer counts.",
    Reason.REQUEST_APPROVED: "You asked for it, and it was approved.",
    Reason.OBJECTION_GRANTED: "You objected, and were right.",
    Reason.OVER: "Its time is over.",
    Reason.VERIFIED_ANEW: "You have verified anew who you are.",
    Reason.NO_LONGER_NEEDED: "It is no longer needed.",
    Reason.CLOSED: "The account is closed.",
}
"""What users are told in answers of the API; messages and pages have it in their languages, under the same names."""


def as_told(restriction: InForce) -> InForce:
    """What its user may hear: of a hidden one, that something is being checked, and nothing else."""
    if not restriction.hidden:
        return restriction
    return msgspec.structs.replace(restriction, kind=Kind.REVIEW, reason=Reason.BEING_CHECKED)


def as_shown(restriction: Restriction, *, in_full: bool) -> Restriction:
    """A restriction with its papers; of a hidden one, without them, unless somebody may see it in full."""
    if in_full or not restriction.hidden:
        return restriction
    return msgspec.structs.replace(
        restriction,
        kind=Kind.REVIEW,
        reason=Reason.BEING_CHECKED,
        order_number=None,
        authority=None,
        note="",
        rule=None,
        lift_note=None,
    )
