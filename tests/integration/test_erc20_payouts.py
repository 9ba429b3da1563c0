"""Does money leave the hot wallet once for each number, whatever is lost, repeated or stuck?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes

from tael.app.supervisor import DatabaseUrls
from tael.channels.connectors.erc20 import Erc20Credentials, make_keyring
from tael.channels.port import ErrorClass, HttpResponse, Operation, OutcomeState, Request, Signed, SignOnce
from tael.channels.signer import SigningRefused
from tael.channels.transport import NoAnswer
from tael.foundation.db import Database, Query
from tael.foundation.money import Money
from tael.simulators.base import Fault
from tael.simulators.erc20 import credentials
from tael.testing.database_wire import Break, BreakingWire
from tests.integration.chain_desk import (
    DEEP,
    PAYEE,
    USDC,
    Chain,
    chain_with_signer,
    payout,
    refund,
    signer_of,
    usdc,
)

NONCES = Query("nonces", b"select number, nonce from channels.signatures order by number")


@pytest.fixture
async def chain(tmp_path: Path, urls: DatabaseUrls) -> AsyncIterator[Chain]:
    async with chain_with_signer(tmp_path, urls) as opened:
        yield opened


@pytest.fixture
async def database(urls: DatabaseUrls) -> AsyncIterator[Database]:
    opened = Database(urls.application, pool_size=4)
    await opened.open()
    yield opened
    await opened.close()


async def send(chain: Chain, number: str, whole: int = 5, **more: str) -> OutcomeState:
    return (await chain.ask(Operation.PAY_OUT, payout=payout(number, usdc(whole), **more))).state


async def inquire(chain: Chain, number: str, whole: int = 5) -> OutcomeState:
    return (await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout(number, usdc(whole)))).state


async def test_a_payout_is_sent_mined_and_believed_when_deep(chain: Chain) -> None:
    sent = await chain.ask(Operation.PAY_OUT, payout=payout("out_1", usdc(5)))
    await chain.mine(1)
    shallow = await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout("out_1", usdc(5)))
    await chain.mine(DEEP - 1)
    done = await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout("out_1", usdc(5)))

    assert (sent.state, shallow.state) == (OutcomeState.WAITING, OutcomeState.WAITING)
    assert (done.state, done.amount) == (OutcomeState.SUCCEEDED, usdc(5))
    assert sent.channel_reference == shallow.channel_reference == done.channel_reference
    assert await chain.tokens_of(PAYEE) == 5 * USDC


async def test_what_we_sign_is_what_others_read(chain: Chain) -> None:
    """eth-account recovers the hot wallet and reads a transfer of the token."""
    await send(chain, "out_1")
    (raw,) = [
        msgspec.json.decode(said.body)[0]["params"][0]
        for said, _ in chain.sent
        if b"eth_sendRawTransaction" in said.body
    ]
    words = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    hot_wallet = Account.recover_transaction(raw)

    assert words["chainId"] == 1337
    assert words["nonce"] == 0
    assert words["to"].hex() == chain.simulator.settings["token_address"][2:]
    assert words["data"].hex() == ("a9059cbb" + PAYEE[2:].lower().rjust(64, "0") + f"{5 * USDC:064x}")
    assert await chain.tokens_of(hot_wallet) > 0
    assert await chain.rpc("eth_getTransactionCount", hot_wallet, "latest") == "0x0"
    assert await chain.rpc("eth_getTransactionCount", hot_wallet, "pending") == "0x1"


async def test_a_payout_sent_twice_under_one_number_moves_money_once(chain: Chain) -> None:
    states = [await send(chain, "out_1") for _ in range(2)]
    await chain.mine()
    states += [await send(chain, "out_1") for _ in range(2)]

    assert states == [OutcomeState.WAITING] * 2 + [OutcomeState.SUCCEEDED] * 2
    assert await chain.tokens_of(PAYEE) == 5 * USDC
    assert (await chain.control.payout("out_1")).sent_count == 1


async def test_many_at_once_under_one_number_move_money_once(chain: Chain) -> None:
    await asyncio.gather(*(send(chain, "out_1") for _ in range(6)), *(send(chain, "out_2") for _ in range(3)))
    await chain.mine()

    assert await chain.tokens_of(PAYEE) == 10 * USDC
    assert {number: (await chain.control.payout(number)).sent_count for number in ("out_1", "out_2")} == {
        "out_1": 1,
        "out_2": 1,
    }


async def test_a_lost_answer_is_found_out_by_asking(chain: Chain) -> None:
    await chain.control.switch_on(Fault.LOST_REPLY, method="eth_sendRawTransaction", calls=1)
    with pytest.raises(NoAnswer):
        await send(chain, "out_1")
    await chain.mine()

    assert await inquire(chain, "out_1") is OutcomeState.SUCCEEDED
    assert await chain.tokens_of(PAYEE) == 5 * USDC


async def test_who_dies_between_nonce_and_sending_has_not_lost_the_payout(
    chain: Chain, database: Database
) -> None:
    """The nonce is taken and nothing was sent: those behind it wait, until somebody asks what became of it."""
    dying = chain.connector.converse(
        Request(operation=Operation.PAY_OUT, payout=payout("out_1", usdc(5))), now=chain.clock.now()
    )
    reply: Signed | HttpResponse | None = None
    while True:
        step = next(dying) if reply is None else dying.send(reply)
        if isinstance(step, SignOnce):
            assert chain.signer is not None
            reply = await chain.signer.sign_once(step)
            if step.transaction:
                break
        else:
            reply = await chain.wire.send(step)
    dying.close()

    chain.signer = signer_of(chain, database)
    await send(chain, "out_2", 3)
    await chain.mine()
    stuck_behind = await inquire(chain, "out_2", 3)
    healed = await inquire(chain, "out_1")
    await chain.mine()

    assert (stuck_behind, healed) == (OutcomeState.WAITING, OutcomeState.WAITING)
    assert await inquire(chain, "out_1") is OutcomeState.SUCCEEDED
    assert await inquire(chain, "out_2", 3) is OutcomeState.SUCCEEDED
    assert await chain.tokens_of(PAYEE) == 8 * USDC


async def test_nonces_have_no_gaps_across_signers_and_numbers(chain: Chain, database: Database) -> None:
    signers = [signer_of(chain, database), signer_of(chain, database, channel="usdt")]
    words = _words(chain)
    signed = await asyncio.gather(
        *(
            signers[turn % 2].sign_once(SignOnce(number=f"out_{turn // 2}", transaction=words))
            for turn in range(16)
        )
    )
    async with database.transaction() as tx:
        rows = await tx.tuples(NONCES)

    assert sorted(nonce for _, nonce in rows) == list(range(16))
    assert len({each.raw for each in signed}) == 16


async def test_a_signer_gives_the_same_bytes_for_ever_and_refuses_another_purpose(
    chain: Chain, database: Database
) -> None:
    signer, words = signer_of(chain, database), _words(chain)
    nothing = await signer.sign_once(SignOnce(number="out_1", transaction={}))
    first = await signer.sign_once(SignOnce(number="out_1", transaction=words))
    dearer = await signer.sign_once(SignOnce(number="out_1", transaction=words | {"fee_wei": 10**11}))
    looked = await signer_of(chain, database).sign_once(SignOnce(number="out_1", transaction={}))

    assert nothing == Signed(raw=b"", transaction_id="")
    assert first == dearer == looked
    with pytest.raises(SigningRefused):
        await signer.sign_once(SignOnce(number="out_1", transaction=words | {"to": PAYEE}))
    with pytest.raises(SigningRefused):
        await signer.sign_once(SignOnce(number="out_1#2", transaction=words | {"replaces": "out_9"}))


async def test_a_signature_whose_commit_is_in_doubt_is_the_same_when_asked_again(
    chain: Chain, urls: DatabaseUrls
) -> None:
    async with BreakingWire(urls.application) as wire:
        database = Database(wire.url, pool_size=2)
        await database.open()
        signer, words = signer_of(chain, database), _words(chain)
        wire.break_next(Break.AFTER_COMMIT)
        first = await signer.sign_once(SignOnce(number="out_1", transaction=words))
        wire.break_next(Break.BEFORE_COMMIT)
        second = await signer.sign_once(SignOnce(number="out_2", transaction=words))
        looked = [
            await signer.sign_once(SignOnce(number=number, transaction={})) for number in ("out_1", "out_2")
        ]
        async with database.transaction() as tx:
            rows = await tx.tuples(NONCES)
        broken = wire.broken
        await database.close()

    assert broken == 2
    assert looked == [first, second]
    assert rows == [("out_1", 0), ("out_2", 1)]


async def test_a_payout_that_offers_too_little_is_joined_by_a_dearer_one(
    chain: Chain, database: Database
) -> None:
    """Both have the same nonce, so at most one of them is ever mined."""
    begun = msgspec.structs.replace(payout("out_1", usdc(5)), created_at=chain.clock.now())
    await chain.control.act_at_large("ask_tips", count=2)
    await chain.ask(Operation.PAY_OUT, payout=begun)
    await chain.mine()
    patient = await chain.ask(Operation.INQUIRE_PAYOUT, payout=begun)
    for _ in range(4):
        chain.clock.move(hours=2)
        await chain.mine(1)
        await chain.ask(Operation.INQUIRE_PAYOUT, payout=begun)
    await chain.mine()
    done = await chain.ask(Operation.INQUIRE_PAYOUT, payout=begun)
    async with database.transaction() as tx:
        rows = await tx.tuples(NONCES)

    assert patient.state is OutcomeState.WAITING
    assert [number for number, _ in rows] == ["out_1", "out_1#2", "out_1#3"]
    assert {nonce for _, nonce in rows} == {0}
    assert done.state is OutcomeState.SUCCEEDED
    assert await chain.tokens_of(PAYEE) == 5 * USDC
    assert (await chain.control.payout("out_1")).sent_count == 1


async def test_a_node_that_forgets_a_transaction_is_given_it_again(chain: Chain) -> None:
    await send(chain, "out_1")
    await chain.control.act_on_payout("forget", "out_1")
    await chain.mine()
    forgotten = await chain.tokens_of(PAYEE)
    await inquire(chain, "out_1")
    await chain.mine()

    assert forgotten == 0
    assert await inquire(chain, "out_1") is OutcomeState.SUCCEEDED


async def test_a_reorganisation_does_not_lose_or_repeat_a_payout(chain: Chain) -> None:
    await send(chain, "out_1")
    await chain.mine(1)
    await chain.reorganise(1, lose=True)
    gone = await chain.tokens_of(PAYEE)
    again = await inquire(chain, "out_1")
    await chain.mine()

    assert (gone, again) == (0, OutcomeState.WAITING)
    assert await inquire(chain, "out_1") is OutcomeState.SUCCEEDED
    assert await chain.tokens_of(PAYEE) == 5 * USDC


async def test_a_payout_that_the_contract_refuses_has_failed_for_good(chain: Chain) -> None:
    await send(chain, "out_1")
    await chain.control.act_on_payout("payout_fail", "out_1")
    await chain.mine()
    outcome = await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout("out_1", usdc(5)))
    again = await send(chain, "out_1")
    await chain.mine()

    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.DECLINED)
    assert again is OutcomeState.FAILED
    assert await chain.tokens_of(PAYEE) == 0
    assert await send(chain, "out_2") is OutcomeState.WAITING


async def test_what_would_certainly_fail_is_not_signed(chain: Chain, database: Database) -> None:
    await chain.control.act_at_large("bar", account=PAYEE)
    barred = await chain.ask(Operation.PAY_OUT, payout=payout("out_1", usdc(5)))
    await chain.control.act_at_large("unbar", account=PAYEE)
    poor = await chain.ask(Operation.PAY_OUT, payout=payout("out_2", usdc(10**10)))
    nobody = await chain.ask(Operation.PAY_OUT, payout=payout("out_3", usdc(5), "somebody"))
    mistyped = PAYEE.replace("dA6", "Da6")
    wrong = await chain.ask(Operation.PAY_OUT, payout=payout("out_4", usdc(5), mistyped))
    foreign = await chain.ask(Operation.PAY_OUT, payout=payout("out_5", Money(500, "CNY")))
    async with database.transaction() as tx:
        rows = await tx.tuples(NONCES)

    assert [(each.state, each.error_class) for each in (barred, poor, nobody, wrong, foreign)] == [
        (OutcomeState.FAILED, ErrorClass.DECLINED),
        (OutcomeState.FAILED, ErrorClass.ACCOUNT),
        (OutcomeState.FAILED, ErrorClass.REQUEST),
        (OutcomeState.FAILED, ErrorClass.REQUEST),
        (OutcomeState.FAILED, ErrorClass.REQUEST),
    ]
    assert rows == []


async def test_a_payout_that_emptied_the_wallet_is_not_refused_when_repeated(chain: Chain) -> None:
    """The wallet is poor because this very payout has been sent."""
    await send(chain, "out_1")
    await chain.mine()
    await chain.control.switch_on(Fault.BALANCE_NOT_ENOUGH)

    assert await send(chain, "out_1") is OutcomeState.SUCCEEDED
    assert await send(chain, "out_2") is OutcomeState.FAILED


async def test_fees_above_our_limit_send_nothing(tmp_path: Path, urls: DatabaseUrls) -> None:
    async with chain_with_signer(tmp_path, urls, largest_fee_wei=1_000_000_001) as chain:
        outcome = await chain.ask(Operation.PAY_OUT, payout=payout("out_1", usdc(5)))

    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.BUSY)


async def test_a_payout_that_was_never_asked_for_is_absent(chain: Chain) -> None:
    assert await inquire(chain, "out_1") is OutcomeState.ABSENT


async def test_a_refund_goes_back_to_the_sender_once(chain: Chain) -> None:
    order = await chain.order(usdc(12))
    await chain.receive(order, 12 * USDC)
    payer = (await chain.inquire(order)).payer_account
    assert payer is not None
    before = await chain.tokens_of(payer)
    back = refund("rfd_1", usdc(5), payer)
    states = [(await chain.ask(Operation.REFUND, order=order, refund=back)).state for _ in range(2)]
    await chain.mine()
    done = await chain.ask(Operation.INQUIRE_REFUND, order=order, refund=back)
    view = await chain.control.order(order.order_number)

    assert states == [OutcomeState.WAITING] * 2
    assert (done.state, done.amount, done.refund_number) == (OutcomeState.SUCCEEDED, usdc(5), "rfd_1")
    assert await chain.tokens_of(payer) == before + 5 * USDC
    assert (view.refunded_minor, [each.refund_number for each in view.refunds]) == (5 * USDC, ["rfd_1"])


async def test_a_refund_without_a_sender_is_refused(chain: Chain) -> None:
    order = await chain.order(usdc(12))
    outcome = await chain.ask(Operation.REFUND, order=order, refund=refund("rfd_1", usdc(5), ""))

    assert (outcome.state, outcome.error_class) == (OutcomeState.FAILED, ErrorClass.REQUEST)


async def test_a_receipt_of_another_transaction_is_not_believed(chain: Chain) -> None:
    await send(chain, "out_1")
    await chain.mine()
    await chain.control.switch_on(Fault.WRONG_ORDER)
    outcome = await chain.ask(Operation.INQUIRE_PAYOUT, payout=payout("out_1", usdc(5)))

    assert (outcome.state, outcome.error_class) == (OutcomeState.UNKNOWN, ErrorClass.TRUST)


async def test_a_signing_key_of_another_account_is_refused(chain: Chain, tmp_path: Path) -> None:
    mine = msgspec.convert(chain.simulator.credentials, Erc20Credentials)

    other = credentials(tmp_path / "other", "http://127.0.0.1:1")
    with pytest.raises(ValueError, match="not the one of the account"):
        make_keyring(msgspec.structs.replace(mine, signing_key=other["signing_key"]))


def _words(chain: Chain) -> dict[str, str | int]:
    return {
        "path": "0/0",
        "chain_id": 1337,
        "to": chain.simulator.settings["token_address"],
        "value": 0,
        "data": "0x",
        "gas": 100_000,
        "fee_wei": 10**10,
        "tip_wei": 10**9,
    }
