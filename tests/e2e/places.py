"""A merchant's stores and terminals, made as a merchant makes them."""

from tael.foundation.ids import new_id
from tael.testing.platform import MerchantClient

STORE = {"name": "West Lake", "address": "12 Teapot Lane, Hangzhou", "region": "330106"}


async def a_store(merchant: MerchantClient) -> str:
    """The id of a new store."""
    return await _made(merchant, "/v1/merchant/stores", STORE)


async def a_terminal(merchant: MerchantClient, store_id: str) -> str:
    """The id of a new terminal in a store."""
    wanted = {"store_id": store_id, "serial": new_id("sn"), "kind": "till", "name": "Till 1"}
    return await _made(merchant, "/v1/merchant/terminals", wanted)


async def _made(merchant: MerchantClient, path: str, wanted: object) -> str:
    reply = await merchant.post(path, wanted)
    assert reply.status == 200, reply.raw
    return str(reply.body["id"])
