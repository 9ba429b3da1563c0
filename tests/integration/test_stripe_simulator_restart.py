"""Does the simulated Stripe remember, as the real one does, when its process is killed?"""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import stripe

from tael.simulators.base import Journal
from tael.simulators.stripe import prepare_keys
from tael.simulators.stripe.objects import PaymentIntent, Remembered
from tael.simulators.stripe.store import Change, Store

SERVE = """
import asyncio, sys
from pathlib import Path
from tael.simulators.registry import SIMULATORS, SimulatorOptions
options = SimulatorOptions(home=Path(sys.argv[1]), port=int(sys.argv[2]), speed=1000)
asyncio.run(SIMULATORS["stripe"].serve(options))
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextlib.asynccontextmanager
async def process(folder: Path, port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    """A simulator in a process of its own, killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVE, str(folder), str(port))
    try:
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


async def test_a_killed_simulator_remembers_payments_keys_and_events(tmp_path: Path) -> None:
    port, keys = free_port(), prepare_keys(tmp_path)
    client: Any = stripe.StripeClient(
        keys.secret_key, base_addresses={"api": f"http://127.0.0.1:{port}"}, max_network_retries=0
    )
    paying = {"amount": 2000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    once = {"idempotency_key": "order-7"}
    async with process(tmp_path, port) as running:
        paid = await asyncio.to_thread(client.v1.payment_intents.create, paying, once)
        refund = await asyncio.to_thread(
            client.v1.refunds.create, {"payment_intent": paid.id, "amount": 500}, {"idempotency_key": "r"}
        )
        running.kill()
        await running.wait()
    async with process(tmp_path, port):
        again = await asyncio.to_thread(client.v1.payment_intents.create, paying, once)
        assert again.id == paid.id
        back = await asyncio.to_thread(
            client.v1.refunds.create, {"payment_intent": paid.id, "amount": 500}, {"idempotency_key": "r"}
        )
        assert back.id == refund.id
        charge = await asyncio.to_thread(client.v1.charges.retrieve, paid.latest_charge)
        assert charge.amount_refunded == 500
        events = await asyncio.to_thread(client.v1.events.list, {"type": "payment_intent.succeeded"})
        assert [event.data.object.id for event in events.data] == [paid.id]


@pytest.mark.parametrize("cut", range(1, 4))
def test_a_call_that_was_cut_off_while_it_was_written_is_there_as_a_whole(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "state.jsonl"
    journal = Journal(file)
    store = Store(journal)
    store.keep(PaymentIntent(id="pi_1", created=1, amount=5, currency="usd", status="succeeded"))
    store.keep(
        Remembered(
            id="pay:1", created=1, fingerprint="", status=200, body="{}", request_id="req_1", busy_until=0
        )
    )
    store.commit()
    journal.end()
    lines = file.read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    assert msgspec.json.decode(lines[0], type=tuple[str, str, Change])[0] == "change"
    file.write_bytes(b"".join(lines[:cut]))
    later = Store(Journal(file))
    assert later.find(Remembered, "pay:1") is not None
    found = later.find(PaymentIntent, "pi_1")
    assert found is not None
    assert found.status == "succeeded"
    assert later.numbered(PaymentIntent, "pi_1") == [found]
