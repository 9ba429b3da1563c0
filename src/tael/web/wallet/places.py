"""Which pages does the wallet have, and how are they found? Five stand in the bar below, the rest behind "Me"."""

import msgspec


class Place(msgspec.Struct, frozen=True):
    """One page that can be found without knowing anything. Its words are `wallet.NAME.title` and, behind "Me", `.lead`."""

    name: str
    address: str
    icon: str


BAR = (
    Place("home", "/wallet/home", "home"),
    Place("bills", "/wallet/bills", "log"),
    Place("pay", "/wallet/pay", "code"),
    Place("messages", "/wallet/messages", "bell"),
    Place("me", "/wallet/me", "person"),
)
"""On a phone below the page, on a desk beside it."""
BEHIND_ME = {
    "you": (
        Place("verification", "/wallet/verification", "person"),
        Place("security", "/wallet/security", "shield"),
        Place("cards", "/wallet/cards", "bank"),
        Place("limits", "/wallet/limits", "rate"),
    ),
    "trust": (
        Place("restrictions", "/wallet/restrictions", "lock"),
        Place("activity", "/wallet/activity", "clock"),
        Place("learn", "/wallet/learn", "help"),
    ),
    "yours": (
        Place("privacy", "/wallet/privacy", "eye"),
        Place("agreements", "/wallet/agreements", "signature"),
        Place("preferences", "/wallet/messages/preferences", "bell"),
    ),
}
"""Under headings, `wallet.me.group_of.GROUP`."""
UNDER = {
    "home": (
        Place("transfer", "/wallet/transfer", "arrow"),
        Place("top_up", "/wallet/top-up", "plus"),
        Place("withdraw", "/wallet/withdraw", "bank"),
        Place("packets", "/wallet/packets", "packet"),
    ),
    "bills": (Place("statements", "/wallet/statements", "download"),),
    "pay": (Place("scan", "/wallet/scan", "scan"), Place("receive", "/wallet/receive", "download")),
    "messages": (Place("preferences", "/wallet/messages/preferences", "bell"),),
    "me": tuple(each for places in BEHIND_ME.values() for each in places if each.name != "preferences"),
}
"""On a desk, below the entry of the bar that is lit."""
IN_BAR = {
    "bills": ("bills", "bill", "statements"),
    "pay": ("pay", "scan", "code", "receive"),
    "messages": ("messages", "preferences"),
    "me": ("me", *(each.name for places in BEHIND_ME.values() for each in places)),
}
"""Which entry of the bar a page belongs to; every other belongs to `home`."""


def in_bar(here: str) -> str:
    """Which entry of the bar is lit on a page."""
    return next((name for name, pages in IN_BAR.items() if here in pages), "home")
