"""Whose word is taken for where a request comes from?"""

from typing import Any

import pytest

from tael.app.serving import server_of, trusted_proxies
from tael.foundation.config import ConfigurationRefused, Settings


async def _seen(proxies: str, peer: str, forwarded: list[bytes]) -> Any:
    """The address that an application sees."""
    found: list[Any] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(scope["client"][0])

    server = server_of(app, Settings(trusted_proxies=proxies))
    server.config.load()
    headers = [(b"x-forwarded-for", each) for each in forwarded]
    scope: Any = {"type": "http", "client": (peer, 1), "headers": headers, "scheme": "http"}
    nothing: Any = None
    await server.config.loaded_app(scope, nothing, nothing)
    return found[0]


async def test_nobody_is_believed_who_is_not_named() -> None:
    assert await _seen("", "127.0.0.1", [b"203.0.113.7"]) == "127.0.0.1"
    assert await _seen("10.0.0.5", "10.0.0.6", [b"203.0.113.7"]) == "10.0.0.6"


async def test_of_a_proxy_that_is_named_the_nearest_stranger_is_believed() -> None:
    proxies = "10.0.0.0/24, 2001:db8::5"
    assert await _seen(proxies, "10.0.0.5", [b"203.0.113.7"]) == "203.0.113.7"
    assert await _seen(proxies, "2001:db8::5", [b"2001:db8:1::7"]) == "2001:db8:1::7"
    assert await _seen(proxies, "10.0.0.5", [b"198.51.100.1, 203.0.113.7, 10.0.0.9"]) == "203.0.113.7"
    assert await _seen(proxies, "10.0.0.5", [b"198.51.100.1", b"203.0.113.7"]) == "203.0.113.7"


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.5/24", "10.0.0.5;10.0.0.6"])
def test_what_is_no_network_refuses_to_start(wrong: str) -> None:
    with pytest.raises(ConfigurationRefused):
        trusted_proxies(Settings(trusted_proxies=wrong))
