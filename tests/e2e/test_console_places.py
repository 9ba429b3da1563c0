"""Does each role find at the console the pages of its permissions, and no other, whatever address it types?"""

import pytest

from tael.staff.model import Role
from tael.staff.rules import PERMISSIONS
from tael.testing.platform import Platform
from tael.web.console.places import PLACES
from tests.e2e.console_desk import seat_of


@pytest.mark.parametrize("role", sorted(Role))
async def test_each_role_opens_the_doors_of_its_permissions_and_no_other(shop: Platform, role: Role) -> None:
    seat, may = await seat_of(shop, f"Of {role}"[:12].replace(" ", ""), role), PERMISSIONS[role]
    doors = [door for place in PLACES for door in place.doors]
    seen = {door.address: (await seat.look(door.address.removeprefix("/console"))).status for door in doors}
    expected = {door.address: 200 if door.permission in may else 403 for door in doors}
    assert seen == expected
    frame = (await seat.look(next(iter(each for each, status in seen.items() if status == 200))[8:])).text
    for place in PLACES:
        offered = any(door.permission in may for door in place.doors)
        first = next((door.address for door in place.doors if door.permission in may), place.doors[0].address)
        assert (f'<a href="{first}"' in frame) is offered, place.name
