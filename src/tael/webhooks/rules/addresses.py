"""Where do we send nothing to? To whatever is not plainly a server on the public internet.

Merchants say where their events go, and whoever says where a server connects to can make it speak with its own
insides: databases, metadata of a cloud, consoles. So an address is read strictly when it is named (one spelling of
each, no numbers in disguise), and the IP address is looked at again in the moment of connecting: what a name resolved
to before is not asked.

Sources: IANA's registries of special-purpose addresses (RFC 6890 and its successors).
"""

import re
from collections.abc import Sequence
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from tael.foundation.config import ConfigurationRefused
from tael.webhooks.errors import AddressRefused

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LONGEST_URL = 1_024
_HTTPS_PORT, _FIRST_HIGH_PORT = 443, 1_024

_NOT_PUBLIC_4 = tuple(
    IPv4Network(each)
    for each in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 "
        "198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
    ).split()
)
"""The last one is where a large cloud keeps the insides of each machine, though its number is a public one."""
_PUBLIC_6 = IPv6Network("2000::/3")
"""All that is given out; mapped, translated (64:ff9b::), local and multicast addresses lie outside of it."""
_NOT_PUBLIC_6 = tuple(
    IPv6Network(each)
    for each in "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3ffe::/16 3fff::/20".split()
)
"""Protocols (Teredo among them), documentation, 6to4: what could hold an IPv4 address in disguise."""
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)

_URL = re.compile(
    r"(?P<scheme>https?)://(?:(?P<name>[a-z0-9._-]{1,253})|\[(?P<six>[0-9a-f:.]{2,45})\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?(?P<path>/[!$&-;=?-Z_a-z~%]*)?",
    re.IGNORECASE,
)
"""No user, no fragment, no backslash, no space, nothing beyond ASCII: what two readers could read in two ways."""
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?", re.IGNORECASE)
"""The last label begins with a letter: one that begins with a digit may be read as a number (127.1, 0x7f.1)."""
_INNER_NAMES = re.compile(
    r".*\.(?:localhost|localdomain|local|internal|intranet|lan|home|corp|arpa)", re.IGNORECASE
)


def is_public(address: Address) -> bool:
    """Whether an address is plainly one of a server on the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_4)
    if address not in _PUBLIC_6 or any(address in network for network in _NOT_PUBLIC_6):
        return False
    return int(address) >> 32 & 0xFFFF_FFFF not in _ISATAP


def may_connect(text: str, allowed: Sequence[Network]) -> bool:
    """Whether we connect to an IP address that a name was resolved to."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return is_public(address) or any(address in network for network in allowed)


def networks_in(text: str) -> tuple[Network, ...]:
    """The networks of a setting; refuses `ConfigurationRefused` for any that is not a loopback one."""
    try:
        networks = tuple(ip_network(each.strip()) for each in text.split(",") if each.strip())
    except ValueError as error:
        raise ConfigurationRefused(f"TAEL_WEBHOOK_NETWORKS={text}: {error}.") from None
    for network in networks:
        if not network.is_loopback:
            raise ConfigurationRefused(
                f"TAEL_WEBHOOK_NETWORKS={text}: {network} is not a loopback network.",
                hint="It is for development and demonstrations: 127.0.0.0/8,::1/128.",
            )
    return networks


def why_no_address(url: str, *, allowed: Sequence[Network], high_ports: bool) -> AddressRefused | None:
    """The refusal of an address that events shall go to, or `None`."""
    match = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if match is None:
        return _refused("This is not an address that we read without doubt.")
    literal, is_name = _literal(match), match["name"] is not None
    inner = literal is not None and any(literal in network for network in allowed)
    if is_name and literal is None:
        name = match["name"].lower()
        inner = name == "localhost" and bool(allowed)
        if not inner and (not _DOMAIN.fullmatch(name) or _INNER_NAMES.fullmatch(name)):
            return _refused("The host is not a name of the public internet.")
    elif literal is None or not (inner or is_public(literal)):
        return _refused("The host is not an address of the public internet.")
    if match["scheme"].lower() != "https" and not inner:
        return _refused("Events go over https only.")
    port = int(match["port"] or _HTTPS_PORT)
    if port != _HTTPS_PORT and not (high_ports and _FIRST_HIGH_PORT <= port <= 65_535):
        return _refused("Events do not go to this port.")
    return None


def _literal(match: re.Match[str]) -> Address | None:
    """The IP address that stands in the place of a name; `None` if there is none, or not in its one right spelling."""
    try:
        return IPv6Address(match["six"]) if match["six"] else IPv4Address(match["name"])
    except AddressValueError:
        return None


def _refused(message: str) -> AddressRefused:
    return AddressRefused(
        message,
        field="url",
        hint="Name a server on the public internet, such as https://shop.example/webhooks, on port 443 or from 1024 on.",
    )
