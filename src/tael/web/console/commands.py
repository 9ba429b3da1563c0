"""How does what people type about a partner become what programs say? Forms in, commands out.

People write percents (`0.60`), amounts (`0.10`) and the time of day in China; commands hold millionths, minor units and
moments. A field that cannot be read is refused under the name that it has on the page.
"""

import re
from collections.abc import Callable, Collection
from typing import Any, TypeAlias, cast

import msgspec

from tael.channels.port import Operation, Product
from tael.foundation.errors import Malformed
from tael.foundation.money import Money, exponent_of
from tael.partners import schemas
from tael.partners.model import FeeLine
from tael.partners.schemas import Command
from tael.web.ui.forms import Form

Read: TypeAlias = Callable[[Form], Command[Any]]
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,6})?)?")
_SHARES = {"share": "share", "failures": "largest_failure"}
"""What the shares of a guard are called on the page, and in the command."""
_MILLIONTHS = 4
"""Decimals of a percent that is kept in millionths."""
_BASIS_POINTS = 2
"""Decimals of a percent that is kept in hundredths of a percent."""


class _FeeRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: str = "CNY"
    operation: Operation = Operation.PAY
    product: Product | None = None
    card_kind: str | None = None
    rate: str = ""
    fixed: str = ""
    floor: str = ""
    cap: str = ""


class _FeeRows(msgspec.Struct, frozen=True, kw_only=True):
    lines: tuple[_FeeRow, ...] = ()


def plain(command: type[Command[Any]], *moments: str) -> Read:
    """The fields of the form are those of the command; `moments` are times of day in China."""

    def read(form: Form) -> Command[Any]:
        return in_china(form, *moments).into(command)

    return read


def proposing(change: str, *, guard: bool = False) -> Read:
    """The fields of the form are those of the change, but for `note`; those of a `guard` are in percent."""

    def read(form: Form) -> schemas.Propose:
        if not guard:
            return _propose(change, form)
        shares = {
            f"{meaning}_basis_points": str(_share(form.text(name), field=name))
            for name, meaning in _SHARES.items()
        }
        return _propose(change, _with(form, without=_SHARES, **shares))

    return read


def _propose(change: str, form: Form) -> schemas.Propose:
    """As if it had come over the API; a refusal names the field of the form."""
    said = {f"change.{name}": given for name, given in form.values.items() if name != "note"}
    values = said | {"change.change": change, "note": form.text("note")}
    return msgspec.structs.replace(form, values=values).into(schemas.Propose, within="change.")


def _share(text: str, *, field: str) -> int:
    basis_points = percent_in(text, decimals=_BASIS_POINTS, field=field)
    if not 1 <= basis_points <= 10_000:
        raise Malformed("A share is more than 0 and at most 100 percent.", field=field)
    return basis_points


def change_fees(form: Form) -> schemas.Propose:
    """A new fee table; rows without a price are left out."""
    rows = {name: given for name, given in form.values.items() if name.startswith("lines.")}
    typed = msgspec.structs.replace(form, values=rows).into(_FeeRows).lines
    lines = [_fee_line(row, place) for place, row in enumerate(typed) if _is_filled(row)]
    if not lines:
        raise Malformed("A fee table has lines.", field="lines.0.rate", hint="Write a rate or a fixed fee.")
    rest = _with(in_china(form, "effective_from"), without=rows, lines=msgspec.to_builtins(lines))
    return _propose("change_fees", rest)


def _is_filled(row: _FeeRow) -> bool:
    return any((row.rate, row.fixed, row.floor, row.cap))


def _fee_line(row: _FeeRow, place: int) -> FeeLine:
    exponent_of(row.currency, field=f"lines.{place}.currency")

    def minor_in(text: str, name: str) -> int:
        return Money.parse(text.strip(), row.currency, field=f"lines.{place}.{name}").minor

    return FeeLine(
        currency=row.currency,
        operation=row.operation,
        product=row.product,
        card_kind=row.card_kind,
        rate_millionths=percent_in(row.rate or "0", decimals=_MILLIONTHS, field=f"lines.{place}.rate"),
        fixed_minor=minor_in(row.fixed or "0", "fixed"),
        floor_minor=minor_in(row.floor, "floor") if row.floor else None,
        cap_minor=minor_in(row.cap, "cap") if row.cap else None,
    )


def make_checklist(form: Form) -> Command[Any]:
    """One item on each line."""
    items = [line.strip() for line in form.text("items").split("\n") if line.strip()]
    return _with(form, items=items).into(schemas.MakeChecklist)


def percent_in(text: str, *, decimals: int, field: str) -> int:
    """`0.60` with four decimals is 6,000; refuses `Malformed`."""
    match = re.fullmatch(
        rf"(-?)([0-9]{{1,3}})(?:\.([0-9]{{1,{decimals}}}))?", text.strip().removesuffix("%").strip()
    )
    if match is None:
        raise Malformed(
            f"{text[:20]!r} is no percentage with up to {decimals} decimals.",
            field=field,
            hint="Write 0.60 for 0.60 %.",
        )
    whole = int(match[2] + (match[3] or "").ljust(decimals, "0"))
    return -whole if match[1] else whole


def percent_typed(number: int, *, decimals: int) -> str:
    """The inverse of `percent_in`, as somebody would type it: `0.60`."""
    whole, rest = divmod(abs(number), 10**decimals)
    shown = f"{rest:0{decimals}}".rstrip("0").ljust(2, "0")
    return f"{'-' if number < 0 else ''}{whole}.{shown}"


def fee_row(line: FeeLine) -> dict[str, str]:
    """A line of a fee table as somebody would type it."""

    def typed(minor: int | None) -> str:
        return "" if minor is None else Money(minor, line.currency).decimal()

    return {
        "currency": line.currency,
        "operation": line.operation,
        "product": line.product or "",
        "card_kind": line.card_kind or "",
        "rate": percent_typed(line.rate_millionths, decimals=_MILLIONTHS),
        "fixed": typed(line.fixed_minor or None),
        "floor": typed(line.floor_minor),
        "cap": typed(line.cap_minor),
    }


def field_on_page(form: Form, field: str) -> str:
    """The name that a field of a fee table's command has on the page, where rows may be empty and units are people's."""
    match = re.fullmatch(r"lines\.(\d+)(?:\.(\w+))?", field)
    if match is None:
        return field
    named = {name.split(".")[1] for name, text in form.values.items() if _is_said(name, text)}
    rows = sorted(int(row) for row in named if row.isdecimal())
    place = rows[int(match[1])] if int(match[1]) < len(rows) else int(match[1])
    name = (match[2] or "rate").removesuffix("_minor").removesuffix("_millionths")
    return f"lines.{place}.{name}"


def _is_said(name: str, text: object) -> bool:
    return bool(text) and re.fullmatch(r"lines\.\d+\.(rate|fixed|floor|cap)", name) is not None


def in_china(form: Form, *moments: str) -> Form:
    """The same form, with times of day in China, with or without seconds, as moments."""
    found = {name: match for name in moments if (match := _LOCAL.fullmatch(form.text(name)))}
    return _with(form, **{name: f"{match[1]}{match[2] or ':00'}+08:00" for name, match in found.items()})


def _with(form: Form, *, without: Collection[str] = (), **values: object) -> Form:
    kept = {name: given for name, given in form.values.items() if name not in without}
    return msgspec.structs.replace(form, values=cast(Any, {**kept, **values}))
