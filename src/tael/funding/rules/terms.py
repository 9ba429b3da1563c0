"""May so much be topped up or withdrawn, and what does it cost? By the dated rule; no input, no output, no clock."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from tael.foundation.clock import CHINA
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.funding.errors import FundingLimit, FundingMalformed, QuoteOver
from tael.funding.model import CurrencyTerms, FundingTerms, Quote, SoFar, TopUp, TopUpTerms, WithdrawalTerms

ABOUT, ABOUT_REFUND = "withdrawal", "top_up_refund"
"""The kinds of acts that a user confirms."""
_BASIS = 10_000


def start_of_day(at: datetime) -> datetime:
    """The last midnight in China."""
    return at.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def why_not_topped_up(amount: Money, so_far: SoFar, terms: FundingTerms) -> Refusal | None:
    """The refusal of a top-up, or `None`."""
    found = _terms_of(amount, terms)
    if isinstance(found, Refusal):
        return found
    return _why_too_much(amount, so_far, found.top_up, "top up")


def why_not_withdrawn(amount: Money, so_far: SoFar, terms: FundingTerms) -> Refusal | None:
    """The refusal of a withdrawal, or `None`."""
    found = _terms_of(amount, terms)
    if isinstance(found, Refusal):
        return found
    refusal = _why_too_much(amount, so_far, found.withdrawal, "withdraw")
    if refusal is None and fee_of(amount, found.withdrawal).minor >= amount.minor:
        return FundingMalformed("The fee would take all of it.", field="amount_minor")
    return refusal


def fee_of(amount: Money, terms: WithdrawalTerms) -> Money:
    """What a withdrawal costs, rounded half up to a minor unit, between the smallest and the largest fee."""
    share = (2 * amount.minor * terms.fee_basis_points + _BASIS) // (2 * _BASIS)
    return Money(min(max(share, terms.fee_smallest_minor), terms.fee_largest_minor), amount.currency)


def why_quote_over(quote: Quote, now: datetime) -> QuoteOver | None:
    """The refusal of a quote that does not hold any more, or `None`."""
    if quote.used_by is not None:
        return QuoteOver("A withdrawal was made by this quote already.", field="quote_id")
    if now >= quote.expires_at:
        return QuoteOver("This quote is too old.", field="quote_id", hint="Ask for a new one.")
    return None


def about_of(quote: Quote, card_shown: str) -> bytes:
    """SHA-256 of what its user sees of a withdrawal: confirmed for this, it serves nothing else."""
    said = {
        "amount_minor": quote.amount_minor,
        "card": quote.bank_card_id,
        "card_shown": card_shown,
        "currency": quote.currency,
        "fee_minor": quote.fee_minor,
        "kind": ABOUT,
        "quote": quote.id,
    }
    return _digest(said)


def about_of_refund(top_up: TopUp, amount: Money, to: str) -> bytes:
    """SHA-256 of what its user sees of a refund of a top-up, as `about_of`."""
    said = {
        "amount_minor": amount.minor,
        "currency": amount.currency,
        "kind": ABOUT_REFUND,
        "to": to,
        "top_up": top_up.id,
    }
    return _digest(said)


def _digest(said: Mapping[str, object]) -> bytes:
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def _terms_of(amount: Money, terms: FundingTerms) -> CurrencyTerms | FundingMalformed:
    found = terms.currencies.get(amount.currency)
    if found is not None:
        return found
    known = ", ".join(sorted(terms.currencies))
    return FundingMalformed(
        f"Wallets take no {amount.currency[:12]} here.", field="currency", hint=f"They take {known}."
    )


def _why_too_much(
    amount: Money, so_far: SoFar, terms: TopUpTerms | WithdrawalTerms, verb: str
) -> Refusal | None:
    def money(minor: int) -> Money:
        return Money(minor, amount.currency)

    if amount.minor < terms.smallest_minor:
        return FundingMalformed(f"You {verb} {money(terms.smallest_minor)} or more.", field="amount_minor")
    if amount.minor > terms.single_minor:
        return FundingLimit(
            f"You {verb} {money(terms.single_minor)} at most at a time.",
            field="amount_minor",
            limit_minor=terms.single_minor,
        )
    if so_far.minor + amount.minor > terms.day_minor:
        left = max(0, terms.day_minor - so_far.minor)
        return FundingLimit(
            f"You {verb} {money(terms.day_minor)} at most in a day; today {money(left)} are left.",
            field="amount_minor",
            limit_minor=terms.day_minor,
            left_minor=left,
        )
    if so_far.count >= terms.day_count:
        return FundingLimit(f"You {verb} {terms.day_count} times at most in a day.", field="amount_minor")
    return None
