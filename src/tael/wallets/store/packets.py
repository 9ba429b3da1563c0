"""Where do red packets and their shares lie?"""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec

from tael.foundation.db import Transaction, columns, queries
from tael.wallets.model.packets import PacketShare, PacketState, RedPacket

SQL = queries("tael.wallets")

_PACKET = "id owner_id kind amount_minor currency shares state greeting strength created_at expires_at"


async def insert_packets(
    tx: Transaction, packets: Sequence[RedPacket], shares: Sequence[PacketShare]
) -> None:
    """Write new red packets with their shares."""
    if not packets:
        return
    only_for = [msgspec.json.encode(packet.only_for).decode() for packet in packets]
    await tx.run(SQL.insert_packets, **columns(packets, _PACKET), only_for=only_for)
    await tx.run(SQL.insert_packet_shares, **columns(shares, "packet_id position amount_minor"))


async def lock_packets(tx: Transaction, ids: Collection[str]) -> dict[str, RedPacket]:
    """The red packets, locked until the transaction ends."""
    return {each.id: each for each in await tx.rows(SQL.lock_packets, RedPacket, ids=sorted(set(ids)))}


async def find_packet(tx: Transaction, id: str) -> RedPacket | None:
    """A red packet as it stands."""
    return await tx.row(SQL.find_packet, RedPacket, id=id)


async def list_packets(tx: Transaction, owner_id: str, *, before: str | None, limit: int) -> list[RedPacket]:
    """What somebody sent, newest first."""
    return await tx.rows(SQL.list_packets, RedPacket, owner_id=owner_id, before=before, limit=limit)


async def list_packets_for(
    tx: Transaction, user_id: str, *, now: datetime, before: str | None, limit: int
) -> list[RedPacket]:
    """What was sent to somebody by name and can be claimed, newest first."""
    return await tx.rows(
        SQL.list_packets_for, RedPacket, user_id=user_id, now=now, before=before, limit=limit
    )


async def free_shares(tx: Transaction, packet_ids: Collection[str]) -> dict[str, list[PacketShare]]:
    """What nobody has claimed of locked red packets, in order."""
    found: dict[str, list[PacketShare]] = {}
    for share in await tx.rows(SQL.free_shares, PacketShare, packet_ids=list(packet_ids)):
        found.setdefault(share.packet_id, []).append(share)
    return found


async def shares_of(
    tx: Transaction, claims: Collection[tuple[str, str]]
) -> dict[tuple[str, str], PacketShare]:
    """What users took of red packets. claims: packets and users."""
    found = await tx.rows(
        SQL.shares_of,
        PacketShare,
        packet_ids=[packet_id for packet_id, _ in claims],
        user_ids=[user_id for _, user_id in claims],
    )
    return {(share.packet_id, share.user_id or ""): share for share in found}


async def claims_of(tx: Transaction, packet_id: str) -> list[PacketShare]:
    """Who took what of a red packet, in order."""
    return await tx.rows(SQL.claims_of, PacketShare, packet_id=packet_id)


async def write_claims(tx: Transaction, shares: Sequence[PacketShare], packets: Sequence[RedPacket]) -> None:
    """Write who took what of locked red packets, and what the packets come to."""
    if shares:
        await tx.run(SQL.claim_shares, **columns(shares, "packet_id position user_id claimed_at"))
        await tx.run(SQL.count_claims, **columns(packets, "id claimed claimed_minor state"))


async def lock_due_packets(
    tx: Transaction, *, now: datetime, after: tuple[datetime, str], limit: int
) -> list[RedPacket]:
    """Red packets whose time is over, locked. after: the time and id of the last one that was looked at."""
    after_at, after_id = after
    return await tx.rows(
        SQL.lock_due_packets, RedPacket, now=now, after_at=after_at, after_id=after_id, limit=limit
    )


async def end_packets(tx: Transaction, ids: Sequence[str]) -> None:
    """What was left of these went back."""
    await tx.run(SQL.end_packets, ids=list(ids), state=PacketState.RETURNED)
