"""Can people read why a channel was chosen, and change the rules knowing what they do? Rules, decisions, health."""

import re

import pytest

from tael.routing.api import DecisionFilter, Decisions, RuleBook
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import FROM_US, Seat, Seen, seat_of

CHANGE = "/rules/change"
NEVER = {"verb": "never", "owner": "risk", "reason": "a limit", "note": "agreed on 3 March"}


async def change(seat: Seat, **fields: object) -> Seen:
    """Send the form that changes rules; channels and ends are lists of one."""
    _, hidden = (await seat.look(CHANGE)).form(CHANGE)
    return await seat.send(CHANGE, hidden | {name: str(text) for name, text in fields.items()})


async def test_a_rule_is_tried_proposed_and_in_force_after_a_second_person(shop: Platform) -> None:
    await shop.captured_payment(1280)
    ann, rui = await seat_of(shop, "Ann", Role.OPERATIONS), await seat_of(shop, "Rui", Role.RISK)
    rule = NEVER | {"channels[]": "alipay", "expression": "amount_minor > 1000"}
    tried = await change(ann, **rule, act="try")
    assert tried.status == 200
    assert re.search(r"without any channel</span>\s*<span class=\"pill pill-danger\">1<", tried.text)
    assert "amount_minor &gt; 1000" in tried.text, "what was typed stays"
    book = RuleBook(shop.house.database, shop.house.clock)
    assert (await book.current()).number == 0, "a trial writes nothing"
    assert await book.proposals() == []

    sent = await change(ann, **rule)
    assert (sent.status, sent.location) == (303, "/console/proposals/routing")
    [proposal] = await book.proposals()
    assert (await book.current()).number == 0
    path = f"/proposals/routing/{proposal.id}"
    assert not (await ann.look(path)).has_form("/decision")
    approved = await rui.fill(path, "/decision", approve="true", note="")
    assert approved.status == 303
    shown = await rui.look("/rules")
    assert "amount_minor &gt; 1000" in shown.text
    assert "Rules no. 1" in shown.text
    [kept] = (await book.current()).rules
    ending = await change(ann, **{"end[]": kept.id, "note": "no longer needed"})
    assert ending.status == 303
    proposal = (await book.proposals())[0]
    assert (await rui.fill(f"/proposals/routing/{proposal.id}", "/decision", approve="true")).status == 303
    assert (await book.current()).rules == []
    await shop.house.routing.refresh()  # not in a second: the next test on this shop may pay at once
    old = await change(ann, **(rule | {"based_on": "0"}))
    assert old.status == 409
    assert "changed meanwhile" in old.text
    assert (await ann.look("/rules?number=1")).status == 200
    for number in ("0", "77", "x", "9" * 30):
        assert (await ann.look(f"/rules?number={number}")).status == 404


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"expression": "amount_minor >\n&& hour < 6"}, "expression", "line 2, column 1"),
        ({"expression": "amount > 5"}, "expression", "no fact"),
        ({"expression": ""}, "expression", "Nothing would change"),
        ({"expression": "hour < 6", "priority": "5000"}, "priority", "at most 1000"),
        ({"expression": "hour < 6", "channels[]": "nobody"}, "channels", "no channel"),
        ({"expression": "hour < 6", "starts_at": "noon"}, "starts_at", "does not fit"),
        ({"expression": "hour < 6", "owner": ""}, "owner", "fill this in"),
    ],
)
async def test_a_rule_that_cannot_be_is_marked_where_it_cannot(
    shop: Platform, fields: dict[str, str], field: str, said: str
) -> None:
    ann = await seat_of(shop, f"E{abs(hash(str(fields))) % 10**9}", Role.OPERATIONS)
    seen = await change(ann, **(NEVER | {"channels[]": "alipay"} | fields))
    assert seen.status == 400
    assert f'id="f-{field}-note"' in seen.text
    note = seen.text.split(f'id="f-{field}-note">')[1].split("</p>")[0]
    assert said in note, note
    if "line" in said:
        assert "▲ it cannot be read from here on" in seen.text
        assert "&amp;&amp; hour &lt; 6\n" in seen.text.split('<pre class="stop')[1].split("▲")[0]


async def test_rules_are_changed_by_those_only_who_may(shop: Platform) -> None:
    dev = await seat_of(shop, "Dev", Role.DEVELOPER)
    rules = await dev.look("/rules")
    assert rules.status == 200
    assert CHANGE not in rules.text
    assert (await dev.look(CHANGE)).status == 403
    ann = await seat_of(shop, "Anni", Role.OPERATIONS)
    _, hidden = (await ann.look(CHANGE)).form(CHANGE)
    refused = await dev.send(CHANGE, hidden | NEVER, FROM_US | {"Accept": "application/json"})
    assert (refused.status, '"code":"forbidden"' in refused.text) == (403, True), refused.text
    cyd = await seat_of(shop, "Cyd", Role.COMPLIANCE)
    for path in ("/rules", "/decisions", "/health"):
        assert (await cyd.look(path)).status == 403


async def test_a_decision_shows_who_could_have_been_chosen_and_why(shop: Platform) -> None:
    payment = await shop.captured_payment(9900)
    subject = payment["attempts"][0]["id"]
    dev = await seat_of(shop, "Devi", Role.DEVELOPER)
    listed = await dev.look(f"/decisions?subject={subject}")
    [decision] = await Decisions(shop.house.database).page(DecisionFilter(subject=subject))
    assert f"/console/decisions/{decision.id}" in listed.text
    assert listed.text.count("<tr>") == 2, "the heading, and the one"
    seen = await dev.look(f"/decisions/{decision.id}")
    assert "Pay CN¥99.00 over alipay" in seen.text
    assert "100.00\N{NO-BREAK SPACE}%" in seen.text
    assert f"/console/exchanges?number={subject}" in seen.text
    assert "No such decision" in (await dev.look("/decisions?channel=nobody")).text
    assert (await dev.look("/decisions?purpose=nothing&before=%27")).status == 200
    for id in ("dec_00000000000000000000000000", "x", "%00"):
        assert (await dev.look(f"/decisions/{id}")).status == 404


async def test_health_shows_every_channel_with_what_went_over_it(shop: Platform) -> None:
    await shop.captured_payment(1280)
    dev = await seat_of(shop, "Deva", Role.DEVELOPER)
    seen = await dev.look("/health")
    assert 'data-renews="15"' in seen.text
    assert "of payments succeeded in the last 15 minutes" in seen.text
    assert "Well" in seen.text
