"""Over the API: does a user see every way in which their money moved, get it on paper, and hear of it, and nobody else?"""

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from pypdf import PdfReader

from tael.app.listeners import make_listener
from tael.app.supervisor import DatabaseUrls
from tael.foundation.clock import CHINA
from tael.foundation.ids import new_id
from tael.testing.databases import fresh_database
from tael.users.api import OpenKind, OpenThing
from tests.integration.funding_scene import FundingScene, Somebody, funding_scene


@pytest.fixture(scope="module")
async def scene(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FundingScene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("bills")) as opened,
    ):
        yield opened


@pytest.fixture
async def public(scene: FundingScene) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=cast(Any, make_listener(scene.house, "public")))
    async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
        yield client


class Phone:
    """A program on a user's phone."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._token = token

    async def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        response = await self._client.get(path, params=query, headers=self._headers())
        assert response.status_code == status, response.text
        is_json = "json" in response.headers["content-type"]
        return response.json() if is_json else response.content

    async def post(self, path: str, body: dict[str, Any], *, status: int = 201, key: str = "") -> Any:
        headers = {**self._headers(), "idempotency-key": key or new_id("key")}
        response = await self._client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return response.json()

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}"}


async def phone_of(scene: FundingScene, public: httpx.AsyncClient, who: Somebody) -> Phone:
    return Phone(public, await scene.session(who, payment_password="739154"))


async def told(scene: FundingScene, who: Somebody) -> dict[str, str]:
    """The newest message of each kind."""
    kept = await scene.house.people.messages.list_kept(who.user_id, limit=50)
    return {message.template: message.text for message in reversed(kept)}


class Moved:
    """A user whose money moved in every way that there is, with a program of theirs and of another."""

    def __init__(
        self, scene: FundingScene, ann: Somebody, bob: Somebody, phones: tuple[Phone, Phone]
    ) -> None:
        self.scene, self.ann, self.bob = scene, ann, bob
        self.phone, self.other = phones
        self.late, self.withdrawal = "", ""

    async def bills(self) -> list[dict[str, Any]]:
        return list((await self.phone.get("/v1/me/bills"))["items"])

    async def arrives(self) -> None:
        """What was on its way comes to its end, and everybody hears of it."""
        self.scene.clock.move(hours=2)
        await self.scene.house.wallets.settle_due()
        await self.scene.time_passes()


async def money_moved(scene: FundingScene, public: httpx.AsyncClient) -> Moved:
    ann, bob = await scene.somebody("张三"), await scene.somebody("李四")
    await scene.card(ann)
    await scene.funded(ann, 100_000)
    moved = Moved(scene, ann, bob, (await phone_of(scene, public, ann), await phone_of(scene, public, bob)))
    now = {"payee": bob.user_id, "amount_minor": 1_234, "note": "午饭钱"}
    await moved.phone.post("/v1/me/transfers", now)
    scene.clock.move(seconds=1)
    later = {"payee": bob.user_id, "amount_minor": 700, "delay_hours": 2}
    moved.late = (await moved.phone.post("/v1/me/transfers", later))["id"]
    scene.clock.move(seconds=1)
    moved.withdrawal = (await scene.withdraw(ann, 5_000))["id"]
    return moved


async def test_every_way_in_which_money_moved_is_a_bill_for_its_user_alone(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    moved = await money_moved(scene, public)
    phone, bills = moved.phone, await moved.bills()
    assert [(each["kind"], each["direction"], each["state"]) for each in bills] == [
        ("withdrawal", "out", "on_its_way"),
        ("transfer", "out", "on_its_way"),
        ("transfer", "out", "done"),
        ("top_up", "in", "done"),
    ]
    assert (bills[0]["reference"], bills[0]["card"]) == (moved.withdrawal, "622202******0018")
    assert (bills[1]["id"], bills[1]["balance_after_minor"]) == (moved.late, None)
    assert bills[2]["note"] == "午饭钱"
    seen = await scene.house.people.users.payee_of(moved.bob.user_id)
    assert seen.name.startswith("*")
    assert bills[2]["counterparty"] == {"user_id": seen.user_id, "name": seen.name, "phone": seen.phone}
    assert await phone.get(f"/v1/me/bills/{bills[2]['id']}") == bills[2]
    await moved.other.get(f"/v1/me/bills/{bills[2]['id']}", status=404)
    found = await phone.get("/v1/me/bills", q="午饭", direction="out", least_minor=1_000)
    assert [each["id"] for each in found["items"]] == [bills[2]["id"]]
    await phone.get("/v1/me/bills", cursor="x", status=400)
    await phone.get("/v1/me/bills", from_day="2026-13-01", status=400)

    await moved.arrives()
    today = scene.clock.now().astimezone(CHINA).date()
    month = await phone.get("/v1/me/bills/summary", month=f"{today:%Y-%m}")
    assert month["opening_minor"] + month["in_minor"] - month["out_minor"] == month["closing_minor"]
    assert month["closing_minor"] == 100_000 - 1_234 - 700 - 5_000 == await scene.balance(moved.ann)
    await phone.get("/v1/me/bills/summary", month="2026-7", status=400)
    heard, his = await told(scene, moved.ann), await told(scene, moved.bob)
    assert {"transfer_on_its_way", "transfer_sent", "withdrawal_arrived"} <= heard.keys()
    assert f"{seen.name} {seen.phone}" in heard["transfer_sent"]
    assert "7.00" in his["money_received"]
    assert {each["state"] for each in await moved.bills()} == {"done"}


async def test_a_user_takes_them_out_on_paper_and_a_stranger_checks_it(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    moved = await money_moved(scene, public)
    await moved.arrives()
    phone, other = moved.phone, moved.other
    today = scene.clock.now().astimezone(CHINA).date()
    wish = {"format": "pdf", "from_day": f"{today.replace(day=1)}", "to_day": f"{today}"}
    key = new_id("key")
    asked = await phone.post("/v1/me/statements", wish, status=202, key=key)
    assert await phone.post("/v1/me/statements", wish, status=202, key=key) == asked
    path = f"/v1/me/statements/{asked['id']}"
    await phone.get(f"{path}/file", status=409)
    scene.clock.move(seconds=6)
    await scene.house.wallets.statements.write_due()
    done = await phone.get(path)
    assert (done["state"], done["written"], done["bills"]) == ("done", 4, 4)
    file = await phone.get(f"{path}/file")
    await other.get(f"{path}/file", status=404)
    await other.get(path, status=404)
    assert [each["id"] for each in (await phone.get("/v1/me/statements"))["items"]] == [asked["id"]]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file)).pages)
    for part in ("张三", "充值", "提现", "转出", "午饭钱", moved.withdrawal, done["code"]):
        assert part in text, text
    await scene.time_passes()
    assert f"{today}" in (await told(scene, moved.ann))["statement_ready"]

    checked = (await public.get(f"/v1/statements/{done['code']}")).json()
    assert checked["holder"] == "张*"
    assert checked["closing_minor"] == await scene.balance(moved.ann)
    assert checked["sha256"] == hashlib.sha256(file).hexdigest()
    assert moved.ann.user_id not in str(checked)
    other_code = done["code"][:-1] + ("A" if done["code"][-1] != "A" else "B")
    nothing = await public.get(f"/v1/statements/{other_code}")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "wallets.no_such_statement")


async def test_who_guesses_codes_is_slowed_down(scene: FundingScene, public: httpx.AsyncClient) -> None:
    answers = [(await public.get(f"/v1/statements/{no:020}")).status_code for no in range(70)]
    assert set(answers) == {404, 429}
    assert answers.count(404) <= 61
    scene.clock.move(minutes=2)


async def test_nobody_leaves_with_money_or_with_money_on_its_way(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    await scene.funded(ann, 1_000)
    phone = await phone_of(scene, public, ann)
    sent = await phone.post(
        "/v1/me/transfers", {"payee": bob.user_id, "amount_minor": 1_000, "delay_hours": 2}
    )
    house = scene.house
    assert await house.wallets.bills.still_open(ann.user_id) == [
        OpenThing(OpenKind.BALANCE, "10.00 CNY"),
        OpenThing(OpenKind.TRANSFERS, "1"),
    ]
    assert len(await house.wallets.bills.still_open(bob.user_id)) == 1
    scene.clock.move(hours=2)
    await house.wallets.settle_due()
    assert await house.wallets.bills.still_open(ann.user_id) == []
    copy = cast(Any, await house.wallets.bills.all_of(ann.user_id))
    assert copy["bills"][0].reference == sent["id"]
    assert len(copy["bills"]) == 2


async def test_an_account_that_moves_money_is_in_use(scene: FundingScene, public: httpx.AsyncClient) -> None:
    ann, bob, idle = await scene.somebody(), await scene.somebody("李四"), await scene.somebody("王五")
    await scene.funded(ann, 1_000)
    phone = await phone_of(scene, public, ann)
    await phone.post("/v1/me/transfers", {"payee": bob.user_id, "amount_minor": 100})
    await scene.time_passes()
    rows = await scene.rows(
        b"select user_id from standing.activity where active_on is not null and user_id = any(%(ids)s)",
        ids=[ann.user_id, bob.user_id, idle.user_id],
    )
    assert {user_id for (user_id,) in rows} == {ann.user_id, bob.user_id}
