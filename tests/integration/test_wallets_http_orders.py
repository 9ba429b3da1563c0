"""Do the routes of orders, codes and questions do what they say, for the user who asks and for nobody else?"""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest

from tael.app.listeners import make_listener
from tael.app.purse_channel import install_balance
from tael.app.supervisor import DatabaseUrls
from tael.channels.port import Product
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tael.testing.passkeys import SoftAuthenticator
from tests.integration.funding_scene import FundingScene, funding_scene

SIX = "739154"
CHARGE = {"currency": "CNY", "reference": "till-1", "description": "Two cups of tea"}


class Program(msgspec.Struct, frozen=True):
    """A user's phone, or a merchant's server."""

    client: httpx.AsyncClient
    secret: str
    user_id: str = ""

    async def get(self, path: str, *, status: int = 200) -> dict[str, Any]:
        response = await self.client.get(path, headers={"authorization": f"Bearer {self.secret}"})
        assert response.status_code == status, response.text
        return dict(response.json())

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, status: int = 200, key: str | None = None
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.secret}", "idempotency-key": key or new_id("key")}
        response = await self.client.post(path, json=body or {}, headers=headers)
        assert response.status_code == status, response.text
        return dict(response.json())

    async def confirm(self, confirmation_id: str, factor: str, proof: str) -> None:
        """Show one factor."""
        said = {"factor": factor, "proof": proof}
        await self.post(f"/v1/me/confirmations/{confirmation_id}/confirm", said)


class Town(msgspec.Struct, frozen=True):
    """Users, and a merchant."""

    scene: FundingScene
    client: httpx.AsyncClient
    merchant: Program

    async def user(self, minor: int = 0) -> Program:
        """Somebody with so much in their wallet."""
        who = await self.scene.somebody()
        if minor:
            await self.scene.funded(who, minor)
        secret = await self.scene.session(who, payment_password=SIX)
        return Program(self.client, secret, who.user_id)

    async def order(self, minor: int, product: str = "page") -> tuple[str, dict[str, Any]]:
        """The id of a payment, and what its payer has to do."""
        wanted = {**CHARGE, "amount_minor": minor}
        payment = await self.merchant.post("/v1/payments", wanted, status=201)
        attempt = await self.merchant.post(
            f"/v1/payments/{payment['id']}/attempts", {"method": "balance", "product": product}, status=201
        )
        return payment["id"], attempt["action"]


@pytest.fixture(scope="module")
async def town(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("town")) as scene,
    ):
        house = scene.house
        await install_balance(house, by="operator:test")
        await house.channels.refresh()
        await house.routing.refresh()
        merchant = await house.merchants.register(
            name="蓝茶壶 Blue Teapot", fee_basis_points=60, actor="operator:test"
        )
        key = await house.merchant_keys.create(merchant.id, actor="operator:test")
        transport = httpx.ASGITransport(app=cast(Any, make_listener(house, "public")))
        async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
            yield Town(scene, client, Program(client, key.secret))
        assert not await faults_in_books(house)


def number_in(action: dict[str, Any]) -> str:
    """The order to which a payer is led."""
    return str(action["url"]).rpartition("/wallet/orders/")[2]


async def test_a_payer_signs_an_order_with_a_passkey_and_has_it_back_when_it_is_refunded(town: Town) -> None:
    ann, phone = await town.user(50_000), SoftAuthenticator(town.scene.settings.public_url)
    await ann.post("/v1/me/security/proof", {"factor": "payment_password", "proof": SIX})
    options = (await ann.get("/v1/me/passkeys/options"))["options"]
    await ann.post("/v1/me/passkeys", {"name": "Mine", "answer": phone.make(options)}, status=201)
    payment_id, action = await town.order(40_000)
    number = number_in(action)
    order = await ann.get(f"/v1/me/orders/{number}")
    assert (order["payee"], order["state"]) == ("蓝茶壶 Blue Teapot", "waiting")
    assert order["return_url"].endswith(f"/pay/{payment_id}")
    refused = await ann.post(f"/v1/me/orders/{number}/pay", status=403)
    assert refused["code"] == "wallets.confirmation_missing"

    asked = await ann.post(f"/v1/me/orders/{number}/confirmation")
    assert (asked["strength"], asked["words"]["to"]) == ("one", "蓝茶壶 Blue Teapot")
    assert ["passkey"] in asked["factors"]
    id = asked["confirmation_id"]
    question = (await ann.get(f"/v1/me/confirmations/{id}/passkey"))["options"]
    await ann.confirm(id, "passkey", phone.use(question))
    paid = await ann.post(f"/v1/me/orders/{number}/pay", {"confirmation_id": id}, key="mine")
    assert paid["state"] == "paid"
    assert await ann.post(f"/v1/me/orders/{number}/pay", {"confirmation_id": id}, key="mine") == paid

    await town.scene.time_passes()
    assert (await town.merchant.get(f"/v1/payments/{payment_id}"))["state"] == "captured"
    await town.merchant.post(f"/v1/payments/{payment_id}/refunds", {"amount_minor": 15_000}, status=201)
    await town.scene.time_passes()
    assert (await town.merchant.get(f"/v1/payments/{payment_id}"))["refunded_minor"] == 15_000
    assert await town.scene.balance(cast(Any, ann)) == 25_000
    assert (await ann.get(f"/v1/me/orders/{number}"))["refunded_minor"] == 15_000


async def test_nobody_else_sees_or_pays_an_order_that_waits_for_somebody(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user(50_000)
    shown = await ann.post("/v1/me/payment_codes")
    wanted = {**CHARGE, "amount_minor": 40_000, "payer_code": shown["code"]}
    charge = await town.merchant.post("/v1/counter/charges", wanted, status=202)
    assert (charge["state"], charge["method"]) == ("waiting_for_payer", "balance")
    [order] = (await ann.get("/v1/me/orders"))["items"]
    assert (await bob.get("/v1/me/orders"))["items"] == []
    await bob.get(f"/v1/me/orders/{order['number']}", status=404)
    await bob.post(f"/v1/me/orders/{order['number']}/confirmation", status=404)
    await bob.post(f"/v1/me/orders/{order['number']}/pay", status=404)
    id = (await ann.post(f"/v1/me/orders/{order['number']}/confirmation"))["confirmation_id"]
    await ann.confirm(id, "payment_password", SIX)
    await ann.post(f"/v1/me/orders/{order['number']}/pay", {"confirmation_id": id})
    await town.scene.time_passes(seconds=1)
    told = await town.merchant.get(f"/v1/counter/charges/{charge['id']}")
    assert told["state"] == "succeeded"


async def test_a_small_amount_is_charged_at_the_counter_at_once(town: Town) -> None:
    ann = await town.user(50_000)
    shown = await ann.post("/v1/me/payment_codes")
    again = await ann.post("/v1/me/payment_codes")
    assert shown["code"] != again["code"]
    wanted = {**CHARGE, "amount_minor": 1280, "payer_code": shown["code"]}
    charge = await town.merchant.post("/v1/counter/charges", wanted, status=201)
    assert charge["state"] == "succeeded"
    second = await town.merchant.post("/v1/counter/charges", wanted, status=201)
    assert second["state"] == "refused"


async def test_a_transfer_is_asked_about_as_an_order_is(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    wish = {"payee": bob.user_id, "amount_minor": 40_000}
    asked = await ann.post("/v1/me/transfer_confirmations", wish)
    assert (asked["strength"], asked["words"]["kind"]) == ("one", "transfer")
    await ann.confirm(asked["confirmation_id"], "payment_password", SIX)
    with_it = {**wish, "confirmation_id": asked["confirmation_id"]}
    other = await ann.post("/v1/me/transfers", {**with_it, "amount_minor": 40_001}, status=403)
    assert other["code"] == "identity.confirmation_of_another_act"
    sent = await ann.post("/v1/me/transfers", with_it, status=201)
    assert sent["state"] == "arrived"
    small = await ann.post("/v1/me/transfer_confirmations", {**wish, "amount_minor": 100})
    assert (small["strength"], small["confirmation_id"], small["factors"]) == ("none", None, [])
    stronger = await ann.post(
        "/v1/me/transfer_confirmations", {**wish, "amount_minor": 100, "at_least": "two"}
    )
    assert (stronger["strength"], stronger["confirmation_id"] is None) == ("two", False)


async def test_a_user_is_paid_by_a_code_of_theirs_until_it_is_revoked(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user()
    made = await bob.post("/v1/me/personal_codes", {"kind": "static"}, status=201)
    assert made["address"].endswith(f"/wallet/to/{made['code']}")
    assert [each["code"] for each in (await bob.get("/v1/me/personal_codes"))["items"]] == [made["code"]]
    found = await ann.post("/v1/me/payees", {"payee": made["address"]})
    assert (found["payee"], bob.user_id in str(found)) == (made["code"], False)
    wish = {"payee": made["code"], "amount_minor": 1280, "scanned": True}
    assert (await ann.post("/v1/me/transfers", wish, status=201))["state"] == "arrived"
    remote = await ann.post("/v1/me/transfers", {**wish, "scanned": False}, status=403)
    assert remote["code"] == "wallets.code_not_for_remote"
    await ann.post(f"/v1/me/personal_codes/{made['code']}/revoke", status=404)
    await bob.post(f"/v1/me/personal_codes/{made['code']}/revoke")
    assert (await ann.post("/v1/me/transfers", wish, status=404))["code"] == "wallets.no_such_code"


async def test_an_order_that_is_none_is_not_there(town: Town) -> None:
    ann = await town.user()
    refused = await ann.get("/v1/me/orders/att_06dk3vg5m8x4t9c1h2zq7n0rby", status=404)
    assert refused["code"] == "wallets.no_such_order"
    await ann.post("/v1/me/orders/nothing/pay", {"confirmation_id": None}, status=404)


async def test_a_code_on_the_screen_leads_to_the_same_page(town: Town) -> None:
    ann = await town.user(5_000)
    _, action = await town.order(1280, product="code")
    number = str(action["code_url"]).rpartition("/wallet/orders/")[2]
    assert (await ann.post(f"/v1/me/orders/{number}/pay"))["state"] == "paid"


async def test_a_payer_says_no_and_the_charge_has_failed(town: Town) -> None:
    ann, bob = await town.user(50_000), await town.user(50_000)
    code = (await ann.post("/v1/me/payment_codes"))["code"]
    wanted = {**CHARGE, "amount_minor": 40_000, "payer_code": code}
    charge = await town.merchant.post("/v1/counter/charges", wanted, status=202)
    [order] = (await ann.get("/v1/me/orders"))["items"]
    await bob.post(f"/v1/me/orders/{order['number']}/decline", status=404)
    said = await ann.post(f"/v1/me/orders/{order['number']}/decline")
    assert (said["state"], said["reason"]) == ("declined", "wallets.payer_declined")
    assert await ann.post(f"/v1/me/orders/{order['number']}/decline") == said
    await town.scene.time_passes(seconds=1)
    [attempt] = (await town.merchant.get(f"/v1/payments/{charge['id']}"))["attempts"]
    assert attempt["state"] == "failed"
    ended = await town.merchant.get(f"/v1/counter/charges/{charge['id']}")
    assert ended["state"] == "refused", "the till need not cancel it"
    assert (await ann.get("/v1/me/wallet"))["balances"][0]["available_minor"] == 50_000


async def test_a_balance_does_not_fill_a_balance(town: Town) -> None:
    """On the page of a top-up's payment every way is offered; what is paid so goes back by itself."""
    ann = await town.user(50_000)
    top_up = await ann.post("/v1/me/top_ups", {"amount_minor": 10_000, "method": "alipay"}, status=201)
    payments = town.scene.house.payments
    [(payment_id,)] = await town.scene.rows(
        b"select payment_id from funding.top_ups where id = %(id)s", id=top_up["id"]
    )
    story = await payments.open_checkout(payment_id, method="balance", product=Product.PAGE)
    assert (await ann.post(f"/v1/me/orders/{story.attempts[-1].id}/pay"))["state"] == "paid"
    for _ in range(3):
        await town.scene.time_passes()
    assert (await ann.get(f"/v1/me/top_ups/{top_up['id']}"))["state"] == "failed"
    assert (await ann.get("/v1/me/wallet"))["balances"][0]["available_minor"] == 50_000


async def test_nobody_asks_for_payment_codes_faster_than_a_screen_shows_them(town: Town) -> None:
    ann = await town.user()
    for _ in range(30):
        await ann.post("/v1/me/payment_codes")
    refused = await ann.post("/v1/me/payment_codes", status=429)
    assert refused["code"] == "wallets.too_many_codes"
