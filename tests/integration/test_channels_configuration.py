"""How does a channel come to be spoken to, and who must agree? Two people, unless no money can move."""

from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tael.app.house import House
from tael.app.supervisor import DatabaseUrls
from tael.channels.errors import ChannelExists, ConnectorRefused, NoSuchChannel, TakesTwo
from tael.channels.rules import moves_no_real_money
from tael.foundation.proposals import NoSuchProposal, ProposalEnded, SameEyes
from tael.simulators.registry import SIMULATORS
from tael.testing.platform import Platform

REAL = "https://openapi.example.com/gateway.do"


def particulars(folder: Path, url: str = "http://127.0.0.1:9") -> dict[str, Any]:
    simulated = SIMULATORS["alipay"]
    return {
        "connector": simulated.connector,
        "settings": simulated.settings(folder, url),
        "credentials": simulated.credentials(folder, url),
    }


def for_real(folder: Path) -> dict[str, Any]:
    given = particulars(folder)
    return given | {"settings": {**given["settings"], "gateway_url": REAL}}


async def test_a_channel_that_could_move_real_money_takes_a_second_person(
    house: House, tmp_path: Path
) -> None:
    wanted = for_real(tmp_path)
    with pytest.raises(TakesTwo):
        async with house.database.transaction() as tx:
            await house.channels.install(tx, "main", by="staff:ann", **wanted)
    async with house.database.transaction() as tx:
        proposal = await house.channels.propose(tx, "main", note="the new contract", by="staff:ann", **wanted)
    with pytest.raises(SameEyes):
        async with house.database.transaction() as tx:
            await house.channels.approve(tx, proposal.id, by="staff:ann")
    await house.channels.refresh()
    assert house.channels.names() == []

    async with house.database.transaction() as tx:
        assert await house.channels.approve(tx, proposal.id, by="staff:bob") == 1
    await house.channels.refresh()
    in_use = house.channels.configuration("main")
    assert (in_use.number, in_use.proposed_by, in_use.approved_by) == (1, "staff:ann", "staff:bob")
    assert not house.channels.moves_no_real_money("main")
    with pytest.raises(ProposalEnded):
        async with house.database.transaction() as tx:
            await house.channels.approve(tx, proposal.id, by="staff:carl")
    with pytest.raises(NoSuchProposal):
        async with house.database.transaction() as tx:
            await house.channels.approve(tx, "prop_00000000000000000000000000", by="staff:carl")


async def test_secrets_lie_sealed_in_the_database_and_in_proposals(
    house: House, urls: DatabaseUrls, tmp_path: Path
) -> None:
    wanted = for_real(tmp_path)
    async with house.database.transaction() as tx:
        proposal = await house.channels.propose(tx, "main", note="keys", by="staff:ann", **wanted)
        await house.channels.approve(tx, proposal.id, by="staff:bob")
    secret = wanted["credentials"]["app_private_key"].splitlines()[3].encode()
    async with await psycopg.AsyncConnection.connect(urls.owner) as connection:
        for table in ("channels.configurations", "foundation.proposals", "foundation.audit"):
            for (row,) in await (await connection.execute(f"select t::text from {table} t")).fetchall():
                assert secret not in row.encode()
                assert secret.hex() not in row
    assert secret.decode() not in repr(house.channels.configuration("main") if house.channels.names() else "")


async def test_every_process_speaks_in_the_new_way_and_forgets_nothing(house: House, tmp_path: Path) -> None:
    for port in (9001, 9002, 9003):
        async with house.database.transaction() as tx:
            wanted = particulars(tmp_path, f"http://127.0.0.1:{port}")
            await house.channels.install(tx, "main", by="operator:test", **wanted)
        await house.channels.refresh()
        assert (
            house.channels.configuration("main")
            .settings["gateway_url"]
            .startswith(f"http://127.0.0.1:{port}/")
        )
    async with house.database.transaction() as tx:
        assert [each.number for each in await house.channels.configurations(tx, "main")] == [3, 2, 1]


async def test_what_cannot_be_used_is_refused_before_anybody_is_asked(house: House, tmp_path: Path) -> None:
    good = particulars(tmp_path)
    wrong: list[dict[str, Any]] = [
        good | {"connector": "no_such"},
        good | {"settings": {}},
        good | {"credentials": {"app_private_key": "not a key", "alipay_public_keys": "neither"}},
    ]
    for particular in wrong:
        with pytest.raises(ConnectorRefused) as refused:
            async with house.database.transaction() as tx:
                await house.channels.propose(tx, "main", note="why not", by="staff:ann", **particular)
        assert "BEGIN" not in refused.value.message
    with pytest.raises(NoSuchChannel):
        house.channels.capabilities("main")


async def test_a_channel_keeps_its_connector(house: House, tmp_path: Path) -> None:
    async with house.database.transaction() as tx:
        await house.channels.install(tx, "main", by="operator:test", **particulars(tmp_path))
    other = SIMULATORS["stripe"]
    with pytest.raises(ChannelExists):
        async with house.database.transaction() as tx:
            await house.channels.install(
                tx,
                "main",
                connector=other.connector,
                settings=other.settings(tmp_path, "http://127.0.0.1:9"),
                credentials=other.credentials(tmp_path, "http://127.0.0.1:9"),
                by="operator:test",
            )


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("http://127.0.0.1:8090", True),
        ("http://localhost:1", True),
        ("http://10.1.2.3/x", True),
        ("http://[::1]:8/", True),
        ("https://api.example.com", False),
        ("https://8.8.8.8", False),
        ("https://127.0.0.1.example.com", False),
    ],
)
def test_only_addresses_of_ones_own_network_move_no_real_money(address: str, near: bool) -> None:  # noqa: FBT001
    assert moves_no_real_money({"url": address, "name": "x"}) is near
    assert not moves_no_real_money({"name": "without any address"})
    assert not moves_no_real_money({"url": address, "other": "https://api.example.com"})


async def test_what_was_said_about_a_payment_can_be_looked_up_masked(platform: Platform) -> None:
    payment = await platform.captured_payment(1280)
    attempt = payment["attempts"][0]
    await platform.house.channels.write_notes()
    async with platform.house.database.transaction() as tx:
        said = await platform.house.channels.exchanges(tx, [attempt["id"]])
        now = platform.house.clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        measures = await platform.house.channels.measures(tx, since=hour, until=now)
    kinds = [(each.kind, each.operation) for each in said]
    assert kinds[0] == ("call", "pay")
    assert ("notice", "notice") in kinds
    assert attempt["id"] in said[0].said
    assert "12.80" in said[0].said
    whole = msgspec.json.encode(said).decode()
    assert "sign=***" in whole
    assert "PRIVATE" not in whole
    [paying] = [each for each in measures if each.operation == "pay"]
    assert (paying.calls, paying.by_state, sum(paying.latency)) == (1, {"waiting": 1}, 1)
