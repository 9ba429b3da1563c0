"""A shop that takes cards: the platform, a vault of its own and the card channel, all over HTTP."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tael.app.supervisor import DatabaseUrls
from tael.testing.platform import MerchantClient, Platform, Reply, running_platform
from tael.testing.vaults import RunningVault, running_vault

GOOD, DECLINED = "4242424242424242", "4000000000000002"
CHANNEL = "stripe"
CONSENT = {"text_version": "terms-1", "address": "203.0.113.7"}


class Shop(msgspec.Struct, frozen=True, kw_only=True):
    """The shop."""

    platform: Platform
    vault: RunningVault

    @property
    def merchant(self) -> MerchantClient:
        """Its server."""
        return self.platform.merchant

    async def token(self, number: str = GOOD, *, security_code: str = "737") -> str:
        """A token, as the payer's browser gets it."""
        made = await self.vault.tokenise(
            number, merchant_id=self.merchant.merchant.id, security_code=security_code
        )
        return str(made["id"])

    async def pay(self, *, amount_minor: int = 1280, **means: Any) -> Reply:
        """The attempt of a new payment."""
        payment = await self.merchant.create_payment(amount_minor, return_url="https://shop.example/back")
        wanted = {"method": "card", "product": "card", **means}
        return await self.merchant.post(f"/v1/payments/{payment['id']}/attempts", wanted)

    async def saved(self, number: str = GOOD) -> str:
        """A payment method of a new customer."""
        customer = (await self.merchant.post("/v1/customers", {"name": "Ann Otter"})).body["id"]
        wanted = {"customer": customer, "card_token": await self.token(number), "consent": CONSENT}
        reply = await self.merchant.post("/v1/payment_methods", wanted)
        assert reply.status == 201, reply.raw
        return str(reply.body["id"])

    async def mandate(self, method: str, **more: Any) -> str:
        """A mandate about a payment method."""
        wanted = {
            "payment_method": method,
            "kind": "recurring",
            "currency": "CNY",
            "most_per_payment_minor": 2000,
            "consent": CONSENT,
        }
        reply = await self.merchant.post("/v1/mandates", wanted | more)
        assert reply.status == 201, reply.raw
        return str(reply.body["id"])


@asynccontextmanager
async def running_shop(urls: DatabaseUrls, folder: Path) -> AsyncIterator[Shop]:
    """A shop until the block ends."""
    async with contextlib.AsyncExitStack() as stack:
        vault = await stack.enter_async_context(running_vault(urls, folder))
        platform = await stack.enter_async_context(
            running_platform(
                urls,
                folder,
                channels=(CHANNEL,),
                vault_url=vault.url,
                vault_door_url=vault.door.url,
                channel_timeout_seconds=5.0,
            )
        )
        await vault.vault.allow(CHANNEL, platform.simulator.url, actor="operator:test")
        yield Shop(platform=platform, vault=vault)
