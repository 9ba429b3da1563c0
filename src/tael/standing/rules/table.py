"""What may a user do at a moment, and why not? The one table that decides it.

In this order, and the first that says no is told:

| asked            | says no if                                                      | refusal               |
|------------------|-----------------------------------------------------------------|-----------------------|
| the state        | the account is closed                                           | `StandingClosed`      |
| the restrictions | one that holds at this moment takes the permission              | `Restricted`          |
| the class        | it does not give the permission, but a higher one does          | `VerificationNeeded`  |
| the grants       | it can be had on request, and was not granted                   | `NotGranted`          |

A restriction comes before class and grants: nothing that is granted overrides it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.standing.errors import (
    NotGranted,
    NotPermitted,
    Restricted,
    StandingClosed,
    VerificationNeeded,
)
from tael.standing.model import (
    CLASSES,
    REASON_WORDS,
    TRANSACTIONS,
    AccountClass,
    AccountClasses,
    AccountClassTerms,
    ClassStep,
    InForce,
    Kept,
    Kind,
    Known,
    Limits,
    OwnLimit,
    Permission,
    PersonalLimit,
    PersonalLimits,
    StandingState,
    as_told,
)

_OBJECT = "If you think that this is wrong, object: POST /v1/me/objections."
_BY_ONESELF = {
    Kind.BY_USER: "Lift it with POST /v1/me/restrictions/{id}/lift.",
    Kind.DORMANCY: "Verify anew who you are, and it ends. " + _OBJECT,
    Kind.DOCUMENT_EXPIRED: "Verify yourself with a valid document, and it ends. " + _OBJECT,
    Kind.PHONE_CONFLICT: "Change to a telephone number of your own, and it ends. " + _OBJECT,
}


def why_not(
    kept: Kept, permission: Permission, *, classes: AccountClasses, now: datetime
) -> NotPermitted | None:
    """Why a user may not do this now, with what, why, and what they can do about it; `None` if they may."""
    if kept.closed_at is not None:
        return StandingClosed("The account is closed.", permission=str(permission))
    taking = [each for each in kept.in_force if permission in each.takes and each.holds_at(now)]
    if taking:
        return _restricted(permission, max(taking, key=_lasts))
    held = kept.class_at(now)
    terms = classes.terms(held)
    if permission in terms.gives:
        return None
    if permission in terms.on_request:
        return None if permission in kept.grants else _not_granted(permission)
    return _verify(permission, held, classes)


def may(kept: Kept, *, classes: AccountClasses, now: datetime) -> frozenset[Permission]:
    """All that a user may do now."""
    return frozenset(each for each in Permission if why_not(kept, each, classes=classes, now=now) is None)


def known(kept: Kept, terms: AccountClassTerms, limits: PersonalLimits, *, now: datetime) -> Known:
    """What whoever moves their money needs to know besides."""
    frozen: dict[str, int] = {}
    for each in kept.in_force:
        if each.amount_minor is not None and each.currency is not None and each.holds_at(now):
            frozen[each.currency] = frozen.get(each.currency, 0) + each.amount_minor
    return Known(
        user_id=kept.user_id,
        account_class=kept.class_at(now),
        terms=terms,
        limits=effective_limits(kept.limits, limits),
        frozen_minor=frozen,
        version=kept.version,
    )


def effective_limits(own: Mapping[PersonalLimit, OwnLimit], limits: PersonalLimits) -> Limits:
    """Each personal limit as it holds: the user's own, or the usual one, and never more than the most."""
    wanted = {**limits.default, **{name: each.most for name, each in own.items()}}
    return {name: min(value, limits.most.get(name, value)) for name, value in wanted.items()}


def adjusted_limits(
    own: Mapping[PersonalLimit, OwnLimit], wanted: Limits, limits: PersonalLimits
) -> Mapping[PersonalLimit, OwnLimit]:
    """Personal limits after the platform has moved some: it lowers any, and raises none that a user has chosen."""
    held = effective_limits(own, limits)
    moved = {
        name: OwnLimit(most=most, by_user=False)
        for name, most in wanted.items()
        if most < held[name] or (most > held[name] and not (name in own and own[name].by_user))
    }
    return {**own, **moved}


def raised(
    before: Mapping[PersonalLimit, OwnLimit], after: Mapping[PersonalLimit, OwnLimit], limits: PersonalLimits
) -> bool:
    """Whether any personal limit that holds is higher than before."""
    held, then = effective_limits(before, limits), effective_limits(after, limits)
    return any(most > held[name] for name, most in then.items())


def state_at(kept: Kept, now: datetime) -> StandingState:
    """A standing at a glance."""
    if kept.closed_at is not None:
        return StandingState.CLOSED
    taken = {each for restriction in kept.in_force if restriction.holds_at(now) for each in restriction.takes}
    if taken >= TRANSACTIONS:
        return StandingState.SUSPENDED
    return StandingState.RESTRICTED if taken else StandingState.ACTIVE


def next_change(kept: Kept, now: datetime) -> datetime | None:
    """When something about it changes by itself next."""
    ends = [each.until for each in kept.in_force] + [each.until for each in kept.steps]
    return min((each for each in ends if each is not None and each > now), default=None)


def turned(kept: Kept, now: datetime) -> tuple[Kept, Sequence[InForce]]:
    """A standing without what is over, and the restrictions that are."""
    over = [each for each in kept.in_force if not each.holds_at(now)]
    steps = tuple(each for each in kept.steps if each.until is None or now < each.until)
    left = msgspec.structs.replace(
        kept,
        in_force=tuple(each for each in kept.in_force if each.holds_at(now)),
        steps=steps or (ClassStep(AccountClass.NONE),),
    )
    return left, over


def with_restriction(kept: Kept, restriction: InForce) -> Kept:
    """A standing with one more restriction."""
    return msgspec.structs.replace(kept, in_force=(*kept.in_force, restriction))


def without_restriction(kept: Kept, restriction_id: str) -> Kept:
    """A standing without one of its restrictions."""
    left = tuple(each for each in kept.in_force if each.id != restriction_id)
    return msgspec.structs.replace(kept, in_force=left)


def _lasts(restriction: InForce) -> tuple[bool, datetime, datetime]:
    """The one that ends last is told: nobody is to wait for an end that changes nothing."""
    return restriction.until is None, restriction.until or restriction.since, restriction.since


def _restricted(permission: Permission, restriction: InForce) -> Restricted:
    told = as_told(restriction)
    until = "" if told.until is None else f" until {told.until:%Y-%m-%d %H:%M} UTC"
    return Restricted(
        f"{_words(permission)} is restricted{until}. {REASON_WORDS[told.reason]}",
        hint=_BY_ONESELF.get(told.kind, _OBJECT).format(id=told.id),
        permission=str(permission),
        restriction=told.id,
        reason=str(told.reason),
        until="" if told.until is None else told.until.isoformat(),
    )


def _not_granted(permission: Permission) -> NotGranted:
    return NotGranted(
        f"{_words(permission)} is given on request.",
        hint="Ask for it: POST /v1/me/permission_requests.",
        permission=str(permission),
    )


def _verify(permission: Permission, held: AccountClass, classes: AccountClasses) -> NotPermitted:
    above = CLASSES[CLASSES.index(held) + 1 :]
    needed = next((each for each in above if permission in classes.terms(each).gives), None)
    if needed is None:
        return NotPermitted(
            f"{_words(permission)} is not possible with any account class.", permission=str(permission)
        )
    return VerificationNeeded(
        f"{_words(permission)} takes account class {needed}; yours is {held}.",
        hint="Verify who you are, and it opens.",
        permission=str(permission),
        account_class=str(held),
        needed=str(needed),
    )


def _words(permission: Permission) -> str:
    return permission.replace("_", " ").capitalize()
