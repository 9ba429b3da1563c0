"""A connector, and UnionPay's pen: what the tests of its parts need, without a wire."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec
import pytest

from tael.channels.connectors.unionpay import UnionPayConnector, UnionPayCredentials, UnionPaySettings
from tael.channels.port import (
    HttpRequest,
    HttpResponse,
    InboundNotice,
    Operation,
    Order,
    Outcome,
    Product,
    RefundOrder,
    Request,
)
from tael.foundation.money import Money
from tael.simulators.unionpay import credentials, settings
from tael.simulators.unionpay.keys import prepare_keys
from tael.simulators.unionpay.messages import Seal, write_answer, write_form

NOW = datetime(2026, 5, 1, 4, 31, 10, tzinfo=UTC)
ORDER = Order(
    order_number="att_06dk3vg5m8x4t9c1h2zq7n0rby",
    amount=Money(1280, "CNY"),
    subject="A pot of tea",
    expires_at=NOW + timedelta(minutes=15),
    notice_url="https://pay.example/notices/unionpay",
    product=Product.APP,
    created_at=NOW,
)
REFUND = RefundOrder(
    refund_number="rfd_06dk3vg5m8x4t9c1h2zq7n0rbz", amount=Money(300, "CNY"), reason="broken", created_at=NOW
)
PAID = msgspec.structs.replace(ORDER, channel_reference="202605011231100000001")


class Desk:
    """A connector and the keys of the channel that it trusts."""

    def __init__(self, home: Path) -> None:
        self.settings = settings(home, "http://unionpay.example")
        self.credentials = credentials(home, "")
        self.connector = self.made()
        self.keys = prepare_keys(home)
        self.seal = Seal(self.keys)

    def made(self, **changes: str) -> UnionPayConnector:
        """A connector with other credentials."""
        return UnionPayConnector(
            msgspec.convert(self.settings, type=UnionPaySettings),
            msgspec.convert({**self.credentials, **changes}, type=UnionPayCredentials),
        )

    def asked(self, request: Request) -> HttpRequest:
        """The first message of a conversation."""
        step = next(self.connector.converse(request, now=NOW))
        assert isinstance(step, HttpRequest)
        return step

    def heard(
        self, request: Request, body: bytes, *, now: datetime = NOW, status: int = 200, times: int = 1
    ) -> Outcome:
        """What comes of an answer to all messages of a conversation."""
        conversation = self.connector.converse(request, now=now)
        response = HttpResponse(status=status, headers={}, body=body)
        next(conversation)
        for _ in range(times - 1):
            conversation.send(response)
        with pytest.raises(StopIteration) as end:
            conversation.send(response)
        outcome = end.value.value
        assert isinstance(outcome, Outcome)
        return outcome

    def answer(self, request: Request, **changes: str) -> bytes:
        """A signed answer that would do, but for `changes`; an empty one leaves a field out."""
        sent = sent_by(self.asked(request))
        fields = {
            name: sent[name] for name in ("merId", "orderId", "txnTime", "txnType", "version") if name in sent
        }
        fields |= {"respCode": "00", "respMsg": "成功[0000000]", **changes}
        return write_answer(self.seal.seal({name: value for name, value in fields.items() if value}))

    def notice(self, **changes: str) -> InboundNotice:
        """A signed notice of a paid order, but for `changes`."""
        return self.inbound(write_form(self.seal.seal(self.notice_fields(**changes))))

    def notice_fields(self, **changes: str) -> dict[str, str]:
        """What a notice of a paid order says, but for `changes`."""
        return {
            "merId": str(self.settings["merchant_number"]),
            "orderId": sent_by(self.asked(Request(operation=Operation.INQUIRE, order=ORDER)))["orderId"],
            "txnTime": "20260501123110",
            "traceTime": "0501123140",
            "txnType": "01",
            "txnAmt": "1280",
            "currencyCode": "156",
            "queryId": "202605011231100000001",
            "respCode": "00",
            "accNo": "6221558812340048",
            **changes,
        }

    @staticmethod
    def inbound(body: bytes) -> InboundNotice:
        """A body, as it comes in."""
        return InboundNotice(headers={}, query="", body=body)


def sent_by(message: HttpRequest) -> Mapping[str, str]:
    """The fields of a message of ours."""
    return dict(parse_qsl(message.body.decode(), keep_blank_values=True))
