"""Is every change of a standing told, in both languages, in messages that exist and say what they have to?"""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tael.app.standing_told import posts_about
from tael.foundation.events import Event
from tael.messages.rules.templates import check_values, template_of
from tael.messages.rules.wording import LONGEST_TEXT
from tael.standing.api import answer_in_words, limits_in_words, permissions_in_words, reason_in_words
from tael.standing.events import (
    ObjectionAnswered,
    RequestDecided,
    RestrictionLifted,
    RestrictionSet,
    StandingChanged,
)
from tael.standing.model import (
    REASON_WORDS,
    TRANSACTIONS,
    AccountClass,
    Kind,
    ObjectionState,
    Permission,
    PersonalLimit,
    Reason,
    RequestState,
    StandingState,
)

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
TAKEN = RestrictionSet(
    restriction_id="rst_1",
    kind=Kind.BY_RISK,
    takes=(Permission.TRANSFER,),
    reason=Reason.UNUSUAL_ACTIVITY,
    until=None,
    amount_minor=None,
    currency=None,
    object_id="usr_1",
    happened_at=NOW,
    version=2,
)
GIVEN = RestrictionLifted(
    restriction_id="rst_1",
    kind=Kind.BY_RISK,
    takes=(Permission.TRANSFER,),
    reason=Reason.OVER,
    amount_minor=None,
    currency=None,
    object_id="usr_1",
    happened_at=NOW,
    version=2,
)
CHANGED = StandingChanged(
    account_class=AccountClass.ONE,
    account_class_before=AccountClass.TWO,
    state=StandingState.ACTIVE,
    state_before=StandingState.ACTIVE,
    limits={},
    reason=Reason.EVIDENCE_EXPIRED,
    object_id="usr_1",
    happened_at=NOW,
    version=2,
)
DECIDED = RequestDecided(
    request_id="prq_1",
    state=RequestState.REFUSED,
    permission=None,
    limit=PersonalLimit.TRANSFER_DAY,
    wanted=5,
    answer="Not before you are verified",
    object_id="usr_1",
    happened_at=NOW,
    version=2,
)
ANSWERED = ObjectionAnswered(
    objection_id="obj_1",
    restriction_id="rst_1",
    state=ObjectionState.GRANTED,
    answer="You were right",
    object_id="usr_1",
    happened_at=NOW,
    version=2,
)
part: dict[str, Any] = {"takes": (), "amount_minor": 500, "currency": "CNY"}
replace = msgspec.structs.replace


@pytest.mark.parametrize(
    ("fact", "template"),
    [
        (TAKEN, "account_restricted"),
        (replace(TAKEN, **part), "balance_frozen"),
        (GIVEN, "restriction_lifted"),
        (replace(GIVEN, **part), "balance_thawed"),
        (CHANGED, "account_class_lowered"),
        (replace(CHANGED, account_class=AccountClass.THREE, reason=Reason.OVER), "account_class_changed"),
        (
            replace(
                CHANGED,
                account_class_before=AccountClass.ONE,
                limits={PersonalLimit.PAY_DAY: 5},
                reason=Reason.LOW_CREDIT,
            ),
            "limits_changed",
        ),
        (DECIDED, "request_decided"),
        (replace(DECIDED, limit=None, wanted=None, permission=Permission.PAY), "request_decided"),
        (ANSWERED, "objection_decided"),
    ],
)
@pytest.mark.parametrize("chinese", [True, False])
def test_a_change_is_told_with_all_that_its_message_says(
    fact: Event, template: str, *, chinese: bool
) -> None:
    (post,) = posts_about(fact, chinese=chinese)
    assert (post.template, post.to) == (template, "usr_1")
    check_values(template_of(template), post.values)
    assert all(post.values.values())


@pytest.mark.parametrize("reason", [Reason.EVIDENCE, Reason.REQUEST_APPROVED])
def test_what_another_message_tells_is_not_told_twice(reason: Reason) -> None:
    raised = replace(
        CHANGED, account_class=AccountClass.THREE, limits={PersonalLimit.PAY_DAY: 5}, reason=reason
    )
    assert posts_about(raised, chinese=True) == []


@pytest.mark.parametrize("chinese", [True, False])
def test_every_reason_and_permission_fits_into_a_message(*, chinese: bool) -> None:
    said = [reason_in_words(each, chinese=chinese) for each in Reason]
    said += [permissions_in_words([each], chinese=chinese) for each in Permission]
    said += [limits_in_words([each], chinese=chinese) for each in PersonalLimit]
    assert all(0 < len(each) <= LONGEST_TEXT for each in said)
    assert len(permissions_in_words(TRANSACTIONS | {Permission.PHONE}, chinese=chinese)) < 20


def test_an_objection_that_ends_with_its_restriction_is_answered_in_the_readers_language() -> None:
    by_itself = REASON_WORDS[Reason.NO_LONGER_NEEDED]
    assert answer_in_words(by_itself, chinese=True) == "不再需要限制。"
    assert answer_in_words(by_itself, chinese=False) == by_itself
    assert answer_in_words("we looked: it was you", chinese=True) == "we looked: it was you"
