"""What becomes of transfers that are on their way? They arrive when it is time, unless their payer recalls them before."""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.errors import HoldEnded
from tael.ledger.model import JournalEntry
from tael.wallets import postings, store
from tael.wallets.errors import NotRecallable
from tael.wallets.events import TransferRecalled, TransferReturned
from tael.wallets.model import Transfer, TransferState, Used
from tael.wallets.rules import limits
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.transfers import act_of, arrival_of

AT_A_TIME = 500


async def settle_due(ground: Ground) -> None:
    """Let everything arrive whose time has come. Several workers may do so at once."""
    while True:
        async with ground.database.transaction() as tx:
            if await _settle_some(tx, ground) < AT_A_TIME:
                return


async def _settle_some(tx: Transaction, ground: Ground) -> int:
    """One batch; says how many were due."""
    now = ground.clock.now()
    due = await store.lock_due_transfers(tx, now=now, limit=AT_A_TIME)
    if not due:
        return 0
    verdicts = await ground.ledger.post(tx, [postings.arrived(transfer) for transfer in due])
    stuck = {
        transfer.id: verdict
        for transfer, verdict in zip(due, verdicts, strict=True)
        if isinstance(verdict, Refusal) and not isinstance(verdict, HoldEnded)
    }
    await store.end_transfers(
        tx,
        [(each.id, TransferState.ARRIVED, None) for each in due if each.id not in stuck],
        at=now,
    )
    await outbox.publish(tx, [arrival_of(each, now) for each in due if each.id not in stuck])
    if stuck:
        returned = [each for each in due if each.id in stuck]
        await _give_back(tx, ground, returned, TransferState.RETURNED)
        await store.end_transfers(
            tx, [(each.id, TransferState.RETURNED, stuck[each.id].code) for each in returned], at=now
        )
        await outbox.publish(tx, [_returned(each, now, stuck[each.id].code) for each in returned])
    return len(due)


async def recall(tx: Transaction, ground: Ground, transfer_id: str, *, payer_id: str) -> Transfer:
    """Take a transfer back; refuses `NoSuchTransfer`, `NotRecallable`."""
    now = ground.clock.now()
    transfer = await store.lock_transfer(tx, transfer_id, payer_id=payer_id)
    if transfer.state is not TransferState.ON_ITS_WAY or (
        transfer.arrives_at is not None and transfer.arrives_at <= now
    ):
        raise NotRecallable(
            "The transfer cannot be recalled any more.",
            hint="Ask the payee to send the money back.",
            state=transfer.state,
        )
    await _give_back(tx, ground, [transfer], TransferState.RECALLED)
    await store.end_transfers(tx, [(transfer.id, TransferState.RECALLED, None)], at=now)
    await outbox.publish(tx, [_recalled(transfer, now)])
    return (await store.find_transfers(tx, [transfer.id]))[transfer.id]


async def _give_back(
    tx: Transaction, ground: Ground, transfers: Sequence[Transfer], state: TransferState
) -> None:
    """Release what is held, and what they had used of limits in the periods in which they were counted."""
    now = ground.clock.now()
    await store.lock_wallets(tx, [transfer.payer_id for transfer in transfers], now=now)
    await store.give_back_counters(
        tx,
        [
            (key, Used(transfer.amount_minor, 1))
            for transfer in transfers
            for key in limits.given_back(act_of(transfer), transfer.strength)
        ],
    )
    entries: list[JournalEntry] = [postings.given_back(transfer, state) for transfer in transfers]
    for verdict in await ground.ledger.post(tx, entries):
        if isinstance(verdict, Refusal):
            raise verdict


def _recalled(transfer: Transfer, at: datetime) -> TransferRecalled:
    return TransferRecalled(
        object_id=transfer.id,
        payer_id=transfer.payer_id,
        payee_id=transfer.payee_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        note=transfer.note,
        happened_at=at,
    )


def _returned(transfer: Transfer, at: datetime, reason: str) -> TransferReturned:
    return TransferReturned(
        object_id=transfer.id,
        payer_id=transfer.payer_id,
        payee_id=transfer.payee_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        note=transfer.note,
        happened_at=at,
        reason=reason,
    )
