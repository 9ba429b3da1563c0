"""Does everything that arrives for orders end in the hot wallet, once, with gas that comes from there?"""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Operation, Order, Outcome, OutcomeState
from tael.channels.transport import NoAnswer
from tael.simulators.base import Fault
from tests.integration.chain_desk import DEEP, USDC, Chain, chain_with_signer, payout, usdc


@pytest.fixture
async def chain(tmp_path: Path, urls: DatabaseUrls) -> AsyncIterator[Chain]:
    async with chain_with_signer(tmp_path, urls) as opened:
        yield opened


async def paid_order(chain: Chain, whole: int) -> tuple[Order, str]:
    """An order that has been paid, and its address."""
    order = await chain.order(usdc(whole))
    await chain.receive(order, whole * USDC)
    return order, order.channel_reference.partition("@")[0]


async def sweep(chain: Chain, order: Order) -> Outcome:
    return await chain.ask(Operation.SWEEP, order=order)


async def swept(chain: Chain, order: Order) -> Outcome:
    """Ask until it is done."""
    outcome = await sweep(chain, order)
    for _ in range(8):
        if outcome.state is OutcomeState.WAITING:
            await chain.mine()
            outcome = await sweep(chain, order)
    return outcome


async def hot_wallet(chain: Chain) -> str:
    await chain.ask(Operation.PAY_OUT, payout=payout("out_first", usdc(1)))
    await chain.mine()
    (call,) = [
        question
        for said, _ in chain.sent
        for question in msgspec.json.decode(said.body)
        if question["method"] == "eth_getBalance"
    ]
    return str(call["params"][0])


async def test_what_arrived_goes_to_the_hot_wallet_with_gas_from_there(chain: Chain) -> None:
    home = await hot_wallet(chain)
    order, address = await paid_order(chain, 12)
    before = await chain.tokens_of(home)
    steps = [await sweep(chain, order)]
    await chain.mine()
    steps.append(await sweep(chain, order))
    await chain.mine(1)
    steps.append(await sweep(chain, order))
    await chain.mine()
    done = await sweep(chain, order)

    assert [step.message for step in steps] == [
        "Gas is on its way to the order's address.",
        "On its way to the hot wallet.",
        "Gathered, in a block that is not deep enough.",
    ]
    assert {step.state for step in steps} == {OutcomeState.WAITING}
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, usdc(12))
    assert await chain.tokens_of(address) == 0
    assert await chain.tokens_of(home) == before + 12 * USDC


async def test_the_order_is_still_paid_after_its_money_was_gathered(chain: Chain) -> None:
    order, _ = await paid_order(chain, 12)
    await swept(chain, order)
    outcome = await chain.inquire(order)

    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, usdc(12))


async def test_money_that_comes_later_is_gathered_in_a_second_round(chain: Chain) -> None:
    order, address = await paid_order(chain, 12)
    await swept(chain, order)
    await chain.receive(order, 3 * USDC)
    second = await swept(chain, order)

    assert (second.state, second.amount) == (OutcomeState.SUCCEEDED, usdc(15))
    assert await chain.tokens_of(address) == 0


async def test_each_step_can_be_lost_and_asked_again(chain: Chain) -> None:
    order, address = await paid_order(chain, 12)
    for _ in range(2):
        await chain.control.switch_on(Fault.LOST_REPLY, method="eth_sendRawTransaction", calls=1)
        with pytest.raises(NoAnswer):
            await sweep(chain, order)
        again = await sweep(chain, order)
        assert again.state is OutcomeState.WAITING
        await chain.mine()
    done = await swept(chain, order)

    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, usdc(12))
    assert int(await chain.rpc("eth_getTransactionCount", address, "latest"), 16) == 1


async def test_a_reorganisation_does_not_lose_what_was_gathered(chain: Chain) -> None:
    order, address = await paid_order(chain, 12)
    await sweep(chain, order)
    await chain.mine()
    await sweep(chain, order)
    await chain.mine(1)
    await chain.reorganise(1, lose=True)
    back = await chain.tokens_of(address)
    done = await swept(chain, order)

    assert back == 12 * USDC
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, usdc(12))


async def test_gas_that_a_reorganisation_has_taken_away_is_sent_again(chain: Chain) -> None:
    """The sweep is signed by then, and cannot be paid for without the gas."""
    order, address = await paid_order(chain, 12)
    await sweep(chain, order)
    await chain.mine(1)
    await sweep(chain, order)
    await chain.mine(1)
    await chain.reorganise(2, lose=True)
    poor = int(await chain.rpc("eth_getBalance", address, "latest"), 16)
    again = await sweep(chain, order)
    done = await swept(chain, order)

    assert poor == 0
    assert again.message == "Gas is on its way to the order's address."
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, usdc(12))


async def test_an_address_without_tokens_has_nothing_to_gather(chain: Chain) -> None:
    order = await chain.order(usdc(12))
    never = msgspec.structs.replace(order, order_number="att_never", channel_reference="")

    assert (await sweep(chain, order)).state is OutcomeState.ABSENT
    assert (await sweep(chain, never)).state is OutcomeState.ABSENT


async def test_sweeps_and_payouts_share_the_nonces_of_the_hot_wallet(chain: Chain) -> None:
    orders = [await paid_order(chain, whole) for whole in (3, 4, 5)]
    for order, _ in orders:
        await sweep(chain, order)
    await chain.ask(Operation.PAY_OUT, payout=payout("out_1", usdc(2)))
    await chain.mine(DEEP)
    ends = [await swept(chain, order) for order, _ in orders]
    paid = await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout("out_1", usdc(2)))

    assert [end.amount for end in ends] == [usdc(3), usdc(4), usdc(5)]
    assert paid.state is OutcomeState.SUCCEEDED
