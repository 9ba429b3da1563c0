"""What does news do to a dispute, what may its merchant do, and where does the money go? No input, no output, no clock.

The table below has every state and every event. What it does not have is

* refused, if it is a merchant's wish;
* doubted, if a channel says it: answers and notices overlap, so it is usually just old. The channel is asked, and what it
  then says is believed, whatever it is (decision 21).

A warning is before anything serious: what is serious is news to a warning, and a warning is old news to what is serious.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

from tael.channels.port import DisputeState as Said
from tael.disputes.errors import (
    EvidenceMalformed,
    FileNotTaken,
    FileTooLarge,
    NotAnswerable,
    TooLate,
)
from tael.disputes.model import OPEN, AnswerKind, Dispute, DisputeState, EvidenceFile, MoneyState, News
from tael.foundation.documents import LARGEST_BYTES, Seen, look_at
from tael.foundation.errors import Refusal
from tael.payments.model import DisputeMove


class DisputeEvent(StrEnum):
    """What can happen to a dispute."""

    SAYS_NEEDS_RESPONSE = "says_needs_response"
    """The channel says so; likewise the next four."""
    SAYS_UNDER_REVIEW = "says_under_review"
    SAYS_WON = "says_won"
    SAYS_LOST = "says_lost"
    SAYS_CLOSED = "says_closed"
    SAVE = "save"
    """The merchant writes a draft."""
    SUBMIT = "submit"
    """The merchant hands the draft in."""
    ACCEPT = "accept"
    """The merchant gives in."""


_S, _E = DisputeState, DisputeEvent
STATES: Mapping[DisputeState, Mapping[DisputeEvent, DisputeState]] = {
    _S.NEEDS_RESPONSE: {
        _E.SAYS_NEEDS_RESPONSE: _S.NEEDS_RESPONSE,
        _E.SAYS_UNDER_REVIEW: _S.UNDER_REVIEW,
        _E.SAYS_WON: _S.WON,
        _E.SAYS_LOST: _S.LOST,
        _E.SAYS_CLOSED: _S.CLOSED,
        _E.SAVE: _S.NEEDS_RESPONSE,
        _E.SUBMIT: _S.NEEDS_RESPONSE,
        _E.ACCEPT: _S.NEEDS_RESPONSE,
    },
    _S.UNDER_REVIEW: {
        _E.SAYS_UNDER_REVIEW: _S.UNDER_REVIEW,
        _E.SAYS_WON: _S.WON,
        _E.SAYS_LOST: _S.LOST,
        _E.SAYS_CLOSED: _S.CLOSED,
    },
}
"""Where each event leads from each state; a state without a line is an end, which the channel may say again. An answer on
its way leaves the state alone: only the channel's word moves it. Lost after giving in is `accepted`."""

_SAID: Mapping[Said, tuple[DisputeEvent, DisputeState]] = {
    Said.NEEDS_RESPONSE: (_E.SAYS_NEEDS_RESPONSE, _S.NEEDS_RESPONSE),
    Said.UNDER_REVIEW: (_E.SAYS_UNDER_REVIEW, _S.UNDER_REVIEW),
    Said.WON: (_E.SAYS_WON, _S.WON),
    Said.LOST: (_E.SAYS_LOST, _S.LOST),
    Said.CLOSED: (_E.SAYS_CLOSED, _S.CLOSED),
}
LOOK_AGAIN = timedelta(days=1)
"""How often the channel is asked of an open dispute, whether or not it says something by itself."""
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 300, 900, 3600))
"""How long to wait between questions that have to be answered; the last pause repeats."""
GRACE = timedelta(minutes=1)
"""How long after its deadline a channel is asked what came of silence."""
WARN_DAYS = (7, 3, 1)
LONGEST_TEXT = 20_000
"""Characters of one text of evidence."""
MOST_TEXT = 150_000
"""Characters of all texts together."""
MOST_BYTES = 4_500_000
"""Of all files together."""
MOST_UPLOADS = 30
"""Files of one dispute, those that were taken out again among them."""


# What a channel says.


def hear(dispute: Dispute, news: News, *, now: datetime) -> Dispute:
    """The dispute after news: moved on, unchanged, or doubted and to be asked about at once."""
    sure = (
        dispute.doubted_at is not None and news.asked_at is not None and news.asked_at >= dispute.doubted_at
    )
    if not sure and not _follows(dispute, news):
        return msgspec.structs.replace(dispute, doubted_at=dispute.doubted_at or now, next_inquiry_at=now)
    asked = news.asked_at is not None
    after = msgspec.structs.replace(
        _moved(dispute, news, now),
        warning=news.warning and _SAID[news.state][1] in OPEN,
        amount_minor=news.amount_minor,
        reason=news.reason,
        respond_by=news.respond_by or dispute.respond_by,
        doubted_at=None if asked else dispute.doubted_at,
        inquiries=0 if asked else dispute.inquiries,
    )
    return msgspec.structs.replace(after, next_inquiry_at=next_look(after, now))


def _follows(dispute: Dispute, news: News) -> bool:
    """Whether it can come after what is known, as far as the channel's own order tells."""
    event, state = _SAID[news.state]
    if dispute.open and dispute.warning and not news.warning:
        return True
    if dispute.open and state in OPEN and news.warning and not dispute.warning:
        return False
    said_again = state is (_S.LOST if dispute.state is _S.ACCEPTED else dispute.state)
    return said_again or event in STATES.get(dispute.state, {})


def _moved(dispute: Dispute, news: News, now: datetime) -> Dispute:
    _, state = _SAID[news.state]
    if state is _S.LOST and dispute.answer is AnswerKind.ACCEPT:
        state = _S.ACCEPTED
    if state is dispute.state:
        return dispute
    answer, answered_at = dispute.answer, dispute.answered_at
    if state is _S.NEEDS_RESPONSE:  # once more: there is a second word
        answer, answered_at = None, None
    elif dispute.answering:
        answered_at = now
    return msgspec.structs.replace(
        dispute,
        state=state,
        answer=answer,
        answered_at=answered_at,
        ended_at=None if state in OPEN else now,
        warned_days=None if state is _S.NEEDS_RESPONSE else dispute.warned_days,
    )


def next_look(dispute: Dispute, now: datetime) -> datetime | None:
    """When the channel is to be asked next: soon if something hangs in the air, after the deadline, daily while it is open."""
    if dispute.doubted_at is not None or dispute.answering or dispute.payment_id is None:
        return now + PAUSES[min(dispute.inquiries, len(PAUSES) - 1)]
    if not dispute.open:
        return None
    look = now + LOOK_AGAIN
    if dispute.state is _S.NEEDS_RESPONSE and dispute.respond_by is not None and dispute.respond_by > now:
        look = min(look, dispute.respond_by + GRACE)
    return look


def not_answered(dispute: Dispute, *, code: str | None, now: datetime) -> Dispute:
    """The channel was asked and said nothing that can be trusted: it is asked again, later each time."""
    after = msgspec.structs.replace(
        dispute, inquiries=dispute.inquiries + 1, channel_code=code or dispute.channel_code
    )
    return msgspec.structs.replace(after, next_inquiry_at=next_look(after, now))


def refused(dispute: Dispute, *, code: str | None, now: datetime) -> Dispute:
    """The channel definitely did not take the answer: another may be given."""
    if not dispute.answering:
        return dispute
    after = msgspec.structs.replace(dispute, answer=None, inquiries=0, channel_code=code)
    return msgspec.structs.replace(after, next_inquiry_at=next_look(after, now))


# What a merchant says.


def why_not(dispute: Dispute, event: DisputeEvent, now: datetime) -> Refusal | None:
    """Why a merchant cannot do that now, or `None`."""
    if event not in STATES.get(dispute.state, {}):
        return NotAnswerable(
            f"The dispute is {dispute.state}: nothing can be said in it.", state=str(dispute.state)
        )
    if dispute.answer is not None:
        return NotAnswerable("The dispute was answered, and there is no second time.", answer=dispute.answer)
    late = dispute.respond_by is not None and now > dispute.respond_by
    if late and event is not DisputeEvent.ACCEPT:
        return TooLate(f"It could be answered until {dispute.respond_by}.", field="dispute_id")
    return None


def why_unfit(texts: Mapping[str, str], fields: frozenset[str]) -> EvidenceMalformed | None:
    """Why a channel that knows these fields would not take these texts."""
    for name, text in texts.items():
        if name not in fields:
            known = ", ".join(sorted(fields)) or "none"
            return EvidenceMalformed(
                f"The channel takes no evidence called {name[:40]!r}.",
                field=f"texts.{name[:40]}",
                hint=f"It takes {known}.",
            )
        if len(text) > LONGEST_TEXT:
            return EvidenceMalformed(
                f"It has {len(text)} characters; at most {LONGEST_TEXT} are taken.", field=f"texts.{name}"
            )
    if sum(map(len, texts.values())) > MOST_TEXT:
        return EvidenceMalformed(f"All texts together have more than {MOST_TEXT} characters.", field="texts")
    return None


def look_at_file(
    content: bytes, *, field: str, fields: frozenset[str], before: Sequence[EvidenceFile]
) -> Seen:
    """What a file is that a channel with these fields takes beside those before; raises why it does not."""
    if field not in fields:
        takes = f"It takes {', '.join(sorted(fields))}." if fields else "It takes texts only."
        raise EvidenceMalformed(
            f"The channel takes no file called {field[:40]!r}.", field="field", hint=takes
        )
    if not content:
        raise FileNotTaken("The file is empty.", field="content")
    if len(content) > LARGEST_BYTES:
        raise FileTooLarge(
            f"The file has {len(content):,} bytes; at most {LARGEST_BYTES:,} are taken.",
            field="content",
            hint="Scan it in grey, or leave pages out.",
        )
    beside = sum(each.size for each in before if each.removed_at is None and each.field != field)
    if beside + len(content) > MOST_BYTES:
        raise FileTooLarge(
            f"All files together would have {beside + len(content):,} bytes; at most {MOST_BYTES:,} are taken.",
            field="content",
            hint="Take another file out first.",
        )
    if len(before) >= MOST_UPLOADS:
        raise EvidenceMalformed(f"At most {MOST_UPLOADS} files are taken in one dispute.", field="content")
    seen = look_at(content)
    if seen is None:
        raise FileNotTaken(
            "These bytes are neither PDF nor PNG nor JPEG.", field="content", hint="Export it as PDF."
        )
    return seen


def merged(draft: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    """A draft with texts written over; an empty one takes its field out."""
    return {name: text for name, text in {**draft, **texts}.items() if text.strip()}


def warn_now(dispute: Dispute, now: datetime) -> int | None:
    """How many days' distance to the deadline is to be told now; each once, of several that were missed the nearest."""
    if dispute.state is not _S.NEEDS_RESPONSE or dispute.answer is not None or dispute.respond_by is None:
        return None
    left = dispute.respond_by - now
    reached = [days for days in WARN_DAYS if timedelta() < left <= timedelta(days=days)]
    nearest = min(reached, default=None)
    told = dispute.warned_days
    return nearest if nearest is not None and (told is None or nearest < told) else None


# The money.


def wanted_money(dispute: Dispute) -> MoneyState:
    """Where the money has to be, by what the channel says."""
    if dispute.open:
        return MoneyState.FREE if dispute.warning else MoneyState.HELD
    return MoneyState.LOST if dispute.state in (_S.LOST, _S.ACCEPTED) else MoneyState.FREE


_LINE = (MoneyState.FREE, MoneyState.HELD, MoneyState.LOST)
_ONWARDS = (DisputeMove.HELD, DisputeMove.LOST)
_BACK = (DisputeMove.RETURNED, DisputeMove.REOPENED)


def moves_to_make(dispute: Dispute) -> Sequence[DisputeMove]:
    """The moves, step by step along the line free, held, lost. Of another amount than before: back, and there anew."""
    wanted = wanted_money(dispute)
    if dispute.money is not MoneyState.FREE and dispute.held_minor != dispute.amount_minor:
        return [*_way(dispute.money, MoneyState.FREE), *_way(MoneyState.FREE, wanted)]
    return _way(dispute.money, wanted)


def _way(start: MoneyState, end: MoneyState) -> Sequence[DisputeMove]:
    begin, finish = _LINE.index(start), _LINE.index(end)
    if begin <= finish:
        return _ONWARDS[begin:finish]
    return tuple(reversed(_BACK[finish:begin]))


AFTER: Mapping[DisputeMove, MoneyState] = {
    DisputeMove.HELD: MoneyState.HELD,
    DisputeMove.LOST: MoneyState.LOST,
    DisputeMove.REOPENED: MoneyState.HELD,
    DisputeMove.RETURNED: MoneyState.FREE,
}
"""Where the money is after a move."""


def changes_of(before: Dispute, after: Dispute) -> dict[str, Any]:
    """What a merchant would notice, by name."""
    watched = ("state", "warning", "amount_minor", "respond_by", "reason", "answer")
    return {name: getattr(after, name) for name in watched if getattr(before, name) != getattr(after, name)}
