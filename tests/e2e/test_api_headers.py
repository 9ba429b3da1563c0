"""S18: what do the headers of every answer say? Nothing is cached, nothing is guessed, nothing is framed."""

from typing import Any

import msgspec
import pytest

from tael.app.house import House
from tael.app.listeners import make_listener
from tael.testing.platform import Platform
from tests.e2e.asking import PAYMENTS, asked


@pytest.mark.parametrize("path", [PAYMENTS, f"{PAYMENTS}.csv", f"{PAYMENTS}/x", "/v1/nothing", "/health"])
async def test_s18_answers_of_the_api_are_nobodys_to_keep(shop: Platform, path: str) -> None:
    headers = (await asked(shop, "GET", path)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Request-ID"].startswith("req_")
    assert not {"server", "x-powered-by"} & {name.lower() for name in headers}


async def test_s18_a_request_id_is_taken_over_only_if_it_is_well_formed(shop: Platform) -> None:
    good = await asked(shop, "GET", PAYMENTS, X_Request_Id="shop-42.a_B")
    assert good.headers["X-Request-ID"] == "shop-42.a_B"
    for bad in ("two words", "x" * 65, "<script>", ""):
        assert (
            (await asked(shop, "GET", PAYMENTS, X_Request_Id=bad)).headers["X-Request-ID"].startswith("req_")
        )


async def test_s18_pages_forbid_frames_and_foreign_scripts(shop: Platform) -> None:
    payment = await shop.merchant.create_payment()
    for path in (f"/pay/{payment['id']}", "/docs", "/nothing"):
        page = await asked(shop, "GET", path, Accept="text/html", Authorization=None)
        policy = page.headers["Content-Security-Policy"]
        for part in ("default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
            assert part in policy, (path, part)
        assert "unsafe" not in policy
        assert page.headers["Cache-Control"] == "no-store"


async def headers_under(house: House, public_url: str) -> dict[str, str]:
    """The headers of the public listener, if browsers reached it at that address."""
    settings = msgspec.structs.replace(house.settings, public_url=public_url)
    app = make_listener(msgspec.structs.replace(house, settings=settings), "public")
    scope: Any = {
        "type": "http", "method": "GET", "path": "/nothing", "raw_path": b"/nothing", "query_string": b"",
        "headers": [(b"host", b"pay.example")], "http_version": "1.1", "scheme": "https", "root_path": "",
        "client": None, "server": None, "asgi": {"version": "3.0", "spec_version": "2.3"}, "extensions": {},
    }  # fmt: skip
    heard: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        heard.append(message)

    await app(scope, receive, send)
    return {name.decode(): value.decode() for name, value in heard[0]["headers"]}


async def test_s18_browsers_are_told_to_stay_with_https_only_where_there_is_https(shop: Platform) -> None:
    told = await headers_under(shop.house, "https://pay.example")
    assert told["strict-transport-security"] == "max-age=31536000"
    here = (await asked(shop, "GET", "/nothing")).headers
    assert "strict-transport-security" not in {name.lower() for name in here}
