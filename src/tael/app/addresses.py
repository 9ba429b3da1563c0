"""On which addresses does this installation listen, and are they free?"""

import ipaddress
import socket

from tael.foundation.config import ConfigurationRefused, Settings


def address_of(settings: Settings, listener: str) -> tuple[str, int]:
    """Host and port of a listener; refuses an internal one on a public address unless it is forced."""
    name = f"TAEL_{listener.upper()}_LISTEN"
    text: str = getattr(settings, f"{listener}_listen")
    host, _, port = text.rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        number = int(port)
        if not 0 <= number <= 65_535:
            raise ValueError(port)
    except ValueError:
        raise ConfigurationRefused(
            f"{name}={text} is not an IP address and a port, like 127.0.0.1:8080."
        ) from None
    reachable = address.is_unspecified or not address.is_private
    if listener in ("internal", "vault_door") and reachable and not settings.internal_may_be_public:
        raise ConfigurationRefused(
            f"{name}={text} is a public address.",
            hint="Metrics, the console and the vault's door are not for the public."
            " Set TAEL_INTERNAL_MAY_BE_PUBLIC to force it.",
        )
    return str(address), number


def open_socket(host: str, port: int) -> socket.socket:
    """A listening socket that other processes of ours may share."""
    listener = _socket(host)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((host, port))
    listener.listen(2048)
    listener.setblocking(False)
    return listener


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on an address, not even a process of ours that would share it."""
    with _socket(host) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _socket(host: str) -> socket.socket:
    """Said to be TCP: otherwise the event loop does not switch Nagle's delay off."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
