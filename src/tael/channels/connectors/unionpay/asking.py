"""What do we ask UnionPay? The fields of each message, before they are signed.

A transaction is known by `merId`, `orderId` and `txnTime` together: the moment at which it was first sent is a part of
its name, so an inquiry needs it as well.
"""

import base64
from datetime import datetime

import msgspec

from tael.channels.connectors.unionpay.values import (
    CURRENCY_NUMBER,
    write_time,
    write_words,
)
from tael.channels.port import Order, PayoutOrder, Product
from tael.foundation.money import Money

PAGES = frozenset({Product.PAGE, Product.H5})
PROBE_NUMBER = "TaelProbe"
NO_FRONT_PAGE = "http://www.specialUrl.com"
"""What UnionPay wants to read where nobody is led back."""

_GATEWAY_BUSINESS = "000201"
_ANY_BUSINESS = "000000"
_PAYOUT_BUSINESS = "000401"
_COMPUTER, _PHONE = "07", "08"
_CARD = "01"
"""`accType` of a bank card."""


class Kind(msgspec.Struct, frozen=True):
    """What kind of transaction a message is about."""

    txn_type: str
    txn_sub_type: str


INQUIRY = Kind("00", "00")
PAYMENT = Kind("01", "01")
CODE_PAYMENT = Kind("01", "07")
REFUND = Kind("04", "00")
PAYOUT = Kind("12", "00")
FILE = Kind("76", "01")


class Name(msgspec.Struct, frozen=True):
    """By what UnionPay knows a transaction."""

    order_id: str
    txn_time: str

    @classmethod
    def at(cls, order_id: str, moment: datetime) -> "Name":
        """The name of what was first sent at `moment`."""
        return cls(order_id, write_time(moment))


def fields_of(kind: Kind, *, merchant: str, business: str = _ANY_BUSINESS) -> dict[str, str]:
    """What every message holds."""
    return {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "txnType": kind.txn_type,
        "txnSubType": kind.txn_sub_type,
        "bizType": business,
        "accessType": "0",
        "merId": merchant,
    }


def business_of(product: Product) -> str:
    """The `bizType` of a product."""
    return _ANY_BUSINESS if product is Product.CODE else _GATEWAY_BUSINESS


def payment(order: Order, name: Name, *, merchant: str) -> dict[str, str]:
    """Begin an order."""
    product = order.product
    kind = CODE_PAYMENT if product is Product.CODE else PAYMENT
    fields = fields_of(kind, merchant=merchant, business=business_of(product)) | {
        "channelType": _COMPUTER if product is Product.PAGE else _PHONE,
        "orderId": name.order_id,
        "txnTime": name.txn_time,
        "txnAmt": str(order.amount.minor),
        "currencyCode": CURRENCY_NUMBER,
        "backUrl": order.notice_url,
        "payTimeout": write_time(order.expires_at),
    }
    if product in PAGES:
        fields["frontUrl"] = order.return_url or NO_FRONT_PAGE
        fields["riskRateInfo"] = f"{{commodityName={write_words(order.subject)}}}"
    else:
        fields["orderDesc"] = write_words(order.subject)
    return fields


def inquiry(name: Name, *, merchant: str) -> dict[str, str]:
    """Ask how a transaction stands."""
    return fields_of(INQUIRY, merchant=merchant) | {"orderId": name.order_id, "txnTime": name.txn_time}


def refund(
    order: Order, name: Name, *, amount: Money, original: str, original_order: str, merchant: str
) -> dict[str, str]:
    """Give money back: a transaction of its own, which names the payment.

    Our number of the order goes along in `reqReserved`, which comes back in every answer and notice.
    """
    return fields_of(REFUND, merchant=merchant, business=business_of(order.product)) | {
        "channelType": _COMPUTER if order.product is Product.PAGE else _PHONE,
        "orderId": name.order_id,
        "txnTime": name.txn_time,
        "txnAmt": str(amount.minor),
        "currencyCode": CURRENCY_NUMBER,
        "backUrl": order.notice_url,
        "origQryId": original,
        "reqReserved": original_order,
    }


def payout(
    order: PayoutOrder, name: Name, *, merchant: str, sealed_card: str, sealed_for: str
) -> dict[str, str]:
    """Send money to a card (代付), whose number is encrypted for UnionPay's key of the number `sealed_for`."""
    fields = fields_of(PAYOUT, merchant=merchant, business=_PAYOUT_BUSINESS) | {
        "channelType": _COMPUTER,
        "orderId": name.order_id,
        "txnTime": name.txn_time,
        "txnAmt": str(order.amount.minor),
        "currencyCode": CURRENCY_NUMBER,
        "backUrl": order.notice_url or NO_FRONT_PAGE,
        "accType": _CARD,
        "accNo": sealed_card,
        "encryptCertId": sealed_for,
    }
    if order.payee_name:
        whose = f"{{customerNm={write_words(order.payee_name)}}}"
        fields["customerInfo"] = base64.b64encode(whose.encode()).decode()
    if order.purpose:
        fields["postscript"] = write_words(order.purpose, longest=30)
    return fields


def clearing_file(settle_date: str, *, now: datetime, merchant: str) -> dict[str, str]:
    """Ask for the file of a day, `MMDD`."""
    return fields_of(FILE, merchant=merchant) | {
        "txnTime": write_time(now),
        "settleDate": settle_date,
        "fileType": "00",
    }
