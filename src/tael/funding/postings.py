"""Which accounts move for which event? The page for the auditor.

    user wallet              liability  what we owe a user
    withdrawing              liability  what a user has reserved for withdrawals; payouts take it from there
    pending of the payee     liability  what the platform's own payee was paid: a top-up's capture puts it there, and at once it
                                        is the user's; so nothing stays on it
    fees                     income     what the platform keeps

A withdrawal: reserved (wallet → withdrawing); gone (the payout's own entry: withdrawing → channel); its fee (withdrawing →
fees). Failed: withdrawing → wallet, all of it. Returned: the payout's entry brings it back to withdrawing; from there, with the
fee, to the wallet. Every entry's id is made of the object's id and the event, so the same fact is never booked twice.
"""

from tael.foundation.money import Money
from tael.funding.model import PLATFORM_PAYEE, TopUp, TopUpRefund, Withdrawal, WithdrawalState
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Posting, credit, debit

TOP_UP, TOP_UP_REFUND, WITHDRAWAL = "wallet.top_up", "wallet.top_up_refund", "wallet.withdrawal"
"""The kinds of entries that stand in bills."""


def wallet(user_id: str, currency: str) -> AccountSpec:
    """What we owe a user; the account is that of `wallets`."""
    return AccountSpec(f"user:{user_id}:wallet", currency, AccountClass.LIABILITY, floor_minor=0)


def withdrawing(user_id: str, currency: str) -> AccountSpec:
    """What a user has reserved for withdrawals."""
    return AccountSpec(f"user:{user_id}:withdrawing", currency, AccountClass.LIABILITY, floor_minor=0)


def payee_pending(currency: str) -> AccountSpec:
    """What the platform's own payee was paid; the account is that of `payments`."""
    return AccountSpec(f"merchant:{PLATFORM_PAYEE}:pending", currency, AccountClass.LIABILITY, floor_minor=0)


def fees(currency: str) -> AccountSpec:
    """What the platform keeps; the account is that of `payments`."""
    return AccountSpec("platform:fees", currency, AccountClass.INCOME)


def topped_up(top_up: TopUp, credited: Money) -> JournalEntry:
    """What was captured, less the payee's fee, is the user's."""
    return _entry(
        f"{top_up.id}:credited",
        TOP_UP,
        top_up.id,
        debit(payee_pending(top_up.currency), credited),
        credit(wallet(top_up.user_id, top_up.currency), credited),
    )


def refund_reserved(refund: TopUpRefund) -> JournalEntry:
    """Out of the wallet, to where the payment's refund takes it from."""
    return _entry(
        f"{refund.id}:reserved",
        TOP_UP_REFUND,
        refund.top_up_id,
        debit(wallet(refund.user_id, refund.currency), refund.amount),
        credit(payee_pending(refund.currency), refund.amount),
    )


def refund_fee_returned(refund: TopUpRefund) -> JournalEntry:
    """A part of the payee's fee came back with the refund: it was the user's."""
    fee = Money(refund.fee_returned_minor, refund.currency)
    return _entry(
        f"{refund.id}:fee:{refund.reversals}",
        TOP_UP_REFUND,
        refund.top_up_id,
        debit(payee_pending(refund.currency), fee),
        credit(wallet(refund.user_id, refund.currency), fee),
    )


def refund_given_back(refund: TopUpRefund, *, kept: Money) -> JournalEntry:
    """It did not go: in the wallet again. kept: what of it is not with the payee, but the fee or the user's already."""
    amount = refund.amount - kept
    return _entry(
        f"{refund.id}:given_back:{refund.reversals}",
        TOP_UP_REFUND,
        refund.top_up_id,
        debit(payee_pending(refund.currency), amount),
        credit(wallet(refund.user_id, refund.currency), amount),
    )


def reserved(withdrawal: Withdrawal) -> JournalEntry:
    """Out of the wallet, and not yet gone."""
    return _entry(
        f"{withdrawal.id}:reserved",
        WITHDRAWAL,
        withdrawal.id,
        debit(wallet(withdrawal.user_id, withdrawal.currency), withdrawal.amount),
        credit(withdrawing(withdrawal.user_id, withdrawal.currency), withdrawal.amount),
    )


def fee_earned(withdrawal: Withdrawal) -> JournalEntry:
    """It has arrived: the rest of what was reserved is the platform's."""
    fee = Money(withdrawal.fee_minor, withdrawal.currency)
    return _entry(
        f"{withdrawal.id}:fee",
        "wallet.withdrawal_fee",
        withdrawal.id,
        debit(withdrawing(withdrawal.user_id, withdrawal.currency), fee),
        credit(fees(withdrawal.currency), fee),
    )


def given_back(withdrawal: Withdrawal) -> JournalEntry:
    """It failed, or came back, as its state says: all of it is in the wallet again."""
    returned = withdrawal.state is WithdrawalState.RETURNED
    fee = Money(withdrawal.fee_minor if returned else 0, withdrawal.currency)
    return _entry(
        f"{withdrawal.id}:{withdrawal.state}",
        WITHDRAWAL,
        withdrawal.id,
        debit(withdrawing(withdrawal.user_id, withdrawal.currency), withdrawal.amount - fee),
        debit(fees(withdrawal.currency), fee),
        credit(wallet(withdrawal.user_id, withdrawal.currency), withdrawal.amount),
    )


def _entry(id: str, kind: str, reference: str, *postings: Posting) -> JournalEntry:
    """Lines of zero are left out: a fee of nothing is no line."""
    lines = tuple(posting for posting in postings if posting.amount_minor)
    return JournalEntry(id=id, kind=kind, reference=reference, postings=lines)
