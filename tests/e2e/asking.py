"""How do tests ask badly, and how do they judge the answer?"""

import json
from collections.abc import Mapping
from typing import Any

from tael.foundation.ids import new_id
from tael.foundation.problems import PROBLEM_JSON
from tael.testing.platform import Platform, Reply

GOOD: Mapping[str, object] = {
    "amount_minor": 1280,
    "currency": "CNY",
    "reference": "order-1",
    "description": "Two cups of tea",
}
PAYMENTS = "/v1/payments"
DEEP = b"[" * 100_000 + b"]" * 100_000


def with_raw(field: str, raw: bytes) -> bytes:
    """The good body with one field's value written in raw bytes."""
    others = {name: value for name, value in GOOD.items() if name != field}
    return b'{"%b":%b,%b' % (field.encode(), raw, json.dumps(others).encode()[1:])


async def asked(
    platform: Platform, method: str, path: str, body: bytes | None = None, **headers: str | None
) -> Reply:
    """An answer to a request of which every part can be wrong; a header that is `None` is left out."""
    usual = {
        "Authorization": f"Bearer {platform.merchant.secret}",
        "Content-Type": "application/json",
        "Idempotency-Key": new_id("key"),
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in (usual | given).items() if value is not None}
    async with platform.session.request(
        method, platform.public_url + path, data=body, headers=sent, skip_auto_headers=["Content-Type"]
    ) as answer:
        return Reply(answer.status, dict(answer.headers), await answer.read())


def check_problem(reply: Reply, status: int, code: str, field: str | None = None) -> Any:
    """The document of a problem, which must be complete and speak of nothing inside."""
    assert reply.status == status, reply.raw
    assert reply.headers["Content-Type"] == PROBLEM_JSON
    assert reply.headers["Cache-Control"] == "no-store"
    problem = reply.body
    assert problem["type"] == f"urn:tael:problem:{code}"
    assert (problem["status"], problem["code"], problem.get("field")) == (status, code, field), problem
    assert problem["title"]
    assert problem["detail"].endswith(".")
    for inside in ("`int`", "$.", "Expected", "Traceback", "regex", "'data'"):
        assert inside not in problem["detail"], problem
    return problem
