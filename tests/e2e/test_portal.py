"""Does somebody who opens the portal come in, see their money, act on it, and nothing that is not theirs?"""

import re

from tael.merchants.model import MerchantState, TeamRole
from tael.merchants.schemas import CreateStore
from tael.testing.platform import Platform
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in

NEW = {
    "merchant": "蓝茶壶 Blue Teapot",
    "name": "Ann",
    "email": "ann@newteapot.example",
    "password": PASSWORD,
}


async def test_a_new_merchant_signs_up_sets_up_a_second_factor_and_is_in(shop: Platform) -> None:
    ann = PortalSeat(shop)
    begun = await ann.fill("/sign-up", "/sign-up", **NEW)
    assert begun.location == "/portal/second-factor", begun.text
    assert (await ann.look("/home")).status == 303, "the password alone opens nothing"
    codes = await ann.set_up_second_factor()
    assert len(ann.recovery_codes) == 10
    home = await ann.look("/home")
    assert home.status == 200
    assert "Your application is not finished" in home.text
    assert ann.recovery_codes[0] not in home.text
    assert codes.status == 200
    await ann.fill("/home", "/sign-out")
    assert (await ann.look("/home")).location == "/portal/sign-in?next=/portal/home"
    half = await ann.fill("/sign-in?next=/portal/payments", "/sign-in", email=NEW["email"], password=PASSWORD)
    assert half.location == "/portal/code?next=/portal/payments"
    there = await ann.fill("/code?next=/portal/payments", "/code", code=ann.recovery_codes[0])
    assert there.location == "/portal/payments"
    assert (await ann.look("/payments")).status == 200
    [merchant] = [
        each for each in await shop.house.merchants.everybody() if each.state is MerchantState.APPLYING
    ]
    assert merchant.name == NEW["merchant"]


async def test_a_wrong_password_says_the_same_whoever_tries(shop: Platform) -> None:
    door = PortalSeat(shop)
    seen = await door.fill("/sign-in", "/sign-in", email="nobody@teapot.example", password="not this one")
    assert seen.status == 401
    assert "E-mail or password are not right." in seen.text
    assert "not this one" not in seen.text


async def test_a_payment_is_found_refunded_and_its_story_is_told(shop: Platform) -> None:
    payment = await shop.captured_payment(1280)
    await shop.house.channels.write_notes()
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    home = await ann.look("/home")
    assert "CN¥" in home.text
    listed = await ann.look("/payments?state=captured")
    assert payment["id"] in listed.text
    assert (await ann.look(f"/search?q={payment['id']}")).location == f"/portal/payments/{payment['id']}"
    path = f"/payments/{payment['id']}"
    before = await ann.look(path)
    assert "CN¥12.80 can still be given back" in before.text
    assert "Payment tried" in before.text
    refused = await ann.fill(path, "/refund", amount="12.81", note="")
    assert refused.status == 402
    assert "This is more than can still be given back." in refused.text
    assert (await ann.fill(path, "/refund", amount="-1", note="")).status == 400
    given = await ann.fill(path, "/refund", amount="5", note="One cup was cold")
    assert given.location == f"/portal{path}", given.text
    after = await ann.look(path)
    assert "CN¥7.80 can still be given back" in after.text
    assert "One cup was cold" in (await ann.look("/refunds")).text


async def test_home_of_a_merchant_without_payments_leads_to_a_first_link(shop: Platform) -> None:
    ann = await seat_in(shop, (await shop.new_merchant("First day")).merchant, TeamRole.OWNER)
    assert (
        '<a class="button button-secondary" href="/portal/links">Make a payment link</a>'
        in (await ann.look("/home")).text
    )


async def test_home_tells_what_was_captured_and_given_back_today(shop: Platform) -> None:
    merchant = await shop.new_merchant("Figures")
    payment = await merchant.create_payment(1280)
    attempt = await merchant.start_attempt(payment["id"])
    await shop.simulator.control.pay(attempt["action"]["code_url"])
    await merchant.payment_once(payment["id"], "captured")
    await merchant.create_payment(500)
    await merchant.post(f"/v1/payments/{payment['id']}/refunds", {"amount_minor": 280})
    ann = await seat_in(shop, merchant.merchant, TeamRole.VIEWER)
    said = " ".join(re.sub(r"<[^>]+>", " ", (await ann.look("/home")).text).split())
    assert "Captured CN¥ 12 .80 CN¥0.00 yesterday" in said
    assert "Payments 1 0 yesterday of 2 begun" in said
    assert "Refunded CN¥ 2 .80 CN¥0.00 yesterday Refunds: 1" in said
    assert "Success rate 100.00" in said
    assert "Alipay CN¥12.80 · 100.00" in said
    tabs = re.sub(r"<[^>]+>", "", (await ann.look("/payments")).text)
    assert "All2" in "".join(tabs.split())
    assert (await ann.look("/payments?since=2026-02-30")).status == 400
    columns = await ann.look("/payments?column=refunded&column=state")
    assert '<th scope="col" class="figure">Refunded</th>' in columns.text
    assert "Order</th>" not in columns.text


async def test_a_form_sent_twice_gives_back_once(shop: Platform) -> None:
    payment = await shop.captured_payment(2000)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    address, hidden = (await ann.look(f"/payments/{payment['id']}")).form("/refund")
    for _ in range(2):
        sent = await ann.send(address.removeprefix("/portal"), hidden | {"amount": "3", "note": ""})
        assert sent.status == 303
    story = await shop.house.payments.get(payment["id"], merchant_id=None)
    assert [each.amount_minor for each in story.refunds] == [300]


async def test_forged_forms_and_forms_of_another_merchant_do_nothing(shop: Platform) -> None:
    payment = await shop.captured_payment(1500)
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    address, hidden = (await ann.look(f"/payments/{payment['id']}")).form("/refund")
    path, fields = address.removeprefix("/portal"), hidden | {"amount": "1", "note": ""}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        assert (await ann.send(path, fields, headers)).status in (303, 401), headers
    assert (await ann.send(path, fields | {"_token": "0" * 64})).status == 403
    bob = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    assert (await bob.send(path, fields)).status == 403, "the token is of another session"
    assert not (await shop.house.payments.get(payment["id"], merchant_id=None)).refunds
    other = await shop.new_merchant("Another")
    eve = await seat_in(shop, other.merchant, TeamRole.OWNER)
    assert (await eve.look(f"/payments/{payment['id']}")).status == 404
    assert "Nothing like that" in (await eve.look(f"/search?q={payment['id']}")).text


async def test_a_session_opens_pages_and_not_the_api(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    token = ann.cookies["tael_portal"]
    for headers in ({"Cookie": f"tael_portal={token}"}, {"Authorization": f"Bearer {token}"}):
        async with shop.session.get(f"{shop.public_url}/v1/payments", headers=headers) as answer:
            assert answer.status == 401
    async with shop.session.get(
        f"{shop.public_url}/portal/home", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        assert answer.status == 401


async def test_an_owner_invites_somebody_who_joins_and_is_removed_at_once(shop: Platform) -> None:
    other = (await shop.new_merchant("Team Teapot")).merchant
    ann = await seat_in(shop, other, TeamRole.OWNER)
    shown = await ann.fill("/team", "/team/invite", email="Bob@teamteapot.example", role="cashier")
    [link] = re.findall(r"/portal(/invitations/[\w-]+)", shown.text)
    bob = PortalSeat(shop)
    welcome = await bob.look(link)
    assert "Join Team Teapot" in welcome.text
    joined = await bob.fill(link, link, name="Bob", password=PASSWORD)
    assert joined.location == "/portal/second-factor", joined.text
    await bob.set_up_second_factor()
    assert (await bob.look("/home")).status == 200
    assert (await bob.look("/team")).status == 403
    assert "This link works no more" in (await PortalSeat(shop).look(link)).text
    team = await ann.look("/team")
    [remove] = [
        each.id for each in await shop.house.team.members(other.id) if each.email == "bob@teamteapot.example"
    ]
    address, hidden = team.form(f"{remove}/role")
    gone = await ann.send(address.removeprefix("/portal").replace("/role", "/remove"), hidden)
    assert gone.location == "/portal/team"
    assert (await bob.look("/home")).status == 403
    [own] = [each for each in await shop.house.team.members(other.id) if each.role is TeamRole.OWNER]
    last = await ann.fill("/team", f"{own.id}/role", role="viewer")
    assert "A merchant always has an owner" in last.text


async def test_a_store_that_is_long_on_the_list_stays_a_members_only_one(shop: Platform) -> None:
    merchant = (await shop.new_merchant("Teapots Everywhere")).merchant
    ann = await seat_in(shop, merchant, TeamRole.OWNER)
    each = CreateStore(name="Teapot", address="12 Teapot Lane", region="330106")
    old, *_ = [
        (await shop.house.merchants.do(merchant.id, each, actor="operator:test")).id for _ in range(102)
    ]
    bob = await seat_in(shop, merchant, TeamRole.FINANCE, name="Bob", stores=(old,))
    member = await shop.house.team.membership(bob.login_id, merchant.id)
    assert member is not None
    page = (await ann.look("/team")).text
    assert page.count(f'value="{old}" checked') == 1, "the only store that they have is on the page"
    sent = {"role": "viewer", "where": "in_stores"}
    refused = await ann.fill("/team", f"{member.id}/role", **sent)
    assert (refused.status, "Tick at least one store" in refused.text) == (400, True)
    assert (await ann.fill("/team", f"{member.id}/role", **sent, **{"stores[]": old})).status == 303
    kept = await shop.house.team.membership(bob.login_id, merchant.id)
    assert kept is not None
    assert (kept.role, kept.stores) == (TeamRole.VIEWER, (old,))


async def test_somebody_signs_other_devices_out_and_changes_the_password(shop: Platform) -> None:
    ann = await seat_in(shop, shop.merchant.merchant, TeamRole.VIEWER)
    login = await shop.house.people.identity.find(ann.login_id)
    elsewhere = PortalSeat(shop)
    await elsewhere.fill("/sign-in", "/sign-in", email=login.email, password=PASSWORD)
    await elsewhere.fill("/code", "/code", code=ann.recovery_codes[0])
    assert (await elsewhere.look("/security")).status == 200
    changed = await ann.fill("/security", "/password", old=PASSWORD, password="brass-lantern-meadow")
    assert changed.location == "/portal/security"
    assert (await elsewhere.look("/security")).status == 303
    assert (await ann.look("/security")).status == 200


async def test_a_list_that_has_looked_far_back_says_so_and_goes_on(shop: Platform) -> None:
    other = await shop.new_merchant()
    async with shop.house.database.transaction() as tx:
        await tx.connection.execute(
            b"""insert into payments.payments (id, merchant_id, reference, description, amount_minor, currency, state,
                    captured_minor, captured_by, fee_basis_points, created_at, expires_at, ended_at)
                select 'pay_' || lpad(n::text, 26, '0'), %(merchant_id)s, 'order-' || n, 'Tea', 1280, 'CNY',
                    case n when 1 then 'captured' else 'created' end, case n when 1 then 1280 else 0 end,
                    case n when 1 then 'att_1' end, 60, now() + n * interval '1 ms', now() + interval '1 hour',
                    case n when 1 then now() end
                from generate_series(1, 10010) n""",
            {"merchant_id": other.merchant.id},
        )
    bo = await seat_in(shop, other.merchant, TeamRole.VIEWER)
    first = await bo.look("/payments?state=captured")
    assert "Nothing so far" in first.text
    assert "Looked through everything since" in first.text
    [older] = re.findall(r'href="(\?[^"]*before=pay_[^"]*)"', first.text)
    further = await bo.look(f"/payments{older.replace('&amp;', '&')}")
    assert "order-1<" in further.text
    assert "Looked through" not in further.text
