"""What has happened on the chain, in the words of orders, refunds and payouts?

The chain knows addresses only. Which of them belongs to an order follows from its number; which transaction is which
refund or payout follows from what the merchant called it when it was sent (`X-Request-Id`). Amounts and states are what the
chain says, whatever anybody called them.
"""

from collections.abc import Iterator

import msgspec

from tael.simulators.base import Drawer, Journal, OrderView, PayoutView, RefundView
from tael.simulators.erc20.evm import MinedTransaction
from tael.simulators.erc20.network import Network
from tael.simulators.erc20.tokens import address_of, transfer_in
from tael.simulators.erc20.wallets import Merchant

CURRENCY = "USDC"
"""What the views count; the other token is there to be the wrong one."""


class KnownOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of which we have heard."""

    number: str
    address: str


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that moved."""

    sender: bytes
    receiver: bytes
    minor: int
    transaction: MinedTransaction
    label: str


class Books:
    """Reads the chain."""

    def __init__(self, journal: Journal, network: Network, merchant: Merchant) -> None:
        self._known: Drawer[KnownOrder] = journal.drawer("order", KnownOrder)
        self._network = network
        self._merchant = merchant
        self._hot_wallet = bytes.fromhex(merchant.hot_wallet[2:])
        self._token = address_of(CURRENCY)

    def know(self, number: str) -> KnownOrder:
        """Remember an order."""
        known = self._known.things.get(number)
        if known is None:
            known = KnownOrder(number=number, address=self._merchant.address_of(number))
            self._known.keep(number, known)
        return known

    def number_at(self, address: bytes) -> str:
        """Whose order's address it is, if we know."""
        for known in self._known.things.values():
            if known.address[2:].lower() == address.hex():
                return known.number
        return ""

    def received(self, address: bytes) -> int:
        """How many tokens ever arrived at an address."""
        return sum(transfer.minor for transfer in self.transfers() if transfer.receiver == address)

    def transfers(self) -> Iterator[Transfer]:
        """Every transfer of the token that is in a block."""
        for transaction in self._network.evm.transactions.values():
            for log in transaction.logs:
                moved = transfer_in(log) if log.address == self._token else None
                if moved is not None:
                    sender, receiver, minor = moved
                    yield Transfer(
                        sender=sender,
                        receiver=receiver,
                        minor=minor,
                        transaction=transaction,
                        label=self._network.label_of(transaction.hash),
                    )

    def orders(self) -> Iterator[OrderView]:
        """Every order, oldest first."""
        transfers = list(self.transfers())
        for known in self._known.things.values():
            yield self._order(known, transfers)

    def order(self, number: str) -> OrderView | None:
        """One order that we have heard of."""
        known = self._known.things.get(number)
        return self._order(known, list(self.transfers())) if known is not None else None

    def payouts(self) -> Iterator[PayoutView]:
        """Every payout of which something was sent, oldest first."""
        numbers = dict.fromkeys(
            label
            for label in self._network.labels
            if label and "/" not in label and label not in self._known.things
        )
        for number in numbers:
            view = self.payout(number)
            if view is not None:
                yield view

    def payout(self, number: str) -> PayoutView | None:
        """One payout, by what the merchant calls it."""
        transactions = [
            self._network.evm.transactions[hash]
            for hash in self._network.sent_as(number)
            if hash in self._network.evm.transactions
        ]
        sent = [
            transfer
            for transfer in self.transfers()
            if transfer.label == number and transfer.sender == self._hot_wallet
        ]
        if not transactions and not self._network.sent_as(number):
            return None
        failed = any(not transaction.succeeded for transaction in transactions)
        return PayoutView(
            payout_number=number,
            state="sent" if sent else "failed" if failed else "waiting",
            amount_minor=sum(transfer.minor for transfer in sent),
            currency=CURRENCY,
            sent_count=len(sent),
            payee="0x" + sent[0].receiver.hex() if sent else "",
        )

    def _order(self, known: KnownOrder, transfers: list[Transfer]) -> OrderView:
        address = bytes.fromhex(known.address[2:])
        arrived = [transfer for transfer in transfers if transfer.receiver == address]
        back = [
            transfer
            for transfer in transfers
            if transfer.label.startswith(known.number + "/") and transfer.sender == self._hot_wallet
        ]
        received = sum(transfer.minor for transfer in arrived)
        return OrderView(
            order_number=known.number,
            channel_reference=known.address,
            state="paid" if arrived else "waiting",
            amount_minor=received,
            currency=CURRENCY,
            paid_count=len(arrived),
            captured_minor=received,
            refunded_minor=sum(transfer.minor for transfer in back),
            refunds=[
                RefundView(refund_number=transfer.label.partition("/")[2], amount_minor=transfer.minor)
                for transfer in back
            ],
            subject=known.address,
            page=f"/pay/{known.address}",
        )
