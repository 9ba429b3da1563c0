"""Does rubbish in any field of any command about partners ever do more than be refused?"""

import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.http.app import make_app
from tael.foundation.http.openapi import example_of
from tael.foundation.http.permissions import Principal
from tael.partners.http import PERMISSIONS, partner_routes
from tael.partners.http.changes import CHANGES, Change
from tael.partners.model import DocumentKind
from tael.partners.schemas import (
    Command,
    MakeChecklist,
    PlanDrill,
    Propose,
    RecordCertificate,
    RecordPolicyChange,
    Retire,
    ScheduleWindow,
)
from tael.testing.partners import BO, PartnersDesk

RUBBISH: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1.5,
    "",
    "\x00",
    "\ud800",
    "\u202e",
    "x" * 5_000,
    "9999-12-31",
    "9999-12-31T23:59:59.999999-23:59",
    "0001-01-01T00:00:00+23:59",
    "prop_00000000000000000000000000",
    [],
    ["x"] * 300,
    {},
    {"change": "go_live", "more": 1},
    {"change": "change_weights", "effective_from": "2026-03-01T00:00:00Z", "weights": {"fees": 10**20}},
    {
        "change": "change_fees",
        "effective_from": "2026-03-01T00:00:00Z",
        "lines": [{"currency": "CNY", "rate_millionths": 10**40, "card_kind": "\x00"}],
    },
)


def bodies(change: Change) -> Iterator[dict[str, Any]]:
    """Each field in turn with each piece of rubbish, the others as an example says."""
    schema = msgspec.json.schema(change.command)
    definition = schema["$defs"][schema["$ref"].rpartition("/")[2]]
    components = schema["$defs"]
    good = {
        name: example_of(field, components)
        for name, field in definition["properties"].items()
        if name in definition.get("required", [])
    }
    for name in definition["properties"]:
        for rubbish in RUBBISH:
            yield {**good, name: rubbish}
    yield good


async def things(desk: PartnersDesk) -> dict[str, str]:
    """One of each thing that commands are about, by its noun in the address."""
    now = desk.clock.now()
    soon = now + timedelta(days=1)
    by_noun: dict[str, Command[Any]] = {
        "windows": ScheduleWindow(starts_at=now, ends_at=soon, reason="x"),
        "certificates": RecordCertificate(name="key", starts_at=now, ends_at=soon),
        "policy_changes": RecordPolicyChange(
            title="x", source="x", announced_on=desk.today, effective_on=desk.today
        ),
        "checklists": MakeChecklist(
            name="x", owner="x", items=("x", "y"), every_days=1, first_due_on=desk.today
        ),
        "drills": PlanDrill(scenario="x", planned_for=soon),
        "proposals": Propose(change=Retire(reason="x"), note="x"),
    }
    ids = {noun: (await desk.partners.do("alpha", each, actor=BO)).id for noun, each in by_noun.items()}
    await desk.partners.make_runs()
    [*_, run] = await desk.partners.reads.runs()
    return ids | {"documents": await desk.upload("alpha", DocumentKind.OFFER), "runs": run.id}


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


async def test_s2_rubbish_in_any_field_is_refused_and_never_an_accident(desk: PartnersDesk) -> None:
    async def authenticate(secret: str) -> Principal:
        return Principal(owner="operations", actor=f"staff:{secret}", permissions=PERMISSIONS)

    app = make_app(partner_routes(desk.partners), body_limit_bytes=200_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    await desk.open("alpha")
    ids = await things(desk)
    sent = refused = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        for change in CHANGES:
            for body in bodies(change):
                sent += 1
                noun = change.path.partition("/")[0]
                path = (
                    f"/v1/partnership/{change.path.format(id=ids[noun])}"
                    if noun
                    else f"/v1/partners/alpha{change.path}"
                )
                answer = await client.post(
                    path,
                    content=json.dumps(body).encode(),
                    headers={
                        "authorization": "Bearer ann",
                        "content-type": "application/json",
                        "idempotency-key": f"k{sent}",
                    },
                )
                assert answer.status_code < 500, (path, body, answer.text)
                refused += answer.status_code >= 400
                if noun and answer.status_code == 200:
                    ids = await things(desk)  # it may have ended; the next piece of rubbish meets a fresh one
        for noun in ("documents", "windows", "runs", "certificates", "deadlines", "reminders", "scorecards"):
            read = await client.get(f"/v1/partnership/{noun}", headers={"authorization": "Bearer ann"})
            assert read.status_code == 200, noun
    assert sent - refused > 30
    assert refused > sent // 2
    assert (await desk.partners.terms())["alpha"].share_basis_points == 0
