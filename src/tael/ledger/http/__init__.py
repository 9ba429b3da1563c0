"""How do programs reach the books? The routes of the ledger's own API.

forms         what the routes have in common: permissions, how an account is named, how answers are described
translation   how a request becomes a journal entry
accounts      open, change, look at; what moved an account, and what is held on it
entries       post one, get one, list
bulk          post many: a JSON array or NDJSON, each with its own answer, or all or none
bulk_reading  what stands in the body of a bulk
statements    what happened on an account: page by page, as a T-account, as a file
reports       balances of a moment, sums, the tree, the trial balance; closing the books
"""

from litestar.handlers import HTTPRouteHandler

from tael.foundation.clock import Clock
from tael.ledger.api import Books
from tael.ledger.http.accounts import account_routes
from tael.ledger.http.bulk import bulk_routes
from tael.ledger.http.entries import entry_routes
from tael.ledger.http.forms import PERMISSIONS
from tael.ledger.http.reports import report_routes

__all__ = ["PERMISSIONS", "ledger_routes"]


def ledger_routes(books: Books, clock: Clock) -> list[HTTPRouteHandler]:
    """Every route of the API."""
    return [
        *account_routes(books, clock),
        *entry_routes(books),
        *bulk_routes(books),
        *report_routes(books),
    ]
