"""What do statements look like on the wire, and what does whoever holds the paper learn?"""

from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.model.statements import (
    StatementFormat,
    StatementLanguage,
    StatementState,
    WalletStatement,
)
from tael.wallets.schemas.fields import Currency, Strict

Day = Annotated[Annotated[str, Meta(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$")], Meta(examples=["2026-11-01"])]
Format = Annotated[StatementFormat, Meta(description="What the file is", examples=["pdf"])]
Minor = Annotated[int | None, Meta(description="In minor units; null until it is done", examples=[98_720])]
Code = Annotated[
    str,
    Meta(
        description="By which whoever holds the paper checks it",
        examples=["7ZK2M-4Q9TB-X0C5H-J8RWD"],
    ),
]


class CreateStatementRequest(Strict, frozen=True, kw_only=True):
    """A wish for a file with everything that moved the wallet in a period."""

    format: Format
    from_day: Annotated[Day, Meta(description="Its first day, in China")]
    to_day: Annotated[Day, Meta(description="Its last day, at most a year later")]
    language: Annotated[
        StatementLanguage, Meta(description="In which language it is written", examples=["zh-CN"])
    ] = StatementLanguage.CHINESE
    currency: Currency = "CNY"


class WalletStatementBody(msgspec.Struct, frozen=True, kw_only=True):
    """A statement, and how far it is."""

    id: Annotated[
        str, Meta(description="`stm_` and 26 characters", examples=["stm_01h455vb4pex5vsknk084sn02q"])
    ]
    state: Annotated[StatementState, Meta(description="Where it stands", examples=["done"])]
    format: Format
    language: Annotated[StatementLanguage, Meta(description="In which it is written", examples=["zh-CN"])]
    currency: Currency
    from_day: Annotated[date, Meta(description="Its first day, in China")]
    to_day: Annotated[date, Meta(description="Its last day")]
    until: Annotated[datetime, Meta(description="Nothing that was booked from then on stands in it")]
    bills: Annotated[int | None, Meta(description="How many stand in it; null until they are counted")]
    written: Annotated[int, Meta(description="How many of them are written: the progress", examples=[12])]
    opening_minor: Minor
    in_minor: Minor
    out_minor: Minor
    closing_minor: Minor
    code: Code
    file_bytes: Annotated[int, Meta(description="How large the file is", examples=[180_593])]
    sha256: Annotated[str | None, Meta(description="Of the file, in hexadecimal", examples=[None])]
    trouble: Annotated[str | None, Meta(description="Why there will be none", examples=[None])]
    created_at: Annotated[datetime, Meta(description="When it was asked for")]
    ended_at: Annotated[datetime | None, Meta(description="When it was done, or given up", examples=[None])]
    file_until: Annotated[datetime, Meta(description="So long the file can be fetched")]
    checked_until: Annotated[datetime, Meta(description="So long it can be checked by its code")]


class CheckedStatementBody(msgspec.Struct, frozen=True, kw_only=True):
    """What we wrote on a paper. If yours says anything else, it is not ours."""

    code: Code
    holder: Annotated[str, Meta(description="Whose it is, masked; empty: not verified", examples=["张*"])]
    currency: Currency
    from_day: Annotated[date, Meta(description="Its first day, in China")]
    to_day: Annotated[date, Meta(description="Its last day")]
    opening_minor: Minor
    in_minor: Minor
    out_minor: Minor
    closing_minor: Minor
    bills: Annotated[int | None, Meta(description="How many stand in it", examples=[12])]
    format: Format
    sha256: Annotated[
        str | None, Meta(description="Of the file as we made it, in hexadecimal", examples=["00"])
    ]
    made_at: Annotated[datetime | None, Meta(description="When we made it")]


def statement_body(statement: WalletStatement) -> WalletStatementBody:
    """The same on the wire."""
    return WalletStatementBody(
        id=statement.id,
        state=statement.state,
        format=statement.format,
        language=statement.language,
        currency=statement.currency,
        from_day=statement.first_day,
        to_day=statement.last_day,
        until=statement.until,
        bills=statement.bills,
        written=statement.written,
        opening_minor=statement.opening_minor,
        in_minor=statement.in_minor,
        out_minor=statement.out_minor,
        closing_minor=statement.closing_minor,
        code=statement.shown_code,
        file_bytes=statement.file_bytes,
        sha256=statement.sha256,
        trouble=statement.trouble,
        created_at=statement.created_at,
        ended_at=statement.ended_at,
        file_until=statement.file_until,
        checked_until=statement.checked_until,
    )


def checked_body(statement: WalletStatement) -> CheckedStatementBody:
    """What anybody with the code may know."""
    return CheckedStatementBody(
        code=statement.shown_code,
        holder=statement.holder_shown,
        currency=statement.currency,
        from_day=statement.first_day,
        to_day=statement.last_day,
        opening_minor=statement.opening_minor,
        in_minor=statement.in_minor,
        out_minor=statement.out_minor,
        closing_minor=statement.closing_minor,
        bills=statement.bills,
        format=statement.format,
        sha256=statement.sha256,
        made_at=statement.ended_at,
    )
