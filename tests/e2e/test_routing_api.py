"""Can operations read, try and change routing over HTTP, two by two, and see why each channel was chosen?"""

import csv
from typing import Any

import pytest

from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.staff_desk import asked, key_of

NIGHT = {
    "verb": "never",
    "channels": ["alipay"],
    "expression": "amount_minor > 5000000",
    "owner": "risk",
    "reason": "limit agreed on 3 March",
    "priority": 5,
}


async def number_of_rules(shop: Platform, key: str) -> int:
    _, rules = await asked(shop, key, "GET", "/v1/routing/rules")
    return int(rules["number"])


async def approved(shop: Platform, ann: str, bo: str, **change: Any) -> int:
    """The number of the rules after a change that Ann proposes and Bo approves."""
    wanted = {"based_on": await number_of_rules(shop, ann), "note": "as agreed", **change}
    status, proposal = await asked(shop, ann, "POST", "/v1/routing/rules/proposals", wanted)
    assert status == 201, proposal
    yes = {"approve": True, "digest": proposal["digest"]}
    path = f"/v1/routing/rule_proposals/{proposal['id']}/decision"
    status, decided = await asked(shop, bo, "POST", path, yes)
    assert status == 200, decided
    return int(decided["number"])


async def test_rules_change_with_two_people_and_every_version_can_be_read(shop: Platform) -> None:
    ann, bo = await key_of(shop, "Ann", Role.OPERATIONS), await key_of(shop, "Bo", Role.RISK)
    began = await number_of_rules(shop, ann)
    wanted = {"based_on": began, "add": [NIGHT], "note": "as agreed"}
    status, proposal = await asked(shop, ann, "POST", "/v1/routing/rules/proposals", wanted)
    assert (status, proposal["state"], proposal["change"]["add"][0]["priority"]) == (201, "open", 5)
    decision = f"/v1/routing/rule_proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"]}
    assert (await asked(shop, ann, "POST", decision, yes))[0] == 403, "operations may not approve"
    status, problem = await asked(shop, bo, "POST", decision, yes | {"digest": "0" * 64})
    assert (status, problem["code"]) == (409, "proposals.differs")
    assert await number_of_rules(shop, bo) == began, "nothing has changed yet"
    status, decided = await asked(shop, bo, "POST", decision, yes)
    assert (status, decided["number"]) == (200, began + 1)
    _, rules = await asked(shop, bo, "GET", "/v1/routing/rules")
    rule = next(each for each in rules["rules"] if each["reason"] == NIGHT["reason"])
    assert (rules["number"], rule["added_in"]) == (began + 1, began + 1)
    assert rules["proposed_by"] == proposal["proposed_by"] != rules["approved_by"]
    assert await approved(shop, ann, bo, end=[rule["id"]]) == began + 2
    _, rules = await asked(shop, bo, "GET", "/v1/routing/rules")
    assert rule["id"] not in [each["id"] for each in rules["rules"]]
    _, past = await asked(shop, bo, "GET", f"/v1/routing/rules/{began + 1}")
    assert rule["id"] in [each["id"] for each in past["rules"]], "what held then can be read for ever"
    _, page = await asked(shop, bo, "GET", "/v1/routing/rule_changes?limit=1")
    assert [each["number"] for each in page["items"]] == [began + 2]
    _, page = await asked(shop, bo, "GET", f"/v1/routing/rule_changes?limit=1&cursor={page['next_cursor']}")
    assert [each["number"] for each in page["items"]] == [began + 1]
    for missing in (str(began + 99), "0", "٣", "9" * 30, f"{1:020}" + "0" * 4_300):
        status, problem = await asked(shop, bo, "GET", f"/v1/routing/rules/{missing}")
        assert (status, problem["code"]) == (404, "routing.no_such_rules")


async def test_what_was_read_before_another_change_cannot_be_approved_any_more(shop: Platform) -> None:
    cy, di = await key_of(shop, "Cy", Role.OPERATIONS), await key_of(shop, "Di", Role.RISK)
    wanted = {"based_on": await number_of_rules(shop, cy), "add": [NIGHT], "note": "first"}
    _, first = await asked(shop, cy, "POST", "/v1/routing/rules/proposals", wanted)
    await approved(shop, cy, di, add=[NIGHT])
    path = f"/v1/routing/rule_proposals/{first['id']}/decision"
    status, problem = await asked(shop, di, "POST", path, {"approve": True, "digest": first["digest"]})
    assert (status, problem["code"]) == (409, "routing.rules_changed_meanwhile")
    status, refused = await asked(shop, di, "POST", path, {"approve": False, "digest": first["digest"]})
    assert (status, refused["approved"], refused["number"]) == (200, False, None)
    _, page = await asked(shop, di, "GET", "/v1/routing/rule_proposals?state=refused")
    assert [each["id"] for each in page["items"]] == [first["id"]]


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"expression": "amount_minor >"}, "expression"),
        ({"expression": "colour == 1"}, "expression"),
        ({"channels": ["nobody"]}, "channels"),
        ({"channels": []}, "channels"),
        ({"verb": "maybe"}, "add"),
        ({"why": "a field that is none"}, "add"),
    ],
)
async def test_a_rule_that_cannot_be_is_refused_with_its_place(
    shop: Platform, wrong: dict[str, Any], where: str
) -> None:
    key = await key_of(shop, "Ed" + str(abs(hash(str(wrong)))), Role.OPERATIONS)
    wanted = {
        "based_on": await number_of_rules(shop, key),
        "add": [NIGHT | {"expression": "true"}, NIGHT | wrong],
        "note": "n",
    }
    status, problem = await asked(shop, key, "POST", "/v1/routing/rules/proposals", wanted)
    assert status in (400, 422), problem
    assert where in problem["field"]
    if wrong.get("expression") == "amount_minor >":
        assert "line 1, column 15" in problem["detail"]
        assert problem["field"] == "add.1.expression"


async def test_a_trial_says_which_decisions_a_change_would_have_changed(shop: Platform) -> None:
    flo = await key_of(shop, "Flo", Role.DEVELOPER)
    payment = await shop.captured_payment(4321)
    attempt = payment["attempts"][0]["id"]
    closing = NIGHT | {"expression": "amount_minor == 4321"}
    described = {"amount_minor": 4321, "currency": "CNY"}
    trial = {
        "based_on": await number_of_rules(shop, flo),
        "add": [closing],
        "latest": 1,
        "payment": described,
    }
    status, found = await asked(shop, flo, "POST", "/v1/routing/rules/try", trial)
    assert status == 200, found
    seen = found["decisions"]
    assert (seen["decisions"], seen["would_change"], seen["left_without"]) == (1, 1, 1)
    assert seen["examples"] == [attempt]
    assert seen["shares"] == [{"channel": "alipay", "before_basis_points": 10_000, "after_basis_points": 0}]
    assert found["payment"]["now"]["candidates"][0]["probability"] == 1.0
    assert "rule" in found["payment"]["changed"]["refusal"]
    assert await number_of_rules(shop, flo) == trial["based_on"], "nothing was written"
    _, found = await asked(shop, flo, "POST", "/v1/routing/rules/try", trial | {"add": []})
    assert found["decisions"]["would_change"] == 0, "the present rules let it through"


async def test_decisions_are_read_with_their_candidates_and_exported(shop: Platform) -> None:
    gus = await key_of(shop, "Gus", Role.FINANCE)
    payment = await shop.captured_payment(1234)
    attempt = payment["attempts"][0]["id"]
    _, page = await asked(shop, gus, "GET", f"/v1/routing/decisions?subject={attempt}")
    [decision] = page["items"]
    assert (decision["chosen"], decision["probability"], decision["amount_minor"]) == ("alipay", 1.0, 1234)
    assert decision["candidates"][0]["score"] > 0
    _, page = await asked(shop, gus, "GET", f"/v1/routing/decisions?subject={payment['id']}")
    assert page["items"] == [decision], "those of a payment are those of its attempts and refunds"
    assert (await asked(shop, gus, "GET", "/v1/routing/decisions?subject=pay_none"))[1]["items"] == []
    _, one = await asked(shop, gus, "GET", f"/v1/routing/decisions/{decision['id']}")
    assert one == decision
    for query in ("channel=other", "purpose=refund&channel=other", "until=2020-01-01T00:00:00Z"):
        assert (await asked(shop, gus, "GET", f"/v1/routing/decisions?{query}"))[1]["items"] == []
    _, first = await asked(shop, gus, "GET", "/v1/routing/decisions?limit=1&purpose=pay")
    _, second = await asked(shop, gus, "GET", f"/v1/routing/decisions?limit=1&cursor={first['next_cursor']}")
    assert second["items"][0]["id"] < first["items"][0]["id"]
    headers = {"Authorization": f"Bearer {gus}"}
    address = f"{shop.internal_url}/v1/routing/decisions.csv?subject={attempt}"
    async with shop.session.get(address, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/csv")
        [line] = csv.DictReader((await answer.text("utf-8-sig")).splitlines())
    assert (line["id"], line["amount"], line["chosen"]) == (decision["id"], "12.34", "alipay")
    assert (await asked(shop, gus, "GET", f"/v1/routing/decisions/dec_{'0' * 26}"))[0] == 404


async def test_health_tells_calls_and_how_payments_went_in_each_scene(shop: Platform) -> None:
    hal = await key_of(shop, "Hal", Role.DEVELOPER)
    await shop.captured_payment()
    status, [alipay] = await asked(shop, hal, "GET", "/v1/routing/health?minutes=60")
    assert (status, alipay["channel"], alipay["health"], alipay["usable"]) == (200, "alipay", "well", True)
    assert alipay["window_calls"] >= 1
    scenes = {each["product"]: each for each in alipay["products"]}
    assert scenes["code"]["succeeded"] >= 1
    assert scenes["code"]["success_basis_points"] == 10_000
    assert scenes["app"]["success_basis_points"] is None, "of what was not tried nothing is known"
