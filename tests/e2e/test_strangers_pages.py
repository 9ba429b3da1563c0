"""Is what strangers write limited by the network from which they come, and does nobody else notice?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tael.app.supervisor import DatabaseUrls
from tael.identity.errors import SignInRefused
from tael.identity.model import Visitor
from tael.identity.usecases.desk import MOST_NEWCOMERS
from tael.merchants.model import TeamRole
from tael.testing.databases import fresh_database
from tael.testing.platform import Platform, running_platform
from tests.e2e.console_desk import FROM_US
from tests.e2e.portal_desk import PASSWORD, seat_in
from tests.integration.offers_scene import an_offer, offer_of

TOO_MANY = "Very many people are signing in at the moment"
SIGN_UPS, PAYMENTS, DISCOUNTS, CHANGES = 3, 20, 4, 5
WORDS = {"en": "Too much came from your network", "zh-CN": "您所在网络的请求过于频繁"}
BUSY = {"en": "Many people are here right now", "zh-CN": "现在访问的人很多"}
LINK = {"description": "Two cups of tea", "currency": "CNY", "amount_minor": 1_280}


class Seen(msgspec.Struct, frozen=True):
    """What a stranger was answered."""

    status: int
    text: str
    location: str
    retry_after: str


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform with low limits, behind a proxy that says where strangers come from."""
    folder: Path = tmp_path_factory.mktemp("strangers")
    async with (
        fresh_database(server) as urls,
        running_platform(
            urls,
            folder,
            trusted_proxies="127.0.0.1",
            person_changes_per_second=CHANGES,
            network_sign_ups_per_hour=SIGN_UPS,
            network_payments_per_minute=PAYMENTS,
            network_discounts_per_hour=DISCOUNTS,
        ) as running,
    ):
        yield running


class Stranger:
    """Somebody without a key, at one address."""

    def __init__(self, shop: Platform, address: str, language: str = "en") -> None:
        self._shop = shop
        self._headers = {
            "X-Forwarded-For": address,
            "Accept": "text/html",
            "Accept-Language": language,
            **FROM_US,
        }

    async def ask(self, path: str, form: dict[str, str] | None = None) -> Seen:
        """GET, or POST of a form."""
        url = path if path.startswith("http") else self._shop.public_url + path
        async with self._shop.session.request(
            "GET" if form is None else "POST", url, data=form, headers=self._headers, allow_redirects=False
        ) as answer:
            headers = answer.headers
            return Seen(
                answer.status,
                await answer.text(),
                headers.get("Location", ""),
                headers.get("Retry-After", ""),
            )

    async def sign_up(self, email: str, **otherwise: str) -> Seen:
        """A new merchant."""
        form = {"merchant": "Strange Teapot", "name": "Mallory", "email": email, "password": PASSWORD}
        return await self.ask("/portal/sign-up", form | otherwise)

    async def come_by(self, link: str, number: int) -> Seen:
        """The way from a link to the payment's page."""
        visit = await self.ask(link, {"visit": f"visit-of-a-stranger-{number:03}"})
        return visit if visit.status != 303 else await self.ask(visit.location)


async def a_link(shop: Platform) -> str:
    made = await shop.merchant.post("/v1/payment_links", LINK)
    assert made.status == 201, made.raw
    return str(made.body["url"])


async def merchants_of(shop: Platform) -> int:
    return len(await shop.house.merchants.everybody())


async def test_s10_sign_ups_of_one_network_end_and_those_of_others_go_on(shop: Platform) -> None:
    """Neither a new address nor one that is known is answered more often: nobody learns which e-mails have logins."""
    here, before = Stranger(shop, "198.51.100.1"), await merchants_of(shop)
    for number in range(SIGN_UPS):
        assert (await here.sign_up(f"mallory-{number}@evil.example")).status == 303
    for email in ("mallory-0@evil.example", "mallory-9@evil.example"):
        refused = await here.sign_up(email)
        assert refused.status == 429
        assert WORDS["en"] in refused.text
        assert int(refused.retry_after) > 60, "an hour's worth comes back in an hour"
    assert await merchants_of(shop) == before + SIGN_UPS
    assert WORDS["zh-CN"] in (await Stranger(shop, "198.51.100.1", "zh-CN").sign_up("m@evil.example")).text
    assert (await Stranger(shop, "198.51.100.2").sign_up("ann@honest.example")).status == 303


async def test_a_sign_up_that_is_refused_founds_no_merchant(shop: Platform) -> None:
    before = await merchants_of(shop)
    anybody = Stranger(shop, "198.51.100.10")
    assert (await anybody.sign_up("bea@honest.example")).status == 303
    assert (await anybody.sign_up("bea@honest.example")).status == 409
    wrong = (
        {"email": "no address"},
        {"name": "x" * 65},
        {"email": "x" * 250_000},
        {"password": "x" * 129},
        {"password": "short"},
    )
    for network, said in enumerate(wrong):
        refused = await Stranger(shop, f"198.51.100.{20 + network}").sign_up(
            **({"email": "cy@honest.example"} | said)
        )
        assert refused.status == 400, said
    assert await merchants_of(shop) == before + 1


@pytest.mark.alone
async def test_a_crowd_that_signs_up_is_told_to_come_again_and_whoever_signs_in_comes_in(
    shop: Platform,
) -> None:
    """Told at once, and nothing is counted: from the same network a sign-up is taken a moment later."""
    identity, before = shop.house.people.identity, await merchants_of(shop)
    here = Stranger(shop, "198.51.100.40")
    await here.ask("/portal/sign-up")  # a page that is shown for the first time takes longer than a crowd
    crowd = [asyncio.create_task(identity.hash_of(PASSWORD)) for _ in range(MOST_NEWCOMERS)]
    await asyncio.sleep(0)
    for number in range(SIGN_UPS + 1):
        refused = await here.sign_up(f"late-{number}@honest.example")
        assert refused.status == 503
        assert TOO_MANY in refused.text
        assert int(refused.retry_after) > 0
    assert not all(each.done() for each in crowd), "they were answered while the crowd was waiting"
    with pytest.raises(SignInRefused):
        await identity.sign_in("late-0@honest.example", PASSWORD, Visitor(device="", address="198.51.100.41"))
    await asyncio.gather(*crowd)
    assert await merchants_of(shop) == before
    assert (await here.sign_up("late-0@honest.example")).status == 303


@pytest.mark.alone
async def test_s15_visits_of_one_network_end_and_those_of_others_go_on(shop: Platform) -> None:
    link, here = await a_link(shop), Stranger(shop, "2001:db8:1:2::1")
    ends = [
        await here.ask(link, {"visit": f"visit-of-one-network-{number:03}"}) for number in range(PAYMENTS + 3)
    ]
    assert [each.status for each in ends].count(303) == PAYMENTS
    assert {each.status for each in ends[PAYMENTS:]} == {429}
    assert 1 <= int(ends[-1].retry_after) <= 60
    assert BUSY["en"] in ends[-1].text
    neighbour = Stranger(shop, "2001:db8:1:2:ffff::9", "zh-CN")
    refused = await neighbour.ask(link, {"visit": "visit-of-a-neighbour"})
    assert refused.status == 429, "one /64 is one network"
    assert BUSY["zh-CN"] in refused.text
    assert (
        await Stranger(shop, "2001:db8:1:3::1").ask(link, {"visit": "visit-from-elsewhere"})
    ).status == 303


@pytest.mark.alone
async def test_s15_attempts_that_strangers_begin_are_counted_and_looking_again_is_not(
    shop: Platform,
) -> None:
    payments = [await shop.merchant.create_payment() for _ in range(PAYMENTS + 2)]
    here = Stranger(shop, "198.51.100.40")
    for _ in range(PAYMENTS + 2):
        assert (await here.ask(f"/pay/{payments[0]['id']}")).status == 200
    ends = [(await here.ask(f"/pay/{each['id']}")).status for each in payments[1:]]
    assert ends == [200] * (PAYMENTS - 1) + [429] * 2
    unpaid = await shop.house.payments.get(payments[-1]["id"], merchant_id=None)
    assert not unpaid.attempts
    assert (await Stranger(shop, "198.51.100.41").ask(f"/pay/{payments[-1]['id']}")).status == 200


async def test_what_strangers_begin_and_never_pay_holds_a_part_of_an_offer(shop: Platform) -> None:
    other = await shop.new_merchant("Offering Teapot")
    offer = await an_offer(shop.house, other.merchant.id, fixed_minor=200, budget_minor=2_000)
    made = await other.post("/v1/payment_links", LINK)
    link, mallory = str(made.body["url"]), Stranger(shop, "198.51.100.50")
    ends = [(await mallory.come_by(link, number)).location for number in range(DISCOUNTS + 4)]
    pages = [(await mallory.ask(location)).status for location in ends]
    assert pages == [200] * DISCOUNTS + [429] * 4
    assert (await offer_of(shop.house, offer)).used_minor == DISCOUNTS * 200
    ann = Stranger(shop, "198.51.100.51")
    shown = await ann.ask((await ann.come_by(link, 99)).location)
    assert shown.status == 200
    assert "10.80" in shown.text


async def test_s15_what_a_person_changes_at_the_portal_has_a_rate(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    seen = await asyncio.gather(*(ann.send("/team/invite", {}) for _ in range(30 * CHANGES)))
    assert {each.status for each in seen} == {403, 429}, (
        "a form without its mark is refused, after it is counted"
    )
