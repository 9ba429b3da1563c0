"""Which accounts move for which business event? The page for the auditor.

    receivable from channel   asset      what a channel has taken from payers for us and not yet paid out
    merchant pending          liability  what we owe a merchant, not yet settled; never below zero
    fees                      income     what the platform keeps
    refunds in transit        liability  set aside for a payer until the channel confirms the refund
    surplus                   liability  what payers paid late, twice or too much, until it is given back
    arrivals                  liability  what payers have sent towards an order, until it is enough or goes back
    promotions                expense    what the platform pays to merchants in payers' place, by offers of its own
    recoverable               asset      what payers have got or taken back and nobody owed them: to be recovered
                                         from the merchant, the payer or the channel, or to be written off

Every entry's id is made of the object's id and the event, so the same fact is never booked twice. What may happen
to an object more than once is numbered.
"""

from collections.abc import Sequence

from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting, credit, debit
from tael.payments.model import Attempt, DisputeBooking, DisputeMove, HoldStep, Payment, Refund, RefundReason


def channel_receivable(channel: str, currency: str) -> AccountSpec:
    """What a channel owes us."""
    return AccountSpec(f"channel:{channel}:receivable", currency, AccountClass.ASSET)


def refunds_in_transit(channel: str, currency: str) -> AccountSpec:
    """What is on its way back to payers through a channel."""
    return AccountSpec(f"channel:{channel}:refunds_in_transit", currency, AccountClass.LIABILITY)


def merchant_pending(merchant_id: str, currency: str) -> AccountSpec:
    """What we owe a merchant."""
    return AccountSpec(f"merchant:{merchant_id}:pending", currency, AccountClass.LIABILITY, floor_minor=0)


def fees(currency: str) -> AccountSpec:
    """What the platform earns."""
    return AccountSpec("platform:fees", currency, AccountClass.INCOME)


def surplus(currency: str) -> AccountSpec:
    """What payers paid too much."""
    return AccountSpec("platform:surplus", currency, AccountClass.LIABILITY)


def arrivals(currency: str) -> AccountSpec:
    """What payers have sent towards orders that are not paid yet."""
    return AccountSpec("platform:arrivals", currency, AccountClass.LIABILITY, floor_minor=0)


def recoverable(currency: str) -> AccountSpec:
    """What has gone to payers that was not owed to them."""
    return AccountSpec("platform:recoverable", currency, AccountClass.ASSET)


def promotions(currency: str) -> AccountSpec:
    """What offers cost the platform."""
    return AccountSpec("platform:promotions", currency, AccountClass.EXPENSE)


def arrived(payment: Payment, attempt: Attempt, arrived_minor: int) -> JournalEntry:
    """Money has come for an order: the channel owes it to us, we owe it to whoever it will turn out to be for.

    Less than nothing: it was taken back before it was used for anything.
    """
    amount = Money(arrived_minor, payment.currency)
    return _entry(
        f"{attempt.id}:arrived:{attempt.movements}",
        "payment.arrived",
        payment.id,
        debit(channel_receivable(attempt.channel, payment.currency), amount),
        credit(arrivals(payment.currency), amount),
    )


def recovered(payment: Payment, attempt: Attempt, recovered_minor: int) -> JournalEntry:
    """What has come first makes good what was taken back before, or was given back without being owed."""
    amount = Money(recovered_minor, payment.currency)
    return _entry(
        f"{attempt.id}:recovered:{attempt.movements}",
        "payment.recovered",
        payment.id,
        debit(arrivals(payment.currency), amount),
        credit(recoverable(payment.currency), amount),
    )


def taken_back(payment: Payment, attempt: Attempt, *, surplus_minor: int, lost_minor: int) -> JournalEntry:
    """Money was taken back after its order had ended: out of the surplus that had not been sent back; the rest is lost."""
    of_surplus, lost = Money(surplus_minor, payment.currency), Money(lost_minor, payment.currency)
    return _entry(
        f"{attempt.id}:taken_back:{attempt.movements}",
        "payment.taken_back",
        payment.id,
        debit(surplus(payment.currency), of_surplus),
        debit(recoverable(payment.currency), lost),
        credit(channel_receivable(attempt.channel, payment.currency), of_surplus + lost),
    )


def captured(payment: Payment, attempt: Attempt, fee: Money) -> JournalEntry:
    """A payer has paid: the channel owes us all of it, we owe the merchant the rest after our fee.

    Where payers choose the amount, the money is among the arrivals already. What the platform's offers took off we owe
    the merchant, too.
    """
    paid, promoted = (
        Money(minor, payment.currency) for minor in (payment.captured_minor, attempt.taken_off.promoted_minor)
    )
    source = (
        arrivals(payment.currency)
        if attempt.received_minor
        else channel_receivable(attempt.channel, payment.currency)
    )
    return _entry(
        f"{attempt.id}:captured",
        "payment.captured",
        payment.id,
        debit(source, paid),
        debit(promotions(payment.currency), promoted),
        credit(merchant_pending(payment.merchant_id, payment.currency), paid - fee + promoted),
        credit(fees(payment.currency), fee),
    )


def step_captured(payment: Payment, capture: HoldStep) -> JournalEntry:
    """Money that was held is taken: the channel owes it to us, we owe the merchant the rest after our fee."""
    amount, fee = capture.amount, Money(capture.fee_minor, capture.currency)
    return _entry(
        f"{capture.id}:captured",
        "payment.captured",
        payment.id,
        debit(channel_receivable(capture.channel, capture.currency), amount),
        credit(merchant_pending(payment.merchant_id, capture.currency), amount - fee),
        credit(fees(capture.currency), fee),
    )


def surplus_received(payment: Payment, attempt: Attempt, surplus_minor: int) -> JournalEntry:
    """A payer has paid what was not asked for: we owe it to the payer. The entry's id is the cause of its refund."""
    amount = Money(surplus_minor, payment.currency)
    if attempt.received_minor:
        id, source = f"{attempt.id}:surplus:{attempt.movements}", arrivals(payment.currency)
    else:
        id, source = f"{attempt.id}:surplus", channel_receivable(attempt.channel, payment.currency)
    return _entry(
        id,
        "payment.surplus_received",
        payment.id,
        debit(source, amount),
        credit(surplus(payment.currency), amount),
    )


def refund_created(refund: Refund) -> JournalEntry:
    """Money is set aside for the payer: from the merchant and from our fee, or from the surplus."""
    return _of_refund(refund, "created", *_sources(refund), credit(_in_transit(refund), _amount(refund)))


def refund_succeeded(refund: Refund) -> JournalEntry:
    """The channel gave the money back to the payer: it owes us that much less."""
    amount = _amount(refund)
    return _of_refund(
        refund, "succeeded", debit(_in_transit(refund), amount), credit(_receivable(refund), amount)
    )


def refund_failed(refund: Refund) -> JournalEntry:
    """The channel refused: what was set aside goes back where it came from."""
    back = _reversed(_sources(refund))
    return _of_refund(refund, "failed", debit(_in_transit(refund), _amount(refund)), *back)


def refund_returned(refund: Refund) -> JournalEntry:
    """What had gone back came back to us, long after: the payer's account is closed, the card is gone."""
    back = _reversed(_sources(refund))
    lines = (debit(_receivable(refund), _amount(refund)), *back)
    return _of_refund(refund, "returned", *lines, nth=refund.reversals)


def refund_taken(refund: Refund) -> JournalEntry:
    """Money has gone back that was not set aside: the channel did so by itself, or had said that it would not."""
    lines = (*_sources(refund), credit(_receivable(refund), _amount(refund)))
    return _of_refund(refund, "taken", *lines, nth=refund.reversals)


def _of_refund(refund: Refund, event: str, *lines: Posting, nth: int | None = None) -> JournalEntry:
    """`nth`: which time, of what may happen to a refund more than once."""
    step = event if nth is None else f"{event}:{nth}"
    return _entry(f"{refund.id}:{step}", f"refund.{event}", refund.payment_id, *lines)


def _in_transit(refund: Refund) -> AccountSpec:
    return refunds_in_transit(refund.channel, refund.currency)


def _receivable(refund: Refund) -> AccountSpec:
    return channel_receivable(refund.channel, refund.currency)


def _sources(refund: Refund) -> list[Posting]:
    """Out of what a refund is paid: out of what is owed to the merchant or to the payer; the rest is to be recovered."""
    owed, fee = Money(refund.owed_minor, refund.currency), Money(refund.fee_returned_minor, refund.currency)
    unowed = debit(recoverable(refund.currency), Money(refund.unowed_minor, refund.currency))
    if refund.cause is not None or refund.reason not in (RefundReason.MERCHANT, RefundReason.VOIDED):
        return [debit(surplus(refund.currency), owed), unowed]
    pending = merchant_pending(refund.merchant_id, refund.currency)
    return [debit(pending, owed - fee), debit(fees(refund.currency), fee), unowed]


def _reversed(lines: Sequence[Posting]) -> list[Posting]:
    return [Posting(line.code, line.currency, -line.amount_minor) for line in lines]


def _amount(refund: Refund) -> Money:
    return Money(refund.amount_minor, refund.currency)


def promotion_returned(
    payment: Payment, cause: JournalEntry, promoted_minor: int, *, uncovered_minor: int = 0
) -> JournalEntry:
    """Money went back to the payer: the merchant gives back the same part of what the platform had paid for the payer.

    What the merchant's balance does not cover is to be recovered. Less than nothing: the money came back, and what is to
    be recovered stays so.

    cause   the entry of the refund
    """
    promoted, uncovered = (Money(minor, payment.currency) for minor in (promoted_minor, uncovered_minor))
    return _entry(
        f"{cause.id}:promotion",
        "payment.promotion_returned",
        payment.id,
        debit(merchant_pending(payment.merchant_id, payment.currency), promoted - uncovered),
        debit(recoverable(payment.currency), uncovered),
        credit(promotions(payment.currency), promoted),
    )


def disputed_at_channel(channel: str, currency: str) -> AccountSpec:
    """What a channel took back from us, and may give back."""
    return AccountSpec(f"channel:{channel}:disputed", currency, AccountClass.ASSET, floor_minor=0)


def disputed_of_merchant(merchant_id: str, currency: str) -> AccountSpec:
    """What is withheld from a merchant while a bank decides."""
    return AccountSpec(f"merchant:{merchant_id}:disputed", currency, AccountClass.LIABILITY, floor_minor=0)


def dispute_moved(booking: DisputeBooking, payment: Payment, channel: str) -> JournalEntry:
    """A dispute takes money, gives it back, or keeps it. What the merchant's balance does not cover is to be recovered."""
    currency, holding = payment.currency, booking.holding
    amount, pending = Money(holding.amount_minor, currency), Money(holding.pending_minor, currency)
    at_channel = disputed_at_channel(channel, currency)
    of_merchant = disputed_of_merchant(payment.merchant_id, currency)
    held = [
        debit(at_channel, amount),
        credit(channel_receivable(channel, currency), amount),
        debit(merchant_pending(payment.merchant_id, currency), pending),
        debit(recoverable(currency), amount - pending),
        credit(of_merchant, amount),
    ]
    lost = [debit(of_merchant, amount), credit(at_channel, amount)]
    lines = {
        DisputeMove.HELD: held,
        DisputeMove.RETURNED: _reversed(held),
        DisputeMove.LOST: lost,
        DisputeMove.REOPENED: _reversed(lost),
    }[booking.move]
    return _entry(f"{booking.dispute_id}:{booking.nth}", f"dispute.{booking.move}", payment.id, *lines)


def accounts_of_dispute(payment: Payment, channel: str) -> list[AccountSpec]:
    """Every account that a dispute of a payment may touch."""
    currency = payment.currency
    return [
        *accounts_of_payment(payment, channel),
        disputed_at_channel(channel, currency),
        disputed_of_merchant(payment.merchant_id, currency),
    ]


def accounts_of_channel(channel: str, currency: str) -> list[AccountSpec]:
    """The accounts that are a channel's own."""
    return [channel_receivable(channel, currency), refunds_in_transit(channel, currency)]


def accounts_of_payment(payment: Payment, channel: str) -> list[AccountSpec]:
    """Every account that a payment over a channel may ever touch, to be opened before the first entry."""
    currency = payment.currency
    return [
        *accounts_of_channel(channel, currency),
        merchant_pending(payment.merchant_id, currency),
        fees(currency),
        surplus(currency),
        arrivals(currency),
        recoverable(currency),
    ]


def _entry(id: str, kind: str, reference: str, *postings: Posting) -> JournalEntry:
    """Lines of zero are left out: a fee of nothing is no line."""
    lines = tuple(posting for posting in postings if posting.amount_minor)
    return JournalEntry(id=id, kind=kind, reference=reference, postings=lines)
