"""Does the simulator's book allow only what a payment service allows, and take money once?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from tael.simulators.alipay.contents import NewTrade, amount_of
from tael.simulators.alipay.refusals import TradeRefused
from tael.simulators.alipay.trades import Trade, TradeBook, TradeStatus
from tael.simulators.base import Journal
from tael.testing.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 5, 1, 4, 0, tzinfo=UTC))


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """Where each change is written."""
    return tmp_path / "state.jsonl"


@pytest.fixture
def book(clock: ManualClock, record: Path) -> Iterator[TradeBook]:
    journal = Journal(record)
    yield TradeBook(clock, journal.drawer("trade", Trade))
    journal.end()


def ordered(book: TradeBook, *, time_expire: str = "") -> Trade:
    asked = NewTrade(
        out_trade_no="order_1",
        total_amount=msgspec.Raw(b'"12.80"'),
        subject="x",
        time_expire=time_expire,
    )
    return book.begin(asked, method="alipay.trade.precreate")


def test_money_is_taken_once(book: TradeBook) -> None:
    trade = ordered(book)

    assert not book.pay(trade), "nobody has scanned it"
    book.scan(trade)
    assert book.pay(trade)
    assert not book.pay(trade)
    assert not book.pay(trade, late=True)
    assert trade.payments == 1


def test_what_was_paid_and_given_back_is_not_paid_again(book: TradeBook) -> None:
    trade = ordered(book)
    book.scan(trade)
    book.pay(trade)
    assert book.refund(trade, out_request_no="re_1", amount_minor=1280)

    assert trade.status is TradeStatus.TRADE_CLOSED
    assert not book.pay(trade, late=True)


def test_a_code_is_good_for_two_hours_and_no_longer_than_its_order(
    book: TradeBook, clock: ManualClock
) -> None:
    trade = ordered(book, time_expire="2026-05-01 16:00:00")
    assert trade.expires_at == clock.now() + timedelta(hours=4)
    clock.move(hours=2)

    book.scan(trade)
    assert trade.status is None
    book.scan(trade, late=True)
    assert trade.status is TradeStatus.WAIT_BUYER_PAY


def test_a_trade_ends_at_its_time_when_somebody_looks(
    book: TradeBook, clock: ManualClock, record: Path
) -> None:
    trade = ordered(book, time_expire="2026-05-01 12:10:00")
    book.scan(trade)
    clock.move(minutes=10)

    assert book.find("order_1").status is TradeStatus.TRADE_CLOSED
    kept = [msgspec.json.decode(line)[2]["status"] for line in record.read_bytes().splitlines()]
    assert kept == [None, "WAIT_BUYER_PAY", "TRADE_CLOSED"]


def test_an_order_that_has_ended_before_it_began_is_refused(book: TradeBook) -> None:
    with pytest.raises(TradeRefused, match="INVALID_PARAMETER"):
        ordered(book, time_expire="2026-05-01 12:00:00")


@pytest.mark.parametrize(
    ("written", "minor"), [(b'"12.80"', 1280), (b"12.8", 1280), (b'"0.01"', 1), (b"100", 10000)]
)
def test_amounts_are_taken_as_they_are_written(written: bytes, minor: int) -> None:
    assert amount_of(msgspec.Raw(written)) == minor


@pytest.mark.parametrize("written", [b'""', b"0", b'"0.00"', b"-1", b'"1.234"', b"1e2", b"[1]", b"null"])
def test_what_is_no_amount_is_refused(written: bytes) -> None:
    with pytest.raises(TradeRefused):
        amount_of(msgspec.Raw(written))
