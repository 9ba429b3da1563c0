"""Which red packets may there be, and how are they cut? So that nothing is lost, no share is too large, and luck is fair.

Equal shares differ by one minor unit at most. Of random ones each is drawn evenly between one minor unit and twice what is
left on average, as far as the largest share lets it; then the shares are shuffled, so that whoever comes first has no better
chance than whoever comes last.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from tael.foundation.money import Money
from tael.wallets.errors import LimitReached, PacketEmpty, PacketOver, WalletMalformed
from tael.wallets.model import LimitSource, WalletLimits
from tael.wallets.model.packets import PacketKind, PacketState, RedPacket

Dice = Callable[[int], int]
"""A number below another, that nobody can guess."""


def why_not_packed(
    amount: Money, shares: int, *, owner_id: str, only_for: Sequence[str], rule: WalletLimits
) -> WalletMalformed | LimitReached | None:
    """Why there is no such red packet; what holds for all that leaves wallets is asked elsewhere."""
    house = rule.currencies.get(amount.currency)
    if house is None:
        return WalletMalformed(f"Wallets hold no {amount.currency[:12]}.", field="currency")
    if not 1 <= shares <= rule.packet_shares:
        return WalletMalformed(f"A red packet has 1 to {rule.packet_shares} shares.", field="shares")
    if amount.minor < shares:
        return WalletMalformed("A share is one minor unit at least.", field="amount_minor")
    if amount.minor > shares * house.packet_share_minor:
        most = Money(house.packet_share_minor, amount.currency)
        return LimitReached(
            f"A share is {most} at most.",
            field="amount_minor",
            hint="Send less, or more shares.",
            limit="packet_share",
            source=LimitSource.HOUSE,
            limit_minor=most.minor,
            left_minor=shares * most.minor,
        )
    if only_for and (owner_id in only_for or len(set(only_for)) < len(only_for)):
        return WalletMalformed("Name others, each once.", field="only_for")
    if only_for and shares > len(only_for):
        return WalletMalformed("There are more shares than people who may claim them.", field="shares")
    return None


def cut(amount: Money, shares: int, kind: PacketKind, *, most_minor: int, dice: Dice) -> list[int]:
    """The shares, in minor units: their sum is the amount, and none is below 1 or above `most_minor`."""
    if kind is PacketKind.EQUAL:
        return [share.minor for share in amount.allocate([1] * shares)]
    left, drawn = amount.minor, []
    for others in range(shares - 1, 0, -1):
        least = max(1, left - most_minor * others)
        most = min(most_minor, left - others, 2 * left // (others + 1))
        drawn.append(least + dice(most - least + 1))
        left -= drawn[-1]
    drawn.append(left)
    return shuffled(drawn, dice)


def shuffled(shares: Sequence[int], dice: Dice) -> list[int]:
    """In any order, each as likely as every other."""
    mixed = list(shares)
    for last in range(len(mixed) - 1, 0, -1):
        other = dice(last + 1)
        mixed[last], mixed[other] = mixed[other], mixed[last]
    return mixed


def may_see(packet: RedPacket, user_id: str) -> bool:
    """Whether somebody who knows its id may know more of it."""
    return not packet.only_for or user_id == packet.owner_id or user_id in packet.only_for


def may_claim(packet: RedPacket, user_id: str) -> bool:
    """Whether it is for somebody: one without names is for its sender, too."""
    return not packet.only_for or user_id in packet.only_for


def why_not_claimed(packet: RedPacket, now: datetime) -> PacketEmpty | PacketOver | None:
    """Why nobody can take anything out of it any more."""
    if packet.claimed == packet.shares:
        return PacketEmpty("Others were faster: every share is taken.", field="packet_id")
    if packet.state is not PacketState.OPEN or packet.expires_at <= now:
        return PacketOver("Its time is over; what was left goes back.", field="packet_id")
    return None
