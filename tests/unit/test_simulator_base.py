"""Does what all simulators share keep count, remember, and refuse what a channel does not know?"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.x509 import load_pem_x509_certificate

from tael.foundation.errors import Unavailable
from tael.simulators.base import (
    Act,
    Fault,
    Faults,
    Journal,
    OrderView,
    PayoutView,
    RefundView,
    Refused,
    ShownCode,
    SimulatedChannel,
    Switch,
    load_rsa,
)
from tael.simulators.base.control import Control, Switches
from tael.simulators.unionpay.keys import prepare_keys

NOON = datetime(2026, 5, 1, 4, 0, tzinfo=UTC)


class Toy(SimulatedChannel):
    """Two orders and a payout, some of which have gone wrong."""

    def __init__(self) -> None:
        self.passed = timedelta()
        self.acts = {"pay": self._pay}

    def orders(self) -> list[OrderView]:
        """One that was paid twice, one that gave back more than came."""
        return [
            _order("a", paid_count=2, captured=200),
            _order("b", paid_count=1, captured=100, refunded=130),
        ]

    def payouts(self) -> list[PayoutView]:
        """One that left twice."""
        return [PayoutView(payout_number="p", state="SENT", amount_minor=50, currency="CNY", sent_count=2)]

    def bring_nearer(self, by: timedelta) -> None:
        """Remember."""
        self.passed += by

    def _pay(self, act: Act) -> OrderView:
        if act.order != "a":
            raise Refused(409, "not that one")
        return self.orders()[0]


def _order(number: str, *, paid_count: int, captured: int, refunded: int = 0) -> OrderView:
    return OrderView(
        order_number=number,
        channel_reference="",
        state="PAID",
        amount_minor=100,
        currency="CNY",
        paid_count=paid_count,
        captured_minor=captured,
        refunded_minor=refunded,
        refunds=[RefundView(refund_number="r", amount_minor=refunded)] if refunded else [],
    )


@pytest.fixture
def toy() -> Toy:
    return Toy()


@pytest.fixture
def control(toy: Toy) -> Control:
    return Control(toy, Faults())


def test_the_summary_counts_every_double_effect(control: Control) -> None:
    summary = control.summary()

    assert (summary.orders, summary.paid_orders, summary.paid_more_than_once) == (2, 2, 1)
    assert (summary.paid_minor, summary.refunds, summary.refunded_more_than_paid) == (300, 1, 1)
    assert (summary.payouts, summary.payouts_minor, summary.payouts_sent_more_than_once) == (1, 50, 1)


def test_a_fault_that_the_channel_does_not_know_is_refused(control: Control) -> None:
    known = control.answer("PUT", "faults", b'{"switches":[{"fault":"lost_reply","calls":1}]}')
    assert isinstance(known, Switches)
    assert [switch.fault for switch in known.switches] == [Fault.LOST_REPLY]
    assert Fault.WRONG_AMOUNT not in known.offers

    with pytest.raises(Refused, match="wrong_amount"):
        control.answer("PUT", "faults", b'{"switches":[{"fault":"wrong_amount"}]}')
    kept = control.answer("GET", "faults", b"")
    assert isinstance(kept, Switches)
    assert [switch.fault for switch in kept.switches] == [Fault.LOST_REPLY]


def test_orders_payouts_and_acts_are_found_by_number(toy: Toy, control: Control) -> None:
    assert msgspec.to_builtins(control.answer("GET", "orders/b", b""))["refunded_minor"] == 130
    assert msgspec.to_builtins(control.answer("GET", "payouts/p", b""))["sent_count"] == 2
    assert msgspec.to_builtins(control.answer("POST", "pay", b'{"order":"a"}'))["paid_count"] == 2
    control.answer("POST", "advance", b'{"seconds":60}')
    assert toy.passed == timedelta(minutes=1)
    for method, path, status in (("GET", "orders/c", 404), ("GET", "payouts/c", 404), ("POST", "fly", 404)):
        with pytest.raises(Refused) as refused:
            control.answer(method, path, b"{}")
        assert refused.value.status == status
    with pytest.raises(Refused) as refused:
        control.answer("POST", "pay", b'{"order":"b"}')
    assert refused.value.status == 409


def test_a_switch_counts_only_the_calls_that_it_is_about() -> None:
    faults = Faults()
    faults.replace([Switch(fault=Fault.LOST_REPLY, calls=2, order="a", method="pay")])

    assert not faults.strikes(Fault.DELAY, order="a", method="pay")
    assert not faults.strikes(Fault.LOST_REPLY, order="b", method="pay")
    assert not faults.strikes(Fault.LOST_REPLY, order="a", method="refund")
    assert faults.is_on(Fault.LOST_REPLY, order="a", method="pay")
    assert [faults.strikes(Fault.LOST_REPLY, order="a", method="pay") for _ in range(3)] == [
        True,
        True,
        False,
    ]
    assert faults.switches == []


def test_a_skewed_clock_is_a_quarter_of_an_hour_ahead_once() -> None:
    faults = Faults()
    faults.add(Switch(fault=Fault.CLOCK_SKEW, calls=1))

    assert faults.channel_time(NOON, order="a", method="notice") == NOON + timedelta(minutes=15)
    assert faults.channel_time(NOON, order="a", method="notice") == NOON


def test_a_journal_remembers_the_last_word_about_every_thing_and_is_kept_by_one(tmp_path: Path) -> None:
    file = tmp_path / "state.jsonl"
    journal = Journal(file)
    codes = journal.drawer("code", ShownCode)
    codes.keep("1", ShownCode(code="a"))
    codes.keep("2", ShownCode(code="b"))
    codes.keep("1", ShownCode(code="c"))
    with pytest.raises(Unavailable):
        Journal(file)
    journal.end()

    again = Journal(file)
    other, known = again.drawer("other", ShownCode), again.drawer("code", ShownCode)
    again.end()

    assert known.things == {"1": ShownCode(code="c"), "2": ShownCode(code="b")}
    assert list(known.things) == ["1", "2"]
    assert other.things == {}


@pytest.mark.parametrize("code", ["http://x/pay/28a?lang=en", "/pay/28a", "28a"])
def test_a_code_is_known_by_its_last_part(code: str) -> None:
    assert Act(code=code).last_of_code == "28a"


def test_two_that_prepare_one_folder_at_once_have_the_same_keys(tmp_path: Path) -> None:
    """The platform installs the stand-ins' channels while another process starts the stand-ins."""
    with ThreadPoolExecutor(max_workers=6) as pool:
        prepared = list(pool.map(lambda _: prepare_keys(tmp_path / "unionpay"), range(6)))
    assert len({(each.merchant.private_key, each.unionpay.private_key) for each in prepared}) == 1
    for holder in (prepared[0].merchant, prepared[0].middle):
        certificate = load_pem_x509_certificate(holder.certificate.encode())
        assert certificate.public_key() == load_rsa(holder.private_key).public_key()
    assert not [file.name for file in (tmp_path / "unionpay").iterdir() if file.name.startswith(".")]
