"""What can Stripe do for us? Amounts are Stripe's documented smallest charges, and eight digits at most."""

from collections.abc import Mapping
from datetime import timedelta

from tael.channels.connectors.stripe.bills import READY_AT
from tael.channels.connectors.stripe.meanings import ERROR_CODES, EVIDENCE_FIELDS, EVIDENCE_FILES
from tael.channels.connectors.stripe.notices import WINDOW_SECONDS
from tael.channels.connectors.stripe.orders import SESSION_AT_MOST
from tael.channels.connectors.stripe.values import PER_HUNDRED, TIMES_HUNDRED
from tael.channels.port import (
    AmountRange,
    BillKind,
    BillTerms,
    Capabilities,
    Operation,
    Product,
    Security,
)
from tael.foundation.money import EXPONENTS

_LARGEST_UNITS = 99_999_999
_SMALLEST_UNITS: Mapping[str, int] = {
    "AED": 200,
    "AUD": 50,
    "BHD": 200,
    "BRL": 50,
    "CAD": 50,
    "CHF": 50,
    "CNY": 400,
    "CZK": 1500,
    "DKK": 250,
    "EUR": 50,
    "GBP": 30,
    "HKD": 400,
    "HUF": 17500,
    "IDR": 1_000_000,
    "INR": 50,
    "ISK": 10_000,
    "JOD": 400,
    "JPY": 50,
    "KRW": 1000,
    "KWD": 200,
    "MGA": 2500,
    "MXN": 1000,
    "MYR": 200,
    "NOK": 300,
    "NZD": 50,
    "OMR": 200,
    "PHP": 3000,
    "PLN": 200,
    "RON": 200,
    "SEK": 300,
    "SGD": 50,
    "THB": 1000,
    "TND": 1600,
    "TWD": 2000,
    "UGX": 200_000,
    "USD": 50,
    "VND": 14_000,
    "ZAR": 1000,
}
"""By currency, in Stripe's units. Where Stripe names none of its own, what half a dollar was worth, rounded up."""


def _range_of(currency: str, smallest_units: int) -> AmountRange:
    if currency in TIMES_HUNDRED:
        return AmountRange(smallest_units // 100, _LARGEST_UNITS // 100)
    if EXPONENTS[currency] == 3:
        return AmountRange(smallest_units, _LARGEST_UNITS // 10 * 10)
    factor = 100 if currency in PER_HUNDRED else 1
    return AmountRange(smallest_units * factor, _LARGEST_UNITS * factor)


OPERATION_TIMEOUT_SECONDS = {
    Operation.PAY: 15.0,
    Operation.INQUIRE: 8.0,
    Operation.CLOSE: 10.0,
    Operation.CANCEL: 15.0,
    Operation.CAPTURE: 15.0,
    Operation.INCREMENT: 15.0,
    Operation.REFUND: 15.0,
    Operation.INQUIRE_REFUND: 8.0,
    Operation.PAY_OUT: 15.0,
    Operation.INQUIRE_PAYOUT: 8.0,
    Operation.SUBMIT_EVIDENCE: 25.0,
    Operation.INQUIRE_DISPUTE: 8.0,
    Operation.PROBE: 5.0,
}

CAPABILITIES = Capabilities(
    method="card",
    operations=frozenset(OPERATION_TIMEOUT_SECONDS),
    products=frozenset({Product.CARD, Product.PAGE, Product.H5}),
    amounts={currency: _range_of(currency, units) for currency, units in _SMALLEST_UNITS.items()},
    security=Security(
        requests="Bearer over TLS",
        answers="",
        notices="HMAC-SHA256 (Stripe-Signature v1)",
        notice_window_seconds=WINDOW_SECONDS,
    ),
    operation_timeout_seconds=OPERATION_TIMEOUT_SECONDS,
    lifetime_seconds={
        product: int(SESSION_AT_MOST // timedelta(seconds=1)) for product in (Product.PAGE, Product.H5)
    },
    refund_window_days=180,
    refunds_per_order=50,
    capture_later=frozenset({Product.CARD, Product.PAGE, Product.H5}),
    partial_captures=True,
    notices=True,
    feed_seconds=60,
    bills={kind: BillTerms(format="JSON pages", ready_at=READY_AT) for kind in BillKind},
    evidence_fields=EVIDENCE_FIELDS - EVIDENCE_FILES,
    evidence_files=EVIDENCE_FILES,
    error_codes=ERROR_CODES,
)
