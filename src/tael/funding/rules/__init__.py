"""What is decided about funding without asking anybody?

lifecycle  what can happen to a top-up, its refund and a withdrawal, in which state, and where it leads
terms      what may be topped up and withdrawn, and what it costs
cards      what is known of a card by its first digits, and whether it can be used
names      what others' pages and statements call a top-up and a withdrawal
"""

from tael.funding.rules.cards import issuer_of, why_card_not_usable
from tael.funding.rules.lifecycle import (
    REFUNDS,
    TOP_UPS,
    WITHDRAWALS,
    NoSuchMove,
    RefundEvent,
    TopUpEvent,
    WithdrawalEvent,
    may,
    move,
)
from tael.funding.rules.names import TOP_UP_NAMES, WITHDRAWAL_NAMES
from tael.funding.rules.terms import (
    ABOUT,
    ABOUT_REFUND,
    about_of,
    about_of_refund,
    fee_of,
    start_of_day,
    why_not_topped_up,
    why_not_withdrawn,
    why_quote_over,
)

__all__ = [
    "ABOUT",
    "ABOUT_REFUND",
    "REFUNDS",
    "TOP_UPS",
    "TOP_UP_NAMES",
    "WITHDRAWALS",
    "WITHDRAWAL_NAMES",
    "NoSuchMove",
    "RefundEvent",
    "TopUpEvent",
    "WithdrawalEvent",
    "about_of",
    "about_of_refund",
    "fee_of",
    "issuer_of",
    "may",
    "move",
    "start_of_day",
    "why_card_not_usable",
    "why_not_topped_up",
    "why_not_withdrawn",
    "why_quote_over",
]
