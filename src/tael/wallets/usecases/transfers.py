"""Send money to users, many transfers at a time: at once, or after some hours until which it can be recalled."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from tael.behaviour.model import Act as BehaviourAct
from tael.behaviour.model import ActKind, ActResult, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.events import Event
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.wallets import postings, store
from tael.wallets.errors import NameCheckNeeded, WalletMalformed
from tael.wallets.events import TransferArrived, TransferMade
from tael.wallets.model import SpendingKind, Transfer, TransferState
from tael.wallets.rules.acts import about_of, why_not_to
from tael.wallets.rules.limits import Act
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.spend import Spending, spend

ACT = "transfer"


class SendTransfer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A transfer to be made, with its id chosen beforehand so that a repeat makes no second one."""

    id: str
    payer_id: str
    login_id: str
    payee_id: str
    amount_minor: int
    currency: str
    delay_hours: int = 0
    note: str = ""
    code: str | None = None
    static: bool = False
    name_checked: bool = False
    confirmation_id: str | None = None
    circumstances: Circumstances


async def send_transfers(
    tx: Transaction, ground: Ground, commands: Sequence[SendTransfer]
) -> list[Transfer | Refusal]:
    """Each transfer as it was written, or why it is not."""
    now = ground.clock.now()
    strangers = await _strangers(tx, ground, commands, now)
    refusals = [_why_not(ground, command, now, stranger=command.id in strangers) for command in commands]
    good = [command for command, refusal in zip(commands, refusals, strict=True) if refusal is None]
    made = [_transfer(command, now) for command in good]
    verdicts = await spend(
        tx,
        ground,
        [_spending(command, transfer) for command, transfer in zip(good, made, strict=True)],
    )
    results = [
        verdict
        if isinstance(verdict, Refusal)
        else msgspec.structs.replace(transfer, strength=verdict.strength)
        for transfer, verdict in zip(made, verdicts, strict=True)
    ]
    await _write(tx, ground, good, results)
    waiting = iter(results)
    return [refusal or next(waiting) for refusal in refusals]


async def _strangers(
    tx: Transaction, ground: Ground, commands: Sequence[SendTransfer], now: datetime
) -> set[str]:
    """The ids of large transfers to somebody whom their payer does not know."""
    rule = ground.limits(now)
    currencies = rule.currencies
    large = {
        command.id: (command.payer_id, command.payee_id)
        for command in commands
        if not command.name_checked
        and command.currency in currencies
        and command.amount_minor >= currencies[command.currency].name_check_minor
    }
    known = await store.known_pairs(tx, set(large.values()), until=rule.known_until(now))
    return {id for id, pair in large.items() if pair not in known}


def _why_not(ground: Ground, command: SendTransfer, now: datetime, *, stranger: bool) -> Refusal | None:
    to_themselves = why_not_to(command.payee_id, payer_id=command.payer_id)
    if to_themselves is not None:
        return to_themselves
    if command.delay_hours and command.delay_hours not in ground.limits(now).delay_hours:
        hours = ", ".join(map(str, ground.limits(now).delay_hours))
        return WalletMalformed(
            "A transfer does not arrive so late.", field="delay_hours", hint=f"0, or one of {hours}."
        )
    if stranger:
        return NameCheckNeeded(
            "You have not paid this person before, or only lately. Type what is hidden of their name.",
            field="name_check",
            hint="Ask the person themselves, by telephone. Whoever does not know it may be a fraud.",
        )
    return None


def _transfer(command: SendTransfer, now: datetime) -> Transfer:
    later = command.delay_hours > 0
    return Transfer(
        id=command.id,
        payer_id=command.payer_id,
        payee_id=command.payee_id,
        amount_minor=command.amount_minor,
        currency=command.currency,
        state=TransferState.ON_ITS_WAY if later else TransferState.ARRIVED,
        note=command.note,
        code=command.code,
        static=command.static,
        strength=Strength.NONE,
        created_at=now,
        arrives_at=now + timedelta(hours=command.delay_hours) if later else None,
        ended_at=None if later else now,
    )


def _spending(command: SendTransfer, transfer: Transfer) -> Spending:
    return Spending(
        act=act_of(transfer),
        login_id=command.login_id,
        entry=postings.transferred(transfer),
        accounts=(postings.wallet(transfer.payee_id, transfer.currency),),
        confirmation_id=command.confirmation_id,
        about=about_of(ACT, transfer.amount, transfer.payee_id)
        if command.confirmation_id is not None
        else b"",
        payee_id=transfer.payee_id,
    )


def act_of(transfer: Transfer) -> Act:
    """What of a transfer counts in limits."""
    return Act(
        user_id=transfer.payer_id,
        kind=SpendingKind.TRANSFER,
        amount=transfer.amount,
        at=transfer.created_at,
        static=transfer.static,
    )


async def _write(
    tx: Transaction,
    ground: Ground,
    commands: Sequence[SendTransfer],
    results: Sequence[Transfer | Refusal],
) -> None:
    done = [result for result in results if isinstance(result, Transfer)]
    acts = [
        BehaviourAct(
            user_id=command.payer_id,
            kind=ActKind.TRANSFER,
            amount=Money(command.amount_minor, command.currency),
            counterparty=command.payee_id,
            circumstances=command.circumstances,
            result=ActResult.FAILED if isinstance(result, Refusal) else ActResult.DONE,
            what=result.code if isinstance(result, Refusal) else None,
        )
        for command, result in zip(commands, results, strict=True)
    ]
    async with tx.together():
        await store.insert_transfers(tx, done)
        await outbox.publish(tx, [told(transfer) for transfer in done])
        await ground.behaviour.record(tx, acts)


def told(transfer: Transfer) -> Event:
    """The fact about a transfer as it was made."""
    if transfer.arrives_at is None:
        return arrival_of(transfer, transfer.created_at)
    return TransferMade(
        object_id=transfer.id,
        payer_id=transfer.payer_id,
        payee_id=transfer.payee_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        note=transfer.note,
        happened_at=transfer.created_at,
        arrives_at=transfer.arrives_at,
    )


def arrival_of(transfer: Transfer, at: datetime) -> TransferArrived:
    """The fact that it has arrived."""
    return TransferArrived(
        object_id=transfer.id,
        payer_id=transfer.payer_id,
        payee_id=transfer.payee_id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        note=transfer.note,
        happened_at=at,
        delayed=transfer.arrives_at is not None,
    )
