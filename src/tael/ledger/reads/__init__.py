"""What stands in the books? Reading never locks.

entries         by reference, and how much there is
balances        of accounts at any moment, by either timeline
lists           accounts, entries, postings, open holds, page by page
statements      of an account: opening, lines, closing, page by page
sheets          a whole statement as a file, CSV or XLSX
charts          the accounts as a list and as a tree, with sums
trial_balances  the balances of all accounts on their sides, now or at a moment
reports         all of that for callers who bring no transaction
"""

from tael.ledger.reads.balances import AccountBalance
from tael.ledger.reads.charts import AccountLine, Node, Sum
from tael.ledger.reads.entries import BooksSize, books_size, entries_about
from tael.ledger.reads.reports import Reports, balances_of
from tael.ledger.reads.sheets import SheetKind
from tael.ledger.reads.statements import Period, Statement, StatementLine, statement_pages
from tael.ledger.reads.trial_balances import Total, totals_of, trial_balance, unbalanced_currencies

__all__ = [
    "AccountBalance",
    "AccountLine",
    "BooksSize",
    "Node",
    "Period",
    "Reports",
    "SheetKind",
    "Statement",
    "StatementLine",
    "Sum",
    "Total",
    "balances_of",
    "books_size",
    "entries_about",
    "statement_pages",
    "totals_of",
    "trial_balance",
    "unbalanced_currencies",
]
