"""What goes on in a shop while things break: orders, payers, refunds and changes of mind, many at a time."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Any

import msgspec

from tael.testing.cluster import Tenancy
from tests.chaos.persistence import PersistentMerchant

IN_FLIGHT = 96
"""Payments under way at any moment: some more than the 64 that the bar asks for."""


class Story(StrEnum):
    """What happens to an order."""

    PAID = "paid"
    REFUNDED = "refunded"
    CLOSED = "closed"
    PAID_AFTER_CLOSE = "paid after close"
    ABANDONED = "abandoned"


_STORIES = {
    Story.PAID: 45,
    Story.REFUNDED: 30,
    Story.CLOSED: 10,
    Story.PAID_AFTER_CLOSE: 8,
    Story.ABANDONED: 7,
}
_ATTEMPT = {"channel": "alipay"}
_ENDS = ("captured", "canceled", "expired", "failed")


class AckedPayment(msgspec.Struct, kw_only=True):
    """A payment that we were told of, and what we know about it."""

    id: str
    amount_minor: int
    story: Story
    order_number: str = ""
    paid: bool = False
    refund_ids: list[str] = []


class Shop:
    """Keeps `IN_FLIGHT` orders under way until it is told to take no more."""

    def __init__(self, platform: Tenancy, seed: int) -> None:
        self._random = random.Random(seed)
        self.merchant = PersistentMerchant(platform, self._random)
        self.payments: list[AckedPayment] = []
        self.in_flight = 0
        self._open = True
        self._tills: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def trading(self) -> AsyncIterator[None]:
        """Orders come in during the block; at its end no new ones do, and those under way are finished."""
        self._tills = [asyncio.create_task(self._till()) for _ in range(IN_FLIGHT)]
        try:
            yield
            self._open = False
            await asyncio.gather(*self._tills)
        finally:
            for till in self._tills:
                till.cancel()
            await asyncio.gather(*self._tills, return_exceptions=True)

    def check(self) -> None:
        """Raise what went wrong at a till that has stopped working."""
        for till in self._tills:
            if till.done():
                till.result()

    async def _till(self) -> None:
        while self._open:
            self.in_flight += 1
            try:
                await self._order()
            finally:
                self.in_flight -= 1

    async def _order(self) -> None:
        amount_minor = self._random.randint(1, 500_000)
        story = self._random.choices(list(_STORIES), list(_STORIES.values()))[0]
        wanted: dict[str, Any] = {
            "amount_minor": amount_minor,
            "currency": "CNY",
            "reference": "R1",
            "description": "Tea",
        }
        if in_one_call := self._random.random() < 0.5:
            wanted |= {"attempt": _ATTEMPT}
        created = await self.merchant.post("/v1/payments", wanted)
        assert created.status in ((201, 202) if in_one_call else (201,)), created.raw
        payment = AckedPayment(id=created.body["id"], amount_minor=amount_minor, story=story)
        self.payments.append(payment)
        code_url = await self._code(payment, created.body.get("attempt"))
        if code_url is None:
            return
        if story in (Story.CLOSED, Story.PAID_AFTER_CLOSE):
            closed = await self.merchant.post(f"/v1/payments/{payment.id}/close", {})
            assert closed.status in (200, 202), closed.raw
        if story in (Story.PAID, Story.REFUNDED, Story.PAID_AFTER_CLOSE):
            payment.paid = await self.merchant.pay(payment.order_number, code_url)
        if story is Story.REFUNDED and payment.paid:
            await self._refund(payment)

    async def _code(self, payment: AckedPayment, attempt: Any) -> str | None:
        """What the payer scans, of an attempt that may be begun; asked for again as long as the channel has not answered."""
        while True:
            if attempt is not None:
                payment.order_number = attempt["id"]
                if attempt["action"]:
                    return str(attempt["action"]["code_url"])
                await asyncio.sleep(0.2)
            started = await self.merchant.post(f"/v1/payments/{payment.id}/attempts", _ATTEMPT)
            assert started.status in (201, 202), started.raw
            attempt = started.body

    async def _refund(self, payment: AckedPayment) -> None:
        paid = await self.merchant.payment_once(payment.id, *_ENDS)
        assert paid["state"] == "captured", paid
        left = payment.amount_minor
        for _ in range(self._random.randint(1, 3)):
            if not left:
                return
            part = self._random.randint(1, left)
            refund = await self.merchant.post(f"/v1/payments/{payment.id}/refunds", {"amount_minor": part})
            assert refund.status in (201, 202), refund.raw
            payment.refund_ids.append(refund.body["id"])
            left -= part
