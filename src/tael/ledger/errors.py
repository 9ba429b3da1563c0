"""What does the ledger refuse? In the order in which it checks.

1. `EntryMalformed`     the entry is not a balanced entry
2. `EntryIdReused`      the id was used before for another entry
3. `NoSuchAccount`      an account is not open
4. `LimitPassed`        an account's balance would pass its limit
5. `BalanceTooLarge`    an account's balance would not fit into 63 bits
"""

from tael.foundation.errors import Conflict, Declined, Malformed, NotFound


class EntryMalformed(Malformed):
    """The postings are empty, zero, or do not sum to zero in each currency."""

    code = "ledger.entry_malformed"


class EntryIdReused(Conflict):
    """The entry's id was used before for an entry with other content; the message names what differs."""

    code = "ledger.entry_id_reused"


class AccountDiffers(Conflict):
    """An account of that code and currency is open already, with another class or limit."""

    code = "ledger.account_differs"


class NoSuchAccount(NotFound):
    """No account of that code and currency is open."""

    code = "ledger.no_such_account"


class LimitPassed(Declined):
    """The balance would pass the account's limit; the message names the account and the amount missing."""

    code = "ledger.limit_passed"


class BalanceTooLarge(Declined):
    """The balance would not fit into the 63 bits that the books keep for it."""

    code = "ledger.balance_too_large"
