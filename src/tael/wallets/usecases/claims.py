"""Take shares of red packets, many claims at a time: each user once, and nobody more than there are.

In one transaction, in this order: what standing says of the users (shared locks), the packets (their rows are locked in the
order of ids, and cover their shares), the ledger. Claims are decided in their order. One that the ledger refuses takes
nothing: who was told meanwhile that all is gone is looked at once more.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from tael.foundation import outbox
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.ledger.errors import AccountFrozen
from tael.standing.model import Permission
from tael.wallets import postings
from tael.wallets.errors import NoSuchPacket, WalletFrozen
from tael.wallets.events import RedPacketClaimed
from tael.wallets.model.packets import PacketShare, PacketState, RedPacket
from tael.wallets.rules import packets as rules
from tael.wallets.store import packets as kept
from tael.wallets.usecases.ground import Ground


class ClaimShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A user wants a share of a red packet."""

    packet_id: str
    user_id: str

    @property
    def pair(self) -> tuple[str, str]:
        """The packet and the user: there is one share for both together."""
        return self.packet_id, self.user_id


class Claimed(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The share that a user took, now or before."""

    packet: RedPacket
    share: PacketShare


async def claim_shares(
    tx: Transaction, ground: Ground, commands: Sequence[ClaimShare]
) -> list[Claimed | Refusal]:
    """What each user has of each red packet; or `NoSuchPacket`, `PacketEmpty`, `PacketOver`, and what standing refuses."""
    now = ground.clock.now()
    asked = {(command.user_id, Permission.RECEIVE): None for command in commands}
    verdicts = dict(zip(asked, await ground.standing.lock_and_check(tx, list(asked)), strict=True))
    packets = await kept.lock_packets(tx, {command.packet_id for command in commands})
    had = await kept.shares_of(tx, {command.pair for command in commands})
    batch = _Batch(packets, had, now)
    refused: dict[tuple[str, str], Refusal] = {}
    waiting: list[ClaimShare] = []
    for command in {command.pair: command for command in commands if command.pair not in had}.values():
        verdict = verdicts[command.user_id, Permission.RECEIVE]
        refusal = _why_not(packets.get(command.packet_id), command.user_id)
        if refusal is not None or isinstance(verdict, Refusal):
            refused[command.pair] = refusal or verdict  # type: ignore[assignment]
        else:
            waiting.append(command)
    if waiting:
        batch.free = await kept.free_shares(tx, {command.packet_id for command in waiting})
        refused |= await batch.run(tx, ground, waiting)
    await kept.write_claims(tx, batch.taken, batch.changed)
    await outbox.publish(tx, [_claimed(share, packets[share.packet_id]) for share in batch.taken])
    return [
        refused.get(command.pair)
        or Claimed(packet=batch.packets[command.packet_id], share=batch.shares[command.pair])
        for command in commands
    ]


def _why_not(packet: RedPacket | None, user_id: str) -> NoSuchPacket | None:
    if packet is None or not rules.may_claim(packet, user_id):
        return NoSuchPacket("There is no such red packet for you.", field="packet_id")
    return None


class _Batch:
    """The claims of one batch: usually decided in one round."""

    def __init__(
        self,
        packets: Mapping[str, RedPacket],
        had: Mapping[tuple[str, str], PacketShare],
        now: datetime,
    ) -> None:
        self.packets = dict(packets)
        self.shares = dict(had)
        self.free: dict[str, list[PacketShare]] = {}
        self.taken: list[PacketShare] = []
        self._now = now

    @property
    def changed(self) -> list[RedPacket]:
        """The packets of which something was taken, as they are then."""
        return [self.packets[id] for id in {share.packet_id: None for share in self.taken}]

    async def run(
        self, tx: Transaction, ground: Ground, waiting: Sequence[ClaimShare]
    ) -> dict[tuple[str, str], Refusal]:
        """Deal shares out; gives the refusals."""
        refused: dict[tuple[str, str], Refusal] = {}
        while waiting:
            dealt: list[PacketShare] = []
            gone: dict[tuple[str, str], Refusal] = {}
            for command in waiting:
                share = self._deal(command)
                if isinstance(share, Refusal):
                    gone[command.pair] = share
                else:
                    dealt.append(share)
            stopped = await self._book(tx, ground, dealt)
            refused |= stopped | gone
            freed = {packet_id for packet_id, _ in stopped}
            waiting = [command for command in waiting if command.pair in gone and command.packet_id in freed]
        return refused

    def _deal(self, command: ClaimShare) -> PacketShare | Refusal:
        packet = self.packets[command.packet_id]
        refusal = rules.why_not_claimed(packet, self._now)
        if refusal is not None:
            return refusal
        free = self.free[command.packet_id].pop(0)
        share = msgspec.structs.replace(free, user_id=command.user_id, claimed_at=self._now)
        self._count(share, 1)
        return share

    def _count(self, share: PacketShare, by: int) -> None:
        packet = self.packets[share.packet_id]
        claimed = packet.claimed + by
        self.packets[packet.id] = msgspec.structs.replace(
            packet,
            claimed=claimed,
            claimed_minor=packet.claimed_minor + by * share.amount_minor,
            state=PacketState.EMPTY if claimed == packet.shares else PacketState.OPEN,
        )

    async def _book(
        self, tx: Transaction, ground: Ground, dealt: Sequence[PacketShare]
    ) -> dict[tuple[str, str], Refusal]:
        """Post what was dealt; what is refused is free again."""
        entries = [
            postings.share_claimed(share, share.user_id or "", self.packets[share.packet_id].currency)
            for share in dealt
        ]
        wallets = {
            spec.name: spec
            for share in dealt
            for spec in [postings.wallet(share.user_id or "", self.packets[share.packet_id].currency)]
        }
        await ground.ledger.open_accounts(tx, list(wallets.values()))
        stopped: dict[tuple[str, str], Refusal] = {}
        for share, verdict in zip(dealt, await ground.ledger.post(tx, entries), strict=True):
            if isinstance(verdict, Refusal):
                stopped[share.packet_id, share.user_id or ""] = _in_our_words(verdict)
                self._count(share, -1)
                self.free[share.packet_id].append(share)
            else:
                self.taken.append(share)
                self.shares[share.packet_id, share.user_id or ""] = share
        return stopped


def _in_our_words(refusal: Refusal) -> Refusal:
    """What the ledger says, as the user understands it."""
    if isinstance(refusal, AccountFrozen):
        return WalletFrozen("The wallet is frozen: nothing goes into it.", field="packet_id")
    return refusal


def _claimed(share: PacketShare, packet: RedPacket) -> RedPacketClaimed:
    return RedPacketClaimed(
        object_id=packet.id,
        happened_at=share.claimed_at or packet.created_at,
        owner_id=packet.owner_id,
        user_id=share.user_id or "",
        amount_minor=share.amount_minor,
        currency=packet.currency,
    )
