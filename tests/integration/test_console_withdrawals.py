"""Is a withdrawal that its channel has not answered seen as such at the console, and later what became of it?"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tael.app.listeners import make_listener
from tael.app.supervisor import DatabaseUrls
from tael.simulators.base.faults import Fault
from tael.staff.model import Role
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import CARD, FundingScene, funding_scene


@pytest.fixture(scope="module")
async def scene(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FundingScene]:
    """One for all of them."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("console")) as opened,
    ):
        yield opened


@asynccontextmanager
async def looking(scene: FundingScene, name: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody of finance who has shown their key, and no code: good for looking, for a quarter of an hour."""
    transport = httpx.ASGITransport(app=make_listener(scene.house, "internal"))  # type: ignore[arg-type]
    made = await scene.house.staff.add(
        name, email=f"{name}@tael.example", roles=[Role.FINANCE], actor="operator:test"
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        client.headers.update({"Accept": "text/html", "Accept-Language": "en"})
        form = {"key": made.key.secret, "next": ""}
        seen = await client.post("/console/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert seen.status_code == 303, seen.text
        yield client


async def test_an_unknown_withdrawal_is_seen_at_once_with_every_channel_that_was_asked(
    scene: FundingScene,
) -> None:
    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    await scene.control("unionpay").switch_on(Fault.LOST_REPLY)
    made = await scene.withdraw(ann, 15_000)
    one = f"/console/withdrawals/{ann.user_id}/{made['id']}"
    async with looking(scene, "Fin") as finance:
        listed = (await finance.get("/console/withdrawals", params={"state": "processing"})).text
        assert one in listed
        assert "pill-danger" in listed
        page = await finance.get(one)
        assert page.status_code == 200, page.text[:2000]
        for text in ("unknown", "unionpay", "149.85"):
            assert text in page.text
        money = (await finance.get(f"/console/users/{ann.user_id}/money")).text
        for text in (listed, page.text, money):
            assert CARD not in text
        assert f"{CARD[:6]}******{CARD[-4:]}" in money
    await scene.control("unionpay").switch_off()
    await scene.time_passes(seconds=3600)
    async with looking(scene, "Fina") as finance:
        done = (await finance.get("/console/withdrawals", params={"state": "succeeded"})).text
        assert one in done
        assert "pill-danger" not in (await finance.get(one)).text
        file = (await finance.get("/console/withdrawals.csv", params={"user": ann.user_id})).text
        assert f"{made['id']},{ann.user_id},150.00 CNY,0.15 CNY" in file
        nothing = await finance.get(f"/console/withdrawals/{ann.user_id}/wdr_{'0' * 26}")
        assert nothing.status_code == 404
