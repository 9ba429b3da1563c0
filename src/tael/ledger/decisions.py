"""What becomes of a batch? Entry after entry is decided, in order, against accounts that were loaded once.

A *sheet* is the part of the books that a batch touches. Deciding writes nothing and reads nothing else: it says
what is to be written, and moves the sheet on, so that the next entry sees what the one before has done.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation.errors import Refusal
from tael.ledger import rules
from tael.ledger.errors import (
    AlreadyReversed,
    EntryMalformed,
    HoldEnded,
    HoldExpired,
    LinkedRefused,
    MonthArchived,
    NoSuchAccount,
    NoSuchEntry,
    NotEndable,
    NotReversible,
    PeriodClosed,
)
from tael.ledger.model import Booked, Decided, JournalEntry, Line, Phase, Posting, moment_of
from tael.ledger.rules import Standing


def accounts_of(entries: Sequence[JournalEntry]) -> list[tuple[str, str]]:
    """Code and currency of every account that the entries touch, each once; what cannot be a name is left out."""
    names = {(posting.code, posting.currency): None for entry in entries for posting in entry.postings}
    return [name for name in names if name[0].isprintable() and name[1].isprintable()]


class Known(msgspec.Struct, frozen=True):
    """An entry in the books, or one that this batch has decided before."""

    no: int
    entry: JournalEntry


class Sheet:
    """The part of the books that a batch touches."""

    def __init__(
        self,
        standings: Mapping[tuple[str, str], Standing],
        *,
        known: Mapping[str, Known] | None = None,
        ended: Mapping[str, Phase] | None = None,
        taken_back: Mapping[str, str] | None = None,
        closed_until: datetime | None = None,
        archived: Callable[[JournalEntry], Booked | Refusal | None] = lambda _: None,
        archived_as: Mapping[str, int] | None = None,
    ) -> None:
        self.standings = standings
        """Every open account that an entry of the batch may move."""
        self.known = dict(known or {})
        """Entries by id: those with the ids of the batch, and those that it ends or reverses."""
        self.ended = dict(ended or {})
        """How those of the pending entries ended that have ended."""
        self.taken_back = dict(taken_back or {})
        """By which entry those were taken back that were."""
        self.closed_until = closed_until
        self.archived = archived
        """What to answer an entry whose id belongs to one in an archived month; `None` to others."""
        self.archived_as = archived_as or {}
        """The numbers of those of the ids whose entries are archived."""

    def target(self, id: str | None, *, field: str) -> Known | NoSuchEntry | MonthArchived:
        """The entry that another wants to end or to reverse."""
        known = self.known.get(id or "")
        if known is not None:
            return known
        archived_as = self.archived_as.get(id or "")
        if archived_as is not None:
            month = f"{moment_of(archived_as):%Y-%m}"
            return MonthArchived(f"Entry {id} lies in the archived month {month}.", field=field)
        return NoSuchEntry(f"No entry {id} is in the books.", field=field)


Verdict = Decided | Booked | Refusal
"""To be written now, written before, or not at all."""

_Trail = list[tuple[Standing, tuple[int, int, int, int]]]
"""Every account that was moved, with its amounts before, in the order in which it happened."""


def decide(entries: Sequence[JournalEntry], sheet: Sheet, *, first_no: int) -> list[Verdict]:
    """What becomes of each entry. The entry at place `n`, if it is booked, gets the number `first_no + n`."""
    verdicts: list[Verdict] = []
    for chain in _chains(entries):
        if len(chain) == 1 and not chain[0].linked:
            verdicts.append(_decide_one(chain[0], sheet, first_no + len(verdicts), []))
        else:
            verdicts += _decide_chain(chain, sheet, first_no + len(verdicts))
    return verdicts


def _chains(entries: Sequence[JournalEntry]) -> Iterator[Sequence[JournalEntry]]:
    """Entries that stand or fall together."""
    begin = 0
    for end, entry in enumerate(entries, 1):
        if not entry.linked or end == len(entries):
            yield entries[begin:end]
            begin = end


def _decide_chain(chain: Sequence[JournalEntry], sheet: Sheet, first_no: int) -> list[Verdict]:
    """All, or none and why. An entry that is in the books already stays there, whatever it is linked to."""
    if chain[-1].linked:
        refusal = EntryMalformed("The last entry of a batch has no next one to be linked to.", field="linked")
        return [*(_booked_or_refused(each, chain[-1], sheet) for each in chain[:-1]), refusal]
    trail: _Trail = []
    decided: list[Verdict] = []
    for place, entry in enumerate(chain):
        verdict = _decide_one(entry, sheet, first_no + place, trail)
        if isinstance(verdict, Refusal):
            _undo(trail, decided, sheet)
            others = [_booked_or_refused(each, entry, sheet) for each in chain]
            return [*others[:place], verdict, *others[place + 1 :]]
        decided.append(verdict)
    return decided


def _booked_or_refused(entry: JournalEntry, guilty: JournalEntry, sheet: Sheet) -> Booked | LinkedRefused:
    known = sheet.known.get(entry.id)
    if known is not None and rules.why_reused(entry, known.entry, known.no) is None:
        return Booked(known.no, entry.id)
    archived = sheet.archived(entry)
    if isinstance(archived, Booked):
        return archived
    return LinkedRefused(
        f"It is linked to entry {guilty.id[:200]}, which was refused.", entry=guilty.id[:200]
    )


def _undo(trail: _Trail, decided: Sequence[Verdict], sheet: Sheet) -> None:
    for standing, amounts in reversed(trail):
        standing.restore(amounts)
    for verdict in decided:
        if isinstance(verdict, Decided):
            del sheet.known[verdict.entry.id]
            sheet.ended.pop(verdict.entry.ends or "", None)
            sheet.taken_back.pop(verdict.entry.reverses or "", None)


def _decide_one(entry: JournalEntry, sheet: Sheet, no: int, trail: _Trail) -> Verdict:
    """What becomes of one entry, for the first reason in the order of `ledger.errors`."""
    malformed = rules.why_malformed(entry)
    if malformed is not None:
        return malformed
    known = sheet.known.get(entry.id)
    if known is not None:
        return rules.why_reused(entry, known.entry, known.no) or Booked(known.no, entry.id)
    answered = sheet.archived(entry)
    if answered is not None:
        return answered
    if sheet.closed_until and entry.effective_at and entry.effective_at < sheet.closed_until:
        return PeriodClosed(
            f"The books are closed until {sheet.closed_until.isoformat()}; this entry counts on"
            f" {entry.effective_at.isoformat()}.",
            field="effective_at",
        )
    if entry.phase is Phase.SINGLE and entry.reverses is None:
        verdict = _move(entry, entry.postings, sheet, no, trail)
    elif entry.phase is Phase.PENDING:
        verdict = _hold(entry, sheet, no, trail)
    elif entry.reverses is not None:
        verdict = _reverse(entry, sheet, no, trail)
    else:
        verdict = _end(entry, sheet, no, trail)
    if isinstance(verdict, Decided):
        sheet.known[entry.id] = Known(no, verdict.entry)
    return verdict


def _move(
    entry: JournalEntry, postings: Sequence[Posting], sheet: Sheet, no: int, trail: _Trail
) -> Decided | Refusal:
    """The postings move their accounts, unless one of these refuses."""
    lines = _touch(postings, _step_of(entry), sheet, trail, begin=len(trail))
    if isinstance(lines, Refusal):
        return lines
    return Decided(no=no, entry=entry, lines=lines, dated_after=_dated(entry, lines, trail))


def _touch(
    postings: Sequence[Posting],
    step: Callable[[Standing, int], None],
    sheet: Sheet,
    trail: _Trail,
    *,
    begin: int,
) -> list[Line] | Refusal:
    """Take a step on each account, unless one of them refuses: then all that the entry did since `begin` is undone."""
    lines = []
    guarded = False
    overflowing: Standing | None = None
    for posting in postings:
        standing = sheet.standings.get((posting.code, posting.currency))
        if standing is None:
            _take_back(trail, begin)
            return _not_open(posting)
        trail.append((standing, standing.amounts))
        step(standing, posting.amount_minor)
        guarded = guarded or standing.guarded
        if overflowing is None and not standing.fits:
            overflowing = standing
        lines.append(Line(standing.no, posting.amount_minor, standing.balance))
    refusal = rules.why_refused_by_accounts(trail[begin:]) if guarded else None
    if refusal is None and overflowing is not None:
        refusal = rules.too_large(overflowing.account)
    if refusal is not None:
        _take_back(trail, begin)
        return refusal
    return lines


def _dated(entry: JournalEntry, lines: Sequence[Line], trail: _Trail) -> Sequence[int]:
    """The sum, after each line, of what its account has moved with an effective time of its own."""
    if entry.effective_at is None or not lines:
        return ()
    return [
        amounts[3] + line.amount_minor for line, (_, amounts) in zip(lines, trail[-len(lines) :], strict=True)
    ]


def _step_of(entry: JournalEntry) -> Callable[[Standing, int], None]:
    return Standing.move if entry.effective_at is None else Standing.move_dated


def _hold(entry: JournalEntry, sheet: Sheet, no: int, trail: _Trail) -> Decided | Refusal:
    """The postings are held on their accounts, unless one of these refuses."""
    if entry.expires_at is not None and entry.expires_at <= moment_of(no):
        return HoldExpired("A pending entry cannot expire in the past.", field="expires_at")
    held = _touch(entry.postings, Standing.hold, sheet, trail, begin=len(trail))
    if isinstance(held, Refusal):
        return held
    return Decided(no=no, entry=entry, lines=(), held=held)


def _end(entry: JournalEntry, sheet: Sheet, no: int, trail: _Trail) -> Decided | Refusal:
    """The hold is released; a post then moves what it asks for, all that was held if it does not say."""
    target = sheet.target(entry.ends, field="ends")
    if isinstance(target, Refusal):
        return target
    if target.entry.phase is not Phase.PENDING:
        return NotEndable(f"Entry {entry.ends} is not a pending one.", field="ends")
    ended_as = sheet.ended.get(target.entry.id)
    if ended_as is not None:
        return HoldEnded(
            f"The pending entry {entry.ends} has ended before, by {_ENDS[ended_as]}.",
            field="ends",
            ended_as=ended_as.value,
        )
    held = target.entry.postings
    if entry.phase is Phase.EXPIRY and not _is_due(target.entry, no):
        return NotEndable(f"The time of the pending entry {entry.ends} is not over.", field="ends")
    if entry.phase is Phase.POST:
        if _is_due(target.entry, no):
            return HoldExpired(
                f"The pending entry {entry.ends} expired at {target.entry.expires_at}.",
                field="ends",
            )
        too_much = rules.why_more_than_held(entry.postings, held)
        if too_much is not None:
            return too_much
    begin = len(trail)
    for posting in held:
        standing = sheet.standings[posting.code, posting.currency]
        trail.append((standing, standing.amounts))
        standing.release(posting.amount_minor)
    posted = (entry.postings or held) if entry.phase is Phase.POST else ()
    lines = _touch(posted, _step_of(entry), sheet, trail, begin=begin)
    if isinstance(lines, Refusal):
        return lines
    sheet.ended[target.entry.id] = entry.phase
    return Decided(
        no=no,
        entry=msgspec.structs.replace(entry, postings=posted),
        lines=lines,
        regards_no=target.no,
        dated_after=_dated(entry, lines, trail),
    )


def _is_due(pending: JournalEntry, no: int) -> bool:
    """Whether the time of a pending entry is over when the entry of that number is booked."""
    return pending.expires_at is not None and pending.expires_at <= moment_of(no)


_ENDS = {Phase.POST: "a post", Phase.VOID: "a void", Phase.EXPIRY: "its expiry"}


def _reverse(entry: JournalEntry, sheet: Sheet, no: int, trail: _Trail) -> Decided | Refusal:
    """The lines of the entry that it takes back, with the sides changed."""
    target = sheet.target(entry.reverses, field="reverses")
    if isinstance(target, Refusal):
        return target
    if target.entry.phase not in (Phase.SINGLE, Phase.POST):
        return NotReversible(
            f"Entry {entry.reverses} moved nothing that could be taken back.",
            field="reverses",
            hint="Void a pending entry to release what it holds.",
        )
    by = sheet.taken_back.get(target.entry.id)
    if by is not None:
        return AlreadyReversed(
            f"Entry {entry.reverses} was taken back before, by {by}.", field="reverses", by=by
        )
    postings = _opposite(target.entry.postings)
    if entry.postings and entry.postings != postings:
        return EntryMalformed(
            f"The postings are not those of entry {entry.reverses} with the sides changed.",
            field="postings",
            hint="Leave them out: they follow from the entry that is reversed.",
        )
    verdict = _move(msgspec.structs.replace(entry, postings=postings), postings, sheet, no, trail)
    if isinstance(verdict, Decided):
        sheet.taken_back[target.entry.id] = entry.id
        verdict = msgspec.structs.replace(verdict, regards_no=target.no)
    return verdict


def _opposite(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """The same lines with the sides changed."""
    return tuple(Posting(line.code, line.currency, -line.amount_minor) for line in postings)


def _not_open(posting: Posting) -> NoSuchAccount:
    return NoSuchAccount(
        f"No account {posting.code} is open in {posting.currency}.",
        field="postings.code",
        account=posting.code,
        currency=posting.currency,
    )


def _take_back(trail: _Trail, begin: int) -> None:
    """Undo what an entry did before it was refused."""
    while len(trail) > begin:
        standing, amounts = trail.pop()
        standing.restore(amounts)
