"""Where is an address? Only the country is known offline: the tables of the registries, which come with a package."""

import ipaddress
from functools import lru_cache

import iptocc

from tael.behaviour.model import LOCAL


@lru_cache(maxsize=4096)
def place_of(address: str | None) -> str | None:
    """ISO 3166 code of the country whose registry gave the address out, `local`, or none if nobody knows."""
    if address is None:
        return None
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    country: str | None = iptocc.country_code(str(known))
    if country is not None:
        return country
    return LOCAL if known.is_private or known.is_link_local else None


def masked_address(address: str | None) -> str | None:
    """The network around it, for people who need to see that two acts came from one neighbourhood, not from which house."""
    try:
        known = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    return str(ipaddress.ip_network((known, 16 if known.version == 4 else 32), strict=False))
