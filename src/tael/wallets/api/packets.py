"""Red packets: money for several, in shares that are claimed."""

from collections.abc import Sequence
from typing import Any

from tael.foundation.calls import Answer, Call, Reply, answering
from tael.foundation.clerk import Clerk, written
from tael.foundation.config import Settings
from tael.foundation.db import Transaction
from tael.foundation.errors import Refusal
from tael.foundation.lane import Lane
from tael.foundation.money import Money
from tael.wallets.errors import NoSuchPacket
from tael.wallets.model.packets import PacketView, RedPacket
from tael.wallets.rules.packets import may_see, why_not_packed
from tael.wallets.schemas.packets import new_red_packet_body, red_packet_body
from tael.wallets.store import packets as kept
from tael.wallets.usecases import packets
from tael.wallets.usecases.claims import Claimed, ClaimShare, claim_shares
from tael.wallets.usecases.ground import Ground
from tael.wallets.usecases.packets import SendPacket, send_packets

__all__ = ["ClaimShare", "Packets", "SendPacket"]


class Packets:
    """Red packets."""

    def __init__(self, ground: Ground, clerk: Clerk, settings: Settings) -> None:
        self._ground = ground
        self._clerk = clerk
        self._claims: Lane[Call[Any], Any] = Lane(
            "wallets.claims",
            ground.database,
            answering(self.claim_all, _claimed, clock=ground.clock),
            batch_limit=settings.lane_batch_limit,
            queue_limit=settings.lane_queue_limit,
            parallel=settings.lane_parallel,
        )

    def start(self) -> None:
        """Begin to take claims; to be called inside the event loop."""
        self._claims.start()

    async def stop(self) -> None:
        """Finish what waits."""
        await self._claims.stop()

    def check(self, amount: Money, shares: int, *, owner_id: str) -> None:
        """Whether there may be such a red packet at all, before anybody is asked to confirm it; refuses as `send` does."""
        refusal = why_not_packed(
            amount, shares, owner_id=owner_id, only_for=(), rule=self._ground.limits(self._ground.clock.now())
        )
        if refusal is not None:
            raise refusal

    async def send(self, call: Call[SendPacket]) -> Answer:
        """Send one; refuses as `spend` does, and what no red packet can be."""

        async def verb(tx: Transaction, command: SendPacket) -> RedPacket:
            [packet] = await send_packets(tx, self._ground, [command])
            if isinstance(packet, Refusal):
                raise packet
            return packet

        return await self._clerk.answer(
            call, verb, shown=lambda packet: (packet.id, new_red_packet_body(packet)), status=201
        )

    async def claim(self, call: Call[ClaimShare]) -> Answer:
        """Take a share; who has one is told which. Refuses `NoSuchPacket`, `PacketEmpty`, `PacketOver`."""
        answer: Answer = await self._claims.submit(call)
        return answer

    async def claim_all(self, tx: Transaction, commands: Sequence[ClaimShare]) -> Sequence[Claimed | Refusal]:
        """Many claims in the caller's transaction; each with what became of it."""
        return await claim_shares(tx, self._ground, commands)

    async def get(self, packet_id: str, *, user_id: str) -> PacketView:
        """One, as a user may see it; refuses `NoSuchPacket`."""
        async with self._ground.database.transaction() as tx:
            packet = await kept.find_packet(tx, packet_id)
            if packet is None or not may_see(packet, user_id):
                raise NoSuchPacket("There is no such red packet for you.", field="packet_id")
            mine = (await kept.shares_of(tx, [(packet_id, user_id)])).get((packet_id, user_id))
            claims = await kept.claims_of(tx, packet_id) if packet.owner_id == user_id else []
        return PacketView(packet=packet, mine=mine, claims=claims)

    async def sent(self, owner_id: str, *, before: str | None, limit: int) -> Sequence[RedPacket]:
        """What somebody sent, newest first."""
        async with self._ground.database.transaction() as tx:
            return await kept.list_packets(tx, owner_id, before=before, limit=limit)

    async def waiting_for(self, user_id: str, *, before: str | None, limit: int) -> Sequence[RedPacket]:
        """What was sent to somebody by name and waits to be claimed, newest first."""
        now = self._ground.clock.now()
        async with self._ground.database.transaction() as tx:
            return await kept.list_packets_for(tx, user_id, now=now, before=before, limit=limit)

    async def return_due(self) -> None:
        """Let everything go back whose time is over."""
        await packets.return_due(self._ground)


def _claimed(claimed: Claimed) -> Reply:
    body = red_packet_body(PacketView(packet=claimed.packet, mine=claimed.share))
    return Reply(object_id=claimed.packet.id, answer=written(body))
