"""Who takes a job and never ends it? This process: it says so on standard output, and waits to be killed."""

import asyncio
import sys

from tael.foundation.jobs import Jobs

HEARTBEAT_SECONDS, STALLED_SECONDS = 0.2, 1


async def work(url: str) -> None:
    jobs = Jobs(url, stalled_seconds=STALLED_SECONDS, heartbeat_seconds=HEARTBEAT_SECONDS)

    async def never_end(name: str) -> None:
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        await asyncio.sleep(3_600)

    jobs.add("tests.note", never_end)
    await jobs.open()
    await jobs.work()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
