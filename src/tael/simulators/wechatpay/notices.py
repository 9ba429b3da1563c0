"""What does a notice look like, and when is it repeated? Sealed, signed anew each time, until a 2xx answers it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tael.simulators.base import Fault, Letter, Notice
from tael.simulators.wechatpay.keys import Seal
from tael.simulators.wechatpay.messages import (
    china_time,
    one_fen_more,
    other_merchant,
    other_number,
    unpaid_transaction,
)

PAID = "TRANSACTION.SUCCESS"
TRANSFERRED = "MCHTRANSFER.BILL.FINISHED"
_MINUTE, _HOUR = 60, 3600
WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(15, 15, 30),
        *(minutes * _MINUTE for minutes in (3, 10, 20, 30, 30, 30, 60)),
        *(hours * _HOUR for hours in (3, 3, 3, 6, 6)),
    )
)
_SUMMARIES = {
    PAID: "支付成功",
    "REFUND.SUCCESS": "退款成功",
    "REFUND.ABNORMAL": "退款异常",
    "REFUND.CLOSED": "退款关闭",
    TRANSFERRED: "商家转账单据终态通知",
}
SIGNATURE_TEST = "WECHATPAY/SIGNTEST/"


class WechatPayDelivery:
    """What is WeChat Pay's own about its notices."""

    waits: Sequence[timedelta] = WAITS

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self.serial = seal.serials[0]
        """The key that the merchant asked for last."""

    def write(self, notice: Notice, *, now: datetime, wrong: frozenset[Fault]) -> Letter:
        """The notice as it is sent now. A wrong signature is one of those that test whether anybody looks."""
        content = notice.content
        if Fault.WRONG_AMOUNT in wrong:
            content = one_fen_more(content)
        if Fault.WRONG_MERCHANT in wrong:
            content = other_merchant(content)
        if Fault.WRONG_ORDER in wrong:
            content = other_number(content)
        about = {PAID: "transaction", TRANSFERRED: "mch_payment"}.get(notice.kind, "refund")
        body = msgspec.json.encode(
            {
                "id": notice.notice_id,
                "create_time": china_time(now),
                "resource_type": "encrypt-resource",
                "event_type": notice.kind,
                "summary": _SUMMARIES[notice.kind],
                "resource": {"original_type": about}
                | self._seal.seal(msgspec.json.encode(content), about=about),
            }
        )
        forged = Fault.WRONG_SIGNATURE in wrong
        headers = self._seal.headers(body, serial=self.serial, now=now, forged=forged)
        if forged:
            headers["Wechatpay-Signature"] = SIGNATURE_TEST + headers["Wechatpay-Signature"]
        return Letter(
            headers=headers | {"Content-Type": "application/json", "User-Agent": "Mozilla/4.0"}, body=body
        )

    def accepted(self, status: int, body: bytes) -> bool:
        """200 or 204."""
        return status in (200, 204)

    def older(self, notice: Notice, *, now: datetime) -> Sequence[tuple[str, dict[str, Any]]]:
        """After a payment, a view of the order from before it."""
        return [(PAID, unpaid_transaction(notice.content))] if notice.kind == PAID else []
