"""Does every event lead where the table says, and is what contradicts only believed when it is said again?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tael.channels.port import DisputeState as Said
from tael.disputes import rules
from tael.disputes.errors import (
    EvidenceMalformed,
    FileNotTaken,
    FileTooLarge,
    NotAnswerable,
    TooLate,
)
from tael.disputes.model import OPEN, AnswerKind, Dispute, DisputeState, EvidenceFile, MoneyState, News
from tael.disputes.rules import DisputeEvent
from tael.payments.model import DisputeMove

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
DUE = NOW + timedelta(days=7)
_S, _M = DisputeState, DisputeMove


def dispute(**more: Any) -> Dispute:
    said: dict[str, Any] = {
        "id": "dsp_1",
        "channel": "cards",
        "number": "dp_1",
        "payment_id": "pay_1",
        "attempt_id": "att_1",
        "merchant_id": "mer_1",
        "state": _S.NEEDS_RESPONSE,
        "warning": False,
        "reason": "fraudulent",
        "amount_minor": 1280,
        "currency": "CNY",
        "respond_by": DUE,
        "opened_at": NOW,
    }
    said |= more
    if said["state"] not in OPEN:
        said.setdefault("ended_at", NOW)
    return Dispute(**said)


def news(state: Said, **more: Any) -> News:
    said: dict[str, Any] = {
        "state": state,
        "warning": False,
        "amount_minor": 1280,
        "currency": "CNY",
        "reason": "fraudulent",
        "respond_by": DUE,
    }
    return News(**said | more)


SAYS = dict(zip(Said, list(DisputeEvent)[:5], strict=True))


@pytest.mark.parametrize("state", DisputeState)
@pytest.mark.parametrize("said", Said)
def test_every_word_of_a_channel_in_every_state(state: DisputeState, said: Said) -> None:
    before = dispute(state=state, answer=AnswerKind.ACCEPT if state is _S.ACCEPTED else None)
    after = rules.hear(before, news(said), now=NOW)
    again = said.value == (_S.LOST if state is _S.ACCEPTED else state).value
    leads_to = state if again else rules.STATES.get(state, {}).get(SAYS[said])
    if leads_to is None:
        assert (after.state, after.doubted_at, after.next_inquiry_at) == (state, NOW, NOW), (
            "it is asked about"
        )
        sure = rules.hear(after, news(said, asked_at=NOW), now=NOW)
        assert sure.doubted_at is None
        assert sure.state == (_S.ACCEPTED if said is Said.LOST and before.answer else _S(said.value))
    else:
        assert (after.state, after.doubted_at) == (leads_to, None)
        assert (after.ended_at is None) == (leads_to in OPEN)


@pytest.mark.parametrize("state", DisputeState)
@pytest.mark.parametrize("event", [DisputeEvent.SAVE, DisputeEvent.SUBMIT, DisputeEvent.ACCEPT])
def test_every_wish_of_a_merchant_in_every_state(state: DisputeState, event: DisputeEvent) -> None:
    refusal = rules.why_not(dispute(state=state), event, NOW)
    assert (refusal is None) == (state is _S.NEEDS_RESPONSE)
    assert refusal is None or isinstance(refusal, NotAnswerable)


def test_an_answer_from_before_the_doubt_is_not_believed() -> None:
    doubted = rules.hear(dispute(state=_S.WON), news(Said.LOST), now=NOW)
    old = rules.hear(doubted, news(Said.LOST, asked_at=NOW - timedelta(seconds=1)), now=NOW)
    assert (old.state, old.doubted_at) == (_S.WON, NOW)


def test_what_is_serious_is_news_to_a_warning_and_not_the_other_way_round() -> None:
    serious = rules.hear(dispute(state=_S.UNDER_REVIEW, warning=True), news(Said.NEEDS_RESPONSE), now=NOW)
    assert (serious.state, serious.warning, serious.doubted_at) == (_S.NEEDS_RESPONSE, False, None)
    stale = rules.hear(serious, news(Said.NEEDS_RESPONSE, warning=True), now=NOW)
    assert (stale.warning, stale.doubted_at) == (False, NOW)


def test_an_answer_is_given_once_and_in_time() -> None:
    given = dispute(answer=AnswerKind.EVIDENCE)
    assert isinstance(rules.why_not(given, DisputeEvent.SAVE, NOW), NotAnswerable)
    late = DUE + timedelta(seconds=1)
    assert isinstance(rules.why_not(dispute(), DisputeEvent.SUBMIT, late), TooLate)
    assert rules.why_not(dispute(), DisputeEvent.ACCEPT, late) is None, "one can always give in"


def test_an_answer_has_arrived_when_the_channel_waits_for_none_any_more() -> None:
    sent = dispute(answer=AnswerKind.EVIDENCE)
    heard = rules.hear(sent, news(Said.UNDER_REVIEW), now=NOW)
    assert (heard.answering, heard.answered_at) == (False, NOW)
    assert rules.refused(heard, code="x", now=NOW) == heard, "a late refusal takes nothing back"
    appeal = rules.hear(
        msgspec.structs.replace(heard, doubted_at=NOW), news(Said.NEEDS_RESPONSE, asked_at=NOW), now=NOW
    )
    assert appeal.answer is None, "there is a second word"


def test_a_refused_answer_leaves_room_for_another() -> None:
    refused = rules.refused(dispute(answer=AnswerKind.EVIDENCE), code="no", now=NOW)
    assert (refused.answer, refused.channel_code) == (None, "no")
    assert rules.why_not(refused, DisputeEvent.SUBMIT, NOW) is None


MOVES = [
    (MoneyState.FREE, _S.NEEDS_RESPONSE, [_M.HELD]),
    (MoneyState.FREE, _S.LOST, [_M.HELD, _M.LOST]),
    (MoneyState.HELD, _S.WON, [_M.RETURNED]),
    (MoneyState.HELD, _S.ACCEPTED, [_M.LOST]),
    (MoneyState.LOST, _S.UNDER_REVIEW, [_M.REOPENED]),
    (MoneyState.LOST, _S.CLOSED, [_M.REOPENED, _M.RETURNED]),
    (MoneyState.LOST, _S.LOST, []),
]


@pytest.mark.parametrize(("money", "state", "moves"), MOVES)
def test_the_money_goes_step_by_step(
    money: MoneyState, state: DisputeState, moves: list[DisputeMove]
) -> None:
    held = 0 if money is MoneyState.FREE else 1280
    assert list(rules.moves_to_make(dispute(state=state, money=money, held_minor=held))) == moves


def test_another_amount_is_given_back_and_held_anew() -> None:
    other = dispute(money=MoneyState.HELD, held_minor=500)
    assert list(rules.moves_to_make(other)) == [_M.RETURNED, _M.HELD]


def test_a_warning_holds_nothing() -> None:
    assert rules.moves_to_make(dispute(warning=True)) == ()


@pytest.mark.parametrize(
    ("left", "told", "days"),
    [
        (timedelta(days=8), None, None),
        (timedelta(days=7), None, 7),
        (timedelta(days=6), 7, None),
        (timedelta(days=2, hours=5), 7, 3),
        (timedelta(hours=3), None, 1),
        (timedelta(hours=3), 1, None),
        (-timedelta(hours=1), None, None),
    ],
)
def test_a_deadline_is_told_once_at_each_distance(
    left: timedelta, told: int | None, days: int | None
) -> None:
    assert rules.warn_now(dispute(respond_by=NOW + left, warned_days=told), NOW) == days
    answered = dispute(respond_by=NOW + left, answer=AnswerKind.EVIDENCE)
    assert rules.warn_now(answered, NOW) is None


def test_evidence_is_what_the_channel_takes_and_no_more() -> None:
    fields = frozenset({"receipt_text"})
    assert rules.why_unfit({"receipt_text": "paid"}, fields) is None
    for texts in ({"other": "x"}, {"receipt_text": "x" * (rules.LONGEST_TEXT + 1)}):
        assert isinstance(rules.why_unfit(texts, fields), EvidenceMalformed)
    assert rules.merged({"a": "1", "b": "2"}, {"a": " ", "c": "3"}) == {"b": "2", "c": "3"}


def test_silence_is_asked_about_after_the_deadline() -> None:
    soon = dispute(respond_by=NOW + timedelta(hours=2))
    assert rules.next_look(soon, NOW) == NOW + timedelta(hours=2) + rules.GRACE
    assert rules.next_look(dispute(), NOW) == NOW + rules.LOOK_AGAIN
    assert rules.next_look(dispute(state=_S.WON), NOW) is None


def kept_file(size: int, field: str = "receipt", **more: Any) -> EvidenceFile:
    return EvidenceFile(
        id="file_1",
        dispute_id="dsp_1",
        field=field,
        name="receipt.pdf",
        media_type="application/pdf",
        size=size,
        digest="",
        uploaded_by="key:1",
        uploaded_at=NOW,
        **more,
    )


def test_files_are_counted_together_but_for_those_that_are_replaced_or_gone() -> None:
    fields, content = frozenset({"receipt", "customer_signature"}), b"%PDF-".ljust(1_000_000, b" ")
    for before in ([kept_file(4_000_000)], [kept_file(4_000_000, "customer_signature", removed_at=NOW)]):
        seen = rules.look_at_file(content, field="receipt", fields=fields, before=before)
        assert (seen.media_type, seen.size) == ("application/pdf", 1_000_000)
    with pytest.raises(FileTooLarge):
        rules.look_at_file(
            content, field="receipt", fields=fields, before=[kept_file(4_000_000, "customer_signature")]
        )
    with pytest.raises(EvidenceMalformed):
        rules.look_at_file(
            content,
            field="receipt",
            fields=fields,
            before=[kept_file(1, removed_at=NOW)] * rules.MOST_UPLOADS,
        )


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b" %PDF-1.7", b"<svg/>"])
def test_a_file_of_another_type_is_refused_by_its_bytes(content: bytes) -> None:
    with pytest.raises(FileNotTaken):
        rules.look_at_file(content, field="receipt", fields=frozenset({"receipt"}), before=[])


def test_a_channel_that_takes_texts_only_says_so() -> None:
    with pytest.raises(EvidenceMalformed, match="no file") as refused:
        rules.look_at_file(b"%PDF-", field="receipt", fields=frozenset(), before=[])
    assert refused.value.hint == "It takes texts only."
