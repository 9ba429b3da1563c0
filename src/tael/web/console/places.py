"""Which pages does the console have, who may open each, and how are they found? Places, and doors within each."""

from collections.abc import Collection, Sequence

import msgspec

AREAS = ("channels", "routing", "partners", "merchants", "offers", "users", "messages", "rules", "staff")
"""What has a `read`, a `change` and an `approve`, and proposals of its own kinds."""


PROPOSED_WITH = {"users": "users.restrict"}
"""The permission to propose in an area, where it is not to change."""


def proposes(area: str) -> str:
    """What it takes to propose in an area, and to take back what one proposed."""
    return PROPOSED_WITH.get(area, f"{area}.change")


class Door(msgspec.Struct, frozen=True):
    """One page that can be found without knowing anything. Its words are `console.NAME.title` and `.lead`."""

    name: str
    address: str
    permission: str


class Place(msgspec.Struct, frozen=True):
    """Pages that belong together. Its word is `console.place_of.NAME`."""

    name: str
    doors: Sequence[Door]


PLACES = (
    Place(
        "channels",
        (
            Door("channels", "/console/channels", "channels.read"),
            Door("matrix", "/console/matrix", "channels.read"),
            Door("exchanges", "/console/exchanges", "channels.read"),
        ),
    ),
    Place(
        "routing",
        (
            Door("health", "/console/health", "routing.read"),
            Door("decisions", "/console/decisions", "routing.read"),
            Door("rules", "/console/rules", "routing.read"),
        ),
    ),
    Place(
        "partners",
        (
            Door("partners", "/console/partners", "partners.read"),
            Door("deadlines", "/console/deadlines", "partners.read"),
            Door("scorecards", "/console/scorecards", "partners.read"),
        ),
    ),
    Place(
        "merchants",
        (
            Door("merchants", "/console/merchants", "merchants.read"),
            Door("applications", "/console/applications", "merchants.read"),
            Door("disputes", "/console/disputes", "payments.read"),
            Door("offers", "/console/offers", "offers.read"),
        ),
    ),
    Place(
        "users",
        (
            Door("users", "/console/users", "users.read"),
            Door("reviews", "/console/reviews", "users.read"),
            Door("permission_requests", "/console/permission-requests", "users.read"),
            Door("objections", "/console/objections", "users.read"),
            Door("restrictions", "/console/restrictions", "users.read"),
            Door("warnings", "/console/warnings", "users.read"),
            Door("checks", "/console/checks", "users.read"),
            Door("sources", "/console/sources", "users.read"),
            Door("unmaskings", "/console/unmaskings", "users.read"),
        ),
    ),
    Place(
        "wallets",
        (
            Door("top_ups", "/console/top-ups", "wallets.read"),
            Door("withdrawals", "/console/withdrawals", "wallets.read"),
        ),
    ),
    Place(
        "messages",
        (
            Door("deliveries", "/console/messages", "messages.read"),
            Door("message_templates", "/console/message-templates", "messages.read"),
            Door("campaigns", "/console/campaigns", "messages.read"),
            Door("education", "/console/education", "messages.read"),
        ),
    ),
    Place("rules", (Door("dated_rules", "/console/dated-rules", "rules.read"),)),
    Place(
        "proposals",
        tuple(Door(f"{area}_proposals", f"/console/proposals/{area}", f"{area}.read") for area in AREAS),
    ),
)


def open_to(permissions: Collection[str]) -> list[Place]:
    """The places, each with the doors that somebody with these permissions may open; none that are empty."""
    seen = [
        Place(place.name, [door for door in place.doors if door.permission in permissions])
        for place in PLACES
    ]
    return [place for place in seen if place.doors]


def first_address(permissions: Collection[str]) -> str | None:
    """Where somebody with these permissions begins, if there is anything for them to see."""
    return next((place.doors[0].address for place in open_to(permissions)), None)
