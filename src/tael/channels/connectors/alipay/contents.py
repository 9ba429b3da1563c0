"""What do we ask? The `biz_content` of each method."""

import re
from collections.abc import Mapping
from typing import Any

from tael.channels.connectors.alipay.values import write_subject, write_time
from tael.channels.port import Operation, Order, PayoutOrder, Product, RefundOrder, Request, SplitOrder

PRODUCT_CODES = {
    Product.CODE: "QR_CODE_OFFLINE",
    Product.BARCODE: "FACE_TO_FACE_PAYMENT",
    Product.JSAPI: "JSAPI_PAY",
    Product.PAGE: "FAST_INSTANT_TRADE_PAY",
    Product.H5: "QUICK_WAP_WAY",
    Product.APP: "QUICK_MSECURITY_PAY",
}
PROBE_NUMBER = "tael_probe"
"""An order number that we never give: to ask for it changes nothing."""
_USER_ID = re.compile(r"2088[0-9]{12}")

Content = Mapping[str, Any]


def of_payment(order: Order, *, app_id: str) -> Content:
    """A new order, in its scene."""
    content: dict[str, Any] = {
        "out_trade_no": order.order_number,
        "total_amount": order.amount.decimal(),
        "subject": write_subject(order.subject),
        "product_code": PRODUCT_CODES[order.product],
        "time_expire": write_time(order.expires_at),
    }
    if order.split_later:
        content["extend_params"] = {"royalty_freeze": "true"}
    match order.product:
        case Product.BARCODE:
            content |= {"scene": "bar_code", "auth_code": order.payer_code}
        case Product.JSAPI:
            name = "buyer_id" if _USER_ID.fullmatch(order.payer_id) else "buyer_open_id"
            content |= {"op_app_id": app_id, name: order.payer_id}
        case Product.H5 if order.return_url:
            content["quit_url"] = order.return_url
    return content


def of_order(request: Request) -> Content:
    """An operation about an order, or about one of its refunds."""
    content = {"out_trade_no": request.the_order().order_number}
    if request.operation is Operation.REFUND:
        return content | _of_refund(request.the_refund())
    if request.operation is Operation.INQUIRE_REFUND:
        return content | {"out_request_no": request.the_refund().refund_number}
    return content


def of_split(split: SplitOrder, *, trade_no: str, seller_id: str) -> Content:
    """Parts of a trade for others; with the last ones the rest is ours."""
    content: dict[str, Any] = {
        "out_request_no": split.split_number,
        "trade_no": trade_no,
        "royalty_mode": "sync",
        "royalty_parameters": [
            {
                "royalty_type": "transfer",
                "trans_out": seller_id,
                "trans_out_type": "userId",
                "trans_in": receiver.account,
                "trans_in_type": "userId" if _USER_ID.fullmatch(receiver.account) else "loginName",
                "amount": receiver.amount.decimal(),
                "desc": receiver.description,
            }
            for receiver in split.receivers
        ],
    }
    if split.last:
        content["extend_params"] = {"royalty_finish": "true"}
    return content


def of_payout(payout: PayoutOrder) -> Content:
    """A transfer to an account at Alipay: its user id, or its login name with the owner's name."""
    payee = {
        "identity": payout.payee_account,
        "identity_type": "ALIPAY_USER_ID" if _USER_ID.fullmatch(payout.payee_account) else "ALIPAY_LOGON_ID",
    }
    if payout.payee_name:
        payee["name"] = payout.payee_name
    return {
        "out_biz_no": payout.payout_number,
        "trans_amount": payout.amount.decimal(),
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
        "order_title": write_subject(payout.purpose),
        "payee_info": payee,
    }


def of_payout_inquiry(payout: PayoutOrder) -> Content:
    """The transfer of our number."""
    return {
        "out_biz_no": payout.payout_number,
        "product_code": "TRANS_ACCOUNT_NO_PWD",
        "biz_scene": "DIRECT_TRANSFER",
    }


def _of_refund(refund: RefundOrder) -> dict[str, str]:
    return {
        "refund_amount": refund.amount.decimal(),
        "out_request_no": refund.refund_number,
        "refund_reason": refund.reason,
    }
