"""How do the books look in a terminal? Tables as accountants draw them: debits left, credits right.

Codes, kinds and references are other people's texts: they are shown as they are, whatever brackets are in them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from tael.foundation.money import decimal_text
from tael.ledger.api import AccountLine, Node, Statement, StatementLine, Sum, totals_of
from tael.ledger.model import Closing, PostedEntry, Timeline, TrialBalanceLine


def sided(balance_minor: int, exponent: int) -> str:
    """A balance with its side, debit or credit."""
    amount = decimal_text(abs(balance_minor), exponent)
    return f"{amount} {'Dr' if balance_minor > 0 else 'Cr'}" if balance_minor else amount


def moment_text(moment: datetime) -> str:
    """A moment in UTC, to the second: `2026-03-01 04:00:00`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def trial_balance_table(lines: Sequence[TrialBalanceLine]) -> RenderableType:
    """The balances of accounts on their sides, and the sums that must be equal."""
    table = _table("Trial balance", "account", "class", "currency", right=("Dr", "Cr"))
    for line in lines:
        sides = _side(line.debits_minor, line.exponent), _side(line.credits_minor, line.exponent)
        table.add_row(Text(line.code), line.account_class, line.currency, *sides)
    currency = None
    for total in totals_of(lines):
        if total.currency != currency:
            table.add_section()
            currency = total.currency
        table.add_row(
            "sum",
            total.account_class or "all",
            total.currency,
            decimal_text(total.debits_minor, total.exponent),
            decimal_text(total.credits_minor, total.exponent),
        )
    return table


def entries_table(found: Sequence[PostedEntry]) -> RenderableType:
    """Entries as an accountant writes them: debits left, credits right."""
    table = Table("entry")
    table.add_column("account", overflow="fold")
    table.add_column("currency")
    table.add_column("debit", justify="right")
    table.add_column("credit", justify="right")
    for entry in found:
        table.add_section()
        for place, line in enumerate(entry.postings):
            amount = decimal_text(abs(line.amount_minor), line.exponent)
            is_debit = line.amount_minor > 0
            table.add_row(
                Text(entry.kind if place == 0 else ""),
                Text(line.code if is_debit else f"    {line.code}"),
                line.currency,
                amount if is_debit else "",
                "" if is_debit else amount,
            )
    return table


def accounts_table(found: Sequence[AccountLine]) -> RenderableType:
    """Accounts with what is on them and what is held."""
    table = _table(
        "Accounts", "account", "class", "currency", "state", right=("balance", "held debits", "held credits")
    )
    for account in found:
        closed = "closed" if account.closed_at is not None else ""
        frozen = "" if account.frozen == "no" else f"frozen: {account.frozen}"
        table.add_row(
            Text(account.code),
            account.account_class,
            account.currency,
            closed or frozen,
            sided(account.balance_minor, account.exponent),
            _side(account.held_debits_minor, account.exponent),
            _side(account.held_credits_minor, account.exponent),
        )
    return table


def sums_table(prefix: str, found: Sequence[Sum]) -> RenderableType:
    """What accounts come to, a line for each currency."""
    table = _table(
        f"Sums of {prefix}…" if prefix else "Sums",
        "currency",
        right=("accounts", "balance", "held debits", "held credits"),
    )
    for each in found:
        table.add_row(each.currency, *_sum_cells(each))
    return table


def tree_table(top: Node) -> RenderableType:
    """The tree of accounts, each level further to the right, with the sums of all below."""
    table = _table(
        "Chart of accounts",
        "account",
        "class",
        "currency",
        right=("accounts", "balance", "held debits", "held credits"),
    )
    for level, node in _flat(top, 0):
        classes = ", ".join(sorted(node.classes))
        for place, currency in enumerate(sorted(node.sums)):
            name = "  " * level + (node.code.rpartition(":")[2] or "all")
            table.add_row(
                Text(name if place == 0 else ""),
                classes if place == 0 else "",
                currency,
                *_sum_cells(node.sums[currency]),
            )
    return table


def _flat(node: Node, level: int) -> Iterator[tuple[int, Node]]:
    yield level, node
    for child in node.children:
        yield from _flat(child, level + 1)


def _sum_cells(each: Sum) -> tuple[str, str, str, str]:
    return (
        f"{each.accounts:,}",
        sided(each.balance_minor, each.exponent),
        _side(each.held_debits_minor, each.exponent),
        _side(each.held_credits_minor, each.exponent),
    )


def statement_table(page: Statement) -> RenderableType:
    """Opening, lines with the balance after each, closing. The time is that of the statement's order."""
    account, exponent = page.account, page.account.exponent
    table = _table(
        f"{account.code} in {account.currency}",
        _time_heading(page),
        "entry",
        "kind",
        "reference",
        right=("debit", "credit", "balance"),
    )
    table.add_row("", "opening", "", "", "", "", sided(page.opening_minor, exponent))
    table.add_section()
    for line in page.lines:
        table.add_row(
            moment_text(_time(line, page)),
            Text(line.id or "(archived)"),
            Text(line.kind or ""),
            Text(line.reference or ""),
            _side(line.debit_minor, exponent),
            _side(line.credit_minor, exponent),
            sided(line.balance_after_minor, exponent),
        )
    table.add_section()
    table.add_row(
        "",
        "closing" if page.next_cursor is None else "so far",
        "",
        "",
        decimal_text(sum(line.debit_minor for line in page.lines), exponent),
        decimal_text(sum(line.credit_minor for line in page.lines), exponent),
        sided(page.closing_minor, exponent),
    )
    return table


def t_account_table(page: Statement) -> RenderableType:
    """The account as a T: debits left, credits right, opening and closing where they belong."""
    account, exponent = page.account, page.account.exponent
    table = _table(f"{account.code} in {account.currency}", "debits")
    table.add_column("", justify="right")
    table.add_column("credits", overflow="fold")
    table.add_column("", justify="right")
    left = [*_bound("opening", page.opening_minor, exponent, debit=True)]
    right = [*_bound("opening", page.opening_minor, exponent, debit=False)]
    for line in page.lines:
        cell = (
            Text(f"{moment_text(_time(line, page))} {line.kind or '(archived)'}"),
            decimal_text(abs(line.amount_minor), exponent),
        )
        (left if line.amount_minor > 0 else right).append(cell)
    nothing = (Text(""), "")
    for debit, credit in zip_longest(left, right, fillvalue=nothing):
        table.add_row(*debit, *credit)
    table.add_section()
    closing = "closing" if page.next_cursor is None else "so far"
    left = [*_bound(closing, page.closing_minor, exponent, debit=True)]
    right = [*_bound(closing, page.closing_minor, exponent, debit=False)]
    if not left and not right:
        left = [(Text(closing), decimal_text(0, exponent))]
    for debit, credit in zip_longest(left, right, fillvalue=nothing):
        table.add_row(*debit, *credit)
    return table


def _bound(word: str, minor: int, exponent: int, *, debit: bool) -> Iterator[tuple[Text, str]]:
    """The opening or closing balance, on its side only."""
    if minor > 0 if debit else minor < 0:
        yield Text(word, style="bold"), decimal_text(abs(minor), exponent)


def _time(line: StatementLine, page: Statement) -> datetime:
    return line.effective_at if page.period.by is Timeline.EFFECTIVE else line.booked_at


def _time_heading(page: Statement) -> str:
    return "effective (UTC)" if page.period.by is Timeline.EFFECTIVE else "booked (UTC)"


def closings_table(found: Iterable[Closing]) -> RenderableType:
    """Closings and re-openings, the latest first."""
    table = _table("Closings", "closed until (UTC)", "since (UTC)", "by")
    for closing in found:
        table.add_row(moment_text(closing.closed_until), moment_text(closing.closed_at), Text(closing.actor))
    return table


def _side(minor: int, exponent: int) -> str:
    """An amount in a column of its own; nothing if there is none."""
    return decimal_text(minor, exponent) if minor else ""


def _table(title: str, *left: str, right: Sequence[str] = ()) -> Table:
    table = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for heading in left:
        table.add_column(heading, overflow="fold")
    for heading in right:
        table.add_column(heading, justify="right", overflow="fold")
    return table
