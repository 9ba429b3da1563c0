"""Do the console's lists go on, filter and speak both languages, and does a probe tell what came of it?"""

import asyncio
import re
from html import unescape

from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import seat_of

OLDER = re.compile(r'href="([^"]*(?:before|cursor)=[^"]*)"')


async def test_conversations_go_on_page_by_page_and_are_filtered(shop: Platform) -> None:
    ann = await seat_of(shop, "Ann", Role.DEVELOPER)
    await shop.captured_payment(1280)
    await asyncio.gather(*(shop.house.channels.probe("alipay") for _ in range(51)))
    await shop.house.channels.write_notes()
    first = await ann.look("/exchanges?channel=alipay&kind=call")
    assert first.text.count('<li class="turn card">') == 50
    older = unescape(OLDER.findall(first.text)[0]).removeprefix("/console")
    assert "channel=alipay" in older, "the filter goes along"
    second = await ann.look(older)
    assert second.text.count('<li class="turn card">') >= 2
    notices = await ann.look("/exchanges?kind=notice&state=succeeded")
    assert notices.text.count('<li class="turn card">') == 1
    assert "sign=***" in notices.text
    assert "Nothing was said" in (await ann.look("/exchanges?number=att_nobody")).text
    assert (await ann.look("/exchanges?before=nonsense")).status == 400


async def test_proposals_are_counted_filtered_by_person_and_go_on(shop: Platform) -> None:
    bea = await seat_of(shop, "Bea", Role.OPERATIONS)
    now = shop.house.channels.configuration("alipay")
    async with shop.house.database.transaction() as tx:
        for number in range(27):
            await shop.house.channels.propose(
                tx,
                "alipay",
                connector=now.connector,
                settings={**now.settings, "app_id": f"app{number}"},
                credentials={},
                keep=True,
                note=f"number {number}",
                by="staff:somebody_else" if number == 13 else bea.actor,
            )
    listed = await bea.look(f"/proposals/channels?by={bea.actor}")
    assert listed.text.count('<li class="row-item">') == 25
    assert "number 13" not in listed.text
    assert "<b>27</b>" in listed.text
    older = unescape(OLDER.findall(listed.text)[0])
    rest = await bea.look(f"/proposals/channels{older}")
    assert "number 0" in rest.text
    assert rest.text.count('<li class="row-item">') == 1
    assert "Nothing here" in (await bea.look("/proposals/channels?state=expired")).text


async def test_a_probe_tells_what_came_of_it(shop: Platform) -> None:
    cyd = await seat_of(shop, "Cyd", Role.OPERATIONS)
    seen = await cyd.fill("/channels/alipay", "/probe")
    assert seen.status == 200
    assert "It answers, and believes us." in seen.text


async def test_pages_turn_to_the_other_language_where_they_are(shop: Platform) -> None:
    dan = await seat_of(shop, "Dan", Role.OPERATIONS)
    english = await dan.look("/exchanges?channel=alipay")
    [other] = re.findall(r'class="language-switch" href="([^"]+)"', english.text)
    chinese = await dan.look(unescape(other).removeprefix("/console"))
    assert chinese.status == 200
    assert '<html lang="zh-CN"' in chinese.text
    assert '<option value="alipay" selected>' in chinese.text, "the filter stays"


async def test_a_person_who_may_not_or_went_astray_reads_words_of_the_console(shop: Platform) -> None:
    eve = await seat_of(shop, "Eve", Role.ADMINISTRATOR)
    forbidden, astray = await eve.look("/channels"), await eve.look("/nowhere")
    assert (forbidden.status, astray.status) == (403, 404)
    assert "This is not for your role" in forbidden.text
    assert "There is nothing here" in astray.text
    assert "payment" not in astray.text
    home = await eve.look("")
    assert (home.status, home.location) == (303, "/console/proposals/staff")
