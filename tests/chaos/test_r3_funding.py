"""R3 for money into wallets and out of them: over a bad wire nothing is decided, and when it heals everything is as it is."""

import asyncio
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.testing.fault_proxy import FAULTS, Mode
from tests.integration.funding_scene import FundingScene, Somebody, Wires, funding_scene, read

IMPATIENT_SECONDS = 0.5
MINOR = 1_000
ROUNDS = 12
"""Of the janitor, until everything has to be known; each a minute later."""


class Affected(msgspec.Struct, kw_only=True):
    """What is in the middle of something while the wire is bad."""

    people: list[Somebody]
    top_ups: list[str]
    """Paid while nobody can tell us."""
    withdrawals: list[str] = []
    """Asked for while nobody answers."""


async def test_r3_a_bad_wire_decides_nothing_of_top_ups_and_withdrawals(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The short form, on every change: each request fails in another way."""
    await suffer(FAULTS, urls, tmp_path, people=2, each=4)


@pytest.mark.drill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", FAULTS)
async def test_r3_fifty_top_ups_and_fifty_withdrawals_over_each_kind_of_bad_wire(
    mode: Mode, urls: DatabaseUrls, tmp_path: Path
) -> None:
    """The bar itself."""
    await suffer([mode], urls, tmp_path, people=5, each=10)


async def suffer(
    modes: Sequence[Mode], urls: DatabaseUrls, tmp_path: Path, *, people: int, each: int
) -> None:
    """Everybody tops up and withdraws over a bad wire, which heals in the end."""
    wires: Wires = {}
    settings = {"channel_timeout_seconds": IMPATIENT_SECONDS}
    async with funding_scene(urls, tmp_path, behind=wires, **settings) as scene:
        affected = await _prepare(scene, people=people, each=each)
        before = [await scene.balance(who) for who in affected.people]
        for wire in wires.values():
            wire.mode = cycle(modes)
        await _act(scene, affected, each=each)
        for _ in range(2):
            await scene.time_passes()
        seen = [wire.seen[mode] for wire in wires.values() for mode in modes]
        assert min(seen) >= people * each // len(modes)
        await _nothing_is_decided(scene, affected)

        for wire in wires.values():
            wire.mode = Mode.PASS
        for _ in range(ROUNDS):
            await scene.time_passes()
        await _everything_is_known(scene, affected, before, each=each)


async def _prepare(scene: FundingScene, *, people: int, each: int) -> Affected:
    everybody = [await scene.somebody() for _ in range(people)]
    codes = []
    for who in everybody:
        await scene.card(who)
        await scene.funded(who, 10 * MINOR * each)
        codes += [await scene.top_up(who, MINOR) for _ in range(each)]
    return Affected(people=everybody, top_ups=[begun["id"] for begun in codes])


async def _act(scene: FundingScene, affected: Affected, *, each: int) -> None:
    """Pay every top-up, and ask for every withdrawal, all at once."""
    codes = await scene.rows(
        b"""select a.action ->> 'code_url' from payments.attempts a
            join funding.top_ups t on t.payment_id = a.payment_id where t.id = any(%(ids)s)""",
        ids=affected.top_ups,
    )
    await asyncio.gather(*(scene.control("alipay").pay(code) for (code,) in codes))
    quotes = [
        (who, read(await scene.quote(who, MINOR))["id"]) for who in affected.people for _ in range(each)
    ]
    answers = await asyncio.gather(
        *(scene.house.funding.withdraw(scene.withdraw_call(who, quote)) for who, quote in quotes)
    )
    assert {answer.status for answer in answers} == {201}, [answer.body for answer in answers][:3]
    affected.withdrawals = [read(answer)["id"] for answer in answers]


async def _nothing_is_decided(scene: FundingScene, affected: Affected) -> None:
    top_ups = await scene.rows(
        b"select distinct state from funding.top_ups where id = any(%(ids)s)", ids=affected.top_ups
    )
    assert top_ups == [("waiting",)]
    withdrawals = await scene.rows(b"select distinct state from funding.withdrawals")
    assert withdrawals == [("processing",)]
    legs = await scene.rows(b"select max(nth), min(nth) from payouts.legs")
    assert legs == [(1, 1)], "no second channel while the first one is not known"


async def _everything_is_known(
    scene: FundingScene, affected: Affected, before: list[int], *, each: int
) -> None:
    count = len(affected.withdrawals)
    assert await scene.rows(b"select state, count(*) from funding.withdrawals group by 1") == [
        ("succeeded", count)
    ]
    credited = await scene.rows(
        b"select state, count(*) from funding.top_ups where id = any(%(ids)s) group by 1",
        ids=affected.top_ups,
    )
    assert credited == [("credited", count)]
    for who, minor in zip(affected.people, before, strict=True):
        assert await scene.balance(who) == minor, "as much came as went"
        assert await scene.on(f"user:{who.user_id}:withdrawing") == 0
    paid_out = await scene.control("unionpay").summary()
    assert (paid_out.payouts, paid_out.payouts_sent_more_than_once) == (count, 0)
    fees = await scene.rows(b"select sum(fee_minor)::bigint from funding.withdrawals")
    assert paid_out.payouts_minor == count * MINOR - fees[0][0]
    assert (await scene.control("alipay").summary()).paid_more_than_once == 0
    assert each > 0
