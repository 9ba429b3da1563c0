"""What may each role do, and which roles must not be one person's? Tables; no input, no output."""

import re
from collections.abc import Collection, Mapping
from itertools import combinations

from tael.staff.errors import MemberMalformed, RolesClash
from tael.staff.model import Role

AREAS = (
    "channels",
    "routing",
    "partners",
    "merchants",
    "offers",
    "users",
    "wallets",
    "messages",
    "rules",
    "staff",
)
"""What has a `read`, a `change` and an `approve`."""
UNMASK = "users.unmask"
"""See personal information in clear: each time with a line in the audit trail."""
RESTRICT = "users.restrict"
"""Take permissions from a user at once; giving them back takes a second person."""
REPORT = "users.report"
"""Pass on what somebody outside says of a user: a credit bureau, the police; what raises takes a second person."""
READS = (
    *(f"{area}.read" for area in AREAS),
    "payments.read",
    "ledger.read",
    "audit.read",
)

PERMISSIONS: Mapping[Role, frozenset[str]] = {
    Role.OPERATIONS: frozenset(
        "channels.read channels.change routing.read routing.change partners.read partners.change"
        " payments.read merchants.read merchants.change offers.read offers.change rules.read rules.change"
        " users.read users.change users.restrict users.report wallets.read wallets.change messages.read messages.change".split()
    ),
    Role.FINANCE: frozenset(
        "channels.read routing.read partners.read partners.approve payments.read ledger.read merchants.approve"
        " merchants.read offers.read offers.approve rules.read users.read wallets.read".split()
    ),
    Role.RISK: frozenset(
        "channels.read channels.approve routing.read routing.approve partners.read partners.approve"
        " payments.read merchants.read merchants.approve offers.read rules.read rules.approve"
        " users.read users.approve users.restrict users.report wallets.read wallets.approve".split()
    ),
    Role.COMPLIANCE: frozenset(
        "channels.read partners.read partners.change payments.read merchants.read merchants.approve"
        " staff.read staff.approve rules.read rules.approve users.read users.approve users.restrict users.report"
        " users.unmask wallets.read wallets.approve messages.read messages.approve".split()
    ),
    Role.DEVELOPER: frozenset("channels.read routing.read partners.read rules.read".split()),
    Role.AUDITOR: frozenset(READS),
    Role.ADMINISTRATOR: frozenset({"staff.read", "staff.change"}),
}

ALONE = (Role.ADMINISTRATOR, Role.AUDITOR)
"""Whoever gives out roles has no other, and whoever looks over everybody's shoulder does nothing themselves."""
EVERY_PERMISSION = frozenset().union(*PERMISSIONS.values())

POWERS: Mapping[str, frozenset[str]] = {
    "system": frozenset({"staff.change"}),
    "security": frozenset({"staff.approve", "rules.approve"}),
    "audit": frozenset({"audit.read"}),
}
"""The three administrators (三权分立): whoever manages members, whoever approves roles and policies, whoever reads the audit
trail. No two powers are one person's: `ALONE` sees to that for two of them, and so for every pair."""
_WITH_CODE = (".approve", ".unmask")
"""What these words end takes a second factor."""

_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")


def permissions_of(roles: Collection[Role]) -> frozenset[str]:
    """All that these roles may do together."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))


def asks_for_code(permissions: Collection[str]) -> bool:
    """Whether whoever may do this shows a second factor first: what they approve moves money, or lets somebody move it."""
    return any(each.endswith(_WITH_CODE) for each in permissions)


def left_without_code(permissions: Collection[str], *, at_console: bool) -> frozenset[str]:
    """What of it is left to whoever has to show a second factor and did not: at the console to look; to a key, all but to
    approve and to unmask.
    """
    if not asks_for_code(permissions):
        return frozenset(permissions)
    return frozenset(
        each
        for each in permissions
        if each.endswith(".read") or not (at_console or each.endswith(_WITH_CODE))
    )


def powers_of(permissions: Collection[str]) -> frozenset[str]:
    """Which of the three administrators' powers these permissions give."""
    return frozenset(power for power, words in POWERS.items() if words & set(permissions))


def roles_with(permission: str) -> list[Role]:
    """The roles that may do this."""
    return [role for role in Role if permission in PERMISSIONS[role]]


def in_order(roles: Collection[Role]) -> tuple[Role, ...]:
    """Each role once, in the order of the table."""
    return tuple(role for role in Role if role in roles)


def check_roles(roles: Collection[Role]) -> None:
    """Refuses `RolesClash`: nobody changes and approves the same, and some roles stand alone."""
    if not roles:
        raise RolesClash("A member has at least one role.", field="roles", hint=f"Known: {', '.join(Role)}.")
    for one, other in combinations(in_order(roles), 2):
        both = PERMISSIONS[one] | PERMISSIONS[other]
        area = next((area for area in AREAS if {f"{area}.change", f"{area}.approve"} <= both), None)
        if area is not None:
            raise RolesClash(
                f"Together, {one} and {other} would change and approve {area}.",
                field="roles",
                hint="Give them to two people.",
            )
        alone = next((role for role in ALONE if role in (one, other)), None)
        if alone is not None:
            raise RolesClash(
                f"Whoever is {alone} has no other role.", field="roles", hint="Give them to two people."
            )


def check_particulars(name: str, email: str) -> tuple[str, str]:
    """Name and e-mail as they are kept; refuses `MemberMalformed`."""
    name, email = name.strip(), email.strip().lower()
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise MemberMalformed("A member's name has 1 to 64 printable characters.", field="name")
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise MemberMalformed("This is no e-mail address.", field="email", hint="Such as ann@pay.example.")
    return name, email
