"""What has to be entered for Alipay, and what can it do?"""

from datetime import timedelta

import msgspec

from tael.channels.connectors.alipay.meanings import error_codes
from tael.channels.connectors.alipay.values import CURRENCY
from tael.channels.port import (
    AmountRange,
    BillKind,
    BillTerms,
    Capabilities,
    Operation,
    Product,
    Security,
)

METHODS = {
    Operation.INQUIRE: "alipay.trade.query",
    Operation.CLOSE: "alipay.trade.close",
    Operation.CANCEL: "alipay.trade.cancel",
    Operation.REFUND: "alipay.trade.refund",
    Operation.INQUIRE_REFUND: "alipay.trade.fastpay.refund.query",
    Operation.SPLIT: "alipay.trade.order.settle",
    Operation.INQUIRE_SPLIT: "alipay.trade.order.settle.query",
    Operation.PAY_OUT: "alipay.fund.trans.uni.transfer",
    Operation.INQUIRE_PAYOUT: "alipay.fund.trans.common.query",
    Operation.PROBE: "alipay.trade.query",
}
PAY_METHODS = {
    Product.CODE: "alipay.trade.precreate",
    Product.BARCODE: "alipay.trade.pay",
    Product.JSAPI: "alipay.trade.create",
    Product.PAGE: "alipay.trade.page.pay",
    Product.H5: "alipay.trade.wap.pay",
    Product.APP: "alipay.trade.app.pay",
}
BILL_METHOD = "alipay.data.dataservice.bill.downloadurl.query"
BILL_TYPES = {BillKind.TRADES: "trade", BillKind.FUNDS: "signcustomer"}
BILL_READY_AT = timedelta(hours=9)
"""After the end of the day. In the morning, says Alipay; at ten it has always been there."""

LARGEST_MINOR = 10_000_000_000
TIMEOUT_SECONDS = {
    Operation.PAY: 10.0,
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
_NEED_CERTIFICATES = frozenset({Operation.PAY_OUT, Operation.INQUIRE_PAYOUT})


class AlipaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What Alipay gave us that may be shown."""

    gateway_url: str
    app_id: str
    seller_id: str
    """The account that is paid (2088…): notices for another are refused."""
    notice_max_age_seconds: int = 26 * 3600
    """How old a notice may be; see `notices` for the schedule of repetitions that this covers."""
    code_lifetime_seconds: int = 7200
    """How long Alipay keeps a code, whatever the order's own end."""


class AlipayCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """The keys."""

    app_private_key: str
    """Ours, to sign requests. PEM, or bare base64 as Alipay's key tool writes it."""
    alipay_public_keys: str
    """Alipay's, to check answers and notices: one or several, while one takes over from the other. PEM of keys or
    of certificates, or bare base64 as Alipay's console shows it, with an empty line between."""
    app_certificate: str = ""
    """Ours, in certificate mode. Transfers need it."""
    root_certificates: str = ""
    """Alipay's roots, in certificate mode, as its console gives them."""

    def __repr__(self) -> str:
        """Without the keys: credentials end up in tracebacks."""
        return "AlipayCredentials(hidden)"


def capabilities_of(settings: AlipaySettings, credentials: AlipayCredentials) -> Capabilities:
    """What the channel can do with these keys."""
    operations = frozenset({Operation.PAY, *METHODS})
    if not credentials.app_certificate:
        operations -= _NEED_CERTIFICATES
    return Capabilities(
        method="alipay",
        operations=operations,
        products=frozenset(PAY_METHODS),
        amounts={CURRENCY: AmountRange(1, LARGEST_MINOR)},
        security=Security(
            requests="RSA2",
            answers="RSA2",
            notices="RSA2",
            notice_window_seconds=settings.notice_max_age_seconds,
        ),
        operation_timeout_seconds=TIMEOUT_SECONDS,
        lifetime_seconds={Product.CODE: settings.code_lifetime_seconds},
        refund_window_days=365,
        partial_refunds=True,
        splits=True,
        bills={kind: BillTerms(format="ZIP of GBK CSV", ready_at=BILL_READY_AT) for kind in BILL_TYPES},
        error_codes=error_codes(),
    )
