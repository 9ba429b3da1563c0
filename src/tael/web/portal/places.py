"""Which pages does the portal have, who may open each, and how are they found? In the sidebar, and by search."""

from collections.abc import Collection, Sequence

import msgspec

from tael.web.portal.session import SIGNED_IN


class Place(msgspec.Struct, frozen=True):
    """One page that can be found without knowing anything. Its words are `portal.NAME.title` and `.lead`."""

    name: str
    address: str
    permission: str
    icon: str


PLACES = (
    Place("home", "/portal/home", "payments.read", "home"),
    Place("payments", "/portal/payments", "payments.read", "payments"),
    Place("refunds", "/portal/refunds", "payments.read", "returned"),
    Place("counter", "/portal/counter", "counter.charge", "scan"),
    Place("team", "/portal/team", "team.read", "people"),
    Place("security", "/portal/security", SIGNED_IN, "shield"),
)
CHOOSING = "/portal/merchants"
"""Where somebody chooses the merchant for whom they act."""


def open_to(permissions: Collection[str]) -> Sequence[Place]:
    """The places that somebody with these permissions may open."""
    return [place for place in PLACES if place.permission in permissions]
