"""R4: does every POST of merchants have one effect and one answer? Each that the OpenAPI document describes."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest_asyncio

from tael.app.listeners import public_routes
from tael.foundation.ids import new_id
from tael.testing.platform import Platform, Reply
from tests.e2e.asked_routes import Operation, target_of
from tests.e2e.asking import GOOD, PAYMENTS
from tests.e2e.in_process import ask, document_of
from tests.e2e.test_s1_matrix import Caller, listener_of, things_of
from tests.e2e.test_s17_traces import ENDS_THE_CALLER, trace_of

AT_A_TIME = 5
SHOWN_ONCE = "secret"
"""What only the first answer holds: it is kept nowhere."""
KEYLESS: frozenset[str] = frozenset()
"""POSTs that take no key, and why they need none."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def public(shop: Platform) -> AsyncIterator[Caller]:
    yield await listener_of(shop, "public", public_routes)


class Sender(msgspec.Struct, frozen=True):
    """The shop's server, which sends the same again and again."""

    shop: Platform
    public: Caller

    async def send(self, target: str, body: bytes, key: str) -> Reply:
        headers = {
            "Idempotency-Key": key,
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.shop.merchant.secret}",
        }
        return await ask(self.public.matrix.app, "POST", target, headers=headers, body=body)

    async def send_at_once(self, target: str, body: bytes, key: str) -> list[Reply]:
        return await asyncio.gather(*(self.send(target, body, key) for _ in range(AT_A_TIME)))


def is_under_way(reply: Reply) -> bool:
    """Whether it only says that the same request is being answered."""
    return reply.status == 409 and reply.body.get("code") == "idempotency_in_flight"


def kept(reply: Reply) -> tuple[int, bytes]:
    """An answer as every repeat gives it."""
    if reply.status >= 300 or SHOWN_ONCE not in reply.body:
        return reply.status, reply.raw
    return reply.status, msgspec.json.encode({**reply.body, SHOWN_ONCE: None})


async def check_one_effect(sender: Sender, operation: Operation, things: dict[str, str]) -> bool:
    """Whether the request was accepted; then it had one effect, and every repeat got its answer."""
    key, target = new_id("key"), target_of(operation, things)
    replies = await sender.send_at_once(target, operation.least, key)
    again = await sender.send(target, operation.least, key)
    told = [each for each in replies if not is_under_way(each)]
    assert {kept(each) for each in told} <= {kept(again)}, str(operation)
    if again.status >= 300:
        return False
    assert again.headers["Idempotent-Replayed"] == "true", str(operation)
    traces = [await trace_of(sender.shop, each) for each in (*replies, again)]
    assert len([each for each in traces if each]) == 1, f"{operation}: {traces}"
    await check_not_for_another(sender, key, str(operation))
    return True


async def check_not_for_another(sender: Sender, key: str, what: str) -> None:
    other = await sender.send(PAYMENTS, msgspec.json.encode({**GOOD, "amount_minor": 4321}), key)
    assert (other.status, other.body["code"]) == (409, "idempotency_key_reused"), f"{what}: {other.raw!r}"


async def test_r4_every_post_that_is_accepted_has_one_effect_and_one_answer(
    shop: Platform, public: Caller
) -> None:
    things = await things_of(shop, public)
    sender, accepted = Sender(shop, public), set[str]()
    posts = [each for each in public.matrix.operations if each.method == "POST"]
    for operation in sorted(posts, key=lambda each: each.path.endswith(ENDS_THE_CALLER)):
        if await check_one_effect(sender, operation, things):
            accepted.add(operation.path)
    assert len(accepted) > 20, sorted(accepted)


async def test_r4_every_post_asks_for_a_key(public: Caller) -> None:
    document: Any = await document_of(public.matrix.app)
    without = {
        path
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method == "post" and not any(each["name"] == "Idempotency-Key" for each in operation["parameters"])
    }
    assert without == KEYLESS
