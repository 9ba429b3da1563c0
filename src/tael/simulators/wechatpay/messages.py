"""What stands in an answer, and what in a notice?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tael.foundation.clock import CHINA
from tael.simulators.wechatpay.keys import APP_ID, MERCHANT_ID
from tael.simulators.wechatpay.nouns import Order, Refund, Split, TradeState, Transfer

Fields = dict[str, Any]

_SAID_OF = {
    TradeState.NOTPAY: "订单未支付",
    TradeState.USERPAYING: "用户支付中，需要输入密码",
    TradeState.SUCCESS: "支付成功",
    TradeState.REFUND: "转入退款",
    TradeState.CLOSED: "已关闭",
    TradeState.REVOKED: "已撤销",
    TradeState.PAYERROR: "支付失败",
}
_AMOUNTS = frozenset({"total", "payer_total", "refund", "payer_refund", "amount", "transfer_amount"})
_MERCHANTS = frozenset({"mchid", "mch_id", "appid"})
_NUMBERS = frozenset({"out_trade_no", "out_refund_no", "out_bill_no", "out_order_no"})
_FIRST_FIELDS = ("appid", "mchid", "out_trade_no")


def china_time(moment: datetime) -> str:
    """`2026-05-01T12:30:00+08:00`."""
    return moment.astimezone(CHINA).replace(microsecond=0).isoformat()


def transaction(order: Order) -> Fields:
    """An order, in an answer or a notice."""
    fields: Fields = {
        "appid": APP_ID,
        "mchid": MERCHANT_ID,
        "out_trade_no": order.out_trade_no,
        "trade_state": order.state.value,
        "trade_state_desc": _SAID_OF[order.state],
        "attach": order.attach,
        "amount": {"total": order.total_minor, "currency": "CNY"},
        "payer": {},
    }
    if order.paid_at is not None:
        fields["transaction_id"] = order.transaction_id
        fields["trade_type"] = order.trade_type
        fields["bank_type"] = "OTHERS"
        fields["success_time"] = china_time(order.paid_at)
        fields["payer"] = {"openid": order.openid}
        fields["amount"] |= {"payer_total": order.total_minor, "payer_currency": "CNY"}
    return fields


def unpaid_transaction(order: Fields) -> Fields:
    """An older view of a paid order."""
    first = {name: order[name] for name in _FIRST_FIELDS}
    amount = {"total": order["amount"]["total"], "currency": "CNY"}
    said = {"trade_state": "NOTPAY", "trade_state_desc": _SAID_OF[TradeState.NOTPAY]}
    return first | said | {"amount": amount, "payer": {}}


def refund(order: Order, refund: Refund, *, first: bool = False) -> Fields:
    """A refund; the `first` answer says that it is on its way."""
    fields: Fields = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": "支付用户零钱",
        "create_time": china_time(refund.at),
        "status": "PROCESSING" if first else refund.status,
        "funds_account": "AVAILABLE",
        "amount": {
            "total": order.total_minor,
            "refund": refund.amount_minor,
            "from": [],
            "payer_total": order.total_minor,
            "payer_refund": refund.amount_minor,
            "settlement_refund": refund.amount_minor,
            "settlement_total": order.total_minor,
            "discount_refund": 0,
            "currency": "CNY",
            "refund_fee": refund.fee_minor,
        },
    }
    if not first and refund.status == "SUCCESS":
        fields["success_time"] = china_time(refund.at)
    return fields


def refund_notice(order: Order, refund: Refund) -> Fields:
    """A refund, as a notice tells of it: `refund_status`, and the merchant."""
    fields: Fields = {
        "mchid": MERCHANT_ID,
        "transaction_id": order.transaction_id,
        "out_trade_no": order.out_trade_no,
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "refund_status": refund.status,
        "user_received_account": "支付用户零钱",
        "amount": {
            "total": order.total_minor,
            "refund": refund.amount_minor,
            "payer_total": order.total_minor,
            "payer_refund": refund.amount_minor,
        },
    }
    if refund.status == "SUCCESS":
        fields["success_time"] = china_time(refund.at)
    return fields


def split(order: Order, split: Split, *, first: bool = False) -> Fields:
    """How an order was shared; the `first` answer says that it is under way."""
    time = china_time(split.at)
    receivers = [
        {
            "type": share.type,
            "account": share.account,
            "amount": share.amount,
            "description": share.description,
            "result": "PENDING" if first else "SUCCESS",
            "detail_id": share.detail_id,
            "create_time": time,
            "finish_time": time,
        }
        for share in split.shares
    ]
    if split.unfrozen_minor and not first:
        receivers.append(
            {
                "type": "MERCHANT_ID",
                "account": MERCHANT_ID,
                "amount": split.unfrozen_minor,
                "description": "解冻给分账方",
                "result": "SUCCESS",
                "detail_id": f"{split.order_id}1",
                "create_time": time,
                "finish_time": time,
            }
        )
    return {
        "transaction_id": order.transaction_id,
        "out_order_no": split.out_order_no,
        "order_id": split.order_id,
        "state": "PROCESSING" if first else "FINISHED",
        "receivers": receivers,
    }


def transfer_taken(transfer: Transfer) -> Fields:
    """The answer to the order of a transfer."""
    fields = {
        "out_bill_no": transfer.out_bill_no,
        "transfer_bill_no": transfer.transfer_bill_no,
        "create_time": china_time(transfer.at),
        "state": transfer.state,
    }
    if transfer.state == "WAIT_USER_CONFIRM":
        fields["package_info"] = f"affffddafdfafddffda{transfer.transfer_bill_no}=="
    if transfer.fail_reason:
        fields["fail_reason"] = transfer.fail_reason
    return fields


def transfer_notice(transfer: Transfer) -> Fields:
    """The end of a transfer, as a notice tells of it."""
    fields = transfer_taken(transfer)
    return fields | {
        "mch_id": MERCHANT_ID,
        "transfer_amount": transfer.amount_minor,
        "openid": transfer.openid,
        "update_time": china_time(transfer.updated_at),
    }


def transfer(transfer: Transfer) -> Fields:
    """The answer to an inquiry."""
    fields = transfer_taken(transfer)
    fields.pop("package_info", None)
    return fields | {
        "mch_id": MERCHANT_ID,
        "appid": APP_ID,
        "transfer_amount": transfer.amount_minor,
        "transfer_remark": transfer.remark,
        "openid": transfer.openid,
        "update_time": china_time(transfer.updated_at),
    }


def one_fen_more(fields: Any) -> Any:
    """The same with every amount a fen too much."""
    return _changed(fields, _AMOUNTS, lambda value: value + 1 if isinstance(value, int) else value)


def other_merchant(fields: Any) -> Any:
    """The same, for somebody else."""
    return _changed(fields, _MERCHANTS, lambda value: f"{value[:-1]}{(int(value[-1]) + 1) % 10}")


def other_number(fields: Any) -> Any:
    """The same, about something else."""
    return _changed(fields, _NUMBERS, lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"))


def _changed(fields: Any, names: frozenset[str], change: Any) -> Any:
    """A copy in which every value of those names is changed, however deep; lists and objects stay what they are."""
    if isinstance(fields, Mapping):
        return {
            name: change(value)
            if name in names and isinstance(value, int | str)
            else _changed(value, names, change)
            for name, value in fields.items()
        }
    return [_changed(item, names, change) for item in fields] if isinstance(fields, list) else fields
