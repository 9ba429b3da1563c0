"""Who may join a team, and may this change be made? A team is never without an owner."""

import re
from collections.abc import Sequence
from datetime import timedelta

from tael.merchants.errors import BeyondYours, LastOwner, OwnerByPersonOnly, TeamMalformed
from tael.merchants.model import TeamRole
from tael.merchants.model.team import Member, MemberState

INVITATION_LIFETIME = timedelta(days=7)
MOST_MEMBERS = 200
MOST_STORES = 100
IN_STORES = frozenset("payments.read payments.write payments.refund counter.charge".split())
"""What is done store by store: all that is left of a role for who works in some stores only."""
_EMAIL = re.compile(r"[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8}")


def email_as_kept(email: str) -> str:
    """An address in small letters; refuses `TeamMalformed`."""
    kept = email.strip().lower()
    if len(kept) > 254 or not _EMAIL.fullmatch(kept):
        raise TeamMalformed("This is no e-mail address.", field="email", hint="Such as ann@shop.example.")
    return kept


def check_role(role: TeamRole, stores: Sequence[str], *, actor: str) -> None:
    """Refuses `OwnerByPersonOnly`: a key that makes owners would be more than its scopes; and owners of some stores only."""
    if role is TeamRole.OWNER and actor.startswith("key:"):
        raise OwnerByPersonOnly("An API key makes nobody an owner.", field="role", hint="An owner does it.")
    if role is TeamRole.OWNER and stores:
        raise TeamMalformed("An owner acts in every store.", field="stores")
    if len(stores) > MOST_STORES:
        raise TeamMalformed(f"At most {MOST_STORES} stores can be named.", field="stores")


def check_within(given: frozenset[str], *, permissions: frozenset[str]) -> None:
    """Refuses `BeyondYours` a role in which somebody may do more than whoever gives it."""
    more = sorted(given - permissions)
    if more:
        raise BeyondYours(f"You may not {more[0]} yourself.", field="role", permission=more[0])


def check_may_touch(member: Member, *, actor: str) -> None:
    """Refuses `OwnerByPersonOnly`: a key neither removes an owner, nor makes them less, nor takes their invitation over."""
    if member.role is TeamRole.OWNER and actor.startswith("key:"):
        raise OwnerByPersonOnly("An API key changes no owner.", hint="An owner does it, at the portal.")


def stores_kept(given: tuple[str, ...] | None, role: TeamRole, before: Member | None) -> tuple[str, ...]:
    """In which stores somebody acts from now on: what is left out never widens."""
    if given is not None:
        return given
    if before is None or role is TeamRole.OWNER:
        return ()
    return before.stores


def check_owner_left(team: Sequence[Member], without: str) -> None:
    """Refuses `LastOwner` if nobody else in the team is an owner."""
    owners = {each.id for each in team if each.role is TeamRole.OWNER and each.state is MemberState.ACTIVE}
    if owners == {without}:
        raise LastOwner("This is the only owner of the merchant.", hint="Make somebody else an owner first.")
