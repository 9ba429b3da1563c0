"""Can support look up over HTTP what was said, page by page?"""

import asyncio
from typing import Any
from urllib.parse import quote

from tael.foundation.ids import new_id
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.staff_desk import asked, key_of


async def test_what_was_said_is_listed_newest_first_and_page_by_page(shop: Platform) -> None:
    ann = await key_of(shop, "Sue", Role.OPERATIONS)
    payment = await shop.merchant.create_payment(1280)
    attempt = await shop.merchant.start_attempt(payment["id"])
    await asyncio.gather(*(shop.house.channels.probe("alipay") for _ in range(3)))
    await shop.house.channels.write_notes()

    async def listed(query: str) -> tuple[int, Any]:
        return await asked(shop, ann, "GET", f"/v1/exchanges?{query}")

    _, whole = await listed(f"number={attempt['id']}")
    assert [each["operation"] for each in whole["items"]][-1] == "pay"
    assert whole["next_cursor"] is None
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        _, page = await listed(f"kind=call&limit=2{cursor}")
        ids += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"
    assert len(ids) >= 4
    assert ids == sorted(set(ids), reverse=True)

    at = quote(whole["items"][-1]["at"])
    _, later = await listed(f"number={attempt['id']}&until={at}")
    assert later["items"] == []
    for query in (
        f"cursor={new_id('pay')}",
        "since=yesterday",
        "kind=gossip",
        "number=",
        "limit=0",
        "channel=A",
    ):
        assert (await listed(query))[0] == 400, query
    assert (await listed("state=refused&channel=nobody"))[1]["items"] == []
