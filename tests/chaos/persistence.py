"""A merchant's server that does not give up: every request is sent again, under its key, until the answer is definite."""

import asyncio
import random
from typing import Any

import aiohttp
import msgspec

from tael.foundation.ids import new_id
from tael.simulators.base.views import OrderView
from tael.testing.cluster import Tenancy
from tael.testing.platform import Reply
from tael.testing.simulators import ControlFailed

TRANSIENT = (aiohttp.ClientError, TimeoutError, OSError)


class Acked(msgspec.Struct, frozen=True, kw_only=True):
    """A request and the definite answer that it got."""

    path: str
    key: str
    request: object
    reply: Reply
    sent: int
    """How many times it had to be sent."""


class PersistentMerchant:
    """Remembers every definite answer."""

    def __init__(self, platform: Tenancy, random_numbers: random.Random) -> None:
        self._platform = platform
        self._random = random_numbers
        self.acked: list[Acked] = []
        self.accidents: list[str] = []
        """Answers that say that something of ours broke: 500."""

    async def post(self, path: str, request: object) -> Reply:
        """The definite answer: repeated as long as nobody answers, or the answer is "not now" or "not yet"."""
        key, sent = new_id("key"), 0
        while True:
            sent += 1
            try:
                reply = await self._platform.merchant.post(path, request, key=key)
            except TRANSIENT:
                await self._pause()
                continue
            if reply.status == 500:
                self.accidents.append(f"POST {path}: {reply.raw.decode()}")
            if is_definite(reply):
                self.acked.append(Acked(path=path, key=key, request=request, reply=reply, sent=sent))
                return reply
            await self._pause()

    async def payment(self, payment_id: str) -> Any:
        """A payment as it is now."""
        while True:
            try:
                reply = await self._platform.merchant.get(f"/v1/payments/{payment_id}")
            except TRANSIENT:
                await self._pause()
                continue
            if reply.status == 200:
                return reply.body
            await self._pause()

    async def payment_once(self, payment_id: str, *states: str) -> Any:
        """A payment as soon as it is in one of the states."""
        while True:
            payment = await self.payment(payment_id)
            if payment["state"] in states:
                return payment
            await asyncio.sleep(0.3)

    async def trade(self, order_number: str) -> OrderView | None:
        """What the channel knows of an order."""
        while True:
            try:
                return await self._platform.control.order(order_number)
            except ControlFailed:
                return None
            except TRANSIENT:
                await self._pause()

    async def pay(self, order_number: str, code_url: str) -> bool:
        """Be the payer: pay, or see that it is paid already or cannot be paid any more."""
        while True:
            try:
                await self._platform.control.pay(code_url)
            except ControlFailed:
                trade = await self.trade(order_number)
                return trade is not None and trade.paid_count > 0
            except TRANSIENT:
                await self._pause()
            else:
                return True

    async def _pause(self) -> None:
        await asyncio.sleep(self._random.uniform(0.05, 0.25))


def is_definite(reply: Reply) -> bool:
    """Whether the answer will not change: neither "not now" (429, 5xx) nor "still at work" nor "I do not know"."""
    if reply.status == 429 or reply.status >= 500:
        return False
    problem = "problem" in reply.headers.get("Content-Type", "")
    return not (problem and reply.body.get("code") in ("idempotency_in_flight", "uncertain"))
