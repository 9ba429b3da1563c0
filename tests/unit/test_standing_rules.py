"""Does the table of standing give what law and house give, no more, and say why not?"""

from datetime import timedelta

import msgspec
import pytest

from tael.standing.errors import (
    NotGranted,
    Restricted,
    StandingClosed,
    VerificationNeeded,
)
from tael.standing.model import (
    CLASS_OF,
    TRANSACTIONS,
    AccountClass,
    ClassStep,
    Evidence,
    Kind,
    LimitPeriod,
    OwnLimit,
    Permission,
    PermissionClass,
    Person,
    PersonalLimit,
    Presence,
    Reason,
    StandingState,
    as_shown,
)
from tael.standing.rules import classes, table
from tests.unit.standing_samples import CLASSES, LIMITS, NOW, P, a_restriction, confirmed, held, kept, why_not

SOURCES = CLASSES.counted_sources


def test_a_fresh_user_may_sign_in_look_verify_and_guard_the_account_and_nothing_else() -> None:
    may = table.may(kept(AccountClass.NONE), classes=CLASSES, now=NOW)
    assert may == {P.SIGN_IN, P.LOOK, P.VERIFY, P.PASSWORD, P.DEVICES}


@pytest.mark.parametrize("permission", sorted(TRANSACTIONS))
def test_nothing_that_moves_money_opens_before_verification(permission: Permission) -> None:
    assert why_not(kept(AccountClass.NONE), permission) is VerificationNeeded
    for verified in (AccountClass.ONE, AccountClass.TWO, AccountClass.THREE):
        assert why_not(kept(verified), permission) is None


def test_each_permission_is_of_one_of_the_three_classes_of_the_specification() -> None:
    assert set(CLASS_OF) == set(Permission)
    assert set(CLASS_OF.values()) == set(PermissionClass)


def test_what_can_be_had_on_request_is_given_to_those_to_whom_it_was_granted() -> None:
    lean = msgspec.structs.replace(
        CLASSES,
        one=msgspec.structs.replace(CLASSES.one, gives=(P.SIGN_IN, P.LOOK, P.PAY), on_request=(P.TRANSFER,)),
    )

    def refusal(permission: Permission, *grants: Permission) -> object:
        standing = kept(AccountClass.ONE, grants=grants)
        return table.why_not(standing, permission, classes=lean, now=NOW)

    assert isinstance(refusal(P.TRANSFER), NotGranted)
    assert refusal(P.TRANSFER, P.TRANSFER) is None
    assert isinstance(refusal(P.WITHDRAW, P.WITHDRAW), VerificationNeeded)


def test_a_refusal_says_what_why_until_when_and_how_to_object() -> None:
    standing = kept(AccountClass.TWO, held(P.TRANSFER, until=NOW + timedelta(days=2)))
    refusal = table.why_not(standing, P.TRANSFER, classes=CLASSES, now=NOW)
    assert refusal is not None
    assert refusal.message.startswith("Transfer is restricted until 2026-03-03 04:00 UTC. Something unusual")
    assert "POST /v1/me/objections" in str(refusal.hint)
    assert refusal.facts["restriction"] == "rst_1"


def test_of_several_restrictions_the_one_that_ends_last_is_told() -> None:
    soon, later, never = (
        held(P.PAY, id=f"rst_{hours}", until=NOW + timedelta(hours=hours) if hours else None)
        for hours in (1, 5, 0)
    )
    for some, told in (((later, soon), "rst_5"), ((soon, never, later), "rst_0")):
        refusal = table.why_not(kept(AccountClass.TWO, *some), P.PAY, classes=CLASSES, now=NOW)
        assert refusal is not None
        assert refusal.facts["restriction"] == told


def test_a_restriction_is_over_at_its_moment_and_not_before() -> None:
    until = NOW + timedelta(hours=48)
    standing = kept(AccountClass.TWO, held(P.PAY, until=until))
    assert why_not(standing, P.PAY, until - timedelta(microseconds=1)) is Restricted
    assert why_not(standing, P.PAY, until) is None
    left, over = table.turned(standing, until)
    assert (left.in_force, [each.id for each in over]) == ((), ["rst_1"])


def test_what_a_user_must_not_hear_is_told_as_a_check() -> None:
    secret = held(P.WITHDRAW, kind=Kind.BY_LAW, reason=Reason.ORDER_OF_AUTHORITY, hidden=True)
    refusal = table.why_not(kept(AccountClass.TWO, secret), P.WITHDRAW, classes=CLASSES, now=NOW)
    assert refusal is not None
    said = f"{refusal.message} {refusal.hint} {refusal.facts}".lower()
    assert "authority" not in said
    assert "by_law" not in said
    assert refusal.facts["reason"] == "being_checked"


def test_staff_who_may_not_know_see_no_papers_of_a_hidden_restriction() -> None:
    paper = a_restriction(hidden=True, order_number="2026-17", authority="Bureau 3", note="STR 12")
    seen = as_shown(paper, in_full=False)
    assert (seen.kind, seen.order_number, seen.authority, seen.note) == (Kind.REVIEW, None, None, "")
    assert as_shown(paper, in_full=True) == paper
    assert as_shown(a_restriction(note="seen"), in_full=False).note == "seen"


def test_a_closed_account_lets_nobody_do_anything() -> None:
    standing = kept(AccountClass.THREE, closed_at=NOW)
    assert {why_not(standing, each) for each in Permission} == {StandingClosed}
    assert table.state_at(standing, NOW) is StandingState.CLOSED


def test_the_state_says_how_much_is_taken() -> None:
    assert table.state_at(kept(), NOW) is StandingState.ACTIVE
    assert table.state_at(kept(AccountClass.TWO, held(P.PAY)), NOW) is StandingState.RESTRICTED
    assert table.state_at(kept(AccountClass.TWO, held(*TRANSACTIONS)), NOW) is StandingState.SUSPENDED


@pytest.mark.parametrize(
    ("evidence", "given"),
    [
        ([], AccountClass.NONE),
        (confirmed(SOURCES[0]), AccountClass.ONE),
        (confirmed(SOURCES[0]) * 5, AccountClass.ONE),
        (confirmed("a_friend", "an_aunt"), AccountClass.NONE),
        (confirmed(*SOURCES[:3]), AccountClass.TWO),
        (confirmed(*SOURCES[:4]), AccountClass.TWO),
        (confirmed(*SOURCES), AccountClass.THREE),
        (confirmed(SOURCES[0], presence=Presence.FACE_TO_FACE), AccountClass.THREE),
    ],
)
def test_the_class_follows_from_independent_sources_and_presence(
    evidence: list[Evidence], given: AccountClass
) -> None:
    assert classes.class_given(evidence, person=Person(), classes=CLASSES, groups={}, at=NOW) is given


def test_a_second_account_takes_class_two_and_a_person_has_one_class_three() -> None:
    def given(number: int, person: Person) -> AccountClass:
        evidence = confirmed(*SOURCES[:number])
        return classes.class_given(evidence, person=person, classes=CLASSES, groups={}, at=NOW)

    other = Person(has_another=True)
    assert [given(number, other) for number in (1, 3, 5)] == [
        AccountClass.NONE,
        AccountClass.TWO,
        AccountClass.THREE,
    ]
    assert given(5, Person(has_another=True, has_class_three=True)) is AccountClass.TWO


def test_who_let_an_account_gets_no_class_for_five_years_and_then_does() -> None:
    ban = NOW + timedelta(days=3)
    person = Person(banned_until=ban)
    steps = classes.steps_of(confirmed(*SOURCES), person=person, classes=CLASSES, groups={}, now=NOW)
    assert steps == (ClassStep(AccountClass.NONE, ban), ClassStep(AccountClass.THREE))


def test_a_class_falls_at_the_moment_at_which_evidence_expires() -> None:
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=9)
    evidence = [
        *confirmed(SOURCES[0]),
        *confirmed(SOURCES[1], until=soon),
        *confirmed(SOURCES[2], until=later),
    ]
    steps = classes.steps_of(evidence, person=Person(), classes=CLASSES, groups={}, now=NOW)
    assert steps == (ClassStep(AccountClass.TWO, soon), ClassStep(AccountClass.ONE))
    standing = kept(steps=steps)
    assert standing.class_at(soon - timedelta(microseconds=1)) is AccountClass.TWO
    assert standing.class_at(soon) is AccountClass.ONE
    assert table.next_change(standing, NOW) == soon


def test_the_classes_have_the_limits_of_the_announcement() -> None:
    said = {each: (CLASSES.terms(each).limit_minor, CLASSES.terms(each).period) for each in AccountClass}
    assert said[AccountClass.ONE] == (100_000, LimitPeriod.LIFE)
    assert said[AccountClass.TWO] == (10_000_000, LimitPeriod.YEAR)
    assert said[AccountClass.THREE] == (20_000_000, LimitPeriod.YEAR)
    assert LIMITS.default[PersonalLimit.TRANSFERS_DAY] == 100


def test_a_part_that_an_authority_froze_takes_no_permission_and_is_known_to_the_wallet() -> None:
    frozen = held(kind=Kind.BY_LAW, amount_minor=5_000, currency="CNY", until=NOW + timedelta(hours=48))
    standing = kept(AccountClass.TWO, frozen, msgspec.structs.replace(frozen, id="rst_2", until=None))
    assert why_not(standing, P.PAY) is None
    known = table.known(standing, CLASSES.two, LIMITS, now=NOW)
    assert known.frozen_minor == {"CNY": 10_000}
    later = table.known(standing, CLASSES.two, LIMITS, now=NOW + timedelta(hours=48))
    assert later.frozen_minor == {"CNY": 5_000}


def test_the_platform_lowers_any_limit_and_raises_none_that_a_user_chose() -> None:
    day = PersonalLimit.TRANSFER_DAY
    usual = LIMITS.default[day]
    chosen = {day: OwnLimit(most=usual - 1, by_user=True)}
    assert table.adjusted_limits(chosen, {day: usual + 1}, LIMITS) == chosen
    assert table.adjusted_limits(chosen, {day: 7}, LIMITS)[day].most == 7
    lowered = table.adjusted_limits({}, {day: 7}, LIMITS)
    assert table.adjusted_limits(lowered, {day: usual}, LIMITS)[day].most == usual
    assert table.effective_limits({day: OwnLimit(most=10**15, by_user=True)}, LIMITS)[day] == LIMITS.most[day]
