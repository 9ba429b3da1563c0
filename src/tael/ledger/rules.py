"""May this entry be booked? Decided in order against balances loaded once; no input, no output."""

from collections.abc import Mapping, Sequence

from tael.foundation.errors import Refusal
from tael.foundation.money import MAX_MINOR, Money
from tael.ledger.errors import BalanceTooLarge, EntryIdReused, EntryMalformed, LimitPassed, NoSuchAccount
from tael.ledger.model import Account, JournalEntry, Line


def why_malformed(entry: JournalEntry) -> EntryMalformed | None:
    """The refusal of an entry that is not a balanced entry by itself, or `None`."""
    totals: dict[str, int] = {}
    for posting in entry.postings:
        if posting.amount_minor == 0:
            return EntryMalformed(f"A posting on {posting.code} is zero.", field="postings.amount_minor")
        if abs(posting.amount_minor) > MAX_MINOR:
            return EntryMalformed(f"A posting on {posting.code} is too large.", field="postings.amount_minor")
        totals[posting.currency] = totals.get(posting.currency, 0) + posting.amount_minor
    if not totals:
        return EntryMalformed("An entry needs postings.", field="postings")
    for currency, total in totals.items():
        if total:
            return EntryMalformed(
                f"Debits and credits in {currency} differ by {abs(total)} minor units.", field="postings"
            )
    return None


def decide(
    entry: JournalEntry, accounts: Mapping[tuple[str, str], Account], balances: dict[int, int]
) -> list[Line] | Refusal:
    """The lines of the entry with their balances, or why not. `balances` moves on only if the entry is booked."""
    lines: list[Line] = []
    moved: dict[int, int] = {}
    too_large: BalanceTooLarge | None = None
    for posting in entry.postings:
        account = accounts.get((posting.code, posting.currency))
        if account is None:
            return NoSuchAccount(
                f"No account {posting.code} is open in {posting.currency}.", field="postings.code"
            )
        before = moved[account.no] if account.no in moved else balances[account.no]
        after = before + posting.amount_minor
        if abs(after) > MAX_MINOR:
            too_large = BalanceTooLarge(f"The balance of {account.code} would not fit into the books.")
        moved[account.no] = after
        lines.append(Line(account.no, posting.amount_minor, after))
    for posting in entry.postings:
        account = accounts[posting.code, posting.currency]
        refusal = _limit_refusal(account, balances[account.no], moved[account.no])
        if refusal is not None:
            return refusal
    if too_large is not None:
        return too_large
    balances.update(moved)
    return lines


def _limit_refusal(account: Account, before_minor: int, after_minor: int) -> LimitPassed | None:
    """A balance may not pass its limit; one that already has may still come back towards it."""
    floor = account.floor
    if floor is None:
        return None
    sign = account.account_class.normal_sign
    missing = floor - sign * after_minor
    if missing <= 0 or sign * after_minor >= sign * before_minor:
        return None
    return LimitPassed(
        f"{account.code} is short of {Money(missing, account.currency)}: its balance may not fall below"
        f" {Money(floor, account.currency)}.",
        field="postings",
        account=account.code,
        missing_minor=missing,
        currency=account.currency,
    )


def why_reused(entry: JournalEntry, first: JournalEntry) -> EntryIdReused | None:
    """The refusal if the id stands for something else already; `None` if it is the same entry again."""
    differing = [
        field
        for field in ("kind", "reference", "effective_at", "postings")
        if getattr(entry, field) != getattr(first, field)
        and not (field == "effective_at" and entry.effective_at is None)
    ]
    if not differing:
        return None
    return EntryIdReused(
        f"Entry {entry.id} is in the books with another {', '.join(differing)}.", field=differing[0]
    )


def accounts_of(entries: Sequence[JournalEntry]) -> list[tuple[str, str]]:
    """Code and currency of every account that the entries touch, each once."""
    return list({(posting.code, posting.currency): None for entry in entries for posting in entry.postings})
