"""How far has somebody come with proving who they are, what does each step open, and what is next? No input, no output."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from tael.standing.model import AccountClass, AccountClasses, AccountClassTerms, Evidence
from tael.users.model import Person, PersonState, VerificationRecord, VerificationState
from tael.verification.model import Check, SourceName, State

ORDER = (
    SourceName.IDENTITY_DATABASE,
    SourceName.MOBILE_OPERATOR,
    SourceName.BANK_CARD,
    SourceName.DOCUMENT_FACE,
    SourceName.VIDEO,
)
"""From what takes a second to what takes a camera."""
_SOON = timedelta(days=90)


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One account class, as it stands to somebody."""

    account_class: AccountClass
    terms: AccountClassTerms
    is_reached: bool
    is_next: bool
    missing: int
    """So many more independent sources it takes."""


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """One source, and what it has said."""

    name: SourceName
    state: str
    """`confirmed`, `pending`, `failed`, `open`, or `closed`: not available in this installation."""
    until: datetime | None = None
    """How long its word counts."""
    why: str = ""
    """Of a failure: its reason, or how it ended."""
    wrong: Sequence[str] = ()
    """What it did not confirm."""
    page_url: str = ""
    """Where the user shows themselves, while it waits for them."""
    asked_at: datetime | None = None


def rungs_of(classes: AccountClasses, *, confirmed: int, reached: AccountClass) -> Sequence[Rung]:
    """The three classes from the lowest. confirmed: so many independent sources count now."""
    steps = (AccountClass.ONE, AccountClass.TWO, AccountClass.THREE)
    order = [AccountClass.NONE, *steps]
    place = order.index(reached)
    return [
        Rung(
            account_class=each,
            terms=classes.terms(each),
            is_reached=order.index(each) <= place,
            is_next=order.index(each) == place + 1,
            missing=max(0, classes.terms(each).sources - confirmed),
        )
        for each in steps
    ]


def sources_of(
    set_up: Sequence[SourceName],
    evidence: Sequence[Evidence],
    records: Sequence[VerificationRecord],
    checks: Mapping[str, Check],
    *,
    at: datetime,
) -> Sequence[SourceView]:
    """Each source, with the last that was heard of it; `records` are newest first."""
    return [_source_of(name, set_up, evidence, records, checks, at=at) for name in ORDER]


def _source_of(
    name: SourceName,
    set_up: Sequence[SourceName],
    evidence: Sequence[Evidence],
    records: Sequence[VerificationRecord],
    checks: Mapping[str, Check],
    *,
    at: datetime,
) -> SourceView:
    counts = next((each for each in evidence if each.source == name and each.counts_at(at)), None)
    if counts is not None:
        return SourceView(name=name, state="confirmed", until=counts.valid_until)
    last = next((each for each in records if each.source == name), None)
    check = checks.get(last.check_id) if last is not None else None
    if last is None or last.state is VerificationState.MATCHED:
        return SourceView(name=name, state="open" if name in set_up else "closed")
    if last.state is VerificationState.PENDING:
        page_url = check.page_url if check is not None else ""
        return SourceView(name=name, state="pending", page_url=page_url, asked_at=last.asked_at)
    return SourceView(
        name=name, state="failed", why=_why(last, check), wrong=last.wrong, asked_at=last.asked_at
    )


def _why(record: VerificationRecord, check: Check | None) -> str:
    """The source's reason if it gave one, else how it ended."""
    if check is not None and check.reason and check.state is not State.UNKNOWN:
        return str(check.reason)
    return str(record.state)


def document_ends(person: Person | None, today: date) -> str:
    """`over`, `soon` or nothing: how a document's last day stands to today."""
    if person is None or person.state is PersonState.IN_REVIEW:
        return ""
    if person.expired_at is not None or (person.valid_until is not None and person.valid_until < today):
        return "over"
    return "soon" if person.valid_until is not None and person.valid_until < today + _SOON else ""
