"""A relay in a process of its own, to be killed: `python -m tests.chaos.relay_process DATABASE_URL HOME`."""

import asyncio
import sys
from functools import partial
from pathlib import Path

import uvloop

from tael.foundation.clock import SystemClock
from tael.foundation.config import Settings
from tael.foundation.db import Database
from tael.foundation.sealing import Sealer
from tael.webhooks.api import Relay
from tael.webhooks.rules.addresses import networks_in
from tael.webhooks.transport import Sender

TIMEOUT_SECONDS, LEASE_SECONDS = 1.0, 4.0
RETRIES = [0.1, 0.2, 0.3, 0.5] * 10


async def relay(url: str, home: Path) -> None:
    """Send what is due until killed; says when it begins."""
    settings = Settings(home=home, webhook_timeout_seconds=TIMEOUT_SECONDS, webhook_retry_seconds=RETRIES)
    database = Database(url, pool_size=4, application="relay", role="tael_app")
    await database.open()
    make_sender = partial(Sender, timeout_seconds=TIMEOUT_SECONDS, allowed=networks_in("127.0.0.0/8"))
    sender = Relay(
        database,
        Sealer(settings.keys_folder),
        SystemClock(),
        settings,
        make_sender,
        lease_seconds=LEASE_SECONDS,
    )
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    await sender.run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(relay(sys.argv[1], Path(sys.argv[2])))
