"""What does a partner take for a transaction? A table of lines, from a day on; and what it billed instead."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.channels.port import LineKind, Operation, Product
from tael.foundation.money import Money

MILLION = 1_000_000


class FeeLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of one kind of transaction, in one currency."""

    currency: str
    operation: Operation = Operation.PAY
    product: Product | None = None
    """None: whatever the product, unless another line names it."""
    card_kind: str | None = None
    """`debit`, `credit`, …; None: whatever the card."""
    rate_millionths: int = 0
    """Of the amount: 6,000 is 0.6 %. Negative for what is given back, as on a refund."""
    fixed_minor: int = 0
    """For each transaction, added to the rate."""
    floor_minor: int | None = None
    """Never less than this."""
    cap_minor: int | None = None
    """Never more than this."""

    @property
    def key(self) -> tuple[str, Operation, Product | None, str | None]:
        """What it prices: no two lines of a table have the same."""
        return self.currency, self.operation, self.product, self.card_kind

    def fits(
        self, product: Product | None, card_kind: str | None, currency: str, operation: Operation
    ) -> bool:
        """Whether it prices such a transaction."""
        return (
            self.currency == currency
            and self.operation is operation
            and self.product in (None, product)
            and self.card_kind in (None, card_kind)
        )

    def cost_of(self, amount_minor: int) -> int:
        """The fee on an amount: rounded half up (away from zero), then the fixed part, then floor and cap."""
        share = (abs(amount_minor * self.rate_millionths) + MILLION // 2) // MILLION
        cost_minor = (share if self.rate_millionths >= 0 else -share) + self.fixed_minor
        if self.floor_minor is not None:
            cost_minor = max(cost_minor, self.floor_minor)
        return cost_minor if self.cap_minor is None else min(cost_minor, self.cap_minor)


class FeeTable(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner takes, from one moment until another."""

    id: str
    channel: str
    effective_from: datetime
    effective_until: datetime | None = None
    lines: tuple[FeeLine, ...]
    proposed_by: str
    approved_by: str
    approved_at: datetime

    def holds_at(self, moment: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.effective_from <= moment and (
            self.effective_until is None or moment < self.effective_until
        )

    def line_for(
        self, product: Product | None, card_kind: str | None, currency: str, operation: Operation
    ) -> FeeLine | None:
        """The line that says most about such a transaction: a named product before a named card before neither."""
        fitting = [line for line in self.lines if line.fits(product, card_kind, currency, operation)]
        return max(
            fitting, key=lambda line: (line.product is not None, line.card_kind is not None), default=None
        )

    def cost(
        self,
        product: Product | None,
        card_kind: str | None,
        amount: Money,
        operation: Operation = Operation.PAY,
    ) -> Money | None:
        """What the partner takes for one transaction; None if the table does not say.

        amount   positive, also of what is given back
        """
        line = self.line_for(product, card_kind, amount.currency, operation)
        return None if line is None else Money(line.cost_of(amount.minor), amount.currency)


class FeeDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a bill on which more or less was taken than the table says, or on which it says nothing."""

    kind: LineKind
    order_number: str
    refund_number: str = ""
    channel_reference: str = ""
    amount_minor: int
    currency: str
    billed_minor: int
    predicted_minor: int | None
    """None: no line of a table fits."""

    @property
    def too_much_minor(self) -> int:
        """How much more was taken than we expected; negative: less."""
        return self.billed_minor - (self.predicted_minor or 0)


class FeeTotal(msgspec.Struct, frozen=True, kw_only=True):
    """All fees of one currency in a bill."""

    currency: str
    billed_minor: int
    predicted_minor: int


class FeeComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What was billed, against what the tables say."""

    compared: int
    """How many lines had a fee and could be compared."""
    without_fee: int
    """How many lines name no fee: some bills do not."""
    totals: Sequence[FeeTotal]
    differences: Sequence[FeeDifference]
    """Largest first."""
    more: int = 0
    """How many differences there are besides those: smaller ones."""
