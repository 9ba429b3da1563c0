"""Do the routes of cards, top-ups and withdrawals do what they say, for the user who asks and for nobody else?"""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from tael.app.listeners import make_listener
from tael.app.supervisor import DatabaseUrls
from tael.foundation.http.app import make_app
from tael.foundation.http.permissions import Principal
from tael.foundation.ids import new_id
from tael.funding.http import funding_staff_routes
from tael.identity.api import USER_TOKEN
from tael.identity.model import Factor, Visitor
from tael.payouts.http import payout_staff_routes
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import CARD, SLOW, FundingScene, Somebody, funding_scene
from tests.integration.test_cli import tael

SIX = "739154"


@pytest.fixture(scope="module")
async def scene(
    server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[FundingScene]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("funding")) as opened,
    ):
        yield opened


class Phone:
    """A program on a user's phone."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self.token = token

    async def get(self, path: str) -> dict[str, Any]:
        response = await self._client.get(path, headers=self._headers())
        assert response.status_code == 200, response.text
        return dict(response.json())

    async def post(self, path: str, body: dict[str, Any], *, status: int = 201) -> dict[str, Any]:
        headers = {**self._headers(), "idempotency-key": new_id("key")}
        response = await self._client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return dict(response.json())

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


@pytest.fixture
async def public(scene: FundingScene) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=cast(Any, make_listener(scene.house, "public")))
    async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
        yield client


async def phone_of(scene: FundingScene, public: httpx.AsyncClient, who: Somebody) -> Phone:
    return Phone(public, await scene.session(who, payment_password=SIX))


async def confirm(scene: FundingScene, phone: Phone, confirmation_id: str) -> None:
    """Type the payment password in."""
    people = scene.house.people
    present = (await people.users.principal(phone.token.removeprefix(USER_TOKEN))).present
    visitor = Visitor(device="test", address="127.0.0.1")
    await people.identity.confirm(present, confirmation_id, Factor.PAYMENT_PASSWORD, SIX, visitor)


@pytest.mark.parametrize(
    ("said", "field"),
    [({"method": "beans"}, "method"), ({}, "method"), ({"method": "alipay", "product": "card"}, "product")],
)
async def test_a_way_to_top_up_that_is_not_there_is_named_with_those_that_are(
    scene: FundingScene, public: httpx.AsyncClient, said: dict[str, str], field: str
) -> None:
    phone = await phone_of(scene, public, await scene.somebody())
    refused = await phone.post("/v1/me/top_ups", {"amount_minor": 200_000, **said}, status=400)
    assert (refused["code"], refused["field"]) == ("funding.malformed", field)
    there = "alipay" if field == "method" else "code"
    assert there in refused["hint"]


async def test_a_user_binds_a_card_tops_up_and_withdraws_over_the_api(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    ann = await scene.somebody()
    phone = await phone_of(scene, public, ann)
    fields = await phone.post(
        "/v1/me/card_fields", {"return_url": "https://wallet.example/cards"}, status=200
    )
    assert fields["url"].startswith(scene.vault.url)
    refused = await phone.post("/v1/me/card_fields", {"return_url": "http://wallet.example"}, status=400)
    assert (refused["code"], refused["field"]) == ("vault.page_refused", "return_url")
    bound = await phone.post("/v1/me/bank_cards", {"card_token": await scene.token(ann)})
    assert (bound["state"], bound["shown"]) == ("bound", "622202******0018")
    assert [card["id"] for card in (await phone.get("/v1/me/bank_cards"))["items"]] == [bound["id"]]

    begun = await phone.post("/v1/me/top_ups", {"amount_minor": 200_000, "method": "alipay"})
    await scene.control("alipay").pay(begun["action"]["code_url"])
    await scene.time_passes()
    shown = await phone.get(f"/v1/me/top_ups/{begun['id']}")
    assert (shown["state"], shown["credited_minor"]) == ("credited", 200_000)

    quote = await phone.post("/v1/me/withdrawal_quotes", {"amount_minor": 50_000})
    wish = {"quote_id": quote["id"]}
    refused = await phone.post("/v1/me/withdrawals", wish, status=403)
    assert refused["code"] == "wallets.confirmation_missing"
    asked = await phone.post(
        f"/v1/me/withdrawal_quotes/{quote['id']}/confirmation", {"strength": refused["strength"]}
    )
    assert (asked["words"]["to"], asked["words"]["amount"]) == ("622202******0018", "500.00")
    await confirm(scene, phone, asked["confirmation_id"])
    made = await phone.post("/v1/me/withdrawals", {**wish, "confirmation_id": asked["confirmation_id"]})
    await scene.time_passes()
    done = await phone.get(f"/v1/me/withdrawals/{made['id']}")
    assert (done["state"], done["arrives_minor"]) == ("succeeded", 49_950)
    assert [each["id"] for each in (await phone.get("/v1/me/withdrawals"))["items"]] == [made["id"]]
    assert await scene.balance(ann) == 150_000
    told = await scene.house.people.messages.list_kept(ann.user_id, limit=50)
    assert {message.template for message in told} >= {
        "card_bound",
        "top_up_succeeded",
        "withdrawal_begun",
        "withdrawal_arrived",
    }
    assert CARD not in str([message.text for message in told])


async def test_a_user_has_a_top_up_back_as_they_confirmed_it_and_no_more_of_it(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    begun = await scene.funded(ann, 60_000)
    phone, top_up = await phone_of(scene, public, ann), f"/v1/me/top_ups/{begun['id']}"
    refused = await phone.post(f"{top_up}/refund", {"amount_minor": 50_000}, status=403)
    assert refused["code"] == "wallets.confirmation_missing"
    for_fifty = {"amount_minor": 50_000, "strength": refused["strength"]}
    await (await phone_of(scene, public, bob)).post(f"{top_up}/refund_confirmation", for_fifty, status=404)
    too_much = await phone.post(f"{top_up}/refund_confirmation", {"amount_minor": 60_001}, status=409)
    assert too_much["left_minor"] == 60_000
    asked = await phone.post(f"{top_up}/refund_confirmation", for_fifty)
    assert asked["words"] == {
        "kind": "top_up_refund",
        "amount": "500.00",
        "currency": "CNY",
        "to": "alipay",
    }
    await confirm(scene, phone, asked["confirmation_id"])
    by_it = {"confirmation_id": asked["confirmation_id"]}
    other = await phone.post(f"{top_up}/refund", {"amount_minor": 50_001, **by_it}, status=403)
    assert other["code"] == "identity.confirmation_of_another_act"
    await phone.post(f"{top_up}/refund", {"amount_minor": 50_000, **by_it}, status=202)
    await phone.post(f"{top_up}/refund", {"amount_minor": 10_000, **by_it}, status=403)
    assert await scene.balance(ann) == 10_000


async def test_another_users_cards_and_money_are_not_found(
    scene: FundingScene, public: httpx.AsyncClient
) -> None:
    ann, bob = await scene.somebody(), await scene.somebody("李四")
    card, begun = await scene.card(ann), await scene.funded(ann, 50_000)
    made = await scene.withdraw(ann, 10_000)
    phone = await phone_of(scene, public, bob)
    for path in (
        f"bank_cards/{card}/unbind",
        f"bank_cards/{card}/default",
        f"top_ups/{begun['id']}/refund",
        f"top_ups/{begun['id']}/refund_confirmation",
        f"withdrawal_quotes/{made['id'].replace('wdr', 'wdq')}/confirmation",
    ):
        await phone.post(f"/v1/me/{path}", {}, status=404)
    await phone.post("/v1/me/withdrawal_quotes", {"amount_minor": 100, "bank_card_id": card}, status=404)
    await phone.post("/v1/me/bank_cards", {"card_token": await scene.token(ann)}, status=404)
    for path in ("bank_cards", "top_ups", "withdrawals"):
        assert (await phone.get(f"/v1/me/{path}"))["items"] == []


async def test_staff_look_at_payouts_and_have_their_channel_asked(scene: FundingScene) -> None:
    async def authenticate(secret: str) -> Principal:
        return Principal(owner="operations", actor="staff:ann", permissions=frozenset({secret}))

    ann = await scene.somebody()
    await scene.card(ann)
    await scene.funded(ann, 50_000)
    made = await scene.withdraw(ann, 10_000)
    payout_id = made["payout_id"]
    routes = [*payout_staff_routes(scene.house.payouts), *funding_staff_routes(scene.house.funding)]
    app = make_app(routes, body_limit_bytes=10_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=cast(Any, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
        looking, asking = Phone(client, "payments.read"), Phone(client, "channels.change")
        [listed] = (await looking.get(f"/v1/payouts?state=processing&owner={ann.user_id}"))["items"]
        assert (listed["id"], listed["to"], listed["owner"]) == (payout_id, "622202******0018", ann.user_id)
        assert (await looking.get("/v1/payouts?state=failed"))["items"] == []
        asked = await asking.post(f"/v1/payouts/{payout_id}/inquire", {}, status=200)
        assert asked["state"] == "succeeded", "the channel said so"
        await looking.post(f"/v1/payouts/{payout_id}/inquire", {}, status=403)
        await asking.post(f"/v1/payouts/{new_id('pyo')}/inquire", {}, status=404)
        shown = await looking.get(f"/v1/payouts/{payout_id}")
        assert [leg["channel"] for leg in shown["legs"]] == ["unionpay"]
        wallets = Phone(client, "wallets.read")
        [withdrawal] = (await wallets.get(f"/v1/withdrawals?user_id={ann.user_id}"))["items"]
        assert withdrawal["withdrawal"]["payout_id"] == payout_id
        [top_up] = (await wallets.get(f"/v1/top_ups?user_id={ann.user_id}&state=credited"))["items"]
        assert top_up["top_up"]["credited_minor"] == 50_000
        assert (await wallets.get(f"/v1/top_ups?user_id={ann.user_id}&state=failed"))["items"] == []
        assert CARD not in str(shown)


async def test_payouts_are_listed_shown_and_asked_about_at_the_terminal(scene: FundingScene) -> None:
    ann = await scene.somebody()
    await scene.card(ann, SLOW)
    await scene.funded(ann, 50_000)
    made = await scene.withdraw(ann, 10_000)
    where = {"TAEL_DATABASE_URL": scene.urls.application, "TAEL_HOME": str(scene.settings.home)}
    status, listed, errors = await tael("payouts", "list", "--state", "processing", **where)
    assert (status, made["payout_id"] in listed, "622203******0016" in listed) == (0, True, True), errors
    await scene.control("unionpay").act_on_payout("payout_succeed", made["payout_id"])
    status, shown, errors = await tael("payouts", "inquire", made["payout_id"], **where)
    assert (status, "succeeded" in shown) == (0, True), errors
    status, shown, _ = await tael("payouts", "show", made["payout_id"], **where)
    assert (status, "withdrawal" in shown, "unionpay" in shown) == (0, True, True)
    status, _, errors = await tael("payouts", "show", "pyo_1", **where)
    assert (status, "There is no payout" in errors) == (2, True)
