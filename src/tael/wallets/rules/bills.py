"""Which bill is a movement of the ledger, which bills does a filter want, and when do days and months of China begin?"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from tael.foundation.clock import CHINA
from tael.ledger.model import moment_of, number_at
from tael.wallets.errors import NoSuchBill, WalletMalformed
from tael.wallets.model import Transfer
from tael.wallets.model.bills import (
    Bill,
    BillDetails,
    BillFilter,
    BillKind,
    BillState,
    Direction,
    KindTotal,
    Moved,
)

_ID = re.compile(r"([0-9a-f]{1,14})-([0-9]{1,5})")
_CURSOR = re.compile(r"([0-9a-f]{1,14})\.(-?[0-9]{1,5})")
_MONTH = re.compile(r"(20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])")
_PREFIX = "wallet."


def kind_of(entry_kind: str) -> BillKind:
    """A bill is of its entry's kind."""
    name = entry_kind.removeprefix(_PREFIX)
    return BillKind(name) if name in set(BillKind) else BillKind.OTHER


def bill_of(moved: Moved, currency: str) -> Bill:
    """A posting as its user understands it: a wallet is owed to them, so what is credited comes in."""
    after = moved.balance_after_minor
    return Bill(
        id=f"{moved.no:x}-{moved.position}",
        no=moved.no,
        position=moved.position,
        at=moment_of(moved.no),
        kind=kind_of(moved.kind),
        direction=Direction.IN if moved.amount_minor < 0 else Direction.OUT,
        amount_minor=abs(moved.amount_minor),
        currency=currency,
        balance_after_minor=None if after is None else -after,
        reference=moved.reference,
    )


def held_bills(transfers: Sequence[Transfer], user_id: str) -> list[Bill]:
    """Transfers on their way, newest first. They come after what was booked in the same microsecond."""
    ordered = sorted(transfers, key=lambda each: (each.created_at, each.id), reverse=True)
    bills: list[Bill] = []
    for transfer in ordered:
        no = number_at(transfer.created_at)
        position = bills[-1].position - 1 if bills and bills[-1].no == no else -1
        bills.append(
            Bill(
                id=transfer.id,
                no=no,
                position=position,
                at=transfer.created_at,
                kind=BillKind.TRANSFER,
                direction=Direction.OUT if transfer.payer_id == user_id else Direction.IN,
                amount_minor=transfer.amount_minor,
                currency=transfer.currency,
                balance_after_minor=None,
                reference=transfer.id,
                details=BillDetails(
                    note=transfer.note, state=BillState.ON_ITS_WAY, arrives_at=transfer.arrives_at
                ),
            )
        )
    return bills


def fits(bill: Bill, wanted: BillFilter) -> bool:
    """Whether a filter wants it, as far as the books know."""
    return (
        (wanted.kind is None or bill.kind is wanted.kind)
        and (wanted.direction is None or bill.direction is wanted.direction)
        and (wanted.least_minor is None or bill.amount_minor >= wanted.least_minor)
        and (wanted.most_minor is None or bill.amount_minor <= wanted.most_minor)
    )


def says(bill: Bill, text: str) -> bool:
    """Whether a text stands in what is known of it."""
    details, other = bill.details, bill.details.counterparty
    texts = [details.title, details.note, details.merchant, details.card, bill.reference]
    if other is not None:
        texts += [other.name, other.phone]
    return any(text.casefold() in each.casefold() for each in texts)


def totals(sums: Iterable[tuple[str, bool, int, int]]) -> list[KindTotal]:
    """What the books say of a period, in the words of bills; several kinds of entries may be one kind of bills.

    sums   kind of the entries, whether on the credit side, amount and number of postings
    """
    found: dict[tuple[BillKind, Direction], tuple[int, int]] = {}
    for entry_kind, is_credit, amount_minor, postings in sums:
        key = (kind_of(entry_kind), Direction.IN if is_credit else Direction.OUT)
        minor, count = found.get(key, (0, 0))
        found[key] = (minor + amount_minor, count + postings)
    return [
        KindTotal(kind=kind, direction=direction, amount_minor=minor, count=count)
        for (kind, direction), (minor, count) in sorted(found.items())
    ]


# Names of bills and of pages.


def place_of(bill_id: str) -> tuple[int, int]:
    """The entry's number and the line; refuses `NoSuchBill`."""
    match = _ID.fullmatch(bill_id)
    if match is None:
        raise NoSuchBill(f"There is no bill {bill_id[:40]!r}.", field="bill_id")
    return int(match[1], 16), int(match[2])


def cursor_text(place: tuple[int, int]) -> str:
    """Where a page ended."""
    return f"{place[0]:x}.{place[1]}"


def cursor_place(text: str) -> tuple[int, int]:
    """The same, read; refuses `WalletMalformed`."""
    match = _CURSOR.fullmatch(text)
    if match is None or not -32_768 <= int(match[2]) <= 32_767:
        raise WalletMalformed(
            "There is no such page.", field="cursor", hint="Send `next_cursor` of the page before as it is."
        )
    return int(match[1], 16), int(match[2])


# Days and months of China.


def day_named(text: str | None, *, field: str) -> date | None:
    """The day of a text such as `2026-11-23`; refuses `WalletMalformed`."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WalletMalformed(
            f"{text[:20]!r} is no day.", field=field, hint="Write it as year, month and day: 2026-11-23."
        ) from None


def begin_of(day: date) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first moment after it."""
    return begin_of(day + timedelta(days=1))


def check_period(first: date | None, last: date | None) -> None:
    """Refuses `WalletMalformed` for a period that ends before it begins, or lies where there are no days."""
    for day, field in ((first, "from_day"), (last, "to_day")):
        if day is not None and not date(2000, 1, 1) <= day <= date(2199, 12, 30):
            raise WalletMalformed("There is nothing of that day.", field=field)
    if first is not None and last is not None and last < first:
        raise WalletMalformed("The period ends before it begins.", field="to_day")


def days_of_month(month: str) -> tuple[date, date]:
    """The first and the last day of `2026-11`; refuses `WalletMalformed`."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise WalletMalformed(
            f"{month[:20]!r} is no month.", field="month", hint="Write it as year and month: 2026-11."
        )
    first = date(int(match[1]), int(match[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
