"""S17: what is left of a call afterwards? One line of log that nobody can forge, one line in the audit trail."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_from_bytes

from tael.app.house import open_house
from tael.app.listeners import public_routes
from tael.app.simulated import install_simulator
from tael.app.supervisor import DatabaseUrls
from tael.foundation.config import Settings
from tael.foundation.db import Query
from tael.foundation.ids import new_id
from tael.testing.platform import Platform, Reply
from tests.e2e.asked_routes import target_of
from tests.e2e.asking import GOOD, PAYMENTS
from tests.e2e.in_process import ask
from tests.e2e.raw_wire import Case, RawClient
from tests.e2e.test_s1_matrix import ENDS_IT_ALL, listener_of, things_of

INJECTIONS = [
    b'a\r\n{"event":"forged"}',
    b"\x1b[2J\x1b[31mred",
    "line\u2028separator\u2029\u0085".encode(),
    b"tab\tnul\x00\xff\xfe",
]


@asynccontextmanager
async def process_with_logs(urls: DatabaseUrls, folder: Path) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A process of its own with the notices listener; its port, and after the block what it wrote to its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    async with open_house(Settings(home=folder, log_level="error"), urls.application) as house:
        await install_simulator(house, "alipay", folder, "http://127.0.0.1:9", by="operator:test")
    environment = {
        "TAEL_DATABASE_URL": urls.application,
        "TAEL_NOTICES_LISTEN": f"127.0.0.1:{port}",
        "TAEL_HOME": str(folder),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tael.app.cli", "run", "--here", "notices",
        env=os.environ | environment, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    lines: list[bytes] = []
    assert process.stderr is not None
    try:
        while not lines or b'"started"' not in lines[-1]:
            line = await process.stderr.readline()
            assert line, lines
            lines.append(line)
        yield port, lines
    finally:
        process.send_signal(signal.SIGTERM)
        _, rest = await process.communicate()
        lines += rest.splitlines(keepends=True)


async def test_s17_whatever_is_sent_makes_one_line_of_json(urls: DatabaseUrls, tmp_path: Path) -> None:
    async with process_with_logs(urls, tmp_path) as (port, lines):
        client = RawClient("127.0.0.1", port)
        for junk in INJECTIONS:
            form = (
                b"app_id="
                + quote_from_bytes(junk).encode()
                + b"&sign_type="
                + quote_from_bytes(junk).encode()
            )
            headers = [
                b"Host: x",
                b"X-Request-Id: " + junk.replace(b"\r\n", b" "),
                b"User-Agent: " + junk[:1] + b"\x07",
            ]
            await client.ask(Case(b"POST", b"/notices/payments/alipay", headers[:1], form + b"&sign=AAAA"))
            await client.ask(Case(b"POST", b"/notices/payments/alipay", headers, form))
            await client.ask(Case(b"GET", b"/" + quote_from_bytes(junk).encode(), headers, b""))
        await client.close()
    logged: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert all(event["event"] and event["timestamp"] for event in logged)
    assert not [event for event in logged if event["event"] == "forged"]
    refused = [event for event in logged if event["event"] == "notice_refused"]
    assert len(refused) >= len(INJECTIONS)
    for line in lines:
        assert line.endswith(b"\n")
        assert all(0x20 <= byte < 0x7F for byte in line[:-1]), line


AUDITED = Query(
    "audited",
    b"""select happened_at is not null, actor, action, object_id, result, remote_address
        from foundation.audit where request_id = %(request_id)s""",
)
"""Who, what, about what, with which result, from where; by the id that is on every answer."""


async def trace_of(shop: Platform, reply: Reply) -> list[tuple[object, ...]]:
    """What the audit trail says of the request that got this answer."""
    headers = {name.lower(): value for name, value in reply.headers.items()}
    async with shop.house.database.transaction() as tx:
        return await tx.tuples(AUDITED, request_id=headers["x-request-id"])


async def test_s17_the_line_of_a_payment_says_who_did_what_from_where_with_which_result(
    shop: Platform,
) -> None:
    paid = await shop.captured_payment()
    waiting = await shop.merchant.create_payment()
    matrix: dict[str, tuple[str, str, dict[str, Any], str]] = {
        "/v1/payments": ("/v1/payments", "payments.create", dict(GOOD), "done"),
        "/v1/payments/{payment_id:str}/attempts": (
            f"{PAYMENTS}/{waiting['id']}/attempts",
            "payments.start_attempt",
            {"channel": "alipay"},
            "begun",
        ),
        "/v1/payments/{payment_id:str}/close": (
            f"{PAYMENTS}/{waiting['id']}/close",
            "payments.close",
            {},
            "begun",
        ),
        "/v1/payments/{payment_id:str}/refunds": (
            f"{PAYMENTS}/{paid['id']}/refunds",
            "payments.refund",
            {"amount_minor": 5},
            "begun",
        ),
    }
    for path, action, body, result in matrix.values():
        first = await shop.merchant.post(path, body, key=f"audit-{action}")
        assert first.status in (200, 201, 202), first.raw
        ((dated, actor, said, object_id, ended, address),) = await trace_of(shop, first)
        assert (dated, said, ended, address) == (True, action, result, "127.0.0.1")
        assert actor == f"key:{shop.merchant.secret.rpartition('_')[0]}"
        assert object_id
        again = await shop.merchant.post(path, body, key=f"audit-{action}")
        assert (again.headers["idempotent-replayed"], again.raw) == ("true", first.raw)
        assert await trace_of(shop, again) == []


async def test_s17_what_was_refused_by_the_rules_is_in_the_audit_trail_too(shop: Platform) -> None:
    paid = await shop.captured_payment(100)
    reply = await shop.merchant.post(f"{PAYMENTS}/{paid['id']}/refunds", {"amount_minor": 101})
    ((_, _, action, _, result, _),) = await trace_of(shop, reply)
    assert (action, result) == ("payments.refund", "payments.refund_exceeds_captured")


ENDS_THE_CALLER = ("/revoke", "/rotate", ENDS_IT_ALL)
"""What is asked last: it may take the merchant's own key, or the merchant, away."""


async def test_s17_each_change_that_is_accepted_leaves_one_line_for_each_act_in_the_audit_trail(
    shop: Platform,
) -> None:
    public = await listener_of(shop, "public", public_routes)
    things = await things_of(shop, public)
    changes = [each for each in public.matrix.operations if each.method == "POST"]
    accepted = set[str]()
    for operation in sorted(changes, key=lambda each: each.path.endswith(ENDS_THE_CALLER)):
        headers = {
            "Idempotency-Key": new_id("key"),
            "Content-Type": "application/json",
            "Authorization": f"Bearer {shop.merchant.secret}",
        }
        target = target_of(operation, things)
        reply = await ask(public.matrix.app, "POST", target, headers=headers, body=operation.least)
        lines = await trace_of(shop, reply)
        acts = [(line[2], line[3]) for line in lines]
        assert len(set(acts)) == len(acts), f"{operation}: {lines}"
        if reply.status < 300:
            accepted.add(operation.path)
            assert lines, f"{operation}: no line"
    assert len(accepted) > 20, sorted(accepted)
