"""Is the API described as it is? The document is whole and true, and the page shows all of it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import get

from tael.app.listeners import public_routes
from tael.foundation.http.app import RouteWithoutPermission, make_app
from tael.foundation.http.permissions import OPTION, PUBLIC
from tael.merchants.rules import EVERY_PERMISSION
from tael.testing.platform import Platform
from tests.e2e.asking import GOOD, PAYMENTS

OPEN = {
    ("GET", "/assets/{digest:str}/{name:str}"),
    ("GET", "/checkout/{session_id:str}"),
    ("POST", "/checkout/{session_id:str}"),
    ("GET", "/docs"),
    ("GET", "/favicon.ico"),
    ("GET", "/health"),
    ("GET", "/l/{code:str}"),
    ("POST", "/l/{code:str}"),
    ("GET", "/openapi.json"),
    ("GET", "/pay/{payment_id:str}"),
    ("POST", "/pay/{payment_id:str}/card"),
    ("GET", "/pay/{payment_id:str}/code.svg"),
    ("GET", "/pay/{payment_id:str}/events"),
    ("GET", "/pay/{payment_id:str}/go"),
    ("GET", "/pay/{payment_id:str}/state"),
    ("GET", "/q/{code:str}"),
    ("POST", "/q/{code:str}"),
    ("GET", "/q/{code:str}/code.svg"),
    ("GET", "/q/{code:str}/print"),
}
"""Every route of the public listener that asks for nothing. People with a session have pages below `/portal`."""
AREA_OF = {
    "card_fields": "customers",
    "checkout_sessions": "checkout",
    "counter": "counter",
    "customers": "customers",
    "disputes": "disputes",
    "emv_codes": "checkout",
    "events": "events",
    "exports": "exports",
    "keys": "keys",
    "mandates": "customers",
    "merchant": "merchant",
    "methods": "payments",
    "offers": "offers",
    "payment_links": "checkout",
    "payment_methods": "customers",
    "payments": "payments",
    "payments.csv": "payments",
    "refunds": "payments",
    "search": "payments",
    "static_codes": "checkout",
    "team": "team",
    "terminals": "counter",
    "webhook_deliveries": "webhooks",
    "webhook_endpoints": "webhooks",
}
"""Of which area the permission of a route is, by what comes after `/v1/` in its address."""
PAPERS = {
    "/v1/merchant/application",
    "/v1/merchant/documents",
    "/v1/merchant/documents/{id:str}/content",
    "/v1/merchant/settlement_settings",
    "/v1/merchant/settlement_settings/account",
}
"""What of a merchant is read with `papers.read` alone."""
CHARGE = "counter.charge"
"""A cashier sees the charges that a cashier makes."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


async def document_of(shop: Platform) -> dict[str, Any]:
    """The document as programs get it."""
    async with shop.session.get(f"{shop.public_url}/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        return dict(await answer.json())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of everything that can be asked."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def references(part: object) -> Iterator[str]:
    """Every `$ref` in a part of the document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def faults(
    value: object, schema: dict[str, Any], components: dict[str, Any], where: str = ""
) -> Iterator[str]:
    """Where a value does not fit a schema; as much of JSON Schema as our documents use."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if all(any(faults(value, option, components)) for option in schema["anyOf"]):
            yield f"{where}: {value!r} fits no option"
        return
    kinds = {
        "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None),
    }  # fmt: skip
    kind = schema.get("type")
    if kind and (not isinstance(value, kinds[kind]) or (kind == "integer" and isinstance(value, bool))):
        yield f"{where}: {value!r} is no {kind}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not listed"
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        yield from (f"{where}.{name} is missing" for name in schema.get("required", []) if name not in value)
        if "additionalProperties" not in schema:  # texts by names of the caller's own
            yield from (f"{where}.{name} is not described" for name in value if name not in properties)
        for name in value.keys() & properties.keys():
            yield from faults(value[name], properties[name], components, f"{where}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema["items"], components, f"{where}[{number}]")
    if isinstance(value, str) and schema.get("format") == "date-time" and not MOMENT.fullmatch(value):
        yield f"{where}: {value!r} is no moment"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match"


async def test_every_route_asks_for_a_permission_of_its_area_or_is_known_to_be_open(shop: Platform) -> None:
    """Whoever only reads needs no more than a permission to read, and nobody changes anything with it."""
    routes = {
        (method, path): str(route.opt[OPTION])
        for route in public_routes(shop.house)
        for path in route.paths
        for method in route.http_methods
        if not path.startswith(
            ("/portal", "/users/", "/v1/me", "/v1/users", "/v1/unsubscriptions", "/v1/statements")
        )
    }
    assert {route for route, permission in routes.items() if permission == PUBLIC} == OPEN
    for (method, path), permission in routes.items():
        if permission != PUBLIC:
            assert permission in EVERY_PERMISSION, path
            papers = method == "GET" and path in PAPERS
            area = "papers" if papers else AREA_OF[path.split("/")[2]]
            assert permission.partition(".")[0] == area, path
            assert permission == CHARGE or (method == "GET") == permission.endswith(".read"), path


def test_a_route_without_a_permission_refuses_to_start() -> None:
    @get("/open-to-all")
    async def forgotten() -> str:
        return ""

    with pytest.raises(RouteWithoutPermission, match="forgotten"):
        make_app([forgotten], body_limit_bytes=1)


async def test_the_document_has_the_structure_of_openapi_3_1(shop: Platform) -> None:
    document = await document_of(shop)
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"]
    assert document["info"]["version"]
    assert {tag["name"] for tag in document["tags"]} == {
        tag for _, _, operation in operations(document) for tag in operation["tags"]
    }
    for reference in references(document):
        part: Any = document
        for step in reference.removeprefix("#/").split("/"):
            part = part[step]
        assert part
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        assert operation["summary"]
        assert operation["description"]
        named = {each["name"] for each in operation["parameters"] if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation["parameters"]:
            assert parameter["in"] in ("path", "query", "header")
            assert parameter["description"]
            assert parameter["schema"].get("type") or parameter["schema"].get("enum")
            assert parameter["required"] or parameter["in"] != "path"
        assert ("requestBody" in operation) == (method == "POST")
        assert [status for status in operation["responses"] if status < "300"]
        assert {"400", "401", "403", "503"} <= operation["responses"].keys()
        for response in operation["responses"].values():
            assert response["description"]
            assert all(
                "/" in media_type and content["schema"] for media_type, content in response["content"].items()
            )


async def test_every_example_fits_its_schema(shop: Platform) -> None:
    document = await document_of(shop)
    components = document["components"]["schemas"]
    contents = [
        content
        for _, _, operation in operations(document)
        for part in [operation.get("requestBody", {"content": {}}), *operation["responses"].values()]
        for content in part["content"].values()
    ]
    assert len(contents) > 40
    for content in contents:
        given = (
            [content["example"]]
            if "example" in content
            else [each["value"] for each in content["examples"].values()]
        )
        for example in given:
            assert list(faults(example, content["schema"], components)) == []


async def test_the_example_of_a_body_can_be_sent_as_it_stands(shop: Platform) -> None:
    document = await document_of(shop)
    body = document["paths"]["/v1/payments"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert (await shop.merchant.post(PAYMENTS, body)).status == 201


async def test_what_the_api_answers_is_what_the_document_says(shop: Platform) -> None:
    document = await document_of(shop)
    components = document["components"]["schemas"]
    paid = await shop.captured_payment()
    waiting = await shop.merchant.create_payment()
    refund = await shop.merchant.post(f"{PAYMENTS}/{paid['id']}/refunds", {"amount_minor": 3})
    asked = [
        ("post", "/v1/payments", await shop.merchant.post(PAYMENTS, GOOD)),
        ("post", "/v1/payments", await shop.merchant.post(PAYMENTS, {**GOOD, "amount_minor": 0})),
        ("get", "/v1/payments", await shop.merchant.get(PAYMENTS)),
        ("get", "/v1/payments", await shop.merchant.get(PAYMENTS, limit=0)),
        ("get", "/v1/payments/{payment_id}", await shop.merchant.get(f"{PAYMENTS}/{paid['id']}")),
        ("get", "/v1/payments/{payment_id}", await shop.merchant.get(f"{PAYMENTS}/pay_{'0' * 26}")),
        ("post", "/v1/payments/{payment_id}/refunds", refund),
        (
            "post",
            "/v1/payments/{payment_id}/refunds",
            await shop.merchant.post(f"{PAYMENTS}/{waiting['id']}/refunds", {}),
        ),
        ("get", "/v1/refunds/{refund_id}", await shop.merchant.get(f"/v1/refunds/{refund.body['id']}")),
        (
            "post",
            "/v1/payments/{payment_id}/attempts",
            await shop.merchant.post(f"{PAYMENTS}/{waiting['id']}/attempts", {"channel": "alipay"}),
        ),
        (
            "post",
            "/v1/payments/{payment_id}/close",
            await shop.merchant.post(f"{PAYMENTS}/{waiting['id']}/close", {}),
        ),
    ]
    for method, path, reply in asked:
        described = document["paths"][path][method]["responses"][str(reply.status)]["content"]
        content = described[reply.headers["Content-Type"]]
        assert list(faults(reply.body, content["schema"], components)) == [], (method, path, reply.status)
        if reply.status >= 400:
            codes = [example["value"]["code"] for example in content["examples"].values()]
            assert reply.body["code"] in codes, (method, path, reply.body)


async def test_the_reference_page_shows_every_operation_and_field(shop: Platform) -> None:
    document = await document_of(shop)
    for language, title in [("en", "API reference"), ("zh-CN", "接口参考")]:
        async with shop.session.get(f"{shop.public_url}/docs?lang={language}") as answer:
            page = await answer.text()
            assert answer.status == 200
        assert title in page
        assert "://" not in page.replace("http://www.w3.org", "").split("<main", 1)[0]
        assert "<script" not in page
        for _, path, operation in operations(document):
            assert f'id="{operation["operationId"]}"' in page
            assert f"<code>{path}</code>" in page
            for parameter in operation["parameters"]:
                assert f"<code>{parameter['name']}</code>" in page
        for name in ("fee_returned_minor", "checkout_url", "payments.refund_exceeds_captured", "malformed"):
            assert name in page


async def test_each_reference_says_how_its_own_keys_look_and_whoever_has_none_what_to_do(
    shop: Platform,
) -> None:
    for path, key in (("/docs", "tael_…"), ("/users/docs", "tael_user_…")):
        async with shop.session.get(shop.public_url + path, headers={"Accept": "text/html"}) as answer:
            assert f"<code>Authorization: Bearer {key}</code>" in await answer.text()
    async with shop.session.get(f"{shop.public_url}/v1/me") as answer:
        assert answer.status == 401
        assert "a user signs in" in (await answer.json(content_type=None))["hint"]
