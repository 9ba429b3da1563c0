"""Is money shared and sent once, and do keys take over from one another?"""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.channels.port import (
    ErrorClass,
    Operation,
    Order,
    OutcomeState,
    PayoutOrder,
    Receiver,
    SplitOrder,
)
from tael.foundation.money import Money
from tael.simulators.alipay import prepare_keys
from tael.simulators.base import Fault
from tael.testing.alipay import AlipayMerchant
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

Parties = tuple[RunningSimulator, AlipayMerchant]
RETURN_URL = "http://127.0.0.1:9/back?order=1"


@pytest.fixture(scope="module")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys take a third of a second to make: once for all."""
    return tmp_path_factory.mktemp("alipay") / "keys"


@pytest.fixture
async def parties(keys_folder: Path) -> AsyncIterator[Parties]:
    async with (
        running_simulator("alipay", keys_folder) as simulator,
        AlipayMerchant(connector_of(simulator)) as merchant,
    ):
        yield simulator, merchant


async def paid_order(parties: Parties, number: str, *, minor: int = 1280) -> Order:
    simulator, merchant = parties
    order = merchant.order(number, minor=minor)
    await merchant.ask(Operation.PAY, order)
    await simulator.control.pay(number)
    return order


# Splits


def split_of(number: str, *parts: tuple[str, int]) -> SplitOrder:
    receivers = [Receiver(account=account, amount=Money(minor, "CNY")) for account, minor in parts]
    return SplitOrder(split_number=number, receivers=receivers)


async def test_a_split_sent_twice_shares_the_money_once(parties: Parties) -> None:
    simulator, merchant = parties
    order = await paid_order(parties, "att_1")
    split = split_of("sp_1", ("2088000000000009", 300), ("2088000000000010", 80))
    assert (await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split)).state is OutcomeState.ABSENT

    first = await merchant.ask(Operation.SPLIT, order, split=split)
    second = await merchant.ask(Operation.SPLIT, order, split=split)

    assert (first.state, first.amount, first.split_number) == (
        OutcomeState.SUCCEEDED,
        Money(380, "CNY"),
        "sp_1",
    )
    assert second.state is OutcomeState.SUCCEEDED
    known = await merchant.ask(
        Operation.INQUIRE_SPLIT,
        msgspec.structs.replace(
            order, channel_reference=(await simulator.control.order("att_1")).channel_reference
        ),
        split=split,
    )
    assert known.state is OutcomeState.SUCCEEDED
    view = await simulator.control.order("att_1")
    assert [(part.account, part.amount_minor) for part in view.splits] == [
        ("2088000000000009", 300),
        ("2088000000000010", 80),
    ]


async def test_splits_that_cannot_be_are_refused_and_other_ones_under_a_number_are_unknown(
    parties: Parties,
) -> None:
    _, merchant = parties
    order, unpaid = await paid_order(parties, "att_1"), merchant.order("att_2")
    receiver = "2088000000000009"

    beyond = await merchant.ask(Operation.SPLIT, order, split=split_of("sp_1", (receiver, 1281)))
    assert (beyond.state, beyond.code) == (OutcomeState.FAILED, "ACQ.ALLOC_AMOUNT_VALIDATE_ERROR")
    absent = await merchant.ask(Operation.SPLIT, unpaid, split=split_of("sp_2", (receiver, 1)))
    assert (absent.state, absent.code) == (OutcomeState.FAILED, "ACQ.TRADE_NOT_EXIST")
    await merchant.ask(Operation.SPLIT, order, split=split_of("sp_3", (receiver, 100)))
    other = await merchant.ask(Operation.SPLIT, order, split=split_of("sp_3", (receiver, 101)))
    assert (other.state, other.code) == (OutcomeState.UNKNOWN, "ACQ.DISCORDANT_REPEAT_REQUEST")
    asked = await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split_of("sp_3", (receiver, 101)))
    assert asked.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize("fault", [Fault.LOST_REPLY, Fault.WRONG_SIGNATURE, Fault.SYSTEM_ERROR_AFTER])
async def test_a_split_that_was_not_heard_of_is_found_by_inquiry(parties: Parties, fault: Fault) -> None:
    simulator, merchant = parties
    order, split = await paid_order(parties, "att_1"), split_of("sp_1", ("2088000000000009", 300))
    await simulator.control.switch_on(fault, calls=1, method="alipay.trade.order.settle")

    assert (await merchant.ask(Operation.SPLIT, order, split=split)).state is OutcomeState.UNKNOWN

    assert (await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split)).state is OutcomeState.SUCCEEDED


@pytest.mark.parametrize("fault", [Fault.WRONG_AMOUNT, Fault.WRONG_ORDER])
async def test_a_split_with_other_words_than_ours_is_unknown(parties: Parties, fault: Fault) -> None:
    simulator, merchant = parties
    order, split = await paid_order(parties, "att_1"), split_of("sp_1", ("2088000000000009", 300))
    await simulator.control.switch_on(fault, calls=1, method="alipay.trade.order.settle.query")

    assert (await merchant.ask(Operation.SPLIT, order, split=split)).state is OutcomeState.UNKNOWN


# Transfers


def payout_of(number: str, *, payee: str = "2088000000000009", minor: int = 5000) -> PayoutOrder:
    return PayoutOrder(payout_number=number, amount=Money(minor, "CNY"), payee_account=payee, purpose="wages")


async def test_a_transfer_sent_twice_leaves_once(parties: Parties) -> None:
    simulator, merchant = parties
    payout = payout_of("po_1")
    assert (await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is OutcomeState.ABSENT

    first = await merchant.ask(Operation.PAY_OUT, payout=payout)
    second = await merchant.ask(Operation.PAY_OUT, payout=payout)

    assert (first.state, first.amount, first.payout_number) == (
        OutcomeState.SUCCEEDED,
        Money(5000, "CNY"),
        "po_1",
    )
    assert second.state is OutcomeState.SUCCEEDED
    assert first.channel_reference == second.channel_reference
    summary = await simulator.control.summary()
    assert (summary.payouts, summary.payouts_minor, summary.payouts_sent_more_than_once) == (1, 5000, 0)


async def test_transfers_that_cannot_be_are_refused_for_good(parties: Parties) -> None:
    simulator, merchant = parties
    await simulator.control.switch_on(Fault.BALANCE_NOT_ENOUGH, calls=1)

    poor = await merchant.ask(Operation.PAY_OUT, payout=payout_of("po_1"))
    nobody = await merchant.ask(Operation.PAY_OUT, payout=payout_of("po_2", payee="nobody"))
    await merchant.ask(Operation.PAY_OUT, payout=payout_of("po_3"))
    other = await merchant.ask(Operation.PAY_OUT, payout=payout_of("po_3", minor=5001))

    assert (poor.state, poor.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)
    assert (nobody.state, nobody.code) == (OutcomeState.FAILED, "PAYEE_NOT_EXIST")
    assert other.state is OutcomeState.UNKNOWN


@pytest.mark.parametrize(
    ("act", "state"),
    [("payout_succeed", OutcomeState.SUCCEEDED), ("payout_fail", OutcomeState.FAILED)],
)
async def test_a_transfer_on_its_way_waits_for_its_end(
    parties: Parties, act: str, state: OutcomeState
) -> None:
    simulator, merchant = parties
    payout = payout_of("po_1", payee="slow@bank.example")
    assert (await merchant.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.WAITING

    await simulator.control.act_on_payout(act, "po_1")

    ended = await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)
    assert ended.state is state
    assert (await simulator.control.payout("po_1")).sent_count == (state is OutcomeState.SUCCEEDED)


@pytest.mark.parametrize(
    ("fault", "truth"),
    [
        (Fault.LOST_REPLY, OutcomeState.SUCCEEDED),
        (Fault.TRUNCATED, OutcomeState.SUCCEEDED),
        (Fault.WRONG_SIGNATURE, OutcomeState.SUCCEEDED),
        (Fault.WRONG_ORDER, OutcomeState.SUCCEEDED),
        (Fault.SYSTEM_ERROR_AFTER, OutcomeState.SUCCEEDED),
        (Fault.SYSTEM_ERROR_BEFORE, OutcomeState.ABSENT),
    ],
)
async def test_a_fault_on_a_transfer_is_unknown_and_the_inquiry_tells_the_truth(
    parties: Parties, fault: Fault, truth: OutcomeState
) -> None:
    simulator, merchant = parties
    payout = payout_of("po_1")
    await simulator.control.switch_on(fault, calls=1, method="alipay.fund.trans.uni.transfer")

    assert (await merchant.ask(Operation.PAY_OUT, payout=payout)).state is OutcomeState.UNKNOWN

    assert (await merchant.ask(Operation.INQUIRE_PAYOUT, payout=payout)).state is truth
    await merchant.ask(Operation.PAY_OUT, payout=payout)
    assert (await simulator.control.payout("po_1")).sent_count == 1


# Keys


async def test_a_probe_tells_whether_alipay_believes_us(parties: Parties) -> None:
    simulator, merchant = parties

    assert (await merchant.ask(Operation.PROBE)).state is OutcomeState.SUCCEEDED
    keys = prepare_keys(simulator.home)
    credentials = dict(simulator.credentials) | {"app_private_key": keys.alipay_private_pem}
    impostor = connector_of(msgspec.structs.replace(simulator, credentials=credentials))
    async with AlipayMerchant(impostor) as other:
        refused = await other.ask(Operation.PROBE)
    assert (refused.state, refused.error_class) == (OutcomeState.FAILED, ErrorClass.ACCOUNT)
    await simulator.control.switch_on(Fault.SYSTEM_ERROR_BEFORE, calls=1)
    assert (await merchant.ask(Operation.PROBE)).state is OutcomeState.UNKNOWN


async def test_old_and_new_keys_of_alipay_are_both_believed_while_they_change(parties: Parties) -> None:
    simulator, _ = parties
    keys = prepare_keys(simulator.home)
    both = f"{keys.app_public_pem}\n{keys.alipay_certificate_pem}"
    only_other = keys.app_public_pem

    for text, state in ((both, OutcomeState.SUCCEEDED), (only_other, OutcomeState.UNKNOWN)):
        credentials = dict(simulator.credentials) | {"alipay_public_keys": text}
        connector = connector_of(msgspec.structs.replace(simulator, credentials=credentials))
        async with AlipayMerchant(connector) as merchant:
            assert (await merchant.ask(Operation.PROBE)).state is state
