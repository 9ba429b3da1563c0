"""What do payments look like on the wire? Requests that are strict, and bodies that agree with the nouns.

requests  what merchants send
bodies    payments, attempts, refunds, captures, increments; and the answers of calls
methods   ways to pay
sheets    exported lists
"""

from tael.foundation.words import (
    AmountMinor,
    Descriptor,
    Metadata,
    MethodName,
    Reference,
    WebAddress,
    Words,
)
from tael.payments.schemas.bodies import (
    AttemptBody,
    CaptureBody,
    IncrementBody,
    PaymentBody,
    PaymentDetailBody,
    PaymentListedBody,
    PriceBody,
    RefundBody,
    attempt_answer,
    attempt_body,
    payment_answer,
    payment_body,
    payment_detail_body,
    refund_answer,
    refund_body,
    step_answer,
    step_body,
)
from tael.payments.schemas.methods import MethodAmounts, MethodBody, method_bodies
from tael.payments.schemas.requests import (
    ChannelName,
    ClosePaymentRequest,
    CouponCodes,
    CreateCaptureRequest,
    CreateIncrementRequest,
    CreatePaymentRequest,
    CreateRefundRequest,
    HowToCapture,
    OnPayment,
    PayerParticular,
    StartAttemptRequest,
)
from tael.payments.schemas.sheets import SHEET_COLUMNS, payment_row

__all__ = [
    "SHEET_COLUMNS",
    "AmountMinor",
    "AttemptBody",
    "CaptureBody",
    "ChannelName",
    "ClosePaymentRequest",
    "CouponCodes",
    "CreateCaptureRequest",
    "CreateIncrementRequest",
    "CreatePaymentRequest",
    "CreateRefundRequest",
    "Descriptor",
    "HowToCapture",
    "IncrementBody",
    "Metadata",
    "MethodAmounts",
    "MethodBody",
    "MethodName",
    "OnPayment",
    "PayerParticular",
    "PaymentBody",
    "PaymentDetailBody",
    "PaymentListedBody",
    "PriceBody",
    "Reference",
    "RefundBody",
    "StartAttemptRequest",
    "WebAddress",
    "Words",
    "attempt_answer",
    "attempt_body",
    "method_bodies",
    "payment_answer",
    "payment_body",
    "payment_detail_body",
    "payment_row",
    "refund_answer",
    "refund_body",
    "step_answer",
    "step_body",
]
