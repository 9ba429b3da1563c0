"""Which entries follow from a change, and what if the books cannot charge it to the merchant?"""

from collections.abc import Sequence

import msgspec
import structlog

from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.ledger.api import Ledger
from tael.ledger.model import JournalEntry
from tael.merchants.model import PLATFORM
from tael.offers.api import Offers
from tael.payments import postings, rules, store
from tael.payments.model import Attempt, Payment, Refund, RefundState, StepKind, StepState
from tael.payments.rules import Change, Consequence, RefundChange
from tael.payments.usecases.apply_offers import book_promotion_returned, promotion_going_back

log = structlog.get_logger("tael.payments")


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, and what follows from it."""

    entry: JournalEntry
    stands_in: Refund | None = None
    """The refund for which the platform stands in if the merchant's balance does not cover it."""
    refunds: str | None = None
    """The payment whose money goes back, or has come back: what the platform had paid for its payer follows it."""


def entries_of(change: Change) -> list[Booking]:
    """What was captured, came as a surplus, was taken back, or given back by the channel itself."""
    payment, attempt = change.payment, change.attempt
    entries = []
    if change.arrived_minor:
        entries.append(postings.arrived(payment, attempt, change.arrived_minor))
    if change.step is not None:
        takes = change.step.kind is StepKind.CAPTURE and change.step.state is StepState.SUCCEEDED
        entries += [postings.step_captured(payment, change.step)] if takes else []
    elif change.consequence is Consequence.CAPTURED and not payment.manual:
        entries.append(postings.captured(payment, attempt, Money(payment.fee_minor, payment.currency)))
    if change.recovered_minor:
        entries.append(postings.recovered(payment, attempt, change.recovered_minor))
    entries += [postings.refund_failed(each) for each in change.stopped]
    if change.consequence is Consequence.TAKEN_BACK:
        entries.append(
            postings.taken_back(
                payment, attempt, surplus_minor=change.surplus_gone_minor, lost_minor=change.lost_minor
            )
        )
    elif change.surplus_minor:
        entries.append(postings.surplus_received(payment, attempt, change.surplus_minor))
    bookings = [Booking(entry=entry) for entry in entries]
    return bookings + ([_taken(change.taken)] if change.taken is not None else [])


def cause_of_surplus(change: Change) -> str:
    """The entry that says that what is to be given back is owed to the payer."""
    if change.consequence is Consequence.TAKEN_BACK:
        return postings.taken_back(change.payment, change.attempt, surplus_minor=0, lost_minor=0).id
    return postings.surplus_received(change.payment, change.attempt, change.surplus_minor).id


def entries_of_refund(before: Refund, change: RefundChange) -> list[Booking]:
    """What was set aside and has gone or not; what came back to us; what has gone although it was refused."""
    after = change.refund
    if after.state is before.state or not after.ended:
        return []
    stopped = [each for each in change.rivals if each.state is RefundState.FAILED]
    bookings = [Booking(entry=postings.refund_failed(each)) for each in stopped]
    if before.ended:
        came_back = after.state is RefundState.FAILED
        if not came_back:
            return [*bookings, _taken(after)]
        return [*bookings, Booking(entry=postings.refund_returned(after), refunds=_paid_by(after))]
    settled = postings.refund_succeeded if after.state is RefundState.SUCCEEDED else postings.refund_failed
    return [*bookings, Booking(entry=settled(after), refunds=_paid_by(after))]


def _taken(refund: Refund) -> Booking:
    charges_merchant = refund.cause is None and refund.owed_minor > 0
    return Booking(
        entry=postings.refund_taken(refund),
        stands_in=refund if charges_merchant else None,
        refunds=_paid_by(refund),
    )


def _paid_by(refund: Refund) -> str | None:
    """The payment out of which a refund is paid; none if what goes back never belonged to one."""
    return refund.payment_id if refund.cause is None else None


async def book(
    tx: Transaction,
    ledger: Ledger,
    offers: Offers,
    bookings: Sequence[Booking],
    payments: dict[str, Payment],
) -> None:
    """Post what has happened, all at once: the ledger locks balances in their order within one post only.

    Refunds that a merchant's balance does not cover are charged to nobody, and written anew. So are those of the platform
    itself, always: what lies on its account is on its way to somebody else.
    """
    if not bookings:
        return
    bookings = [
        await _charge_to_nobody(tx, booking.stands_in, payments)
        if booking.stands_in is not None and booking.stands_in.merchant_id == PLATFORM
        else booking
        for booking in bookings
    ]
    shares = [await _share(tx, offers, booking, payments) for booking in bookings]
    grouped = [
        _entries(booking, share_minor, payments)
        for booking, share_minor in zip(bookings, shares, strict=True)
    ]
    entries = [entry for group in grouped for entry in group]
    await _open_rare_accounts(tx, ledger, entries)
    receipts = iter(await ledger.post(tx, entries))
    answers = [[next(receipts) for _ in group] for group in grouped]
    for booking, share_minor, (receipt, *promoted) in zip(bookings, shares, answers, strict=True):
        if isinstance(receipt, Refusal):
            await _book_anew(tx, ledger, offers, booking, payments, receipt=receipt, share_minor=share_minor)
        elif any(isinstance(each, Refusal) for each in promoted):
            payment = payments[booking.refunds or ""]
            await book_promotion_returned(tx, ledger, payment, booking.entry, share_minor)


async def _share(tx: Transaction, offers: Offers, booking: Booking, payments: dict[str, Payment]) -> int:
    return 0 if booking.refunds is None else await promotion_going_back(tx, offers, payments[booking.refunds])


def _entries(booking: Booking, share_minor: int, payments: dict[str, Payment]) -> list[JournalEntry]:
    """An entry with its promotion's; they stand or fall together if the refund may be charged to nobody."""
    if not share_minor or booking.refunds is None:
        return [booking.entry]
    promotion = postings.promotion_returned(payments[booking.refunds], booking.entry, share_minor)
    return [msgspec.structs.replace(booking.entry, linked=booking.stands_in is not None), promotion]


async def _open_rare_accounts(tx: Transaction, ledger: Ledger, entries: Sequence[JournalEntry]) -> None:
    touched = {(line.code, line.currency) for entry in entries for line in entry.postings}
    currencies = {currency for _, currency in touched}
    possible = (
        account(each) for each in currencies for account in (postings.recoverable, postings.promotions)
    )
    rare = [account for account in possible if account.name in touched]
    if rare:
        _require(await ledger.open_accounts(tx, rare))


async def _book_anew(
    tx: Transaction,
    ledger: Ledger,
    offers: Offers,
    booking: Booking,
    payments: dict[str, Payment],
    *,
    receipt: Refusal,
    share_minor: int,
) -> None:
    """The refund, or the share that goes with it, is not covered: the refund by itself, then what is left of the share."""
    refund = booking.stands_in
    if refund is None:
        _require([receipt])
        return
    [alone] = await ledger.post(tx, [booking.entry]) if share_minor else [receipt]
    if isinstance(alone, Refusal):
        await book(tx, ledger, offers, [await _charge_to_nobody(tx, refund, payments)], payments)
    payment = payments[refund.payment_id]
    share_minor += await promotion_going_back(tx, offers, payment)
    await book_promotion_returned(tx, ledger, payment, booking.entry, share_minor)


async def _charge_to_nobody(tx: Transaction, refund: Refund, payments: dict[str, Payment]) -> Booking:
    """Money has gone that is not taken from a merchant: the rows anew, and the entry by which it is to be recovered."""
    payments[refund.payment_id] = rules.not_charged(payments[refund.payment_id], refund)
    unowed = rules.charged_to_nobody(refund)
    log.error("refund_not_covered", refund=refund.id, amount_minor=refund.amount_minor)
    await store.update_refunds(tx, [unowed])
    await store.update_payments(tx, [payments[refund.payment_id]])
    return Booking(entry=postings.refund_taken(unowed))


async def open_accounts(tx: Transaction, ledger: Ledger, over: Sequence[tuple[Payment, Attempt]]) -> None:
    """Every account that what follows may touch."""
    accounts = {
        spec.name: spec
        for payment, attempt in over
        for spec in postings.accounts_of_payment(payment, attempt.channel)
    }
    _require(await ledger.open_accounts(tx, list(accounts.values())))


def _require(results: Sequence[object]) -> None:
    """Money that moved is always booked: a refusal here is a bug, and undoes the transaction."""
    for result in results:
        if isinstance(result, Refusal):
            raise RuntimeError(f"the books refuse what has happened: {result.message}") from result
