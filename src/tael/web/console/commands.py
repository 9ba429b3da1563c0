"""How does what people type about a partner become what programs say? Forms in, commands out.

People write percents (`0.60`), amounts (`0.10`) and the time of day in China; commands hold millionths, minor units and
moments. A field that cannot be read is refused under the name that it has on the page.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeAlias, cast

import msgspec
from msgspec import Meta

from tael.channels.port import Operation, Product
from tael.foundation.errors import Malformed
from tael.foundation.money import Money, exponent_of
from tael.partners import schemas
from tael.partners.model import FeeLine
from tael.partners.schemas import Command
from tael.web.console.forms import Form

Read: TypeAlias = Callable[[Form], Command[Any]]
_LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")
_MILLIONTHS = 4
"""Decimals of a percent that is kept in millionths."""
_BASIS_POINTS = 2
"""Decimals of a percent that is kept in hundredths of a percent."""


class _Why(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    note: Annotated[str, Meta(description="Why, for whoever decides")]


class _Guarded(_Why, frozen=True, kw_only=True):
    share: Annotated[str, Meta(description="Of the traffic, in percent, such as 5.00")]
    failures: Annotated[str, Meta(description="The largest share of failures, in percent, such as 3.00")]
    smallest_sample: Annotated[int, Meta(ge=1, le=1_000_000, description="Calls before the guard judges")]


class _Canary(_Guarded, frozen=True, kw_only=True):
    owner: str


class _Reasoned(_Why, frozen=True, kw_only=True):
    reason: str


class _FeeRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    currency: str = "CNY"
    operation: Operation = Operation.PAY
    product: Product | None = None
    card_kind: str | None = None
    rate: str = ""
    fixed: str = ""
    floor: str = ""
    cap: str = ""


class _Fees(_Why, frozen=True, kw_only=True):
    effective_from: datetime
    ends: str | None = None
    lines: tuple[_FeeRow, ...] = ()


def plain(command: type[Command[Any]], *moments: str) -> Read:
    """The fields of the form are those of the command; `moments` are times of day in China."""

    def read(form: Form) -> Command[Any]:
        return in_china(form, *moments).into(command)

    return read


def _proposed(change: schemas.Change, form: Form) -> schemas.Propose:
    return schemas.Propose(change=change, note=form.text("note"))


def go_live(form: Form) -> schemas.Propose:
    """All traffic that routing gives it."""
    return _proposed(schemas.GoLive(), _checked(form, _Why))


def resume(form: Form) -> schemas.Propose:
    """Back to where it was."""
    return _proposed(schemas.Resume(), _checked(form, _Why))


def suspend(form: Form) -> schemas.Propose:
    """No traffic."""
    return _proposed(schemas.Suspend(reason=form.into(_Reasoned).reason), form)


def retire(form: Form) -> schemas.Propose:
    """Never again."""
    return _proposed(schemas.Retire(reason=form.into(_Reasoned).reason), form)


def start_canary(form: Form) -> schemas.Propose:
    """A share of the traffic, under a guard."""
    asked = form.into(_Canary)
    return _proposed(schemas.StartCanary(owner=asked.owner, **_guard_in(asked)), form)


def change_guard(form: Form) -> schemas.Propose:
    """Another share, or another guard."""
    return _proposed(schemas.ChangeGuard(**_guard_in(form.into(_Guarded))), form)


def _guard_in(asked: _Guarded) -> dict[str, int]:
    return {
        "share_basis_points": _share(asked.share, field="share"),
        "largest_failure_basis_points": _share(asked.failures, field="failures"),
        "smallest_sample": asked.smallest_sample,
    }


def _share(text: str, *, field: str) -> int:
    basis_points = percent_in(text, decimals=_BASIS_POINTS, field=field)
    if not 1 <= basis_points <= 10_000:
        raise Malformed("A share is more than 0 and at most 100 percent.", field=field)
    return basis_points


def change_fees(form: Form) -> schemas.Propose:
    """A new fee table; rows without a price are left out."""
    asked = in_china(form, "effective_from").into(_Fees)
    lines = [_fee_line(row, place) for place, row in enumerate(asked.lines) if _is_filled(row)]
    if not lines:
        raise Malformed("A fee table has lines.", field="lines.0.rate", hint="Write a rate or a fixed fee.")
    change = schemas.ChangeFees(effective_from=asked.effective_from, ends=asked.ends, lines=tuple(lines))
    return _proposed(change, form)


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


def _checked(form: Form, wanted: type[msgspec.Struct]) -> Form:
    """The same form, if it holds what is wanted."""
    form.into(wanted)
    return form


def in_china(form: Form, *moments: str) -> Form:
    """The same form, with times of day in China as moments."""
    said = {name: form.text(name) for name in moments}
    return _with(form, **{name: f"{text}:00+08:00" for name, text in said.items() if _LOCAL.fullmatch(text)})


def _with(form: Form, **values: object) -> Form:
    return msgspec.structs.replace(form, values=cast(Any, {**form.values, **values}))
