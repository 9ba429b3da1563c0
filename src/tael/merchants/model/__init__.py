"""What are the nouns of merchants? Their keys have nouns of their own in `keys`.

merchant     merchants, their people, stores and terminals, their history
application  what they tell before they are let in
agreement    what they sign
fees         what they pay
settlement   when and where they get their money
team         who works there
"""

from tael.merchants.model.agreement import (
    AgreementStanding,
    AgreementText,
    AgreementVersion,
    SignedAgreement,
    Statement,
)
from tael.merchants.model.application import (
    Application,
    ApplicationState,
    ApplicationView,
    BankAccount,
    Business,
    BusinessKind,
    Contact,
    FieldReason,
    IdKind,
    LegalPerson,
    MerchantDocument,
    MerchantDocumentKind,
    Particulars,
    Uploads,
)
from tael.merchants.model.fees import (
    FeePlan,
    FeeTerms,
    Limits,
    Price,
    Promotion,
    Tier,
    Volume,
    fee_of,
    fee_terms_id,
    flat_rate,
)
from tael.merchants.model.merchant import (
    Difference,
    Listed,
    Merchant,
    MerchantFilter,
    MerchantHistoryLine,
    MerchantState,
    RiskLevel,
    Seller,
    Standing,
    Store,
    TeamRole,
    Terminal,
    TerminalKind,
)
from tael.merchants.model.settlement import Cycle, SettlementSettings
from tael.merchants.model.team import (
    ChangeMember,
    Invite,
    Member,
    MemberState,
    RemoveMember,
    TeamCommand,
    actor_of_member,
)

__all__ = [
    "AgreementStanding",
    "AgreementText",
    "AgreementVersion",
    "Application",
    "ApplicationState",
    "ApplicationView",
    "BankAccount",
    "Business",
    "BusinessKind",
    "ChangeMember",
    "Contact",
    "Cycle",
    "Difference",
    "FeePlan",
    "FeeTerms",
    "FieldReason",
    "IdKind",
    "Invite",
    "LegalPerson",
    "Limits",
    "Listed",
    "Member",
    "MemberState",
    "Merchant",
    "MerchantDocument",
    "MerchantDocumentKind",
    "MerchantFilter",
    "MerchantHistoryLine",
    "MerchantState",
    "Particulars",
    "Price",
    "Promotion",
    "RemoveMember",
    "RiskLevel",
    "Seller",
    "SettlementSettings",
    "SignedAgreement",
    "Standing",
    "Statement",
    "Store",
    "TeamCommand",
    "TeamRole",
    "Terminal",
    "TerminalKind",
    "Tier",
    "Uploads",
    "Volume",
    "actor_of_member",
    "fee_of",
    "fee_terms_id",
    "flat_rate",
]
