"""From which network does a caller come? What strangers do is counted on it: one address of IPv4, a /64 of IPv6."""

import ipaddress


def network_of(address: str) -> str:
    """One address, or the /64 that one holder of IPv6 has at least; an IPv4 address that comes as IPv6 is what it is."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is None:
            return str(ipaddress.ip_network((known, 64), strict=False))
        known = known.ipv4_mapped
    return str(known)
