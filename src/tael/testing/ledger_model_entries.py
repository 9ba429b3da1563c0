"""What does the model of the ledger say of an entry by itself, without looking at any account?"""

from collections.abc import Iterator, Sequence

import msgspec

from tael.ledger.model import JournalEntry, Phase, Posting, moment_of

LARGEST = 2**63 - 1


class Written(msgspec.Struct, frozen=True):
    """An entry in the books, with the lines that it moved or holds."""

    no: int
    entry: JournalEntry
    lines: tuple[Posting, ...]


def groups(batch: Sequence[JournalEntry]) -> Iterator[list[JournalEntry]]:
    """Entries that stand or fall together."""
    group: list[JournalEntry] = []
    for entry in batch:
        group.append(entry)
        if not entry.linked:
            yield group
            group = []
    if group:
        yield group


def lines_of(entry: JournalEntry, target: Written | None) -> tuple[Posting, ...]:
    """What an entry moves or holds: what it says, or what follows from its target."""
    if entry.phase in (Phase.VOID, Phase.EXPIRY):
        return ()
    if target is None or entry.postings:
        return tuple(entry.postings)
    return opposite(target.lines) if entry.reverses else target.lines


def opposite(lines: Sequence[Posting]) -> tuple[Posting, ...]:
    """The same lines with the sides changed."""
    return tuple(Posting(line.code, line.currency, -line.amount_minor) for line in lines)


def more_than(posted: Sequence[Posting], held: Sequence[Posting]) -> Iterator[tuple[str, int]]:
    """Where more is posted than was held: account by account, side by side, how much."""
    sides = {
        (line.code, line.currency, "debit" if line.amount_minor > 0 else "credit"): 0
        for line in (*held, *posted)
    }
    for code, currency, side in sides:
        sign = 1 if side == "debit" else -1
        wanted, there = (
            sum(
                max(sign * line.amount_minor, 0)
                for line in lines
                if (line.code, line.currency) == (code, currency)
            )
            for lines in (posted, held)
        )
        if wanted > there:
            yield code, wanted - there


def differing(entry: JournalEntry, found: Written) -> str | None:
    """The first field in which a repeated id stands for something else."""
    first = found.entry
    for field in ("kind", "reference", "phase", "ends", "reverses", "expires_at"):
        if getattr(entry, field) != getattr(first, field):
            return field
    if entry.effective_at and entry.effective_at != (first.effective_at or moment_of(found.no)):
        return "effective_at"
    says_nothing = not entry.postings and (entry.ends or entry.reverses)
    if not says_nothing and entry.postings != found.lines:
        return "postings"
    return "metadata" if (entry.metadata or {}) != (first.metadata or {}) else None


def is_malformed(entry: JournalEntry) -> bool:
    """Whether no ledger could book it."""
    ends, pending = entry.ends is not None, entry.phase is Phase.PENDING
    lines = entry.postings
    totals = {line.currency: 0 for line in lines}
    for line in lines:
        totals[line.currency] += line.amount_minor
    return (
        ends != (entry.phase in (Phase.POST, Phase.VOID, Phase.EXPIRY))
        or (entry.reverses is not None and entry.phase is not Phase.SINGLE)
        or (entry.expires_at is not None and not pending)
        or (bool(lines) and entry.phase in (Phase.VOID, Phase.EXPIRY))
        or (not lines and not ends and entry.reverses is None)
        or any(line.amount_minor == 0 or abs(line.amount_minor) > LARGEST for line in lines)
        or any(totals.values())
    )
