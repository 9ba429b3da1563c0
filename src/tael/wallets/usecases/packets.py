"""Put money into red packets, many at a time; and what was not claimed in time goes back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import structlog

from tael.behaviour.model import Act as BehaviourAct
from tael.behaviour.model import ActKind, ActResult, Circumstances
from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.money import Money
from tael.identity.model import Strength
from tael.wallets import postings, store
from tael.wallets.errors import NoSuchPayee
from tael.wallets.events import RedPacketReturned, RedPacketSent
from tael.wallets.model import SpendingKind, Used
from tael.wallets.model.packets import PacketKind, PacketShare, PacketState, RedPacket
from tael.wallets.rules import limits, packets
from tael.wallets.rules.acts import about_of
from tael.wallets.rules.limits import Act
from tael.wallets.store import packets as kept
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.spend import Spending, spend

log = structlog.get_logger("tael.wallets")

AT_A_TIME = 200
_BEFORE_ALL = (datetime.min.replace(tzinfo=UTC) + timedelta(days=366), "")


class SendPacket(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A red packet to be sent, with its id chosen beforehand so that a repeat makes no second one."""

    id: str
    owner_id: str
    login_id: str
    kind: PacketKind
    amount_minor: int
    currency: str
    shares: int
    greeting: str = ""
    only_for: tuple[str, ...] = ()
    confirmation_id: str | None = None
    circumstances: Circumstances

    @property
    def amount(self) -> Money:
        """The amount with its currency."""
        return Money(self.amount_minor, self.currency)

    @property
    def terms(self) -> str:
        """What its owner confirms besides the amount: how it is cut, and for whom it is."""
        return " ".join(["red_packet", self.kind, str(self.shares), *sorted(self.only_for)])


async def send_packets(
    tx: Transaction, ground: Ground, commands: Sequence[SendPacket]
) -> list[RedPacket | Refusal]:
    """Each red packet as it was written, or why it is not."""
    now = ground.clock.now()
    refusals = await _why_not(tx, ground, commands, now)
    good = [command for command, refusal in zip(commands, refusals, strict=True) if refusal is None]
    made = [_packet(ground, command, now) for command in good]
    verdicts = await spend(
        tx,
        ground,
        [_spending(command, packet) for command, packet in zip(good, made, strict=True)],
    )
    results = [
        verdict
        if isinstance(verdict, Refusal)
        else msgspec.structs.replace(packet, strength=verdict.strength)
        for packet, verdict in zip(made, verdicts, strict=True)
    ]
    await _write(tx, ground, good, results)
    waiting = iter(results)
    return [refusal or next(waiting) for refusal in refusals]


async def _why_not(
    tx: Transaction, ground: Ground, commands: Sequence[SendPacket], now: datetime
) -> list[Refusal | None]:
    rule = ground.limits(now)
    named = {user_id for command in commands for user_id in command.only_for}
    there = await ground.standing.known(tx, named) if named else {}
    refusals: list[Refusal | None] = []
    for command in commands:
        refusal: Refusal | None = packets.why_not_packed(
            command.amount,
            command.shares,
            owner_id=command.owner_id,
            only_for=command.only_for,
            rule=rule,
        )
        if refusal is None and any(user_id not in there for user_id in command.only_for):
            refusal = NoSuchPayee("Somebody of them is not here.", field="only_for")
        refusals.append(refusal)
    return refusals


def _packet(ground: Ground, command: SendPacket, now: datetime) -> RedPacket:
    return RedPacket(
        id=command.id,
        owner_id=command.owner_id,
        kind=command.kind,
        amount_minor=command.amount_minor,
        currency=command.currency,
        shares=command.shares,
        claimed=0,
        claimed_minor=0,
        state=PacketState.OPEN,
        greeting=command.greeting,
        only_for=command.only_for,
        strength=Strength.NONE,
        created_at=now,
        expires_at=now + timedelta(hours=ground.limits(now).packet_hours),
    )


def _shares(ground: Ground, packet: RedPacket) -> list[PacketShare]:
    cut = packets.cut(
        packet.amount,
        packet.shares,
        packet.kind,
        most_minor=ground.limits(packet.created_at).currencies[packet.currency].packet_share_minor,
        dice=ground.dice,
    )
    return [
        PacketShare(packet_id=packet.id, position=position, amount_minor=minor, user_id=None, claimed_at=None)
        for position, minor in enumerate(cut)
    ]


def _spending(command: SendPacket, packet: RedPacket) -> Spending:
    return Spending(
        act=act_of(packet),
        login_id=command.login_id,
        entry=postings.packet_filled(packet),
        accounts=(postings.red_packets(packet.currency),),
        confirmation_id=command.confirmation_id,
        about=about_of(SpendingKind.TRANSFER, command.amount, command.terms)
        if command.confirmation_id is not None
        else b"",
    )


def act_of(packet: RedPacket) -> Act:
    """What of a red packet counts in limits: one transfer, of all of it."""
    return Act(
        user_id=packet.owner_id, kind=SpendingKind.TRANSFER, amount=packet.amount, at=packet.created_at
    )


async def _write(
    tx: Transaction,
    ground: Ground,
    commands: Sequence[SendPacket],
    results: Sequence[RedPacket | Refusal],
) -> None:
    done = [result for result in results if isinstance(result, RedPacket)]
    await kept.insert_packets(tx, done, [share for packet in done for share in _shares(ground, packet)])
    await outbox.publish(tx, [_sent(packet) for packet in done])
    acts = [
        BehaviourAct(
            user_id=command.owner_id,
            kind=ActKind.TRANSFER,
            amount=command.amount,
            counterparty=command.id,
            circumstances=command.circumstances,
            result=ActResult.FAILED if isinstance(result, Refusal) else ActResult.DONE,
            what=result.code if isinstance(result, Refusal) else None,
        )
        for command, result in zip(commands, results, strict=True)
    ]
    await ground.behaviour.record(tx, acts)


def _sent(packet: RedPacket) -> RedPacketSent:
    return RedPacketSent(
        object_id=packet.id,
        happened_at=packet.created_at,
        owner_id=packet.owner_id,
        amount_minor=packet.amount_minor,
        currency=packet.currency,
        shares=packet.shares,
        greeting=packet.greeting,
        only_for=packet.only_for,
    )


async def return_due(ground: Ground) -> None:
    """Let everything go back whose time is over. Several workers may do so at once."""
    after: tuple[datetime, str] | None = _BEFORE_ALL
    while after is not None:
        async with ground.database.transaction() as tx:
            after = await _return_some(tx, ground, after)


async def _return_some(
    tx: Transaction, ground: Ground, after: tuple[datetime, str]
) -> tuple[datetime, str] | None:
    """One batch, after a moment and an id; gives those of its last one, or `None` if no more are due."""
    now = ground.clock.now()
    due = await kept.lock_due_packets(tx, now=now, after=after, limit=AT_A_TIME)
    if not due:
        return None
    await store.lock_wallets(tx, [packet.owner_id for packet in due], now=now)
    verdicts = await ground.ledger.post(tx, [postings.packet_returned(packet, packet.left) for packet in due])
    back = []
    for packet, verdict in zip(due, verdicts, strict=True):
        if isinstance(verdict, Refusal):
            log.warning("red_packet_stays", packet_id=packet.id, because=verdict.code)
        else:
            back.append(packet)
    await store.give_back_counters(
        tx,
        [
            (key, Used(packet.left.minor, 0 if packet.claimed else 1))
            for packet in back
            for key in limits.given_back(act_of(packet), packet.strength)
        ],
    )
    await kept.end_packets(tx, [packet.id for packet in back])
    await outbox.publish(tx, [_returned(packet, now) for packet in back])
    return (due[-1].expires_at, due[-1].id) if len(due) == AT_A_TIME else None


def _returned(packet: RedPacket, at: datetime) -> RedPacketReturned:
    return RedPacketReturned(
        object_id=packet.id,
        happened_at=at,
        owner_id=packet.owner_id,
        amount_minor=packet.left.minor,
        currency=packet.currency,
    )
