"""A connector, and the bank's pen: what the tests of its parts need, without a wire."""

from datetime import UTC, datetime

import msgspec
import pytest

from tael.channels.connectors.bank import BankConnector, BankCredentials, BankSettings
from tael.channels.port import (
    FeedPage,
    HttpRequest,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    PayoutOrder,
    Product,
    RefundOrder,
    Request,
)
from tael.foundation.money import Money
from tael.simulators.bank.customer import ACCOUNT, PREFIX
from tael.simulators.bank.messages import Entry, write_notification

NOW = datetime(2026, 5, 1, 4, 31, 10, tzinfo=UTC)
SETTINGS = BankSettings(
    payments_url="https://bank.example/payments",
    mailbox_url="https://bank.example/mailbox",
    account_number=ACCOUNT,
    account_name="Tael Payments Ltd.",
    bank_name="Simulated Bank",
    bank_code="SIMUCNBJ",
    virtual_prefix=PREFIX,
)
CREDENTIALS = BankCredentials(user="tael", password="secret", account_key="k" * 40)
CONNECTOR = BankConnector(SETTINGS, CREDENTIALS)
ORDER = Order(
    order_number="att_06dk3vg5m8x4t9c1h2zq7n0rby",
    amount=Money(1280, "CNY"),
    subject="A pot of tea",
    expires_at=NOW,
    notice_url="",
    product=Product.TRANSFER,
)
PAYOUT = PayoutOrder(
    payout_number="pout_06dk3vg5m8x4t9c1h2zq7n0rbz",
    amount=Money(5000, "CNY"),
    payee_account="6222020000001000026",
    payee_name="李四",
    payee_bank="102100099996",
    purpose="Settlement",
    created_at=NOW,
)
REFUND = RefundOrder(
    refund_number="rfd_06dk3vg5m8x4t9c1h2zq7n0rbx",
    amount=Money(300, "CNY"),
    reason="broken",
    created_at=NOW,
    payer_account="6222020000001000034|ICBKCNBJ|张三",
)
INQUIRE = Request(operation=Operation.INQUIRE, order=ORDER)
PAY_OUT = Request(operation=Operation.PAY_OUT, payout=PAYOUT)
ASK_PAYOUT = Request(operation=Operation.INQUIRE_PAYOUT, payout=PAYOUT)


def virtual_account(connector: BankConnector = CONNECTOR, order: Order = ORDER) -> str:
    """The account number that the connector gives to the order."""
    with pytest.raises(StopIteration) as end:
        next(connector.converse(Request(operation=Operation.PAY, order=order), now=NOW))
    outcome = end.value.value
    assert outcome.channel_reference is not None
    return str(outcome.channel_reference)


def asked(request: Request, connector: BankConnector = CONNECTOR) -> HttpRequest:
    """The first message of a conversation."""
    step = next(connector.converse(request, now=NOW))
    assert isinstance(step, HttpRequest)
    return step


def heard(request: Request, body: bytes, *, status: int = 200) -> Outcome:
    """What comes of an answer."""
    conversation = CONNECTOR.converse(request, now=NOW)
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.send(HttpResponse(status=status, headers={}, body=body))
    outcome = end.value.value
    assert isinstance(outcome, Outcome)
    return outcome


def fed(body: bytes) -> FeedPage:
    """What comes of looking into the mailbox, whatever is asked of it afterwards."""
    conversation = CONNECTOR.fetch_notices("", now=NOW)
    response = HttpResponse(status=200, headers={}, body=body)
    next(conversation)
    while True:
        try:
            conversation.send(response)
        except StopIteration as end:
            page: FeedPage = end.value
            return page


def mailbox(*bodies: str) -> bytes:
    """A mailbox that holds these messages."""
    listed = [
        {"id": number, "type": "camt.054.001.08", "body": body} for number, body in enumerate(bodies, 1)
    ]
    return msgspec.json.encode(listed)


def credit(amount_minor: int = 1280, *, reference: str = "CR1", account: str = "") -> str:
    """A camt.054 of money that came for the order."""
    entry = Entry(
        reference=reference,
        amount_minor=amount_minor,
        booked_at=NOW,
        account=account or virtual_account(),
        other="6222020000001000034",
        other_name="张三",
    )
    return write_notification("NT1", entry, at=NOW)


def movement(amount_minor: int, name: str, *, why_back: str = "") -> str:
    """A camt.054 of a transfer of ours."""
    entry = Entry(
        reference="DB1",
        amount_minor=amount_minor,
        booked_at=NOW,
        end_to_end_id=name,
        other="6222020000001000026",
        why_back=why_back,
    )
    return write_notification("NT2", entry, at=NOW)
