"""How does a process serve an application on a socket? With uvicorn, which leaves signals to it."""

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from litestar.types import ASGIApp

from tael.foundation.config import ConfigurationRefused, Settings


class Server(uvicorn.Server):
    """Leaves signals to the process, which has more to stop than a server."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def server_of(app: ASGIApp, settings: Settings) -> Server:
    """A server of `app`, not started; refuses `ConfigurationRefused`."""
    proxies = trusted_proxies(settings)
    return Server(
        uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies,
            timeout_keep_alive=75,  # longer than the 60 s of the usual load balancer, which must hang up first
            timeout_graceful_shutdown=int(settings.stop_seconds),
        )
    )


def trusted_proxies(settings: Settings) -> list[str]:
    """Whose word is taken for where a request comes from: nobody's, unless they are named."""
    named = [text.strip() for text in settings.trusted_proxies.split(",") if text.strip()]
    for text in named:
        try:
            ipaddress.ip_network(text)
        except ValueError:
            raise ConfigurationRefused(
                f"TAEL_TRUSTED_PROXIES={settings.trusted_proxies}: {text} is no address and no network.",
                hint="Name each proxy, such as 10.0.0.5 or 10.0.0.0/24, with commas; everybody cannot be trusted.",
            ) from None
    return named
