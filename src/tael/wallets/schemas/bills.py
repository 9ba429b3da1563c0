"""What do bills and summaries look like on the wire?"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.wallets.model.bills import (
    Bill,
    BillKind,
    BillState,
    Counterparty,
    Direction,
    KindTotal,
    MonthSummary,
)
from tael.wallets.schemas.fields import AmountMinor, Currency

BalanceMinor = Annotated[int, Meta(description="In minor units (fen)", examples=[98_720])]
Kind = Annotated[BillKind, Meta(description="Why the wallet moved", examples=["transfer"])]
Way = Annotated[Direction, Meta(description="Into the wallet, or out of it", examples=["out"])]


class CounterpartyBody(msgspec.Struct, frozen=True, kw_only=True):
    """Who stood on the other side, masked."""

    user_id: Annotated[str, Meta(description="Their id", examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    name: Annotated[
        str,
        Meta(
            description="The family name is hidden; of a name in letters, all but the first of each word",
            examples=["*明"],
        ),
    ]
    phone: Annotated[str, Meta(description="Masked", examples=["138****1234"])]


class BillBody(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that moved the wallet, or will when its time has come."""

    id: Annotated[str, Meta(description="As the list gave it", examples=["3029f1ab3c4d5-0"])]
    at: Annotated[datetime, Meta(description="When it was booked; of what is on its way: when it was sent")]
    kind: Kind
    direction: Way
    amount_minor: AmountMinor
    currency: Currency
    balance_after_minor: Annotated[
        int | None,
        Meta(description="What was in the wallet after it; null: it has not moved it yet", examples=[98_720]),
    ]
    state: Annotated[BillState, Meta(description="Whether that was all", examples=["done"])]
    reference: Annotated[
        str,
        Meta(
            description="The transfer, order, red packet, top-up or withdrawal that it is about",
            examples=["trf_01h455vb4pex5vsknk084sn02q"],
        ),
    ]
    title: Annotated[str, Meta(description="What was bought, or stands on the red packet", examples=["Tea"])]
    merchant: Annotated[str, Meta(description="Who was paid, or paid back", examples=["Tea House"])]
    note: Annotated[str, Meta(description="What payer and payee read with it", examples=["Lunch"])]
    card: Annotated[str, Meta(description="The bank card, masked", examples=["622202******1234"])]
    counterparty: Annotated[
        CounterpartyBody | None, Meta(description="Of transfers and red packets: the other user")
    ]
    fee_minor: Annotated[
        int | None, Meta(description="What of the amount we keep, if there is a fee", examples=[None])
    ]
    arrives_at: Annotated[
        datetime | None, Meta(description="When it arrives, or was to arrive; null: at once", examples=[None])
    ]


class BillsBody(msgspec.Struct, frozen=True, kw_only=True):
    """Some bills."""

    items: Annotated[list[BillBody], Meta(description="Newest first; a page may be short, or empty")]
    next_cursor: Annotated[
        str | None,
        Meta(description="Send it as `cursor` for the next page; null on the last one", examples=[None]),
    ]


class BillKindTotal(msgspec.Struct, frozen=True, kw_only=True):
    """What bills of one kind and direction come to."""

    kind: Kind
    direction: Way
    amount_minor: AmountMinor
    count: Annotated[int, Meta(description="How many", examples=[3])]


class BillSummaryBody(msgspec.Struct, frozen=True, kw_only=True):
    """A month in a wallet: opening + in − out = closing, by the ledger."""

    month: Annotated[str, Meta(description="Year and month, in China", examples=["2026-11"])]
    currency: Currency
    opening_minor: Annotated[BalanceMinor, Meta(description="What was in the wallet before the month")]
    in_minor: Annotated[BalanceMinor, Meta(description="What came in")]
    out_minor: Annotated[BalanceMinor, Meta(description="What went out")]
    closing_minor: Annotated[BalanceMinor, Meta(description="What is in it after the month, or now")]
    count: Annotated[int, Meta(description="How many bills", examples=[12])]
    kinds: Annotated[list[BillKindTotal], Meta(description="The same, kind by kind")]


def bill_body(bill: Bill) -> BillBody:
    """The same on the wire."""
    details = bill.details
    return BillBody(
        id=bill.id,
        at=bill.at,
        kind=bill.kind,
        direction=bill.direction,
        amount_minor=bill.amount_minor,
        currency=bill.currency,
        balance_after_minor=bill.balance_after_minor,
        state=details.state,
        reference=bill.reference,
        title=details.title,
        merchant=details.merchant,
        note=details.note,
        card=details.card,
        counterparty=_other(details.counterparty),
        fee_minor=details.fee_minor,
        arrives_at=details.arrives_at,
    )


def summary_body(summary: MonthSummary) -> BillSummaryBody:
    """The same on the wire."""
    return BillSummaryBody(
        month=summary.month,
        currency=summary.currency,
        opening_minor=summary.opening_minor,
        in_minor=summary.in_minor,
        out_minor=summary.out_minor,
        closing_minor=summary.closing_minor,
        count=summary.count,
        kinds=[_total(each) for each in summary.kinds],
    )


def _other(counterparty: Counterparty | None) -> CounterpartyBody | None:
    if counterparty is None:
        return None
    return CounterpartyBody(user_id=counterparty.user_id, name=counterparty.name, phone=counterparty.phone)


def _total(total: KindTotal) -> BillKindTotal:
    return BillKindTotal(
        kind=total.kind, direction=total.direction, amount_minor=total.amount_minor, count=total.count
    )
