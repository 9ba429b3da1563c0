"""Does the simulator remember everything after it was killed?"""

from pathlib import Path

from tael.channels.port import Operation, OutcomeState, Receiver, SplitOrder
from tael.foundation.money import Money
from tael.simulators.base import NOTICE, Fault
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.alipay import listening_for_notices, refund_of
from tael.testing.simulators import connector_of, running_simulator


async def test_orders_refunds_splits_and_notices_survive_the_end_of_the_simulator(tmp_path: Path) -> None:
    split = SplitOrder(
        split_number="kept-split",
        receivers=[Receiver(account="1900000110", amount=Money(10, "CNY"), description="分")],
    )
    async with listening_for_notices() as listener:
        async with (
            running_simulator("wechatpay", tmp_path, remembers=True) as running,
            Merchant(connector_of(running)) as merchant,
        ):
            await running.control.switch_on(Fault.DROP_NOTICES, method=NOTICE)
            order = merchant.order("kept-order", notice_url=listener.url, split_later=True)
            await merchant.ask(Operation.PAY, order)
            await running.control.pay("kept-order")
            await merchant.ask(Operation.SPLIT, order, split=split)
            await merchant.ask(Operation.REFUND, order, refund_of("kept-refund", minor=100))

        async with (
            running_simulator("wechatpay", tmp_path, remembers=True) as running,
            Merchant(connector_of(running)) as merchant,
        ):
            await running.control.advance(seconds=60)
            await listener.wait_for(2)
            again = await merchant.ask(Operation.REFUND, order, refund_of("kept-refund", minor=100))
            shared = await merchant.ask(Operation.INQUIRE_SPLIT, order, split=split)
            seen = await running.control.order("kept-order")

    assert (again.state, shared.state) == (OutcomeState.SUCCEEDED, OutcomeState.SUCCEEDED)
    assert (seen.paid_count, seen.refunded_minor, len(seen.splits)) == (1, 100, 1)
    assert len(listener.received) == 2


def _forget_notices(file: Path) -> None:
    """As if it had been killed before a notice was written down."""
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(line for line in lines if not line.startswith(b'["notice"')))


async def test_what_was_never_told_because_of_a_crash_is_told_after_it(tmp_path: Path) -> None:
    async with listening_for_notices() as listener:
        async with (
            running_simulator("wechatpay", tmp_path, remembers=True) as running,
            Merchant(connector_of(running)) as merchant,
        ):
            await running.control.switch_on(Fault.DROP_NOTICES, method=NOTICE)
            order = merchant.order("lost-order", notice_url=listener.url)
            await merchant.ask(Operation.PAY, order)
            await running.control.pay("lost-order")
            await merchant.ask(Operation.REFUND, order, refund_of("lost-refund", minor=100))
        _forget_notices(tmp_path / "state.jsonl")

        async with running_simulator("wechatpay", tmp_path, remembers=True) as running:
            await listener.wait_for(2)
            seen = await running.control.order("lost-order")

    assert sorted(notice.kind for notice in seen.notices) == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]
