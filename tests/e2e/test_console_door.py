"""Is whoever tries keys at the console's door slowed down by their network, and nobody else?"""

import aiohttp

from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import FROM_US
from tests.e2e.staff_desk import hired

WRONG = "tael_staff_wrong"


async def tried(shop: Platform, key: str, *, times: int, come_from: str) -> list[int]:
    """The answers to a key that is shown so many times, from an address of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(come_from, 0))
    url, form = f"{shop.internal_url}/console/sign-in", {"key": key, "next": ""}
    answers = []
    async with aiohttp.ClientSession(connector=connector) as session:
        for _ in range(times):
            async with session.post(url, data=form, headers=FROM_US, allow_redirects=False) as answer:
                answers.append(answer.status)
                if answer.status == 429:
                    assert int(answer.headers["Retry-After"]) >= 1
    return answers


async def test_wrong_keys_at_the_console_are_slowed_down_by_network_and_written_down(
    shop: Platform,
) -> None:
    made = await hired(shop, "Dora", Role.OPERATIONS)
    right = made.key.secret
    assert await tried(shop, right, times=25, come_from="127.0.0.61") == [303] * 25, "no try is lost"
    wrong = await tried(shop, WRONG, times=24, come_from="127.0.0.61")
    assert wrong[:15] == [401] * 15
    assert wrong[-1] == 429
    assert await tried(shop, right, times=1, come_from="127.0.0.61") == [429]
    assert await tried(shop, right, times=1, come_from="127.0.0.62") == [303]
    async with shop.house.database.transaction() as tx:
        lines = await tx.connection.execute(
            b"select result, count(*) from foundation.audit where action = 'staff.sign_in'"
            b" and remote_address = '127.0.0.61' group by result order by result"
        )
        assert await lines.fetchall() == [("done", 25), ("staff.key_refused", wrong.count(401))]
