"""In which words do we speak of what users may do? Permissions, account classes, kinds of restrictions, reasons."""

from collections.abc import Mapping
from enum import StrEnum


class PermissionClass(StrEnum):
    """Of what kind a permission is."""

    BASIC = "basic"
    TRANSACTION = "transaction"
    MANAGEMENT = "management"


class Permission(StrEnum):
    """One thing that users do."""

    SIGN_IN = "sign_in"
    LOOK = "look"
    VERIFY = "verify"
    """Prove who they are."""
    PAY = "pay"
    TOP_UP = "top_up"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    RECEIVE = "receive"
    PASSWORD = "password"  # noqa: S105 - the name of a permission
    DEVICES = "devices"
    PHONE = "phone"
    BIND_CARD = "bind_card"


_P, _C = Permission, PermissionClass
CLASS_OF: Mapping[Permission, PermissionClass] = {
    _P.SIGN_IN: _C.BASIC,
    _P.LOOK: _C.BASIC,
    _P.VERIFY: _C.BASIC,
    _P.PAY: _C.TRANSACTION,
    _P.TOP_UP: _C.TRANSACTION,
    _P.WITHDRAW: _C.TRANSACTION,
    _P.TRANSFER: _C.TRANSACTION,
    _P.RECEIVE: _C.TRANSACTION,
    _P.PASSWORD: _C.MANAGEMENT,
    _P.DEVICES: _C.MANAGEMENT,
    _P.PHONE: _C.MANAGEMENT,
    _P.BIND_CARD: _C.MANAGEMENT,
}
"""Each permission's class."""
TRANSACTIONS = frozenset(each for each in Permission if CLASS_OF[each] is _C.TRANSACTION)
"""All that moves money."""


class AccountClass(StrEnum):
    """How well somebody is known, and so how much they may pay: PBOC announcement 2015 No. 43."""

    NONE = "none"
    """Nobody has confirmed who they are."""
    ONE = "I"
    TWO = "II"
    THREE = "III"


CLASSES = tuple(AccountClass)
"""From the lowest to the highest."""


class LimitPeriod(StrEnum):
    """Over which time a class's limit counts: of the calendar of China."""

    LIFE = "life"
    YEAR = "year"


class PersonalLimit(StrEnum):
    """What a user agrees on with us, below the limit of their class."""

    PAY_DAY = "pay_day_minor"
    """What they pay from their balance in a day."""
    TRANSFER_DAY = "transfer_day_minor"
    """What they send to others in a day."""
    TRANSFERS_DAY = "transfers_day"
    """How often they send something in a day: a count."""
    WITHDRAW_DAY = "withdraw_day_minor"
    """What they withdraw in a day."""


class Presence(StrEnum):
    """Whether we have seen the person."""

    REMOTE = "remote"
    FACE_TO_FACE = "face_to_face"


class StandingState(StrEnum):
    """A standing at a glance."""

    ACTIVE = "active"
    RESTRICTED = "restricted"
    """Something is taken."""
    SUSPENDED = "suspended"
    """All that moves money is taken."""
    CLOSED = "closed"


class Kind(StrEnum):
    """Where a restriction comes from."""

    BY_USER = "by_user"
    BY_RISK = "by_risk"
    BY_LAW = "by_law"
    BEHAVIOUR = "behaviour"
    """The platform's own: signals reached what a rule says."""
    DORMANCY = "dormancy"
    DOCUMENT_EXPIRED = "document_expired"
    PHONE_CONFLICT = "phone_conflict"
    ACCOUNT_RENTING = "account_renting"
    REVIEW = "review"


class ReportKind(StrEnum):
    """What somebody outside says of a user; a signal of that kind, of which the rules say what follows."""

    LOW_CREDIT = "low_credit"
    GOOD_CREDIT = "good_credit"
    FRAUD_REPORT = "fraud_report"


class Reason(StrEnum):
    """Why something was taken or changed; what users are told is in `rules.reasons`."""

    OWN_WISH = "own_wish"
    UNUSUAL_ACTIVITY = "unusual_activity"
    TOO_MANY_WARNINGS = "too_many_warnings"
    REPORTED_FRAUD = "reported_fraud"
    LOW_CREDIT = "low_credit"
    GOOD_CREDIT = "good_credit"
    ORDER_OF_AUTHORITY = "order_of_authority"
    DORMANT = "dormant"
    DOCUMENT_EXPIRED = "document_expired"
    PHONE_CONFLICT = "phone_conflict"
    ACCOUNT_RENTING = "account_renting"
    BEING_CHECKED = "being_checked"
    """Also what a user hears of a reason that they must not know."""
    EVIDENCE = "evidence"
    EVIDENCE_EXPIRED = "evidence_expired"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    REQUEST_APPROVED = "request_approved"
    OBJECTION_GRANTED = "objection_granted"
    OVER = "over"
    """Its time is up."""
    VERIFIED_ANEW = "verified_anew"
    NO_LONGER_NEEDED = "no_longer_needed"
    CLOSED = "closed"
