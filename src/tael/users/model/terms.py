"""What do the dated rules of users say? One type for each rule in `dated_rules.toml`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.identity_documents import DocumentKind


class _Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a dated rule says."""


Positive = Annotated[int, Meta(ge=1)]


class SecondUser(StrEnum):
    """What becomes of somebody who is registered already, with another number."""

    REVIEW = "review"
    REFUSE = "refuse"


class Registration(_Rule, frozen=True, kw_only=True):
    """Who may register: `users.registration`."""

    youngest_years: Positive
    second_user: SecondUser
    review_documents: tuple[DocumentKind, ...]
    """Kinds that a person looks at before any source is asked."""


class VerificationTries(_Rule, frozen=True, kw_only=True):
    """How often sources are asked: `users.verification`."""

    tries_per_day: Positive
    """Of one user at one source, in a day of China."""
    partial_before_review: Positive
    """After so many partial answers in a day somebody looks."""
    face_good_hours: Positive
    """So long a face that was compared stands for an old telephone number that is lost."""


class Documents(_Rule, frozen=True, kw_only=True):
    """What happens as a document runs out: `users.documents`."""

    warn_days: tuple[Positive, ...]
    """So many days before its last one, once each."""
    grace_days: Annotated[int, Meta(ge=0)]
    """So long after its last day nothing is taken yet."""


class Reviews(_Rule, frozen=True, kw_only=True):
    """Until when people decide: `users.reviews`."""

    days: Positive


class AgreementNotice(_Rule, frozen=True, kw_only=True):
    """How long before it holds a changed agreement is announced: `users.agreements`."""

    notice_days: Positive


class Retention(_Rule, frozen=True, kw_only=True):
    """How long what is kept: `users.retention`."""

    years_after_end: Positive
    """Of who somebody was, after the relationship ends."""
    export_hours: Positive
    """A file with somebody's data waits so long to be fetched."""


DATED_RULES: Mapping[str, type[msgspec.Struct]] = {
    "users.registration": Registration,
    "users.verification": VerificationTries,
    "users.documents": Documents,
    "users.reviews": Reviews,
    "users.agreements": AgreementNotice,
    "users.retention": Retention,
}
"""The types of the rules in `dated_rules.toml`."""
