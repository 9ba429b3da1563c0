"""What would a ledger of two screens do? The oracle that the real one is compared with.

Entries in order, and everything else is a sum over them. It knows the nouns of the books and none of their rules:
those are written here a second time, from the order of refusals in `ledger.errors`, as plainly as they can be said.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import msgspec

from tael.foundation.errors import Refusal
from tael.ledger.model import (
    AccountSpec,
    Booked,
    Decided,
    Frozen,
    JournalEntry,
    Limit,
    Phase,
    Posting,
    moment_of,
)
from tael.testing.ledger_model_entries import (
    LARGEST,
    Written,
    differing,
    groups,
    is_malformed,
    lines_of,
    more_than,
    opposite,
)

Name = tuple[str, str]


class Answer(msgspec.Struct, frozen=True):
    """What becomes of an entry: its number, or why not and, where the reason has them, the facts."""

    no: int | None = None
    refused: str = ""
    field: str | None = None
    account: object = None
    limit_minor: object = None
    missing_minor: object = None


def answer_of(verdict: Decided | Booked | Refusal) -> Answer:
    """What the real ledger said, in the words of the model."""
    if not isinstance(verdict, Refusal):
        return Answer(verdict.no)
    facts = verdict.facts
    is_reused = verdict.code == "ledger.entry_id_reused"
    return Answer(
        None,
        verdict.code,
        verdict.field if is_reused else None,
        facts.get("account"),
        facts.get("limit_minor"),
        facts.get("missing_minor"),
    )


class Sums(msgspec.Struct):
    """What is on an account: debits positive."""

    balance: int = 0
    held_debits: int = 0
    held_credits: int = 0
    dated: int = 0

    def hold(self, minor: int, times: int) -> None:
        """Set aside (`times` is 1) or release (−1)."""
        self.held_debits += times * max(minor, 0)
        self.held_credits += times * max(-minor, 0)

    def range(self, sign: int) -> tuple[int, int]:
        """The least and the most that the balance, on the side of `sign`, may come to when holds are posted."""
        ends = (sign * (self.balance - self.held_credits), sign * (self.balance + self.held_debits))
        return min(ends), max(ends)

    @property
    def fits(self) -> bool:
        """Whether a row of the database could say it."""
        numbers = (*self.range(1), self.held_debits, self.held_credits, self.dated)
        return all(abs(number) <= LARGEST for number in numbers)


class ModelAccount(msgspec.Struct):
    """An open account."""

    spec: AccountSpec
    limits: list[Limit]
    frozen: Frozen = Frozen.NO
    is_closed: bool = False

    @property
    def sign(self) -> int:
        """+1 if debits make its balance larger."""
        return self.spec.account_class.normal_sign

    def limit_at(self, moment: datetime) -> Limit:
        """Of the limits that have begun, the one that began last; of several that began at once, the youngest."""
        begun = [limit for limit in self.limits if limit.begins_at <= moment]
        return max(reversed(begun), key=lambda limit: limit.begins_at)


class ModelLedger:
    """The books in memory."""

    def __init__(self, specs: Sequence[AccountSpec]) -> None:
        opened_with = {
            spec.name: Limit(floor_minor=spec.floor_minor, ceiling_minor=spec.ceiling_minor) for spec in specs
        }
        self.accounts = {spec.name: ModelAccount(spec, [opened_with[spec.name]]) for spec in specs}
        self.written: list[Written] = []
        self.closed_until: datetime | None = None

    def copy(self) -> Self:
        """The same books, to be written on without changing these."""
        twin = type(self)([])
        twin.accounts = {
            name: msgspec.structs.replace(account, limits=list(account.limits))
            for name, account in self.accounts.items()
        }
        twin.written = list(self.written)
        twin.closed_until = self.closed_until
        return twin

    # ── What is asked of it ───────────────────────────────────────────────────────────────────────────

    def post(self, batch: Sequence[JournalEntry], first_no: int) -> list[Answer]:
        """Book each entry, or say why not; the one at place n gets the number `first_no + n`."""
        answers: list[Answer] = []
        for group in groups(batch):
            before = list(self.written)
            given: list[Answer] = []
            for entry in group:
                given.append(self._post_one(entry, first_no + len(answers) + len(given)))
                if given[-1].refused:
                    break
            if group[-1].linked or (given[-1].refused and len(group) > 1):
                self.written = before
                given = self._none_of(group, given)
            answers += given
        return answers

    def close(self, name: Name) -> str:
        """Close an account; why not, or nothing."""
        sums = self.sums(name)
        if sums.balance or sums.held_debits or sums.held_credits:
            return "ledger.account_in_use"
        self.accounts[name].is_closed = True
        return ""

    def freeze(self, name: Name, frozen: Frozen) -> str:
        """Stop what goes in or out; why not, or nothing."""
        if self.accounts[name].is_closed:
            return "ledger.account_closed"
        self.accounts[name].frozen = frozen
        return ""

    def limit(self, name: Name, limit: Limit) -> str:
        """Give an account a further limit; why not, or nothing."""
        if self.accounts[name].is_closed:
            return "ledger.account_closed"
        self.accounts[name].limits.append(limit)
        return ""

    def sums(self, name: Name) -> Sums:
        """What is on an account."""
        sums = Sums()
        ended = {each.entry.ends for each in self.written}
        for each in self.written:
            for line in each.lines:
                if (line.code, line.currency) != name:
                    continue
                if each.entry.phase is not Phase.PENDING:
                    sums.balance += line.amount_minor
                    sums.dated += line.amount_minor if each.entry.effective_at else 0
                elif each.entry.id not in ended:
                    sums.hold(line.amount_minor, 1)
        return sums

    def find(self, id: str | None) -> Written | None:
        """The entry of that id."""
        return next((each for each in self.written if each.entry.id == id), None)

    def open_holds(self) -> list[str]:
        """The pending entries that have not ended."""
        ended = {each.entry.ends for each in self.written}
        pending = (each.entry for each in self.written if each.entry.phase is Phase.PENDING)
        return [entry.id for entry in pending if entry.id not in ended]

    # ── One entry, and the reasons against it in their order ──────────────────────────────────────────

    def _none_of(self, group: Sequence[JournalEntry], given: Sequence[Answer]) -> list[Answer]:
        """Nobody's entry is booked: one was refused, the others for its sake. What was in the books stays there."""
        answers = []
        for place, entry in enumerate(group):
            found = self.find(entry.id)
            if place == len(group) - 1 and entry.linked:
                answers.append(Answer(None, "ledger.entry_malformed"))
            elif place == len(given) - 1 and given[place].refused and not group[-1].linked:
                answers.append(given[place])
            elif found and not differing(entry, found):
                answers.append(Answer(found.no))
            else:
                answers.append(Answer(None, "ledger.linked_refused"))
        return answers

    def _post_one(self, entry: JournalEntry, no: int) -> Answer:
        if is_malformed(entry):
            return Answer(None, "ledger.entry_malformed")
        found = self.find(entry.id)
        if found:
            field = differing(entry, found)
            return Answer(None, "ledger.entry_id_reused", field) if field else Answer(found.no)
        if self.closed_until and entry.effective_at and entry.effective_at < self.closed_until:
            return Answer(None, "ledger.period_closed")
        target = self.find(entry.ends or entry.reverses)
        if entry.ends or entry.reverses:
            if target is None:
                return Answer(None, "ledger.no_such_entry")
            refused = self._why_not_that_one(entry, target, no)
            if refused:
                return refused
        if entry.expires_at and entry.expires_at <= moment_of(no):
            return Answer(None, "ledger.hold_expired")
        written = Written(no, entry, lines_of(entry, target))
        refused = self._why_accounts_refuse(written, target)
        if refused:
            return refused
        self.written.append(written)
        return Answer(no)

    def _why_not_that_one(self, entry: JournalEntry, target: Written, no: int) -> Answer | None:
        """Whether the target can be ended, or reversed, and like this."""
        if entry.reverses:
            if target.entry.phase not in (Phase.SINGLE, Phase.POST):
                return Answer(None, "ledger.not_reversible")
            if any(each.entry.reverses == target.entry.id for each in self.written):
                return Answer(None, "ledger.already_reversed")
            is_other = entry.postings and entry.postings != opposite(target.lines)
            return Answer(None, "ledger.entry_malformed") if is_other else None
        if target.entry.phase is not Phase.PENDING:
            return Answer(None, "ledger.not_endable")
        if any(each.entry.ends == target.entry.id for each in self.written):
            return Answer(None, "ledger.hold_ended")
        is_due = target.entry.expires_at is not None and target.entry.expires_at <= moment_of(no)
        if entry.phase is Phase.EXPIRY and not is_due:
            return Answer(None, "ledger.not_endable")
        if entry.phase is Phase.POST and is_due:
            return Answer(None, "ledger.hold_expired")
        for code, minor in more_than(entry.postings, target.lines):
            return Answer(None, "ledger.hold_exceeded", None, code, None, minor)
        return None

    def _why_accounts_refuse(self, written: Written, target: Written | None) -> Answer | None:
        entry = written.entry
        if entry.phase in (Phase.VOID, Phase.EXPIRY):
            return None
        released = target.lines if target and entry.phase is Phase.POST else ()
        names = list(dict.fromkeys((line.code, line.currency) for line in (*released, *written.lines)))
        for code, currency in names:
            if (code, currency) not in self.accounts:
                return Answer(None, "ledger.no_such_account", None, code)
        before = {name: self.sums(name) for name in names}
        after, too_large = _apply(before, released, written)
        for refuses in (_closed, _frozen, _limited):
            for name in names:
                answer = refuses(self.accounts[name], before[name], after[name], moment_of(written.no))
                if answer:
                    return answer
        if too_large:
            return Answer(None, "ledger.balance_too_large", None, too_large, LARGEST)
        return None


def _closed(account: ModelAccount, _before: Sums, _after: Sums, _now: datetime) -> Answer | None:
    return Answer(None, "ledger.account_closed", None, account.spec.code) if account.is_closed else None


def _frozen(account: ModelAccount, before: Sums, after: Sums, _now: datetime) -> Answer | None:
    gain = account.sign * (after.balance - before.balance)
    brings, takes = after.held_debits - before.held_debits, after.held_credits - before.held_credits
    if account.sign < 0:
        brings, takes = takes, brings
    stopped = {
        Frozen.NO: False,
        Frozen.IN: gain > 0 or brings > 0,
        Frozen.OUT: gain < 0 or takes > 0,
        Frozen.BOTH: gain != 0 or brings > 0 or takes > 0,
    }
    if not stopped[account.frozen]:
        return None
    return Answer(None, "ledger.account_frozen", None, account.spec.code)


def _limited(account: ModelAccount, before: Sums, after: Sums, now: datetime) -> Answer | None:
    limit, code = account.limit_at(now), account.spec.code
    least, most = after.range(account.sign)
    least_before, most_before = before.range(account.sign)
    floor, ceiling = limit.floor_minor, limit.ceiling_minor
    if floor is not None and least < min(floor, least_before):
        return Answer(None, "ledger.limit_passed", None, code, floor, floor - least)
    if ceiling is not None and most > max(ceiling, most_before):
        return Answer(None, "ledger.limit_passed", None, code, ceiling, most - ceiling)
    return None


def _apply(
    before: dict[Name, Sums], released: Sequence[Posting], written: Written
) -> tuple[dict[Name, Sums], str]:
    """What is on the accounts afterwards, and the first that overflows on the way."""
    after = {name: msgspec.structs.replace(sums) for name, sums in before.items()}
    too_large = ""
    for line in released:
        after[line.code, line.currency].hold(line.amount_minor, -1)
    for line in written.lines:
        sums = after[line.code, line.currency]
        if written.entry.phase is Phase.PENDING:
            sums.hold(line.amount_minor, 1)
        else:
            sums.balance += line.amount_minor
            sums.dated += line.amount_minor if written.entry.effective_at else 0
        if not sums.fits and not too_large:
            too_large = line.code
    return after, too_large
