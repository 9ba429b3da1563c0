"""The language in which channels are spoken to: the same words for all of them.

operations   what can be asked, in which scenes, and the kinds of failure
orders       what a channel needs to know: order, refund, split, payout, evidence
asking       when a channel is asked again, and believed
actions      what the payer must do next
outcomes     what we have learnt
messages     the conversation as a generator; what goes over the wire, and placeholders for cards of our vault, are
             `foundation.wire`'s
bills        a channel's record of a day
matrix       what a channel can do
connector    the code that speaks to one channel
known        what may be known of its keys
"""

from tael.channels.port.actions import (
    Action,
    GoTo,
    InvokeWallet,
    PostForm,
    SendMoney,
    SendTokens,
    ShowCode,
)
from tael.channels.port.asking import Pauses, inquire_at, said_again
from tael.channels.port.bills import Bill, BillKind, BillLine, BillWanted, LineKind
from tael.channels.port.connector import BaseConnector, Connector, ConnectorKind
from tael.channels.port.known import fingerprint_of
from tael.channels.port.matrix import AmountRange, BillTerms, Capabilities, ErrorMeaning, Security
from tael.channels.port.messages import (
    Conversation,
    FeedPage,
    InboundNotice,
    Notice,
    NoticeReply,
    Reply,
    Signed,
    SignOnce,
    Step,
    ask,
    sign_once,
)
from tael.channels.port.operations import ErrorClass, Operation, Product
from tael.channels.port.orders import (
    CaptureOrder,
    Evidence,
    EvidenceFile,
    IncrementOrder,
    Order,
    PayoutOrder,
    Receiver,
    RefundOrder,
    Request,
    SplitOrder,
)
from tael.channels.port.outcomes import Dispute, DisputeState, Hold, Outcome, OutcomeState, unknown_outcome
from tael.foundation.wire import (
    CARD_CRYPTOGRAM,
    CARD_ECI,
    CARD_EXPIRY_MONTH,
    CARD_EXPIRY_YEAR,
    CARD_HOLDER,
    CARD_NUMBER,
    CARD_SECURITY_CODE,
    SEAL_FOR,
    CardOfVault,
    HttpRequest,
    HttpResponse,
    is_of_our_vault,
)

__all__ = [
    "CARD_CRYPTOGRAM",
    "CARD_ECI",
    "CARD_EXPIRY_MONTH",
    "CARD_EXPIRY_YEAR",
    "CARD_HOLDER",
    "CARD_NUMBER",
    "CARD_SECURITY_CODE",
    "SEAL_FOR",
    "Action",
    "AmountRange",
    "BaseConnector",
    "Bill",
    "BillKind",
    "BillLine",
    "BillTerms",
    "BillWanted",
    "Capabilities",
    "CaptureOrder",
    "CardOfVault",
    "Connector",
    "ConnectorKind",
    "Conversation",
    "Dispute",
    "DisputeState",
    "ErrorClass",
    "ErrorMeaning",
    "Evidence",
    "EvidenceFile",
    "FeedPage",
    "GoTo",
    "Hold",
    "HttpRequest",
    "HttpResponse",
    "InboundNotice",
    "IncrementOrder",
    "InvokeWallet",
    "LineKind",
    "Notice",
    "NoticeReply",
    "Operation",
    "Order",
    "Outcome",
    "OutcomeState",
    "Pauses",
    "PayoutOrder",
    "PostForm",
    "Product",
    "Receiver",
    "RefundOrder",
    "Reply",
    "Request",
    "Security",
    "SendMoney",
    "SendTokens",
    "ShowCode",
    "SignOnce",
    "Signed",
    "SplitOrder",
    "Step",
    "ask",
    "fingerprint_of",
    "inquire_at",
    "is_of_our_vault",
    "said_again",
    "sign_once",
    "unknown_outcome",
]
