"""What does the ledger refuse? An entry is refused for the first of these reasons, in the order in which it checks.

 1. `EntryMalformed`     the entry is not a balanced entry by itself
 2. `EntryIdReused`      the id was used before for another entry
 3. `PeriodClosed`       it counts in a period whose books are closed
 4. `NoSuchEntry`, `MonthArchived`     the entry that it ends or reverses is not in the books, or no longer at hand
 5. `NotEndable`, `NotReversible`     that entry is not pending, or cannot be taken back
 6. `HoldEnded`, `HoldExpired`, `AlreadyReversed`     somebody was faster, or time was
 7. `HoldExceeded`       it posts more than was held
 8. `NoSuchAccount`      an account is not open
 9. `AccountClosed`      an account is closed
10. `AccountFrozen`      an account is frozen in this direction
11. `LimitPassed`        an account's balance would pass its floor, or its ceiling
12. `BalanceTooLarge`    an account's balance would not fit into 63 bits
13. `LinkedRefused`      an entry that it is linked to was refused

The voids and expiries of a hold give money back to where it was: 9 to 12 do not stop them.
"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound, Unauthenticated


class EntryMalformed(Malformed):
    """A field cannot be what it is, or the postings are empty, zero, or do not sum to zero in each currency."""

    code = "ledger.entry_malformed"


class EntryIdReused(Conflict):
    """The entry's id was used before for an entry with other content; the message names what differs."""

    code = "ledger.entry_id_reused"


class PeriodClosed(Conflict):
    """The books are closed for the time at which the entry counts."""

    code = "ledger.period_closed"


class NoSuchEntry(NotFound):
    """No entry of that id is in the books."""

    code = "ledger.no_such_entry"


class NotEndable(Conflict):
    """The entry to be posted or voided is not a pending one."""

    code = "ledger.not_endable"


class NotReversible(Conflict):
    """The entry moved nothing: it is pending, a void or an expiry. A pending entry is voided instead."""

    code = "ledger.not_reversible"


class HoldEnded(Conflict):
    """The pending entry was posted, voided or expired before; the message says which."""

    code = "ledger.hold_ended"


class HoldExpired(Conflict):
    """The pending entry's time is over."""

    code = "ledger.hold_expired"


class AlreadyReversed(Conflict):
    """The entry was taken back before."""

    code = "ledger.already_reversed"


class HoldExceeded(Declined):
    """More is to be posted than the pending entry holds, or on other accounts."""

    code = "ledger.hold_exceeded"


class AccountDiffers(Conflict):
    """An account of that code and currency is open already, with another class or limit."""

    code = "ledger.account_differs"


class AccountMalformed(Malformed):
    """A code, currency, limit or metadata of an account cannot be used."""

    code = "ledger.account_malformed"


class NoSuchAccount(NotFound):
    """No account of that code and currency is open."""

    code = "ledger.no_such_account"


class AccountClosed(Declined):
    """The account is closed: nothing moves on it any more."""

    code = "ledger.account_closed"


class AccountFrozen(Declined):
    """The account is frozen in the direction in which the entry would move it."""

    code = "ledger.account_frozen"


class AccountInUse(Conflict):
    """An account with a balance or with holds cannot be closed."""

    code = "ledger.account_in_use"


class LimitPassed(Declined):
    """The balance would pass the account's limit; the message names the account, the limit and the amount missing."""

    code = "ledger.limit_passed"


class BalanceTooLarge(Declined):
    """The balance would not fit into the 63 bits that the books keep for it."""

    code = "ledger.balance_too_large"


class LinkedRefused(Conflict):
    """An entry that this one is linked to was refused; the message names it."""

    code = "ledger.linked_refused"


class PeriodNotOver(Conflict):
    """The books cannot be closed for a time that has not passed."""

    code = "ledger.period_not_over"


class ClosedFurther(Conflict):
    """The books are closed further already; going back is a re-opening, and said as such."""

    code = "ledger.closed_further"


class PeriodNotClosed(Conflict):
    """There is nothing to re-open: the books are not closed, or not that far."""

    code = "ledger.period_not_closed"


class ReportTooLong(Declined):
    """The report would have more lines than fit into one answer or file; ask for less, or for sums."""

    code = "ledger.report_too_long"


class StatementChanged(Conflict):
    """Entries were backdated into the pages of a statement that were read before: read it again."""

    code = "ledger.statement_changed"


# ── Keys of the API ───────────────────────────────────────────────────────────────────────────────────


class KeyMalformed(Malformed):
    """A key's name, or what it shall be allowed, cannot be used."""

    code = "ledger.key_malformed"


class NoSuchKey(NotFound):
    """No key of that prefix exists."""

    code = "ledger.no_such_key"


class KeyRefused(Unauthenticated):
    """The API key is missing, mistyped, or revoked."""

    code = "ledger.key_refused"


class NotSealedYet(Conflict):
    """The entry is booked, and its block is not made yet."""

    code = "ledger.not_sealed_yet"


class PastReplaced(Conflict):
    """A sealed block that was told to the outside is not in the database any more as it was."""

    code = "ledger.past_replaced"


class NotArchivable(Conflict):
    """The month cannot be taken out of the database now; the message says why."""

    code = "ledger.not_archivable"


class MonthArchived(Conflict):
    """What was asked for lies in a month that was taken out of the database; the message says which."""

    code = "ledger.month_archived"
