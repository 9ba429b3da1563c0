"""What can be asked of the ledger? Each call as what goes over the wire, and the type of what comes back.

Amounts are whole numbers of minor units, debits positive. An account is named by its code and its currency.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from tael.client.transport import Call
from tael.foundation.http.pages import Page
from tael.ledger.model import AccountClass, Frozen, Phase, Timeline
from tael.ledger.schemas.bodies import (
    AccountBody,
    AccountPostingBody,
    BulkBody,
    EntryBody,
    EntryResult,
    HoldBody,
    OpenedBody,
    ReceiptBody,
)
from tael.ledger.schemas.reports import (
    BalanceAtBody,
    ClosingBody,
    ClosingsBody,
    StatementBody,
    SumsBody,
    TAccountBody,
    TreeBody,
    TrialBalanceBody,
    UntilRequest,
)
from tael.ledger.schemas.requests import ChangeAccountRequest as ChangeAccount
from tael.ledger.schemas.requests import EntryRequest as Entry
from tael.ledger.schemas.requests import ExchangeRequest as Exchange
from tael.ledger.schemas.requests import LimitRequest as Limit
from tael.ledger.schemas.requests import OpenAccountRequest as OpenAccount
from tael.ledger.schemas.requests import OpenAccountsRequest
from tael.ledger.schemas.requests import PostingRequest as Posting

__all__ = [
    "AccountClass",
    "ChangeAccount",
    "Entry",
    "Exchange",
    "Frozen",
    "Limit",
    "OpenAccount",
    "Phase",
    "Posting",
    "Timeline",
    "balance_at",
    "change_account",
    "close_period",
    "debit_and_credit",
    "get_account",
    "get_entry",
    "list_accounts",
    "list_closings",
    "list_entries",
    "list_holds",
    "list_postings",
    "open_accounts",
    "post",
    "post_lines",
    "post_many",
    "reopen_period",
    "statement",
    "statement_file",
    "sums",
    "t_account",
    "tree",
    "trial_balance",
]

T = TypeVar("T")

NDJSON = "application/x-ndjson"
_encode = msgspec.json.Encoder().encode


def debit_and_credit(debited: str, credited: str, currency: str, amount_minor: int) -> list[Posting]:
    """The two lines of the simplest entry: from one account to another of the same currency."""
    return [
        Posting(code=debited, currency=currency, amount_minor=amount_minor),
        Posting(code=credited, currency=currency, amount_minor=-amount_minor),
    ]


# ── Accounts ──────────────────────────────────────────────────────────────────────────────────────────


def open_accounts(accounts: Iterable[OpenAccount]) -> Call[OpenedBody]:
    """Make sure that up to 1,000 accounts are open; each has its own result."""
    return _send("POST", "/v1/accounts", OpenedBody, OpenAccountsRequest(accounts=list(accounts)))


def change_account(code: str, currency: str, change: ChangeAccount) -> Call[AccountBody]:
    """Freeze it, close it, give it a new limit, replace its metadata; what is not said stays as it is."""
    return _send("PATCH", "/v1/account", AccountBody, change, code=code, currency=currency)


def get_account(code: str, currency: str) -> Call[AccountBody]:
    """One account with what is on it now."""
    return _get("/v1/account", AccountBody, code=code, currency=currency)


def list_accounts(
    *,
    prefix: str | None = None,
    currency: str | None = None,
    account_class: AccountClass | None = None,
    metadata: Mapping[str, str] | None = None,
    limit: int | None = None,
) -> Call[Page[AccountBody]]:
    """Accounts with what is on them, a page at a time."""
    return _get(
        "/v1/accounts",
        Page[AccountBody],
        prefix=prefix,
        currency=currency,
        account_class=account_class,
        limit=limit,
        **_metadata(metadata),
    )


def list_postings(
    code: str,
    currency: str,
    *,
    booked_from: datetime | None = None,
    booked_before: datetime | None = None,
    limit: int | None = None,
) -> Call[Page[AccountPostingBody]]:
    """What moved an account, newest first, with the balance after each line."""
    return _get(
        "/v1/account/postings",
        Page[AccountPostingBody],
        code=code,
        currency=currency,
        booked_from=booked_from,
        booked_before=booked_before,
        limit=limit,
    )


def list_holds(code: str, currency: str, *, limit: int | None = None) -> Call[Page[HoldBody]]:
    """What is held on an account by pending entries that have not ended, newest first."""
    return _get("/v1/account/holds", Page[HoldBody], code=code, currency=currency, limit=limit)


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────


def post(entry: Entry) -> Call[ReceiptBody]:
    """Post an entry. The same entry again gets the same receipt, for ever."""
    return _send("POST", "/v1/entries", ReceiptBody, entry)


def post_many(entries: Iterable[Entry], *, atomic: bool = False) -> Call[BulkBody]:
    """Post up to 10,000 entries. Each has its own result; with `atomic`, all are booked or the first refusal is raised."""
    return _send("POST", "/v1/entries/bulk", BulkBody, list(entries), atomic=atomic or None)


def post_lines(entries: Iterable[Entry], *, atomic: bool = False) -> Call[list[EntryResult]]:
    """The same as NDJSON, one entry and one result a line."""
    return Call(
        method="POST",
        path="/v1/entries/bulk",
        query=_query(atomic=atomic or None),
        body=msgspec.json.Encoder().encode_lines(list(entries)),
        content_type=NDJSON,
        answer=list[EntryResult],
        lines=True,
    )


def get_entry(id: str) -> Call[EntryBody]:
    """One entry as it stands in the books."""
    return _get("/v1/entry", EntryBody, id=id)


def list_entries(
    *,
    reference: str | None = None,
    code: str | None = None,
    currency: str | None = None,
    kind: str | None = None,
    phase: Phase | None = None,
    metadata: Mapping[str, str] | None = None,
    booked_from: datetime | None = None,
    booked_before: datetime | None = None,
    limit: int | None = None,
) -> Call[Page[EntryBody]]:
    """Entries, newest first, a page at a time. `code` and `currency` name an account that they moved."""
    return _get(
        "/v1/entries",
        Page[EntryBody],
        reference=reference,
        code=code,
        currency=currency,
        kind=kind,
        phase=phase,
        booked_from=booked_from,
        booked_before=booked_before,
        limit=limit,
        **_metadata(metadata),
    )


# ── Reports ───────────────────────────────────────────────────────────────────────────────────────────


def balance_at(
    code: str, currency: str, *, at: datetime | None = None, by: Timeline = Timeline.BOOKED
) -> Call[BalanceAtBody]:
    """What was on an account at a moment; now, if not said."""
    return _get("/v1/account/balance", BalanceAtBody, code=code, currency=currency, at=at, by=by)


def statement(
    code: str,
    currency: str,
    *,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    by: Timeline = Timeline.BOOKED,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[StatementBody]:
    """A page of an account's statement, oldest first: opening, lines with the balance after each, closing."""
    period = _period(code, currency, begins_at, ends_at, by)
    return _get("/v1/account/statement", StatementBody, **period, limit=limit, cursor=cursor)


def t_account(
    code: str,
    currency: str,
    *,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    by: Timeline = Timeline.BOOKED,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[TAccountBody]:
    """The same page as a T-account: debits left, credits right."""
    period = _period(code, currency, begins_at, ends_at, by)
    return _get("/v1/account/t-account", TAccountBody, **period, limit=limit, cursor=cursor)


def statement_file(
    code: str,
    currency: str,
    *,
    kind: str = "csv",
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    by: Timeline = Timeline.BOOKED,
) -> Call[bytes]:
    """A whole statement as a file: `csv` or `xlsx`."""
    query = _query(**_period(code, currency, begins_at, ends_at, by))
    return Call(method="GET", path=f"/v1/account/statement.{kind}", query=query, answer=bytes)


def sums(prefix: str | None = None) -> Call[SumsBody]:
    """What is on all accounts whose code begins like this, by currency."""
    return _get("/v1/sums", SumsBody, prefix=prefix)


def tree(root: str | None = None, *, depth: int = 1) -> Call[TreeBody]:
    """The tree of accounts below a node, with the sums at each."""
    return _get("/v1/tree", TreeBody, root=root, depth=depth)


def trial_balance(
    *, at: datetime | None = None, by: Timeline = Timeline.BOOKED, depth: int | None = None
) -> Call[TrialBalanceBody]:
    """The balances of all accounts on their sides, which are equal in every currency."""
    return _get("/v1/trial-balance", TrialBalanceBody, at=at, by=by, depth=depth)


# ── Closing ───────────────────────────────────────────────────────────────────────────────────────────


def list_closings(*, limit: int | None = None) -> Call[ClosingsBody]:
    """Until when the books are closed, and how it came to that."""
    return _get("/v1/closings", ClosingsBody, limit=limit)


def close_period(until: datetime) -> Call[ClosingBody]:
    """Close the books for all that counts before `until`."""
    return _send("POST", "/v1/closings", ClosingBody, UntilRequest(until=until))


def reopen_period(until: datetime) -> Call[ClosingBody]:
    """Open the books again for what counts at `until` or later."""
    return _send("POST", "/v1/closings/reopen", ClosingBody, UntilRequest(until=until))


# ── The wire ──────────────────────────────────────────────────────────────────────────────────────────

_Asked = str | int | bool | datetime | None


def _get(path: str, answer: type[T], **query: _Asked) -> Call[T]:
    return Call(method="GET", path=path, query=_query(**query), answer=answer)


def _send(method: str, path: str, answer: type[T], body: object, **query: _Asked) -> Call[T]:
    return Call(method=method, path=path, query=_query(**query), body=_encode(body), answer=answer)


def _query(**asked: _Asked) -> dict[str, str]:
    """Parameters as texts; what is `None` is left out."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode().strip('"')
        for name, value in asked.items()
        if value is not None
    }


def _metadata(metadata: Mapping[str, str] | None) -> dict[str, str]:
    return {f"metadata[{name}]": text for name, text in (metadata or {}).items()}


def _period(
    code: str, currency: str, begins_at: datetime | None, ends_at: datetime | None, by: Timeline
) -> dict[str, Any]:
    return {"code": code, "currency": currency, "from": begins_at, "to": ends_at, "by": by}
