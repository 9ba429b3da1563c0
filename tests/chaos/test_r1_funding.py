"""R1 for money into wallets and out of them: whoever moves it is killed at any moment, and nothing is lost or doubled."""

import asyncio
import random
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import SystemClock
from tests.chaos.funding_process import AT_ONCE, Plan, Wish, ask
from tests.integration.funding_scene import CARD, CLOSED, FundingScene, Somebody, funding_scene

EACH, MINOR = 5, 1_000
"""How often each person withdraws and how often they top up, and how much."""
ROUNDS = 8
"""Of the janitors, until everything has to be known; each a minute later."""
_TO_BE_PAID = b"""select t.id, a.action ->> 'code_url' from funding.top_ups t
    join payments.attempts a on a.payment_id = t.payment_id where t.state = 'waiting' and a.action is not null"""


@pytest.mark.parametrize(
    ("kills", "people"),
    [(2, 2), pytest.param(200, 60, marks=[pytest.mark.drill, pytest.mark.timeout(3_000)])],
)
async def test_r1_no_top_up_and_no_withdrawal_is_lost_or_doubled_however_often_it_is_killed(
    urls: DatabaseUrls, tmp_path: Path, kills: int, people: int
) -> None:
    async with funding_scene(urls, tmp_path) as scene:
        everybody = [await _somebody(scene, to_closed=number % 2 == 1) for number in range(people)]
        wishes = [
            Wish(who.user_id, who.login_id, f"{who.user_id}-{n}-{top_up}", MINOR, top_up)
            for who in everybody
            for n in range(EACH)
            for top_up in (False, True)
        ]
        chance = random.Random(7)
        chance.shuffle(wishes)
        plan, acked, paid = tmp_path / "plan.json", dict[str, str](), set[str]()
        for number in range(kills):
            ahead = (scene.clock.now() - SystemClock().now()).total_seconds()
            begun = wishes[: len(wishes) * (number + 1) // kills]
            plan.write_bytes(msgspec.json.encode(Plan(_settings(scene), begun, ahead)))
            await _live_and_die(scene, urls, plan, acked, chance)
            await _pay(scene, paid, chance)
            await _none_is_paid_out_or_credited_twice(scene)

        await _finish(scene, wishes, acked, paid, chance)
        await _everything_is_as_it_was_wished(scene, everybody, acked)


async def _somebody(scene: FundingScene, *, to_closed: bool) -> Somebody:
    """A user with twice what they will withdraw. to_closed: their card takes no money, so each withdrawal comes back."""
    who = await scene.somebody()
    await scene.card(who, CLOSED if to_closed else CARD)
    await scene.funded(who, 2 * MINOR * EACH)
    return who


def _settings(scene: FundingScene) -> dict[str, str | int | float | list[float]]:
    settings = scene.settings
    return {
        "home": str(settings.home),
        "vault_url": settings.vault_url,
        "vault_door_url": settings.vault_door_url,
        "log_level": "critical",
        "inquiry_seconds": [0.2, 0.5, 1, 2],
        "waiting_inquiry_seconds": [0.2, 0.5, 1],
    }


async def _live_and_die(
    scene: FundingScene, urls: DatabaseUrls, plan: Path, acked: dict[str, str], chance: random.Random
) -> None:
    """One life of the process, until it has answered some, and a moment longer; what it answered counts."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.funding_process", urls.application, str(plan), stdout=PIPE
    )
    assert process.stdout is not None
    assert (await process.stdout.readline()).strip() == b"begins"
    told = [await process.stdout.readline() for _ in range(chance.randrange(2 * AT_ONCE))]
    await asyncio.sleep(chance.uniform(0, 0.3))
    process.send_signal(signal.SIGKILL)
    told.append(await process.stdout.read())
    await process.wait()
    _note(b"".join(told).decode(), acked)
    scene.clock.move(seconds=3)


def _note(told: str, acked: dict[str, str]) -> None:
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        key, _, id = rest.partition(" ")
        if word == "acked" and id:
            assert acked.setdefault(key, id) == id, "the same wish was answered with the same thing"


async def _pay(scene: FundingScene, paid: set[str], chance: random.Random, *, share: float = 0.7) -> None:
    """Some of those whose code is shown pay it, while nobody of ours is there to be told."""
    for id, code in await scene.rows(_TO_BE_PAID):
        if id not in paid and chance.random() < share:
            await scene.control("alipay").pay(code)
            paid.add(id)


async def _none_is_paid_out_or_credited_twice(scene: FundingScene) -> None:
    """After each death: whatever half of it was done, no channel and no wallet saw anything twice."""
    assert (await scene.control("unionpay").summary()).payouts_sent_more_than_once == 0
    twice = await scene.rows(
        b"""select reference, kind from ledger.entries
            where kind in ('wallet.top_up', 'wallet.withdrawal_fee', 'payment.captured', 'payout.succeeded')
            group by reference, kind having count(*) > 1"""
    )
    assert twice == []


async def _finish(
    scene: FundingScene, wishes: Sequence[Wish], acked: dict[str, str], paid: set[str], chance: random.Random
) -> None:
    """The faults are over: everybody asks once more, under the same key, and the janitors settle the rest."""
    scene.clock.move(seconds=60)
    for wish in wishes:
        status, id = await ask(scene.house, wish)
        assert status == 201, (wish, status)
        assert acked.setdefault(wish.key, id) == id
    await _pay(scene, paid, chance, share=1)
    for _ in range(ROUNDS):
        await scene.time_passes()


async def _everything_is_as_it_was_wished(
    scene: FundingScene, everybody: Sequence[Somebody], acked: dict[str, str]
) -> None:
    of_each = len(everybody) * EACH
    back, arrived = len(everybody) // 2 * EACH, (len(everybody) + 1) // 2 * EACH
    withdrawals = await scene.rows(b"select state, count(*) from funding.withdrawals group by 1 order by 1")
    assert dict(withdrawals) == {"failed": back, "succeeded": arrived}
    top_ups = await scene.rows(b"select state, count(*) from funding.top_ups group by 1")
    assert top_ups == [("credited", of_each + len(everybody))], "and one of each person at the beginning"
    for number, who in enumerate(everybody):
        withdrawn = 0 if number % 2 else MINOR * EACH
        assert await scene.balance(who) == 3 * MINOR * EACH - withdrawn
        assert await scene.on(f"user:{who.user_id}:withdrawing") == 0
    assert await scene.left_with_payee() == 0
    paid_out = await scene.control("unionpay").summary()
    assert paid_out.payouts_sent_more_than_once == 0
    fees = await scene.rows(
        b"select coalesce(sum(fee_minor), 0)::bigint from funding.withdrawals where state = 'succeeded'"
    )
    assert paid_out.payouts_minor == arrived * MINOR - fees[0][0]
    paid_in = await scene.control("alipay").summary()
    assert (paid_in.paid_more_than_once, paid_in.refunds) == (0, 0)
    assert paid_in.paid_minor == 3 * MINOR * EACH * len(everybody)
    known = {
        id
        for (id,) in await scene.rows(
            b"select id from funding.withdrawals union all select id from funding.top_ups"
        )
    }
    assert set(acked.values()) <= known, "whatever was answered is there"
