"""Is the simulated chain a chain? Asked by raw JSON-RPC, with transactions that eth-account has signed."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tael.simulators.base import Fault
from tael.simulators.erc20 import tokens
from tael.simulators.erc20.wallets import named_wallet
from tael.testing.clocks import ManualClock
from tael.testing.simulators import ControlFailed, running_simulator
from tests.integration.chain_desk import PAYEE, USDC, Chain, simulated_chain, usdc

CONTRACTS = Path(tokens.__file__).parent / "contracts"


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Chain]:
    async with simulated_chain(tmp_path) as opened:
        yield opened


class Person:
    """Somebody with a key, who speaks to the node without any code of ours."""

    def __init__(self, chain: Chain, name: str) -> None:
        self.chain = chain
        self.account = Account.from_key(keccak(f"tael simulator: {name}".encode()))
        self.nonce = 0

    async def calls(self, to: str, signature: str, *values: Any, **changes: Any) -> Any:
        """Send a call of a contract; gives the hash, or the error."""
        types = signature[signature.index("(") + 1 : -1].split(",")
        data = keccak(signature.encode())[:4] + encode(types, values)
        return await self.sends(to=to, data=data, **changes)

    async def sends(self, **changes: Any) -> Any:
        """Send a transaction."""
        words = {
            "type": 2,
            "chainId": 1337,
            "nonce": self.nonce,
            "value": 0,
            "data": b"",
            "gas": 200_000,
            "maxFeePerGas": 5 * 10**9,
            "maxPriorityFeePerGas": 10**9,
        } | changes
        signed = self.account.sign_transaction(words)
        answer = await self.chain.rpc("eth_sendRawTransaction", "0x" + bytes(signed.raw_transaction).hex())
        if isinstance(answer, str):
            self.nonce += 1
        return answer


def contract_of(chain: Chain) -> str:
    """The address of the token's contract, with its checksum."""

    return str(to_checksum_address(chain.simulator.settings["token_address"]))


async def test_the_token_does_what_a_token_does(chain: Chain) -> None:
    token, payer, friend = contract_of(chain), Person(chain, "payer"), Person(chain, "friend")
    await chain.control.act("receive", "att_1", amount_minor=10 * USDC, count=0)
    payer.nonce = 1
    issuer_calls = {"to": token, "data": "0x313ce567"}
    decimals = int(await chain.rpc("eth_call", issuer_calls, "latest"), 16)
    too_much = await payer.calls(token, "transfer(address,uint256)", PAYEE, 1)
    await chain.mine(1)
    refused = await chain.rpc("eth_getTransactionReceipt", too_much)
    before = await chain.tokens_of(PAYEE)
    hot = (await chain.control.order("att_1")).channel_reference
    approved = await payer.calls(token, "approve(address,uint256)", friend.account.address, 5)
    await chain.mine(1)
    taken = await friend.calls(
        token, "transferFrom(address,address,uint256)", payer.account.address, PAYEE, 5
    )
    await chain.mine(1)

    assert decimals == 6
    assert (refused["status"], refused["logs"], before) == ("0x0", [], 0)
    assert await chain.tokens_of(hot) == 10 * USDC
    assert (await chain.rpc("eth_getTransactionReceipt", approved))["status"] == "0x1"
    assert (await chain.rpc("eth_getTransactionReceipt", taken))["status"] == "0x0"
    assert await chain.tokens_of(PAYEE) == 0


async def test_only_the_issuer_makes_tokens(chain: Chain) -> None:
    token, payer = contract_of(chain), Person(chain, "payer")
    made = await payer.calls(token, "mint(address,uint256)", PAYEE, 5)
    await chain.mine(1)

    assert (await chain.rpc("eth_getTransactionReceipt", made))["status"] == "0x0"
    assert await chain.tokens_of(PAYEE) == 0


async def test_the_committed_bytecode_is_of_the_committed_source() -> None:
    assert tokens.TOKEN["source_sha256"] == hashlib.sha256((CONTRACTS / "token.vy").read_bytes()).hexdigest()
    names = {entry["name"] for entry in tokens.TOKEN["abi"] if entry["type"] == "function"}
    assert names >= {"transfer", "transferFrom", "approve", "balanceOf", "totalSupply", "decimals", "mint"}


async def test_a_payer_with_their_own_wallet_pays_an_order(chain: Chain) -> None:
    """Ether and tokens of a person that only eth-account knows."""
    token, payer = contract_of(chain), Person(chain, "payer")
    await chain.control.act_at_large("receive", account=payer.account.address, amount_minor=9 * USDC)
    payer.nonce = 1
    order = await chain.order(usdc(9))
    address = order.channel_reference.partition("@")[0]
    sent = await payer.calls(token, "transfer(address,uint256)", address, 9 * USDC)
    await chain.mine()
    outcome = await chain.inquire(order)

    assert (await chain.rpc("eth_getTransactionReceipt", sent))["status"] == "0x1"
    assert outcome.received == usdc(9)
    assert outcome.payer_account == payer.account.address


async def test_the_node_refuses_what_geth_refuses(chain: Chain) -> None:
    payer, poor = Person(chain, "payer"), Person(chain, "somebody without any money")
    first = await payer.sends(to=PAYEE, value=1)
    payer.nonce = 0
    again = await payer.sends(to=PAYEE, value=1)
    cheaper = await payer.sends(to=PAYEE, value=2)
    dearer = await payer.sends(to=PAYEE, value=3, maxFeePerGas=6 * 10**9, maxPriorityFeePerGas=2 * 10**9)
    await chain.mine(1)
    payer.nonce = 0
    low = await payer.sends(to=PAYEE, value=1)
    elsewhere = await payer.sends(to=PAYEE, nonce=1, chainId=5)
    empty = await poor.sends(to=PAYEE, value=1)
    rubbish = await chain.rpc("eth_sendRawTransaction", "0x02f8ff")
    balance = int(await chain.rpc("eth_getBalance", PAYEE, "latest"), 16)

    assert isinstance(first, str)
    assert isinstance(dearer, str)
    assert again["message"] == "already known"
    assert cheaper["message"] == "replacement transaction underpriced"
    assert low["message"].startswith("nonce too low")
    assert elsewhere["message"] == "invalid chain id for signer"
    assert empty["message"].startswith("insufficient funds")
    assert rubbish["message"].startswith("invalid transaction")
    assert balance == 3


async def test_a_transaction_behind_a_gap_waits_for_the_gap(chain: Chain) -> None:
    payer = Person(chain, "payer")
    await payer.sends(to=PAYEE, value=7, nonce=1)
    await chain.mine(2)
    before = int(await chain.rpc("eth_getBalance", PAYEE, "latest"), 16)
    await payer.sends(to=PAYEE, value=1, nonce=0)
    await chain.mine(1)

    assert before == 0
    assert int(await chain.rpc("eth_getBalance", PAYEE, "latest"), 16) == 8


async def test_logs_are_refused_beyond_the_newest_block_and_over_long_ranges(chain: Chain) -> None:
    beyond = await chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "0xffff"})
    backwards = await chain.rpc("eth_getLogs", {"fromBlock": "0x1", "toBlock": "0x0"})
    await chain.control.act_at_large("limit_ranges", count=20)
    await chain.mine(20)
    long = await chain.rpc("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})

    assert {each["code"] for each in (beyond, backwards, long)} == {-32602}
    assert "exceeds limit" in long["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"[1]", b'{"jsonrpc":"2.0","id":1,"method":5}', b"[" * 5_000, b"\xff\xfe"],
)
async def test_rubbish_is_answered_with_an_error(chain: Chain, body: bytes) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{chain.simulator.url}/rpc", content=body)

    assert answer.status_code == 200
    assert answer.json()["error"]["code"] in (-32700, -32600)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("eth_nothing", []),
        ("eth_getBalance", []),
        ("eth_getBalance", ["somebody", "latest"]),
        ("eth_getBlockByNumber", ["0xzz", False]),
        ("eth_getLogs", [7]),
        ("eth_getLogs", [{"topics": 5}]),
        ("eth_call", [{"data": "0x"}, "latest"]),
        ("eth_call", [{"to": "0x01", "data": "0x"}, "latest"]),
        ("eth_getBalance", [PAYEE, "0xffff"]),
        ("eth_sendRawTransaction", []),
        ("eth_getTransactionReceipt", [None]),
    ],
)
async def test_wrong_parameters_are_answered_with_an_error(
    chain: Chain, method: str, parameters: list[object]
) -> None:
    answer = await chain.rpc(method, *parameters)

    assert answer["code"] in (-32601, -32602, -32000)


async def test_blocks_and_waiting_transactions_survive_a_restart(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running_simulator("erc20", tmp_path, clock=clock, remembers=True) as simulator:
        chain = Chain(simulator, clock, signer=None)
        order = await chain.order(usdc(5))
        await chain.receive(order, 5 * USDC)
        waiting = await Person(chain, "friend").sends(to=PAYEE, value=1)
        head = await chain.rpc("eth_getBlockByNumber", "latest", False)
        await chain.wire.close()
    async with running_simulator("erc20", tmp_path, clock=clock, remembers=True) as simulator:
        again = Chain(simulator, clock, signer=None)
        outcome = await again.inquire(order)
        same = await again.rpc("eth_getBlockByNumber", "latest", False)
        view = await again.control.order(order.order_number)
        await again.mine(1)
        mined = await again.rpc("eth_getTransactionReceipt", waiting)
        await again.wire.close()

    assert same == head
    assert outcome.received == usdc(5)
    assert view.captured_minor == 5 * USDC
    assert mined["status"] == "0x1"


async def test_blocks_come_by_themselves_while_something_happens(tmp_path: Path) -> None:
    clock = ManualClock()
    async with running_simulator("erc20", tmp_path, clock=clock) as simulator:
        chain = Chain(simulator, clock, signer=None)
        await chain.rpc("eth_blockNumber")
        still = await chain.rpc("eth_blockNumber")
        await Person(chain, "payer").sends(to=PAYEE, value=1)
        clock.move(seconds=2)
        moved = await chain.rpc("eth_blockNumber")
        await chain.wire.close()

    assert int(moved, 16) - int(still, 16) == 4


async def test_the_payer_page_sends_what_the_payer_types(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    address = order.channel_reference.partition("@")[0]
    async with httpx.AsyncClient(base_url=chain.simulator.url) as browser:
        page = (await browser.get(f"/pay/{address}-5000000?lang=en")).text
        posted = await browser.post(
            f"/pay/{address}-5000000", data={"choice": "receive", "amount": "4000000", "lang": "en"}
        )
        await browser.post(f"/pay/{address}-5000000", data={"choice": "mine", "lang": "en"})
        operator = (await browser.get("/?lang=en")).text
        nowhere = await browser.get("/pay/nothing")
    outcome = await chain.inquire(order)

    assert "Stablecoin simulator" in page
    assert 'value="5000000"' in page
    assert posted.status_code == 303
    assert order.order_number in operator
    assert nowhere.status_code == 404
    assert outcome.received == usdc(4)


async def test_acts_that_cannot_be_are_refused_with_words(chain: Chain) -> None:
    for verb, content in (
        ("receive", {"order": "att_1"}),
        ("receive", {"account": "nowhere", "amount_minor": 1}),
        ("mine", {"count": 0}),
        ("reorganise", {"count": 9}),
        ("payout_succeed", {"payout": "out_none"}),
        ("receive", {"account": "0x" + "00" * 20, "amount_minor": 1}),
    ):
        with pytest.raises(ControlFailed, match=r"4\d\d"):
            await chain.control.act_at_large(verb, **content)


async def test_the_simulator_names_the_faults_that_it_knows(chain: Chain) -> None:
    offers = await chain.control.offers()

    assert {Fault.LOST_REPLY, Fault.WRONG_MERCHANT, Fault.BALANCE_NOT_ENOUGH} <= offers
    assert not {Fault.WRONG_SIGNATURE, Fault.WRONG_AMOUNT, Fault.DUPLICATE_NOTICE} & offers


def test_who_has_no_machine_is_told_what_to_install(tmp_path: Path) -> None:
    """In a process of its own, in which py-evm cannot be imported."""
    program = (
        "import sys; sys.modules['eth'] = None\n"
        "from tael.app.cli import main\n"
        f"sys.argv = ['tael', 'simulate', 'erc20', '--listen', '127.0.0.1:0', '--home', {str(tmp_path)!r}]\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    said = " ".join((done.stdout + done.stderr).split())

    assert done.returncode != 0
    assert "Traceback" not in said
    assert "pip install 'eth-tester[py-evm]==0.14.0b1'" in said


async def test_many_readers_at_once_see_one_chain(chain: Chain) -> None:
    order = await chain.order(usdc(5))
    await chain.receive(order, 5 * USDC)
    outcomes = await asyncio.gather(*(chain.inquire(order) for _ in range(12)))

    assert {outcome.received for outcome in outcomes} == {usdc(5)}
    assert named_wallet("payer").address == outcomes[0].payer_account
