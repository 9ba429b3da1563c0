"""Which fee tables go together, and does a bill take what they say?"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from tael.channels.port import BillLine, LineKind, Operation, Product
from tael.foundation.money import EXPONENTS, MAX_MINOR, Money
from tael.partners.errors import FeesOverlap, PartnerMalformed
from tael.partners.model import FeeComparison, FeeDifference, FeeLine, FeeTable, FeeTotal
from tael.partners.model.fees import MILLION

MOST_DIFFERENCES = 1_000
_CARD_KIND = re.compile(r"[a-z_]{1,32}")
OPERATIONS: Mapping[LineKind, Operation] = {
    LineKind.PAYMENT: Operation.PAY,
    LineKind.REFUND: Operation.REFUND,
    LineKind.PAYOUT: Operation.PAY_OUT,
    LineKind.SPLIT: Operation.SPLIT,
}
"""What the lines of a bill are about, in the words of a fee table."""

Traits = Mapping[str, tuple[Product, str | None]]
"""Product and card kind of orders, by our number. A bill does not say them."""


def check_lines(lines: Sequence[FeeLine]) -> None:
    """Refuses `PartnerMalformed`: two prices for the same, unknown currencies, limits that cross."""
    if not lines:
        raise PartnerMalformed("A fee table has lines.", field="lines")
    seen = set()
    for place, line in enumerate(lines):
        field = f"lines.{place}"
        if line.key in seen:
            raise PartnerMalformed("Two lines price the same.", field=field)
        seen.add(line.key)
        if line.currency not in EXPONENTS:
            raise PartnerMalformed(f"{line.currency[:12]!r} is no currency.", field=f"{field}.currency")
        if line.card_kind is not None and not _CARD_KIND.fullmatch(line.card_kind):
            raise PartnerMalformed(
                "A card kind is a word of small letters, such as credit.", field=f"{field}.card_kind"
            )
        if abs(line.rate_millionths) > MILLION:
            raise PartnerMalformed("More than the whole amount is no fee.", field=f"{field}.rate_millionths")
        amounts = (line.fixed_minor, line.floor_minor or 0, line.cap_minor or 0)
        if any(abs(amount_minor) > MAX_MINOR // MILLION for amount_minor in amounts):
            raise PartnerMalformed("This is more than a fee can be.", field=field)
        if line.floor_minor is not None and line.cap_minor is not None and line.floor_minor > line.cap_minor:
            raise PartnerMalformed("The floor lies above the cap.", field=f"{field}.floor_minor")


def check_overlap(
    tables: Sequence[FeeTable], *, effective_from: datetime, effective_until: datetime | None
) -> None:
    """Refuses `FeesOverlap` if one of a channel's tables would hold at the same time."""
    if effective_until is not None and effective_until <= effective_from:
        raise PartnerMalformed("A fee table ends after it begins.", field="effective_until")
    for table in tables:
        begins_before_it_ends = table.effective_until is None or effective_from < table.effective_until
        ends_after_it_begins = effective_until is None or table.effective_from < effective_until
        if begins_before_it_ends and ends_after_it_begins:
            until = f"{table.effective_until:%Y-%m-%d %H:%M}" if table.effective_until else "further notice"
            raise FeesOverlap(
                f"{table.id} holds from {table.effective_from:%Y-%m-%d %H:%M} until {until}.",
                field="effective_from",
                hint="Say `ends` with its id, and it ends when the new one begins.",
            )


def compare_fees(
    lines: Sequence[BillLine],
    tables: Sequence[FeeTable],
    *,
    otherwise_at: datetime,
    traits: Traits | None = None,
) -> FeeComparison:
    """What a bill takes, against what the tables say; lines about neither an order nor a payout are left out.

    otherwise_at   the moment whose table counts for lines that name none
    """
    traits = traits or {}
    billed: dict[str, int] = defaultdict(int)
    predicted: dict[str, int] = defaultdict(int)
    differences = []
    compared = without_fee = 0
    for line in lines:
        operation = OPERATIONS.get(line.kind)
        if operation is None:
            continue
        if line.fee is None:
            without_fee += 1
            continue
        compared += 1
        expected = _expected(line, operation, tables, line.happened_at or otherwise_at, traits)
        billed[line.fee.currency] += line.fee.minor
        predicted[line.fee.currency] += expected.minor if expected else 0
        if expected != line.fee:
            differences.append(_difference(line, line.fee, expected))
    return FeeComparison(
        compared=compared,
        without_fee=without_fee,
        totals=[
            FeeTotal(currency=currency, billed_minor=sum_minor, predicted_minor=predicted[currency])
            for currency, sum_minor in sorted(billed.items())
        ],
        differences=sorted(differences, key=lambda each: -abs(each.too_much_minor))[:MOST_DIFFERENCES],
    )


def _expected(
    line: BillLine, operation: Operation, tables: Sequence[FeeTable], moment: datetime, traits: Traits
) -> Money | None:
    table = next((table for table in tables if table.holds_at(moment)), None)
    if table is None:
        return None
    product, card_kind = traits.get(line.order_number, (None, None))
    return table.cost(product, card_kind, Money(abs(line.amount.minor), line.amount.currency), operation)


def _difference(line: BillLine, fee: Money, expected: Money | None) -> FeeDifference:
    return FeeDifference(
        kind=line.kind,
        order_number=line.order_number,
        refund_number=line.refund_number,
        channel_reference=line.channel_reference,
        amount_minor=line.amount.minor,
        currency=fee.currency,
        billed_minor=fee.minor,
        predicted_minor=expected.minor if expected else None,
    )
