"""Does the ledger's OpenAPI document say everything that its listener does, with examples that can be sent?"""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tael.app.listeners import books_routes
from tael.app.supervisor import DatabaseUrls
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.testing.databases import fresh_database
from tests.e2e.ledger_desk import ACCOUNTS, Desk, payout, running_ledger, sale
from tests.e2e.test_openapi_document import faults, operations, references


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(server: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """A ledger by itself, started once for the file."""
    folder: Path = tmp_path_factory.mktemp("ledger")
    async with fresh_database(server) as urls, running_ledger(urls, folder) as opened:
        await opened.open(*ACCOUNTS)
        yield opened


async def document_of(desk: Desk) -> dict[str, Any]:
    reply = await desk.with_key(None).get("/openapi.json")
    assert reply.status == 200
    return dict(reply.body)


def contents_of(operation: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [operation.get("requestBody", {"content": {}}), *operation["responses"].values()]
    return [content for part in parts for content in part["content"].values()]


async def test_the_document_describes_every_route_that_asks_for_a_permission(desk: Desk) -> None:
    document = await document_of(desk)
    described = {(method, path): each["x-permission"] for method, path, each in operations(document)}
    assert described == {
        (method, path): route.opt[OPTION]
        for route in books_routes(desk.house)
        for path in route.paths
        for method in route.http_methods
        if route.opt[OPTION] != PUBLIC
    }


async def test_every_operation_says_what_it_does_takes_and_refuses(desk: Desk) -> None:
    document = await document_of(desk)
    assert list(references(document))
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"], path
        assert ("requestBody" in operation) == (method in ("POST", "PATCH")), path
        assert {"400", "401", "403", "503"} <= operation["responses"].keys(), path
        assert "ledger.key_refused" in operation["responses"]["401"]["description"]
        assert all(parameter["description"] for parameter in operation["parameters"]), path


async def test_every_example_fits_its_schema(desk: Desk) -> None:
    document = await document_of(desk)
    components = document["components"]["schemas"]
    for _, path, operation in operations(document):
        for content in contents_of(operation):
            given = [content["example"]] if "example" in content else [each["value"] for each in content["examples"].values()]  # fmt: skip
            for example in given:
                assert list(faults(example, content["schema"], components)) == [], path


async def test_the_examples_can_be_sent_as_they_stand(desk: Desk) -> None:
    document = await document_of(desk)

    def example(path: str, method: str = "post") -> Any:
        return document["paths"][path][method]["requestBody"]["content"]["application/json"]["example"]

    opened = await desk.post("/v1/accounts", example("/v1/accounts"))
    assert [each["status"] for each in opened.body["results"]] == [200]
    assert (await desk.post("/v1/entries", example("/v1/entries"))).status == 201
    assert (await desk.post("/v1/entries/bulk", example("/v1/entries/bulk"))).body["booked"] == 1
    name = {"code": "merchant:42:pending", "currency": "CNY"}
    assert (await desk.patch("/v1/account", example("/v1/account", "patch"), name)).status == 200


async def test_what_the_api_answers_is_what_the_document_says(desk: Desk) -> None:
    document = await document_of(desk)
    components = document["components"]["schemas"]
    await desk.booked(sale("d1", metadata={"a": "b"}))
    await desk.booked(payout("d2", 5, phase="pending", expires_in_seconds=60))
    shop = {"code": "shop", "currency": "CNY"}
    asked = [
        ("post", "/v1/entries", await desk.post("/v1/entries", sale("d3"))),
        ("post", "/v1/entries", await desk.post("/v1/entries", sale("d3", 3))),
        ("post", "/v1/entries", await desk.post("/v1/entries", payout("d4", 10**9))),
        ("get", "/v1/entries", await desk.get("/v1/entries")),
        ("get", "/v1/entry", await desk.get("/v1/entry", {"id": "d2"})),
        ("get", "/v1/entry", await desk.get("/v1/entry", {"id": "none"})),
        ("get", "/v1/accounts", await desk.get("/v1/accounts", {"limit": 1})),
        ("get", "/v1/account", await desk.get("/v1/account", shop)),
        ("get", "/v1/account/postings", await desk.get("/v1/account/postings", shop)),
        ("get", "/v1/account/holds", await desk.get("/v1/account/holds", shop)),
        ("patch", "/v1/account", await desk.patch("/v1/account", {"close": True}, shop)),
        ("post", "/v1/accounts", await desk.post("/v1/accounts", {"accounts": [ACCOUNTS[0], ACCOUNTS[0] | {"code": "a:"}]})),
        ("post", "/v1/entries/bulk", await desk.bulk([sale("d5"), sale("d5"), payout("d6", 10**9)])),
        ("post", "/v1/entries/bulk", await desk.bulk([payout("d6", 10**9)], atomic=True)),
    ]  # fmt: skip
    for method, path, reply in asked:
        described = document["paths"][path][method]["responses"][str(reply.status)]["content"]
        content = described[reply.headers["Content-Type"]]
        if reply.status < 400 and "bulk" not in path:
            assert list(faults(reply.body, content["schema"], components)) == [], (method, path, reply.status)
        if reply.status >= 400:
            codes = [example["value"]["code"] for example in content["examples"].values()]
            assert reply.body["code"] in codes, (method, path, reply.body)


async def test_the_reference_page_shows_every_operation(desk: Desk) -> None:
    document = await document_of(desk)
    page = (await desk.with_key(None).get("/docs")).raw.decode()
    assert "Tael ledger" in page
    for _, path, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page
        assert re.search(rf"<code>{re.escape(path)}</code>", page)
    for word in ("amount_minor", "expires_in_seconds", "metadata[key]", "ledger.limit_passed", "linked"):
        assert word in page
