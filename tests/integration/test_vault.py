"""Does a card stay in the vault? Tokens, messages filled in, the trail, and what is refused; with the simulator behind."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.conversations import carry_on
from tael.channels.errors import NoAnswer
from tael.channels.port import CardOfVault, HttpRequest, OutcomeState, ask
from tael.channels.transport import Transport
from tael.foundation.ids import new_id
from tael.testing.simulators import RunningSimulator, running_simulator
from tael.testing.vaults import RunningVault, running_vault
from tael.vault.errors import NoSuchToken
from tests.integration.echo_channel import echoing
from tests.integration.vault_desk import CHANNEL, DECLINED, GOOD, Till, till_of


@pytest.fixture
async def vault(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[RunningVault]:
    """A vault of its own."""
    async with running_vault(urls, tmp_path) as running:
        yield running


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[RunningSimulator]:
    """The card channel."""
    async with running_simulator(CHANNEL, tmp_path / "simulator", speed=200) as running:
        yield running


@pytest.fixture
async def till(vault: RunningVault, simulator: RunningSimulator) -> AsyncIterator[Till]:
    """Pays at the card channel, by the vault."""
    async with till_of(vault, simulator) as opened:
        yield opened


async def test_a_card_of_our_vault_is_charged_by_placeholders_alone(vault: RunningVault, till: Till) -> None:
    token = await vault.tokenise(GOOD)
    assert token["id"].startswith("tok_")
    assert (token["brand"], token["first6"], token["last4"]) == ("visa", "424242", "4242")
    outcome = await till.pay(token["id"])
    assert outcome.state is OutcomeState.SUCCEEDED, outcome
    assert outcome.payer_hint == "visa **** 4242"
    said = "".join(till.exchanges)
    assert GOOD not in said
    assert "{{card:number}}" in said or "%7B%7Bcard%3Anumber%7D%7D" in said


async def test_a_card_that_the_bank_declines_is_declined(vault: RunningVault, till: Till) -> None:
    outcome = await till.pay((await vault.tokenise(DECLINED))["id"])
    assert (outcome.state, outcome.code) == (OutcomeState.FAILED, "generic_decline")


async def test_a_token_of_the_channel_goes_the_old_way(till: Till, vault: RunningVault) -> None:
    assert (await till.pay("pm_card_visa")).state is OutcomeState.SUCCEEDED
    assert not [line for line in await vault.vault.trail() if line.action == "detokenise"]


async def test_each_card_that_leaves_stands_in_the_trail(vault: RunningVault, till: Till) -> None:
    token, number = (await vault.tokenise(GOOD))["id"], new_id("att")
    await till.pay(token, number=number)
    (line,) = [each for each in await vault.vault.trail(token=token) if each.action == "detokenise"]
    assert (line.actor, line.channel, line.number) == ("platform", CHANNEL, number)
    assert str(line.destination).startswith("http://127.0.0.1:")


async def test_s6_without_its_trail_no_card_leaves(
    vault: RunningVault, till: Till, urls: DatabaseUrls, simulator: RunningSimulator
) -> None:
    token = (await vault.tokenise(GOOD))["id"]
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        await owner.execute("revoke insert on vault.audit from tael_vault")
    with pytest.raises(NoAnswer):
        await till.pay(token)
    assert (await simulator.control.summary()).orders == 0


async def test_a_card_goes_nowhere_but_where_its_channel_may_send_it(
    vault: RunningVault, simulator: RunningSimulator
) -> None:
    token = (await vault.tokenise(GOOD))["id"]
    async with till_of(vault, simulator, allowed=False) as till:
        with pytest.raises(NoAnswer, match="may not go to"):
            await till.pay(token)
    assert (await simulator.control.summary()).orders == 0
    assert [line.action for line in await vault.vault.trail(token=token)] == [
        "destination_refused",
        "tokenise",
    ]


async def test_a_stranger_at_the_door_is_refused(vault: RunningVault) -> None:
    token = (await vault.tokenise(GOOD))["id"]
    async with vault.session.post(f"{vault.door.url}/describe", json={"token": token}) as response:
        assert response.status == 401
    content = b'{"token":"%s"}' % token.encode()
    header = str(vault.door.voucher.vouch("/describe", content))
    for expected in (200, 401):  # the very same bytes, a second time
        async with vault.session.post(
            f"{vault.door.url}/describe", data=content, headers={"tael-vouched": header}
        ) as response:
            assert response.status == expected
    async with vault.session.post(
        f"{vault.door.url}/forget", data=content, headers={"tael-vouched": header}
    ) as response:
        assert response.status == 401


async def test_a_message_for_which_there_is_no_vault_is_not_sent() -> None:
    nowhere = Transport(timeout_seconds=1, vault=None)
    message = HttpRequest(
        method="POST", url="http://127.0.0.1:9/", card=CardOfVault(token=new_id("tok"), number="att_1")
    )

    async def send() -> object:
        return await carry_on(ask(message), nowhere.of(CHANNEL))

    with pytest.raises(NoAnswer):
        await send()


async def test_s5_a_security_code_goes_along_once_and_no_card_comes_back(vault: RunningVault) -> None:
    async with echoing() as echo:
        await vault.vault.allow("echo", echo.url, actor="operator:test")
        token = (await vault.tokenise(GOOD, security_code="737"))["id"]
        first = await echo.ask(vault, token, number="att_1")
        assert echo.heard[0] == {"number": GOOD, "cvc": "737", "year": "2034", "note": "{{not a card}}"}
        await echo.ask(vault, token, number="att_2")
        assert "cvc" not in echo.heard[1]
    assert b"424242******4242" in first.body
    assert GOOD.encode() not in first.body
    assert b"737" not in first.body
    assert first.headers["x-card"] == "424242******4242"


async def test_a_card_that_nobody_keeps_is_forgotten(
    vault: RunningVault, till: Till, urls: DatabaseUrls
) -> None:
    kept, lost = (await vault.tokenise(GOOD))["id"], (await vault.tokenise(GOOD))["id"]
    merchant = (await vault.client.describe(kept)).merchant_id
    await vault.client.keep(kept, merchant_id=merchant)
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        await owner.execute(
            "update vault.tokens set expires_at = now() - interval '1 second' where expires_at is not null"
        )
    assert await vault.vault.forget_expired() == 1
    assert (await vault.client.describe(kept)).expires_at is None
    with pytest.raises(NoSuchToken):
        await vault.client.describe(lost)
    await vault.client.forget(kept, merchant_id="mer_of_somebody_else")
    assert (await till.pay(kept)).state is OutcomeState.SUCCEEDED
    await vault.client.forget(kept, merchant_id=merchant)
    with pytest.raises(NoSuchToken):
        await vault.client.describe(kept)


async def test_the_same_card_has_the_same_fingerprint_and_another_token(vault: RunningVault) -> None:
    tokens = [
        await vault.client.describe((await vault.tokenise(number))["id"]) for number in (GOOD, GOOD, DECLINED)
    ]
    first, second, other = tokens
    assert first.id != second.id
    assert first.fingerprint == second.fingerprint != other.fingerprint


async def test_one_page_takes_no_more_cards_than_one_payer_has(vault: RunningVault) -> None:
    body = {"ticket": vault.ticket(), "number": GOOD, "exp_month": 12, "exp_year": 2034}
    statuses = [await _status(vault.session, vault.url, body) for _ in range(11)]
    assert statuses == [201] * 10 + [429]


async def _status(session: aiohttp.ClientSession, url: str, body: dict[str, object]) -> int:
    async with session.post(f"{url}/v1/tokens", json=body) as response:
        return response.status


async def test_s15_cards_that_one_network_sends_are_limited_on_both_ways_in(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """By the page's script and by the form without scripts; each from a page of its own."""
    async with running_vault(urls, tmp_path, network_payments_per_minute=4) as vault:
        for _ in range(4):
            await vault.tokenise(GOOD)
        card = {"ticket": vault.ticket(), "number": GOOD, "exp_month": 12, "exp_year": 2034}
        async with vault.session.post(f"{vault.url}/v1/tokens", json=card) as refused:
            assert (refused.status, (await refused.json())["code"]) == (429, "network_limited")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
        form = {"ticket": vault.ticket(), "number": GOOD, "expiry": "12/34", "code": "737"}
        for language, words in (("en", "Many people are here"), ("zh-CN", "现在访问的人很多")):
            said = {"Accept": "text/html", "Accept-Language": language}
            async with vault.session.post(f"{vault.url}/card", data=form, headers=said) as refused:
                assert refused.status == 429
                assert words in await refused.text()
