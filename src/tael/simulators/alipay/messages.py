"""What stands in an answer, and what in a notice?"""

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.foundation.clock import CHINA
from tael.simulators.alipay.trades import Refund, Split, Trade, TradeStatus
from tael.simulators.alipay.transfers import Transfer

BUYER_ID = "2088000288880002"
BUYER_LOGON_ID = "138****8888"
SELLER_EMAIL = "seller@simulator.example"

_ONLY_WHEN_PAID = (
    "gmt_payment",
    "fund_bill_list",
    "receipt_amount",
    "invoice_amount",
    "buyer_pay_amount",
    "point_amount",
)

AMOUNT_FIELDS = (
    "total_amount",
    "receipt_amount",
    "buyer_pay_amount",
    "invoice_amount",
    "refund_fee",
    "refund_amount",
    "send_back_fee",
    "trans_amount",
    "amount",
)
ORDER_FIELDS = ("out_trade_no", "out_biz_no", "out_request_no")


def yuan(minor: int) -> str:
    """Fen as yuan with two places."""
    return f"{minor // 100}.{minor % 100:02}"


def china_time(moment: datetime) -> str:
    """`2026-05-01 09:30:00`, in China's time."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def one_fen_more(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields with every amount a fen too much."""
    return {name: _more(value) if name in AMOUNT_FIELDS else value for name, value in fields.items()} | {
        name: [one_fen_more(item) for item in value]
        for name, value in fields.items()
        if isinstance(value, list)
    }


def another_order(fields: dict[str, Any]) -> dict[str, Any]:
    """The same fields about another order, refund, split or transfer."""
    return {name: f"{value}9" if name in ORDER_FIELDS else value for name, value in fields.items()}


def _more(value: str | msgspec.Raw) -> str | msgspec.Raw:
    if isinstance(value, msgspec.Raw):
        return msgspec.Raw(yuan(int(bytes(value).replace(b".", b"")) + 1).encode())
    return yuan(int(value.replace(".", "")) + 1)


def inquiry_answer(trade: Trade) -> dict[str, str]:
    """The fields of alipay.trade.query."""
    paid = yuan(trade.total_minor if trade.status is TradeStatus.TRADE_SUCCESS else 0)
    answer = {
        "buyer_logon_id": BUYER_LOGON_ID,
        "buyer_pay_amount": paid,
        "buyer_user_id": BUYER_ID,
        "invoice_amount": paid,
        "out_trade_no": trade.out_trade_no,
        "point_amount": "0.00",
        "receipt_amount": paid,
    }
    if trade.paid_at is not None:
        answer["send_pay_date"] = china_time(trade.paid_at)
    return answer | {
        "subject": trade.subject,
        "total_amount": yuan(trade.total_minor),
        "trade_no": trade.trade_no or "",
        "trade_status": trade.status or "",
    }


def paid_answer(trade: Trade) -> dict[str, str]:
    """The fields of alipay.trade.pay for money that was taken."""
    paid = yuan(trade.total_minor)
    return {
        "buyer_logon_id": BUYER_LOGON_ID,
        "buyer_pay_amount": paid,
        "buyer_user_id": BUYER_ID,
        "gmt_payment": china_time(trade.paid_at or trade.created_at),
        "invoice_amount": paid,
        "out_trade_no": trade.out_trade_no,
        "point_amount": "0.00",
        "receipt_amount": paid,
        "total_amount": paid,
        "trade_no": trade.trade_no or "",
    }


def asking_answer(trade: Trade) -> dict[str, str]:
    """The fields of alipay.trade.pay while the payer is being asked: code 10003."""
    return {
        "code": "10003",
        "msg": " order success pay inprocess",
        "buyer_logon_id": BUYER_LOGON_ID,
        "buyer_user_id": BUYER_ID,
        "out_trade_no": trade.out_trade_no,
        "total_amount": yuan(trade.total_minor),
        "trade_no": trade.trade_no or "",
    }


def split_answer(split: Split, *, seller_id: str) -> dict[str, Any]:
    """The fields of alipay.trade.order.settle.query."""
    return {
        "operation_dt": china_time(split.at),
        "out_request_no": split.out_request_no,
        "royalty_detail_list": [
            {
                "operation_type": "transfer",
                "execute_dt": china_time(split.at),
                "trans_out": seller_id,
                "trans_out_type": "userId",
                "trans_in": share.trans_in,
                "trans_in_type": share.trans_in_type,
                "amount": msgspec.Raw(yuan(share.amount_minor).encode()),
                "state": "SUCCESS",
                "detail_id": f"{split.settle_no}{place:02}",
            }
            for place, share in enumerate(split.shares)
        ],
    }


def transfer_answer(transfer: Transfer) -> dict[str, str]:
    """The fields of alipay.fund.trans.uni.transfer."""
    answer = {
        "order_id": transfer.order_id,
        "out_biz_no": transfer.out_biz_no,
        "status": transfer.status,
    }
    if transfer.sent_count:
        answer |= {"pay_fund_order_id": transfer.order_id, "trans_date": china_time(transfer.at)}
    return answer


def transfer_inquiry_answer(transfer: Transfer) -> dict[str, str]:
    """The fields of alipay.fund.trans.common.query."""
    answer = {
        "order_fee": "0.00",
        "order_id": transfer.order_id,
        "out_biz_no": transfer.out_biz_no,
        "status": transfer.status,
        "trans_amount": yuan(transfer.amount_minor),
    }
    if transfer.sent_count:
        answer |= {"pay_date": china_time(transfer.at), "pay_fund_order_id": transfer.order_id}
    if transfer.status == "FAIL":
        answer |= {"error_code": "PAYEE_CARD_INFO_ERROR", "fail_reason": "收款方账户异常"}
    return answer


def return_parameters(trade: Trade, *, app_id: str, seller_id: str, now: datetime) -> dict[str, str]:
    """What Alipay's page adds to the address to which it leads the payer back, but for the signature."""
    return {
        "app_id": app_id,
        "auth_app_id": app_id,
        "charset": "utf-8",
        "method": f"{trade.method}.return",
        "out_trade_no": trade.out_trade_no,
        "seller_id": seller_id,
        "sign_type": "RSA2",
        "timestamp": china_time(now),
        "total_amount": yuan(trade.total_minor),
        "trade_no": trade.trade_no or "",
        "version": "1.0",
    }


def refund_answer(trade: Trade, refund: Refund, *, moved: bool) -> dict[str, str]:
    """The fields of alipay.trade.refund; `refund_fee` is all that was given back so far."""
    return {
        "buyer_logon_id": BUYER_LOGON_ID,
        "buyer_user_id": BUYER_ID,
        "fund_change": "Y" if moved else "N",
        "gmt_refund_pay": china_time(refund.at),
        "out_trade_no": trade.out_trade_no,
        "refund_fee": yuan(trade.refunded_minor),
        "send_back_fee": yuan(refund.amount_minor if moved else 0),
        "trade_no": trade.trade_no or "",
    }


def refund_inquiry_answer(trade: Trade, refund: Refund) -> dict[str, str]:
    """The fields of alipay.trade.fastpay.refund.query for a refund that was made."""
    return {
        "out_request_no": refund.out_request_no,
        "out_trade_no": trade.out_trade_no,
        "refund_amount": yuan(refund.amount_minor),
        "refund_status": "REFUND_SUCCESS",
        "total_amount": yuan(trade.total_minor),
        "trade_no": trade.trade_no or "",
    }


def new_notify_id(now: datetime) -> str:
    """A number as Alipay gives its notices."""
    return f"{now.astimezone(CHINA):%Y%m%d}00222{secrets.randbelow(10**21):021}"


def notice_of_trade(trade: Trade, *, app_id: str, seller_id: str) -> dict[str, Any]:
    """The fields of a notice about a trade, but for those that are set when it is sent."""
    fields: dict[str, Any] = {
        "notify_type": "trade_status_sync",
        "app_id": app_id,
        "auth_app_id": app_id,
        "charset": trade.charset,
        "version": "1.0",
        "sign_type": "RSA2",
        "trade_no": trade.trade_no or "",
        "out_trade_no": trade.out_trade_no,
        "buyer_id": BUYER_ID,
        "buyer_logon_id": BUYER_LOGON_ID,
        "seller_id": seller_id,
        "seller_email": SELLER_EMAIL,
        "trade_status": trade.status or "",
        "total_amount": yuan(trade.total_minor),
        "subject": trade.subject,
        "gmt_create": china_time(trade.created_at),
    }
    if trade.body:
        fields["body"] = trade.body
    if trade.paid_at is not None:
        paid = yuan(trade.total_minor)
        fields |= {
            "receipt_amount": paid,
            "invoice_amount": paid,
            "buyer_pay_amount": paid,
            "point_amount": "0.00",
            "gmt_payment": china_time(trade.paid_at),
            "fund_bill_list": f'[{{"amount":"{paid}","fundChannel":"ALIPAYACCOUNT"}}]',
        }
    if trade.closed_at is not None:
        fields["gmt_close"] = china_time(trade.closed_at)
    return fields


def notice_of_refund(trade: Trade, refund: Refund, *, app_id: str, seller_id: str) -> dict[str, Any]:
    """The fields of a notice about a refund; `refund_fee` is all that was given back so far."""
    return notice_of_trade(trade, app_id=app_id, seller_id=seller_id) | {
        "out_biz_no": refund.out_request_no,
        "refund_fee": yuan(trade.refunded_minor),
        "send_back_fee": yuan(refund.amount_minor),
        "gmt_refund": f"{china_time(refund.at)}.000",
    }


def older_than(notice: dict[str, Any], *, now: datetime) -> list[dict[str, Any]]:
    """Older notices that come after one of success: the trade waits; the trade was closed unpaid."""
    unpaid = {name: value for name, value in notice.items() if name not in _ONLY_WHEN_PAID}
    older = now - timedelta(seconds=30)
    return [
        unpaid | {"trade_status": TradeStatus.WAIT_BUYER_PAY.value},
        unpaid | {"trade_status": TradeStatus.TRADE_CLOSED.value, "gmt_close": china_time(older)},
    ]
