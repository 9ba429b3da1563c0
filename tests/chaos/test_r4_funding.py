"""R4 for top-ups and withdrawals: many keys, each repeated at once: one effect, one answer, byte for byte."""

import asyncio
from pathlib import Path

import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.calls import Answer
from tael.foundation.errors import Refusal
from tests.integration.funding_scene import FundingScene, Somebody, funding_scene, read

PEOPLE, EACH, REPEATS = 10, 10, 20


@pytest.mark.drill
@pytest.mark.timeout(400)
async def test_r4_a_hundred_withdrawals_and_top_ups_asked_for_twenty_times_each(
    urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with funding_scene(urls, tmp_path) as scene:
        people = [await scene.somebody() for _ in range(PEOPLE)]
        for who in people:
            await scene.card(who)
            await scene.funded(who, 2_000 * EACH)
        for n in range(EACH):
            await asyncio.gather(*(_both(scene, who, n) for who in people))
        await scene.time_passes()
        count = PEOPLE * EACH
        assert await scene.rows(b"select count(*) from funding.withdrawals") == [(count,)]
        assert await scene.rows(b"select count(*) from funding.top_ups where state = 'waiting'") == [(count,)]
        paid_out = await scene.control("unionpay").summary()
        assert (paid_out.payouts, paid_out.payouts_sent_more_than_once) == (count, 0)
        for who in people:
            assert await scene.balance(who) == 1_000 * EACH


async def _both(scene: FundingScene, who: Somebody, n: int) -> None:
    quote = read(await scene.quote(who, 1_000))["id"]
    funding = scene.house.funding

    async def withdraw() -> Answer:
        return await funding.withdraw(scene.withdraw_call(who, quote, key=f"w{n}"))

    async def top_up() -> Answer:
        return await funding.top_up(scene.top_up_call(who, 1_000, key=f"t{n}"))

    for ask in (withdraw, top_up):
        answers = await asyncio.gather(*(ask() for _ in range(REPEATS)), return_exceptions=True)
        wrong = [
            each for each in answers if isinstance(each, BaseException) and not isinstance(each, Refusal)
        ]
        assert not wrong, wrong[:3]
        given = {each.body for each in answers if isinstance(each, Answer) and each.status == 201}
        again = await ask()
        assert given == {again.body}
        assert again.replayed
