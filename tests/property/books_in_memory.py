"""How are the ledger's decisions asked without a database? Over sheets that live in memory from batch to batch."""

import copy
from collections.abc import Sequence
from datetime import datetime
from typing import Self

import msgspec

from tael.ledger.api import AccountChange
from tael.ledger.decisions import Known, Sheet, decide
from tael.ledger.model import (
    Account,
    AccountSpec,
    Decided,
    Frozen,
    JournalEntry,
    Limit,
    Phase,
    number_at,
)
from tael.ledger.rules import Standing
from tael.testing.ledger_model import Answer, Sums, answer_of

Name = tuple[str, str]


class BooksInMemory:
    """What a database would keep between two batches."""

    def __init__(self, specs: Sequence[AccountSpec]) -> None:
        self.accounts = {
            spec.name: Account(
                no=no,
                code=spec.code,
                currency=spec.currency,
                exponent=2,
                account_class=spec.account_class,
                limits=(Limit(floor_minor=spec.floor_minor, ceiling_minor=spec.ceiling_minor),),
            )
            for no, spec in enumerate(specs, 1)
        }
        self.amounts = dict.fromkeys(self.accounts, (0, 0, 0, 0))
        self.known: dict[str, Known] = {}
        self.ended: dict[str, Phase] = {}
        self.taken_back: dict[str, str] = {}
        self.closed_until: datetime | None = None
        self._last_no = 0

    def copy(self) -> Self:
        """The same books, to be written on without changing these."""
        return copy.deepcopy(self)

    def post(self, batch: Sequence[JournalEntry], now: datetime) -> tuple[int, list[Answer]]:
        """The first number, and what became of each entry."""
        first_no = max(self._last_no + 1, number_at(now))
        self._last_no = first_no + len(batch) - 1
        sheet = Sheet(
            {name: self._standing(name, now) for name in self.accounts},
            known=self.known,
            ended=self.ended,
            taken_back=self.taken_back,
            closed_until=self.closed_until,
        )
        verdicts = decide(batch, sheet, first_no=first_no)
        for verdict in verdicts:
            if isinstance(verdict, Decided):
                self._write(verdict)
        replayed = {name: standing.amounts for name, standing in sheet.standings.items()}
        assert replayed == self.amounts, "what is written is not what the sheet has come to"
        return first_no, [answer_of(verdict) for verdict in verdicts]

    def _standing(self, name: Name, now: datetime) -> Standing:
        account = self.accounts[name]
        balance, held_debits, held_credits, dated = self.amounts[name]
        return Standing(
            account,
            account.limit_at(now),
            balance=balance,
            held_debits=held_debits,
            held_credits=held_credits,
            dated=dated,
        )

    def _write(self, decided: Decided) -> None:
        """Write what was decided and nothing else, line by line, as the store does."""
        entry = decided.entry
        names = {account.no: name for name, account in self.accounts.items()}
        self.known[entry.id] = Known(decided.no, entry)
        if entry.ends:
            assert self.known[entry.ends].no == decided.regards_no
            assert entry.ends not in self.ended
            self.ended[entry.ends] = entry.phase
            for posting in self.known[entry.ends].entry.postings:
                self._add((posting.code, posting.currency), held=posting.amount_minor, times=-1)
        if entry.reverses:
            assert self.known[entry.reverses].no == decided.regards_no
            self.taken_back[entry.reverses] = entry.id
        for line in decided.held:
            self._add(names[line.account_no], held=line.amount_minor, times=1)
        is_dated = entry.effective_at is not None
        for place, line in enumerate(decided.lines):
            name = names[line.account_no]
            self._add(name, moved=line.amount_minor, dated=line.amount_minor if is_dated else 0)
            assert self.amounts[name][0] == line.balance_after_minor
            assert not is_dated or self.amounts[name][3] == decided.dated_after[place]

    def _add(self, name: Name, *, moved: int = 0, held: int = 0, times: int = 0, dated: int = 0) -> None:
        balance, debits, credits, already_dated = self.amounts[name]
        self.amounts[name] = (
            balance + moved,
            debits + times * max(held, 0),
            credits + times * max(-held, 0),
            already_dated + dated,
        )

    def change(self, change: AccountChange, now: datetime) -> str:
        """Change an account as it is asked; why not, or nothing."""
        name = (change.code, change.currency)
        account = self.accounts[name]
        if change.close:
            if any(self.amounts[name][:3]):
                return "ledger.account_in_use"
            self.accounts[name] = msgspec.structs.replace(account, closed_at=account.closed_at or now)
            return ""
        if account.closed_at is not None:
            return "ledger.account_closed"
        limits = account.limits
        if change.limit is not None:
            limits = tuple(sorted((*limits, change.limit), key=lambda limit: limit.begins_at))
        frozen: Frozen = account.frozen if change.frozen is None else change.frozen
        self.accounts[name] = msgspec.structs.replace(account, frozen=frozen, limits=limits)
        return ""

    def sums(self) -> dict[Name, Sums]:
        """What is on each account."""
        return {name: Sums(*amounts) for name, amounts in self.amounts.items()}
