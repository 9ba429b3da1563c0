"""Which request could WeChat Pay never take, so that it need not be sent?"""

from collections.abc import Mapping

from tael.channels.connectors.wechatpay.requests import PRODUCTS
from tael.channels.connectors.wechatpay.settings import WechatPaySettings
from tael.channels.connectors.wechatpay.values import (
    CURRENCY,
    bill_number,
    is_order_number,
    is_refund_number,
)
from tael.channels.port import Operation, Order, PayoutOrder, Product, Request

NAME_NEEDED_FROM_MINOR = 200_000


def what_is_wrong(request: Request, settings: WechatPaySettings) -> str | None:
    """Why WeChat Pay could never take this request; None if it could."""
    order, refund, split, payout = request.order, request.refund, request.split, request.payout
    if order is not None and not is_order_number(order.order_number):
        return "an order number has 6 to 32 letters, digits and _-|*"
    if refund is not None and not is_refund_number(refund.refund_number):
        return "a refund number has at most 64 letters, digits and _-|*@"
    if split is not None and not is_refund_number(split.split_number):
        return "a split number has at most 64 letters, digits and _-|*@"
    if payout is not None and bill_number(payout.payout_number) is None:
        return "a payout number has at most 32 letters and digits"
    amounts = [thing.amount for thing in (order, refund, payout) if thing is not None]
    if any(amount.currency != CURRENCY for amount in amounts):
        return f"WeChat Pay takes {CURRENCY} only"
    if request.operation is Operation.PAY:
        return _what_is_wrong_with_order(request.the_order())
    if request.operation is Operation.PAY_OUT:
        return _what_is_wrong_with_payout(request.the_payout(), settings)
    return None


def _what_is_wrong_with_order(order: Order) -> str | None:
    if order.product not in PRODUCTS or order.capture_later:
        return f"WeChat Pay has no {order.product}{' to be captured later' if order.capture_later else ''}"
    needed: Mapping[Product, tuple[str, str]] = {
        Product.JSAPI: (order.payer_id, "the payer's openid"),
        Product.H5: (order.payer_address, "the payer's IP address"),
        Product.BARCODE: (order.payer_code, "the code that the payer shows"),
    }
    value, name = needed.get(order.product, ("-", ""))
    return None if value else f"WeChat Pay needs {name}"


def _what_is_wrong_with_payout(payout: PayoutOrder, settings: WechatPaySettings) -> str | None:
    if not settings.payout_scene:
        return "the channel's settings name no transfer scene"
    if payout.amount.minor >= NAME_NEEDED_FROM_MINOR and not payout.payee_name:
        return "from 2,000 yuan on, WeChat Pay needs the payee's name"
    return None
