"""What do standings look like on the wire? Requests that are strict, and bodies that say no more than their reader may know."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.foundation.printable import LINES, PRINTABLE
from tael.standing.model import (
    CLASS_OF,
    REASON_WORDS,
    AccountClass,
    ChangeRequest,
    Kind,
    LimitPeriod,
    Objection,
    ObjectionState,
    Permission,
    PermissionClass,
    PersonalLimit,
    Presence,
    Reason,
    RequestState,
    Restriction,
    StandingState,
    View,
    as_shown,
)

Id = Annotated[str, Meta(description="Its id", examples=["rst_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
UserId = Annotated[str, Meta(description="The user", examples=["usr_06dk3vg5m8x4t9c1h2zq7n0rc1"])]
Moment = Annotated[datetime, Meta(tz=True)]
Text = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1_000,
        pattern=LINES,
        description="In your own words",
        examples=["It was me: I was on a journey"],
    ),
]
Line = Annotated[str, Meta(min_length=1, max_length=128, pattern=PRINTABLE)]
Takes = Annotated[tuple[Permission, ...], Meta(max_length=len(Permission))]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: a field that is not known is a typing error."""


class FreezeRequest(_Strict, frozen=True, kw_only=True):
    """Freezing your own account, or a part of it."""

    takes: Annotated[
        Takes | None,
        Meta(description="What nobody shall do; left out: all that moves money", examples=[["transfer"]]),
    ] = None


class ThawRequest(_Strict, frozen=True, kw_only=True):
    """Lifting what you froze yourself."""

    confirmation_id: Annotated[
        Line,
        Meta(
            description="The confirmation of exactly this, `cfm_…`",
            examples=["cfm_06dk3vg5m8x4t9c1h2zq7n0rc1"],
        ),
    ]


class NothingRequest(_Strict, frozen=True, kw_only=True):
    """Nothing has to be said."""


class AskRequest(_Strict, frozen=True, kw_only=True):
    """Asking for a permission, or for another personal limit."""

    permission: Annotated[
        Permission | None, Meta(description="What you want to do", examples=["transfer"])
    ] = None
    limit: Annotated[
        PersonalLimit | None, Meta(description="The limit that you want changed", examples=[None])
    ] = None
    wanted: Annotated[
        Annotated[int, Meta(ge=0, le=10**14)] | None,
        Meta(description="To what: in minor units, or how often", examples=[None]),
    ] = None
    words: Text


class ObjectRequest(_Strict, frozen=True, kw_only=True):
    """Saying that a restriction is wrong."""

    restriction_id: Id
    words: Text


class SetRestrictionRequest(_Strict, frozen=True, kw_only=True):
    """Taking something from a user, at once."""

    user_id: UserId
    kind: Annotated[Kind, Meta(description="Where it comes from", examples=["by_risk"])]
    takes: Annotated[
        Takes | None,
        Meta(description="What it takes; left out: what the kind usually takes", examples=[None]),
    ] = None
    reason: Annotated[
        Reason | None, Meta(description="What the user is told; left out: the usual reason", examples=[None])
    ] = None
    hidden: Annotated[
        bool, Meta(description="Whether the user must not hear why: they are told that something is checked")
    ] = False
    until: Annotated[Moment | None, Meta(description="When it ends by itself", examples=[None])] = None
    provisional: Annotated[
        bool, Meta(description="By law for 48 hours, and then it ends by itself", examples=[False])
    ] = False
    amount_minor: Annotated[
        Annotated[int, Meta(ge=1, le=10**14)] | None,
        Meta(description="By law: hold so much of the balance, and take no permission", examples=[None]),
    ] = None
    currency: Annotated[
        Annotated[str, Meta(pattern=r"^[A-Z]{3,4}$(?!\n)")] | None,
        Meta(description="Of the amount", examples=[None]),
    ] = None
    order_number: Annotated[Line | None, Meta(description="By law: the order's number", examples=[None])] = (
        None
    )
    authority: Annotated[Line | None, Meta(description="By law: whose order it is", examples=[None])] = None
    note: Annotated[
        str,
        Meta(
            max_length=1_000,
            pattern=LINES,
            description="For colleagues: why. An order by law needs none",
            examples=["case 12"],
        ),
    ] = ""


class LiftRequest(_Strict, frozen=True, kw_only=True):
    """Giving something back."""

    note: Text


class DecideRequestRequest(_Strict, frozen=True, kw_only=True):
    """Yes or no to what a user asks for."""

    approve: Annotated[bool, Meta(description="Whether they get it")]
    answer: Text


class AnswerObjectionRequest(_Strict, frozen=True, kw_only=True):
    """Whether an objection is right."""

    grant: Annotated[bool, Meta(description="Whether it is; then the restriction is lifted")]
    answer: Text


class OnOne(msgspec.Struct, frozen=True, kw_only=True):
    """A request about one thing: what a repeat has to say again."""

    id: str
    asked: msgspec.Struct


# Bodies.


class RefusalBody(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is not possible now."""

    code: Annotated[str, Meta(description="A stable name", examples=["standing.verification_needed"])]
    message: Annotated[str, Meta(description="What, and why")]
    hint: Annotated[str | None, Meta(description="What can be done about it")]


class PermissionBody(msgspec.Struct, frozen=True, kw_only=True):
    """One permission as it stands."""

    permission: Annotated[Permission, Meta(description="What", examples=["transfer"])]
    permission_class: Annotated[PermissionClass, Meta(description="Of which kind", examples=["transaction"])]
    given: Annotated[bool, Meta(description="Whether it may be done now")]
    why_not: Annotated[RefusalBody | None, Meta(description="If not: why", examples=[None])]


class RestrictionBody(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is taken from you."""

    id: Id
    kind: Annotated[Kind, Meta(description="Where it comes from", examples=["by_user"])]
    takes: Annotated[tuple[Permission, ...], Meta(description="What you cannot do", examples=[["transfer"]])]
    amount_minor: Annotated[int | None, Meta(description="What is held of the balance", examples=[None])]
    currency: Annotated[str | None, Meta(description="Of the amount", examples=[None])]
    reason: Annotated[Reason, Meta(description="Why", examples=["own_wish"])]
    words: Annotated[str, Meta(description="Why, in words", examples=["You asked for it yourself."])]
    order_number: Annotated[str | None, Meta(description="Of an authority's order", examples=[None])]
    authority: Annotated[str | None, Meta(description="Whose order it is", examples=[None])]
    since: Annotated[Moment, Meta(description="Since when")]
    until: Annotated[Moment | None, Meta(description="When it ends by itself", examples=[None])]
    lifted_at: Annotated[Moment | None, Meta(description="When it ended", examples=[None])]


class EvidenceBody(msgspec.Struct, frozen=True, kw_only=True):
    """That a source confirms who somebody is."""

    source: Annotated[str, Meta(description="Whose word it is", examples=["mobile_operator"])]
    presence: Annotated[Presence, Meta(description="Whether the person was seen", examples=["remote"])]
    at: Annotated[Moment, Meta(description="When")]
    valid_until: Annotated[Moment | None, Meta(description="How long it counts", examples=[None])]


class StandingBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may do now, and why not."""

    user_id: UserId
    state: Annotated[StandingState, Meta(description="At a glance", examples=["active"])]
    account_class: Annotated[AccountClass, Meta(description="How well somebody is known", examples=["II"])]
    account_class_until: Annotated[
        Moment | None, Meta(description="When the class falls, as evidence expires", examples=[None])
    ]
    limit_minor: Annotated[int, Meta(description="Of the class, in minor units", examples=[10_000_000])]
    limit_currency: Annotated[str, Meta(description="Of that limit", examples=["CNY"])]
    limit_period: Annotated[LimitPeriod, Meta(description="Within which time it counts", examples=["year"])]
    personal_limits: Annotated[
        Mapping[PersonalLimit, int], Meta(description="What was agreed on; none is above the class's")
    ]
    permissions: Annotated[list[PermissionBody], Meta(description="Everything that users do")]
    restrictions: Annotated[list[RestrictionBody], Meta(description="What is taken now")]
    evidence: Annotated[list[EvidenceBody], Meta(description="What the class rests on")]
    version: Annotated[int, Meta(description="Counts every change", examples=[4])]


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a permission or a limit."""

    id: Id
    user_id: UserId
    permission: Annotated[Permission | None, Meta(description="What is wanted", examples=["transfer"])]
    limit: Annotated[PersonalLimit | None, Meta(description="Which limit", examples=[None])]
    wanted: Annotated[int | None, Meta(description="To what", examples=[None])]
    words: Annotated[str, Meta(description="Why, in the user's words")]
    state: Annotated[RequestState, Meta(description="Where it stands", examples=["open"])]
    asked_at: Annotated[Moment, Meta(description="When")]
    due_at: Annotated[Moment, Meta(description="Until when it is decided")]
    overdue: Annotated[bool, Meta(description="Whether that is over")]
    decided_at: Annotated[Moment | None, Meta(description="When it was", examples=[None])]
    answer: Annotated[str | None, Meta(description="What was said", examples=[None])]


class StaffRequestBody(RequestBody, frozen=True, kw_only=True):
    """The same, for members of staff."""

    decided_by: Annotated[str | None, Meta(description="Who decided", examples=[None])]


class ObjectionBody(msgspec.Struct, frozen=True, kw_only=True):
    """An objection to a restriction, and how long an answer may take."""

    id: Id
    user_id: UserId
    restriction_id: Id
    words: Annotated[str, Meta(description="What the user says")]
    state: Annotated[ObjectionState, Meta(description="Where it stands", examples=["open"])]
    made_at: Annotated[Moment, Meta(description="When")]
    due_at: Annotated[Moment, Meta(description="Until when it is answered")]
    days_left: Annotated[int, Meta(description="Whole days until then; 0 when they are over", examples=[15])]
    overdue: Annotated[bool, Meta(description="Whether they are over")]
    answered_at: Annotated[Moment | None, Meta(description="When it was", examples=[None])]
    answer: Annotated[str | None, Meta(description="What was said", examples=[None])]


class StaffObjectionBody(ObjectionBody, frozen=True, kw_only=True):
    """The same, for members of staff."""

    answered_by: Annotated[str | None, Meta(description="Who answered", examples=[None])]


class ThawConfirmationBody(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be confirmed before a freeze is lifted."""

    confirmation_id: Annotated[
        str,
        Meta(description="Send it back once it is confirmed", examples=["cfm_06dk3vg5m8x4t9c1h2zq7n0rc1"]),
    ]


def standing_body(view: View, *, in_full: bool = False) -> StandingBody:
    """A standing, with what its reader may know."""
    terms = view.terms
    return StandingBody(
        user_id=view.kept.user_id,
        state=view.state,
        account_class=view.account_class,
        account_class_until=view.class_until,
        limit_minor=terms.limit_minor,
        limit_currency=terms.currency,
        limit_period=terms.period,
        personal_limits=view.limits,
        permissions=[
            PermissionBody(
                permission=permission,
                permission_class=CLASS_OF[permission],
                given=refusal is None,
                why_not=None
                if refusal is None
                else RefusalBody(code=refusal.code, message=refusal.message, hint=refusal.hint),
            )
            for permission, refusal in view.refusals
        ],
        restrictions=[restriction_body(each, in_full=in_full) for each in view.restrictions],
        evidence=[
            EvidenceBody(source=each.source, presence=each.presence, at=each.at, valid_until=each.valid_until)
            for each in view.evidence
            if each.withdrawn_at is None
        ],
        version=view.kept.version,
    )


def restriction_body(restriction: Restriction, *, in_full: bool = False) -> RestrictionBody:
    """A restriction as its user may see it; in full, also what they must not hear."""
    seen = as_shown(restriction, in_full=in_full)
    return RestrictionBody(
        id=seen.id,
        kind=seen.kind,
        takes=seen.takes,
        amount_minor=seen.amount_minor,
        currency=seen.currency,
        reason=seen.reason,
        words=REASON_WORDS[seen.reason],
        order_number=seen.order_number,
        authority=seen.authority,
        since=seen.set_at,
        until=seen.until,
        lifted_at=seen.lifted_at,
    )


def staff_request_body(request: ChangeRequest, *, now: datetime) -> StaffRequestBody:
    """A request, for staff."""
    kept = msgspec.structs.asdict(request) | {
        "overdue": request.state is RequestState.OPEN and request.due_at < now
    }
    return StaffRequestBody(**{name: kept[name] for name in StaffRequestBody.__struct_fields__})


def request_body(request: ChangeRequest, *, now: datetime) -> RequestBody:
    """A request, for its user."""
    kept = msgspec.structs.asdict(staff_request_body(request, now=now))
    return RequestBody(**{name: kept[name] for name in RequestBody.__struct_fields__})


def staff_objection_body(objection: Objection, *, now: datetime) -> StaffObjectionBody:
    """An objection, for staff."""
    kept = msgspec.structs.asdict(objection) | {
        "overdue": objection.state is ObjectionState.OPEN and objection.due_at < now,
        "days_left": max(0, (objection.due_at - now).days),
    }
    return StaffObjectionBody(**{name: kept[name] for name in StaffObjectionBody.__struct_fields__})


def objection_body(objection: Objection, *, now: datetime) -> ObjectionBody:
    """An objection, for its user."""
    kept = msgspec.structs.asdict(staff_objection_body(objection, now=now))
    return ObjectionBody(**{name: kept[name] for name in ObjectionBody.__struct_fields__})
