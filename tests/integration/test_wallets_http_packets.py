"""Over the API: may a user send red packets and claim shares, see what concerns them, and freeze what they have?"""

import re
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest

from tael.app.listeners import make_listener
from tael.app.supervisor import DatabaseUrls
from tael.foundation.ids import new_id
from tael.testing.books import faults_in_books
from tael.testing.databases import fresh_database
from tests.integration.funding_scene import FundingScene, funding_scene

SIX = "739154"


class Phone(msgspec.Struct, frozen=True):
    """A program on a user's phone."""

    client: httpx.AsyncClient
    token: str
    user_id: str

    async def get(self, path: str, *, status: int = 200) -> dict[str, Any]:
        response = await self.client.get(path, headers={"authorization": f"Bearer {self.token}"})
        assert response.status_code == status, response.text
        return dict(response.json())

    async def post(
        self, path: str, body: dict[str, Any] | None = None, *, status: int = 200
    ) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}", "idempotency-key": new_id("key")}
        response = await self.client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        return dict(response.json())

    async def balance(self) -> dict[str, int]:
        [balance] = (await self.get("/v1/me/wallet"))["balances"]
        return dict(balance)


class Street(msgspec.Struct, frozen=True):
    """Where users live."""

    scene: FundingScene
    client: httpx.AsyncClient

    async def user(self, minor: int = 0) -> Phone:
        who = await self.scene.somebody()
        if minor:
            await self.scene.funded(who, minor)
        return Phone(self.client, await self.scene.session(who, payment_password=SIX), who.user_id)


@pytest.fixture(scope="module")
async def street(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Street]:
    """One for all of them; each has users of its own."""
    async with (
        fresh_database(server) as urls,
        funding_scene(urls, tmp_path_factory.mktemp("street")) as scene,
    ):
        transport = httpx.ASGITransport(app=cast(Any, make_listener(scene.house, "public")))
        async with httpx.AsyncClient(transport=transport, base_url="http://tael") as client:
            yield Street(scene, client)
        assert not await faults_in_books(scene.house)


async def test_a_red_packet_is_confirmed_sent_claimed_and_seen_over_the_api(street: Street) -> None:
    ann, bob, eve = await street.user(50_000), await street.user(), await street.user()
    wish = {"amount_minor": 30_001, "shares": 2, "kind": "equal", "only_for": [bob.user_id, eve.user_id]}
    refused = await ann.post("/v1/me/red_packets", wish, status=403)
    assert refused["code"] == "wallets.confirmation_missing"
    asked = await ann.post("/v1/me/red_packet_confirmations", wish)
    assert re.fullmatch(
        r"2 shares, all the same, for \*三 138\*{4}\d*, \*三 138\*{4}\d*", asked["words"]["to"]
    )
    assert asked["words"]["kind"] == "red_packet"
    said = {"factor": "payment_password", "proof": SIX}
    await ann.post(f"/v1/me/confirmations/{asked['confirmation_id']}/confirm", said)
    confirmed = {**wish, "confirmation_id": asked["confirmation_id"], "greeting": "恭喜发财"}
    other = await ann.post("/v1/me/red_packets", {**confirmed, "kind": "random"}, status=403)
    assert other["code"] == "identity.confirmation_of_another_act"
    packet = await ann.post("/v1/me/red_packets", confirmed, status=201)
    assert (packet["state"], packet["claimed"], packet["greeting"]) == ("open", 0, "恭喜发财")
    assert (await ann.balance())["total_minor"] == 19_999

    [waiting] = (await bob.get("/v1/me/red_packets?for_me=true"))["items"]
    assert waiting["id"] == packet["id"]
    claimed = await bob.post(f"/v1/me/red_packets/{packet['id']}/claim")
    assert claimed["mine"]["amount_minor"] == 15_001
    assert (await bob.balance())["available_minor"] == 15_001
    again = await bob.post(f"/v1/me/red_packets/{packet['id']}/claim")
    assert again["mine"] == claimed["mine"]
    assert not (await eve.get(f"/v1/me/red_packets/{packet['id']}"))["claims"]
    [mine] = (await ann.get("/v1/me/red_packets"))["items"]
    assert mine["claimed_minor"] == 15_001
    seen = await ann.get(f"/v1/me/red_packets/{packet['id']}")
    assert [claim["user_id"] for claim in seen["claims"]] == [bob.user_id]


async def test_a_red_packet_for_others_is_not_there_for_anybody_else(street: Street) -> None:
    ann, bob, eve = await street.user(1_000), await street.user(), await street.user()
    wish = {"amount_minor": 100, "shares": 1, "only_for": [bob.user_id]}
    packet = await ann.post("/v1/me/red_packets", wish, status=201)
    for unknown in (packet["id"], new_id("pkt")):
        got = await eve.get(f"/v1/me/red_packets/{unknown}", status=404)
        taken = await eve.post(f"/v1/me/red_packets/{unknown}/claim", status=404)
        assert got["code"] == taken["code"] == "wallets.no_such_packet"
    assert not (await eve.get("/v1/me/red_packets?for_me=true"))["items"]


async def test_whoever_freezes_their_wallet_sees_all_of_it_frozen_and_sends_nothing(street: Street) -> None:
    ann, bob = await street.user(1_000), await street.user()
    await ann.post("/v1/me/restrictions", {}, status=201)
    balance = await ann.balance()
    assert (balance["available_minor"], balance["frozen_minor"]) == (0, 1_000)
    refused = await ann.post("/v1/me/transfers", {"payee": bob.user_id, "amount_minor": 1}, status=403)
    assert refused["code"] == "standing.restricted"
    refused = await ann.post("/v1/me/red_packets", {"amount_minor": 1, "shares": 1}, status=403)
    assert refused["code"] == "standing.restricted"
