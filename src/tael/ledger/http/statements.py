"""How does a program read what happened on an account? Page by page, as a T-account, as a file."""

import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, BinaryIO, TypedDict, cast

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from tael.foundation.http.openapi import REFUSES
from tael.foundation.http.pages import Cursor, Limit
from tael.ledger.api import Books, Period, SheetKind, Statement, StatementLine
from tael.ledger.errors import MonthArchived, NoSuchAccount, ReportTooLong, StatementChanged
from tael.ledger.http.forms import (
    READ,
    AccountCode,
    AccountCurrency,
    moment_in_query,
)
from tael.ledger.model import Timeline
from tael.ledger.schemas.reports import StatementBody, StatementLineBody, TAccountBody

TAG = "Reports"
_CHUNK_BYTES = 65_536
_MEDIA_TYPES = {
    SheetKind.CSV: "text/csv",
    SheetKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

ByTimeline = Annotated[
    Timeline,
    QueryParameter(
        name="by", description="`booked`: by when entries were written; `effective`: by when they count"
    ),
]
FromMoment = Annotated[
    str | None,
    QueryParameter(
        name="from",
        format="date-time",
        description="The first moment, such as 2026-03-01T00:00:00Z; absent: where the books begin that are not archived",
    ),
]
ToMoment = Annotated[
    str | None,
    QueryParameter(
        name="to",
        format="date-time",
        description="The first moment that is no longer part of it, such as 2026-04-01T00:00:00Z; absent: no end",
    ),
]


def statement_routes(books: Books) -> list[HTTPRouteHandler]:
    """The statement of an account in every form."""
    return [_statement(books), _t_account(books), _file(books, SheetKind.CSV), _file(books, SheetKind.XLSX)]


def _statement(books: Books) -> HTTPRouteHandler:
    @get(
        "/v1/account/statement",
        opt={"permission": READ, REFUSES: [NoSuchAccount, StatementChanged, MonthArchived]},
        tags=[TAG],
    )
    async def read_statement(
        code: AccountCode,
        currency: AccountCurrency,
        *,
        from_moment: FromMoment = None,
        to_moment: ToMoment = None,
        by: ByTimeline = Timeline.BOOKED,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> StatementBody:
        """Read an account's statement. Opening, lines with the balance after each, closing; oldest first. The closing
        of a page is the opening of the next; send `next_cursor` as `cursor` for it.
        """
        period = _period(from_moment, to_moment, by)
        page = await books.reports.statement(code, currency, period, cursor=cursor, limit=limit)
        return StatementBody(**_part(page), lines=[_line_body(line) for line in page.lines])

    return read_statement


def _t_account(books: Books) -> HTTPRouteHandler:
    @get(
        "/v1/account/t-account",
        opt={"permission": READ, REFUSES: [NoSuchAccount, StatementChanged, MonthArchived]},
        tags=[TAG],
    )
    async def read_t_account(
        code: AccountCode,
        currency: AccountCurrency,
        *,
        from_moment: FromMoment = None,
        to_moment: ToMoment = None,
        by: ByTimeline = Timeline.BOOKED,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> TAccountBody:
        """Read an account as a T-account. The same page as the statement, debits left and credits right."""
        period = _period(from_moment, to_moment, by)
        page = await books.reports.statement(code, currency, period, cursor=cursor, limit=limit)
        return TAccountBody(
            **_part(page),
            debits=[_line_body(line) for line in page.lines if line.amount_minor > 0],
            credits=[_line_body(line) for line in page.lines if line.amount_minor < 0],
            debits_minor=sum(line.debit_minor for line in page.lines),
            credits_minor=sum(line.credit_minor for line in page.lines),
        )

    return read_t_account


def _file(books: Books, kind: SheetKind) -> HTTPRouteHandler:
    async def export_statement(
        code: AccountCode,
        currency: AccountCurrency,
        *,
        from_moment: FromMoment = None,
        to_moment: ToMoment = None,
        by: ByTimeline = Timeline.BOOKED,
    ) -> Stream:
        file = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115  # closed when it is sent
        try:
            await books.reports.write_statement(
                code, currency, _period(from_moment, to_moment, by), file, kind=kind
            )
        except BaseException:
            file.close()
            raise
        headers = {
            "Content-Disposition": f'attachment; filename="statement.{kind}"',
            "Content-Length": str(file.tell()),
        }
        return Stream(_chunks(file), media_type=_MEDIA_TYPES[kind], headers=headers)

    export_statement.__name__ = f"export_statement_{kind}"
    export_statement.__doc__ = (
        f"Export an account's statement as {kind.upper()}. Whole, from one view of the books: its first line is the"
        " opening, its last the closing, and balances are on the account's normal side. At most 1,000,000 lines."
    )
    return get(
        f"/v1/account/statement.{kind}",
        opt={"permission": READ, REFUSES: [NoSuchAccount, ReportTooLong, MonthArchived]},
        tags=[TAG],
        responses={200: ResponseSpec(str, media_type=_MEDIA_TYPES[kind], description="The file")},
    )(export_statement)


async def _chunks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _period(from_moment: str | None, to_moment: str | None, by: Timeline) -> Period:
    return Period(
        begins_at=moment_in_query(from_moment, field="from"),
        ends_at=moment_in_query(to_moment, field="to"),
        by=by,
    )


class _Part(TypedDict):
    """What a statement and a T-account have in common."""

    code: str
    currency: str
    exponent: int
    account_class: Any
    normal_side: Any
    by: Timeline
    begins_at: datetime | None
    ends_at: datetime | None
    opening_minor: int
    closing_minor: int
    next_cursor: str | None


def _part(page: Statement) -> _Part:
    account, period = page.account, page.period
    return {
        "code": account.code,
        "currency": account.currency,
        "exponent": account.exponent,
        "account_class": account.account_class,
        "normal_side": "debit" if account.account_class.normal_sign > 0 else "credit",
        "by": period.by,
        "begins_at": period.begins_at,
        "ends_at": period.ends_at,
        "opening_minor": page.opening_minor,
        "closing_minor": page.closing_minor,
        "next_cursor": page.next_cursor,
    }


def _line_body(line: StatementLine) -> StatementLineBody:
    return StatementLineBody(
        no=line.no,
        position=line.position,
        id=line.id,
        kind=line.kind,
        reference=line.reference,
        booked_at=line.booked_at,
        effective_at=line.effective_at.astimezone(UTC),
        debit_minor=line.debit_minor,
        credit_minor=line.credit_minor,
        balance_after_minor=line.balance_after_minor,
    )
