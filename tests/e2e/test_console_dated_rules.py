"""Does a rule with dates change at the console by two people, who see each place that will be otherwise?"""

import msgspec

from tael.foundation.rule_changes import RuleChanges
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import seat_of

NAME = "behaviour.retention"
PAGE = f"/dated-rules/{NAME}"
NEW = {
    "starts": "2199-01-01T00:00",
    "source": "Decision 12",
    "verified": "house",
    "note": "shorter is enough",
}


async def test_a_version_is_proposed_read_place_by_place_and_approved_by_another(shop: Platform) -> None:
    ann, rui = await seat_of(shop, "Ann", Role.OPERATIONS), await seat_of(shop, "Rui", Role.RISK)
    assert NAME in (await rui.look("/dated-rules")).text
    assert not (await rui.look(PAGE)).has_form("/proposals")
    wrong = await ann.fill(PAGE, "/proposals", value='{"address_days": 1}', **NEW)
    assert "act_days" in wrong.text
    assert (await ann.look("/dated-rules/no.such_rule")).status == 404

    value = msgspec.json.encode({"address_days": 190, "act_days": 1100}).decode()
    assert (await ann.fill(PAGE, "/proposals", value=value, **NEW)).status == 303
    changes = RuleChanges(shop.house.database, shop.house.clock, shop.house.rules)
    [proposal] = [each for each in await changes.proposals() if each.subject == NAME]
    read = await rui.look(f"/proposals/rules/{proposal.id}")
    assert "address_days" in read.text
    assert "act_days" not in read.text.split("<details")[0]
    assert (await rui.fill(f"/proposals/rules/{proposal.id}", "/decision", approve="true")).status == 303
    shown = await ann.look(PAGE)
    assert "to come" in shown.text
    assert "approved by Rui" in shown.text
