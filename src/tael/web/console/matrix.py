"""What can each channel do, side by side? Rows of capabilities, columns of channels."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from tael.channels.port import BillKind, Capabilities, Operation, Product
from tael.foundation.money import Money

_MOST_CURRENCIES = 6
_FIRST = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP")
"""Shown first, of those that equally many channels take."""
_YES, _NO = "yes", ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One capability, and what each channel has of it."""

    name: str
    words: str = ""
    """The key of its words; its name is shown if there is none."""
    cells: Sequence[str]
    """`yes`, nothing, or a text."""
    amounts: Sequence[tuple[Money, Money] | None] = ()
    """Instead of cells: from how much to how much."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Capabilities of one kind; its word is `console.matrix_of.NAME`."""

    name: str
    rows: Sequence[Row]


def matrix_of(channels: Mapping[str, Capabilities]) -> list[Part]:
    """The matrix, with a column for each channel in the order in which they are given."""
    can = list(channels.values())

    return [
        Part(name="products", rows=[_of_product(product, can) for product in Product]),
        Part(name="operations", rows=[_of_operation(operation, can) for operation in Operation]),
        Part(name="amounts", rows=_amounts(can)),
        Part(name="terms", rows=[_of_terms(name, cell, can) for name, cell in TERMS.items()]),
    ]


TERMS: Mapping[str, Callable[[Capabilities], str | bool]] = {
    "refund_window": lambda can: str(can.refund_window_days),
    "refunds_per_order": lambda can: str(can.refunds_per_order),
    "partial_refunds": lambda can: can.partial_refunds,
    "capture_later": lambda can: bool(can.capture_later),
    "partial_captures": lambda can: can.partial_captures,
    "splits": lambda can: can.splits,
    "payer_sets_amount": lambda can: can.payer_sets_amount,
    "notices": lambda can: can.notices,
    "trade_bills": lambda can: BillKind.TRADES in can.bills,
    "fund_bills": lambda can: BillKind.FUNDS in can.bills,
}
"""What else is agreed; their words are `console.term_of.NAME`."""


def _of_terms(name: str, cell: Callable[[Capabilities], str | bool], can: Sequence[Capabilities]) -> Row:
    return Row(name=name, words=f"console.term_of.{name}", cells=[_text(cell(each)) for each in can])


def _of_product(product: Product, can: Sequence[Capabilities]) -> Row:
    cells = [_text(product in each.products) for each in can]
    return Row(name=product, words=f"console.product_of.{product}", cells=cells)


def _of_operation(operation: Operation, can: Sequence[Capabilities]) -> Row:
    cells = [_text(operation in each.operations) for each in can]
    return Row(name=operation, words=f"console.operation_of.{operation}", cells=cells)


def _text(cell: str | bool) -> str:  # noqa: FBT001  a cell is one or the other
    return cell if isinstance(cell, str) else _YES if cell else _NO


def _amounts(can: Sequence[Capabilities]) -> list[Row]:
    """Those currencies that most channels take, and how many more there are."""
    offered = Counter(currency for each in can for currency in each.currencies)
    order = sorted(offered, key=lambda currency: (-offered[currency], _place_of(currency), currency))
    shown = order[:_MOST_CURRENCIES]
    rows = [
        Row(name=currency, cells=(), amounts=[_range(each, currency) for each in can]) for currency in shown
    ]
    if len(offered) > len(shown):
        more = [len(each.currencies - set(shown)) for each in can]
        rows.append(
            Row(
                name="more",
                words="console.term_of.more",
                cells=[f"+{count}" if count else _NO for count in more],
            )
        )
    return rows


def _place_of(currency: str) -> int:
    return _FIRST.index(currency) if currency in _FIRST else len(_FIRST)


def _range(can: Capabilities, currency: str) -> tuple[Money, Money] | None:
    amounts = can.amounts.get(currency)
    if amounts is None:
        return None
    return Money(amounts.smallest_minor, currency), Money(amounts.largest_minor, currency)
