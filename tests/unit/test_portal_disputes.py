"""Is it right what the portal says of a dispute: how long is left, what comes next, which fields speak to the reason?"""

from datetime import timedelta
from typing import Any

import pytest

from tael.disputes.model import AnswerKind, DisputeState, Draft, MoneyState
from tael.foundation.money import Money
from tael.ledger.model import AccountClass, PostedEntry, PostedPosting
from tael.web.portal.dispute_views import (
    Left,
    Urgency,
    by_deadline,
    can_be_answered,
    in_order,
    left_of,
    moves_of,
    next_of,
    timeline_of,
)
from tael.web.ui.i18n import CATALOGUES, Language
from tests.unit.test_disputes_rules import DUE, NOW, dispute

_S = DisputeState
DAY, HOUR = 86_400, 3_600


@pytest.mark.parametrize(
    ("seconds", "urgency", "words"),
    [
        (7 * DAY, Urgency.CALM, "7 d 0 h left"),
        (3 * DAY + 1, Urgency.CALM, "3 d 0 h left"),
        (3 * DAY, Urgency.SOON, "3 d 0 h left"),
        (DAY + 1, Urgency.SOON, "1 d 0 h left"),
        (DAY, Urgency.URGENT, "1 d 0 h left"),
        (DAY - 1, Urgency.URGENT, "23 h 59 min left"),
        (61, Urgency.URGENT, "1 min 1 s left"),
        (1, Urgency.URGENT, "0 min 1 s left"),
        (0, Urgency.OVER, "no time left"),
        (-5, Urgency.OVER, "no time left"),
    ],
)
def test_time_left_is_said_in_its_two_largest_units(seconds: int, urgency: Urgency, words: str) -> None:
    left = Left(DUE, seconds)
    key, numbers = left.words
    assert (left.urgency, CATALOGUES[Language.ENGLISH].say(key, **numbers)) == (urgency, words)


@pytest.mark.parametrize(
    ("more", "now", "comes"),
    [
        ({}, NOW, "answer"),
        ({"warning": True}, NOW, "asked"),
        ({}, DUE + timedelta(seconds=1), "late"),
        ({"respond_by": None}, NOW, "answer"),
        ({"answer": AnswerKind.EVIDENCE}, NOW, "answering"),
        ({"answer": AnswerKind.EVIDENCE, "answered_at": NOW}, NOW, "answered"),
        ({"state": _S.UNDER_REVIEW}, NOW, "under_review"),
        *(({"state": state}, NOW, str(state)) for state in (_S.WON, _S.LOST, _S.ACCEPTED, _S.CLOSED)),
    ],
)
def test_what_comes_next_has_words_for_every_standing(more: dict[str, Any], now: Any, comes: str) -> None:
    stands = dispute(**more)
    assert next_of(stands, now) == comes
    assert f"portal.dispute_next_of.{comes}" in CATALOGUES[Language.CHINESE].messages
    assert can_be_answered(stands, now) is (comes in ("answer", "asked"))
    waits = comes in ("answer", "asked", "late") and stands.respond_by is not None
    assert (left_of(stands, now) is not None) is waits


def test_what_is_due_first_stands_first() -> None:
    never, later, soon = (
        dispute(id="never", respond_by=None),
        dispute(id="later"),
        dispute(id="soon", respond_by=NOW),
    )
    assert [each.id for each in by_deadline([never, later, soon])] == ["soon", "later", "never"]


def test_fields_that_speak_to_the_reason_or_hold_something_come_first() -> None:
    fields = {"shipping_carrier", "product_description", "billing_address", "customer_name"}
    first, more = in_order(fields, "product_not_received", {"billing_address"})
    assert first == ["shipping_carrier", "product_description", "billing_address"]
    assert more == ["customer_name"]
    assert in_order({"b", "a"}, "unheard_of", ()) == (["a", "b"], []), "of a channel with words of its own"


def line(code: str, minor: int) -> PostedPosting:
    return PostedPosting(
        code=code,
        currency="CNY",
        exponent=2,
        account_class=AccountClass.LIABILITY,
        amount_minor=minor,
        balance_after_minor=None,
    )


def test_only_what_the_books_say_of_this_dispute_is_shown_of_the_merchants_money() -> None:
    disputed, pending = "merchant:mer_1:disputed", "merchant:mer_1:pending"

    def entry(id: str, kind: str, *lines: PostedPosting) -> PostedEntry:
        return PostedEntry(
            no=1,
            id=id,
            kind=kind,
            reference="pay_1",
            effective_at=NOW,
            booked_at=NOW,
            postings=lines,
        )

    held = entry("dsp_1:1", "dispute.held", line(pending, 1000), line(disputed, -1280))
    other = entry("dsp_10:1", "dispute.held", line(pending, 500), line(disputed, -500))
    [moved] = moves_of([held, other], dispute(money=MoneyState.HELD))
    assert (moved.kind, moved.amount, moved.from_balance) == ("held", Money(1280, "CNY"), Money(-1000, "CNY"))
    draft = Draft(texts={}, files=[], text_fields=frozenset(), file_fields=frozenset())
    won = dispute(state=_S.WON, answer=AnswerKind.EVIDENCE, answered_at=NOW)
    assert {each.what for each in timeline_of(won, draft, [moved])} == {
        "opened",
        "money_held",
        "answered",
        "ended_won",
    }
