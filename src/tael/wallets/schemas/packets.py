"""What do red packets look like on the wire?"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from tael.identity.model import Strength
from tael.wallets.model.packets import PacketKind, PacketShare, PacketState, PacketView, RedPacket
from tael.wallets.schemas.fields import AmountMinor, ConfirmationId, Currency, Note, Strict

Shares = Annotated[int, Meta(ge=1, le=200, description="How many can claim something", examples=[5])]
_NEVER = datetime.min.replace(tzinfo=UTC)
_UserId = Annotated[str, Meta(pattern="^usr_[0-9a-z]{26}$")]


class RedPacketWish(Strict, frozen=True, kw_only=True):
    """Money for several, as it is to be confirmed."""

    kind: Annotated[PacketKind, Meta(description="`equal` shares, or `random` ones", examples=["random"])] = (
        PacketKind.RANDOM
    )
    amount_minor: AmountMinor
    currency: Currency = "CNY"
    shares: Shares
    only_for: Annotated[
        tuple[_UserId, ...],
        Meta(max_length=200, description="Who may claim; empty: whoever knows its id", examples=[[]]),
    ] = ()


class SendRedPacketRequest(RedPacketWish, frozen=True, kw_only=True):
    """Money for several."""

    greeting: Note = ""
    confirmation_id: ConfirmationId = None


class ConfirmRedPacketRequest(RedPacketWish, frozen=True, kw_only=True):
    """Ask to be asked: is this what you want?"""

    at_least: Annotated[Strength, Meta(description="More strongly than it needs")] = Strength.NONE


class RedPacketShareBody(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody took of a red packet."""

    user_id: Annotated[str, Meta(description="Who", examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    amount_minor: AmountMinor
    claimed_at: Annotated[datetime, Meta(description="When")]


class RedPacketBody(msgspec.Struct, frozen=True, kw_only=True):
    """A red packet as it stands."""

    id: Annotated[
        str, Meta(description="Whoever knows it may claim", examples=["pkt_01h455vb4pex5vsknk084sn02q"])
    ]
    owner_id: Annotated[str, Meta(description="Who sent it", examples=["usr_01h455vb4pex5vsknk084sn02q"])]
    kind: Annotated[PacketKind, Meta(description="How its shares are cut", examples=["random"])]
    amount_minor: AmountMinor
    currency: Currency
    shares: Shares
    claimed: Annotated[int, Meta(description="So many shares are taken", examples=[2])]
    claimed_minor: Annotated[int, Meta(description="So much is taken", examples=[640])]
    state: Annotated[PacketState, Meta(description="Where it stands", examples=["open"])]
    greeting: Annotated[str, Meta(description="What all read with it", examples=["Happy new year"])]
    only_for: Annotated[list[str], Meta(description="Who may claim; empty: whoever knows its id")]
    created_at: Annotated[datetime, Meta(description="When it was sent")]
    expires_at: Annotated[datetime, Meta(description="From then on nobody claims, and the rest goes back")]
    mine: Annotated[RedPacketShareBody | None, Meta(description="What you took", examples=[None])]
    claims: Annotated[list[RedPacketShareBody], Meta(description="Who took what: for its sender")]


def red_packet_body(view: PacketView) -> RedPacketBody:
    """The same on the wire."""
    packet = view.packet
    return RedPacketBody(
        id=packet.id,
        owner_id=packet.owner_id,
        kind=packet.kind,
        amount_minor=packet.amount_minor,
        currency=packet.currency,
        shares=packet.shares,
        claimed=packet.claimed,
        claimed_minor=packet.claimed_minor,
        state=packet.state,
        greeting=packet.greeting,
        only_for=list(packet.only_for),
        created_at=packet.created_at,
        expires_at=packet.expires_at,
        mine=None if view.mine is None else _share_body(view.mine),
        claims=[_share_body(share) for share in view.claims],
    )


def new_red_packet_body(packet: RedPacket) -> RedPacketBody:
    """One of which nobody has taken anything."""
    return red_packet_body(PacketView(packet=packet, mine=None))


def _share_body(share: PacketShare) -> RedPacketShareBody:
    return RedPacketShareBody(
        user_id=share.user_id or "",
        amount_minor=share.amount_minor,
        claimed_at=share.claimed_at or _NEVER,
    )
