"""Do the routes of partners let in whoever may, strictly, and once for each key?"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.channels.port import BillLine, LineKind
from tael.foundation.calls import Call, Caller
from tael.foundation.db import Database
from tael.foundation.errors import Unauthenticated
from tael.foundation.http.app import make_app
from tael.foundation.http.openapi import Api, describe
from tael.foundation.http.permissions import Principal
from tael.foundation.money import Money
from tael.partners.api import MOST_DIFFERENCES, Asked
from tael.partners.http import partner_routes
from tael.partners.http.changes import CHANGES
from tael.partners.model import DocumentKind, State, Step
from tael.partners.rules.way import CHECKS
from tael.partners.schemas import RecordIncident, Suspend
from tael.testing.partners import PartnersDesk

WORKER = {"partners.read", "partners.change"}
CHECKER = {"partners.read", "partners.approve"}
PEOPLE = {"ann": WORKER, "dee": WORKER, "bo": CHECKER, "eve": {"partners.read"}, "all": WORKER | CHECKER}


async def authenticate(secret: str) -> Principal:
    if secret not in PEOPLE:
        raise Unauthenticated("Who are you?")
    return Principal(owner=f"staff:{secret}", actor=f"staff:{secret}", permissions=frozenset(PEOPLE[secret]))


class Wire:
    """Somebody with a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.count = 0

    async def get(self, path: str, *, by: str = "eve") -> httpx.Response:
        return await self.client.get(path, headers={"authorization": f"Bearer {by}"})

    async def post(
        self, path: str, body: Mapping[str, Any] | bytes, *, by: str = "ann", key: str = ""
    ) -> httpx.Response:
        self.count += 1
        return await self.client.post(
            path,
            content=body if isinstance(body, bytes) else json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {by}",
                "content-type": "application/json",
                "idempotency-key": key or f"key-{self.count}",
            },
        )


@pytest.fixture
async def desk(urls: DatabaseUrls) -> AsyncIterator[PartnersDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield PartnersDesk(database)
    await database.close()


@pytest.fixture
async def wire(desk: PartnersDesk) -> AsyncIterator[Wire]:
    app = make_app(partner_routes(desk.partners), body_limit_bytes=6_000_000, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        yield Wire(client)


OPEN = {"title": "Alpha Pay Ltd.", "owner": "staff:ann"}


async def test_a_partner_is_opened_and_led_to_the_next_step_over_http(wire: Wire) -> None:
    opened = await wire.post("/v1/partners/alpha/open", OPEN)
    assert opened.status_code == 200
    assert opened.json()["state"] == "research"
    unfinished = await wire.post("/v1/partners/alpha/advance", {"owner": "staff:ann"})
    assert (unfinished.status_code, unfinished.json()["code"]) == (409, "partners.step_unfinished")
    for name in CHECKS[Step.RESEARCH]:
        await wire.post("/v1/partners/alpha/checks", {"step": "research", "name": name})
    licence = {"kind": "licence", "name": "licence.pdf", "content": base64.b64encode(b"%PDF-1.7").decode()}
    document = (await wire.post("/v1/partners/alpha/documents", licence)).json()
    assert document["size"] == 8
    advanced = await wire.post("/v1/partners/alpha/advance", {"owner": "staff:ann"})
    assert advanced.json()["state"] == "negotiation"

    view = (await wire.get("/v1/partners/alpha")).json()
    assert view["missing_papers"] == [DocumentKind.OFFER]
    assert [step["step"] for step in view["steps"]] == ["research", "negotiation"]
    content = await wire.get(f"/v1/partnership/documents/{document['id']}/content")
    assert content.content == b"%PDF-1.7"
    assert content.headers["content-type"] == "application/octet-stream"
    assert content.headers["content-disposition"].startswith("attachment")
    assert (await wire.get("/v1/partners?state=negotiation")).json()["items"][0]["channel"] == "alpha"
    assert (await wire.get("/v1/partners?state=live")).json()["items"] == []


async def test_s11_two_people_agree_over_http_and_one_does_not(wire: Wire, desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.ACCEPTANCE)
    table = {
        "effective_from": "2026-03-01T04:00:00Z",
        "lines": [{"currency": "CNY", "rate_millionths": 6_000}],
    }
    wanted = {"change": {"change": "change_fees", **table}, "note": "as in the contract"}
    assert (await wire.post("/v1/partners/alpha/proposals", wanted, by="bo")).status_code == 403
    proposal = (await wire.post("/v1/partners/alpha/proposals", wanted, by="all")).json()
    decision = f"/v1/partnership/proposals/{proposal['id']}/decision"
    yes = {"approve": True, "digest": proposal["digest"]}

    assert (await wire.post(decision, yes, by="ann")).status_code == 403
    same = await wire.post(decision, yes, by="all")
    assert (same.status_code, same.json()["code"]) == (403, "proposals.same_eyes")
    other = await wire.post(decision, {"approve": True, "digest": "0" * 64}, by="bo")
    assert (other.status_code, other.json()["code"]) == (409, "proposals.differs")
    assert (await wire.get("/v1/partnership/fee_tables")).json()["items"] == []
    done = await wire.post(decision, yes, by="bo")
    assert done.json()["state"] == "approved"
    [kept] = (await wire.get("/v1/partnership/fee_tables?channel=alpha")).json()["items"]
    assert (kept["proposed_by"], kept["approved_by"]) == ("staff:all", "staff:bo")
    again = await wire.post(decision, yes, by="bo")
    assert (again.status_code, again.json()["code"]) == (409, "proposals.ended")
    [listed] = (await wire.get("/v1/partnership/proposals?state=approved")).json()["items"]
    assert listed["change"]["lines"][0]["rate_millionths"] == 6_000
    [terms] = (await wire.get("/v1/partnership/terms")).json()
    assert (terms["share_basis_points"], len(terms["fees"])) == (0, 1)


async def test_r4_the_same_key_has_one_effect_and_one_answer(wire: Wire, desk: PartnersDesk) -> None:
    await desk.open()
    window = {
        "starts_at": "2026-03-02T00:00:00Z",
        "ends_at": "2026-03-02T02:00:00Z",
        "reason": "moves house",
    }
    first = await wire.post("/v1/partners/alpha/windows", window, key="w1")
    second = await wire.post("/v1/partners/alpha/windows", window, key="w1")
    assert first.content == second.content
    assert second.headers["idempotent-replayed"] == "true"
    other = await wire.post("/v1/partners/alpha/windows", {**window, "reason": "other"}, key="w1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert len((await wire.get("/v1/partnership/windows")).json()["items"]) == 1
    refused = await wire.post("/v1/partners/beta/windows", window, key="w2")
    assert refused.status_code == 404
    assert (await wire.post("/v1/partners/beta/windows", window, key="w2")).content == refused.content


async def test_r4_another_kind_of_change_under_the_same_key_is_refused(
    wire: Wire, desk: PartnersDesk
) -> None:
    await desk.walk("alpha", State.CANARY)
    suspend = {"change": {"change": "suspend", "reason": "x"}, "note": "x"}
    other = {"change": {"change": "retire", "reason": "x"}, "note": "x"}
    assert (await wire.post("/v1/partners/alpha/proposals", suspend, key="p1")).status_code == 200
    refused = await wire.post("/v1/partners/alpha/proposals", other, key="p1")
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


async def test_a_refused_change_leaves_nothing_half_done(wire: Wire, desk: PartnersDesk) -> None:
    await desk.walk("alpha", State.CANARY)
    proposal = await desk.propose("alpha", Suspend(reason="complaints"))
    await desk.agree("alpha", Suspend(reason="complaints"))
    stale = await wire.post(
        f"/v1/partnership/proposals/{proposal.id}/decision",
        {"approve": True, "digest": proposal.digest},
        by="bo",
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "partners.changed_meanwhile")
    still = (await wire.get(f"/v1/partnership/proposals/{proposal.id}")).json()
    assert (still["state"], still["ended_by"]) == ("open", None)


BODIES = (
    b"",
    b"[]",
    b"{",
    b'{"title":"x"}',
    b'{"title":"x","owner":"a","more":1}',
    b'{"title":"","owner":"a"}',
    b'{"title":"x","title":"y","owner":"a"}',
    b'{"title":"a\\u0000b","owner":"a"}',
    b'{"title":"\\ud800","owner":"a"}',
    b'{"title":"x","owner":"a","due_on":"2026-02-30"}',
    b'{"title":"x","owner":"a","due_on":"9999-12-31"}',
    b'{"title":"x","owner":"a","due_on":20260301}',
    b"\xff\xfe",
)
ADDRESSES = (
    ("/v1/partners/Alpha", 404),
    ("/v1/partners/a%00b", 404),
    ("/v1/partners/nobody", 404),
    ("/v1/partners/nobody/history?cursor=x", 400),
    ("/v1/partners?state=happy", 400),
    ("/v1/partners?cursor=%00", 400),
    ("/v1/partners?unknown=1", 400),
    ("/v1/partners?limit=201", 400),
    ("/v1/partnership/documents/doc_x/content", 404),
    ("/v1/partnership/documents/..%2F..%2Fetc/content", 404),
    ("/v1/partnership/windows?ends_after=9999-12-31T00:00:00Z", 400),
    ("/v1/partnership/deadlines?cursor=x", 400),
    ("/v1/partnership/scorecards?since=2020-01-01T00:00:00Z", 400),
    ("/v1/partnership/scorecards?channel=nobody", 404),
    ("/v1/partnership/proposals/prop_x", 404),
)


async def test_a_body_that_cannot_be_is_refused_and_changes_nothing(wire: Wire) -> None:
    for body in BODIES:
        answer = await wire.post("/v1/partners/alpha/open", body)
        assert (body, answer.status_code) == (body, 400)
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await wire.get("/v1/partners")).json()["items"] == []


async def test_an_address_that_leads_nowhere_says_so(wire: Wire) -> None:
    for path, status in ADDRESSES:
        assert (path, (await wire.get(path)).status_code) == (path, status)


async def test_every_route_asks_for_a_permission_and_is_described(desk: PartnersDesk, wire: Wire) -> None:
    routes = partner_routes(desk.partners)
    document = describe(
        Api(title="t", version="1", description="d", server_url="http://tael.example"), routes
    )
    permissions = {
        operation["x-permission"] for path in document["paths"].values() for operation in path.values()
    }
    assert permissions == {"partners.read", "partners.change", "partners.approve"}
    assert len(document["paths"]) >= len(CHANGES)
    for route in routes:
        [path] = route.paths
        address = path.replace("{channel:str}", "alpha").replace("{id:str}", "doc_x")
        method = wire.client.post if "POST" in route.http_methods else wire.client.get
        assert (await method(address)).status_code == 401
    for name in ("limit", "cursor"):
        assert name in json.dumps(document["paths"]["/v1/partnership/deadlines"])


async def test_lists_are_read_page_by_page(wire: Wire, desk: PartnersDesk) -> None:
    for name in ("alpha", "beta", "gamma"):
        await desk.open(name)
        certificate = {"name": "key", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}
        await wire.post(f"/v1/partners/{name}/certificates", certificate)
    for path, key in (
        ("/v1/partners", "channel"),
        ("/v1/partnership/certificates", "id"),
        ("/v1/partnership/deadlines", "object_id"),
        ("/v1/partners/alpha/history", "seq"),
    ):
        whole = [each[key] for each in (await wire.get(path)).json()["items"]]
        assert len(whole) >= 2
        seen: list[Any] = []
        cursor = ""
        while True:
            page = (await wire.get(f"{path}?limit=1{cursor}")).json()
            seen += [each[key] for each in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert seen == whole


async def test_each_list_is_narrowed_by_what_the_query_asks_for(wire: Wire, desk: PartnersDesk) -> None:
    """What is kept of alpha is found by a query that fits it, and not by one that does not."""
    for name in ("alpha", "beta"):
        await desk.open(name)
    offer = {"kind": "offer", "name": "offer.pdf", "content": base64.b64encode(b"%PDF-1.7").decode()}
    window = {"starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z", "reason": "they move"}
    certificate = {"name": "key", "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2030-01-01T00:00:00Z"}
    news = {"title": "t", "source": "s", "announced_on": "2030-01-01", "effective_on": "2030-02-01"}
    checks = {"name": "c", "owner": "o", "items": ["i"], "every_days": 9, "first_due_on": "2030-01-01"}
    kept: dict[str, tuple[dict[str, Any], str, str]] = {
        "documents": (offer, "kind=offer", "kind=contract"),
        "windows": (window, "ends_after=2030-01-01T00:00:00Z", "ends_after=2030-01-02T00:00:00Z"),
        "certificates": (certificate, "ends_before=2030-02-01T00:00:00Z", "ends_before=2029-01-01T00:00:00Z"),
        "policy_changes": (news, "state=announced", "state=applied"),
        "drills": (
            {"scenario": "gone", "planned_for": "2030-01-01T00:00:00Z"},
            "state=planned",
            "state=passed",
        ),
        "checklists": (checks, "channel=alpha", "channel=beta"),
    }
    for path, (body, fits, does_not) in kept.items():
        made = await wire.post(f"/v1/partners/alpha/{path}", body)
        assert made.status_code == 200, made.text
        whole = (await wire.get(f"/v1/partnership/{path}")).json()["items"]
        assert [each["id"] for each in whole] == [made.json()["id"]]
        assert (await wire.get(f"/v1/partnership/{path}?{fits}")).json()["items"] == whole
        assert (await wire.get(f"/v1/partnership/{path}?{does_not}")).json()["items"] == [], path
    for path in ("runs?overdue=true", "reminders", "acceptances", "fee_tables", "proposals?state=open"):
        assert (await wire.get(f"/v1/partnership/{path}")).json()["items"] == []


async def test_a_bill_of_a_day_is_compared_by_those_who_may_change(wire: Wire, desk: PartnersDesk) -> None:
    await desk.open("alpha")
    path, day = "/v1/partners/alpha/billed", {"day": "2026-02-27"}
    assert (await wire.post(path, day, by="eve")).status_code == 403
    assert (await wire.post(path, {"day": "9999-12-31"})).json()["field"] == "day"
    assert (await wire.post("/v1/partners/beta/billed", day)).status_code == 404
    silent = await wire.post(path, day)
    assert (silent.status_code, silent.json()["code"]) == (503, "unavailable")
    line = BillLine(
        kind=LineKind.PAYMENT, amount=Money(10_000, "CNY"), fee=Money(60, "CNY"), order_number="att_1"
    )
    desk.channels.bills["alpha"] = [line] * (MOST_DIFFERENCES + 1)
    compared = (await wire.post(path, day)).json()
    assert (compared["compared"], len(compared["differences"]), compared["more"]) == (101, 100, 1)


async def test_what_programs_say_keeps_the_limits_of_the_wire(desk: PartnersDesk) -> None:
    await desk.open("alpha")
    asked = Asked(about="alpha", command=RecordIncident(what="a\x00b"), actor="staff:ann")
    call = Call(
        caller=Caller(owner="staff:ann", actor="staff:ann"),
        action="x",
        key="k",
        request=asked.command,
        command=asked,
    )
    answer = await desk.partners.answer(call)
    assert (answer.status, b"RecordIncident" in answer.body) == (400, True)
