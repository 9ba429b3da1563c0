"""Are notices believed only when they are WeChat Pay's, ours, and of now?"""

from collections.abc import AsyncIterator

import msgspec
import pytest

from tael.channels.errors import NoticeRefused
from tael.channels.port import (
    InboundNotice,
    Notice,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
)
from tael.foundation.clock import SystemClock
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.base import NOTICE, Fault
from tael.testing.alipay import AlipayMerchant as Merchant
from tael.testing.alipay import NoticeListener, listening_for_notices, refund_of
from tael.testing.simulators import RunningSimulator, connector_of, running_simulator

S = OutcomeState


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """One for all tests of this file: each has orders of its own. It repeats notices a hundred times faster."""
    async with running_simulator(
        "wechatpay", tmp_path_factory.mktemp("wechatpay") / "keys", speed=100
    ) as running:
        yield running


@pytest.fixture
async def merchant(simulator: RunningSimulator) -> AsyncIterator[Merchant]:
    async with Merchant(connector_of(simulator)) as merchant:
        yield merchant
    await simulator.control.switch_off()


@pytest.fixture
async def listener() -> AsyncIterator[NoticeListener]:
    async with listening_for_notices() as listener:
        yield listener


def read(merchant: Merchant, inbound: InboundNotice) -> Notice:
    """What our connector makes of a notice as the platform hands it on: names of headers in small letters."""
    headers = {name.lower(): value for name, value in inbound.headers.items()}
    return merchant.connector.read_notice(
        msgspec.structs.replace(inbound, headers=headers), now=SystemClock().now()
    )


def told(notice: Notice) -> Outcome:
    assert notice.outcome is not None
    return notice.outcome


async def paid(merchant: Merchant, simulator: RunningSimulator, number: str, *, url: str) -> Order:
    order = merchant.order(number, notice_url=url)
    await merchant.ask(Operation.PAY, order)
    await simulator.control.pay(number)
    return order


async def test_a_payment_is_told_sealed_and_signed(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener
) -> None:
    order = await paid(merchant, simulator, "told-paid", url=listener.url)

    outcome = told(read(merchant, (await listener.wait_for(1))[0]))

    assert (outcome.state, outcome.order_number, outcome.amount) == (S.SUCCEEDED, "told-paid", order.amount)
    assert b"told-paid" not in listener.received[0].body


@pytest.mark.parametrize(
    ("end", "state"), [("SUCCESS", S.SUCCEEDED), ("CLOSED", S.FAILED), ("ABNORMAL", S.UNKNOWN)]
)
async def test_the_end_of_a_refund_is_told_by_its_own_number(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener, end: str, state: OutcomeState
) -> None:
    order = await paid(merchant, simulator, f"told-{end}", url=listener.url)
    await simulator.control.act("refunds_end", f"told-{end}", text=end)
    await merchant.ask(Operation.REFUND, order, refund_of(f"refund-{end}", minor=300))

    outcome = told(read(merchant, (await listener.wait_for(2))[1]))

    assert (outcome.state, outcome.refund_number) == (state, f"refund-{end}")
    assert outcome.amount == Money(300, "CNY")


@pytest.mark.parametrize(("act", "state"), [("payout_succeed", S.SUCCEEDED), ("payout_fail", S.FAILED)])
async def test_the_end_of_a_payout_is_told_to_the_address_that_came_with_it(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener, act: str, state: OutcomeState
) -> None:
    """By our own number, of which WeChat Pay only knows the letters and digits."""
    payout = PayoutOrder(
        payout_number=new_id("rfd"),
        amount=Money(300, "CNY"),
        payee_account="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        purpose="A pot of tea",
        notice_url=listener.url,
    )
    await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.act_on_payout(act, payout.payout_number)

    outcome = told(read(merchant, (await listener.wait_for(1))[0]))

    assert (outcome.state, outcome.payout_number) == (state, payout.payout_number)
    assert outcome.amount == payout.amount


async def test_the_end_of_a_payout_that_was_made_by_hand_tells_us_nothing(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener
) -> None:
    payout = PayoutOrder(
        payout_number="byhand01",
        amount=Money(300, "CNY"),
        payee_account="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        purpose="A pot of tea",
        notice_url=listener.url,
    )
    await merchant.ask(Operation.PAY_OUT, payout=payout)
    await simulator.control.act_on_payout("payout_succeed", payout.payout_number)
    assert read(merchant, (await listener.wait_for(1))[0]).outcome is None


@pytest.mark.parametrize(
    "fault", [Fault.WRONG_SIGNATURE, Fault.WRONG_MERCHANT, Fault.STALE_NOTICE, Fault.CLOCK_SKEW]
)
async def test_a_notice_that_cannot_be_believed_is_refused(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener, fault: Fault
) -> None:
    await simulator.control.switch_on(fault, method=NOTICE)
    await paid(merchant, simulator, f"refused-{fault[:8]}", url=listener.url)

    inbound = (await listener.wait_for(1))[0]

    with pytest.raises(NoticeRefused):
        read(merchant, inbound)


async def test_a_notice_over_another_amount_says_so(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener
) -> None:
    await simulator.control.switch_on(Fault.WRONG_AMOUNT, method=NOTICE)
    await paid(merchant, simulator, "told-more", url=listener.url)

    outcome = told(read(merchant, (await listener.wait_for(1))[0]))

    assert outcome.amount == Money(1281, "CNY")


async def test_repeats_carry_one_id_and_older_news_do_not_take_the_payment_back(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener
) -> None:
    await simulator.control.switch_on(Fault.DUPLICATE_NOTICE, Fault.OUT_OF_ORDER, calls=1, method=NOTICE)
    await paid(merchant, simulator, "told-thrice", url=listener.url)

    notices = [read(merchant, inbound) for inbound in await listener.wait_for(3)]

    assert sorted(told(notice).state for notice in notices) == [S.SUCCEEDED, S.SUCCEEDED, S.WAITING]
    assert len({notice.notice_id for notice in notices}) == 2


async def test_a_notice_is_repeated_and_signed_anew_until_it_is_accepted(
    merchant: Merchant, simulator: RunningSimulator, listener: NoticeListener
) -> None:
    await simulator.control.switch_on(Fault.DROP_NOTICES, method=NOTICE, calls=2)
    await paid(merchant, simulator, "told-late", url=listener.url)

    first = (await listener.wait_for(1))[0]

    assert told(read(merchant, first)).state is S.SUCCEEDED
    notices = (await simulator.control.order("told-late")).notices
    assert [attempt.heard for attempt in notices[0].attempts[:2]] == ["dropped", "dropped"]


async def test_what_we_answer_ends_the_repetitions_or_not(merchant: Merchant) -> None:
    accepted, refused = merchant.connector.accept_notice(), merchant.connector.refuse_notice("not ours")

    assert (accepted.status, accepted.body) == (204, b"")
    assert refused.status == 400
    assert msgspec.json.decode(refused.body)["code"] == "FAIL"
