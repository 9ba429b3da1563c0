"""What moved a user's wallet? The ledger's postings, newest first, with what is known of each.

There is no second table: a bill is a posting of the account `user:…:wallet`. A filter for what hardly fits looks at so many
postings at most and then says where the next page goes on (decision 31).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.api import LineFilter, Movement, sums_by_kind
from tael.ledger.errors import NoSuchAccount
from tael.wallets import postings, store
from tael.wallets.errors import NoSuchBill
from tael.wallets.model.bills import Bill, BillFilter, BillPage, Direction, MonthSummary, Moved
from tael.wallets.rules import bills as rules
from tael.wallets.usecases.bill_details import Describers, with_details
from tael.wallets.usecases.ground import Ground

LOOKED_THROUGH = 2_000
"""How many postings a page looks at if it is filtered."""
WINDOW = 500
"""How many of them at a time."""
_MOST_ON_THEIR_WAY = 200
_BEFORE_NOTHING = (2**53, 0)

_INSTANT = timedelta(microseconds=1)
"""The books know nothing shorter."""

Place = tuple[int, int]


async def page_of(ground: Ground, describers: Describers, wanted: BillFilter) -> BillPage:
    """One page; refuses `WalletMalformed`."""
    rules.check_period(wanted.first_day, wanted.last_day)
    before = wanted.before or _BEFORE_NOTHING
    held = [each for each in await _held(ground, wanted) if (each.no, each.position) < before]
    booked, reached = await _look_through(ground, describers, wanted, before)
    if reached is not None:
        held = [each for each in held if (each.no, each.position) > reached]
    if wanted.text:
        held = [
            each
            for each in await with_details(ground, describers, held, wanted.user_id)
            if rules.says(each, wanted.text)
        ]
    merged = sorted([*booked, *held], key=lambda each: (each.no, each.position), reverse=True)
    items = merged[: wanted.limit]
    if len(merged) > wanted.limit:
        reached = (items[-1].no, items[-1].position)
    if not wanted.text:
        items = await with_details(ground, describers, items, wanted.user_id)
    return BillPage(items=items, next=reached)


async def _look_through(
    ground: Ground, describers: Describers, wanted: BillFilter, before: Place
) -> tuple[list[Bill], Place | None]:
    """One more than the page needs, if there are so many, and up to where it was looked; `None`: to the end."""
    account_no = await account_of(ground, wanted.user_id, wanted.currency)
    if account_no is None:
        return [], None
    filtered = wanted.text or _is_chosen(wanted)
    window, left = (WINDOW, LOOKED_THROUGH) if filtered else (wanted.limit + 1, wanted.limit + 1)
    found: list[Bill] = []
    while left > 0 and len(found) <= wanted.limit:
        movements = await ground.lists.postings(_lines(wanted, account_no, before, window))
        bills = [
            bill
            for bill in (rules.bill_of(_moved(each), wanted.currency) for each in movements)
            if rules.fits(bill, wanted)
        ]
        if wanted.text:
            bills = [
                bill
                for bill in await with_details(ground, describers, bills, wanted.user_id)
                if rules.says(bill, wanted.text)
            ]
        found += bills
        if len(movements) < window:
            return found, None
        before = (movements[-1].entry_no, movements[-1].position)
        left -= len(movements)
    return found, before


def _is_chosen(wanted: BillFilter) -> bool:
    """Whether some bills are not wanted, whatever stands in them."""
    asked = (wanted.kind, wanted.direction, wanted.least_minor, wanted.most_minor)
    return any(each is not None for each in asked)


def _lines(wanted: BillFilter, account_no: int, before: Place, limit: int) -> LineFilter:
    return LineFilter(
        account_no=account_no,
        before=before,
        booked_from=rules.begin_of(wanted.first_day) if wanted.first_day else None,
        booked_before=rules.end_of(wanted.last_day) if wanted.last_day else None,
        limit=limit,
    )


def _moved(movement: Movement) -> Moved:
    return Moved(
        no=movement.entry_no,
        position=movement.position,
        kind=movement.kind,
        reference=movement.reference,
        amount_minor=movement.amount_minor,
        balance_after_minor=movement.balance_after_minor,
    )


async def _held(ground: Ground, wanted: BillFilter) -> Sequence[Bill]:
    """What is on its way, as far as the books' filters want it."""
    async with ground.database.transaction() as tx:
        transfers = await store.on_their_way(tx, wanted.user_id, limit=_MOST_ON_THEIR_WAY)
    return [
        bill
        for bill in rules.held_bills(transfers, wanted.user_id)
        if bill.currency == wanted.currency
        and rules.fits(bill, wanted)
        and (wanted.first_day is None or bill.at >= rules.begin_of(wanted.first_day))
        and (wanted.last_day is None or bill.at < rules.end_of(wanted.last_day))
    ]


async def one_of(
    ground: Ground, describers: Describers, bill_id: str, *, user_id: str, currency: str
) -> Bill:
    """One of a user's bills; refuses `NoSuchBill`."""
    if bill_id.startswith("trf_"):
        found = [
            each
            for each in await _held(ground, BillFilter(user_id=user_id, currency=currency))
            if each.id == bill_id
        ]
    else:
        found = await _booked(ground, rules.place_of(bill_id), user_id, currency)
    if not found:
        raise NoSuchBill(f"There is no bill {bill_id[:40]!r}.", field="bill_id")
    return (await with_details(ground, describers, found, user_id))[0]


async def _booked(ground: Ground, place: Place, user_id: str, currency: str) -> list[Bill]:
    account_no = await account_of(ground, user_id, currency)
    if account_no is None or place >= _BEFORE_NOTHING:
        return []
    no, position = place
    lines = LineFilter(account_no=account_no, before=(no, min(position + 1, 32_767)), limit=1)
    found = [rules.bill_of(_moved(each), currency) for each in await ground.lists.postings(lines)]
    return [each for each in found if (each.no, each.position) == place]


async def account_of(ground: Ground, user_id: str, currency: str) -> int | None:
    """The number of a wallet's account; `None` if it was never used."""
    try:
        return await ground.lists.account_no(*postings.wallet(user_id, currency).name)
    except NoSuchAccount:
        return None


# Months.


async def month_of(ground: Ground, user_id: str, month: str, *, currency: str) -> MonthSummary:
    """A month of a wallet; refuses `WalletMalformed`, `MonthArchived`."""
    first, last = rules.days_of_month(month)
    begins_at, ends_at = rules.begin_of(first), rules.end_of(last)
    async with ground.database.transaction() as tx:
        await tx.freeze()
        opening, closing = await _balances(tx, ground, user_id, currency, (begins_at, ends_at))
        name = postings.wallet(user_id, currency).name
        account = (await ground.ledger.find_accounts(tx, [name])).get(name)
        sums = (
            await sums_by_kind(tx, account.no, booked_from=begins_at, booked_before=ends_at)
            if account is not None
            else []
        )
    kinds = rules.totals((each.kind, each.is_credit, each.amount_minor, each.count) for each in sums)
    return MonthSummary(
        month=month,
        currency=currency,
        opening_minor=opening,
        in_minor=sum(each.amount_minor for each in kinds if each.direction is Direction.IN),
        out_minor=sum(each.amount_minor for each in kinds if each.direction is Direction.OUT),
        closing_minor=closing,
        count=sum(each.count for each in kinds),
        kinds=kinds,
    )


async def _balances(
    tx: Transaction, ground: Ground, user_id: str, currency: str, befores: Sequence[datetime]
) -> list[int]:
    """What was in a wallet before each moment."""
    name = postings.wallet(user_id, currency).name
    result = []
    for before in befores:
        [answer] = await ground.ledger.balances_at(tx, [name], before - _INSTANT)
        if isinstance(answer, NoSuchAccount):
            result.append(0)
        elif isinstance(answer, Refusal):
            raise answer
        else:
            result.append(-answer.balance_minor)
    return result
