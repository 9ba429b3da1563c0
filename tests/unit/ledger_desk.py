"""What do the unit tests of the ledger's decisions stand on? A few accounts, entries in short, and a sheet."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from tael.foundation.errors import Refusal
from tael.ledger.decisions import Known, Sheet, Verdict, decide
from tael.ledger.model import (
    Account,
    AccountClass,
    Booked,
    Decided,
    Frozen,
    JournalEntry,
    Limit,
    Phase,
    Posting,
    number_at,
)
from tael.ledger.rules import Standing

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAIVE = datetime.fromisoformat("2026-03-01T12:00:00")
"""A moment without a zone, which means nothing."""
FIRST = number_at(NOW)
BANK, SHOP, VAULT, CREDIT, DOLLARS, COSTS = 1, 2, 3, 4, 5, 6
Amounts = tuple[int, int, int, int]


def account(
    no: int,
    code: str,
    account_class: AccountClass,
    *,
    floor: int | None = None,
    ceiling: int | None = None,
    currency: str = "CNY",
    frozen: Frozen = Frozen.NO,
    closed_at: datetime | None = None,
    exponent: int = 2,
) -> Account:
    return Account(
        no=no,
        code=code,
        currency=currency,
        exponent=exponent,
        account_class=account_class,
        limits=(Limit(floor_minor=floor, ceiling_minor=ceiling),),
        frozen=frozen,
        closed_at=closed_at,
    )


ACCOUNTS = (
    account(BANK, "bank", AccountClass.ASSET),
    account(SHOP, "shop", AccountClass.LIABILITY, floor=0),
    account(VAULT, "vault", AccountClass.ASSET, floor=0, ceiling=1_000),
    account(CREDIT, "credit", AccountClass.LIABILITY, floor=-500, ceiling=2_000),
    account(DOLLARS, "bank", AccountClass.ASSET, currency="USD"),
    account(COSTS, "costs", AccountClass.EXPENSE),
)


def lines(*given: tuple[str, int]) -> tuple[Posting, ...]:
    """Codes and amounts; `bank/USD` is the account in another currency."""
    split = [(name.partition("/"), minor) for name, minor in given]
    return tuple(Posting(code, currency or "CNY", minor) for (code, _, currency), minor in split)


def entry(*given: tuple[str, int], id: str = "e1", **fields: object) -> JournalEntry:
    made = JournalEntry(id=id, kind="test", reference="r1", postings=lines(*given))
    return msgspec.structs.replace(made, **fields)


def pending(*given: tuple[str, int], id: str = "p1", **fields: object) -> JournalEntry:
    return entry(*given, id=id, phase=Phase.PENDING, **fields)


def end(
    phase: Phase, *given: tuple[str, int], id: str = "x1", ends: str = "p1", **fields: object
) -> JournalEntry:
    return entry(*given, id=id, phase=phase, ends=ends, **fields)


def reversal(*given: tuple[str, int], id: str = "x1", reverses: str = "e1", **fields: object) -> JournalEntry:
    return entry(*given, id=id, reverses=reverses, **fields)


def linked(*entries: JournalEntry) -> list[JournalEntry]:
    """They stand or fall together."""
    *before, last = entries
    return [*(msgspec.structs.replace(each, linked=True) for each in before), last]


class Desk:
    """A sheet, and what comes of what is put on it."""

    def __init__(self, accounts: Sequence[Account] = (), /, **balances: int) -> None:
        changed = {each.no: each for each in accounts}
        self.standings = {
            (each.code, each.currency): Standing(
                changed.get(each.no, each),
                changed.get(each.no, each).limits[0],
                balance=balances.get(each.code, 0) if each.currency == "CNY" else 0,
            )
            for each in (*ACCOUNTS, *(each for each in accounts if each.no > COSTS))
        }
        self.sheet = Sheet(self.standings)

    def put(self, *entries: JournalEntry, first_no: int = FIRST) -> list[Verdict]:
        """Decide a batch."""
        return decide(entries, self.sheet, first_no=first_no)

    def one(self, given: JournalEntry, *, no: int = FIRST) -> Verdict:
        """Decide one."""
        [verdict] = self.put(given, first_no=no)
        return verdict

    def book(self, *entries: JournalEntry, first_no: int = FIRST - 1_000) -> None:
        """Decide a batch that must be booked."""
        for verdict in self.put(*entries, first_no=first_no):
            assert isinstance(verdict, Decided), verdict

    def standing(self, name: str) -> Standing:
        code, _, currency = name.partition("/")
        return self.standings[code, currency or "CNY"]

    def amounts(self, name: str) -> Amounts:
        """Balance, held debits, held credits, dated."""
        return self.standing(name).amounts

    def everything(self) -> Mapping[tuple[str, str], Amounts]:
        return {name: standing.amounts for name, standing in self.standings.items()}

    def remember(self, given: JournalEntry, *, no: int = 7) -> None:
        """An entry that was in the books before."""
        self.sheet.known[given.id] = Known(no, given)


def refused(verdict: Verdict | None, code: type[Refusal], **facts: object) -> Refusal:
    """It is that refusal, with these facts and no others (`field` is one of them)."""
    assert type(verdict) is code, verdict
    assert isinstance(verdict, Refusal)
    assert {"field": verdict.field, **verdict.facts} == facts, verdict.facts
    return verdict


def names(verdicts: Sequence[Verdict]) -> list[str]:
    return [type(each).__name__ for each in verdicts]


def decided(verdict: Verdict) -> Decided:
    assert isinstance(verdict, Decided), verdict
    return verdict


def booked(verdict: Verdict) -> Booked:
    assert isinstance(verdict, Booked), verdict
    return verdict


def later(**duration: float) -> datetime:
    return NOW + timedelta(**duration)
