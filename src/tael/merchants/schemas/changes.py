"""What takes two people? Letting a merchant in or not, what it pays, where its money goes, how it stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.proposals import ProposalState
from tael.merchants.model import (
    Application,
    Cycle,
    Difference,
    FieldReason,
    Price,
    RiskLevel,
    Standing,
    Tier,
)
from tael.merchants.schemas.own import AccountSection
from tael.merchants.schemas.words import AmountMinor, Command, Day, Digest, Moment, Name, Note, Reason, Strict

Reasons = Annotated[
    tuple[FieldReason, ...],
    Meta(min_length=1, max_length=50, description="Field by field; `application` for all of it"),
]
BasisPoints = Annotated[
    int, Meta(ge=0, le=10_000, description="In hundredths of a percent: 60 is 0.6 %", examples=[60])
]
NoticeDays = Annotated[int, Meta(ge=0, le=365, description="Days from now until it is closed", examples=[30])]


class Risk(Strict, frozen=True, kw_only=True):
    """How closely a merchant is watched, why, and until when."""

    level: RiskLevel
    reasons: Reason
    review_on: Day


class ApproveApplication(Strict, frozen=True, kw_only=True, tag_field="change", tag="approve_application"):
    """Let the merchant in: from now on it may act in live mode."""

    risk: Risk
    fee_basis_points: Annotated[
        int, Meta(ge=0, le=1_000, description="The rate until a fee plan begins", examples=[60])
    ]


class RejectApplication(Strict, frozen=True, kw_only=True, tag_field="change", tag="reject_application"):
    """Do not let the merchant in."""

    reasons: Reasons


class ChangeFeePlan(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_fee_plan"):
    """Another version of what a merchant pays, from a moment on that has not come yet."""

    effective_from: Moment
    currency: Annotated[
        str, Meta(pattern=r"^[A-Z]{3,4}$(?!\n)", description="Of the volumes", examples=["CNY"])
    ] = "CNY"
    tiers: Annotated[
        tuple[Tier, ...],
        Meta(min_length=1, max_length=20, description="By last month's volume; the first begins at 0"),
    ]


class AddPromotion(Strict, frozen=True, kw_only=True, tag_field="change", tag="add_promotion"):
    """Other prices for a while."""

    name: Name
    begins_at: Moment
    ends_at: Moment
    default: Price | None = None
    by_method: Mapping[str, Price] = {}


class ChangeAccount(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_account"):
    """Pay a merchant's money into another account. The merchant itself asks for it."""

    account: AccountSection


class ChangeTerms(Strict, frozen=True, kw_only=True, tag_field="change", tag="change_settlement"):
    """Settle more or less often, hold back more or less."""

    cycle: Cycle | None = None
    minimum_minor: AmountMinor | None = None
    reserve_basis_points: BasisPoints | None = None


class ResumeMerchant(Strict, frozen=True, kw_only=True, tag_field="change", tag="resume"):
    """Let a suspended or closing merchant act again."""


class CloseMerchant(Strict, frozen=True, kw_only=True, tag_field="change", tag="close"):
    """Give a merchant notice. No new payments from now on."""

    notice_days: NoticeDays = 30
    reason: Reason


Change = (
    ApproveApplication
    | RejectApplication
    | ChangeFeePlan
    | AddPromotion
    | ChangeAccount
    | ChangeTerms
    | ResumeMerchant
    | CloseMerchant
)
StaffChange = (
    ApproveApplication
    | RejectApplication
    | ChangeFeePlan
    | AddPromotion
    | ChangeTerms
    | ResumeMerchant
    | CloseMerchant
)
"""What members of staff propose."""


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """What a proposal holds: the change, and the version of the merchant for which it was meant."""

    merchant_id: str
    version: int
    change: Change
    sealed_account: bytes | None = None
    """The account in full; in `change` it stands masked."""
    differences: Sequence[Difference] = ()
    """What would be different, as it was when it was proposed."""


class MerchantProposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal, with the change in plain sight, secrets masked."""

    id: str
    merchant_id: str
    change: Change
    differences: Sequence[Difference]
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


class Propose(Command[MerchantProposal], frozen=True, kw_only=True):
    """A change that another person will decide about."""

    change: StaffChange
    note: Reason


class ProposeAccount(Command[MerchantProposal], frozen=True, kw_only=True):
    """Ask for the money to go to another account. It goes there once the platform has looked at it."""

    account: AccountSection
    note: Reason


class Decide(Command[MerchantProposal], frozen=True, kw_only=True):
    """Yes or no to what somebody else proposed."""

    approve: bool
    digest: Digest
    note: Note = ""


class Withdraw(Command[MerchantProposal], frozen=True, kw_only=True):
    """Take back what one proposed oneself."""

    note: Note = ""


class BeginReview(Command[Application], frozen=True, kw_only=True):
    """Take up the review of an application that was handed in."""


class RequestChanges(Command[Application], frozen=True, kw_only=True):
    """Give an application back to whoever applies, with a reason for each field."""

    reasons: Reasons


class SetRisk(Command[Standing], frozen=True, kw_only=True):
    """Watch a merchant more or less closely."""

    risk: Risk


class SuspendMerchant(Command[Standing], frozen=True, kw_only=True):
    """No new payments from now on. What was paid can be given back, disputed and settled. One person is enough."""

    reason: Reason
