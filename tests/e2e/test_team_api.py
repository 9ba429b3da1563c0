"""Does a merchant's server look after its team as its people do at the portal?"""

from tael.testing.platform import Platform


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


async def test_what_a_team_refuses_names_the_field(shop: Platform) -> None:
    owner = await shop.merchant.post("/v1/team/invitations", {"email": "a@b.example", "role": "owner"})
    assert (owner.status, owner.body["code"]) == (403, "merchants.owner_by_person_only")
    odd = await shop.merchant.post("/v1/team/invitations", {"email": "a", "role": "viewer"})
    assert (odd.status, odd.body["field"]) == (400, "email")
    nobody = await shop.merchant.post(f"/v1/team/mbr_{'0' * 26}/remove", {})
    assert (nobody.status, nobody.body["code"]) == (404, "merchants.no_such_member")
