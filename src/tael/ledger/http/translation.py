"""How does a request become a journal entry? What the wire allows and the books do not is refused here.

What makes an entry good by itself, and what accounts say to it, is decided by the rules when it is booked.
"""

from collections.abc import Iterable, Mapping

import msgspec

from tael.ledger.api import Books
from tael.ledger.errors import EntryMalformed, NoSuchAccount
from tael.ledger.http.forms import check_moment
from tael.ledger.model import Account, JournalEntry, Phase, Posting
from tael.ledger.postings import RATE, Exchange, exchange_postings
from tael.ledger.schemas.requests import EntryRequest, ExchangeRequest

Accounts = Mapping[tuple[str, str], Account]


async def accounts_of_exchanges(books: Books, requests: Iterable[EntryRequest]) -> Accounts:
    """The accounts between which the exchanges among the requests go: their classes and decimals matter."""
    names = {
        name: None
        for request in requests
        if request.exchange is not None
        for name in _sides(request.exchange)
    }
    return await books.find_accounts(list(names)) if names else {}


def journal_entry(request: EntryRequest, accounts: Accounts) -> JournalEntry:
    """The entry that a request asks for; refuses `EntryMalformed`, `NoSuchAccount`, `Malformed`."""
    if request.phase is not Phase.SINGLE or request.expires_at or request.expires_in_seconds:
        _check_phase(request)
    metadata = request.metadata
    if request.exchange is None:
        postings = tuple([Posting(line.code, line.currency, line.amount_minor) for line in request.postings])
    else:
        postings = _postings_of(request, request.exchange, accounts)
        metadata = {**(metadata or {}), RATE: request.exchange.rate}
    return JournalEntry(
        id=request.id,
        kind=request.kind,
        reference=request.reference,
        postings=postings,
        effective_at=check_moment(request.effective_at, field="effective_at"),
        metadata=metadata,
        phase=request.phase,
        expires_at=check_moment(request.expires_at, field="expires_at"),
        expires_in_seconds=request.expires_in_seconds,
        ends=request.ends,
        reverses=request.reverses,
        linked=request.linked,
    )


def _check_phase(request: EntryRequest) -> None:
    if request.phase is Phase.EXPIRY:
        raise EntryMalformed(
            "The ledger writes expiries by itself.",
            field="phase",
            hint="To end a pending entry early, void it.",
        )
    if request.expires_in_seconds is None:
        return
    if request.expires_at is not None:
        raise EntryMalformed(
            "Say `expires_at` or `expires_in_seconds`, not both.", field="expires_in_seconds"
        )
    if request.phase is not Phase.PENDING:
        raise EntryMalformed("Only a pending entry expires.", field="expires_in_seconds")


def _postings_of(request: EntryRequest, exchange: ExchangeRequest, accounts: Accounts) -> tuple[Posting, ...]:
    if request.postings or request.ends is not None or request.reverses is not None:
        raise EntryMalformed(
            "An exchange is the whole entry: it has no other postings, ends nothing and reverses nothing.",
            field="exchange",
        )
    if request.metadata and RATE in request.metadata:
        raise EntryMalformed(f"{RATE} is written by the ledger.", field="metadata")
    sides = []
    for field, name in zip(("from_account", "to_account"), _sides(exchange), strict=True):
        if name not in accounts:
            raise NoSuchAccount(
                f"No account {name[0]} is open in {name[1]}.",
                field=f"exchange.{field}",
                account=name[0],
                currency=name[1],
            )
        sides.append(accounts[name])
    wanted = Exchange(**msgspec.structs.asdict(exchange))
    return exchange_postings(wanted, sold_from=sides[0], bought_for=sides[1])


def _sides(exchange: ExchangeRequest) -> tuple[tuple[str, str], tuple[str, str]]:
    return (
        (exchange.from_account, exchange.sell_currency),
        (exchange.to_account, exchange.buy_currency),
    )
