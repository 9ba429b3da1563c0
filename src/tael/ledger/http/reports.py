"""How does a program ask about the books as a whole? Balances of a moment, sums, the tree, the trial balance, closings."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, cast

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from tael.foundation.errors import Refusal
from tael.foundation.http.openapi import REFUSES, answers
from tael.foundation.http.pages import Limit, Page
from tael.foundation.http.permissions import caller_of
from tael.foundation.printable import PRINTABLE
from tael.ledger.api import AccountBalance, Books, Node, Sum, totals_of, unbalanced_currencies
from tael.ledger.errors import (
    ClosedFurther,
    MonthArchived,
    NoSuchAccount,
    PeriodNotClosed,
    PeriodNotOver,
    ReportTooLong,
)
from tael.ledger.http.forms import (
    CLOSE,
    READ,
    AccountCode,
    AccountCurrency,
    AnyRequest,
    WithPrefix,
    check_moment,
    moment_in_query,
)
from tael.ledger.http.statements import TAG, ByTimeline, statement_routes
from tael.ledger.model import Closing, Timeline
from tael.ledger.schemas.reports import (
    BalanceAtBody,
    ClosingBody,
    ClosingsBody,
    NodeBody,
    SumBody,
    SumsBody,
    TotalBody,
    TreeBody,
    TrialBalanceBody,
    TrialBalanceLineBody,
    UntilRequest,
)

_CLOSINGS = "Closing"

AtMoment = Annotated[
    str | None,
    QueryParameter(
        name="at",
        format="date-time",
        description="The moment, such as 2026-03-31T23:59:59.999999Z; absent: now",
    ),
]
Depth = Annotated[int, QueryParameter(ge=1, le=20, description="How many levels below, 1 to 20")]
SumDepth = Annotated[
    int | None,
    QueryParameter(
        name="depth",
        ge=1,
        le=20,
        description="Sum by so many segments of the codes; absent: account by account",
    ),
]
Root = Annotated[
    str,
    QueryParameter(
        max_length=200,
        pattern=PRINTABLE,
        description="The node to begin at, such as merchant:42; absent: all",
    ),
]
AccountCursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor",
        max_length=220,
        pattern=PRINTABLE,
        description="`next_cursor` of the page before; absent for the first page",
    ),
]


def report_routes(books: Books) -> list[HTTPRouteHandler]:
    """Ask about the books at a moment and as a whole; close periods."""
    return [
        _balance(books),
        _balances(books),
        *statement_routes(books),
        _sums(books),
        _tree(books),
        _trial_balance(books),
        _closings(books),
        _close(books),
        _reopen(books),
    ]


def _balance(books: Books) -> HTTPRouteHandler:
    @get("/v1/account/balance", opt={"permission": READ, REFUSES: [NoSuchAccount, MonthArchived]}, tags=[TAG])
    async def read_balance_at(
        code: AccountCode,
        currency: AccountCurrency,
        *,
        at: AtMoment = None,
        by: ByTimeline = Timeline.BOOKED,
    ) -> BalanceAtBody:
        """Read an account's balance at a moment. Exact at any moment, as it was booked by then or as entries count."""
        moment = moment_in_query(at, field="at")
        return _balance_body(await books.reports.balance_at(code, currency, moment, by=by))

    return read_balance_at


def _balances(books: Books) -> HTTPRouteHandler:
    @get("/v1/balances", opt={"permission": READ, REFUSES: [MonthArchived]}, tags=[TAG])
    async def list_balances_at(
        *,
        prefix: WithPrefix = None,
        at: AtMoment = None,
        by: ByTimeline = Timeline.BOOKED,
        limit: Limit = 50,
        cursor: AccountCursor = None,
    ) -> Page[BalanceAtBody]:
        """List the balances of a moment. By code and currency; send `next_cursor` as `cursor` for the next page."""
        moment = moment_in_query(at, field="at")
        currency, _, code = (cursor or "").partition(":")
        found = await books.reports.accounts(prefix or "", after=(code, currency), limit=limit + 1)
        shown = found[:limit]
        names = [(each.code, each.currency) for each in shown]
        balances = await books.reports.balances_at(names, moment, by=by)
        last = f"{shown[-1].currency}:{shown[-1].code}" if len(found) > limit else None
        items = [_balance_body(each) for each in balances if not isinstance(each, Refusal)]
        return Page(items=items, next_cursor=last)

    return list_balances_at


def _balance_body(found: AccountBalance) -> BalanceAtBody:
    return BalanceAtBody(
        code=found.code,
        currency=found.currency,
        exponent=found.exponent,
        account_class=found.account_class,
        at=found.at.astimezone(UTC),
        by=found.by,
        balance_minor=found.balance_minor,
        normal_balance_minor=found.balance_minor * found.account_class.normal_sign,
    )


def _sums(books: Books) -> HTTPRouteHandler:
    @get("/v1/sums", opt={"permission": READ}, tags=[TAG])
    async def read_sums(*, prefix: WithPrefix = None) -> SumsBody:
        """Sum accounts by prefix. What is posted and held now on all accounts whose code begins like this."""
        found = await books.reports.sums(prefix or "")
        return SumsBody(prefix=prefix or "", sums=[_sum_body(each) for each in found])

    return read_sums


def _tree(books: Books) -> HTTPRouteHandler:
    @get("/v1/tree", opt={"permission": READ, REFUSES: [ReportTooLong]}, tags=[TAG])
    async def read_tree(*, root: Root = "", depth: Depth = 1) -> TreeBody:
        """Read the tree of accounts. The segments of codes are its levels; each node has the sums of all below it."""
        top = await books.reports.tree(root, depth=depth)
        return TreeBody(nodes=list(_node_bodies(top, 0)))

    return read_tree


def _node_bodies(node: Node, level: int) -> Iterator[NodeBody]:
    yield NodeBody(
        code=node.code,
        level=level,
        account_classes=sorted(node.classes),
        sums=[_sum_body(node.sums[currency]) for currency in sorted(node.sums)],
    )
    for child in node.children:
        yield from _node_bodies(child, level + 1)


def _sum_body(found: Sum) -> SumBody:
    return SumBody(
        currency=found.currency,
        exponent=found.exponent,
        accounts=found.accounts,
        balance_minor=found.balance_minor,
        held_debits_minor=found.held_debits_minor,
        held_credits_minor=found.held_credits_minor,
    )


def _trial_balance(books: Books) -> HTTPRouteHandler:
    @get("/v1/trial-balance", opt={"permission": READ, REFUSES: [ReportTooLong, MonthArchived]}, tags=[TAG])
    async def read_trial_balance(
        *,
        at: AtMoment = None,
        by: ByTimeline = Timeline.BOOKED,
        depth: SumDepth = None,
    ) -> TrialBalanceBody:
        """Read the trial balance. The balances of all accounts on their sides, which are equal in every currency."""
        moment = moment_in_query(at, field="at")
        lines = await books.reports.trial_balance(at=moment, by=by, depth=depth)
        return TrialBalanceBody(
            at=moment,
            by=by,
            balanced=not unbalanced_currencies(lines),
            totals=[
                TotalBody(
                    currency=total.currency,
                    exponent=total.exponent,
                    account_class=total.account_class,
                    debits_minor=total.debits_minor,
                    credits_minor=total.credits_minor,
                )
                for total in totals_of(lines)
            ],
            lines=[
                TrialBalanceLineBody(
                    code=line.code,
                    currency=line.currency,
                    exponent=line.exponent,
                    account_class=line.account_class,
                    debits_minor=line.debits_minor,
                    credits_minor=line.credits_minor,
                )
                for line in lines
            ],
        )

    return read_trial_balance


def _closings(books: Books) -> HTTPRouteHandler:
    @get("/v1/closings", opt={"permission": READ}, tags=[_CLOSINGS])
    async def list_closings(*, limit: Limit = 50) -> ClosingsBody:
        """List closings. Until when the books are closed, and who closed or re-opened them, the latest first."""
        found = await books.reports.closings(limit=limit)
        return ClosingsBody(
            closed_until=found[0].closed_until if found else None,
            closings=[_closing_body(each) for each in found],
        )

    return list_closings


def _close(books: Books) -> HTTPRouteHandler:
    @post(
        "/v1/closings",
        status_code=200,
        opt={"permission": CLOSE, REFUSES: [PeriodNotOver, ClosedFurther]},
        tags=[_CLOSINGS],
        responses=answers(200, ClosingBody, "The books are closed until then"),
    )
    async def close_period(request: AnyRequest, data: JSONBody[UntilRequest]) -> ClosingBody:
        """Close the books. From now on nothing is booked that counts before `until`. Closing twice is closing once."""
        return _closing_body(await books.close_period(_until(data), caller=caller_of(request)))

    return close_period


def _reopen(books: Books) -> HTTPRouteHandler:
    @post(
        "/v1/closings/reopen",
        status_code=200,
        opt={"permission": CLOSE, REFUSES: [PeriodNotClosed]},
        tags=[_CLOSINGS],
        responses=answers(200, ClosingBody, "The books are closed until then, and no further"),
    )
    async def reopen_period(request: AnyRequest, data: JSONBody[UntilRequest]) -> ClosingBody:
        """Open a closed period again. What counts at `until` or later can be booked; the audit trail says who did it."""
        return _closing_body(await books.reopen_period(_until(data), caller=caller_of(request)))

    return reopen_period


def _until(wanted: UntilRequest) -> datetime:
    return cast(datetime, check_moment(wanted.until.astimezone(UTC), field="until"))


def _closing_body(closing: Closing) -> ClosingBody:
    return ClosingBody(closed_until=closing.closed_until, closed_at=closing.closed_at, actor=closing.actor)
