"""When is a transaction of ours joined by a dearer one, and what may be different about it?"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from eth_utils.crypto import keccak

from tael.acceptance.signer import RememberingSigner
from tael.channels.connectors.erc20 import KIND, Erc20Credentials, Erc20Settings, make_keyring
from tael.channels.connectors.erc20.transactions import MOST_VERSIONS
from tael.channels.port import (
    ErrorClass,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Reply,
    Request,
    SignOnce,
)
from tael.foundation.money import Money
from tael.simulators.erc20.wallets import Merchant

MERCHANT = Merchant(seed=bytes(range(32)))
NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
GWEI = 10**9
SETTINGS = Erc20Settings(
    chain_id=1337, token="USDC", token_address="0x" + "11" * 20, largest_fee_wei=100 * GWEI
)
CREDENTIALS = Erc20Credentials(
    rpc_url="https://node", account_key=MERCHANT.account_key, signing_key=MERCHANT.signing_key
)
CONNECTOR = KIND.make(SETTINGS, CREDENTIALS)
PAYOUT = PayoutOrder(
    payout_number="out_1",
    amount=Money(5_000_000, "USDC"),
    payee_account="0x" + "33" * 20,
    created_at=NOW,
)


class World:
    """A node that never mines, and a signer that remembers."""

    def __init__(self) -> None:
        ring = make_keyring(CREDENTIALS)
        assert ring is not None
        self.signer = RememberingSigner(ring)
        self.base_fee = 10 * GWEI
        self.wanted: list[SignOnce] = []
        self.sent: list[str] = []
        self.refuses: dict[str, Any] | None = None

    async def ask(self, operation: Operation, *, after: timedelta = timedelta(0)) -> Outcome:
        conversation = CONNECTOR.converse(Request(operation=operation, payout=PAYOUT), now=NOW + after)
        reply: Reply | None = None
        while True:
            try:
                step = next(conversation) if reply is None else conversation.send(reply)
            except StopIteration as end:
                outcome: Outcome = end.value
                return outcome
            if isinstance(step, SignOnce):
                if step.transaction:
                    self.wanted.append(step)
                reply = await self.signer.sign_once(step)
            else:
                calls = json.loads(step.body)
                reply = HttpResponse(
                    status=200, headers={}, body=json.dumps([self.answer(call) for call in calls]).encode()
                )

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        plain = {
            "eth_chainId": "0x539",
            "eth_getBlockByNumber": {
                "number": "0x64",
                "hash": "0x" + "cc" * 32,
                "timestamp": hex(int(NOW.timestamp()) + 100_000),
                "baseFeePerGas": hex(self.base_fee),
            },
            "eth_call": "0x" + "f" * 64,
            "eth_getBalance": hex(10**20),
            "eth_getTransactionCount": "0x7",
            "eth_getTransactionReceipt": None,
        }
        if call["method"] != "eth_sendRawTransaction":
            return {"jsonrpc": "2.0", "id": call["id"], "result": plain[call["method"]]}
        if self.refuses is not None:
            return {"jsonrpc": "2.0", "id": call["id"], "error": self.refuses}
        raw = call["params"][0]
        self.sent.append(raw)
        return {"jsonrpc": "2.0", "id": call["id"], "result": "0x" + keccak(hexstr=raw).hex()}


async def test_a_transaction_that_the_chain_has_outrun_is_replaced_with_its_nonce() -> None:
    world = World()
    await world.ask(Operation.PAY_OUT)
    await world.ask(Operation.INQUIRE_PAYOUT)
    world.base_fee = 22 * GWEI
    outcome = await world.ask(Operation.INQUIRE_PAYOUT)
    first, second = world.wanted

    assert outcome.state is OutcomeState.WAITING
    assert first.transaction["first_nonce"] == 7
    assert (second.number, second.transaction["replaces"]) == ("out_1#2", "out_1")
    assert {
        name: word
        for name, word in second.transaction.items()
        if first.transaction.get(name) != word and name != "replaces"
    } == {"fee_wei": 45 * GWEI, "tip_wei": 3 * GWEI // 2 + 1}
    assert len(set(world.sent)) == 2
    assert world.sent[0] == world.sent[1]


async def test_a_transaction_is_never_replaced_beyond_our_limit_or_without_end() -> None:
    world = World()
    await world.ask(Operation.PAY_OUT)
    world.base_fee = 99 * GWEI
    await world.ask(Operation.INQUIRE_PAYOUT)
    at_the_limit = world.wanted[-1].transaction["fee_wei"]
    for turn in range(20):
        await world.ask(Operation.INQUIRE_PAYOUT, after=timedelta(hours=turn))
    fees = [int(wanted.transaction["fee_wei"]) for wanted in world.wanted]

    assert at_the_limit == 100 * GWEI
    assert max(fees) <= 100 * GWEI
    assert len(world.wanted) <= MOST_VERSIONS


async def test_a_payout_that_waits_too_long_is_offered_for_more() -> None:
    world = World()
    await world.ask(Operation.PAY_OUT)
    await world.ask(Operation.INQUIRE_PAYOUT, after=timedelta(minutes=29))
    patient = len(world.wanted)
    await world.ask(Operation.INQUIRE_PAYOUT, after=timedelta(minutes=31))
    await world.ask(Operation.INQUIRE_PAYOUT, after=timedelta(minutes=32))

    assert patient == 1
    assert [wanted.number for wanted in world.wanted] == ["out_1", "out_1#2"]


@pytest.mark.parametrize(
    ("message", "state", "error_class"),
    [
        ("already known", OutcomeState.WAITING, None),
        ("ALREADY_EXISTS: already known", OutcomeState.WAITING, None),
        ("nonce too low", OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
        ("insufficient funds for gas * price + value", OutcomeState.UNKNOWN, ErrorClass.ACCOUNT),
        ("anything else", OutcomeState.UNKNOWN, ErrorClass.CHANNEL),
    ],
)
async def test_what_a_node_says_to_a_signed_transaction_never_ends_it(
    message: str, state: OutcomeState, error_class: ErrorClass | None
) -> None:
    world = World()
    world.refuses = {"code": -32000, "message": message}
    sent = await world.ask(Operation.PAY_OUT)
    asked = await world.ask(Operation.INQUIRE_PAYOUT)

    assert [(each.state, each.error_class) for each in (sent, asked)] == [(state, error_class)] * 2


def test_without_a_signing_key_there_is_no_key_ring() -> None:
    assert make_keyring(Erc20Credentials(rpc_url="https://n", account_key=MERCHANT.account_key)) is None
