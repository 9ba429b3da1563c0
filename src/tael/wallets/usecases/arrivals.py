"""What becomes of transfers that are on their way? They arrive when it is time, unless their payer recalls them before.

Until it arrives it is the payer's money. So what may not be spent any more when it should arrive goes back: the payer may send
nothing at that moment, or without it too little would be left for what is frozen; or the payee may receive nothing.
"""

from collections.abc import Sequence
from datetime import datetime

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.errors import HoldEnded
from tael.ledger.model import JournalEntry
from tael.standing.errors import Restricted, StandingClosed
from tael.standing.model import Known, Permission
from tael.wallets import postings, store
from tael.wallets.errors import NotRecallable, PayeeCannotReceive, WalletFrozen
from tael.wallets.events import TransferRecalled, TransferReturned
from tael.wallets.model import Transfer, TransferState, Used
from tael.wallets.rules import limits
from tael.wallets.usecases.floors import wallets_now
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
    stuck = await _stopped(tx, ground, due)
    free = [transfer for transfer in due if transfer.id not in stuck]
    verdicts = await ground.ledger.post(tx, [postings.arrived(transfer) for transfer in free])
    stuck |= {
        transfer.id: verdict
        for transfer, verdict in zip(free, verdicts, strict=True)
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


async def _stopped(tx: Transaction, ground: Ground, due: Sequence[Transfer]) -> dict[str, Refusal]:
    """The transfers that may not arrive as their payers and payees stand now; both are locked as they are."""
    asked: dict[tuple[str, Permission], None] = {}
    for transfer in due:
        asked[transfer.payer_id, Permission.TRANSFER] = None
        asked[transfer.payer_id, Permission.LOOK] = None
        asked[transfer.payee_id, Permission.RECEIVE] = None
    verdicts = dict(zip(asked, await ground.standing.lock_and_check(tx, list(asked)), strict=True))
    stopped: dict[str, Refusal] = {}
    for transfer in due:
        if isinstance(verdicts[transfer.payer_id, Permission.TRANSFER], Restricted):
            stopped[transfer.id] = WalletFrozen("The payer may send nothing.")
        elif isinstance(verdicts[transfer.payee_id, Permission.RECEIVE], Restricted | StandingClosed):
            stopped[transfer.id] = PayeeCannotReceive("The payee may receive nothing.")
    missing = await _missing(tx, ground, [each for each in verdicts.values() if isinstance(each, Known)])
    others = [transfer for transfer in reversed(due) if transfer.id not in stopped]
    for transfer in [*(transfer for transfer in due if transfer.id in stopped), *others]:
        name = transfer.payer_id, transfer.currency
        if missing.get(name, 0) > 0:
            stopped.setdefault(transfer.id, WalletFrozen("A part of the balance is frozen."))
            missing[name] -= transfer.amount_minor
    return stopped


async def _missing(tx: Transaction, ground: Ground, payers: Sequence[Known]) -> dict[tuple[str, str], int]:
    """By how much what is free in wallets falls short of what is frozen there."""
    frozen = {
        (payer.user_id, currency): minor for payer in payers for currency, minor in payer.frozen_minor.items()
    }
    found = await wallets_now(tx, ground, frozen)
    return {
        name: frozen[name] + wallet.balance.balance_minor + wallet.balance.held_debits_minor
        for name, wallet in found.items()
    }


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
