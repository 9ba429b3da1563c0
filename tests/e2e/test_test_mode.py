"""Does test mode stand beside live: at the same address, with data, keys and channels of its own?"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from tael.app.subscriptions import MIRROR_ALL
from tael.app.supervisor import DatabaseUrls
from tael.client import AsyncTael
from tael.merchants.model import TeamRole
from tael.simulators.base.habits import HABITS
from tael.testing.databases import fresh_database
from tael.testing.platform import MerchantClient, Platform, running_platform
from tael.testing.simulators import running_simulator
from tests.e2e.places import a_store, a_terminal
from tests.e2e.portal_desk import PortalSeat, seat_in

PAYS, DECLINES, PAYS_UNHEARD, PAYS_IN_DOUBT = sorted(HABITS)[:4]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def two_modes(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    """A platform with live and test mode, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("two_modes")
    async with (
        fresh_database(server) as urls,
        fresh_database(server) as beside,
        running_simulator("alipay", folder / "alipay", speed=200, habits=True) as simulator,
        running_platform(
            urls, folder, simulators={"alipay": simulator}, beside=beside, inquiry_seconds=[0.2]
        ) as running,
    ):
        yield running


@pytest.fixture
async def both(two_modes: Platform) -> Platform:
    """That platform with a merchant of this test's own."""
    return msgspec.structs.replace(two_modes, merchant=await two_modes.new_merchant())


@pytest.fixture
async def tester(both: Platform) -> MerchantClient:
    """The merchant with a key of test mode, at the usual address."""
    live, beside = both.merchant, both.test_house
    assert beside is not None
    while not await beside.merchants.find([live.merchant.id]):  # noqa: ASYNC110 - carried by the courier
        await asyncio.sleep(0.02)
    made = await beside.merchant_keys.create(live.merchant.id, actor="operator:test")
    return MerchantClient(both.session, both.public_url, live.merchant, made.secret)


async def test_a_key_of_test_mode_sees_nothing_of_live_and_the_other_way_round(
    both: Platform, tester: MerchantClient
) -> None:
    assert tester.secret.startswith("tael_test_")
    live_payment = await both.merchant.create_payment()
    test_payment = await tester.create_payment()

    assert (await tester.get(f"/v1/payments/{live_payment['id']}")).status == 404
    assert (await both.merchant.get(f"/v1/payments/{test_payment['id']}")).status == 404
    assert [each["id"] for each in (await tester.get("/v1/payments")).body["items"]] == [test_payment["id"]]
    assert (await both.merchant.get("/test/v1/payments")).status == 401
    async with AsyncTael(both.public_url, tester.secret) as tael:
        assert tael.test_mode
        assert [each.id async for each in tael.payments.list()] == [test_payment["id"]]


async def test_test_mode_has_stores_and_terminals_but_no_affairs(
    both: Platform, tester: MerchantClient
) -> None:
    store = await a_store(tester)
    terminal = await a_terminal(tester, store)
    assert (await tester.get(f"/v1/merchant/terminals/{terminal}")).body["store_id"] == store
    assert (await both.merchant.get(f"/v1/merchant/stores/{store}")).status == 404
    for path in ("/v1/merchant", "/v1/merchant/application", "/v1/merchant/fee_terms"):
        assert (await tester.get(path)).body["code"] != "merchants.no_such_record", path
        assert (await tester.get(path)).status == 404, path
    assert (await both.merchant.get("/v1/merchant")).status == 200


async def test_a_key_of_test_mode_reaches_no_team_route(both: Platform, tester: MerchantClient) -> None:
    ann = await seat_in(both, both.merchant.merchant, TeamRole.OWNER)
    [member] = await both.house.team.members(both.merchant.merchant.id)
    before = await both.merchant.get("/v1/team")
    asked = [
        await tester.get("/v1/team"),
        await tester.post("/v1/team/invitations", {"email": "mallory@evil.example", "role": "viewer"}),
        await tester.post(f"/v1/team/{member.id}", {"role": "viewer"}),
        await tester.post(f"/v1/team/{member.id}/remove", {}),
    ]
    assert {each.status for each in asked} <= {403, 404}, [each.raw for each in asked]
    assert (await both.merchant.get("/v1/team")).body == before.body
    assert (await ann.look("/team")).status == 200


@pytest.mark.usefixtures("tester")
async def test_every_merchant_is_looked_at_daily_for_test_mode(both: Platform) -> None:
    beside = both.test_house
    assert beside is not None
    async with beside.database.transaction() as tx:
        await tx.connection.execute(b"update merchants.merchants set name = 'Stale'")
    assert MIRROR_ALL in {each.job for each in both.house.jobs._schedules}
    assert MIRROR_ALL not in {each.job for each in beside.jobs._schedules}
    async with both.house.database.transaction() as tx:
        await both.house.jobs.defer(tx, MIRROR_ALL)
    known = both.merchant.merchant
    while (await beside.merchants.find([known.id]))[known.id].name == "Stale":  # noqa: ASYNC110 - a job
        await asyncio.sleep(0.05)
    assert (await beside.merchants.find([known.id]))[known.id].name == known.name


async def test_pages_of_test_mode_say_so_and_stay_there(both: Platform, tester: MerchantClient) -> None:
    test_page, live_page = (
        (await tester.create_payment())["checkout_url"],
        (await both.merchant.create_payment())["checkout_url"],
    )

    async with both.session.get(test_page, params={"lang": "en"}) as response:
        text = await response.text()
        assert response.status == 200
        assert "No real money moves here" in text
        assert f'data-base="{test_page.removeprefix(both.public_url)}"' in text
    async with both.session.get(live_page, params={"lang": "en"}) as response:
        assert "No real money moves here" not in await response.text()


@pytest.mark.parametrize("amount_minor", [PAYS, PAYS_UNHEARD, PAYS_IN_DOUBT])
async def test_some_amounts_are_paid_without_anybody_at_the_page(
    both: Platform, tester: MerchantClient, amount_minor: int
) -> None:
    payment = await tester.create_payment(amount_minor)
    await tester.start_attempt(payment["id"])

    assert (await tester.payment_once(payment["id"], "captured"))["captured_minor"] == amount_minor
    assert (await both.merchant.get(f"/v1/payments/{payment['id']}")).status == 404


async def test_the_portal_shows_one_mode_at_a_time_to_the_same_person(
    both: Platform, tester: MerchantClient
) -> None:
    live_payment, test_payment = await both.merchant.create_payment(), await tester.create_payment()
    ann = await seat_in(both, both.merchant.merchant, TeamRole.OWNER)
    in_test = PortalSeat(both, "/test")
    in_test.cookies = ann.cookies
    live, test = await ann.look("/payments"), await in_test.look("/payments")
    assert live_payment["id"] in live.text
    assert test_payment["id"] not in live.text
    assert 'href="/test/portal/home"' in live.text, "the switch"
    assert test_payment["id"] in test.text
    assert live_payment["id"] not in test.text
    assert "Test mode." in test.text
    assert f'href="/test/portal/payments/{test_payment["id"]}"' in test.text
    assert (await in_test.look(f"/payments/{live_payment['id']}")).status == 404
    closed = await in_test.fill(f"/payments/{test_payment['id']}", "/close")
    assert closed.location == f"/test/portal/payments/{test_payment['id']}"
    shown = await in_test.fill(
        "/team", "/team/invite", email="bob@teapot.example", role="viewer", where="everywhere"
    )
    assert f"{both.public_url}/portal/invitations/" in shown.text, "people join in live"
    stranger = await PortalSeat(both, "/test").look("/home")
    assert stranger.location == "/test/portal/sign-in?next=/portal/home"


async def test_whoever_works_in_one_store_tries_everything_of_test_mode_and_may_do_no_more_there(
    both: Platform, tester: MerchantClient
) -> None:
    """Stores of live are not in test mode; and nothing of live is seen there."""
    mine, its_own = await a_store(both.merchant), await a_store(tester)
    live_payment, test_payment = await both.merchant.create_payment(), await tester.create_payment()
    live = await seat_in(both, both.merchant.merchant, TeamRole.FINANCE, stores=(mine,))
    in_test = PortalSeat(both, "/test")
    in_test.cookies = live.cookies
    assert (await live.look(f"/payments/{live_payment['id']}")).status == 404
    assert test_payment["id"] in (await in_test.look("/payments")).text
    assert (await in_test.look(f"/payments/{test_payment['id']}")).status == 200
    assert (await in_test.look("/refunds")).status == 200
    for path in ("/team", "/exports", "/settlement"):
        assert (await in_test.look(path)).status == 403, path
    cashier = await seat_in(both, both.merchant.merchant, TeamRole.CASHIER, stores=(mine,))
    at_the_till = PortalSeat(both, "/test")
    at_the_till.cookies = cashier.cookies
    places = (await at_the_till.look("/counter")).text
    assert (f'value="{its_own}"' in places, f'value="{mine}"' in places) == (True, False)


async def test_the_wallet_of_test_mode_stays_within_test_mode(both: Platform) -> None:
    async with both.session.get(f"{both.public_url}/test/wallet", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/test/wallet/sign-in")
    async with both.session.get(f"{both.public_url}/test/wallet/app.webmanifest") as answer:
        assert (await answer.json())["start_url"] == "/test/wallet/home"
    async with both.session.get(f"{both.public_url}/test/wallet/worker.js") as answer:
        assert '"/test/wallet/offline"' in await answer.text()
