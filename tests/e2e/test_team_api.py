"""Does a merchant's server look after its team as its people do at the portal?"""

from tael.merchants.api import WantedKey
from tael.testing.platform import MerchantClient, Platform
from tests.e2e.places import a_store


async def test_a_team_is_invited_changed_and_thinned_out_over_the_api(shop: Platform) -> None:
    merchant = await shop.new_merchant("Team over the API")
    body = {"email": "Bob@teapot.example", "role": "cashier"}
    made = await merchant.post("/v1/team/invitations", body, key="invite-bob")
    assert made.status == 200, made.raw
    again = await merchant.post("/v1/team/invitations", body, key="invite-bob")
    assert again.body == made.body
    assert again.headers["idempotent-replayed"] == "true"
    link = made.body["link"]
    assert link.startswith(f"{shop.public_url}/portal/invitations/")
    async with shop.session.get(link) as page:
        assert page.status == 200
    bob = made.body["member"]
    assert (bob["email"], bob["state"]) == ("bob@teapot.example", "invited")
    listed = await merchant.get("/v1/team")
    assert [each["id"] for each in listed.body["items"]] == [bob["id"]]
    assert "token" not in listed.raw.decode()
    changed = await merchant.post(f"/v1/team/{bob['id']}", {"role": "viewer"})
    assert changed.body["role"] == "viewer"
    removed = await merchant.post(f"/v1/team/{bob['id']}/remove", {})
    assert removed.body["state"] == "removed"
    assert (await merchant.get("/v1/team")).body["items"] == []
    async with shop.session.get(link) as page:
        assert "失效" in await page.text()


async def test_a_key_gives_no_more_than_it_has_and_stores_left_out_stay(shop: Platform) -> None:
    full = await shop.new_merchant("Narrow keys")
    narrow = WantedKey(scopes=("team.write",))
    made = await shop.house.merchant_keys.create(full.merchant.id, wanted=narrow, actor="operator:test")
    key = MerchantClient(shop.session, shop.public_url, full.merchant, made.secret)
    store = await a_store(full)
    body = {"email": "eve@teapot.example", "role": "cashier"}
    refused = await key.post("/v1/team/invitations", body)
    assert (refused.status, refused.body["code"]) == (403, "merchants.beyond_yours")
    eve = (await full.post("/v1/team/invitations", body | {"stores": [store]})).body["member"]
    promoted = await key.post(f"/v1/team/{eve['id']}", {"role": "viewer"})
    assert (promoted.status, promoted.body["code"]) == (403, "merchants.beyond_yours")
    changed = await full.post(f"/v1/team/{eve['id']}", {"role": "viewer"})
    assert (changed.body["role"], changed.body["stores"]) == ("viewer", [store])
    everywhere = await full.post(f"/v1/team/{eve['id']}", {"role": "viewer", "stores": []})
    assert everywhere.body["stores"] == []


async def test_what_a_team_refuses_names_the_field(shop: Platform) -> None:
    owner = await shop.merchant.post("/v1/team/invitations", {"email": "a@b.example", "role": "owner"})
    assert (owner.status, owner.body["code"]) == (403, "merchants.owner_by_person_only")
    odd = await shop.merchant.post("/v1/team/invitations", {"email": "a", "role": "viewer"})
    assert (odd.status, odd.body["field"]) == (400, "email")
    nobody = await shop.merchant.post(f"/v1/team/mbr_{'0' * 26}/remove", {})
    assert (nobody.status, nobody.body["code"]) == (404, "merchants.no_such_member")
