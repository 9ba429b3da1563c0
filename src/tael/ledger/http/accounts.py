"""How are accounts opened, changed, and looked at over HTTP? Many are opened at a time; one is changed at a time."""

from operator import attrgetter

import msgspec
from litestar import get, patch, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from tael.foundation.clock import Clock
from tael.foundation.errors import Refusal
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Cursor, Limit, Page, page_of
from tael.foundation.http.permissions import caller_of
from tael.foundation.problems import Problem
from tael.ledger.api import AccountChange, AccountFilter, AccountStanding, Books, LineFilter
from tael.ledger.errors import AccountClosed, AccountDiffers, AccountInUse, AccountMalformed, NoSuchAccount
from tael.ledger.http.forms import (
    READ,
    WRITE,
    AccountCode,
    AccountCurrency,
    AnyRequest,
    BookedBefore,
    BookedFrom,
    InCurrency,
    OfClass,
    WithMetadata,
    WithPrefix,
    check_moment,
    metadata_in_query,
    moment_in_query,
    number_in_cursor,
    place_in_cursor,
)
from tael.ledger.model import AccountSpec
from tael.ledger.model import Limit as AccountLimit
from tael.ledger.reads.lists import NO_END
from tael.ledger.schemas.bodies import (
    AccountBody,
    AccountPostingBody,
    AccountResult,
    HoldBody,
    OpenedBody,
    account_body,
)
from tael.ledger.schemas.requests import (
    ChangeAccountRequest,
    LimitRequest,
    OpenAccountRequest,
    OpenAccountsRequest,
)


def account_routes(books: Books, clock: Clock) -> list[HTTPRouteHandler]:
    """Open, change, look at, list."""
    return [
        _open(books),
        _list(books),
        _get(books),
        _change(books, clock),
        _postings(books),
        _holds(books),
    ]


def _open(books: Books) -> HTTPRouteHandler:
    @post(
        "/v1/accounts",
        status_code=200,
        opt={"permission": WRITE, REFUSES: [AccountMalformed, AccountDiffers]},
        tags=["Accounts"],
        responses=answers(200, OpenedBody, "What became of each account"),
    )
    async def open_accounts(request: AnyRequest, data: JSONBody[OpenAccountsRequest]) -> OpenedBody:
        """Open accounts. An account that is open already in the same way stays as it is, so a call can be repeated.
        Each account has its own result.
        """
        specs = [_spec(account) for account in data.accounts]
        results = await books.open_accounts(specs, caller=caller_of(request))
        return OpenedBody(results=[_result(result) for result in results])

    return open_accounts


def _spec(request: OpenAccountRequest) -> AccountSpec:
    return AccountSpec(
        code=request.code,
        currency=request.currency,
        account_class=request.account_class,
        floor_minor=request.floor_minor,
        ceiling_minor=request.ceiling_minor,
        exponent=request.exponent,
        metadata=request.metadata,
    )


def _result(result: AccountStanding | Refusal) -> AccountResult:
    if isinstance(result, Refusal):
        return AccountResult(status=result.status, problem=Problem.of(result))
    return AccountResult(status=200, account=account_body(result.account, result.balance))


def _list(books: Books) -> HTTPRouteHandler:
    @get("/v1/accounts", opt={"permission": READ}, tags=["Accounts"])
    async def list_accounts(
        request: AnyRequest,
        *,
        limit: Limit = 50,
        cursor: Cursor = None,
        prefix: WithPrefix = None,
        currency: InCurrency = None,
        account_class: OfClass = None,
        metadata: WithMetadata = None,  # noqa: ARG001 - declared for the reference; there may be several
    ) -> Page[AccountBody]:
        """List accounts. By code and currency, with what is on them; send `next_cursor` as `cursor` for the next page."""
        wanted = AccountFilter(
            prefix=prefix or "",
            currency=currency,
            account_class=account_class,
            metadata=metadata_in_query(request),
            limit=limit + 1,
        )
        found = await books.lists.accounts(wanted, after_no=number_in_cursor(cursor))
        page = page_of(found, limit, key=attrgetter("account.no"))
        items = [account_body(each.account, each.balance) for each in page.items]
        return Page(items=items, next_cursor=page.next_cursor)

    return list_accounts


def _get(books: Books) -> HTTPRouteHandler:
    @get("/v1/account", opt={"permission": READ, REFUSES: [NoSuchAccount]}, tags=["Accounts"])
    async def get_account(code: AccountCode, currency: AccountCurrency) -> AccountBody:
        """Get an account. With what is on it now, debits positive and on its normal side."""
        found = await books.lists.account(code, currency)
        return account_body(found.account, found.balance)

    return get_account


def _change(books: Books, clock: Clock) -> HTTPRouteHandler:
    @patch(
        "/v1/account",
        opt={"permission": WRITE, REFUSES: [NoSuchAccount, AccountMalformed, AccountClosed, AccountInUse]},
        tags=["Accounts"],
        responses=answers(200, AccountBody, "The account as it stands afterwards"),
    )
    async def change_account(
        request: AnyRequest,
        code: AccountCode,
        currency: AccountCurrency,
        data: JSONBody[ChangeAccountRequest],
    ) -> AccountBody:
        """Change an account. Freeze it, close it, give it a new limit, replace its metadata; what is not said stays."""
        change = AccountChange(
            code=code,
            currency=currency,
            limit=_limit(data.limit, clock) if data.limit is not None else None,
            frozen=data.frozen,
            close=data.close,
            metadata=data.metadata,
        )
        changed = await books.change_account(change, caller=caller_of(request))
        return account_body(changed.account, changed.balance)

    return change_account


def _limit(request: LimitRequest, clock: Clock) -> AccountLimit:
    return AccountLimit(
        begins_at=check_moment(request.begins_at, field="limit.begins_at") or clock.now(),
        floor_minor=request.floor_minor,
        ceiling_minor=request.ceiling_minor,
    )


def _postings(books: Books) -> HTTPRouteHandler:
    @get("/v1/account/postings", opt={"permission": READ, REFUSES: [NoSuchAccount]}, tags=["Accounts"])
    async def list_postings(
        *,
        code: AccountCode,
        currency: AccountCurrency,
        limit: Limit = 50,
        cursor: Cursor = None,
        booked_from: BookedFrom = None,
        booked_before: BookedBefore = None,
    ) -> Page[AccountPostingBody]:
        """List an account's postings. Newest first, each with the balance after it; page 100,000 comes as fast as
        page 1.
        """
        wanted = LineFilter(
            account_no=await books.lists.account_no(code, currency),
            before=place_in_cursor(cursor) or (NO_END, 0),
            booked_from=moment_in_query(booked_from, field="booked_from"),
            booked_before=moment_in_query(booked_before, field="booked_before"),
            limit=limit + 1,
        )
        found = await books.lists.postings(wanted)
        return page_of(
            msgspec.convert(found, list[AccountPostingBody], from_attributes=True), limit, key=_place_of
        )

    return list_postings


def _holds(books: Books) -> HTTPRouteHandler:
    @get("/v1/account/holds", opt={"permission": READ, REFUSES: [NoSuchAccount]}, tags=["Accounts"])
    async def list_open_holds(
        *, code: AccountCode, currency: AccountCurrency, limit: Limit = 50, cursor: Cursor = None
    ) -> Page[HoldBody]:
        """List what is held on an account. Lines of pending entries that have not ended, newest first."""
        wanted = LineFilter(
            account_no=await books.lists.account_no(code, currency),
            before=place_in_cursor(cursor) or (NO_END, 0),
            limit=limit + 1,
        )
        found = await books.lists.open_holds(wanted)
        return page_of(msgspec.convert(found, list[HoldBody], from_attributes=True), limit, key=_place_of)

    return list_open_holds


def _place_of(line: AccountPostingBody | HoldBody) -> str:
    return f"{line.entry_no}.{line.position}"
