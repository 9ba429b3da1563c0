"""Standings, restrictions and evidence for tests of the rules, and the rules that come with the program."""

from datetime import UTC, datetime

import msgspec

from tael.foundation.dated_rules import shipped_rules
from tael.standing.model import (
    AccountClass,
    AccountClasses,
    Adjustments,
    ClassStep,
    Deadlines,
    Evidence,
    InForce,
    Kept,
    Kind,
    Permission,
    PersonalLimits,
    Presence,
    Reason,
    Restriction,
    Spans,
    StandingState,
)
from tael.standing.rules import table

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SHIPPED = {each.name: each.value for each in shipped_rules("standing").versions}
CLASSES = msgspec.convert(SHIPPED["standing.account_classes"], AccountClasses)
LIMITS = msgspec.convert(SHIPPED["standing.personal_limits"], PersonalLimits)
ADJUSTMENTS = msgspec.convert(SHIPPED["standing.adjustments"], Adjustments)
DEADLINES = msgspec.convert(SHIPPED["standing.deadlines"], Deadlines)
SPANS = msgspec.convert(SHIPPED["standing.restriction_spans"], Spans)
P = Permission


def kept(account_class: AccountClass = AccountClass.TWO, *held: InForce, **changes: object) -> Kept:
    plain = Kept(
        user_id="usr_1",
        person=None,
        steps=(ClassStep(account_class),),
        grants=(),
        limits={},
        in_force=held,
        opened_at=NOW,
        account_opened_at=NOW,
        quiet_since=NOW,
        closed_at=None,
        version=1,
        account_class=account_class,
        state=StandingState.ACTIVE,
    )
    return msgspec.structs.replace(plain, **changes)


def held(*takes: Permission, kind: Kind = Kind.BY_RISK, **changes: object) -> InForce:
    plain = InForce(id="rst_1", kind=kind, takes=takes, since=NOW, until=None, reason=Reason.UNUSUAL_ACTIVITY)
    return msgspec.structs.replace(plain, **changes)


def why_not(standing: Kept, permission: Permission, at: datetime = NOW) -> type | None:
    refusal = table.why_not(standing, permission, classes=CLASSES, now=at)
    return None if refusal is None else type(refusal)


def confirmed(
    *sources: str, presence: Presence = Presence.REMOTE, until: datetime | None = None
) -> list[Evidence]:
    return [
        Evidence(
            id=f"evd_{source}",
            user_id="usr_1",
            source=source,
            presence=presence,
            at=NOW,
            valid_until=until,
            check_id=None,
        )
        for source in sources
    ]


def a_restriction(**changes: object) -> Restriction:
    plain = Restriction(
        id="rst_1",
        user_id="usr_1",
        kind=Kind.BY_LAW,
        takes=(P.PAY,),
        amount_minor=None,
        currency=None,
        reason=Reason.ORDER_OF_AUTHORITY,
        hidden=False,
        order_number=None,
        authority=None,
        note="",
        rule=None,
        set_by="staff:stf_1",
        set_at=NOW,
        until=None,
        review_by=None,
        reviewed_by=None,
        reviewed_at=None,
        lifted_by=None,
        lifted_at=None,
        lift_reason=None,
        lift_note=None,
    )
    return msgspec.structs.replace(plain, **changes)
