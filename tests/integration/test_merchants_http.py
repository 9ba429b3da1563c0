"""Do the routes of merchants' affairs let in whoever may, show nobody else's, and act once for each key?"""

import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from tael.app.supervisor import DatabaseUrls
from tael.foundation.db import Database
from tael.foundation.errors import Unauthenticated
from tael.foundation.http.app import make_app
from tael.foundation.http.openapi import Api, describe
from tael.foundation.http.permissions import Principal
from tael.merchants.http import merchant_routes, merchant_staff_routes, place_routes
from tael.merchants.http.own import AFFAIRS, PLACES
from tael.merchants.schemas import BeginReview, SubmitApplication
from tael.testing.merchants import ACCOUNT, ANN, EVERYTHING, ID_NUMBER, PDF, PHONE, MerchantsDesk

PEOPLE = {
    "ann": {"merchants.read", "merchants.change"},
    "bo": {"merchants.read", "merchants.approve"},
    "eve": {"merchants.read"},
}


class Wire:
    """Somebody with a browser or a server: staff by name, a merchant's people by `owner mer_…` and `viewer mer_…`."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.count = 0

    async def get(self, path: str, *, by: str) -> httpx.Response:
        return await self.client.get(path, headers={"authorization": f"Bearer {by}"})

    async def post(self, path: str, body: Mapping[str, Any], *, by: str, key: str = "") -> httpx.Response:
        self.count += 1
        return await self.client.post(
            path,
            content=json.dumps(body).encode(),
            headers={
                "authorization": f"Bearer {by}",
                "content-type": "application/json",
                "idempotency-key": key or f"key-{self.count}",
            },
        )


async def authenticate(secret: str) -> Principal:
    if secret in PEOPLE:
        actor = f"staff:{secret}"
        return Principal(owner=actor, actor=actor, permissions=frozenset(PEOPLE[secret]))
    role, _, merchant_id = secret.partition("-")
    may = {
        "owner": {"merchant.read", "merchant.write", "papers.read"},
        "finance": {"merchant.read", "papers.read"},
        "viewer": {"merchant.read"},
    }.get(role)
    if may is None:
        raise Unauthenticated("Who are you?")
    return Principal(owner=merchant_id, actor=f"member:{role}", permissions=frozenset(may))


@pytest.fixture
async def desk(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[MerchantsDesk]:
    database = Database(urls.application, role="tael_app")
    await database.open()
    yield MerchantsDesk(database, tmp_path)
    await database.close()


@pytest.fixture
async def wire(desk: MerchantsDesk) -> AsyncIterator[Wire]:
    routes = [
        *merchant_routes(desk.merchants),
        *place_routes(desk.merchants),
        *merchant_staff_routes(desk.merchants),
    ]
    app = make_app(routes, body_limit_bytes=262_144, authenticate=authenticate)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.example") as client:
        yield Wire(client)


async def test_a_merchant_applies_and_is_let_in_over_http(wire: Wire, desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    me = f"owner-{merchant.id}"
    edited = await wire.post("/v1/merchant/application/edit", msgspec.to_builtins(EVERYTHING), by=me)
    assert edited.status_code == 200, edited.text
    large = base64.b64encode(PDF + b"x" * 1_000_000).decode()
    for kind in ("business_licence", "legal_person_id", "bank_proof"):
        handed_in = await wire.post(
            "/v1/merchant/documents", {"kind": kind, "name": "a.pdf", "content": large}, by=me
        )
        assert handed_in.status_code == 200, handed_in.text
    text = (await wire.get("/v1/merchant/agreements/2026-01/zh-CN", by=me)).json()
    signature = {
        "version": "2026-01",
        "language": "zh-CN",
        "digest": text["digest"],
        "signer_name": "李明",
        "signer_title": "总经理",
    }
    signed = (await wire.post("/v1/merchant/agreements", signature, by=me)).json()
    assert signed["statement"]["remote_address"] == "127.0.0.1"
    kept = await wire.get(f"/v1/merchant/agreements/{signed['statement']['id']}", by=me)
    assert kept.json() == signed
    submitted = await wire.post("/v1/merchant/application/submit", {}, by=me)
    assert submitted.json()["state"] == "submitted"

    queue = (await wire.get("/v1/merchants?application=submitted", by="eve")).json()["items"]
    assert [each["id"] for each in queue] == [merchant.id]
    await wire.post(f"/v1/merchants/{merchant.id}/review", {}, by="ann")
    change = {"change": "approve_application", **msgspec.to_builtins(desk.approval())}
    proposal = (
        await wire.post(
            f"/v1/merchants/{merchant.id}/proposals", {"change": change, "note": "fine"}, by="ann"
        )
    ).json()
    path = f"/v1/merchant_proposals/{proposal['id']}"
    yes = {"approve": True, "digest": proposal["digest"]}
    assert (await wire.post(f"{path}/decision", yes, by="ann")).status_code == 403
    assert (await wire.post(f"{path}/decision", yes, by="bo")).status_code == 200
    state = (await wire.get("/v1/merchant", by=me)).json()
    assert state["live"] is True
    assert state["fees"]["terms"]["default"]["rate_millionths"] == 3_800
    seen = (await wire.get(f"/v1/merchants/{merchant.id}", by="eve")).text
    for secret in (ID_NUMBER, ACCOUNT, PHONE):
        assert secret not in seen


async def test_s1_another_merchants_things_are_not_found_and_readers_change_nothing(
    wire: Wire, desk: MerchantsDesk
) -> None:
    mine, other = await desk.active(), await desk.active("Green Teapot")
    me = f"owner-{mine.id}"
    store = (
        await wire.post(
            "/v1/merchant/stores", {"name": "West", "address": "12 Lane", "region": "330106"}, by=me
        )
    ).json()
    terminal = (
        await wire.post(
            "/v1/merchant/terminals",
            {"store_id": store["id"], "serial": "SN-1", "kind": "scanner", "name": "Till"},
            by=me,
        )
    ).json()
    [document, *_] = (await wire.get("/v1/merchant/documents", by=me)).json()["items"]
    [signed, *_] = (await wire.get("/v1/merchant/agreements", by=me)).json()["signed"]
    for path in (
        f"stores/{store['id']}",
        f"terminals/{terminal['id']}",
        f"documents/{document['id']}/content",
        f"agreements/{signed['id']}",
    ):
        assert (await wire.get(f"/v1/merchant/{path}", by=me)).status_code == 200, path
        assert (await wire.get(f"/v1/merchant/{path}", by=f"finance-{other.id}")).status_code == 404, path
    refused = await wire.post(f"/v1/merchant/stores/{store['id']}/close", {}, by=f"owner-{other.id}")
    assert (refused.status_code, refused.json()["code"]) == (404, "merchants.no_such_record")
    for change in (*AFFAIRS, *PLACES):
        path = change.path.replace("{id:str}", store["id"])
        assert (await wire.post(path, {}, by=f"viewer-{mine.id}")).status_code == 403, path
        assert (await wire.post(path, {}, by="ann")).status_code == 403, path
    for path in (f"/v1/merchants/{mine.id}", "/v1/merchants", "/v1/merchant_proposals"):
        assert (await wire.get(path, by=me)).status_code == 403, path
    assert (
        await wire.post(f"/v1/merchants/{mine.id}/suspension", {"reason": "x"}, by="bo")
    ).status_code == 403


async def test_r4_a_repeated_change_has_one_effect_and_one_answer(wire: Wire, desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    me = f"owner-{merchant.id}"
    body = {"name": "West", "address": "12 Lane", "region": "330106"}
    answers = [await wire.post("/v1/merchant/stores", body, by=me, key="once") for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    assert answers[2].headers["idempotent-replayed"] == "true"
    assert len((await wire.get("/v1/merchant/stores", by=me)).json()["items"]) == 1
    other = await wire.post("/v1/merchant/stores", body | {"name": "East"}, by=me, key="once")
    assert other.status_code == 409


async def test_a_change_of_the_account_waits_for_review_and_is_seen_by_both_sides(
    wire: Wire, desk: MerchantsDesk
) -> None:
    merchant = await desk.active()
    me = f"owner-{merchant.id}"
    account = {"holder": "Blue Teapot", "number": "6217001210024455", "bank_name": "CCB", "bank_code": ""}
    asked = await wire.post(
        "/v1/merchant/settlement_settings/account", {"account": account, "note": "new bank"}, by=me
    )
    assert asked.status_code == 200
    assert "6217001210024455" not in asked.text
    [own] = (await wire.get("/v1/merchant/settlement_settings/account", by=me)).json()["items"]
    [theirs] = (await wire.get("/v1/merchant_proposals?state=open", by="eve")).json()["items"]
    assert own["id"] == theirs["id"]
    assert theirs["differences"][-1]["field"] == "account.number"
    decision = {"approve": True, "digest": theirs["digest"]}
    await wire.post(f"/v1/merchant_proposals/{theirs['id']}/decision", decision, by="bo")
    [now, before] = (await wire.get("/v1/merchant/settlement_settings", by=me)).json()["items"]
    taken_back = f"/v1/merchant/settlement_settings/account/{theirs['id']}/withdraw"
    other = await desk.applicant("Green Teapot")
    assert (await wire.post(taken_back, {}, by=f"owner-{other.id}")).status_code == 404
    assert (await wire.post(taken_back, {}, by=me)).json()["code"] == "proposals.ended"
    assert (now["account"]["number"], before["account"]["number"]) == ("************4455", "************2230")


async def test_lists_are_read_page_by_page_and_strange_questions_refused(
    wire: Wire, desk: MerchantsDesk
) -> None:
    made = [await desk.applicant(f"Teapot {number}") for number in range(3)]
    first = (await wire.get("/v1/merchants?limit=2", by="eve")).json()
    rest = (await wire.get(f"/v1/merchants?limit=2&cursor={first['next_cursor']}", by="eve")).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == [each.id for each in reversed(made)]
    assert rest["next_cursor"] is None
    for query in ("limit=201", "state=happy", "review_before=tomorrow", "colour=blue"):
        assert (await wire.get(f"/v1/merchants?{query}", by="eve")).status_code == 400, query
    history = (await wire.get(f"/v1/merchants/{made[0].id}/history", by="eve")).json()["items"]
    assert [line["what"] for line in history] == ["merchants.apply"]
    assert (await wire.get("/v1/merchants/mer_nobody", by="eve")).status_code == 404


async def test_what_the_database_cannot_hold_is_refused_before_it(wire: Wire, desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    me = f"owner-{merchant.id}"
    for section, field in (
        ("business", "legal_name"),
        ("business", "address"),
        ("legal_person", "name"),
        ("account", "holder"),
        ("account", "bank_name"),
        ("contact", "email"),
    ):
        said = msgspec.to_builtins(EVERYTHING)[section] | {field: "a\x00b"}
        refused = await wire.post("/v1/merchant/application/edit", {section: said}, by=me)
        assert refused.status_code == 400, (field, refused.text)
    reasons = [{"field": "business", "reason": "a\x00b"}]
    path = f"/v1/merchants/{merchant.id}/requested_changes"
    assert (await wire.post(path, {"reasons": reasons}, by="ann")).status_code == 400
    assert (await wire.get("/v1/merchants?name=%00", by="eve")).status_code == 400
    for place in ("/v1/merchants/%00", "/v1/merchant_proposals/%00"):
        assert (await wire.get(place, by="eve")).status_code == 404
    for what in ("stores", "terminals", "agreements"):
        assert (await wire.get(f"/v1/merchant/{what}/%00", by=me)).status_code == 404
    strange = await wire.get("/v1/merchant/agreements/..%2Findex/en", by=me)
    assert strange.status_code == 404


async def test_reasons_for_each_field_reach_whoever_applies(wire: Wire, desk: MerchantsDesk) -> None:
    merchant = await desk.applicant()
    await desk.fill_in(merchant)
    await desk.do(merchant.id, SubmitApplication())
    await desk.do(merchant.id, BeginReview(), actor=ANN)
    reasons = [{"field": "business.address", "reason": "Not that of the licence."}]
    given_back = await wire.post(
        f"/v1/merchants/{merchant.id}/requested_changes", {"reasons": reasons}, by="ann"
    )
    assert given_back.status_code == 200
    seen = (await wire.get("/v1/merchant/application", by=f"finance-{merchant.id}")).json()
    assert (seen["state"], seen["reasons"]) == ("changes_requested", reasons)
    state = (await wire.get("/v1/merchant", by=f"viewer-{merchant.id}")).json()
    assert (state["to_do"], state["live"]) == (["application.changes"], False)


async def test_a_merchant_does_not_hear_why_it_is_looked_at(wire: Wire, desk: MerchantsDesk) -> None:
    """Staff do. Neither its state nor the answer to its notice says anything of its risk."""
    merchant = await desk.active()
    risk = {"level": "high", "reasons": "A shop front without a shop.", "review_on": "2027-01-01"}
    assert (await wire.post(f"/v1/merchants/{merchant.id}/risk", {"risk": risk}, by="ann")).status_code == 200
    known = (await wire.get(f"/v1/merchants/{merchant.id}", by="ann")).text
    heard = [
        await wire.get("/v1/merchant", by=f"owner-{merchant.id}"),
        await wire.post("/v1/merchant/notice", {"reason": "We stop."}, by=f"owner-{merchant.id}"),
    ]
    assert "without a shop" in known
    for answer in heard:
        assert answer.status_code == 200, answer.text
        assert not [word for word in ("without a shop", "high", "2027-01-01") if word in answer.text]


async def test_s17_whoever_opens_a_document_is_in_the_audit_trail(
    wire: Wire, desk: MerchantsDesk, urls: DatabaseUrls
) -> None:
    merchant = await desk.active()
    [document, *_] = await desk.merchants.reads.documents(merchant.id)
    seen = await wire.get(f"/v1/merchants/{merchant.id}/documents/{document.id}/content", by="eve")
    assert seen.content == PDF
    async with await psycopg.AsyncConnection.connect(urls.owner) as owner:
        lines = await owner.execute(
            "select actor, object_id from foundation.audit where action = 'merchants.open_document'"
        )
        assert await lines.fetchall() == [("staff:eve", document.id)]


async def test_papers_and_account_take_a_permission_of_their_own(wire: Wire, desk: MerchantsDesk) -> None:
    merchant = await desk.active()
    [document, *_] = await desk.merchants.reads.documents(merchant.id)
    for what in (
        "application",
        "documents",
        f"documents/{document.id}/content",
        "settlement_settings",
        "settlement_settings/account",
    ):
        asked = {
            role: await wire.get(f"/v1/merchant/{what}", by=f"{role}-{merchant.id}")
            for role in ("viewer", "finance")
        }
        assert asked["finance"].status_code == 200, what
        assert (asked["viewer"].status_code, asked["viewer"].json()["permission"]) == (403, "papers.read"), (
            what
        )
    whole, part = [
        (await wire.get("/v1/merchant", by=f"{role}-{merchant.id}")).json() for role in ("finance", "viewer")
    ]
    assert whole["application"]["particulars"]["account"]
    assert whole["settlement"]["account"]
    assert (part["application"], part["settlement"]["account"]) == (None, None)
    assert part["merchant"] == whole["merchant"]


def test_every_route_of_merchants_is_described(desk: MerchantsDesk) -> None:
    for routes_of in (merchant_routes, place_routes, merchant_staff_routes):
        document = describe(
            Api(title="Merchants", version="1", description="", server_url="http://tael.example"),
            routes_of(desk.merchants),
        )
        assert len(document["paths"]) > 5
