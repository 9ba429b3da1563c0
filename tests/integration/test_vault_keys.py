"""Who can open a card, and what if keys change, are lost, or lie with several people? Everything tried for real."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.errors import NoAnswer
from tael.channels.port import OutcomeState
from tael.foundation.errors import Unavailable
from tael.testing.simulators import RunningSimulator, running_simulator
from tael.testing.vaults import RunningVault, running_vault
from tests.integration.echo_channel import echoing
from tests.integration.vault_desk import CHANNEL, GOOD, till_of

ACTOR = "operator:test"
DENIED = [
    "select * from foundation.audit",
    "select * from payments.payments",
    "select * from merchants.api_keys",
    "select * from channels.exchanges",
    "select * from ledger.entries",
    "insert into foundation.audit (actor) values ('me')",
    "update vault.audit set actor = 'nobody'",
    "delete from vault.audit",
    "truncate vault.audit",
    "update vault.tokens set merchant_id = 'mer_of_mine'",
    "delete from vault.tokens",
    "update vault.master_keys set check_value = ''",
    "delete from vault.master_keys",
    "create table vault.mine (id int)",
    "create role mine",
]
DENIED_TO_THE_APPLICATION = [
    "select * from vault.tokens",
    "select count(*) from vault.tokens",
    "select * from vault.data_keys",
    "select * from vault.audit",
    "insert into vault.destinations values ('stripe', 'https://evil.example', now(), 'me')",
    "update vault.tokens set sealed = null",
    "set role tael_vault",
]


@pytest.fixture(scope="module")
async def simulator(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningSimulator]:
    """The card channel, for all tests here."""
    async with running_simulator(CHANNEL, tmp_path_factory.mktemp("simulator"), speed=200) as running:
        yield running


async def test_s4_the_vaults_role_and_the_applications_are_denied_one_anothers_data(
    urls: DatabaseUrls,
) -> None:
    for url, statements in ((urls.vault, DENIED), (urls.application, DENIED_TO_THE_APPLICATION)):
        async with await psycopg.AsyncConnection.connect(url or "", autocommit=True) as connection:
            for statement in statements:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute(statement.encode())


async def test_s6_data_keys_rotate_under_load_without_an_error(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with running_vault(urls, tmp_path) as vault, echoing() as echo:
        await vault.vault.allow("echo", echo.url, actor=ACTOR)
        tokens = [(await vault.tokenise(GOOD))["id"] for _ in range(30)]
        before = await _data_keys(urls)
        stop = asyncio.Event()
        load = [
            asyncio.create_task(_use_until(stop, vault, echo.ask, tokens[place::4])) for place in range(4)
        ]
        for _ in range(3):
            left = (await vault.client.new_data_key(actor=ACTOR)).left
            while left:
                left = (await vault.client.reseal_cards(actor=ACTOR)).left
        stop.set()
        used = sum(await asyncio.gather(*load))
        assert used > 10
        assert not before & await _data_keys(urls)
        assert {each["number"] for each in echo.heard} == {GOOD}


async def test_s6_the_master_key_rotates_and_the_old_file_is_gone(
    urls: DatabaseUrls, tmp_path: Path, simulator: RunningSimulator
) -> None:
    async with running_vault(urls, tmp_path) as vault:
        token = (await vault.tokenise(GOOD))["id"]
        await _new_master(vault)
        folder = vault.settings.vault_home / "keys"
        assert [file.name for file in folder.iterdir()] == ["master-0002.key"]
        assert oct(folder.stat().st_mode)[-3:] == "700"
    async with running_vault(urls, tmp_path) as vault, till_of(vault, simulator) as till:
        assert (await till.pay(token)).state is OutcomeState.SUCCEEDED


async def test_s6_one_custodian_cannot_unlock_and_two_can(
    urls: DatabaseUrls, tmp_path: Path, simulator: RunningSimulator
) -> None:
    async with running_vault(urls, tmp_path) as vault:
        token = (await vault.tokenise(GOOD))["id"]
        shares = await _new_master(vault, threshold=2, shares=3)
        assert len(shares) == 3
        assert not list((vault.settings.vault_home / "keys").iterdir())
        assert (await vault.client.state()).resealing == 0
    async with running_vault(urls, tmp_path) as vault, till_of(vault, simulator) as till:
        assert not (await vault.client.state()).unlocked
        assert not await vault.client.is_open()
        assert await vault.client.unlock(shares[0], actor=ACTOR) is None
        assert await vault.client.unlock(shares[0], actor=ACTOR) is None  # the same one twice is one
        with pytest.raises(NoAnswer, match="locked"):
            await till.pay(token)
        assert await vault.client.unlock(shares[2], actor=ACTOR) == 2
        assert (await vault.client.state()).unlocked
        assert await vault.client.is_open()
        assert (await till.pay(token)).state is OutcomeState.SUCCEEDED


async def test_s6_a_new_master_key_seals_nothing_before_its_custodians_have_it(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with running_vault(urls, tmp_path) as vault:
        await vault.tokenise(GOOD)
        await vault.client.begin_master(threshold=2, shares=3, actor=ACTOR)
        with pytest.raises(Unavailable, match="waits"):
            await vault.client.begin_master(threshold=2, shares=3, actor=ACTOR)
        assert (await vault.client.state()).master == 1
    async with running_vault(urls, tmp_path) as vault:
        assert (await vault.client.state()).unlocked
        with pytest.raises(Unavailable, match="No new master key"):
            await vault.client.confirm_master(actor=ACTOR)


async def test_s6_with_its_key_destroyed_a_card_cannot_be_read(
    urls: DatabaseUrls, tmp_path: Path, simulator: RunningSimulator
) -> None:
    async with running_vault(urls, tmp_path) as vault:
        token = (await vault.tokenise(GOOD))["id"]
    (vault.settings.vault_home / "keys" / "master-0001.key").unlink()
    async with running_vault(urls, tmp_path) as vault, till_of(vault, simulator) as till:
        assert (await vault.client.describe(token)).last4 == "4242"
        with pytest.raises(NoAnswer, match="locked"):
            await till.pay(token)


async def test_s6_the_vaults_process_leaves_no_core_file_and_cannot_be_looked_into() -> None:
    script = (
        "import ctypes, resource; from tael.app.vault_process import leave_no_trace; leave_no_trace();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "(0, 0) 0"


async def test_wrong_words_of_a_custodian_are_refused(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with running_vault(urls, tmp_path) as vault:
        with pytest.raises(Unavailable, match="no share"):
            await vault.client.unlock("these are no words of anybody", actor=ACTOR)


async def _new_master(vault: RunningVault, *, threshold: int = 0, shares: int = 0) -> list[str]:
    words = await vault.client.begin_master(threshold=threshold, shares=shares, actor=ACTOR)
    await vault.client.confirm_master(actor=ACTOR)
    while (await vault.client.reseal_data_keys(actor=ACTOR)).left:
        pass
    return list(words)


async def _use_until(stop: asyncio.Event, vault: RunningVault, ask: object, tokens: list[str]) -> int:
    used = 0
    while not stop.is_set():
        for token in tokens:
            response = await ask(vault, token, number=f"att_{used}")  # type: ignore[operator]
            assert response.status == 200
            used += 1
        await vault.tokenise(GOOD)
    return used


async def _data_keys(urls: DatabaseUrls) -> set[str]:
    async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner:
        rows = await owner.execute("select id from vault.data_keys where purpose = 'cards'")
        return {str(id) for (id,) in await rows.fetchall()}
