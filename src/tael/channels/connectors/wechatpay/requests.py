"""What do we say to WeChat Pay? The path and the content of the message for each operation."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tael.channels.connectors.wechatpay.settings import WechatPaySettings
from tael.channels.connectors.wechatpay.values import CURRENCY, bill_number, write_time, write_words
from tael.channels.port import Order, PayoutOrder, Product, Receiver, RefundOrder, SplitOrder

TRANSACTIONS = "/v3/pay/transactions"
REFUNDS = "/v3/refund/domestic/refunds"
SPLITS = "/v3/profitsharing/orders"
RECEIVERS = "/v3/profitsharing/receivers/add"
TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
CERTIFICATES = "/v3/certificates"

NAME_ALLOWED_FROM_MINOR = 30
"""WeChat Pay refuses to look at the payee's name below 0.30 yuan."""

_PATHS = {
    Product.CODE: "/native",
    Product.JSAPI: "/jsapi",
    Product.H5: "/h5",
    Product.APP: "/app",
    Product.BARCODE: "/codepay",
}
PRODUCTS = frozenset(_PATHS)

Content = dict[str, Any]


def path_of_pay(order: Order) -> str:
    """Where an order of this product begins."""
    return TRANSACTIONS + _PATHS[order.product]


def path_of_order(order_number: str, verb: str = "") -> str:
    """Where an order is asked about, closed or reversed."""
    return f"{TRANSACTIONS}/out-trade-no/{quote(order_number, safe='')}{verb}"


def path_of_refund(refund_number: str) -> str:
    """Where a refund is asked about."""
    return f"{REFUNDS}/{quote(refund_number, safe='')}"


def path_of_split(split_number: str, transaction_id: str) -> str:
    """Where a split is asked about."""
    return f"{SPLITS}/{quote(split_number, safe='')}?transaction_id={quote(transaction_id, safe='')}"


def path_of_transfer(payout_number: str) -> str:
    """Where a payout is asked about."""
    return f"{TRANSFERS}/out-bill-no/{bill_number(payout_number)}"


def content_of_pay(order: Order, settings: WechatPaySettings) -> Content:
    """The beginning of an order."""
    content: Content = {
        "appid": settings.app_id,
        "mchid": settings.merchant_id,
        "description": write_words(order.subject, longest=127),
        "out_trade_no": order.order_number,
        "amount": {"total": order.amount.minor, "currency": CURRENCY},
    }
    if order.split_later:
        content["settle_info"] = {"profit_sharing": True}
    if order.product is Product.BARCODE:
        scene: Content = {"store_info": {"id": settings.store_id}}
        if order.payer_address:
            scene["device_ip"] = order.payer_address
        return content | {"payer": {"auth_code": order.payer_code}, "scene_info": scene}
    content |= {"notify_url": order.notice_url, "time_expire": write_time(order.expires_at)}
    if order.product is Product.JSAPI:
        content["payer"] = {"openid": order.payer_id}
    elif order.product is Product.H5:
        content["scene_info"] = {"payer_client_ip": order.payer_address, "h5_info": {"type": "Wap"}}
    elif order.payer_address:
        content["scene_info"] = {"payer_client_ip": order.payer_address}
    return content


def content_of_refund(order: Order, refund: RefundOrder) -> Content:
    """A refund, of an order that we name by our own number."""
    content: Content = {
        "out_trade_no": order.order_number,
        "out_refund_no": refund.refund_number,
        "reason": write_words(refund.reason, longest=80),
        "amount": {"refund": refund.amount.minor, "total": order.amount.minor, "currency": CURRENCY},
    }
    if order.notice_url:
        content["notify_url"] = order.notice_url
    return content


def content_of_receiver(receiver: Receiver, settings: WechatPaySettings) -> Content:
    """Make somebody known who may get a part of orders."""
    return {
        "appid": settings.app_id,
        "type": _kind_of(receiver),
        "account": receiver.account,
        "relation_type": settings.receiver_relation,
    }


def content_of_split(split: SplitOrder, transaction_id: str, settings: WechatPaySettings) -> Content:
    """How a paid order is shared; the rest becomes ours if this is the last time."""
    return {
        "appid": settings.app_id,
        "transaction_id": transaction_id,
        "out_order_no": split.split_number,
        "receivers": receivers_of(split.receivers),
        "unfreeze_unsplit": split.last,
    }


def content_of_unfreeze(split: SplitOrder, transaction_id: str) -> Content:
    """Nobody gets a part of the order: all of it becomes ours."""
    return {
        "transaction_id": transaction_id,
        "out_order_no": split.split_number,
        "description": "解冻全部剩余资金",
    }


def receivers_of(receivers: Sequence[Receiver]) -> list[Content]:
    """Who gets how much."""
    return [
        {
            "type": _kind_of(receiver),
            "account": receiver.account,
            "amount": receiver.amount.minor,
            "description": write_words(receiver.description, longest=80),
        }
        for receiver in receivers
    ]


def _kind_of(receiver: Receiver) -> str:
    """Merchants have numbers of digits only, people have openids."""
    return "MERCHANT_ID" if receiver.account.isdecimal() else "PERSONAL_OPENID"


def content_of_transfer(payout: PayoutOrder, settings: WechatPaySettings, sealed_name: str) -> Content:
    """Money of ours to a payee's balance; the payee's name is sealed, or empty."""
    content: Content = {
        "appid": settings.app_id,
        "out_bill_no": bill_number(payout.payout_number),
        "transfer_scene_id": settings.payout_scene,
        "openid": payout.payee_account,
        "transfer_amount": payout.amount.minor,
        "transfer_remark": write_words(payout.purpose, longest=32),
        "transfer_scene_report_infos": [
            {"info_type": name, "info_content": said} for name, said in settings.reported()
        ],
    }
    if payout.notice_url:
        content["notify_url"] = payout.notice_url
    if sealed_name:
        content["user_name"] = sealed_name
    return content
