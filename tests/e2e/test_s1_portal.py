"""S1 at the portal: every page and every form, for every role, for nobody, for another merchant, for somebody who was removed.

What is expected is computed from what the routes declare: a new page is in the matrix by itself.
"""

import msgspec
import pytest

from tael.app.portals import portal_behind
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.merchants.api import permissions_of
from tael.merchants.model import RemoveMember, TeamRole
from tael.testing.platform import Platform
from tael.web.portal.routes import portal_routes
from tael.web.portal.session import SIGNED_IN
from tests.e2e.console_desk import FROM_US
from tests.e2e.portal_desk import PASSWORD, PortalSeat, seat_in
from tests.e2e.shares import Share, in_turn

NONE = "0" * 26
"""The number of nothing: whoever may open such a page finds nothing there."""
AS_PROGRAM = {**FROM_US, "Accept": "application/json"}
"""A program hears a code; a person would see the same page for each kind of no."""


class Door(msgspec.Struct, frozen=True):
    """One method of one route."""

    method: str
    path: str
    permission: str


def doors_of(shop: Platform, payment_id: str) -> list[Door]:
    """Every route that is not open to everybody, with examples in its path."""
    examples = {
        "{payment_id:str}": payment_id,
        "{member_id:str}": f"mbr_{NONE}",
        "{session_id:str}": f"ses_{NONE}",
        "{dispute_id:str}": f"dsp_{NONE}",
        "{file_id:str}": f"file_{NONE}",
        "{prefix:str}": f"tael_{NONE}",
        "{signing_key_id:str}": f"sgk_{NONE}",
        "{link_id:str}": f"lnk_{NONE}",
        "{code_id:str}": f"cod_{NONE}",
        "{export_id:str}": f"exp_{NONE}",
        "{document_id:str}": f"doc_{NONE}",
        "{signature_id:str}": f"sig_{NONE}",
        "{endpoint_id:str}": f"whe_{NONE}",
        "{delivery_id:str}": f"whd_{NONE}",
        "{event_id:str}": f"evt_{NONE}",
        "{proposal_id:str}": f"prop_{NONE}",
        "{offer_id:str}": f"off_{NONE}",
        "{store_id:str}": f"sto_{NONE}",
        "{terminal_id:str}": f"trm_{NONE}",
    }
    doors = []
    for route in portal_routes(portal_behind(shop.house, people=shop.house, two_modes=False)):
        permission = route.opt[OPTION]
        if permission == PUBLIC:
            continue
        for path in route.paths:
            for name, example in examples.items():
                path = path.replace(name, example)  # noqa: PLW2901 - step by step
            assert "{" not in path, f"an example for {path}"
            doors += [
                Door(str(method), path.removeprefix("/portal"), permission)
                for method in sorted(route.http_methods)
                if method in ("GET", "POST")
            ]
    assert len(doors) > 15
    return doors


async def knock(seat: PortalSeat, door: Door) -> tuple[int, str]:
    """Status and code of what somebody hears who opens a page, or sends a form without its token."""
    if door.method == "GET":
        seen = await seat.look(door.path, **AS_PROGRAM)
    else:
        seen = await seat.send(door.path, {}, AS_PROGRAM)
    code = str(msgspec.json.decode(seen.text)["code"]) if seen.text.startswith("{") else ""
    return seen.status, code


@pytest.mark.parametrize(("role", "refused"), in_turn(list(TeamRole), parts=3))
async def test_s1_each_role_opens_what_its_row_of_the_table_says(
    shop: Platform, role: TeamRole, refused: Share
) -> None:
    payment = await shop.captured_payment(900)
    seat, allowed = await seat_in(shop, shop.merchant.merchant, role), permissions_of(role) | {SIGNED_IN}
    doors = doors_of(shop, payment["id"])
    of_turn = set(refused.of(doors))
    for door in (each for each in doors if each.permission in allowed or each in of_turn):
        heard = await knock(seat, door)
        if door.permission not in allowed:
            assert heard == (403, "forbidden"), (door, heard)
        elif door.method == "GET":
            assert heard[0] == (404 if NONE in door.path else 200), (door, heard)
        else:
            assert heard == (403, "console.forged"), (door, heard)


async def test_s1_nobody_opens_anything_without_a_whole_session(shop: Platform) -> None:
    payment = await shop.captured_payment(900)
    nobody, half = PortalSeat(shop), PortalSeat(shop)
    owner = await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    login = await shop.house.people.identity.find(owner.login_id)
    await half.fill("/sign-in", "/sign-in", email=login.email, password=PASSWORD)
    assert half.cookies["tael_portal"]
    for door in doors_of(shop, payment["id"]):
        for seat in (nobody, half):
            assert (await knock(seat, door))[0] == 401, door


async def test_s1_another_merchant_finds_nothing_and_a_removed_member_only_their_own_door(
    shop: Platform,
) -> None:
    payment = await shop.captured_payment(900)
    other = (await shop.new_merchant("Another")).merchant
    stranger = await seat_in(shop, other, TeamRole.OWNER)
    removed = await seat_in(shop, shop.merchant.merchant, TeamRole.FINANCE)
    membership = await shop.house.team.membership(removed.login_id, shop.merchant.merchant.id)
    assert membership is not None
    command = RemoveMember(merchant_id=membership.merchant_id, member_id=membership.id)
    await seat_in(shop, shop.merchant.merchant, TeamRole.OWNER)
    await shop.house.team.run(command, actor="operator:test")
    for door in doors_of(shop, payment["id"]):
        if door.method == "GET" and payment["id"] in door.path:
            assert (await knock(stranger, door))[0] == 404, door
        expected = 403 if door.permission != SIGNED_IN or door.method == "POST" else 200
        assert (await knock(removed, door))[0] == expected, door
