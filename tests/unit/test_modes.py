"""Which house answers a request: that of live, or that of test mode?"""

from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, post
from litestar.params import FromPath

from tael.app.modes import TwoHouses


class Heard:
    """A house that remembers where it was asked."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, _receive: Any, _send: Any) -> None:
        self.places.append((scope.get("root_path", ""), scope["path"]))


@pytest.mark.parametrize(
    ("path", "key", "answers", "place"),
    [
        ("/v1/payments", "tael_k3vqm2x7ab_secret", "live", ("", "/v1/payments")),
        ("/v1/payments", "tael_test_k3vqm2x7ab_secret", "test", ("", "/v1/payments")),
        ("/test/v1/payments", "tael_k3vqm2x7ab_secret", "test", ("/test", "/v1/payments")),
        ("/test", None, "test", ("/test", "/")),
        ("/testing", None, "live", ("", "/testing")),
        ("/pay/pay_1", None, "live", ("", "/pay/pay_1")),
    ],
)
async def test_the_address_or_the_key_says_which_house_answers(
    path: str, key: str | None, answers: str, place: tuple[str, str]
) -> None:
    live, test = Heard(), Heard()
    headers = [] if key is None else [(b"authorization", f"Bearer {key}".encode())]
    scope: Any = {"type": "http", "path": path, "root_path": "", "headers": headers}

    await TwoHouses(live, test)(scope, None, None)  # type: ignore[arg-type]

    heard = {"live": live, "test": test}
    assert heard.pop(answers).places == [place]
    assert not next(iter(heard.values())).places


@pytest.mark.parametrize("path", ["/webhooks/whe_1/test", "/test/x", "/tests", "/plain"])
async def test_an_address_below_test_may_itself_say_test(path: str) -> None:
    @post("/{below:path}", status_code=200)
    async def echo(request: Request[Any, Any, Any], below: FromPath[str]) -> list[str]:
        return [below, request.url.path]

    both = TwoHouses(Heard(), Litestar([echo], openapi_config=None))

    transport = httpx.ASGITransport(app=both)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tael.test") as client:
        answer = await client.post(f"/test{path}")

    assert (answer.status_code, answer.json()) == (200, [path, f"/test{path}"])
