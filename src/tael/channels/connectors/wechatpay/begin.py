"""What must the payer do, now that an order has begun? Each product has its own way into the wallet."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit

import msgspec

from tael.channels.connectors.wechatpay.settings import WechatPaySettings
from tael.channels.connectors.wechatpay.signing import Signer, new_nonce
from tael.channels.connectors.wechatpay.values import read_words
from tael.channels.port import (
    Action,
    GoTo,
    InvokeWallet,
    Order,
    Outcome,
    OutcomeState,
    Product,
    Request,
    ShowCode,
    unknown_outcome,
)

_LONGEST_URL = 1024
_LONGEST_PREPAY_ID = 64


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """What the beginning of an order gives, whichever product."""

    code_url: str = ""
    h5_url: str = ""
    prepay_id: str = ""


def read_begun(
    request: Request, begun: Begun, *, signer: Signer, settings: WechatPaySettings, now: datetime
) -> Outcome:
    """The order waits, and this is what the payer must do."""
    order = request.the_order()
    action = _action(order, begun, signer=signer, settings=settings, now=now)
    if action is None:
        return unknown_outcome(request, "WeChat Pay's answer holds nothing for the payer to use.")
    return Outcome(state=OutcomeState.WAITING, order_number=order.order_number, action=action)


def _action(
    order: Order, begun: Begun, *, signer: Signer, settings: WechatPaySettings, now: datetime
) -> Action | None:
    if order.product is Product.CODE:
        return ShowCode(code_url=begun.code_url) if _is_plain(begun.code_url, _LONGEST_URL) else None
    if order.product is Product.H5:
        return GoTo(url=_with_return(begun.h5_url, order)) if _is_web_address(begun.h5_url) else None
    if not _is_plain(begun.prepay_id, _LONGEST_PREPAY_ID):
        return None
    parameters = _of_jsapi if order.product is Product.JSAPI else _of_app
    return InvokeWallet(
        parameters=parameters(begun.prepay_id, signer, settings, str(int(now.timestamp())), new_nonce())
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return _is_plain(url, _LONGEST_URL) and parts.scheme in ("https", "http") and bool(parts.hostname)


def _is_plain(text: str, longest: int) -> bool:
    return (
        bool(text) and len(text) <= longest and text == read_words(text, longest=longest) and " " not in text
    )


def _with_return(url: str, order: Order) -> str:
    """The wallet's page leads back to `redirect_url`."""
    if not order.return_url:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode({'redirect_url': order.return_url})}"


def _of_jsapi(
    prepay_id: str, signer: Signer, settings: WechatPaySettings, timestamp: str, nonce: str
) -> dict[str, str]:
    """What `WeixinJSBridge` and `wx.requestPayment` want."""
    package = f"prepay_id={prepay_id}"
    return {
        "appId": settings.app_id,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "package": package,
        "signType": "RSA",
        "paySign": signer.sign(f"{settings.app_id}\n{timestamp}\n{nonce}\n{package}\n"),
    }


def _of_app(
    prepay_id: str, signer: Signer, settings: WechatPaySettings, timestamp: str, nonce: str
) -> dict[str, str]:
    """What the wallet's kit for apps wants."""
    return {
        "appid": settings.app_id,
        "partnerid": settings.merchant_id,
        "prepayid": prepay_id,
        "package": "Sign=WXPay",
        "noncestr": nonce,
        "timestamp": timestamp,
        "sign": signer.sign(f"{settings.app_id}\n{timestamp}\n{nonce}\n{prepay_id}\n"),
    }
