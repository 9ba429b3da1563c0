"""Which pages does the wallet have, and how are they found? In the bar below on a phone, beside the page on a desk."""

from collections.abc import Mapping, Sequence

import msgspec

HOME = "/wallet"


class Place(msgspec.Struct, frozen=True):
    """One page that can be found without knowing anything. Its words are `wallet.NAME.title`."""

    name: str
    icon: str
    group: str

    @property
    def address(self) -> str:
        """Where it lies, after the root."""
        return f"{HOME}/{self.name.replace('_', '-')}"


GROUPS = ("money", "moving", "me")
"""The headings, `wallet.group_of.GROUP`, in their order."""
PLACES = (
    Place("home", "home", "money"),
    Place("bills", "log", "money"),
    Place("statements", "download", "money"),
    Place("pay", "scan", "moving"),
    Place("receive", "code", "moving"),
    Place("transfer", "arrow", "moving"),
    Place("top_up", "plus", "moving"),
    Place("withdraw", "bank", "moving"),
    Place("red_packets", "packet", "moving"),
    Place("cards", "payments", "me"),
    Place("verification", "shield", "me"),
    Place("limits", "rate", "me"),
    Place("standing", "scales", "me"),
    Place("security", "key", "me"),
    Place("messages", "bell", "me"),
    Place("privacy", "form", "me"),
    Place("agreements", "signature", "me"),
)
BAR = ("home", "bills", "pay", "messages", "me")
"""What stands in the bar of a phone; `me` is the page that lists the rest."""


def in_groups() -> Mapping[str, Sequence[Place]]:
    """The places under their headings."""
    return {group: [place for place in PLACES if place.group == group] for group in GROUPS}


def in_bar() -> Sequence[Place]:
    """The places of the bar, in its order."""
    by_name = {place.name: place for place in PLACES} | {"me": Place("me", "person", "me")}
    return [by_name[name] for name in BAR]
