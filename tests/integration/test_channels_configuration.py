"""How does a channel come to be spoken to, and who must agree? Two people, unless no money can move."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tael.app.house import House, open_house
from tael.app.supervisor import DatabaseUrls
from tael.channels.api import Channels
from tael.channels.errors import ChannelExists, ConnectorRefused, NoSuchChannel, ProposalOvertaken, TakesTwo
from tael.channels.model import ExchangeFilter
from tael.channels.transport import Transport
from tael.foundation.config import Settings
from tael.foundation.errors import Malformed
from tael.foundation.proposals import NoSuchProposal, Proposal, ProposalEnded, ProposalState, SameEyes
from tael.foundation.sealing import Sealer
from tael.simulators.registry import SIMULATORS
from tael.testing.clocks import ManualClock
from tael.testing.platform import QUICK, Platform
from tael.testing.plugins import installed_plugin

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
    for name in ("M", "main channel", "1main", "m" * 33, ""):
        async with house.database.transaction() as tx:
            with pytest.raises(Malformed, match="no name"):
                await house.channels.install(tx, name, by="operator:test", **good)
            with pytest.raises(Malformed, match="no name"):
                await house.channels.propose(tx, name, note="why not", by="staff:ann", **good)


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


async def propose(house: House, by: str = "staff:ann", **wanted: Any) -> Proposal:
    async with house.database.transaction() as tx:
        return await house.channels.propose(tx, "main", note="why not", by=by, **wanted)


async def approve(house: House, proposal: Proposal, by: str = "staff:bob") -> int | None:
    async with house.database.transaction() as tx:
        return await house.channels.approve(tx, proposal.id, by=by, digest=proposal.digest)


async def state_of(house: House, proposal: Proposal) -> ProposalState:
    async with house.database.transaction() as tx:
        return (await house.channels.look_at(tx, proposal.id))[0].state


async def test_nobody_alone_leads_a_channel_away_from_real_money(house: House, tmp_path: Path) -> None:
    await approve(house, await propose(house, **for_real(tmp_path)))
    with pytest.raises(TakesTwo, match="moves real money now"):
        async with house.database.transaction() as tx:
            await house.channels.install(tx, "main", by="staff:ann", **particulars(tmp_path))
    assert await approve(house, await propose(house, **particulars(tmp_path))) == 2
    async with house.database.transaction() as tx:
        assert await house.channels.install(tx, "main", by="staff:ann", **particulars(tmp_path)) == 3


async def test_a_proposal_that_another_has_overtaken_is_not_approved(house: House, tmp_path: Path) -> None:
    first, second = [await propose(house, by=by, **for_real(tmp_path)) for by in ("staff:ann", "staff:bob")]
    assert await approve(house, second, by="staff:carl") == 1
    async with house.database.transaction() as tx:
        _, seen = await house.channels.look_at(tx, first.id)
    assert (seen.overtaken, seen.replaces) == (True, 0)
    with pytest.raises(ProposalOvertaken, match=r"at configuration 1; .* at 0"):
        await approve(house, first, by="staff:carl")
    assert await state_of(house, first) is ProposalState.OPEN
    async with house.database.transaction() as tx:
        await house.channels.refuse(tx, first.id, by="staff:carl")
    assert await approve(house, await propose(house, **for_real(tmp_path))) == 2


async def test_of_several_approved_at_the_same_moment_all_but_one_are_overtaken(
    house: House, tmp_path: Path
) -> None:
    await approve(house, await propose(house, **for_real(tmp_path)))
    several = [await propose(house, **for_real(tmp_path)) for _ in range(4)]
    done = await asyncio.gather(*(approve(house, each) for each in several), return_exceptions=True)
    assert [each for each in done if isinstance(each, int)] == [2], done
    assert sum(isinstance(each, ProposalOvertaken) for each in done) == 3, done


async def test_what_was_proposed_has_to_work_when_it_is_approved(house: House, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"connector": "others", "settings": {}, "credentials": {"secret": "hidden"}}
    with installed_plugin(tmp_path / "yesterday"):
        proposal = await propose(house, **wanted)
    with installed_plugin(tmp_path / "today", make="raise ValueError('base_url is gone')"):
        async with house.database.transaction() as tx:
            _, seen = await house.channels.look_at(tx, proposal.id)
        assert "base_url is gone" in str(seen.trouble)
        with pytest.raises(ConnectorRefused, match="base_url is gone"):
            await approve(house, proposal)
        assert await state_of(house, proposal) is ProposalState.OPEN
    with installed_plugin(tmp_path / "tomorrow"):
        assert await approve(house, proposal) == 1


async def test_whoever_decides_sees_what_changes_and_no_secret(house: House, tmp_path: Path) -> None:
    old, new = for_real(tmp_path / "old"), for_real(tmp_path / "new")
    await approve(house, await propose(house, **old))
    proposal = await propose(house, **new | {"credentials": {**old["credentials"], **key_of(new)}})
    async with house.database.transaction() as tx:
        _, seen = await house.channels.look_at(tx, proposal.id)
    assert (seen.replaces, seen.overtaken, seen.simulated, seen.trouble) == (1, False, False, None)
    assert seen.credentials_changed == ["app_certificate", "app_private_key"]
    assert seen.settings_before["gateway_url"] == seen.settings["gateway_url"] == REAL
    assert {each.field for each in seen.certificates} >= {"app_certificate", "root_certificates"}
    assert "PRIVATE" not in repr(seen)


async def test_whoever_decides_sees_where_a_kept_secret_would_go_and_whose_the_deposits_would_be(
    house: House, tmp_path: Path
) -> None:
    simulated = SIMULATORS["erc20"]
    ours, theirs = [simulated.credentials(tmp_path / who, "http://127.0.0.1:9") for who in ("a", "b")]
    settings = simulated.settings(tmp_path, "http://127.0.0.1:9")
    named: dict[str, Any] = {"connector": "erc20", "settings": settings}
    await approve(house, await propose(house, **named, credentials={**ours, "rpc_authorization": "Bearer x"}))
    other = {
        "rpc_url": "https://evil.example/v3/hidden",
        "account_key": theirs["account_key"],
        "signing_key": "",
    }
    proposal = await propose(house, **named, credentials=other, keep=True)
    async with house.database.transaction() as tx:
        _, seen = await house.channels.look_at(tx, proposal.id)
    assert seen.credentials_changed == ["account_key", "rpc_url", "signing_key"]
    assert (*seen.addresses_before, *seen.addresses) == ("http://127.0.0.1:9", "https://evil.example")
    before, after = seen.credentials_known_before["account_key"], seen.credentials_known["account_key"]
    assert not {*before} & {*after}, "another wallet, other addresses"
    assert before[0].startswith("hot wallet 0/0 0x")


async def test_what_is_kept_is_of_the_configuration_that_a_proposal_says_it_replaces(
    house: House, urls: DatabaseUrls, tmp_path: Path
) -> None:
    await approve(house, await propose(house, **for_real(tmp_path)))

    class SomebodyElseIsQuicker(Sealer):
        def open(self, sealed: bytes, *, about: str) -> bytes:
            with psycopg.connect(urls.owner) as connection:
                connection.execute(
                    "insert into channels.configurations"
                    " select channel, number + 1, settings, sealed, proposed_by, approved_by, active_from"
                    " from channels.configurations"
                )
            return super().open(sealed, about=about)

    sealer = SomebodyElseIsQuicker(house.settings.home / "keys")
    channels = Channels(house.database, Transport(timeout_seconds=1), ManualClock(), sealer)
    wanted = for_real(tmp_path) | {"credentials": {}}
    async with house.database.transaction() as tx:
        proposal = await channels.propose(tx, "main", note="why not", by="staff:ann", keep=True, **wanted)
    async with house.database.transaction() as tx:
        _, seen = await house.channels.look_at(tx, proposal.id)
    assert (seen.replaces, seen.overtaken) == (1, True)


def key_of(wanted: dict[str, Any]) -> dict[str, str]:
    return {name: wanted["credentials"][name] for name in ("app_private_key", "app_certificate")}


async def test_the_private_keys_of_a_chain_are_tried_before_anybody_is_asked(
    house: House, tmp_path: Path
) -> None:
    simulated = SIMULATORS["erc20"]
    ours, theirs = [simulated.credentials(tmp_path / who, "http://127.0.0.1:9") for who in ("a", "b")]
    with pytest.raises(ConnectorRefused, match="not the one of the account"):
        await propose(
            house,
            connector="erc20",
            settings=simulated.settings(tmp_path, "http://127.0.0.1:9"),
            credentials={**ours, "signing_key": theirs["signing_key"]},
        )


@pytest.mark.parametrize("make", ["raise RuntimeError(credentials.secret)", "raise ValueError('too old')"])
async def test_a_channel_that_cannot_be_used_leaves_the_others_alone_and_says_why(
    house: House, tmp_path: Path, make: str
) -> None:
    clock = ManualClock()
    channels = Channels(house.database, Transport(timeout_seconds=1), clock, house.sealer)

    async def install(channel: str, **wanted: Any) -> None:
        async with house.database.transaction() as tx:
            await channels.install(tx, channel, by="operator:test", **wanted)

    alone = {"connector": "others", "settings": {}, "credentials": {"secret": "hidden"}}
    with installed_plugin(tmp_path / "good"):
        await install("alpha", **alone)
    with installed_plugin(tmp_path / "bad", make=make):
        await install("main", **particulars(tmp_path))
        assert await channels.refresh()
        assert channels.names() == ["main"]
        [trouble] = channels.troubles()
        assert (trouble.channel, trouble.number) == ("alpha", 1)
        assert "hidden" not in trouble.reason
        with pytest.raises(NoSuchChannel) as refused:
            channels.capabilities("alpha")
        assert "cannot be used" in str(refused.value.hint)
    with installed_plugin(tmp_path / "mended"):
        assert not await channels.refresh(), "it is not tried again at once"
        clock.move(seconds=61)
        assert await channels.refresh()
        assert (channels.names(), channels.troubles()) == (["alpha", "main"], [])
        await install("alpha", **alone)
    with installed_plugin(tmp_path / "worse", make=make):
        await channels.refresh()
        assert channels.configuration("alpha").number == 1, "it is spoken to as before"
        assert channels.troubles()[0].number == 2


async def test_a_round_of_looking_for_changes_that_fails_is_followed_by_another(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with (
        open_house(Settings(home=tmp_path, **QUICK), urls.application, refresh_seconds=0.05) as house,
        await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as owner,
    ):
        await owner.execute("revoke select on partners.partners from tael_app")
        await asyncio.sleep(0.5)
        await owner.execute("grant select on partners.partners to tael_app")
        async with house.database.transaction() as tx:
            await house.channels.install(tx, "main", by="operator:test", **particulars(tmp_path))
        async with asyncio.timeout(20):
            while house.channels.names() != ["main"]:  # noqa: ASYNC110 - the refresh tells nobody
                await asyncio.sleep(0.05)


async def test_what_was_said_about_a_payment_can_be_looked_up_masked(platform: Platform) -> None:
    payment = await platform.captured_payment(1280)
    attempt = payment["attempts"][0]
    await platform.house.channels.write_notes()
    async with platform.house.database.transaction() as tx:
        said = await platform.house.channels.exchanges(tx, ExchangeFilter(numbers=[attempt["id"]]))
        now = platform.house.clock.now()
        hour = now.replace(minute=0, second=0, microsecond=0)
        measures = await platform.house.channels.measures(tx, since=hour, until=now)
    kinds = [(each.kind, each.operation) for each in said]
    assert kinds[-1] == ("call", "pay"), "the newest stands first"
    assert ("notice", "notice") in kinds
    assert attempt["id"] in said[-1].said
    assert "12.80" in said[-1].said
    whole = msgspec.json.encode(said).decode()
    assert "sign=***" in whole
    assert "PRIVATE" not in whole
    [paying] = [each for each in measures if each.operation == "pay"]
    assert (paying.calls, paying.by_state, sum(paying.latency)) == (1, {"waiting": 1}, 1)
