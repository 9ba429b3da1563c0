"""What moved our balance at Stripe on a day? The balance transactions of that day in China, fees on every line.

Stripe makes no files by day: it lists movements by the second, so the day is the one that all our books have.

`FUNDS` is every movement, in the currency of the balance. `TRADES` are those of payers, in the currency that they
paid in. Stripe gives neither hash nor totals; so every line must add up, belong to the day, and come once.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from tael.channels.connectors.stripe.answers import ORDER_NUMBER, PAYOUT_NUMBER, REFUND_NUMBER
from tael.channels.connectors.stripe.line import Line, StripeRefused, id_of
from tael.channels.connectors.stripe.objects import BalanceLine, Source, Unreadable, convert
from tael.channels.connectors.stripe.values import read_money, read_number, read_time, read_words, write_time
from tael.channels.errors import BillNotReady, BillRefused
from tael.channels.port import Bill, BillKind, BillLine, BillWanted, Conversation, LineKind
from tael.foundation.clock import CHINA
from tael.foundation.money import Money

READY_AT = timedelta(hours=1)
MOST_PAGES = 20_000

_KINDS: Mapping[str, LineKind] = {
    "charge": LineKind.PAYMENT,
    "payment": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "payment_refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "payment_failure_refund": LineKind.REFUND,
    "payout": LineKind.PAYOUT,
    "payout_cancel": LineKind.PAYOUT,
    "payout_failure": LineKind.PAYOUT,
    "transfer": LineKind.SPLIT,
    "transfer_cancel": LineKind.SPLIT,
    "transfer_failure": LineKind.SPLIT,
    "transfer_refund": LineKind.SPLIT,
    "stripe_fee": LineKind.FEE,
    "stripe_fx_fee": LineKind.FEE,
    "tax_fee": LineKind.FEE,
    "network_cost": LineKind.FEE,
    "application_fee": LineKind.FEE,
    "application_fee_refund": LineKind.FEE,
}
_OF_PAYERS = frozenset({LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE})


def fetch_bill(line: Line, wanted: BillWanted, *, now: datetime) -> Conversation[Bill]:
    """The movements of one day; raises `BillNotReady`, `BillRefused`."""
    begins = datetime.combine(wanted.day, time(), CHINA)
    ends = begins + timedelta(days=1)
    if now < ends + READY_AT:
        raise BillNotReady(
            f"Stripe's record of {wanted.day} is complete at {ends + READY_AT:%Y-%m-%d %H:%M} in China."
        )
    try:
        movements, content = yield from _movements(line, begins, ends)
        lines = [_line_of(movement, wanted.kind) for movement in movements]
    except Unreadable as problem:
        raise BillRefused(f"Stripe's record of {wanted.day} cannot be believed: {problem}.") from None
    except StripeRefused as refused:
        if refused.status == 429 or refused.status >= 500:
            raise BillNotReady(refused.words) from None
        raise BillRefused(refused.words) from None
    return Bill(
        wanted=wanted,
        file_name=f"stripe_{wanted.kind}_{wanted.day}.json",
        content=content,
        lines=[found for found in lines if wanted.kind is BillKind.FUNDS or found.kind in _OF_PAYERS],
    )


def _movements(line: Line, begins: datetime, ends: datetime) -> Conversation[tuple[list[BalanceLine], bytes]]:
    """All movements, oldest first, and the pages as they came, one a line."""
    window: dict[str, str | int] = {
        "created[gte]": write_time(begins),
        "created[lt]": write_time(ends),
        "expand[]": "data.source",
    }
    found: dict[str, BalanceLine] = {}
    pages: list[bytes] = []
    after: dict[str, str | int] = {}
    for _ in range(MOST_PAGES):
        page, body = yield from line.page("/v1/balance_transactions", window | after)
        pages.append(b" ".join(body.splitlines()))
        for item in page.data:
            movement = convert(item, BalanceLine)
            if movement.id in found:
                raise Unreadable("a movement is listed twice")
            if not begins.timestamp() <= movement.created < ends.timestamp():
                raise Unreadable("a movement is of another day")
            found[movement.id] = movement
        if not page.has_more:
            return list(reversed(found.values())), b"\n".join(pages)
        after = {"starting_after": id_of(page.data[-1])}
    raise Unreadable(f"it has more than {MOST_PAGES} pages")


def _line_of(movement: BalanceLine, wanted: BillKind) -> BillLine:
    amount = read_money(movement.amount, movement.currency)
    fee = read_money(movement.fee, movement.currency)
    if amount is None or fee is None or movement.amount - movement.fee != movement.net:
        raise Unreadable(f"the movement {movement.id} does not add up")
    source = movement.source if isinstance(movement.source, Source) else None
    metadata = (source.metadata if source else None) or {}
    kind = _KINDS.get(movement.type, LineKind.OTHER)
    if movement.type == "adjustment" and source is not None and source.object == "dispute":
        kind = LineKind.DISPUTE
    if wanted is BillKind.TRADES and source is not None:
        amount = _as_paid(amount, source)
    happened_at = read_time(movement.created)
    reference = source.payment_intent or source.id if source else movement.source
    return BillLine(
        kind=kind,
        amount=amount,
        fee=fee,
        order_number=read_number(metadata.get(ORDER_NUMBER)) or "",
        refund_number=read_number(metadata.get(REFUND_NUMBER) or metadata.get(PAYOUT_NUMBER)) or "",
        channel_reference=reference if isinstance(reference, str) else movement.id,
        happened_at=happened_at,
        status=read_words(movement.status, longest=64) or "",
        description=read_words(movement.description) or movement.type,
    )


def _as_paid(amount: Money, source: Source) -> Money:
    """The amount in the payer's currency, if the balance is in another: with the sign that it has in the balance."""
    units = source.amount_captured if source.amount_captured is not None else source.amount
    if source.currency is None or units is None or source.currency.upper() == amount.currency:
        return amount
    paid = read_money(units, source.currency)
    if paid is None:
        raise Unreadable("a payer's amount cannot be read")
    return -paid if amount.minor < 0 else paid
