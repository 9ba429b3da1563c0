"""What does a failed HTTP request tell about the other side? Only that it was never reached is beyond doubt."""

from collections.abc import Awaitable

import aiohttp

from tael.foundation.wire import KEPT_OPEN_SECONDS
from tael.messages.model.carrier import Heard, Outcome


def open_session(timeout_seconds: float) -> aiohttp.ClientSession:
    """A session that follows nothing and keeps nothing."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
        connector=aiohttp.TCPConnector(keepalive_timeout=KEPT_OPEN_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Tael-Messages/1"},
        trust_env=False,
    )


async def heard_of(asking: Awaitable[Heard]) -> Heard:
    """What was heard, also where nothing was."""
    try:
        return await asking
    except (aiohttp.ClientConnectorError, aiohttp.InvalidURL):
        return Heard(outcome=Outcome.NOT_TAKEN, error="not_reached")
    except TimeoutError:
        return Heard(outcome=Outcome.UNKNOWN, error="timeout")
    except (aiohttp.ClientError, OSError):
        return Heard(outcome=Outcome.UNKNOWN, error="connection_lost")
