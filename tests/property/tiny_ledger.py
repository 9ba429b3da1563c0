"""What would a ledger of one page do? The model that the real one is compared with."""

from collections.abc import Mapping

from tael.ledger.model import AccountClass, AccountSpec, JournalEntry

BOOKED = "booked"
LARGEST = 2**63 - 1

Name = tuple[str, str]


class TinyLedger:
    """Accounts, balances (debits positive) and entries in memory."""

    def __init__(self, accounts: Mapping[Name, AccountSpec]) -> None:
        self.accounts = accounts
        self.balances = dict.fromkeys(accounts, 0)
        self.entries: dict[str, JournalEntry] = {}

    def post(self, entry: JournalEntry) -> str:
        """Book the entry and say so, or say the name of the refusal."""
        if not entry.postings or any(line.amount_minor == 0 for line in entry.postings):
            return "EntryMalformed"
        for currency in {line.currency for line in entry.postings}:
            if sum(line.amount_minor for line in entry.postings if line.currency == currency):
                return "EntryMalformed"
        if entry.id in self.entries:
            return BOOKED if entry == self.entries[entry.id] else "EntryIdReused"
        if any((line.code, line.currency) not in self.accounts for line in entry.postings):
            return "NoSuchAccount"
        after = dict(self.balances)
        too_large = False
        for line in entry.postings:
            after[line.code, line.currency] += line.amount_minor
            too_large |= abs(after[line.code, line.currency]) > LARGEST
        if any(self._passes_limit(name, after[name]) for name in after):
            return "LimitPassed"
        if too_large:
            return "BalanceTooLarge"
        self.balances = after
        self.entries[entry.id] = entry
        return BOOKED

    def _passes_limit(self, name: Name, after: int) -> bool:
        account = self.accounts[name]
        if account.floor_minor is None:
            return False
        floor = account.floor_minor
        side = 1 if account.account_class in (AccountClass.ASSET, AccountClass.EXPENSE) else -1
        return side * after < floor and side * after < side * self.balances[name]
