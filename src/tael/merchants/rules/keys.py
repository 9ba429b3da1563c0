"""What may a key do, what must it be, and which keys may the holder of one make? No input, no output."""

import ipaddress
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tael.foundation.clock import LATEST
from tael.merchants.errors import BeyondYours, KeyMalformed
from tael.merchants.model.keys import ApiKey, WantedKey
from tael.merchants.rules import EVERY_PERMISSION

ONLY_BY_NAME = frozenset({"papers.read"})
"""What a key may do only if it is named among its scopes: identity papers do not lie open to whoever finds a key."""
PRESETS: Mapping[str, tuple[str, ...] | None] = {
    "full": None,
    "read_only": tuple(sorted(each for each in EVERY_PERMISSION - ONLY_BY_NAME if each.endswith(".read"))),
    "checkout": (
        "checkout.read",
        "checkout.write",
        "customers.read",
        "customers.write",
        "offers.read",
        "payments.read",
        "payments.write",
    ),
    "counter": ("checkout.read", "counter.charge", "merchant.read", "payments.read"),
}
"""Scopes that are often wanted together, by name."""
PUBLISHABLE = frozenset({"public"})
"""What a key that everybody may see can do: nothing that a route asks for."""

LONGEST_OVERLAP = timedelta(days=7)
MOST_LIVE_KEYS = 100
MOST_SIGNING_KEYS = 5
_MOST_ADDRESSES = 32
_LONGEST_NAME = 64
_LARGEST_RATE = 100_000


def permissions_of(key: WantedKey) -> frozenset[str]:
    """What a key may do."""
    if key.publishable:
        return PUBLISHABLE
    return EVERY_PERMISSION - ONLY_BY_NAME if key.scopes is None else frozenset(key.scopes)


def check_wanted(key: WantedKey, *, now: datetime) -> None:
    """Refuses `KeyMalformed` what no key can be."""
    if len(key.name) > _LONGEST_NAME or not key.name.isprintable() or key.name != key.name.strip():
        raise KeyMalformed(f"A key's name has at most {_LONGEST_NAME} printable characters.", field="name")
    check_scopes(key.scopes)
    if key.publishable and (key.must_sign or key.scopes is not None):
        raise KeyMalformed("A publishable key has no scopes, and nobody signs with it.", field="publishable")
    networks_of(key.addresses)
    if key.expires_at is not None and key.expires_at <= now:
        raise KeyMalformed("A key expires after it is made.", field="expires_at")
    if key.expires_at is not None and key.expires_at >= LATEST:
        raise KeyMalformed(f"A key expires before {LATEST:%Y}, or not at all.", field="expires_at")
    for field, rate in (
        ("reads_per_second", key.reads_per_second),
        ("changes_per_second", key.changes_per_second),
    ):
        if rate is not None and not 1 <= rate <= _LARGEST_RATE:
            raise KeyMalformed(f"A rate is between 1 and {_LARGEST_RATE} a second.", field=field)


def check_scopes(scopes: Sequence[str] | None) -> None:
    """Refuses `KeyMalformed` for scopes that mean nothing."""
    if scopes is None:
        return
    unknown = sorted(set(scopes) - EVERY_PERMISSION)
    if unknown or not scopes or len(set(scopes)) < len(scopes):
        what = (
            f"There is no scope {unknown[0][:40]!r}."
            if unknown
            else "Name each scope once, and at least one."
        )
        raise KeyMalformed(what, field="scopes", hint=f"Scopes are: {', '.join(sorted(EVERY_PERMISSION))}.")


def networks_of(addresses: Sequence[str]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """The networks that a list names; refuses `KeyMalformed`."""
    if len(addresses) > _MOST_ADDRESSES:
        raise KeyMalformed(f"A key has at most {_MOST_ADDRESSES} networks.", field="addresses")
    found = []
    for text in addresses:
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError:
            raise KeyMalformed(
                f"{text[:60]!r} is not a network.",
                field="addresses",
                hint="Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/48, without bits after the mask.",
            ) from None
    return tuple(found)


def check_within(given: WantedKey, *, permissions: frozenset[str], by: ApiKey | None) -> None:
    """Refuses `BeyondYours` a key that can do more than whoever gives it.

    permissions   of whoever gives it
    by            the key that whoever gives it came with; `None` for a person
    """
    more = sorted(permissions_of(given) - permissions) if not given.publishable else []
    if more:
        raise BeyondYours(f"You may not {more[0]} yourself.", field="scopes", permission=more[0])
    if by is None:
        return
    if given.scopes is None and by.scopes is not None and not given.publishable:
        raise BeyondYours("Your key has not every scope, also those that come later.", field="scopes")
    if by.must_sign and not (given.must_sign or given.publishable):
        raise BeyondYours("Your key must sign, and so must those that it makes.", field="must_sign")
    if by.expires_at is not None and (given.expires_at is None or given.expires_at > by.expires_at):
        raise BeyondYours(f"Your key expires at {by.expires_at:%Y-%m-%dT%H:%M:%SZ}.", field="expires_at")
    mine, theirs = networks_of(by.addresses), networks_of(given.addresses)
    inside = all(
        any(each.version == own.version and each.subnet_of(own) for own in mine)  # type: ignore[arg-type]  # of one version
        for each in theirs
    )
    if mine and not (theirs and inside):
        raise BeyondYours(
            "Your key may be used in some networks only, and so may those that it makes.", field="addresses"
        )
