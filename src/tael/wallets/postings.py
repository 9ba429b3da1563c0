"""Which accounts move for which event of a wallet? The page for the auditor.

    user wallet           liability   what we owe a user; never below zero, nor below what is frozen
    channel receivable    asset       of the channel "balance": what it owes the merchants' side of the house. A payment by
                                      balance takes it out of the wallet; the payment's own entry gives it to the merchant;
                                      together the two leave nothing
    red packets           liability   what lies in red packets and nobody has claimed

A transfer that arrives later is held on both wallets (a pending entry) and posted when it arrives, voided when it is
recalled: until then it is the payer's money, and nobody can spend it. Every entry's id is made of the object's id and the
event, so that no fact is booked twice.
"""

from tael.foundation.money import Money
from tael.ledger.model import AccountClass, AccountSpec, JournalEntry, Phase, credit, debit
from tael.wallets.model import Transfer
from tael.wallets.model.orders import Order, OrderRefund
from tael.wallets.model.packets import PacketShare, RedPacket

BALANCE_CHANNEL = "balance"
"""What the channel is called by which merchants are paid from wallets."""
TRANSFER, PAYMENT, REFUND, PACKET, CLAIM, PACKET_RETURN = (
    "wallet.transfer",
    "wallet.payment",
    "wallet.refund",
    "wallet.red_packet",
    "wallet.red_packet_claimed",
    "wallet.red_packet_returned",
)
"""The kinds of entries; a bill is of its entry's kind."""


def wallet(user_id: str, currency: str) -> AccountSpec:
    """What we owe a user."""
    return AccountSpec(f"user:{user_id}:wallet", currency, AccountClass.LIABILITY, floor_minor=0)


def balance_receivable(currency: str) -> AccountSpec:
    """What the channel "balance" owes: the same account that payments post to."""
    return AccountSpec(f"channel:{BALANCE_CHANNEL}:receivable", currency, AccountClass.ASSET)


def red_packets(currency: str) -> AccountSpec:
    """What lies in red packets."""
    return AccountSpec("platform:red_packets", currency, AccountClass.LIABILITY, floor_minor=0)


def transferred(transfer: Transfer) -> JournalEntry:
    """Money goes from one user to another: now, or it is held until it arrives."""
    amount = transfer.amount
    later = transfer.arrives_at is not None
    return JournalEntry(
        id=f"{transfer.id}:{'held' if later else 'sent'}",
        kind=TRANSFER,
        reference=transfer.id,
        postings=(
            debit(wallet(transfer.payer_id, amount.currency), amount),
            credit(wallet(transfer.payee_id, amount.currency), amount),
        ),
        phase=Phase.PENDING if later else Phase.SINGLE,
    )


def arrived(transfer: Transfer) -> JournalEntry:
    """What was held is the payee's."""
    return _ended(transfer, "arrived", Phase.POST)


def given_back(transfer: Transfer, event: str) -> JournalEntry:
    """What was held is free again. event: `recalled`, `returned`."""
    return _ended(transfer, event, Phase.VOID)


def _ended(transfer: Transfer, event: str, phase: Phase) -> JournalEntry:
    return JournalEntry(
        id=f"{transfer.id}:{event}",
        kind=TRANSFER,
        reference=transfer.id,
        phase=phase,
        ends=f"{transfer.id}:held",
    )


def order_paid(order: Order, user_id: str) -> JournalEntry:
    """A user pays a merchant by balance: we owe the user less, and the channel owes us that much less."""
    amount = order.amount
    return JournalEntry(
        id=f"{order.number}:paid_by_balance",
        kind=PAYMENT,
        reference=order.number,
        postings=(
            debit(wallet(user_id, amount.currency), amount),
            credit(balance_receivable(amount.currency), amount),
        ),
    )


def order_refunded(refund: OrderRefund) -> JournalEntry:
    """A merchant gives money back to the wallet that it came from."""
    amount = refund.amount
    return JournalEntry(
        id=f"{refund.number}:refunded_to_balance",
        kind=REFUND,
        reference=refund.order_number,
        postings=(
            debit(balance_receivable(amount.currency), amount),
            credit(wallet(refund.user_id, amount.currency), amount),
        ),
    )


def packet_filled(packet: RedPacket) -> JournalEntry:
    """Money for several leaves its sender's wallet, all at once."""
    amount = packet.amount
    return JournalEntry(
        id=f"{packet.id}:filled",
        kind=PACKET,
        reference=packet.id,
        postings=(
            debit(wallet(packet.owner_id, amount.currency), amount),
            credit(red_packets(amount.currency), amount),
        ),
    )


def share_claimed(share: PacketShare, user_id: str, currency: str) -> JournalEntry:
    """Somebody has taken a share."""
    amount = Money(share.amount_minor, currency)
    return JournalEntry(
        id=f"{share.packet_id}:share:{share.position}",
        kind=CLAIM,
        reference=share.packet_id,
        postings=(debit(red_packets(currency), amount), credit(wallet(user_id, currency), amount)),
    )


def packet_returned(packet: RedPacket, left: Money) -> JournalEntry:
    """What nobody claimed goes back to its sender."""
    return JournalEntry(
        id=f"{packet.id}:returned",
        kind=PACKET_RETURN,
        reference=packet.id,
        postings=(
            debit(red_packets(left.currency), left),
            credit(wallet(packet.owner_id, left.currency), left),
        ),
    )
