"""Does a rule change by two people, from a moment to come, and never in the past?"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from msgspec import Meta

from tael.foundation.clock import CHINA
from tael.foundation.dated_rules import DatedRules, RuleUnreadable, RuleVersion, Shipped, Verified
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.http.dated_rules import rule_routes
from tael.foundation.http.permissions import Principal
from tael.foundation.proposals import ProposalEnded, SameEyes
from tael.foundation.rule_changes import (
    DecideRule,
    NoSuchRule,
    ProposeRule,
    RuleChanges,
    RuleMalformed,
    RuleTooEarly,
    RuleUnchanged,
    RuleWanted,
)
from tael.testing.clocks import ManualClock

ANN, BO = "staff:ann", "staff:bo"
NAME = "tests.limits"


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of the tests."""

    daily_minor: Annotated[int, Meta(ge=0)]


class StricterLimits(Limits, frozen=True, forbid_unknown_fields=True):
    """What a next version of the program might ask for."""

    monthly_minor: int


SHIPPED = Shipped(
    types={NAME: Limits},
    versions=[
        RuleVersion(
            name=NAME,
            effective_from=datetime(2016, 7, 1, tzinfo=CHINA),
            value={"daily_minor": 500},
            source="Notice 43 of 2015",
            verified=Verified.SECONDARY,
        )
    ],
)


class Desk:
    """Two processes on one database: what one approves the other hears of."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database, self.clock = database, clock
        self.rules, self.elsewhere = DatedRules(database, SHIPPED), DatedRules(database, SHIPPED)
        self.changes = RuleChanges(database, clock, self.rules)

    def wanted(self, daily_minor: object, *, hours: float = 1, name: str = NAME) -> RuleWanted:
        return RuleWanted(
            name=name,
            effective_from=self.clock.now() + timedelta(hours=hours),
            value={"daily_minor": daily_minor},
            source="Order 2 of 2026",
            verified=Verified.LAW,
        )

    async def propose(self, wanted: RuleWanted) -> str:
        return (await self.changes.do(ProposeRule(wanted=wanted, note="why", actor=ANN))).id

    async def approve(self, proposal_id: str, *, by: str = BO) -> None:
        await self.changes.do(
            DecideRule(proposal_id=proposal_id, approve=True, digest=None, note="", actor=by)
        )

    def daily(self, rules: DatedRules, *, hours: float = 0) -> int:
        at = self.clock.now() + timedelta(hours=hours)
        return rules.read(NAME, Limits, at=at).daily_minor


@pytest.fixture
def desk(database: Database, clock: ManualClock) -> Desk:
    return Desk(database, clock)


async def test_what_two_people_change_begins_at_its_moment_in_every_process(desk: Desk) -> None:
    proposal_id = await desk.propose(desk.wanted(600))
    with pytest.raises(SameEyes):
        await desk.approve(proposal_id, by=ANN)
    assert desk.daily(desk.rules, hours=1) == 500
    await desk.approve(proposal_id)

    assert (desk.daily(desk.rules, hours=0.99), desk.daily(desk.rules, hours=1)) == (500, 600)
    assert desk.daily(desk.elsewhere, hours=1) == 500
    assert await desk.elsewhere.refresh() is True
    assert await desk.elsewhere.refresh() is False
    assert desk.daily(desk.elsewhere, hours=1) == 600
    assert desk.elsewhere.next_change(NAME, after=desk.clock.now()) == desk.clock.now() + timedelta(hours=1)
    [_, kept] = desk.elsewhere.history(NAME)
    assert (kept.proposed_by, kept.approved_by, kept.proposal_id) == (ANN, BO, proposal_id)


async def test_nothing_begins_in_the_past_also_if_the_approval_comes_late(desk: Desk) -> None:
    with pytest.raises(RuleTooEarly):
        await desk.propose(desk.wanted(600, hours=-1))
    proposal_id = await desk.propose(desk.wanted(600, hours=1))
    desk.clock.move(minutes=59, seconds=30)
    with pytest.raises(RuleTooEarly):
        await desk.approve(proposal_id)
    assert desk.daily(desk.rules, hours=2) == 500


@pytest.mark.parametrize(
    ("value", "name", "refused", "field"),
    [
        ("600", NAME, RuleMalformed, "value.daily_minor"),
        (-1, NAME, RuleMalformed, "value.daily_minor"),
        (600, "tests.other", NoSuchRule, "name"),
    ],
)
async def test_a_malformed_version_is_refused_with_what_and_where(
    desk: Desk, value: object, name: str, refused: type[Exception], field: str
) -> None:
    with pytest.raises(refused) as caught:
        await desk.propose(desk.wanted(value, name=name))
    assert caught.value.field == field  # type: ignore[attr-defined]


async def test_of_two_versions_for_one_moment_the_later_approval_counts(desk: Desk) -> None:
    first, second = await desk.propose(desk.wanted(600)), await desk.propose(desk.wanted(700))
    await desk.approve(second)
    await desk.approve(first)
    assert desk.daily(desk.rules, hours=1) == 600
    with pytest.raises(RuleUnchanged):
        await desk.propose(desk.wanted(600, hours=2))


async def test_one_proposal_approved_twice_at_once_makes_one_version(desk: Desk) -> None:
    proposal_id = await desk.propose(desk.wanted(600))
    both = await asyncio.gather(
        desk.approve(proposal_id), desk.approve(proposal_id, by="staff:cy"), return_exceptions=True
    )
    assert [type(each) for each in both if each is not None] == [ProposalEnded]
    assert [each.number for each in desk.rules.history(NAME)] == [0, 1]


async def test_a_program_that_cannot_read_what_was_approved_says_so_and_does_not_start(desk: Desk) -> None:
    await desk.approve(await desk.propose(desk.wanted(600)))
    stricter = msgspec.structs.replace(
        SHIPPED,
        types={NAME: StricterLimits},
        versions=[
            msgspec.structs.replace(each, value={**each.value, "monthly_minor": 1})
            for each in SHIPPED.versions
        ],
    )
    with pytest.raises(RuleUnreadable, match=r"tests\.limits from 2026-03-01 05:00 UTC.*monthly_minor"):
        await DatedRules(desk.database, stricter).refresh()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    async def authenticate(secret: str) -> Principal:
        permissions = {"ann": {"rules.read", "rules.change"}, "bo": {"rules.read", "rules.approve"}}
        return Principal(
            owner="operations", actor=f"staff:{secret}", permissions=frozenset(permissions[secret])
        )

    app = make_app(
        rule_routes(desk.rules, desk.changes, desk.clock), body_limit_bytes=10_000, authenticate=authenticate
    )
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        yield client


def by(name: str, key: str = "k-1") -> Mapping[str, str]:
    return {"authorization": f"Bearer {name}", "idempotency-key": key}


async def test_staff_see_each_place_that_changes_before_they_approve_it(client: httpx.AsyncClient) -> None:
    wanted: dict[str, Any] = {
        "name": NAME,
        "effective_from": "2026-04-01T00:00:00+08:00",
        "value": {"daily_minor": 600},
        "source": "Order 2 of 2026",
        "verified": "law",
        "note": "the order",
    }
    assert (await client.post("/v1/rule_proposals", json=wanted, headers=by("bo"))).status_code == 403
    wrong = {**wanted, "value": {"daily_minor": 6.5}}
    refused = await client.post("/v1/rule_proposals", json=wrong, headers=by("ann", "k-0"))
    assert (refused.status_code, refused.json()["field"]) == (400, "value.daily_minor")
    made = (await client.post("/v1/rule_proposals", json=wanted, headers=by("ann"))).json()
    assert made["differences"] == [{"path": "daily_minor", "before": "500", "after": "600"}]
    decision = f"/v1/rule_proposals/{made['id']}/decision"
    yes = {"approve": True, "digest": made["digest"]}
    assert (await client.post(decision, json=yes, headers=by("ann", "k-2"))).status_code == 403
    approved = await client.post(decision, json=yes, headers=by("bo", "k-3"))
    assert (approved.status_code, approved.json()["state"]) == (200, "approved")

    listed = (await client.get("/v1/rules", headers=by("bo"))).json()["items"]
    assert [each["next_change"] for each in listed] == ["2026-03-31T16:00:00Z"]
    later = await client.get("/v1/rules", params={"at": "2026-04-02T00:00:00Z"}, headers=by("bo"))
    assert later.json()["items"][0]["in_force"]["value"] == {"daily_minor": 600}
    history = (await client.get(f"/v1/rules/{NAME}", headers=by("bo"))).json()
    assert [each["value"]["daily_minor"] for each in history["versions"]] == [500, 600]
    assert (await client.get("/v1/rules/tests.other", headers=by("bo"))).status_code == 404
    [proposal] = (await client.get("/v1/rule_proposals", headers=by("bo"))).json()["items"]
    assert (proposal["ended_by"], proposal["differences"]) == ("staff:bo", made["differences"])
