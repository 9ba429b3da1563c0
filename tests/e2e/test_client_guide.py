"""Do the examples of the guide on our client run as they stand?"""

import ast
import asyncio
import re
from pathlib import Path
from typing import Any

from tael.client import AsyncTael, Tael
from tael.testing.patience import once
from tael.testing.platform import MerchantClient, Platform

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "client.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def block(number: int, merchant: MerchantClient) -> str:
    """One example, with the address and the key of somebody."""
    text: str = BLOCKS[number]
    return text.replace("https://pay.example.com", merchant.url).replace("tael_test_…", merchant.secret)


def run(text: str, names: dict[str, Any]) -> None:
    exec(compile(text, GUIDE.name, "exec"), names)


async def test_the_first_example_takes_a_payment_and_gives_a_part_back(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    running = asyncio.create_task(asyncio.to_thread(run, block(0, merchant), {}))

    async def listed() -> Any:
        return (await merchant.get("/v1/payments")).body["items"]

    [payment] = await once(listed, lambda seen: len(seen) == 1)
    attempt = await merchant.start_attempt(payment["id"])
    await shop.simulator.control.pay(attempt["action"]["code_url"])
    await running

    refunds = (await merchant.get("/v1/refunds")).body["items"]
    assert [(each["payment_id"], each["amount_minor"]) for each in refunds] == [(payment["id"], 280)]


async def test_the_example_in_an_event_loop_runs(shop: Platform) -> None:
    merchant = await shop.new_merchant()
    names: dict[str, Any] = {"AsyncTael": AsyncTael}

    code = compile(block(1, merchant), GUIDE.name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, names)

    assert names["payment"].reference == "order-1001"


async def test_the_examples_of_exports_keys_and_refusals_run(shop: Platform, tmp_path: Path) -> None:
    paid = await shop.captured_payment(900)
    with Tael(shop.public_url, shop.merchant.secret) as tael:
        names: dict[str, Any] = {
            "tael": tael,
            "payment": await asyncio.to_thread(tael.payments.get, paid["id"]),
        }
        exporting = block(2, shop.merchant).replace("payments.csv", str(tmp_path / "payments.csv"))
        for text in (exporting, block(3, shop.merchant), block(4, shop.merchant)):
            await asyncio.to_thread(run, text, names)

    assert paid["id"] in (tmp_path / "payments.csv").read_text("utf-8")
    assert names["errors"].PaymentsRefundExceedsCaptured
    for text in BLOCKS[5:]:
        ast.parse(text)
