"""Look through payments and refunds: page by page by what one knows of them, and by anything that might be on a slip.

A page takes the same time for whatever is asked for. One filter by itself has an index whose order is that of the list.
Several together, or a kind that has none, are looked for among the next payments along the index that helps
most; if too little is found there, references, notes and amounts are looked up, and serve if they are few in all. So a page may
have fewer items than were asked for, even none, and yet say where the next one begins.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from tael.foundation.db import Database, Query, Transaction
from tael.payments import store
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, Refund, RefundReason, RefundState
from tael.payments.store import SQL

HOME_CURRENCY = "CNY"
"""Nearly all payments are in it: there is an index of all others."""
_MOST_MINOR = 2**62


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How many things a page looks at, at most."""

    along: int = 10_000
    """One after the other as they were made."""
    scattered: int = 4_000
    """Along another index: they lie far from one another."""
    few: int = 4_000
    """Those with a number, notes or an amount, wherever they lie; if there are more, they are not looked up."""


USUAL_REACH = Reach()


Listed = TypeVar("Listed", Payment, Refund)


class Found(msgspec.Struct, Generic[Listed], frozen=True, kw_only=True):
    """A page, newest first."""

    items: Sequence[Listed]
    next: str | None
    """The `before` of the next page; None if there is nothing more. There may be more though this page is not full."""
    looked_back_to: datetime | None = None
    """If this page is not full though there may be more: from what moment on everything was looked at."""


class PaymentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which payments of a merchant to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    before: str | None = None
    state: PaymentState | None = None
    reference: str | None = None
    currency: str | None = None
    amount_from_minor: int | None = None
    amount_to_minor: int | None = None
    method: str | None = None
    """Only those that were paid in this way, or, while they are not paid, tried last."""
    channel: str | None = None
    """Only those that were paid over this channel, or, while they are not paid, tried last."""
    source: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    ended_from: datetime | None = None
    ended_before: datetime | None = None
    metadata: dict[str, str] | None = None
    """Only those with all these texts under these names."""
    limit: int = 50


class RefundFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which refunds of a merchant to list, newest first; `before` is the id where the last page ended."""

    merchant_id: str
    before: str | None = None
    payment_id: str | None = None
    state: RefundState | None = None
    reason: RefundReason | None = None
    currency: str | None = None
    amount_from_minor: int | None = None
    amount_to_minor: int | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    limit: int = 50


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What may be on a slip: an id, the beginning of an order number, an amount, a text of the metadata."""

    merchant_id: str
    text: str
    amounts_minor: Sequence[int] = ()
    """The amounts that the text may stand for, in minor units."""
    limit: int = 20


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to the payments of a page, by payment, oldest first; empty if it was not asked for."""

    attempts: dict[str, list[Attempt]] = {}
    refunds: dict[str, list[Refund]] = {}
    steps: dict[str, list[HoldStep]] = {}


class Lists:
    """Lists of one database."""

    def __init__(self, database: Database, *, reach: Reach = USUAL_REACH) -> None:
        self._database = database
        self._reach = reach

    async def page(self, wanted: PaymentFilter) -> Found[Payment]:
        """One page of a merchant's payments, in bounded time."""
        async with self._database.transaction() as tx:
            return await _page(tx, wanted, self._reach)

    async def payments(self, wanted: PaymentFilter) -> Sequence[Payment]:
        """So many of a merchant's payments, however far back they lie."""
        found: list[Payment] = []
        while len(found) < wanted.limit:
            rest = msgspec.structs.replace(wanted, limit=wanted.limit - len(found))
            page = await self.page(rest)
            found += page.items
            if page.next is None:
                break
            wanted = msgspec.structs.replace(wanted, before=page.next)
        return found

    async def count_payments(self, wanted: PaymentFilter) -> int:
        """How many there are on all pages; looks at each of them."""
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            return int((await tx.tuples(SQL.count_payments, **_asked(wanted)))[0][0])

    async def refund_page(self, wanted: RefundFilter) -> Found[Refund]:
        """One page of a merchant's refunds, in bounded time."""
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            asked = {**_asked(wanted), "look_through": self._reach.along}
            sight = None
            if wanted.payment_id is None and _compares_refunds(wanted):
                sight = await _sight(tx, SQL.end_of_sight_of_refunds, asked)
            rows = await tx.rows(SQL.list_refunds, Refund, **_one_more(asked, sight))
            return _found(rows, wanted.limit, sight)

    async def page_from(self, wanted: PaymentFilter, sources: Sequence[str]) -> Found[Payment]:
        """One page of what came from these sources, by state, method and when it was made; other filters are not looked at."""
        each = max(self._reach.along // max(1, len(sources)), wanted.limit)
        asked = {**_asked(wanted), "sources": list(sources), "look_through": each}
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            compared = (wanted.state, wanted.method) != (None, None)
            sight = await _sight(tx, SQL.end_of_sight_from, asked) if compared else None
            rows = await tx.rows(SQL.list_payments_from, Payment, **_one_more(asked, sight))
            return _found(rows, wanted.limit, sight)

    async def refund_page_from(self, wanted: RefundFilter, sources: Sequence[str]) -> Found[Refund]:
        """One page of the refunds of such payments, by state; other filters are not looked at."""
        asked = {**_asked(wanted), "sources": list(sources), "look_through": self._reach.scattered}
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            sight = await _sight(tx, SQL.end_of_sight_of_refunds, asked)
            rows = await tx.rows(SQL.list_refunds_from, Refund, **_one_more(asked, sight))
            return _found(rows, wanted.limit, sight)

    async def refunds(self, wanted: RefundFilter) -> Sequence[Refund]:
        """So many of a merchant's refunds, however far back they lie."""
        found: list[Refund] = []
        while len(found) < wanted.limit:
            rest = msgspec.structs.replace(wanted, limit=wanted.limit - len(found))
            page = await self.refund_page(rest)
            found += page.items
            if page.next is None:
                break
            wanted = msgspec.structs.replace(wanted, before=page.next)
        return found

    async def count_refunds(self, wanted: RefundFilter) -> int:
        """How many there are on all pages; looks at each of them."""
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            return int((await tx.tuples(SQL.count_refunds, **_asked(wanted)))[0][0])

    async def beside(
        self, payment_ids: Sequence[str], *, attempts: bool, refunds: bool, steps: bool
    ) -> Beside:
        """What belongs to the payments of one page: a statement for each kind, however many there are."""
        async with self._database.transaction() as tx:
            grouped: dict[str, list[Refund]] = {payment_id: [] for payment_id in payment_ids}
            if refunds:
                for refund in await tx.rows(SQL.refunds_of_payments, Refund, payment_ids=list(payment_ids)):
                    grouped[refund.payment_id].append(refund)
            return Beside(
                attempts=await store.attempts_of(tx, payment_ids) if attempts else {},
                refunds=grouped if refunds else {},
                steps=await store.steps_of(tx, payment_ids) if steps else {},
            )

    async def find_payments(self, sought: Sought) -> Sequence[Payment]:
        """The payments that it may be about, newest first."""
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            await tx.tuples(SQL.plan_for_a_search)
            return await tx.rows(SQL.search_payments, Payment, **_slip(sought))

    async def find_refunds(self, sought: Sought) -> Sequence[Refund]:
        """The refunds that it may be about, newest first."""
        async with self._database.transaction() as tx:
            await tx.plan_for_what_is_asked()
            return await tx.rows(SQL.search_refunds, Refund, **_slip(sought))


async def _page(tx: Transaction, wanted: PaymentFilter, reach: Reach) -> Found[Payment]:
    along, remains = _along(wanted)
    scattered = any(value is not None for value in along.values())
    asked = {**_asked(wanted), **along, "look_through": reach.scattered if scattered else reach.along}
    if wanted.reference is not None:  # a number is hardly ever given twice: nothing is nearer
        few = await _few(tx, wanted, asked, most=reach.few)
        if few is not None:
            return few
    await tx.tuples(SQL.plan_along_an_index)
    sight = await _sight(tx, SQL.end_of_sight, asked) if remains else None
    rows = await tx.rows(SQL.list_payments, Payment, **_one_more(asked, sight))
    if len(rows) <= wanted.limit and sight is not None and wanted.reference is None:
        few = await _few(tx, wanted, asked, most=reach.few)
        if few is not None:
            return few
    return _found(rows, wanted.limit, sight)


async def _few(
    tx: Transaction, wanted: PaymentFilter, asked: Mapping[str, object], *, most: int
) -> Found[Payment] | None:
    """The page out of the few that have the number, the notes, the amount; None if they are many, or none was named."""
    ranged = (wanted.amount_from_minor, wanted.amount_to_minor) != (None, None)
    if not ranged and wanted.reference is None and not wanted.metadata:
        return None
    bounds = {
        "least_minor": (wanted.amount_from_minor or 0) if ranged else None,
        "most_minor": _MOST_MINOR if wanted.amount_to_minor is None else wanted.amount_to_minor,
    }
    few = {**asked, **bounds, "few": most + 1}
    await tx.tuples(SQL.plan_for_few)
    if (await tx.tuples(SQL.count_few, **few))[0][0] > most:
        return None
    return _found(await tx.rows(SQL.list_few_payments, Payment, **_one_more(few, None)), wanted.limit, None)


def _along(wanted: PaymentFilter) -> tuple[dict[str, object], bool]:
    """Along which index to look, and whether something remains to be compared payment by payment."""
    one_amount = wanted.amount_from_minor is not None and wanted.amount_from_minor == wanted.amount_to_minor
    ways = {
        "along_source": None if wanted.source == "api" else wanted.source,
        "along_state": None if wanted.state is PaymentState.CAPTURED else wanted.state,
        "along_currency": None if wanted.currency == HOME_CURRENCY else wanted.currency,
        "along_amount_minor": wanted.amount_from_minor if one_amount else None,
        "along_method": wanted.method,
    }
    first = next((name for name, value in ways.items() if value is not None), None)
    asked_for = [
        *(wanted.state, wanted.reference, wanted.currency, wanted.method, wanted.channel, wanted.source),
        *(wanted.ended_from, wanted.ended_before, wanted.metadata or None),
        *([wanted.amount_from_minor] if one_amount else [wanted.amount_from_minor, wanted.amount_to_minor]),
    ]
    named = sum(each is not None for each in asked_for)
    along: dict[str, object] = {name: value if name == first else None for name, value in ways.items()}
    return along, named > (first is not None)


def _compares_refunds(wanted: RefundFilter) -> bool:
    """Whether refunds are compared one by one. There is an index of those that have not succeeded."""
    state = wanted.state if wanted.state is RefundState.SUCCEEDED else None
    others = (wanted.reason, wanted.currency, wanted.amount_from_minor, wanted.amount_to_minor)
    return any(each is not None for each in (state, *others))


async def _sight(tx: Transaction, query: Query, asked: Mapping[str, object]) -> tuple[datetime, str] | None:
    """How far back to look; None if there is nothing further back."""
    found = await tx.tuples(query, **asked)
    return found[0] if found else None


def _one_more(asked: Mapping[str, object], sight: tuple[datetime, str] | None) -> dict[str, object]:
    """One more than the page holds tells whether there is more."""
    sight_at, sight_id = sight or (None, None)
    return {**asked, "limit": int(str(asked["limit"])) + 1, "sight_at": sight_at, "sight_id": sight_id}


def _found(rows: Sequence[Listed], limit: int, sight: tuple[datetime, str] | None) -> Found[Listed]:
    if len(rows) > limit:
        return Found(items=rows[:limit], next=rows[limit - 1].id)
    if sight is not None:
        return Found(items=rows, next=sight[1], looked_back_to=sight[0])
    return Found(items=rows, next=None)


def _asked(wanted: PaymentFilter | RefundFilter) -> dict[str, object]:
    """The filter as parameters."""
    fields = msgspec.structs.asdict(wanted)
    if isinstance(wanted, RefundFilter):
        one = wanted.amount_from_minor == wanted.amount_to_minor
        return fields | {"amount_minor": wanted.amount_from_minor if one else None}
    if wanted.ended_before is not None:  # nobody ends before they were made
        fields["created_before"] = min(wanted.created_before or wanted.ended_before, wanted.ended_before)
    fields["metadata"] = msgspec.json.encode(wanted.metadata).decode() if wanted.metadata else None
    return fields


def _slip(sought: Sought) -> dict[str, object]:
    return {
        "merchant_id": sought.merchant_id,
        "text": sought.text,
        "after_text": sought.text + "\U0010ffff",
        "in_metadata": f"$.* == {msgspec.json.encode(sought.text).decode()}",
        "amounts_minor": list(sought.amounts_minor),
        "limit": sought.limit,
    }
