"""What takes two people? Whatever moves real money, or decides how it moves. One proposes, another approves."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.proposals import ProposalState
from tael.partners.model import FeeLine, Weights
from tael.partners.schemas.words import BasisPoints, Command, Moment, Note, Person, Reason, RecordId, Strict

ABOUT_ALL = "*"
"""What a change is about that is about no single channel."""

Sample = Annotated[
    int,
    Meta(
        ge=1,
        le=1_000_000,
        description="How many calls there must have been before the guard judges",
        examples=[200],
    ),
]
Share = Annotated[BasisPoints, Meta(description="Of the traffic, in hundredths of a percent")]
Failures = Annotated[
    BasisPoints, Meta(description="The largest share of failures that the guard lets pass", examples=[300])
]


class StartCanary(Strict, frozen=True, kw_only=True, tag_field="change", tag="start_canary"):
    """Give the channel a share of the traffic, under a guard."""

    owner: Person
    share_basis_points: Share
    largest_failure_basis_points: Failures
    smallest_sample: Sample


class ChangeGuard(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_guard"):
    """Another share, or another guard, for a canary."""

    share_basis_points: Share
    largest_failure_basis_points: Failures
    smallest_sample: Sample


class GoLive(Strict, frozen=True, kw_only=True, tag_field="change", tag="go_live"):
    """The canary has proved itself: all traffic that routing gives it."""


class Suspend(Strict, frozen=True, kw_only=True, tag_field="change", tag="suspend"):
    """No traffic until somebody resumes it."""

    reason: Reason


class Resume(Strict, frozen=True, kw_only=True, tag_field="change", tag="resume"):
    """Back to where it was before it was suspended."""


class Retire(Strict, frozen=True, kw_only=True, tag_field="change", tag="retire"):
    """Never again."""

    reason: Reason


class ChangeFees(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_fees"):
    """A new fee table."""

    effective_from: Moment
    effective_until: Moment | None = None
    lines: Annotated[tuple[FeeLine, ...], Meta(min_length=1, max_length=200)]
    ends: Annotated[
        RecordId | None,
        Meta(description="The id of the table that ends when this one begins", examples=[None]),
    ] = None


class ChangeWeights(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_weights"):
    """How much each part of the scorecard counts, from a day on. It is about all channels: `*`."""

    effective_from: Moment
    weights: Weights


Change = StartCanary | ChangeGuard | GoLive | Suspend | Resume | Retire | ChangeFees | ChangeWeights


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal holds: the change, and the version of the partner for which it was meant."""

    about: str
    """A channel, or `*`."""
    version: int
    change: Change


class ProposalBody(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal, with the change in plain sight."""

    id: str
    about: str
    change: Change
    version: int
    digest: Annotated[
        str, Meta(description="Whoever decides sends it back: they decide about what they read")
    ]
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    end_note: str | None = None


class Propose(Command[ProposalBody], frozen=True, kw_only=True):
    """A change that another person will decide about."""

    change: Change
    note: Reason


class Decide(Command[ProposalBody], frozen=True, kw_only=True):
    """Yes or no to what somebody else proposed."""

    approve: bool
    digest: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{64}$(?!\n)",
            description="The digest of the proposal that you have read",
            examples=["0" * 64],
        ),
    ]
    note: Note = ""


class Withdraw(Command[ProposalBody], frozen=True, kw_only=True):
    """Take back what one proposed oneself."""

    note: Note = ""
