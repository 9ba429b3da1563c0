"""Look through payments and refunds: page by page by what one knows of them, and by anything that might be on a slip."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Database, Transaction
from tael.payments import store
from tael.payments.model import Attempt, HoldStep, Payment, PaymentState, Refund, RefundReason, RefundState
from tael.payments.store import SQL


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
    """Only those that somebody tried to pay in this way."""
    channel: str | None = None
    """Only those that somebody tried to pay over this channel."""
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

    def __init__(self, database: Database) -> None:
        self._database = database

    async def payments(self, wanted: PaymentFilter) -> Sequence[Payment]:
        """One page of a merchant's payments."""
        async with self._database.transaction() as tx:
            await _plan_for_this(tx)
            return await tx.rows(SQL.list_payments, Payment, **_asked(wanted))

    async def count_payments(self, wanted: PaymentFilter) -> int:
        """How many there are on all pages; looks at each of them."""
        async with self._database.transaction() as tx:
            await _plan_for_this(tx)
            return int((await tx.tuples(SQL.count_payments, **_asked(wanted)))[0][0])

    async def refunds(self, wanted: RefundFilter) -> Sequence[Refund]:
        """One page of a merchant's refunds."""
        async with self._database.transaction() as tx:
            await _plan_for_this(tx)
            return await tx.rows(SQL.list_refunds, Refund, **_asked(wanted))

    async def count_refunds(self, wanted: RefundFilter) -> int:
        """How many there are on all pages; looks at each of them."""
        async with self._database.transaction() as tx:
            await _plan_for_this(tx)
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
            await _plan_for_this(tx)
            return await tx.rows(SQL.search_payments, Payment, **_slip(sought))

    async def find_refunds(self, sought: Sought) -> Sequence[Refund]:
        """The refunds that it may be about, newest first."""
        async with self._database.transaction() as tx:
            await _plan_for_this(tx)
            return await tx.rows(SQL.search_refunds, Refund, **_slip(sought))


async def _plan_for_this(tx: Transaction) -> None:
    """A plan for what is asked: one that does for any filter would do for none."""
    await tx.tuples(SQL.plan_for_what_is_asked)


def _asked(wanted: PaymentFilter | RefundFilter) -> dict[str, object]:
    """The filter as parameters. One amount is looked up; a range is looked through."""
    fields = msgspec.structs.asdict(wanted)
    if isinstance(wanted, PaymentFilter):
        fields["metadata"] = msgspec.json.encode(wanted.metadata).decode() if wanted.metadata else None
    one = wanted.amount_from_minor == wanted.amount_to_minor
    return fields | {"amount_minor": wanted.amount_from_minor if one else None}


def _slip(sought: Sought) -> dict[str, object]:
    return {
        "merchant_id": sought.merchant_id,
        "text": sought.text,
        "after_text": sought.text + "\U0010ffff",
        "in_metadata": f"$.* == {msgspec.json.encode(sought.text).decode()}",
        "amounts_minor": list(sought.amounts_minor),
        "limit": sought.limit,
    }
