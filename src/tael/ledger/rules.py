"""What makes an entry, and what may an account refuse? One entry, one account at a time; no input, no output.

How a whole batch is decided in order stands in `ledger.decisions`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from tael.foundation.errors import Refusal
from tael.foundation.money import EXPONENTS, MAX_MINOR, decimal_text
from tael.ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AccountMalformed,
    BalanceTooLarge,
    EntryIdReused,
    EntryMalformed,
    HoldExceeded,
    LimitPassed,
)
from tael.ledger.model import (
    ALWAYS,
    EXPIRY,
    Account,
    AccountSpec,
    Frozen,
    JournalEntry,
    Limit,
    Phase,
    Posting,
    expiry_id,
    moment_of,
)

MOST_POSTINGS = 500
"""Lines of one entry."""
MOST_EXPONENT = 18
_LONGEST = {"id": 200, "kind": 64, "reference": 200}
_MOST_METADATA = 50
_LONGEST_KEY, _LONGEST_VALUE = 64, 500
_LONGEST_CODE, _LONGEST_CURRENCY = 200, 12
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Moments beyond are typing errors, and further beyond no calendar can write them."""
_NO_MOMENT = f"A moment has a zone and lies in the years {_EARLIEST.year} to {_LATEST.year - 1}."


class Standing:
    """An account in the middle of a batch: what is on it after the entries that were decided so far."""

    __slots__ = ("account", "balance", "dated", "guarded", "held_credits", "held_debits", "limit", "no")

    def __init__(
        self,
        account: Account,
        limit: Limit,
        *,
        balance: int = 0,
        held_debits: int = 0,
        held_credits: int = 0,
        dated: int = 0,
    ) -> None:
        self.account = account
        self.no = account.no
        self.limit = limit
        self.balance = balance
        self.held_debits = held_debits
        self.held_credits = held_credits
        self.dated = dated
        self.guarded = (
            account.closed_at is not None
            or account.frozen is not Frozen.NO
            or limit.floor_minor is not None
            or limit.ceiling_minor is not None
        )
        """Whether it may refuse anything at all."""

    def move(self, amount_minor: int) -> None:
        """Post a debit (positive) or a credit."""
        self.balance += amount_minor

    def move_dated(self, amount_minor: int) -> None:
        """Post what counts at an effective time of its own."""
        self.balance += amount_minor
        self.dated += amount_minor

    def hold(self, amount_minor: int) -> None:
        """Set a debit (positive) or a credit aside."""
        if amount_minor > 0:
            self.held_debits += amount_minor
        else:
            self.held_credits -= amount_minor

    def release(self, amount_minor: int) -> None:
        """End the hold of a debit (positive) or a credit."""
        if amount_minor > 0:
            self.held_debits -= amount_minor
        else:
            self.held_credits += amount_minor

    @property
    def amounts(self) -> tuple[int, int, int, int]:
        """Everything about it that moves."""
        return self.balance, self.held_debits, self.held_credits, self.dated

    def restore(self, amounts: tuple[int, int, int, int]) -> None:
        """Make the amounts what they were."""
        self.balance, self.held_debits, self.held_credits, self.dated = amounts

    @property
    def fits(self) -> bool:
        """Whether every amount of it, and every balance that it can come to with its holds posted, has 63 bits."""
        furthest = max(self.balance + self.held_debits, self.held_credits - self.balance)
        return max(furthest, self.held_debits, self.held_credits, abs(self.dated)) <= MAX_MINOR


# ── An entry by itself ────────────────────────────────────────────────────────────────────────────────


def why_malformed(entry: JournalEntry) -> EntryMalformed | None:
    """The refusal of an entry that is not a balanced entry by itself, or `None`."""
    for field, longest in _LONGEST.items():
        text: str = getattr(entry, field)
        if not 1 <= len(text) <= longest or not text.isprintable():
            if field == "id" and entry.ends and entry.id == expiry_id(entry.ends):
                continue
            return EntryMalformed(f"An entry's {field} has 1 to {longest} printable characters.", field=field)
    if entry.id.endswith(EXPIRY) and entry.phase is not Phase.EXPIRY:
        return EntryMalformed(f"Ids that end in {EXPIRY} are the ledger's own.", field="id")
    if entry.effective_at is not None and not _is_moment(entry.effective_at):
        return EntryMalformed(_NO_MOMENT, field="effective_at")
    if entry.expires_at is not None and not _is_moment(entry.expires_at):
        return EntryMalformed(_NO_MOMENT, field="expires_at")
    if entry.metadata:
        complaint = why_metadata_malformed(entry.metadata)
        if complaint is not None:
            return EntryMalformed(complaint, field="metadata")
    return _why_phase_malformed(entry) or _why_postings_malformed(entry)


def _why_phase_malformed(entry: JournalEntry) -> EntryMalformed | None:
    """Which fields go with which phase."""
    phase = entry.phase
    if phase is Phase.SINGLE and entry.expires_at is None and entry.ends is None and entry.reverses is None:
        return None
    if phase.ends_a_hold != (entry.ends is not None):
        return EntryMalformed("A post or a void says which entry it `ends`; no other does.", field="ends")
    if entry.reverses is not None and phase is not Phase.SINGLE:
        return EntryMalformed("Only an entry that moves money at once can reverse another.", field="reverses")
    if entry.expires_at is not None and phase is not Phase.PENDING:
        return EntryMalformed("Only a pending entry expires.", field="expires_at")
    if phase in (Phase.VOID, Phase.EXPIRY) and entry.postings:
        return EntryMalformed("A void releases everything: it has no postings.", field="postings")
    return None


def _why_postings_malformed(entry: JournalEntry) -> EntryMalformed | None:
    totals: dict[str, int] = {}
    for posting in entry.postings:
        minor = posting.amount_minor
        if minor == 0:
            return EntryMalformed(f"A posting on {posting.code} is zero.", field="postings.amount_minor")
        if not -MAX_MINOR <= minor <= MAX_MINOR:
            return EntryMalformed(
                f"A posting on {posting.code} is beyond {MAX_MINOR} minor units.",
                field="postings.amount_minor",
            )
        totals[posting.currency] = totals.get(posting.currency, 0) + minor
    if len(entry.postings) > MOST_POSTINGS:
        return EntryMalformed(f"An entry has at most {MOST_POSTINGS} postings.", field="postings")
    if not totals and entry.ends is None and entry.reverses is None:
        return EntryMalformed("An entry needs postings.", field="postings")
    for currency, total in totals.items():
        if total:
            return EntryMalformed(
                f"Debits and credits in {currency} differ by {abs(total)} minor units.", field="postings"
            )
    return None


def _is_moment(moment: datetime) -> bool:
    return moment.tzinfo is not None and _EARLIEST <= moment < _LATEST


def why_metadata_malformed(metadata: Mapping[str, str]) -> str | None:
    """What is wrong with the texts that a caller hangs on an entry or an account, or `None`."""
    if len(metadata) > _MOST_METADATA:
        return f"Metadata has at most {_MOST_METADATA} keys."
    for key, value in metadata.items():
        if not 1 <= len(key) <= _LONGEST_KEY or not key.isprintable():
            return f"A key of metadata has 1 to {_LONGEST_KEY} printable characters."
        if len(value) > _LONGEST_VALUE or not value.isprintable():
            return f"Metadata {key} is longer than {_LONGEST_VALUE} characters, or not printable."
    return None


def why_reused(entry: JournalEntry, first: JournalEntry, first_no: int) -> EntryIdReused | None:
    """The refusal if the id stands for something else already; `None` if it is the same entry again.

    What the entry leaves to the ledger (its effective time, postings that follow from another entry) differs from
    nothing. What the first one left to it became the moment of its booking.
    """
    differing = [
        field
        for field in ("kind", "reference", "phase", "ends", "reverses", "expires_at")
        if getattr(entry, field) != getattr(first, field)
    ]
    if entry.effective_at is not None and entry.effective_at != (first.effective_at or moment_of(first_no)):
        differing.append("effective_at")
    follows = (entry.ends is not None or entry.reverses is not None) and not entry.postings
    if not follows and entry.postings != first.postings:
        differing.append("postings")
    if (entry.metadata or None) != (first.metadata or None):
        differing.append("metadata")
    if not differing:
        return None
    return EntryIdReused(
        f"Entry {entry.id} is in the books with another {', '.join(differing)}.", field=differing[0]
    )


def why_more_than_held(posted: Sequence[Posting], held: Sequence[Posting]) -> HoldExceeded | None:
    """The refusal of a post that is not a part of what its pending entry holds: account by account, side by side."""
    left: dict[tuple[str, str, bool], int] = {}
    for sign, lines in ((1, held), (-1, posted)):
        for line in lines:
            side = (line.code, line.currency, line.amount_minor > 0)
            left[side] = left.get(side, 0) + sign * abs(line.amount_minor)
    for (code, currency, is_debit), minor in left.items():
        if minor < 0:
            return HoldExceeded(
                f"{-minor} minor units more are to be {'debited to' if is_debit else 'credited to'} {code} in"
                f" {currency} than the pending entry holds.",
                field="postings",
                account=code,
                missing_minor=-minor,
                currency=currency,
            )
    return None


# ── An account under an entry ─────────────────────────────────────────────────────────────────────────

Touched = Sequence[tuple[Standing, tuple[int, int, int, int]]]
"""Accounts that an entry has moved, each with its amounts before; where one appears again, the first counts."""


def why_refused_by_accounts(touched: Touched) -> Refusal | None:
    """What the accounts say to an entry that has moved them: closed, frozen, limit, in this order."""
    before: dict[int, tuple[Standing, tuple[int, int, int, int]]] = {}
    for standing, amounts in touched:
        before.setdefault(standing.no, (standing, amounts))
    guarded = [each for each in before.values() if each[0].guarded]
    for why in (_why_closed, _why_frozen, _why_limited):
        for standing, amounts in guarded:
            refusal = why(standing, amounts)
            if refusal is not None:
                return refusal
    return None


def too_large(account: Account) -> BalanceTooLarge:
    """The refusal of a balance that the books cannot hold."""
    return BalanceTooLarge(
        f"The balance of {account.code} would not fit into the books.",
        field="postings",
        account=account.code,
        limit_minor=MAX_MINOR,
        currency=account.currency,
    )


def _why_closed(standing: Standing, _before: tuple[int, int, int, int]) -> AccountClosed | None:
    account = standing.account
    if account.closed_at is None:
        return None
    return AccountClosed(
        f"{account.code} in {account.currency} was closed on {account.closed_at:%Y-%m-%d}.",
        field="postings",
        account=account.code,
        currency=account.currency,
    )


def _why_frozen(standing: Standing, before: tuple[int, int, int, int]) -> AccountFrozen | None:
    account = standing.account
    moved, debits_held, credits_held = (
        now - then for now, then in zip(standing.amounts[:3], before[:3], strict=True)
    )
    if account.account_class.normal_sign < 0:
        moved, debits_held, credits_held = -moved, credits_held, debits_held
    directions = {
        Frozen.IN: moved > 0 or debits_held > 0,
        Frozen.OUT: moved < 0 or credits_held > 0,
    }
    for direction, is_moved in directions.items():
        if is_moved and account.frozen in (direction, Frozen.BOTH):
            return AccountFrozen(
                f"{account.code} is frozen: nothing goes {direction}.",
                field="postings",
                account=account.code,
                currency=account.currency,
            )
    return None


def least_and_most(sign: int, amounts: tuple[int, int, int, int]) -> tuple[int, int]:
    """What a balance on its normal side comes to if all holds that take away are posted, and if all that bring are."""
    balance, held_debits, held_credits, _ = amounts
    if sign > 0:
        return balance - held_credits, balance + held_debits
    return -balance - held_debits, -balance + held_credits


def _why_limited(standing: Standing, before: tuple[int, int, int, int]) -> LimitPassed | None:
    """A balance may not pass its limit; one that already has may still come back towards it."""
    floor, ceiling = standing.limit.floor_minor, standing.limit.ceiling_minor
    sign = standing.account.account_class.normal_sign
    least, most = least_and_most(sign, standing.amounts)
    least_before, most_before = least_and_most(sign, before)
    if floor is not None and least < floor and least < least_before:
        return _limit_passed(standing.account, "fall below", floor, floor - least)
    if ceiling is not None and most > ceiling and most > most_before:
        return _limit_passed(standing.account, "rise above", ceiling, most - ceiling)
    return None


def _limit_passed(account: Account, verb: str, limit_minor: int, missing_minor: int) -> LimitPassed:
    amount = decimal_text(missing_minor, account.exponent)
    limit = decimal_text(limit_minor, account.exponent)
    return LimitPassed(
        f"{account.code} is {'short of' if verb == 'fall below' else 'over by'} {amount} {account.currency}: "
        f"its balance may not {verb} {limit} {account.currency}.",
        field="postings",
        account=account.code,
        limit_minor=limit_minor,
        missing_minor=missing_minor,
        currency=account.currency,
    )


# ── An account by itself ──────────────────────────────────────────────────────────────────────────────


def why_account_malformed(spec: AccountSpec) -> AccountMalformed | None:
    """The refusal of an account that cannot be opened like that, or `None`."""
    segments = spec.code.split(":")
    if not 1 <= len(spec.code) <= _LONGEST_CODE or not spec.code.isprintable() or not all(segments):
        return AccountMalformed(
            f"A code has 1 to {_LONGEST_CODE} printable characters, and no segment between colons is empty.",
            field="code",
            hint="For example merchant:42:pending.",
        )
    currency = spec.currency
    if not 1 <= len(currency) <= _LONGEST_CURRENCY or not currency.isalnum() or not currency.isascii():
        return AccountMalformed(
            f"A currency has 1 to {_LONGEST_CURRENCY} letters and digits.", field="currency"
        )
    if currency not in EXPONENTS and spec.exponent is None:
        return AccountMalformed(
            f"{currency} is not a currency of ISO 4217: say how many decimals it has.",
            field="exponent",
            hint="A whole number from 0 to 18, for example 6.",
        )
    if spec.exponent is not None and not 0 <= spec.exponent <= MOST_EXPONENT:
        return AccountMalformed(f"A currency has 0 to {MOST_EXPONENT} decimals.", field="exponent")
    if spec.exponent is not None and EXPONENTS.get(currency, spec.exponent) != spec.exponent:
        return AccountMalformed(
            f"{currency} has {EXPONENTS[currency]} decimals by ISO 4217, not {spec.exponent}.",
            field="exponent",
        )
    if spec.metadata:
        complaint = why_metadata_malformed(spec.metadata)
        if complaint is not None:
            return AccountMalformed(complaint, field="metadata")
    return why_limit_malformed(Limit(floor_minor=spec.floor_minor, ceiling_minor=spec.ceiling_minor))


def why_limit_malformed(limit: Limit) -> AccountMalformed | None:
    """The refusal of a limit that nothing could ever satisfy or that the books cannot hold, or `None`."""
    if limit.begins_at != ALWAYS and not _is_moment(limit.begins_at):
        return AccountMalformed(_NO_MOMENT, field="begins_at")
    for field in ("floor_minor", "ceiling_minor"):
        minor: int | None = getattr(limit, field)
        if minor is not None and abs(minor) > MAX_MINOR:
            return AccountMalformed(f"A limit is at most {MAX_MINOR} minor units.", field=field)
    if limit.floor_minor is None or limit.ceiling_minor is None or limit.floor_minor <= limit.ceiling_minor:
        return None
    return AccountMalformed("The floor is above the ceiling.", field="floor_minor")


def same_terms(spec: AccountSpec, account: Account) -> str | None:
    """The first field in which an open account differs from how it is to be opened; `None` if it is the same."""
    opened_with = account.limits[0]
    differs = {
        "account_class": spec.account_class != account.account_class,
        "floor_minor": spec.floor_minor != opened_with.floor_minor,
        "ceiling_minor": spec.ceiling_minor != opened_with.ceiling_minor,
        "exponent": spec.exponent not in (None, account.exponent),
    }
    return next((field for field in differs if differs[field]), None)
