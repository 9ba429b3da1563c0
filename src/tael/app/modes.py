"""Which house answers: that of live, or that of test mode beside it?

What is asked below `/test` is of test mode; so is what is asked with a key of test mode at the usual address, so that a
merchant's program goes live by its key alone. Nothing inside a house knows of the other.
"""

from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from tael.foundation.config import TEST

PREFIX = f"/{TEST}"
_KEY = f"tael_{TEST}_".encode()


class TwoHouses:
    """An application of both."""

    def __init__(self, live: ASGIApp, test: ASGIApp) -> None:
        self._live = live
        self._test = test

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request to the house that it is for."""
        if scope["type"] != ScopeType.HTTP:
            await self._live(scope, receive, send)
        elif scope["path"] == PREFIX or scope["path"].startswith(f"{PREFIX}/"):
            below = scope["path"].removeprefix(PREFIX) or "/"
            # Litestar cuts an address after the first mention of its root, wherever that is: so there is always one to cut.
            path = scope["path"] if PREFIX in below else below
            await self._test({**scope, "path": path, "root_path": PREFIX}, receive, send)
        elif _shows_a_test_key(scope["headers"]):
            await self._test(scope, receive, send)
        else:
            await self._live(scope, receive, send)


def _shows_a_test_key(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"authorization" and _KEY in value for name, value in headers)
