"""Do we book exactly what lies on an order's address, deep enough in the chain, and nothing else?"""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from tael.channels.port import ErrorClass, HttpRequest, Operation, OutcomeState, Product, Request
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.simulators.erc20.tokens import address_of
from tests.integration.chain_desk import DEEP, USDC, Chain, action_of, simulated_chain, usdc


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    async with simulated_chain(tmp_path) as opened:
        yield opened


async def test_the_exact_amount_deep_enough_pays_the_order(chain: Chain) -> None:
    order = await chain.order(usdc(12))
    waiting = await chain.inquire(order)
    await chain.receive(order, 12 * USDC)
    paid = await chain.inquire(order)

    assert (waiting.state, waiting.received) == (OutcomeState.WAITING, usdc(0))
    assert (paid.state, paid.amount, paid.received) == (OutcomeState.SUCCEEDED, usdc(12), usdc(12))
    assert paid.payer_account is not None
    assert paid.happened_at is not None
    assert abs((paid.happened_at - chain.clock.now()).total_seconds()) < 60


async def test_the_payer_is_told_address_token_chain_and_link(chain: Chain) -> None:
    outcome = await chain.ask(Operation.PAY, order=await chain.order(usdc(7)))
    action = action_of(outcome)

    assert action.uri == (f"ethereum:{action.token}@1337/transfer?address={action.address}&uint256=7000000")
    assert action.token.lower() == chain.simulator.settings["token_address"]
    assert (action.amount, action.confirmations) == (usdc(7), DEEP)
    assert outcome.channel_reference is not None
    assert outcome.channel_reference.startswith(action.address + "@")


async def test_the_address_is_the_one_that_the_private_side_derives(chain: Chain) -> None:
    """The simulator derives addresses from the private key, by another library."""
    order = await chain.order(usdc(1), number="a number with Ü and spaces")
    sent = await chain.control.act("receive", order.order_number, amount_minor=1)

    assert order.channel_reference.startswith(sent.channel_reference + "@")


async def test_asking_twice_for_an_order_gives_one_address(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.mine(50)
    again = await chain.ask(Operation.PAY, order=order)
    fresh = await chain.ask(Operation.PAY, order=msgspec.structs.replace(order, channel_reference=""))

    assert again.channel_reference == order.channel_reference
    assert action_of(again).address == action_of(fresh).address


async def test_money_in_too_few_blocks_is_not_money(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC, deep=DEEP - 2)
    shallow = await chain.inquire(order)
    await chain.mine(1)
    deep = await chain.inquire(order)

    assert (shallow.state, shallow.received) == (OutcomeState.WAITING, usdc(0))
    assert shallow.message == f"A transfer has arrived; {DEEP - 1} of {DEEP} confirmations."
    assert deep.state is OutcomeState.SUCCEEDED


async def test_too_little_is_told_and_waits_for_the_rest(chain: Chain) -> None:
    order = await chain.order(usdc(10))
    await chain.receive(order, 4 * USDC)
    little = await chain.inquire(order)
    await chain.receive(order, 6 * USDC)
    enough = await chain.inquire(order)

    assert (little.state, little.received, little.amount) == (OutcomeState.WAITING, usdc(4), None)
    assert little.message == "Less than the amount has arrived."
    assert (enough.state, enough.received) == (OutcomeState.SUCCEEDED, usdc(10))


async def test_too_much_pays_the_order_and_is_told(chain: Chain) -> None:
    order = await chain.order(usdc(10))
    await chain.receive(order, 25 * USDC)
    outcome = await chain.inquire(order)

    assert (outcome.state, outcome.amount, outcome.received) == (
        OutcomeState.SUCCEEDED,
        usdc(10),
        usdc(25),
    )


async def test_a_second_deposit_after_the_payment_is_told_too(chain: Chain) -> None:
    order = await chain.order(usdc(10))
    await chain.receive(order, 10 * USDC)
    await chain.receive(order, 3 * USDC)
    outcome = await chain.inquire(order)

    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, usdc(13))


async def test_money_from_two_senders_has_no_one_to_go_back_to(chain: Chain) -> None:
    order = await chain.order(usdc(10))
    await chain.receive(order, 5 * USDC)
    await chain.receive(order, 5 * USDC, text="friend")
    together = await chain.inquire(order)
    other = await chain.order(usdc(10))
    await chain.receive(other, 10 * USDC)
    await chain.receive(other, 1, text="friend")
    alone = await chain.inquire(other)

    assert (together.state, together.payer_account) == (OutcomeState.SUCCEEDED, None)
    assert alone.payer_account is not None
    assert together.payers_differ
    assert alone.payers_differ


async def test_another_token_on_the_address_is_no_payment(chain: Chain) -> None:
    order = await chain.order(usdc(10))
    await chain.receive(order, 10 * USDC, text="USDT")
    outcome = await chain.inquire(order)

    assert (outcome.state, outcome.received, outcome.message) == (OutcomeState.WAITING, usdc(0), None)


async def test_two_tokens_on_one_chain_are_two_channels(chain: Chain) -> None:
    tether = Chain(
        chain.simulator,
        chain.clock,
        signer=None,
        token="USDT",
        token_address="0x" + address_of("USDT").hex(),
    )
    order = await tether.order(Money(9 * USDC, "USDT"))
    await chain.receive(order, 9 * USDC, text="USDT")
    outcome = await tether.inquire(order)
    same_address = await chain.inquire(order)
    await tether.wire.close()

    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, Money(9 * USDC, "USDT"))
    assert same_address.state is OutcomeState.WAITING


async def test_a_reorganisation_before_enough_blocks_takes_the_money_away(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC, deep=0)
    seen = await chain.inquire(order)
    await chain.reorganise(1, lose=True)
    await chain.mine(DEEP)
    gone = await chain.inquire(order)

    assert seen.message == f"A transfer has arrived; 1 of {DEEP} confirmations."
    assert (gone.state, gone.received, gone.message) == (OutcomeState.WAITING, usdc(0), None)


async def test_a_transfer_that_a_reorganisation_moves_counts_once(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC, deep=0)
    await chain.reorganise(1)
    await chain.mine(DEEP)
    outcome = await chain.inquire(order)

    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, usdc(5))


async def test_a_reorganisation_deeper_than_we_wait_is_seen_by_the_next_question(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC)
    believed = await chain.inquire(order)
    await chain.reorganise(DEEP, lose=True)
    after = await chain.inquire(order)

    assert believed.state is OutcomeState.SUCCEEDED
    assert (after.state, after.received) == (OutcomeState.WAITING, usdc(0))


async def test_closing_ends_only_what_nothing_is_on_its_way_to(chain: Chain) -> None:
    empty, little, coming = [await chain.order(usdc(5)) for _ in range(3)]
    await chain.receive(little, 2 * USDC)
    await chain.receive(coming, 5 * USDC, deep=0)
    ends = [await chain.ask(Operation.CLOSE, order=order) for order in (empty, little, coming)]
    await chain.mine(DEEP)
    paid = await chain.ask(Operation.CLOSE, order=coming)
    await chain.receive(empty, 5 * USDC)
    late = await chain.inquire(empty)

    assert [(end.state, end.received) for end in ends] == [
        (OutcomeState.ABSENT, usdc(0)),
        (OutcomeState.CLOSED, usdc(2)),
        (OutcomeState.WAITING, usdc(0)),
    ]
    assert paid.state is OutcomeState.SUCCEEDED
    assert (late.state, late.received) == (OutcomeState.SUCCEEDED, usdc(5))


async def test_an_order_that_was_never_begun_is_absent(chain: Chain) -> None:
    order = msgspec.structs.replace(await chain.order(usdc(5)), channel_reference="", order_number="other")
    absent = await chain.inquire(order)
    await chain.receive(order, 5 * USDC)
    paid = await chain.inquire(order)

    assert absent.state is OutcomeState.ABSENT
    assert paid.state is OutcomeState.SUCCEEDED


async def test_a_reference_to_another_address_decides_nothing(chain: Chain) -> None:
    one, two = await chain.order(usdc(5)), await chain.order(usdc(5))
    await chain.receive(two, 5 * USDC)
    mixed = msgspec.structs.replace(one, channel_reference=two.channel_reference)
    outcome = await chain.inquire(mixed)

    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.REQUEST)


async def test_a_node_on_another_chain_is_not_believed(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC)
    await chain.control.switch_on(Fault.WRONG_MERCHANT)
    outcome = await chain.inquire(order)
    probe = await chain.ask(Operation.PROBE)

    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)
    assert (probe.state, probe.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


async def test_a_node_that_has_fallen_behind_is_not_believed(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    frozen = chain.clock.now()
    await chain.receive(order, 5 * USDC)
    late = frozen.replace(year=frozen.year + 1)
    conversation = chain.connector.converse(Request(operation=Operation.INQUIRE, order=order), now=late)
    request = next(conversation)
    assert isinstance(request, HttpRequest)
    with pytest.raises(StopIteration) as end:
        conversation.send(await chain.wire.send(request))

    assert (end.value.value.state, end.value.value.error_class) == (
        OutcomeState.UNKNOWN,
        ErrorClass.CHANNEL,
    )


async def test_transfers_are_searched_in_parts_when_the_node_refuses_many_blocks(tmp_path: Path) -> None:
    async with simulated_chain(tmp_path, blocks_per_question=10) as chain:
        await chain.control.act_at_large("limit_ranges", count=10)
        order = await chain.order(usdc(5))
        await chain.receive(order, 2 * USDC)
        await chain.mine(250)
        await chain.receive(order, 3 * USDC)
        outcome = await chain.inquire(order)

    assert (outcome.state, outcome.received) == (OutcomeState.SUCCEEDED, usdc(5))


async def test_an_error_of_the_node_decides_nothing(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC)
    for fault in (Fault.SYSTEM_ERROR_BEFORE, Fault.SYSTEM_ERROR_AFTER):
        await chain.control.switch_on(fault)
        outcome = await chain.inquire(order)
        assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.CHANNEL), fault
    await chain.control.switch_on(Fault.WRONG_ORDER)
    elsewhere = await chain.inquire(order)

    assert (elsewhere.state, elsewhere.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


async def test_an_order_in_another_currency_is_refused(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    foreign = msgspec.structs.replace(order, amount=Money(500, "CNY"))
    outcome = await chain.ask(Operation.PAY, order=foreign)

    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)
    assert chain.connector.capabilities.products == {Product.TRANSFER}


async def test_each_message_bears_our_number_for_support(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.inquire(order)

    assert {request.headers["x-request-id"] for request, _ in chain.sent} == {order.order_number}
    assert chain.sent[-1][0].body.startswith(b'[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"')
