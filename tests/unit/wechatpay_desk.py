"""What do the tests of the WeChat Pay connector write with? Its keys on both sides, and answers signed as wanted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tael.channels.connectors.wechatpay import KIND, WechatPayConnector
from tael.channels.port import (
    HttpResponse,
    InboundNotice,
    Operation,
    Order,
    PayoutOrder,
    Product,
    Receiver,
    RefundOrder,
    Request,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.wechatpay import MERCHANT_ID, credentials, settings
from tael.simulators.wechatpay.keys import Seal, prepare_keys

NOW = datetime(2026, 5, 1, 4, 30, tzinfo=UTC)
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
TRANSACTION = "4200000202605011234567890"
ORDER = Order(
    order_number="order-1",
    amount=Money(1280, "CNY"),
    subject="两杯咖啡",
    expires_at=datetime(2026, 5, 1, 5, 0, tzinfo=UTC),
    notice_url="https://pay.example/notices/wechatpay",
    payer_id=OPENID,
    payer_code="130000000000000000",
    payer_address="203.0.113.7",
    channel_reference=TRANSACTION,
)
REFUND = RefundOrder(refund_number="refund-1", amount=Money(300, "CNY"), reason="cold")
SPLIT = SplitOrder(
    split_number="split-1",
    receivers=[Receiver(account="1900000110", amount=Money(200, "CNY"), description="分")],
)
PAYOUT = PayoutOrder(payout_number="out_1", amount=Money(5000, "CNY"), payee_account=OPENID, purpose="结算")
PAID: Mapping[str, Any] = {
    "mchid": MERCHANT_ID,
    "out_trade_no": "order-1",
    "trade_state": "SUCCESS",
    "transaction_id": TRANSACTION,
    "success_time": "2026-05-01T12:29:00+08:00",
    "amount": {"total": 1280, "currency": "CNY"},
    "payer": {"openid": OPENID},
}
GIVEN_BACK: Mapping[str, Any] = {
    "out_trade_no": "order-1",
    "out_refund_no": "refund-1",
    "refund_id": "50300000202605011234567890",
    "status": "SUCCESS",
    "success_time": "2026-05-01T12:29:00+08:00",
    "amount": {"total": 1280, "refund": 300, "currency": "CNY"},
}
SHARED: Mapping[str, Any] = {
    "transaction_id": TRANSACTION,
    "out_order_no": "split-1",
    "order_id": "3000000",
    "state": "FINISHED",
    "receivers": [{"account": "1900000110", "amount": 200, "result": "SUCCESS"}],
}
SENT: Mapping[str, Any] = {
    "out_bill_no": "out1",
    "state": "SUCCESS",
    "transfer_bill_no": "1330000",
    "mch_id": MERCHANT_ID,
    "openid": OPENID,
    "transfer_amount": 5000,
    "update_time": "2026-05-01T12:29:00+08:00",
}


class Desk(msgspec.Struct, frozen=True):
    """Our connector, and the other side's keys."""

    connector: WechatPayConnector
    seal: Seal

    def answer(
        self, content: Mapping[str, Any] | bytes, *, status: int = 200, now: datetime = NOW, serial: str = ""
    ) -> HttpResponse:
        """A signed answer; its headers' names in small letters, as the wire gives them."""
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        headers = self.seal.headers(body, serial=serial or self.seal.serials[0], now=now)
        lowered = {name.lower(): value for name, value in headers.items()}
        return HttpResponse(status=status, headers=lowered, body=body)

    def notice(
        self, kind: str, content: Mapping[str, Any] | bytes, *, now: datetime = NOW, **changes: Any
    ) -> InboundNotice:
        """A signed notice with sealed content."""
        text = content if isinstance(content, bytes) else msgspec.json.encode(content)
        envelope = {
            "id": "EV-1",
            "event_type": kind,
            "resource_type": "encrypt-resource",
            "resource": self.seal.seal(text, about="transaction"),
        }
        answer = self.answer(envelope | changes, now=now)
        return InboundNotice(headers=answer.headers, query="", body=answer.body)


def desk_in(folder: Path, **changes: Any) -> Desk:
    """A desk with the keys in `folder`; `changes` are other settings or credentials."""
    entered = {**settings(folder, "https://api.example"), **changes}
    secret = {**credentials(folder, ""), **changes}
    connector = KIND.make(
        msgspec.convert(
            {name: entered[name] for name in entered if name in KIND.settings.__struct_fields__},
            KIND.settings,
        ),
        msgspec.convert(
            {name: secret[name] for name in secret if name in KIND.credentials.__struct_fields__},
            KIND.credentials,
        ),
    )
    assert isinstance(connector, WechatPayConnector)
    return Desk(connector, Seal(prepare_keys(folder)))


def request_for(operation: Operation, product: Product = Product.CODE) -> Request:
    """A request with everything that any operation needs."""
    order = msgspec.structs.replace(ORDER, product=product)
    return Request(operation=operation, order=order, refund=REFUND, split=SPLIT, payout=PAYOUT)


def refusal(status: int, code: str) -> HttpResponse:
    """An error, which nobody has signed."""
    return HttpResponse(status=status, headers={}, body=msgspec.json.encode({"code": code, "message": "no"}))
