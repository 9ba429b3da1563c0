"""Which pages does the portal have, who may open each, and how are they found? In the sidebar, and by search."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from tael.web.portal.session import SIGNED_IN


class Place(msgspec.Struct, frozen=True):
    """One page that can be found without knowing anything. Its words are `portal.NAME.title` and `.lead`."""

    name: str
    address: str
    permission: str
    icon: str
    group: str = "money"
    """Under which heading it stands: one of `GROUPS`."""
    in_test_mode_only: bool = False


GROUPS = ("money", "building", "business", "you")
"""The headings of the sidebar, `portal.group_of.GROUP`, in their order."""
PLACES = (
    Place("home", "/portal/home", "payments.read", "home"),
    Place("payments", "/portal/payments", "payments.read", "payments"),
    Place("refunds", "/portal/refunds", "payments.read", "returned"),
    Place("counter", "/portal/counter", "counter.charge", "scan"),
    Place("links", "/portal/links", "checkout.read", "link"),
    Place("offers", "/portal/offers", "offers.read", "tag"),
    Place("disputes", "/portal/disputes", "disputes.read", "scales"),
    Place("exports", "/portal/exports", "exports.read", "download"),
    Place("try_out", "/portal/try-out", "payments.read", "flask", "building", in_test_mode_only=True),
    Place("keys", "/portal/keys", "keys.read", "key", "building"),
    Place("webhooks", "/portal/webhooks", "webhooks.read", "hook", "building"),
    Place("events", "/portal/events", "events.read", "log", "building"),
    Place("application", "/portal/application", "papers.read", "form", "business"),
    Place("agreement", "/portal/agreement", "merchant.read", "signature", "business"),
    Place("fees", "/portal/fees", "merchant.read", "rate", "business"),
    Place("settlement", "/portal/settlement", "papers.read", "bank", "business"),
    Place("stores", "/portal/stores", "merchant.read", "shop", "business"),
    Place("team", "/portal/team", "team.read", "people", "business"),
    Place("security", "/portal/security", SIGNED_IN, "shield", "you"),
)
CHOOSING = "/portal/merchants"
"""Where somebody chooses the merchant for whom they act."""


def open_to(permissions: Collection[str], *, in_test_mode: bool) -> Sequence[Place]:
    """The places that somebody with these permissions may open."""
    return [
        place
        for place in PLACES
        if place.permission in permissions and (in_test_mode or not place.in_test_mode_only)
    ]


def in_groups(places: Collection[Place]) -> Mapping[str, Sequence[Place]]:
    """The places under their headings, without headings that have none."""
    grouped = {group: [place for place in places if place.group == group] for group in GROUPS}
    return {group: found for group, found in grouped.items() if found}
