"""Red packets in one line: send one, claim a share."""

from typing import Any

import msgspec

from tael.behaviour.model import Circumstances
from tael.foundation.calls import Answer, Call, Caller
from tael.foundation.ids import new_id
from tael.wallets.api.packets import ClaimShare, SendPacket
from tael.wallets.model.packets import PacketKind
from tests.integration.wallets_scene import Person, Scene


class _About(msgspec.Struct, frozen=True):
    it: str


async def send_packet(scene: Scene, owner: Person, minor: int, shares: int, **says: Any) -> dict[str, Any]:
    """What a user hears who sends a red packet."""
    command = SendPacket(
        id=new_id("pkt"),
        owner_id=owner.user_id,
        login_id=owner.login_id,
        kind=says.pop("kind", PacketKind.RANDOM),
        amount_minor=minor,
        currency="CNY",
        shares=shares,
        circumstances=Circumstances(at=scene.clock.now()),
        **says,
    )
    return _said(await scene.wallets.packets.send(_call(owner, "wallets.send_red_packet", command)))


async def claim(scene: Scene, who: Person, packet_id: str) -> dict[str, Any]:
    """What a user hears who claims a share."""
    command = ClaimShare(packet_id=packet_id, user_id=who.user_id)
    return _said(await scene.wallets.packets.claim(_call(who, "wallets.claim", command)))


def _call(who: Person, action: str, command: Any) -> Call[Any]:
    return Call(
        caller=Caller(owner=who.user_id, actor=f"user:{who.user_id}"),
        action=action,
        key=new_id("key"),
        request=_About(command.packet_id if isinstance(command, ClaimShare) else command.id),
        command=command,
    )


def _said(answer: Answer) -> dict[str, Any]:
    return dict(msgspec.json.decode(answer.body))
