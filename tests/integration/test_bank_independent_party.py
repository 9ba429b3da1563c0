"""Does a bank that we did not write understand us, and do we understand it? `mock-bank` is the other side here."""

import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import msgspec
import pytest
from mockbank.server import Config, make_server  # type: ignore[import-untyped]  # mock-bank comes without types

from tael.channels.connectors.bank import BankConnector, BankCredentials, BankSettings
from tael.channels.conversations import carry_on
from tael.channels.port import (
    Bill,
    BillKind,
    BillWanted,
    ErrorClass,
    FeedPage,
    HttpRequest,
    LineKind,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    Request,
)
from tael.channels.transport import Wire
from tael.foundation.money import Money

NOW = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
CREDENTIALS = BankCredentials(user="tael", password="secret", account_key="k" * 40)
CLOSED = "NL84MOCK0000000003"
ELSEWHERE = "NL91ABNA0417164300"


class Bank(msgspec.Struct, frozen=True):
    """The other bank, our connector to it, and a wire between them."""

    url: str
    connector: BankConnector
    wire: Wire

    async def ask(self, operation: Operation, **about: Any) -> Outcome:
        """One operation."""
        request = Request(operation=operation, **about)
        return await carry_on(self.connector.converse(request, now=NOW), self.wire)

    async def feed(self, cursor: str = "") -> FeedPage:
        """What it tells."""
        return await carry_on(self.connector.fetch_notices(cursor, now=NOW), self.wire)

    async def statement(self, day: date) -> Bill:
        """Its record of a day."""
        wanted = BillWanted(kind=BillKind.FUNDS, day=day)
        return await carry_on(self.connector.fetch_bill(wanted, now=NOW), self.wire)

    async def tell(self, path: str, content: object = None, *, method: str = "POST") -> None:
        """Let something happen at the bank."""
        user = aiohttp.encode_basic_auth("tael", "secret")
        async with (
            aiohttp.ClientSession(headers={"authorization": user}) as session,
            session.request(method, self.url + path, json=content) as answer,
        ):
            assert answer.status < 300, await answer.text()


@pytest.fixture
def url() -> Iterator[str]:
    server = make_server(Config(port=0, quiet=True, clock="2026-10-01T09:00", auth="tael:secret"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def _connector(url: str, message_format: str) -> BankConnector:
    settings = BankSettings(
        payments_url=f"{url}/payments",
        mailbox_url=f"{url}/_mock/mailbox",
        account_number="NL41MOCK0000000001",
        account_name="ACME Corporation",
        bank_name="Mock Bank",
        bank_code="MOCKNL2A",
        currency="EUR",
        virtual_prefix="9550",
        message_format=message_format,
    )
    return BankConnector(settings, CREDENTIALS)


@pytest.fixture(params=["pain.001.001.03", "pain.001.001.09"])
async def bank(url: str, request: pytest.FixtureRequest) -> AsyncIterator[Bank]:
    wire = Wire(timeout_seconds=5, connections=2)
    yield Bank(url, _connector(url, request.param), wire)
    await wire.close()


def _payout_of(number: str, account: str, bank: str = "") -> PayoutOrder:
    return PayoutOrder(
        payout_number=number,
        amount=Money(123_456, "EUR"),
        payee_account=account,
        payee_name="Jane Doe & Söhne",
        payee_bank=bank,
        purpose="Settlement <May>",
        created_at=NOW,
    )


async def test_it_finds_nothing_wrong_with_our_transfers(bank: Bank) -> None:
    payout = _payout_of("pout_06dk3vg5m8x4t9c1h2zq7n0rby", ELSEWHERE, "ABNANL2A")
    step = next(bank.connector.converse(Request(operation=Operation.PAY_OUT, payout=payout), now=NOW))
    assert isinstance(step, HttpRequest)
    user = {"authorization": aiohttp.encode_basic_auth("tael", "secret")}
    async with (
        aiohttp.ClientSession(headers=user) as session,
        session.post(f"{bank.url}/_mock/validate", data=step.body) as answer,
    ):
        assert "1 batch, 1 payment, 0 findings" in await answer.text()


async def test_it_carries_out_a_transfer_once_and_its_statement_says_so(bank: Bank) -> None:
    payout = _payout_of("pout_1", ELSEWHERE, "ABNANL2A")
    assert (await bank.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.WAITING
    assert (await bank.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.UNKNOWN
    found = await bank.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (found.state, found.amount) == (OutcomeState.SUCCEEDED, payout.amount)
    await bank.tell("/_mock/advance?days=1")
    bill = await bank.statement(date(2026, 10, 1))
    assert [(line.kind, line.amount, line.refund_number) for line in bill.lines] == [
        (LineKind.PAYOUT, Money(-123_456, "EUR"), "pout_1")
    ]


async def test_its_refusal_is_read_with_its_reason(bank: Bank) -> None:
    payout = _payout_of("pout_2", CLOSED)
    await bank.ask(Operation.PAY_OUT, payout=payout)
    await bank.ask(Operation.PAY_OUT, payout=payout)
    outcome = await bank.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "AC04")
    assert outcome.error_class is ErrorClass.REQUEST


async def test_a_transfer_that_it_sends_back_days_later_has_failed(bank: Bank) -> None:
    await bank.tell(
        "/_mock/accounts/ACME",
        {"behaviour": "return-later", "parameters": {"days": 2, "reason": "AC06"}},
        method="PATCH",
    )
    payout = _payout_of("pout_3", ELSEWHERE, "ABNANL2A")
    await bank.ask(Operation.PAY_OUT, payout=payout)
    assert (await bank.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.SUCCEEDED
    before = await bank.feed()
    await bank.tell("/_mock/advance?days=5")
    outcome = await bank.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "AC06")
    told = [notice.outcome for notice in (await bank.feed(before.cursor)).notices if notice.outcome]
    assert {(one.payout_number, one.state) for one in told} == {("pout_3", OutcomeState.FAILED)}


async def test_money_that_comes_to_it_finds_its_order_by_what_the_payer_wrote(bank: Bank) -> None:
    order = Order(
        order_number="att_1",
        amount=Money(10_000, "EUR"),
        subject="x",
        expires_at=NOW,
        notice_url="",
        product=Product.TRANSFER,
    )
    account = (await bank.ask(Operation.PAY, order=order)).channel_reference
    debtor = {"name": "Customer Ltd", "iban": "NL14MOCK0000000002"}
    credit = {"account": "ACME", "debtor": debtor}
    await bank.tell("/_mock/credits", {**credit, "amount": 4_000, "reference": account})
    await bank.tell("/_mock/credits", {**credit, "amount": 6_000, "note": f"for {account}, thank you"})
    await bank.tell("/_mock/credits", {**credit, "amount": 777, "note": "for nobody"})
    found = await bank.ask(Operation.INQUIRE, order=order)
    assert (found.state, found.received) == (OutcomeState.SUCCEEDED, Money(10_000, "EUR"))
    assert found.payer_account == "NL14MOCK0000000002||Customer Ltd"
    told = [notice.outcome for notice in (await bank.feed()).notices if notice.outcome]
    assert {one.channel_reference for one in told} == {account}
    assert told[-1].received == Money(10_000, "EUR")
    await bank.tell("/_mock/advance?days=1")
    bill = await bank.statement(date(2026, 10, 1))
    assert [(line.kind, line.amount.minor, line.channel_reference) for line in bill.lines] == [
        (LineKind.PAYMENT, 4_000, account),
        (LineKind.PAYMENT, 6_000, account),
        (LineKind.OTHER, 777, ""),
    ]


async def test_it_refuses_a_stranger_and_we_say_so(url: str) -> None:
    wire = Wire(timeout_seconds=5, connections=2)
    stranger = msgspec.structs.replace(CREDENTIALS, password="wrong")
    connector = BankConnector(_connector(url, "pain.001.001.09")._settings, stranger)
    outcome = await carry_on(connector.converse(Request(operation=Operation.PROBE), now=NOW), wire)
    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)
    await wire.close()
