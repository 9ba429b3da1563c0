"""Can any answer of a node make us crash, or believe in money that no answer named?"""

import copy
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tael.channels.connectors.erc20 import KIND, Erc20Credentials, Erc20Settings
from tael.channels.connectors.erc20.rpc import LARGEST_ANSWER
from tael.channels.connectors.erc20.tokens import TRANSFERRED, topic_of
from tael.channels.port import (
    ErrorClass,
    HttpRequest,
    HttpResponse,
    Operation,
    Order,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Product,
    RefundOrder,
    Reply,
    Request,
    Signed,
    SignOnce,
)
from tael.foundation.money import Money
from tael.simulators.erc20.wallets import Merchant, Wallet

MERCHANT = Merchant(seed=bytes(range(32)))
TOKEN = "0x" + "11" * 20
PAYER, PAYEE = "0x" + "22" * 20, "0x" + "33" * 20
NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
CONNECTOR = KIND.make(
    Erc20Settings(chain_id=1337, token="USDC", token_address=TOKEN, confirmations=3),
    Erc20Credentials(rpc_url="https://node", account_key=MERCHANT.account_key),
)
AMOUNT = Money(5_000_000, "USDC")
ADDRESS, HOT_WALLET = MERCHANT.address_of("att_1"), MERCHANT.hot_wallet
ORDER = Order(
    order_number="att_1",
    amount=AMOUNT,
    subject="",
    expires_at=NOW + timedelta(hours=1),
    notice_url="",
    product=Product.TRANSFER,
    channel_reference=f"{ADDRESS}@10",
)
REQUESTS = [
    Request(operation=Operation.PAY, order=ORDER),
    Request(operation=Operation.INQUIRE, order=ORDER),
    Request(operation=Operation.CLOSE, order=ORDER),
    Request(operation=Operation.SWEEP, order=ORDER),
    Request(operation=Operation.PROBE),
    *(
        Request(
            operation=operation,
            payout=PayoutOrder(payout_number="out_1", amount=AMOUNT, payee_account=PAYEE, created_at=NOW),
        )
        for operation in (Operation.PAY_OUT, Operation.INQUIRE_PAYOUT)
    ),
    *(
        Request(
            operation=operation,
            order=ORDER,
            refund=RefundOrder(refund_number="rfd_1", amount=AMOUNT, reason="", payer_account=PAYEE),
        )
        for operation in (Operation.REFUND, Operation.INQUIRE_REFUND)
    ),
]
RAW = Wallet(bytes(31) + b"\x01").sign(nonce=0, to=bytes(20))
SIGNED = Signed(raw=RAW, transaction_id="0x" + "ab" * 32)


def log(minor: int = 5_000_000, **changes: Any) -> dict[str, Any]:
    """A transfer to the order's address."""
    return {
        "address": TOKEN,
        "topics": [TRANSFERRED, topic_of(PAYER), topic_of(ADDRESS)],
        "data": f"0x{minor:064x}",
        "blockNumber": "0x14",
        "blockHash": "0x" + "cc" * 32,
        "transactionHash": "0x" + "dd" * 32,
        "logIndex": "0x0",
        "removed": False,
    } | changes


def block(number: int) -> dict[str, Any]:
    return {
        "number": hex(number),
        "hash": "0x" + "cc" * 32,
        "timestamp": hex(int(NOW.timestamp())),
        "baseFeePerGas": "0x3b9aca00",
    }


def receipt() -> dict[str, Any]:
    hot = topic_of(HOT_WALLET)
    return {
        "transactionHash": SIGNED.transaction_id,
        "blockNumber": "0x14",
        "blockHash": "0x" + "cc" * 32,
        "status": "0x1",
        "logs": [log(topics=[TRANSFERRED, hot, topic_of(PAYEE)])],
    }


def right_answers(request: HttpRequest) -> list[Any]:
    """What a good node says."""
    results: dict[str, Callable[[Any], Any]] = {
        "eth_chainId": lambda _: "0x539",
        "eth_getBlockByNumber": lambda given: block(30 if given[0] == "latest" else int(given[0], 16)),
        "eth_getLogs": lambda given: [log()] if given[0]["topics"][1] is None else [],
        "eth_call": lambda given: "0x" + ("6" if given[0]["data"] == "0x313ce567" else "ffffffff").zfill(64),
        "eth_getBalance": lambda _: hex(10**18),
        "eth_getTransactionCount": lambda _: "0x0",
        "eth_getTransactionReceipt": lambda _: receipt(),
        "eth_sendRawTransaction": lambda _: SIGNED.transaction_id,
        "eth_getCode": lambda _: "0x6000",
    }
    calls = json.loads(request.body)
    return [
        {"jsonrpc": "2.0", "id": call["id"], "result": results[call["method"]](call["params"])}
        for call in calls
    ]


def converse(request: Request, bodies: Iterator[bytes | None], *, status: int = 200) -> Outcome:
    """One conversation; where there is no body, the node gives the right answer."""
    conversation = CONNECTOR.converse(request, now=NOW)
    reply: Reply | None = None
    for _ in range(100):
        try:
            step = next(conversation) if reply is None else conversation.send(reply)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        if isinstance(step, SignOnce):
            known = step.transaction or not request.operation.startswith("inquire") or "#" not in step.number
            reply = SIGNED if known and "#" not in step.number else Signed(raw=b"", transaction_id="")
        else:
            body = next(bodies)
            right = json.dumps(right_answers(step)).encode()
            reply = HttpResponse(status=status, headers={}, body=right if body is None else body)
    raise AssertionError("the conversation does not end")


def repeated(body: bytes | None) -> Iterator[bytes | None]:
    while True:
        yield body


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.operation)
def test_right_answers_are_understood(request_: Request) -> None:
    outcome = converse(request_, repeated(None))

    assert outcome.state is not OutcomeState.UNKNOWN, outcome.message


def test_the_right_answer_says_that_the_order_is_paid() -> None:
    outcome = converse(REQUESTS[1], repeated(None))

    assert (outcome.state, outcome.received, outcome.payer_account) == (
        OutcomeState.SUCCEEDED,
        AMOUNT,
        PAYER,
    )


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.operation)
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@settings(max_examples=60, deadline=None)
def test_rubbish_of_a_node_decides_nothing(request_: Request, body: bytes) -> None:
    outcome = converse(request_, repeated(body))

    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


@pytest.mark.parametrize(
    ("status", "error_class"),
    [(401, ErrorClass.ACCOUNT), (429, ErrorClass.BUSY), (500, ErrorClass.CHANNEL), (302, ErrorClass.CHANNEL)],
)
def test_a_status_other_than_200_decides_nothing(status: int, error_class: ErrorClass) -> None:
    for request in REQUESTS:
        outcome = converse(request, repeated(None), status=status)
        refused = request.operation is Operation.PROBE and error_class is ErrorClass.ACCOUNT
        wanted = OutcomeState.FAILED if refused else OutcomeState.UNKNOWN
        assert (outcome.state, outcome.error_class) == (wanted, error_class), request.operation


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'[{"a":' * 500,
        b'{"error":' * 20_000,
        b'[{"jsonrpc":"2.0","id":1,"result":"0x539"}]',
        b'{"jsonrpc":"2.0","id":null,"error":{"code":"x"}}',
        b'{"jsonrpc":"2.0","id":null}',
        b"[" + b"9" * 5_000 + b"]",
        b"NaN",
        b'[{"id":1,"id":2}]',
        b'[{"id":true,"result":1},{"id":2,"result":1},{"id":3,"result":1}]',
        b'[{"id":1,"result":1},{"id":1,"result":1},{"id":3,"result":1}]',
    ],
)
def test_a_malformed_batch_decides_nothing(body: bytes) -> None:
    outcome = converse(REQUESTS[1], repeated(body))

    assert outcome.state is OutcomeState.UNKNOWN


def _with_logs(*logs: dict[str, Any]) -> Iterator[bytes | None]:
    parts = [
        {"jsonrpc": "2.0", "id": 1, "result": "0x539"},
        {"jsonrpc": "2.0", "id": 2, "result": block(30)},
        {"jsonrpc": "2.0", "id": 3, "result": list(logs)},
    ]
    yield json.dumps(parts).encode()
    yield from repeated(None)


@pytest.mark.parametrize(
    ("logs", "state"),
    [
        ([log(4_999_999)], OutcomeState.WAITING),
        ([log(address="0x" + "99" * 20)], OutcomeState.UNKNOWN),
        ([log(topics=[TRANSFERRED, topic_of(PAYER), topic_of(PAYEE)])], OutcomeState.UNKNOWN),
        ([log(topics=["0x" + "00" * 32, topic_of(PAYER), topic_of(ADDRESS)])], OutcomeState.UNKNOWN),
        ([log(topics=[TRANSFERRED, topic_of(PAYER)])], OutcomeState.UNKNOWN),
        ([log(removed=True)], OutcomeState.UNKNOWN),
        ([log(blockNumber="0x1d")], OutcomeState.WAITING),
        ([log(blockNumber="0xffff")], OutcomeState.WAITING),
        ([log(data="0x")], OutcomeState.UNKNOWN),
        ([log(), log()], OutcomeState.UNKNOWN),
        ([log(2**63)], OutcomeState.UNKNOWN),
        ([log(blockNumber="0x9")], OutcomeState.UNKNOWN),
        ([log(blockHash="0x" + "ee" * 32)], OutcomeState.UNKNOWN),
        ([log(data="0xzz")], OutcomeState.UNKNOWN),
        ([log(transactionHash=None)], OutcomeState.UNKNOWN),
        ([log(), log(logIndex="0x1")], OutcomeState.SUCCEEDED),
        ([log(0, logIndex="0x7"), log()], OutcomeState.SUCCEEDED),
    ],
)
def test_only_deep_transfers_of_our_token_to_the_address_count(
    logs: list[dict[str, Any]], state: OutcomeState
) -> None:
    assert converse(REQUESTS[1], _with_logs(*logs)).state is state


def _sent(minor: int = 5_000_000, payee: str = PAYEE, **changes: Any) -> dict[str, Any]:
    return log(minor, topics=[TRANSFERRED, topic_of(HOT_WALLET), topic_of(payee)], **changes)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, OutcomeState.SUCCEEDED),
        ({"logs": [_sent(), _sent(payee=PAYER)]}, OutcomeState.SUCCEEDED),
        ({"logs": [_sent(5_000_001)]}, OutcomeState.UNKNOWN),
        ({"logs": [_sent(payee=PAYER)]}, OutcomeState.UNKNOWN),
        ({"logs": [_sent(address="0x" + "99" * 20)]}, OutcomeState.UNKNOWN),
        ({"logs": [_sent(), _sent(logIndex="0x1")]}, OutcomeState.UNKNOWN),
        ({"logs": []}, OutcomeState.UNKNOWN),
        ({"transactionHash": "0x" + "77" * 32}, OutcomeState.UNKNOWN),
        ({"blockNumber": "0x1d"}, OutcomeState.WAITING),
        ({"status": "0x0", "blockNumber": "0x1d"}, OutcomeState.WAITING),
        ({"status": "0x0", "logs": []}, OutcomeState.FAILED),
    ],
)
def test_a_payout_has_succeeded_only_with_the_very_transfer_deep_in_the_chain(
    changes: dict[str, Any], state: OutcomeState
) -> None:
    parts = [
        {"jsonrpc": "2.0", "id": 1, "result": "0x539"},
        {"jsonrpc": "2.0", "id": 2, "result": block(30)},
        {"jsonrpc": "2.0", "id": 3, "result": receipt() | changes},
    ]
    inquiry = next(request for request in REQUESTS if request.operation is Operation.INQUIRE_PAYOUT)

    assert converse(inquiry, repeated(json.dumps(parts).encode())).state is state


def test_two_thousand_bent_answers_never_crash_and_never_pay_too_little() -> None:
    """Names, values and bytes of right answers are changed; what says less than the amount never pays the order."""
    chance = random.Random(20_260_301)
    states: set[OutcomeState] = set()
    for turn in range(2_000):
        request = REQUESTS[turn % len(REQUESTS)]
        outcome = converse(request, _bent(request, chance))
        states.add(outcome.state)
        if outcome.state is OutcomeState.UNKNOWN:
            assert outcome.error_class is not None
        if request.operation in (Operation.INQUIRE, Operation.CLOSE) and (
            outcome.state is OutcomeState.SUCCEEDED
        ):
            assert outcome.received is not None
            assert outcome.received.minor >= AMOUNT.minor
            assert outcome.amount == AMOUNT
        if request.payout is not None and outcome.state is OutcomeState.SUCCEEDED:
            assert outcome.amount == AMOUNT

    assert {OutcomeState.UNKNOWN, OutcomeState.SUCCEEDED, OutcomeState.WAITING} <= states


def _bent(request: Request, chance: random.Random) -> Iterator[bytes | None]:
    """The right answers, each bent with an even chance."""
    conversation = CONNECTOR.converse(request, now=NOW)
    reply: Reply | None = None
    while True:
        try:
            step = next(conversation) if reply is None else conversation.send(reply)
        except StopIteration:
            break
        if isinstance(step, SignOnce):
            reply = SIGNED if "#" not in step.number else Signed(raw=b"", transaction_id="")
            continue
        right = right_answers(step)
        reply = HttpResponse(status=200, headers={}, body=json.dumps(right).encode())
        yield _bend(right, chance) if chance.random() < 0.7 else None
    yield from repeated(None)


def _bend(right: list[Any], chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        body = bytearray(json.dumps(right).encode())
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        return bytes(body)
    bent = copy.deepcopy(right)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(bent))
        holder, key = chance.choice(places)
        others: list[Any] = [
            None,
            "",
            "0x",
            "0x0",
            "0x" + "f" * 64,
            -1,
            10**30,
            [],
            {},
            True,
            "0x" + "f" * 5_000,
            1.5,
        ]
        holder[key] = chance.choice([*others, chance.choice(places)[0]])
        try:
            json.dumps(bent)
        except (ValueError, RecursionError):
            holder[key] = None
    return json.dumps(bent).encode()


def _places(thing: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(range(len(thing)) if isinstance(thing, list) else thing):
        yield thing, key
        if isinstance(thing[key], (list, dict)):
            yield from _places(thing[key])


def test_the_answer_may_be_as_long_as_many_transfers() -> None:
    request = next(CONNECTOR.converse(REQUESTS[1], now=NOW))

    assert isinstance(request, HttpRequest)
    assert request.largest_answer == LARGEST_ANSWER
