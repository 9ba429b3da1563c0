"""The verbs of wallets: look at one's money and limits, send it, receive it, pay with it, give it away, freeze it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tael.foundation.calls import Answer, Call, Reply, answering
from tael.foundation.clerk import Clerk
from tael.foundation.clock import Clock
from tael.foundation.config import Settings
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.identity.model import Strength
from tael.wallets import store
from tael.wallets.api.asking import AskAbout, AskAboutOrder, Asked, Asking
from tael.wallets.api.bills import Bills
from tael.wallets.api.codes import Codes, MakePersonalCode, RevokePersonalCode
from tael.wallets.api.freezes import Freezes
from tael.wallets.api.orders import DeclineOrder, NewOrder, Orders, PayOrder, RefundOrder
from tael.wallets.api.packets import Packets
from tael.wallets.api.statements import Statements
from tael.wallets.errors import NoSuchTransfer
from tael.wallets.model import Balance, LimitShown, Transfer, WalletLimits
from tael.wallets.model.codes import PaymentCode, PersonalCode, PersonalCodeKind
from tael.wallets.model.orders import Order, OrderRefund, OrderState
from tael.wallets.postings import BALANCE_CHANNEL
from tael.wallets.rules.limits import Act
from tael.wallets.schemas.transfers import TransferBody, transfer_body
from tael.wallets.usecases import arrivals
from tael.wallets.usecases.balances import balances
from tael.wallets.usecases.early import check_early
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.limits import forget_counters, limits_of
from tael.wallets.usecases.spend import Spending, Spent, spend
from tael.wallets.usecases.transfers import SendTransfer, send_transfers
from tael.wallets.usecases.unspend import unspend

__all__ = [
    "BALANCE_CHANNEL",
    "Act",
    "AskAbout",
    "AskAboutOrder",
    "Asked",
    "DeclineOrder",
    "Ground",
    "MakePersonalCode",
    "NewOrder",
    "Order",
    "OrderRefund",
    "OrderState",
    "Orders",
    "PayOrder",
    "PaymentCode",
    "PersonalCode",
    "PersonalCodeKind",
    "RecallTransfer",
    "RefundOrder",
    "RevokePersonalCode",
    "SendTransfer",
    "Spending",
    "Spent",
    "Wallets",
]


class RecallTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to take a transfer back."""

    transfer_id: str
    payer_id: str


class Wallets:
    """The balances of one house's users."""

    def __init__(self, ground: Ground, settings: Settings) -> None:
        self._ground = ground
        self._clerk = Clerk(ground.database, ground.clock, print_key=ground.print_key)
        self.codes = Codes(ground, self._clerk)
        """Codes that users show."""
        self.orders = Orders(ground, self._clerk, settings)
        """What merchants are to be paid by balance."""
        self.asking = Asking(ground, self._clerk)
        """Questions to users before their money moves."""
        self.packets = Packets(ground, self._clerk, settings)
        """Red packets."""
        self.bills = Bills(ground)
        """What moved wallets."""
        self.statements = Statements(ground, self._clerk, self.bills)
        """The same on paper."""
        self.freezes = Freezes(ground)
        """What may not be spent."""
        self._transfers: Lane[Call[Any], Any] = Lane(
            "wallets.transfers",
            ground.database,
            answering(self._send, _sent, clock=ground.clock, print_key=ground.print_key),
            batch_limit=settings.lane_batch_limit,
            queue_limit=settings.lane_queue_limit,
            parallel=settings.lane_parallel,
        )

    def start(self) -> None:
        """Begin to take transfers; to be called inside the event loop."""
        self._transfers.start()
        self.orders.start()
        self.packets.start()

    async def stop(self) -> None:
        """Finish what waits."""
        await self._transfers.stop()
        await self.orders.stop()
        await self.packets.stop()

    @property
    def clock(self) -> Clock:
        """What time it is for these wallets."""
        return self._ground.clock

    @property
    def rule(self) -> WalletLimits:
        """What holds now for all wallets."""
        return self._ground.limits(self._ground.clock.now())

    # Looking.

    async def balances(self, user_id: str) -> Sequence[Balance]:
        """What is in a user's wallet."""
        async with self._ground.database.transaction() as tx:
            return await balances(tx, self._ground, user_id, now=self._ground.clock.now())

    async def limits(self, user_id: str, *, currency: str = "CNY") -> Sequence[LimitShown]:
        """What a user may still spend; refuses what standing refuses of a user who may only look."""
        async with self._ground.database.transaction() as tx:
            return await limits_of(tx, self._ground, user_id, currency=currency)

    async def check_early(self, tx: Transaction, act: Act) -> None:
        """Refuses what is known now to refuse an act, before anybody is asked to confirm it: `LimitReached`, `QuizOwed`,
        `WalletFrozen`, `NotEnough`. It promises nothing: what counts is decided when it is done.
        """
        await check_early(tx, self._ground, act)

    # Transfers.

    async def transfer(self, call: Call[SendTransfer]) -> Answer:
        """Send money to a user; the same call again has the same answer."""
        answer: Answer = await self._transfers.submit(call)
        return answer

    async def answer_again(self, call: Call[Any]) -> Answer | None:
        """What was answered under the call's key; `None` if it is a new one, for which something has to be looked up first."""
        return await self._clerk.answer_again(call)

    async def send(self, tx: Transaction, commands: Sequence[SendTransfer]) -> Sequence[Transfer | Refusal]:
        """Many transfers in the caller's transaction; each with what became of it."""
        return await send_transfers(tx, self._ground, commands)

    async def recall(self, call: Call[RecallTransfer]) -> Answer:
        """Take a transfer back before it arrives; refuses `NoSuchTransfer`, `NotRecallable`."""

        async def verb(tx: Transaction, wish: RecallTransfer) -> Transfer:
            return await arrivals.recall(tx, self._ground, wish.transfer_id, payer_id=wish.payer_id)

        return await self._clerk.answer(call, verb, shown=_shown, status=200)

    async def get_transfer(self, transfer_id: str, *, user_id: str) -> Transfer:
        """One that a user sent or receives, from when it was sent on; refuses `NoSuchTransfer`."""
        async with self._ground.database.transaction() as tx:
            found = (await store.find_transfers(tx, [transfer_id])).get(transfer_id)
        if found is None or user_id not in (found.payer_id, found.payee_id):
            raise NoSuchTransfer(f"There is no transfer {transfer_id[:40]!r}.", field="transfer_id")
        return found

    async def knows(self, payer_id: str, payee_id: str) -> bool:
        """Whether a payer knows a payee: a transfer of theirs has arrived there, and not only just now."""
        until = self.rule.known_until(self.clock.now())
        async with self._ground.database.transaction() as tx:
            return bool(await store.known_pairs(tx, [(payer_id, payee_id)], until=until))

    async def on_their_way(self, user_id: str, *, limit: int = 50) -> Sequence[Transfer]:
        """What is on its way from or to a user, newest first."""
        async with self._ground.database.transaction() as tx:
            return await store.on_their_way(tx, user_id, limit=limit)

    async def settle_due(self) -> None:
        """Let everything arrive whose time has come."""
        await arrivals.settle_due(self._ground)

    async def forget_counters(self) -> None:
        """Forget what was counted of days that no limit asks about any more."""
        await forget_counters(self._ground)

    # For money that goes to the outside, and comes back.

    async def spend(self, tx: Transaction, wishes: Sequence[Spending]) -> Sequence[Spent | Refusal]:
        """Take money out of wallets: allowed, within limits, confirmed, booked; many acts in the caller's transaction."""
        return await spend(tx, self._ground, wishes)

    async def give_back(self, tx: Transaction, taken_back: Sequence[tuple[Act, Strength]]) -> None:
        """What acts had used of limits, in the periods in which they were counted; their entries are the caller's affair."""
        await unspend(tx, self._ground, taken_back)

    async def _send(self, tx: Transaction, commands: Sequence[SendTransfer]) -> Sequence[Transfer | Refusal]:
        return await send_transfers(tx, self._ground, commands)


def _sent(transfer: Transfer) -> Reply:
    body = msgspec.json.encode(transfer_body(transfer))
    return Reply(object_id=transfer.id, answer=Answer(status=201, body=body))


def _shown(transfer: Transfer) -> tuple[str, TransferBody]:
    return transfer.id, transfer_body(transfer)
