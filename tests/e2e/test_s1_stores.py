"""S1 for members of some stores only: they act and look there, and nowhere else; keys and everybody else are not limited."""

import re
from typing import Any

import pytest

from tael.app.portals import portal_behind
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.foundation.ids import new_id
from tael.merchants.model import TeamRole
from tael.merchants.rules.team import IN_STORES
from tael.testing.platform import Platform
from tael.web.portal.routes import portal_routes
from tael.web.portal.session import SIGNED_IN
from tests.e2e.places import a_store, a_terminal
from tests.e2e.portal_desk import PortalSeat, seat_in
from tests.e2e.test_s1_portal import Door, knock

CHARGES = "/v1/counter/charges"


async def taken(shop: Platform, way: str = "at_once", **place: str) -> Any:
    """A charge by the merchant's own till, which has a key."""
    wanted = {"amount_minor": 1280, "currency": "CNY", "reference": new_id("till"), "description": "Tea"}
    code = await shop.simulator.control.shown_code(way)
    reply = await shop.merchant.post(CHARGES, {**wanted, "payer_code": code, **place})
    assert reply.status in (201, 202), reply.raw
    return reply.body


async def charge_at(seat: PortalSeat, place: str, *, once: str = "") -> Any:
    """What the counter page says to a charge in a place."""
    page = await seat.look("/counter")
    _, hidden = page.form("/counter")
    code = await seat.shop.simulator.control.shown_code("at_once")
    fields = hidden | {"amount": "5", "code": code, "place": place} | ({"_once": once} if once else {})
    return await seat.send("/counter", fields)


async def test_s1_a_cashier_of_one_store_takes_nothing_in_another_nor_outside_of_all(shop: Platform) -> None:
    mine, other = await a_store(shop.merchant), await a_store(shop.merchant)
    till, others_till = await a_terminal(shop.merchant, mine), await a_terminal(shop.merchant, other)
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER, stores=(mine,))
    shown = await seat.look("/counter")
    assert re.findall(r'<option value="([^"]+)"', shown.text) == [mine, till]
    before = len((await shop.merchant.get(CHARGES, limit=200)).body["items"])
    for place in (other, others_till, ""):
        refused = await charge_at(seat, place)
        assert (refused.status, "your own stores only" in refused.text) == (403, True), place
    assert len((await shop.merchant.get(CHARGES, limit=200)).body["items"]) == before
    for place in (mine, till):
        went = await charge_at(seat, place)
        assert (went.status, "charge=pay_" in went.location) == (303, True), went.text
    [last, first] = (await shop.merchant.get(CHARGES, limit=2)).body["items"]
    assert (first["store_id"], first["terminal_id"]) == (mine, None)
    assert (last["store_id"], last["terminal_id"]) == (mine, till)
    assert last["taken_by"] == f"member:{seat.login_id}"


async def test_s1_a_member_of_one_store_sees_and_gives_back_what_was_paid_there_only(shop: Platform) -> None:
    mine, other = await a_store(shop.merchant), await a_store(shop.merchant)
    code = (await shop.merchant.post("/v1/static_codes", {"name": "Door", "store_id": mine})).body
    opened = await shop.merchant.post(
        f"/v1/static_codes/{code['id']}/sessions",
        {"amount_minor": 777, "method": "alipay", "payer_id": "2088102146225135"},
    )
    online = await shop.captured_payment(900)
    till = await a_terminal(shop.merchant, other)
    ours, theirs = await taken(shop, store_id=mine), await taken(shop, terminal_id=till)
    for each in (ours, theirs, online):
        await shop.merchant.payment_once(each["id"], "captured")
        given = await shop.merchant.post(f"/v1/payments/{each['id']}/refunds", {"amount_minor": 100})
        assert given.status in (201, 202), given.raw
    seen, hidden = [ours["id"], opened.body["payment_id"]], [theirs["id"], online["id"]]
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE, stores=(mine,))
    for path in ("/payments", "/payments?state=captured", "/refunds", "/search?q=12.80"):
        text = (await seat.look(path)).text
        assert ours["id"] in text, path
        assert not [each for each in hidden if each in text], path
    assert seen[1] in (await seat.look("/payments")).text
    for each in hidden:
        assert (await seat.look(f"/payments/{each}")).status == 404
        found = await seat.look(f"/search?q={each}")
        assert (found.status, found.text.count(f"/payments/{each}")) == (200, 0)
    done = await seat.fill(f"/payments/{ours['id']}", "/refund", amount="1.00", note="cold")
    assert done.status == 303
    address, fields = (await seat.look(f"/payments/{ours['id']}")).form("/refund")
    sent = {**fields, "amount": "1.00", "note": ""}
    refused = await seat.send(address.removeprefix("/portal").replace(ours["id"], theirs["id"]), sent)
    assert refused.status == 404
    moved = await shop.merchant.post(f"/v1/merchant/terminals/{till}/edit", {"store_id": mine})
    assert moved.status == 200, moved.raw
    for path in ("/payments", "/refunds", f"/search?q={theirs['id']}"):
        assert f"/payments/{theirs['id']}" not in (await seat.look(path)).text, (
            "what it took before stays where it was"
        )
    assert (await seat.look(f"/payments/{theirs['id']}")).status == 404
    cashier = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER, stores=(mine,))
    assert (await cashier.look(f"/counter/charges/{ours['id']}")).status == 200
    assert (await cashier.look(f"/counter/charges/{theirs['id']}")).status == 404
    listed = (await cashier.look("/counter")).text
    assert (ours["id"] in listed, theirs["id"] in listed) == (True, False)
    assert (await shop.merchant.payment(theirs["id"]))["refunded_minor"] <= 100


async def test_s1_a_cashier_cancels_no_charge_of_another_store(shop: Platform) -> None:
    mine, other = await a_store(shop.merchant), await a_store(shop.merchant)
    ours, theirs = await taken(shop, "ask", store_id=mine), await taken(shop, "ask", store_id=other)
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER, stores=(mine,))
    _, fields = (await seat.look(f"/counter?charge={ours['id']}")).form("/cancel")
    await seat.send("/counter/cancel", {**fields, "charge": theirs["id"], "_once": new_id("once")})
    assert (await shop.merchant.get(f"{CHARGES}/{theirs['id']}")).body["state"] == "waiting_for_payer"
    assert (await seat.send("/counter/cancel", fields)).status == 303
    await shop.merchant.once(f"{CHARGES}/{ours['id']}", "canceled")


@pytest.mark.parametrize("role", [role for role in TeamRole if role is not TeamRole.OWNER])
async def test_s1_in_some_stores_only_nothing_is_open_that_is_about_the_whole_merchant(
    shop: Platform, role: TeamRole
) -> None:
    mine = await a_store(shop.merchant)
    payment = await taken(shop, store_id=mine)
    seat = await seat_in(shop, shop.merchant.merchant, role, stores=(mine,))
    closed = 0
    for route in portal_routes(portal_behind(shop.house, people=shop.house, two_modes=False)):
        permission = route.opt[OPTION]
        if permission in IN_STORES | {SIGNED_IN, PUBLIC}:
            continue
        for path in route.paths:
            address = re.sub(r"\{\w+:str\}", payment["id"], path).removeprefix("/portal")
            for method in {"GET", "POST"} & set(map(str, route.http_methods)):
                door = Door(method, address, permission)
                assert await knock(seat, door) == (403, "forbidden"), door
                closed += 1
    assert closed > 3
    begins = "counter" if role is TeamRole.CASHIER else "payments"
    assert (await seat.look("/home")).location.endswith(f"/portal/{begins}")


async def test_s1_an_owner_says_in_which_stores_somebody_works(shop: Platform) -> None:
    mine, other = await a_store(shop.merchant), await a_store(shop.merchant)
    owner = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    cashier = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER, stores=(mine,))
    member = await shop.house.team.membership(cashier.login_id, shop.merchant.merchant.id)
    assert member is not None
    only = {"role": "cashier", "where": "in_stores"}
    changed = await owner.fill("/team", f"/team/{member.id}/role", **only, **{"stores[]": other})
    assert (changed.status, changed.location.endswith("/portal/team")) == (303, True), changed.text
    assert (await charge_at(cashier, mine)).status == 403
    assert (await charge_at(cashier, other)).status == 303
    fields = {"email": "new@teapot.example", "stores[]": mine} | only
    assert (await owner.fill("/team", "/team/invite", **fields)).status == 200
    team = (await shop.merchant.get("/v1/team", limit=200)).body["items"]
    assert [each["stores"] for each in team if each["email"] == "new@teapot.example"] == [[mine]]
    for unclear in ({"role": "cashier"}, only, only | {"where": "everywhere", "stores[]": mine}):
        kept = await owner.fill("/team", f"/team/{member.id}/role", **unclear)
        assert kept.status == 400, "what is left out, or said by halves, never widens"
    assert (await charge_at(cashier, mine)).status == 403
    freed = await owner.fill("/team", f"/team/{member.id}/role", role="cashier", where="everywhere")
    assert freed.status == 303
    assert (await charge_at(cashier, mine)).status == 303
    nowhere = {"email": "d@teapot.example", "role": "cashier", "stores": [f"sto_{'0' * 26}"]}
    refused = await shop.merchant.post("/v1/team/invitations", nowhere)
    assert (refused.status, refused.body["field"]) == (400, "stores")


async def test_a_charge_that_runs_is_shown_and_not_taken_again(shop: Platform) -> None:
    """The button was pressed twice, the second time with the payer's next code."""
    seat = await seat_in(shop, shop.merchant.merchant, TeamRole.CASHIER)
    once = new_id("once")
    first = await charge_at(seat, "", once=once)
    again = await charge_at(seat, "", once=once)
    assert (again.status, again.location) == (303, first.location)
