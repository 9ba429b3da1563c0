"""What is a merchant, how does it stand, and who are its people?"""

from datetime import date, datetime
from enum import StrEnum

import msgspec

PLATFORM = "mer_00000000000000000000000000"
"""The merchant that is the platform itself. The same id in every installation, live and test.

What it is paid is on its way to somebody else (a top-up's to its user's wallet), so nothing else is ever taken from it.
"""


class MerchantState(StrEnum):
    """Whether a merchant may act."""

    APPLYING = "applying"
    """Not reviewed yet: test mode only."""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    """No new payments; what was paid can be given back, disputed and settled."""
    CLOSING = "closing"
    """Notice was given: as suspended, until the day has come and nothing is open."""
    CLOSED = "closed"


class TeamRole(StrEnum):
    """What somebody does at a merchant."""

    OWNER = "owner"
    """Speaks for the merchant: may do everything."""
    FINANCE = "finance"
    """Looks after the money: refunds, disputes, exports, settlement."""
    DEVELOPER = "developer"
    """Integrates: keys, webhooks, ways of paying."""
    CASHIER = "cashier"
    """Takes payments at a counter."""
    VIEWER = "viewer"
    """Looks, and changes nothing."""


class Merchant(msgspec.Struct, frozen=True, kw_only=True):
    """A party that is paid."""

    id: str
    name: str
    """As payers see it."""
    state: MerchantState
    fee_basis_points: int
    """The platform's fee on a captured amount, in hundredths of a percent, for merchants without a fee plan."""
    created_at: datetime


class Seller(Merchant, frozen=True, kw_only=True):
    """A merchant at the moment at which somebody wants to pay it."""

    fee_terms_id: str
    """What it pays for a payment that begins now."""


class RiskLevel(StrEnum):
    """How closely a merchant is watched."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Standing(Merchant, frozen=True, kw_only=True):
    """A merchant with what is known about how it stands: the row that verbs lock and change."""

    version: int
    """Counts changes: what was proposed for another version is refused."""
    state_since: datetime | None
    state_reason: str
    """Why it is suspended or closing, in the words of whoever did it."""
    closes_at: datetime | None
    """Of a closing merchant: it is closed then, at the earliest."""
    risk: RiskLevel | None
    """Not told to the merchant, nor why: those are our grounds to look closer."""
    risk_reasons: str
    risk_review_on: date | None
    """The day by which the level is looked at again."""

    @property
    def as_told(self) -> "Standing":
        """What its own people hear: without our grounds."""
        return msgspec.structs.replace(self, risk=None, risk_reasons="", risk_review_on=None)


class MerchantHistoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened with a merchant."""

    seq: int
    merchant_id: str
    happened_at: datetime
    actor: str
    what: str
    """The verb: `merchants.submit_application`."""
    from_state: MerchantState | None
    to_state: MerchantState | None
    note: str
    object_id: str | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field, side by side."""

    field: str
    """A path: `tiers.0.terms.default.rate_millionths`."""
    before: str
    """Empty: it was not there."""
    after: str
    """Empty: it will not be there."""


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A place where a merchant sells."""

    id: str
    merchant_id: str
    name: str
    address: str
    region: str
    """Code of GB/T 2260, six digits: `310104`."""
    created_at: datetime
    closed_at: datetime | None = None


class TerminalKind(StrEnum):
    """What a terminal is."""

    SCANNER = "scanner"
    """Reads payers' codes."""
    CODE_STAND = "code_stand"
    """Shows our code."""
    CARD_READER = "card_reader"
    TILL = "till"


class Terminal(msgspec.Struct, frozen=True, kw_only=True):
    """A device in a store."""

    id: str
    merchant_id: str
    store_id: str
    serial: str
    """What its maker wrote on it; used once among a merchant's open terminals."""
    kind: TerminalKind
    name: str
    created_at: datetime
    closed_at: datetime | None = None


class MerchantFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which merchants are wanted. `None` lets everything through."""

    state: MerchantState | None = None
    risk: RiskLevel | None = None
    application: str | None = None
    """The state of their application."""
    name: str | None = None
    """A part of the name."""
    review_before: date | None = None
    """Only those whose risk is to be looked at again before that day."""
    after: str | None = None
    """The id of the last merchant of the page before."""
    limit: int = 50


class Listed(Standing, frozen=True, kw_only=True):
    """A merchant in a list, with where its application stands."""

    application_state: str | None
    submitted_at: datetime | None
