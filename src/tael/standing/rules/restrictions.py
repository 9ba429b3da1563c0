"""What does each kind of restriction take, how long, and who lifts it?"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from tael.standing.errors import RestrictionMalformed
from tael.standing.model import (
    CLASS_OF,
    TRANSACTIONS,
    InForce,
    Kind,
    NewRestriction,
    Permission,
    PermissionClass,
    PermissionList,
    Reason,
    Restriction,
    Spans,
)
from tael.standing.rules.dates import years_after

_GUARDED = frozenset({Permission.BIND_CARD, Permission.PHONE})
"""What a thief would change."""
USUALLY_TAKES: Mapping[Kind, frozenset[Permission]] = {
    Kind.BY_USER: TRANSACTIONS | _GUARDED,
    Kind.BY_RISK: TRANSACTIONS | _GUARDED,
    Kind.BY_LAW: frozenset({Permission.PAY, Permission.WITHDRAW, Permission.TRANSFER}),
    Kind.BEHAVIOUR: frozenset({Permission.TRANSFER}),
    Kind.DORMANCY: TRANSACTIONS,
    Kind.DOCUMENT_EXPIRED: TRANSACTIONS,
    Kind.PHONE_CONFLICT: TRANSACTIONS,
    Kind.ACCOUNT_RENTING: TRANSACTIONS,
    Kind.REVIEW: frozenset({Permission.WITHDRAW, Permission.TRANSFER}),
}
"""What a restriction takes if nobody says anything else. What authorities freeze may still come in."""
TAKES_WHAT_THE_LAW_SAYS = frozenset(
    {Kind.DORMANCY, Kind.DOCUMENT_EXPIRED, Kind.PHONE_CONFLICT, Kind.ACCOUNT_RENTING}
)
"""Of these nobody chooses what they take."""
USUAL_REASON: Mapping[Kind, Reason] = {
    Kind.BY_USER: Reason.OWN_WISH,
    Kind.BY_RISK: Reason.UNUSUAL_ACTIVITY,
    Kind.BY_LAW: Reason.ORDER_OF_AUTHORITY,
    Kind.BEHAVIOUR: Reason.UNUSUAL_ACTIVITY,
    Kind.DORMANCY: Reason.DORMANT,
    Kind.DOCUMENT_EXPIRED: Reason.DOCUMENT_EXPIRED,
    Kind.PHONE_CONFLICT: Reason.PHONE_CONFLICT,
    Kind.ACCOUNT_RENTING: Reason.ACCOUNT_RENTING,
    Kind.REVIEW: Reason.BEING_CHECKED,
}
TWO_PEOPLE = frozenset({Kind.BY_LAW, Kind.BY_RISK, Kind.ACCOUNT_RENTING, Kind.BY_USER})
"""What staff lift only if two of them want it. What users set themselves they lift alone, with a confirmation."""
ENDS_WITH_NEW_EVIDENCE = frozenset({Kind.DORMANCY})
BY_STAFF = frozenset(Kind) - {Kind.BY_USER, Kind.BEHAVIOUR, Kind.DORMANCY}
"""What members of staff set."""


def completed(new: NewRestriction, *, spans: Spans, now: datetime) -> NewRestriction:
    """A restriction with all that it does not say; refuses `RestrictionMalformed`."""
    _check_papers(new)
    takes, until = _what(new), _until(new, spans, now)
    if until is not None and until <= now:
        raise RestrictionMalformed("It would be over before it begins.", field="until")
    return msgspec.structs.replace(
        new, takes=takes, until=until, reason=new.reason or USUAL_REASON[new.kind], provisional=False
    )


def _what(new: NewRestriction) -> PermissionList:
    if new.amount_minor is not None:
        if new.takes:
            raise RestrictionMalformed("It takes permissions or holds an amount, not both.", field="takes")
        return ()
    usual = USUALLY_TAKES[new.kind]
    takes = usual if new.takes is None else frozenset(new.takes)
    if not takes:
        raise RestrictionMalformed("It takes nothing.", field="takes")
    if new.kind in TAKES_WHAT_THE_LAW_SAYS and takes != usual:
        raise RestrictionMalformed("What this kind takes is not chosen.", field="takes")
    basic = next((each for each in Permission if each in takes and _is_basic(each)), None)
    if basic is not None:
        raise RestrictionMalformed(
            f"Nobody takes {basic}: whoever cannot sign in can neither object nor verify themselves.",
            field="takes",
        )
    return tuple(each for each in Permission if each in takes)


def _is_basic(permission: Permission) -> bool:
    return CLASS_OF[permission] is PermissionClass.BASIC


def _until(new: NewRestriction, spans: Spans, now: datetime) -> datetime | None:
    if new.kind is Kind.ACCOUNT_RENTING:
        return years_after(now, spans.renting_years)
    if not new.provisional:
        return new.until
    if new.kind is not Kind.BY_LAW:
        raise RestrictionMalformed("Only authorities freeze provisionally.", field="provisional")
    longest = now + timedelta(hours=spans.provisional_hours)
    return longest if new.until is None else min(longest, new.until)


def _check_papers(new: NewRestriction) -> None:
    by_law = new.kind is Kind.BY_LAW
    if by_law and not (new.order_number and new.authority):
        raise RestrictionMalformed(
            "What the law orders has a number, and an authority that gave it.",
            field="order_number" if not new.order_number else "authority",
        )
    if new.amount_minor is not None and not by_law:
        raise RestrictionMalformed("Only an order holds an amount.", field="amount_minor")
    if (new.amount_minor is None) != (new.currency is None):
        raise RestrictionMalformed("An amount has a currency.", field="currency")
    if new.amount_minor is not None and new.amount_minor <= 0:
        raise RestrictionMalformed("An amount is more than nothing.", field="amount_minor")
    if new.hidden and new.kind is Kind.BY_USER:
        raise RestrictionMalformed("Nobody hides from users what they did themselves.", field="hidden")


def in_force(restriction: Restriction) -> InForce:
    """A restriction as far as decisions need it."""
    return InForce(
        id=restriction.id,
        kind=restriction.kind,
        takes=restriction.takes,
        since=restriction.set_at,
        until=restriction.until,
        reason=restriction.reason,
        hidden=restriction.hidden,
        amount_minor=restriction.amount_minor,
        currency=restriction.currency,
        rule=restriction.rule,
    )
