"""What becomes of transfers that are on their way? They arrive when it is time, unless their payer recalls them before.

Until it arrives it is the payer's money. So what may not be spent any more when it should arrive goes back: the payer may send
nothing at that moment, or without it too little would be left for what is frozen; or the payee may receive nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.errors import AccountFrozen, HoldEnded
from tael.ledger.model import Phase
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
_IS_BACK = "The money is in your wallet again."
_AFTER_ALL = {TransferState.RECALLED: _IS_BACK, TransferState.RETURNED: _IS_BACK}
"""What to do about a transfer that nobody can recall any more, unless it is to be asked for."""


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
    stuck = await _stopped(tx, ground, due, now=now)
    booked = await _end(tx, ground, due, stuck)
    refused = {
        id: verdict
        for id, verdict in booked.items()
        if id not in stuck and isinstance(verdict, Refusal) and not _is_paid(verdict)
    }
    stuck |= {each.id: _in_our_words(refused[each.id], each) for each in due if each.id in refused}
    held = [each for each in due if each.id in refused and not isinstance(refused[each.id], HoldEnded)]
    booked |= await _end(tx, ground, held, stuck)
    returned = [each for each in due if each.id in stuck and _is_back(booked[each.id])]
    await _uncount(tx, returned)
    because = {each.id: stuck[each.id].code for each in returned}
    arrived = [each for each in due if each.id not in because]
    await store.end_transfers(tx, [(each.id, TransferState.ARRIVED, None) for each in arrived], at=now)
    await store.end_transfers(
        tx, [(id, TransferState.RETURNED, reason) for id, reason in because.items()], at=now
    )
    await outbox.publish(tx, [arrival_of(each, now) for each in arrived])
    await outbox.publish(tx, [_returned(each, now, because[each.id]) for each in returned])
    return len(due)


async def _end(
    tx: Transaction, ground: Ground, transfers: Sequence[Transfer], stuck: Collection[str]
) -> dict[str, object]:
    """Pay or release what is held, by one post: the books lock all its accounts at once, in their order."""
    entries = [
        postings.given_back(each, TransferState.RETURNED) if each.id in stuck else postings.arrived(each)
        for each in transfers
    ]
    verdicts = await ground.ledger.post(tx, entries)
    return {each.id: verdict for each, verdict in zip(transfers, verdicts, strict=True)}


def _in_our_words(refusal: Refusal, transfer: Transfer) -> Refusal:
    """Why the books do not let it arrive: it may not leave there, or not go in here."""
    payee, _ = postings.wallet(transfer.payee_id, transfer.currency).name
    if refusal.facts.get("account") == payee:
        return PayeeCannotReceive("The payee may receive nothing.")
    return WalletFrozen("The payer may send nothing.") if isinstance(refusal, AccountFrozen) else refusal


def _is_paid(verdict: object) -> bool:
    """Whether a bookkeeper has ended the hold before, and the payee has the money."""
    return isinstance(verdict, HoldEnded) and verdict.facts.get("ended_as") == Phase.POST


def _is_back(verdict: object) -> bool:
    """Whether the payer has the money: by what we booked, or because a bookkeeper had released it before."""
    if isinstance(verdict, Refusal) and not isinstance(verdict, HoldEnded):
        raise verdict
    return not _is_paid(verdict)


async def _stopped(
    tx: Transaction, ground: Ground, due: Sequence[Transfer], *, now: datetime
) -> dict[str, Refusal]:
    """The transfers that may not arrive as their payers and payees stand now; both are locked as they are.

    So are the wallets of all payers, before the books: money may go back to any of them.
    """
    asked: dict[tuple[str, Permission], None] = {}
    for transfer in due:
        asked[transfer.payer_id, Permission.TRANSFER] = None
        asked[transfer.payer_id, Permission.LOOK] = None
        asked[transfer.payee_id, Permission.RECEIVE] = None
    verdicts = dict(zip(asked, await ground.standing.lock_and_check(tx, list(asked)), strict=True))
    await store.lock_wallets(tx, [transfer.payer_id for transfer in due], now=now)
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
            hint=_AFTER_ALL.get(transfer.state, "Ask the payee to send the money back."),
            state=transfer.state,
        )
    await store.lock_wallets(tx, [transfer.payer_id], now=now)
    [verdict] = await ground.ledger.post(tx, [postings.given_back(transfer, TransferState.RECALLED)])
    if not _is_back(verdict):
        raise NotRecallable("The transfer has arrived.", hint="Ask the payee to send the money back.")
    await _uncount(tx, [transfer])
    await store.end_transfers(tx, [(transfer.id, TransferState.RECALLED, None)], at=now)
    await outbox.publish(tx, [_recalled(transfer, now)])
    return (await store.find_transfers(tx, [transfer.id]))[transfer.id]


async def _uncount(tx: Transaction, transfers: Sequence[Transfer]) -> None:
    """What they had used of limits is free, in the periods in which they were counted; their payers' wallets are locked."""
    await store.give_back_counters(
        tx,
        [
            (key, Used(transfer.amount_minor, 1))
            for transfer in transfers
            for key in limits.given_back(act_of(transfer), transfer.strength)
        ],
    )


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
