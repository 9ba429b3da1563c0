"""What can be asked about merchant?

Made by docs/reference/client/generate.py: change the API, or names.py there, and not this file.
"""

from datetime import date, datetime
from typing import Literal

import msgspec

from tael.client.api.application import (
    AccountSection,
    AgreementStanding,
    ApplicationView,
    BankAccount,
    FieldReason,
)
from tael.client.bound import M, Resource, listing, operation
from tael.client.calls import Call, Noun, Page, Word, change, read


class Limits(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What there is to a price beside its rate, in minor units of one currency."""

    fixed_minor: int = 0
    floor_minor: int | None = None
    cap_minor: int | None = None


class Price(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What one method costs, in any currency."""

    rate_millionths: int
    limits: dict[str, Limits] = msgspec.field(default_factory=dict)


class FeeTerms(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a merchant pays for each method: immutable, and named by content."""

    default: Price
    by_method: dict[str, Price] = msgspec.field(default_factory=dict)


class Tier(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Terms for merchants that captured at least so much last month."""

    from_minor: int
    terms: FeeTerms


class FeePlan(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A version of what a merchant pays, from a moment until the next version begins."""

    id: str
    merchant_id: str
    effective_from: str
    currency: str
    tiers: list[Tier]
    proposed_by: str
    approved_by: str
    approved_at: str


class Promotion(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """Other prices for a while: they beat the plan."""

    id: str
    merchant_id: str
    name: str
    begins_at: str
    ends_at: str
    default: Price | None = None
    by_method: dict[str, Price]
    proposed_by: str
    approved_by: str
    approved_at: str


class Volume(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a merchant captured in a calendar month of China, in one currency."""

    month: str
    currency: str
    captured_minor: int
    captures: int


class FeesView(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """What a merchant pays now, and what was agreed."""

    fee_terms_id: str
    terms: FeeTerms
    plans: list[FeePlan]
    promotions: list[Promotion]
    volumes: list[Volume]


class Cycle(Word):
    """How often a merchant's balance is paid out."""

    D1 = "d1"
    MONTHLY = "monthly"
    T1 = "t1"
    WEEKLY = "weekly"


class SettlementSettings(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """How a merchant is settled, from a moment until the next settings begin."""

    id: str
    merchant_id: str
    effective_from: str
    cycle: Cycle
    minimum_minor: int
    reserve_basis_points: int
    account: BankAccount | None
    set_by: str
    approved_by: str | None
    created_at: str


class MerchantState(Word):
    """Whether a merchant may act."""

    ACTIVE = "active"
    APPLYING = "applying"
    CLOSED = "closed"
    CLOSING = "closing"
    SUSPENDED = "suspended"


class RiskLevel(Word):
    """How closely a merchant is watched."""

    HIGH = "high"
    LOW = "low"
    MEDIUM = "medium"


class Standing(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A merchant with what is known about how it stands: the row that verbs lock and change."""

    id: str
    name: str
    state: MerchantState
    fee_basis_points: int
    created_at: str
    version: int
    state_since: str | None
    state_reason: str
    closes_at: str | None
    risk: RiskLevel | None
    risk_reasons: str
    risk_review_on: date | None


class MerchantView(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """The state of everything, in one answer."""

    merchant: Standing
    live: bool
    may: list[str]
    application: ApplicationView | None
    agreement: AgreementStanding
    fees: FeesView
    settlement: SettlementSettings
    stores: int
    terminals: int
    to_do: list[str]


class Risk(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """How closely a merchant is watched, why, and until when."""

    level: RiskLevel
    reasons: str
    """Why, in 1 to 1,000 characters"""
    review_on: date
    """A day such as 2026-03-01"""


class ApproveApplication(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="approve_application"
):
    """Let the merchant in: from now on it may act in live mode."""

    risk: Risk
    fee_basis_points: int
    """The rate until a fee plan begins"""


class RejectApplication(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="reject_application"
):
    """Do not let the merchant in."""

    reasons: list[FieldReason]
    """Field by field; `application` for all of it"""


class ChangeFeePlan(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="change_fee_plan"
):
    """Another version of what a merchant pays, from a moment on that has not come yet."""

    effective_from: datetime
    """A moment with its offset from UTC, such as 2026-03-01T04:00:00Z"""
    currency: str = "CNY"
    """Of the volumes"""
    tiers: list[Tier]
    """By last month's volume; the first begins at 0"""


class AddPromotion(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="add_promotion"
):
    """Other prices for a while."""

    name: str
    """1 to 64 printable characters"""
    begins_at: datetime
    """A moment with its offset from UTC, such as 2026-03-01T04:00:00Z"""
    ends_at: datetime
    """A moment with its offset from UTC, such as 2026-03-01T04:00:00Z"""
    default: Price | None = None
    by_method: dict[str, Price] = msgspec.field(default_factory=dict)


class ChangeAccount(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="change_account"
):
    """Pay a merchant's money into another account. The merchant itself asks for it."""

    account: AccountSection


class ChangeTerms(
    Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="change_settlement"
):
    """Settle more or less often, hold back more or less."""

    cycle: Cycle | None = None
    minimum_minor: int | None = None
    reserve_basis_points: int | None = None


class ResumeMerchant(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="resume"):
    """Let a suspended or closing merchant act again."""


class CloseMerchant(Noun, frozen=True, kw_only=True, omit_defaults=True, tag_field="change", tag="close"):
    """Give a merchant notice. No new payments from now on."""

    notice_days: int = 30
    """Days from now until it is closed"""
    reason: str
    """Why, in 1 to 1,000 characters"""


class Difference(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """One field, side by side."""

    field: str
    before: str
    after: str


class ProposalState(Word):
    """Where a proposal stands."""

    APPROVED = "approved"
    EXPIRED = "expired"
    OPEN = "open"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class MerchantProposal(Noun, frozen=True, kw_only=True, omit_defaults=True):
    """A proposal, with the change in plain sight, secrets masked."""

    id: str
    merchant_id: str
    change: (
        ApproveApplication
        | RejectApplication
        | ChangeFeePlan
        | AddPromotion
        | ChangeAccount
        | ChangeTerms
        | ResumeMerchant
        | CloseMerchant
    )
    differences: list[Difference]
    version: int
    digest: str
    """Whoever decides sends it back: they decide about what they read"""
    note: str
    state: ProposalState
    proposed_by: str
    proposed_at: str
    expires_at: str
    ended_by: str | None = None
    ended_at: str | None = None
    end_note: str | None = None


class Settlement(Resource[M]):
    """Merchant."""

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[SettlementSettings]]:
        """List settlement settings. Newest first; the first that has begun holds.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/merchant/settlement_settings", Page[SettlementSettings], locals())

    @operation
    def change(
        self,
        *,
        cycle: Cycle | Literal["d1", "monthly", "t1", "weekly"] | None = None,
        minimum_minor: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[SettlementSettings]:
        """Settle less often, or from a higher amount. What needs a review, such as another account, is
        proposed instead.
        """
        return change("/v1/merchant/settlement_settings", SettlementSettings, locals())

    @operation
    def propose_account(
        self, *, account: AccountSection, note: str, idempotency_key: str | None = None
    ) -> Call[MerchantProposal]:
        """Ask for the money to go to another account. It goes there once the platform has looked at it.

        `note`: Why, in 1 to 1,000 characters.
        """
        return change("/v1/merchant/settlement_settings/account", MerchantProposal, locals())

    @listing
    def list_account_proposals(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[MerchantProposal]]:
        """List the changes of the account that you asked for. Newest first, with what the platform said.

        `limit`: How many items at most, 1 to 200. `cursor`: `next_cursor` of the page before; absent for the
        first page.
        """
        return read("/v1/merchant/settlement_settings/account", Page[MerchantProposal], locals())

    @operation
    def withdraw_account_proposal(
        self, proposal_id: str, *, note: str | None = None, idempotency_key: str | None = None
    ) -> Call[MerchantProposal]:
        """Take back what one proposed oneself. Take back what one proposed oneself.

        `note`: In your own words, up to 1,000 characters.
        """
        return change(
            "/v1/merchant/settlement_settings/account/{proposal_id}/withdraw", MerchantProposal, locals()
        )


class Merchant(Resource[M]):
    """Merchant."""

    @operation
    def get(
        self,
    ) -> Call[MerchantView]:
        """Get the state of everything. Standing, application, agreement, fees, settlement, and what is to be
        done.  Without `papers.read` the application and the settlement account are null.
        """
        return read("/v1/merchant", MerchantView, locals())

    @operation
    def fee_terms(
        self,
    ) -> Call[FeesView]:
        """Get what you pay. The terms that apply now, every plan and promotion, and the volumes that pick the
        tier.
        """
        return read("/v1/merchant/fee_terms", FeesView, locals())

    @operation
    def give_notice(self, *, reason: str, idempotency_key: str | None = None) -> Call[Standing]:
        """End the agreement. No new payments from now on; closed after 30 days, once nothing is open.

        `reason`: Why, in 1 to 1,000 characters.
        """
        return change("/v1/merchant/notice", Standing, locals())
