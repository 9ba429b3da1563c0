"""How does money reach a card that nobody here knows? The vault encrypts its number for UnionPay, and for nobody else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.conversations import carry_on
from tael.channels.masking import masked_request, masked_response
from tael.channels.port import (
    HttpRequest,
    HttpResponse,
    Operation,
    Outcome,
    OutcomeState,
    PayoutOrder,
    Request,
)
from tael.channels.registry import kind_of
from tael.channels.transport import NoAnswer, Transport
from tael.foundation.ids import new_id
from tael.foundation.money import Money
from tael.simulators.unionpay.keys import prepare_keys
from tael.testing.simulators import RunningSimulator, running_simulator
from tael.testing.vaults import RunningVault, running_vault
from tael.vault.errors import DestinationRefused

CARD, CLOSED = "6222020000000000018", "6222040000000000014"
NOW = datetime.now(UTC)


class Desk(msgspec.Struct):
    """UnionPay as we speak to it over our vault, and what was said."""

    vault: RunningVault
    simulator: RunningSimulator
    transport: Transport
    said: list[str]

    async def ask(self, operation: Operation, payout: PayoutOrder, **changes: str) -> Outcome:
        """One operation; `changes` are other credentials."""
        kind = kind_of("unionpay")
        connector = kind.make(
            msgspec.convert(dict(self.simulator.settings), kind.settings),
            msgspec.convert({**self.simulator.credentials, **changes}, kind.credentials),
        )
        conversation = connector.converse(Request(operation=operation, payout=payout), now=NOW)
        return await carry_on(conversation, self.transport.of("unionpay"), seen=self._note)

    async def allow(self) -> None:
        """UnionPay's key is known to the vault."""
        pem = self.simulator.credentials["encryption_certificate"].encode()
        await self.vault.vault.allow_key("unionpay", pem, actor="operator:test")

    async def payout_to(self, number: str) -> PayoutOrder:
        """A payout to a card in the vault."""
        token = (await self.vault.tokenise(number, security_code=""))["id"]
        return PayoutOrder(
            payout_number=new_id("pyo"),
            amount=Money(30_000, "CNY"),
            payee_account=token,
            payee_name="张三",
            purpose="Withdrawal",
            created_at=NOW,
        )

    def _note(self, said: HttpRequest, heard: HttpResponse) -> None:
        self.said += [masked_request(said), masked_response(heard), repr(said), repr(heard)]


@pytest.fixture
async def desk(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        running_vault(urls, tmp_path) as vault,
        running_simulator("unionpay", tmp_path / "unionpay") as simulator,
    ):
        transport = Transport(timeout_seconds=5, vault=vault.door)
        yield Desk(vault, simulator, transport, [])
        await transport.close()


async def test_money_reaches_a_card_whose_number_never_left_the_vault_in_clear(desk: Desk) -> None:
    await desk.allow()
    payout = await desk.payout_to(CARD)
    assert (await desk.ask(Operation.PAY_OUT, payout)).state is OutcomeState.WAITING
    seen = await desk.simulator.control.payout(payout.payout_number)
    assert (seen.payee, seen.amount_minor, seen.sent_count) == ("622202*********0018", 30_000, 1)
    told = await desk.ask(Operation.INQUIRE_PAYOUT, payout)
    assert (told.state, told.amount, told.payout_number) == (
        OutcomeState.SUCCEEDED,
        payout.amount,
        payout.payout_number,
    )
    again = await desk.ask(Operation.PAY_OUT, payout)
    assert again.state is OutcomeState.UNKNOWN, "the number is known there: that says nothing of the first"
    assert (await desk.simulator.control.summary()).payouts_sent_more_than_once == 0
    assert not [text for text in desk.said if CARD in text or CARD[6:-4] in text]
    trail = await desk.vault.vault.trail(token=payout.payee_account)
    assert ("detokenise", payout.payout_number) in [(line.action, line.number) for line in trail]


async def test_a_card_that_takes_no_money_is_refused_for_good_and_an_unknown_one_is_absent(
    desk: Desk,
) -> None:
    await desk.allow()
    closed = await desk.payout_to(CLOSED)
    assert (await desk.ask(Operation.PAY_OUT, closed)).state is OutcomeState.WAITING
    told = await desk.ask(Operation.INQUIRE_PAYOUT, closed)
    assert (told.state, told.code) == (OutcomeState.FAILED, "66")
    never = await desk.payout_to(CARD)
    assert (await desk.ask(Operation.INQUIRE_PAYOUT, never)).state is OutcomeState.ABSENT


async def test_the_vault_encrypts_for_no_key_that_nobody_allowed(desk: Desk) -> None:
    payout = await desk.payout_to(CARD)
    with pytest.raises(NoAnswer, match="may not go to key:"):
        await desk.ask(Operation.PAY_OUT, payout)
    await desk.allow()
    impostor = prepare_keys(desk.simulator.home).impostor.certificate
    with pytest.raises(NoAnswer, match="may not go to key:"):
        await desk.ask(Operation.PAY_OUT, payout, encryption_certificate=impostor)
    trail = await desk.vault.vault.trail(token=payout.payee_account)
    assert [line.action for line in trail].count("destination_refused") == 2
    assert (await desk.simulator.control.summary()).payouts == 0

    [allowed] = await desk.vault.vault.destinations()
    assert await desk.vault.vault.disallow("unionpay", allowed.origin, actor="operator:test")
    with pytest.raises(NoAnswer, match="may not go to key:"):
        await desk.ask(Operation.PAY_OUT, payout)
    with pytest.raises(DestinationRefused):
        await desk.vault.vault.allow_key("unionpay", b"no key", actor="operator:test")


async def test_without_unionpays_certificate_nothing_is_paid_out(desk: Desk) -> None:
    kind = kind_of("unionpay")
    bare = {**desk.simulator.credentials, "encryption_certificate": ""}
    connector = kind.make(
        msgspec.convert(dict(desk.simulator.settings), kind.settings),
        msgspec.convert(bare, kind.credentials),
    )
    assert Operation.PAY_OUT not in connector.capabilities.operations
    assert connector.capabilities.account_kind == ""
    number = "plain: 6222020000000000018"
    order = PayoutOrder(payout_number="pyo_1", amount=Money(1, "CNY"), payee_account=number)
    outcome = await desk.ask(Operation.PAY_OUT, order)
    assert outcome.state is OutcomeState.FAILED, "what is neither a token nor encrypted is sent nowhere"
    assert desk.said == []
