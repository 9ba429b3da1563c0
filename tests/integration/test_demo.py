"""Can users of a demo that is left running do all that its wallet offers?"""

import asyncio
from pathlib import Path

from tael.app.demo import key_file_of, one_more_payment
from tael.app.demo_stage import Stage, install_what_pays_out, let_cards_be_used
from tael.app.house import open_house
from tael.app.supervisor import DatabaseUrls
from tael.app.vault_process import open_vault
from tael.foundation.config import Settings
from tael.foundation.money import Money
from tael.payouts.model import Destination, NewPayout
from tael.simulators.registry import DEMO_PAYS_OUT
from tael.testing.databases import fresh_database
from tael.testing.platform import QUICK, Platform

NOBODY = "http://127.0.0.1:9"


async def test_users_of_a_demo_withdraw_to_their_cards(server: DatabaseUrls, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, **QUICK)
    stage = Stage(settings=settings, simulators={}, providers={"verification": NOBODY, DEMO_PAYS_OUT: NOBODY})
    payout = NewPayout(
        id="pyo_1",
        amount=Money(10_000, "CNY"),
        to=Destination(kind="card", account="crd_1"),
        shown="622202******0018",
        purpose="withdrawal",
        owner="usr_1",
        reference="wdr_1",
        funded_by="user:usr_1:withdrawing",
    )
    async with fresh_database(server) as urls, open_house(settings, urls.application) as house:
        assert house.payouts.why_none(payout) is not None
        for _ in range(2):  # a demo that is started again finds what it has left
            await let_cards_be_used(stage, urls.vault)
            await install_what_pays_out(house, stage)
        await house.channels.refresh()
        await house.routing.refresh()
        assert house.payouts.why_none(payout) is None
        async with open_vault(settings, str(urls.vault)) as (vault, _, _):
            known = [each.origin for each in await vault.destinations() if each.channel == DEMO_PAYS_OUT]
    assert NOBODY in known
    assert len(known) == 2, "where cards may go, and for which key they are encrypted"


async def test_the_command_for_one_more_payment_asks_for_it_with_a_key_that_it_does_not_show(
    platform: Platform, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, public_url=platform.public_url)
    secret = platform.merchant.secret
    key_file_of(settings).write_text(secret)
    command = one_more_payment(settings)
    assert secret not in command
    for _ in range(2):  # each time another one
        shell = await asyncio.create_subprocess_shell(command, stdout=asyncio.subprocess.PIPE)
        out, _ = await shell.communicate()
        assert out.decode().startswith(f"{platform.public_url}/pay/pay_")
