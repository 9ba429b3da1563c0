"""How does a statement become a file? A PDF to be shown to others, or a sheet to be computed with."""

import io
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import resources
from typing import Any

import msgspec
import segno
import typst
import xlsxwriter  # type: ignore[import-untyped]

from tael.foundation.money import Money
from tael.wallets.model.bills import Bill, Direction
from tael.wallets.model.statements import StatementFormat, WalletStatement
from tael.wallets.rules.statements import in_china
from tael.wallets.usecases.words import words

_FONTS = "pylopdf_fonts_zh_cn"
"""A package with Noto Sans SC and nothing else: papers look the same on every machine."""


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose paper it is, as they are called on it."""

    name: str
    phone: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on it."""

    statement: WalletStatement
    holder: Holder
    bills: Sequence[Bill]
    check_at: str
    """Where whoever holds it can check it."""


def file_of(paper: Paper) -> bytes:
    """The file; takes seconds if it is long, and no I/O but for fonts."""
    if paper.statement.format is StatementFormat.PDF:
        return _pdf(paper)
    return _sheet(paper)


def _pdf(paper: Paper) -> bytes:
    statement = paper.statement
    said = words(statement.language)
    data = {
        "words": said["label"],
        "lang": statement.language.partition("-")[0],
        "region": "cn" if "-" in statement.language else "gb",
        "code": statement.shown_code,
        "check": paper.check_at,
        "head": _head(paper),
        "sums": _sums(statement, said["label"]),
        "rows": [_row(bill, said["kind"]) for bill in paper.bills],
        "picture": segno.make(paper.check_at, error="m").svg_inline(border=0),
    }
    with (
        resources.as_file(resources.files(_FONTS)) as fonts,
        resources.as_file(resources.files("tael.wallets").joinpath("paper", "statement.typ")) as template,
    ):
        made: bytes = typst.compile(
            str(template),
            root=str(template.parent),
            font_paths=[str(fonts)],
            ignore_system_fonts=True,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="pdf",
            timestamp=int(statement.until.timestamp()),
        )
    return made


def _head(paper: Paper) -> list[tuple[str, str]]:
    statement, said = paper.statement, words(paper.statement.language)["label"]
    return [
        (said["holder"], paper.holder.name or said["unnamed"]),
        (said["period"], f"{statement.first_day} {said['until']} {statement.last_day}"),
        (said["phone"], paper.holder.phone),
        (said["made_at"], in_china(statement.created_at)),
        (said["wallet"], statement.user_id),
        (said["currency"], statement.currency),
    ]


def _sums(statement: WalletStatement, said: Mapping[str, str]) -> list[tuple[str, str]]:
    amounts = {
        "opening": statement.opening_minor,
        "in": statement.in_minor,
        "out": statement.out_minor,
        "closing": statement.closing_minor,
    }
    return [
        *((said[name], Money(minor or 0, statement.currency).decimal()) for name, minor in amounts.items()),
        (said["count"], str(statement.bills or 0)),
    ]


def _row(bill: Bill, kinds: Mapping[str, str]) -> tuple[str, ...]:
    amount = Money(bill.amount_minor, bill.currency).decimal()
    balance = Money(bill.balance_after_minor or 0, bill.currency).decimal()
    sign = "+" if bill.direction is Direction.IN else "-"
    return (
        in_china(bill.at),
        kinds[f"{bill.kind}_{bill.direction}"],
        f"{sign}{amount}",
        balance,
        " · ".join(part for part in (_other(bill), _about(bill)) if part),
        bill.reference,
    )


def _other(bill: Bill) -> str:
    details, other = bill.details, bill.details.counterparty
    parts = (other.name, other.phone) if other is not None else (details.merchant, details.card)
    return " ".join(part for part in parts if part)


def _about(bill: Bill) -> str:
    return " · ".join(part for part in (bill.details.title, bill.details.note) if part)


# The sheet.


def _sheet(paper: Paper) -> bytes:
    """Texts are texts, whatever they begin with; amounts are numbers, below zero where the wallet lost them."""
    statement, written = paper.statement, io.BytesIO()
    said = words(statement.language)
    label = said["label"]
    book = xlsxwriter.Workbook(written, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties(
        {
            "title": f"{label['title']} {statement.shown_code}",
            "created": statement.until,
        }
    )
    sheet = book.add_worksheet(label["title"][:31])
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
    line = 0
    above = [
        *_head(paper),
        *_sums(statement, label),
        (label["code"], statement.shown_code),
        (label["check"], paper.check_at),
    ]
    for name, value in above:
        sheet.write_string(line, 0, name)
        sheet.write_string(line, 1, value)
        line += 1
    line += 1
    for column, name in enumerate(("at", "kind", "amount", "balance", "other", "about", "number")):
        sheet.write_string(line, column, label[name], bold)
    for bill in paper.bills:
        line += 1
        _write_bill(sheet, line, bill, said["kind"], money)
    sheet.write_string(line + 2, 0, label["zone"])
    sheet.set_column(0, 1, 20)
    sheet.set_column(2, 3, 12)
    sheet.set_column(4, 6, 30)
    book.close()
    return written.getvalue()


def _write_bill(sheet: Any, line: int, bill: Bill, kinds: Mapping[str, str], money: Any) -> None:
    amount = bill.amount_minor if bill.direction is Direction.IN else -bill.amount_minor
    sheet.write_string(line, 0, in_china(bill.at))
    sheet.write_string(line, 1, kinds[f"{bill.kind}_{bill.direction}"])
    for column, minor in ((2, amount), (3, bill.balance_after_minor or 0)):
        sheet.write_number(line, column, Decimal(Money(minor, bill.currency).decimal()), money)
    for column, text in ((4, _other(bill)), (5, _about(bill)), (6, bill.reference)):
        sheet.write_string(line, column, text)
