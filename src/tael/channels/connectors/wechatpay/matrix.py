"""What can WeChat Pay do? As declared to payments, routing and pages, and proved by acceptance."""

from datetime import timedelta

from tael.channels.connectors.wechatpay.meanings import ERROR_MEANINGS
from tael.channels.connectors.wechatpay.requests import PRODUCTS
from tael.channels.connectors.wechatpay.signing import SCHEME, WINDOW_SECONDS
from tael.channels.connectors.wechatpay.values import CURRENCY
from tael.channels.port import (
    AmountRange,
    BillKind,
    BillTerms,
    Capabilities,
    Operation,
    Product,
    Security,
)

TIMEOUT_SECONDS = {
    Operation.PAY: 5.0,
    Operation.INQUIRE: 3.0,
    Operation.CLOSE: 5.0,
    Operation.CANCEL: 10.0,
    Operation.REFUND: 10.0,
    Operation.INQUIRE_REFUND: 3.0,
    Operation.SPLIT: 10.0,
    Operation.INQUIRE_SPLIT: 3.0,
    Operation.PAY_OUT: 10.0,
    Operation.INQUIRE_PAYOUT: 3.0,
    Operation.PROBE: 3.0,
}

_BILL = BillTerms(format="gzip of UTF-8 CSV", ready_at=timedelta(hours=10))

CAPABILITIES = Capabilities(
    method="wechat_pay",
    operations=frozenset(TIMEOUT_SECONDS),
    products=PRODUCTS,
    amounts={CURRENCY: AmountRange(1, 10_000_000_000)},
    security=Security(
        requests=SCHEME,
        answers=SCHEME,
        notices=f"{SCHEME}, AES-256-GCM",
        notice_window_seconds=WINDOW_SECONDS,
    ),
    operation_timeout_seconds=TIMEOUT_SECONDS,
    lifetime_seconds={Product.CODE: 7200, Product.JSAPI: 7200, Product.APP: 7200, Product.H5: 300},
    refund_window_days=365,
    partial_refunds=True,
    refunds_per_order=50,
    splits=True,
    bills={BillKind.TRADES: _BILL, BillKind.FUNDS: _BILL},
    error_codes=ERROR_MEANINGS,
)
