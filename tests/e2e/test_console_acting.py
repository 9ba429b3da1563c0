"""Does the console act for those who may, once, on what they read, and for nobody else?"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from tael.foundation.ids import new_id
from tael.foundation.proposals import Proposal, ProposalFilter, list_proposals
from tael.partners.model import Weights
from tael.partners.schemas import ChangeWeights, OpenPartner, ProposalBody, Propose, Retire
from tael.routing.api import RuleBook
from tael.routing.model import RulesWanted, RuleVerb, RuleWanted
from tael.staff.model import Role
from tael.testing.platform import Platform
from tests.e2e.console_desk import FROM_US, seat_of

Proposes: TypeAlias = Callable[[Platform, str], Awaitable[Proposal | ProposalBody]]
CHANGE = "/channels/alipay/change"


async def the_settings(shop: Platform, **other: str) -> dict[str, str]:
    """The form of the channel as it is, but for what is other."""
    now = shop.house.channels.configuration("alipay").settings
    return {f"settings__{name}": str(value) for name, value in {**now, **other}.items()}


async def proposals_noted(shop: Platform, note: str) -> int:
    async with shop.house.database.transaction() as tx:
        found = await list_proposals(tx, ProposalFilter(kind="channels"), now=shop.house.clock.now())
    return sum(1 for each in found if each.note == note)


async def test_what_one_proposes_another_approves_and_the_channel_is_told(shop: Platform) -> None:
    ann, bob = await seat_of(shop, "Ann", Role.OPERATIONS), await seat_of(shop, "Bob", Role.RISK)
    fields = await the_settings(shop, notice_max_age_seconds="7200")
    sent = await ann.fill(CHANGE, "/change", note="shorter", **fields)
    assert sent.status == 303, sent.text
    proposal = sent.location.removeprefix("/console")
    seen = await bob.look(proposal)
    assert "notice_max_age_seconds" in seen.text
    assert "93600" in seen.text, "what holds now, though nobody ever said it"
    assert "app_private_key" not in seen.text, "credentials that nobody typed stay as they are"
    decided = await bob.fill(proposal, "/decision", approve="true", note="agreed")
    assert (decided.status, decided.location) == (303, sent.location)
    told = shop.house.channels.configuration("alipay").settings
    assert told["notice_max_age_seconds"] == 7200
    outcome = await shop.house.channels.probe("alipay")
    assert outcome is not None
    assert outcome.state == "succeeded", "the kept keys still sign"


async def test_the_same_person_cannot_approve_and_hears_why(shop: Platform) -> None:
    eve = await seat_of(shop, "Eve", Role.RISK)
    now = shop.house.channels.configuration("alipay")
    async with shop.house.database.transaction() as tx:
        proposal = await shop.house.channels.propose(
            tx,
            "alipay",
            connector=now.connector,
            settings={**now.settings, "app_id": "other"},
            credentials={},
            keep=True,
            note="mine",
            by=eve.actor,
        )
    path = f"/proposals/channels/{proposal.id}"
    seen = await eve.look(path)
    assert "You proposed this" in seen.text
    assert not seen.has_form("/decision")
    ann = await seat_of(shop, "Anna", Role.OPERATIONS)
    sent = await ann.fill(CHANGE, "/change", note="hers", **await the_settings(shop, app_id="hers"))
    _, hidden = (await eve.look(sent.location.removeprefix("/console"))).form("/decision")
    own = hidden | {"digest": proposal.digest, "approve": "true"}
    refused = await eve.send(f"{path}/decision", own)
    assert refused.status == 403
    assert "Ask somebody else who may approve" in refused.text
    bob = await seat_of(shop, "Bobby", Role.RISK)
    borrowed = await bob.send(f"{path}/decision", own)
    assert borrowed.status == 403, "the token of another session"
    assert shop.house.channels.configuration("alipay").settings["app_id"] != "other"


@pytest.mark.parametrize(
    ("headers", "token", "status"),
    [
        (FROM_US, None, 403),
        (FROM_US, "made-up", 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, "", 401),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, "", 401),
        ({}, "", 401),
    ],
)
async def test_a_form_without_its_token_or_from_elsewhere_does_nothing(
    shop: Platform, headers: dict[str, str], token: str | None, status: int
) -> None:
    seat = await seat_of(shop, f"Gus{len(headers)}{token}{status}{len(str(headers))}", Role.OPERATIONS)
    address, hidden = (await seat.look(CHANGE)).form("/change")
    if token is None:
        del hidden["_token"]
    elif token:
        hidden["_token"] = token
    fields = {
        name.replace("__", "."): text for name, text in (await the_settings(shop, app_id="evil")).items()
    }
    sent = await seat.send(address.removeprefix("/console"), hidden | fields | {"note": "evil"}, headers)
    assert sent.status == status
    assert await proposals_noted(shop, "evil") == 0


async def test_a_viewer_sees_no_buttons_and_is_refused_by_the_routes(shop: Platform) -> None:
    ida = await seat_of(shop, "Ida", Role.OPERATIONS)
    sent = await ida.fill(CHANGE, "/change", note="for Hal", **await the_settings(shop, app_id="hal"))
    proposal = sent.location.removeprefix("/console")
    hal = await seat_of(shop, "Hal", Role.AUDITOR)
    channel, seen = await hal.look("/channels/alipay"), await hal.look(proposal)
    assert (channel.status, seen.status) == (200, 200)
    for page in (channel, seen):
        assert not page.has_form("/probe")
        assert not page.has_form("/decision")
        assert not page.has_form("/withdrawal")
        assert "/change" not in page.text
    assert (await hal.look(CHANGE)).status == 403
    for path in (
        CHANGE,
        "/channels/alipay/probe",
        f"{proposal}/decision",
        f"{proposal}/withdrawal",
        "/connectors/bank/new",
    ):
        assert (await hal.send(path, {"approve": "true"})).status == 403, path


async def test_whoever_proposes_does_not_decide_about_what_others_propose(shop: Platform) -> None:
    iris, jane = await seat_of(shop, "Iris", Role.OPERATIONS), await seat_of(shop, "Jane", Role.OPERATIONS)
    sent = await iris.fill(CHANGE, "/change", note="by Iris", **await the_settings(shop, app_id="iris"))
    proposal = sent.location.removeprefix("/console")
    assert not (await jane.look(proposal)).has_form("/decision")
    risk = await seat_of(shop, "Rose", Role.RISK)
    _, of_risk = (await risk.look(proposal)).form("/decision")
    _, of_jane = (await jane.look(CHANGE)).form("/change")
    refused = await jane.send(f"{proposal}/decision", {**of_risk, **of_jane, "approve": "true"})
    assert refused.status == 403
    assert (await risk.look(f"{proposal}")).has_form("/decision"), "nothing was decided"
    assert (await jane.fill(CHANGE, "/change", note="", **await the_settings(shop))).status == 400
    not_hers = await jane.send(f"{proposal}/withdrawal", of_jane)
    assert not_hers.status == 403
    assert (await risk.look(proposal)).has_form("/decision")


async def test_a_form_sent_twice_is_one_proposal(shop: Platform) -> None:
    joy = await seat_of(shop, "Joy", Role.OPERATIONS)
    address, hidden = (await joy.look(CHANGE)).form("/change")
    fields = {
        name.replace("__", "."): text for name, text in (await the_settings(shop, app_id="twice")).items()
    }
    filled = hidden | fields | {"note": "pressed twice"}
    first = await joy.send(address.removeprefix("/console"), filled)
    second = await joy.send(address.removeprefix("/console"), filled)
    assert (first.status, second.status) == (303, 303)
    assert first.location == second.location
    assert await proposals_noted(shop, "pressed twice") == 1
    other = await joy.send(address.removeprefix("/console"), filled | {"note": "another one"})
    assert other.status == 409, "the same form with other words is not taken for the first"
    assert await proposals_noted(shop, "another one") == 0


async def test_a_refused_form_keeps_what_was_typed_and_no_secret(shop: Platform) -> None:
    kim = await seat_of(shop, "Kim", Role.OPERATIONS)
    fields = await the_settings(shop, app_id="kept-as-typed", notice_max_age_seconds="soon")
    seen = await kim.fill(CHANGE, "/change", note="why", credentials__app_private_key="MIIsecret", **fields)
    assert seen.status == 400
    assert "kept-as-typed" in seen.text
    assert "MIIsecret" not in seen.text
    assert 'id="f-settings.notice_max_age_seconds-note"' in seen.text
    assert 'aria-invalid="true"' in seen.text
    fields = await the_settings(shop, app_id="x")
    refused = await kim.fill(
        CHANGE, "/change", note="why", credentials__app_private_key="MIIno key", **fields
    )
    assert refused.status in (400, 409)
    assert "MIIno key" not in refused.text
    unknown = await kim.fill(CHANGE, "/change", note="why", **fields, settings__no_such="1")
    assert unknown.status == 400
    same = await kim.fill(CHANGE, "/change", note="why", **await the_settings(shop))
    assert "already" in same.text


async def test_a_refusal_needs_a_reason_and_a_proposal_can_be_withdrawn(shop: Platform) -> None:
    lea, max_ = await seat_of(shop, "Lea", Role.OPERATIONS), await seat_of(shop, "Max", Role.RISK)
    sent = await lea.fill(CHANGE, "/change", note="first", **await the_settings(shop, app_id="first"))
    proposal = sent.location.removeprefix("/console")
    silent = await max_.fill(proposal, "/decision", approve="false")
    assert silent.status == 400
    assert "A refusal says why." in silent.text
    wrong = await max_.fill(proposal, "/decision", approve="true", digest="0" * 64)
    assert wrong.status == 409
    assert (await max_.fill(proposal, "/decision", approve="false", note="not ours")).status == 303
    seen = await lea.look(proposal)
    assert "not ours" in seen.text
    assert not seen.has_form("/decision")
    again = await lea.fill(CHANGE, "/change", note="second", **await the_settings(shop, app_id="second"))
    proposal = again.location.removeprefix("/console")
    late = (await max_.look(proposal)).form("/decision")
    assert (await lea.fill(proposal, "/withdrawal")).status == 303
    address, hidden = late
    too_late = await max_.send(address.removeprefix("/console"), hidden | {"approve": "true"})
    assert too_late.status == 409
    assert "it was withdrawn" in too_late.text


async def propose_rules(shop: Platform, by: str) -> Proposal:
    rule = RuleWanted(
        verb=RuleVerb.PREFER,
        channels=("alipay",),
        expression="amount_minor > 100000",
        owner="Ann",
        reason="cheaper",
    )
    book = RuleBook(shop.house.database, shop.house.clock)
    wanted = RulesWanted(add=(rule,), based_on=0)
    return await book.propose(wanted, note="why", known_channels=["alipay"], actor=by)


async def propose_weights(shop: Platform, by: str) -> ProposalBody:
    change = ChangeWeights(effective_from=shop.house.clock.now(), weights=Weights(fees=41))
    return await shop.house.partners.do("*", Propose(change=change, note="why"), actor=by)


async def propose_retirement(shop: Platform, by: str) -> ProposalBody:
    if not await shop.house.partners.reads.partners():
        opening = OpenPartner(title="Alipay Ltd", owner=by)
        await shop.house.partners.do("alipay", opening, actor=by)
    change = Retire(reason="It lost its licence")
    return await shop.house.partners.do("alipay", Propose(change=change, note="why"), actor=by)


async def propose_roles(shop: Platform, by: str) -> Proposal:
    made = await shop.house.staff.add(
        "Olga", email=f"{new_id('olga')}@tael.example", roles=[Role.RISK], actor="operator:test"
    )
    return await shop.house.staff.propose_roles(
        made.member.id, [Role.RISK, Role.FINANCE], note="why", actor=by
    )


@pytest.mark.parametrize(
    ("area", "propose", "eyes", "shown"),
    [
        ("routing", propose_rules, (Role.OPERATIONS, Role.RISK), "amount_minor &gt; 100000"),
        ("partners", propose_weights, (Role.OPERATIONS, Role.FINANCE), "weights.fees"),
        ("partners", propose_retirement, (Role.COMPLIANCE, Role.RISK), "retired"),
        (
            "staff",
            propose_roles,
            (Role.ADMINISTRATOR, Role.COMPLIANCE),
            "[&#34;finance&#34;, &#34;risk&#34;]",
        ),
    ],
)
async def test_proposals_of_every_area_are_read_and_decided_at_the_console(
    shop: Platform, area: str, propose: Proposes, eyes: tuple[Role, Role], shown: str
) -> None:
    proposer, approver = (
        await seat_of(shop, new_id("one"), eyes[0]),
        await seat_of(shop, new_id("two"), eyes[1]),
    )
    withdrawn = await propose(shop, proposer.actor)
    assert (await proposer.fill(f"/proposals/{area}/{withdrawn.id}", "/withdrawal")).status == 303
    path = f"/proposals/{area}/{(await propose(shop, proposer.actor)).id}"
    listed = await approver.look(f"/proposals/{area}?state=open&by={proposer.actor}")
    assert listed.text.count("row-item") == 1
    assert shown in (await approver.look(path)).text
    assert (await approver.fill(path, "/decision", approve="true")).status == 303
    assert "Approved" in (await proposer.look(path)).text
    assert (await approver.look(path.replace(area, "channels"))).status == 404


async def test_a_session_that_has_ended_asks_who_is_there_and_does_nothing(shop: Platform) -> None:
    ned = await seat_of(shop, "Ned", Role.OPERATIONS)
    address, hidden = (await ned.look(CHANGE)).form("/change")
    fields = {
        name.replace("__", "."): text for name, text in (await the_settings(shop, app_id="late")).items()
    }
    ended = type(ned)(shop, ned.actor, {"tael_staff": "ended"})
    seen = await ended.send(address.removeprefix("/console"), hidden | fields | {"note": "late"})
    assert seen.status == 401
    assert "Your session has ended" in seen.text
    assert await proposals_noted(shop, "late") == 0
